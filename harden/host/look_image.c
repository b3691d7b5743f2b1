// SPDX-License-Identifier: Apache-2.0
/*
 * Which way an image is looked at, and the way by what the engine saves.
 */
#include "harden/host/look_image.h"

#include "harden/model/value.h"
#include "harden/text/image_archive.h"
#include "harden/text/image_content.h"

static int no_more_time(struct error *err)
{
	(void)error_set(err, ERROR_REMOTE, 0, "not looked at: other images took %d s already",
			IMAGES_MS / 1000);
	error_next(err, "look at this image alone: harden audit --image NAME");
	return -1;
}

static int set_budget(struct image_looker *l, struct archive_budget *ret, struct error *err)
{
	long long all;

	if (!l->deadline_ms)
		l->deadline_ms = archive_deadline(l->named ? IMAGE_NAMED_MS : IMAGES_MS);
	all = l->deadline_ms;
	*ret = (struct archive_budget){
		.bytes_max = IMAGE_BYTES_MAX,
		.entries_max = IMAGE_FILES_MAX,
		.deadline_ms = archive_deadline(l->named ? IMAGE_NAMED_MS : IMAGE_MS),
	};
	if (ret->deadline_ms > all)
		ret->deadline_ms = all;
	return archive_deadline(0) < all ? 0 : no_more_time(err);
}

/* What was asked for is the one image of the answer, or the one of several that bears its id. */
static const struct archive_image *find_image(const struct image_archive *a, const char *id)
{
	for (size_t i = 0; i < a->len; i++)
		if (str_equal(a->images[i].id, id) || str_equal(a->images[i].digest, id))
			return &a->images[i];
	return a->len == 1 ? &a->images[0] : NULL;
}

static int saved_content(const struct image_archive *archive, const char *name, const char *id,
			 const struct object_facts *facts, struct value **ret_content,
			 struct error *err)
{
	const struct archive_image *image = find_image(archive, id);

	if (!image)
		return error_set(err, ERROR_FORMAT, 0,
				 "%s: it holds %zu images and none is the one that was asked for",
				 name, archive->len);
	if (facts->layers > 0 && (size_t)facts->layers != image->len)
		return error_set(err, ERROR_FORMAT, 0,
				 "%s: the image has %zu layers there, and %lld by its inspection",
				 name, image->len, (long long)facts->layers);
	return image_content(image->layers, image->len, "save", ret_content, err);
}

static int look_saved(struct image_looker *l, const char *id, const struct object_facts *facts,
		      struct archive_budget *budget, struct value **ret_content, struct error *err)
{
	AUTO_FREE char *path = engine_path("/images/%s/get", id);
	AUTO_FREE char *name =
		path ? str_format("GET %s of %s", path, engine_url(l->engine)) : NULL;
	AUTO_PTR(engine_stream) struct engine_stream *stream = NULL;
	AUTO_PTR(image_archive) struct image_archive *archive = NULL;
	struct byte_source source = {.read = engine_stream_read};
	int r;

	if (!name)
		return error_nomem(err);
	r = engine_stream_open(l->engine, path, (long)(budget->deadline_ms - archive_deadline(0)),
			       &stream, err);
	if (r == ENGINE_GONE)
		return error_set(err, ERROR_REMOTE, 0, "%s: HTTP 404", name);
	if (r < 0)
		return -1;
	source.cookie = stream;
	if (image_archive_read(name, source, budget, &archive, err) < 0)
		return -1;
	return saved_content(archive, name, id, facts, ret_content, err);
}

static int too_large(const struct object_facts *facts, struct error *err)
{
	(void)error_set(err, ERROR_REMOTE, 0,
			"not looked at: the engine would write its %lld MiB to its disk first",
			(long long)(facts->size >> 20));
	error_next(err, "look at this image alone: harden audit --image NAME");
	return -1;
}

int look_image(struct image_looker *l, const char *id, const char *root_dir,
	       const struct object_facts *facts, struct value **ret_content, struct error *err)
{
	struct archive_budget budget;
	int r;

	if (set_budget(l, &budget, err) < 0)
		return -1;
	r = l->own ? look_image_overlay(root_dir, facts, &l->cache, &budget, ret_content, err) : 1;
	if (r <= 0)
		return r;
	if (!l->named && facts->size > IMAGE_SAVE_MAX)
		return too_large(facts, err);
	return look_saved(l, id, facts, &budget, ret_content, err);
}
