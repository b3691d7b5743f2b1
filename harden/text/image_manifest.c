// SPDX-License-Identifier: Apache-2.0
/*
 * How the parts of an archive belong together: manifest.json lists images with their config and
 * layers by path; index.json leads, by digests and perhaps over another index, to manifests that do.
 */
#include "harden/text/image_archive_parts.h"

#include "harden/model/value.h"
#include "harden/text/image_content.h"

#include <stdlib.h>

#define INDEX_DEPTH_MAX 3
#define DESCRIPTORS_MAX 10000 /* over all indexes, each as often as it is led to */
#define IMAGES_MAX 1000
#define SHORT_ID 12

struct manifests {
	const char *name;
	struct image_archive *archive;
	size_t descriptors; /* looked at so far */
};

static int damaged(const struct manifests *m, struct error *err, const char *what,
		   const char *about)
{
	(void)error_set(err, ERROR_FORMAT, 0, "%s: %s%s%s", m->name, what, about ? " " : "",
			about ? about : "");
	error_next(err, "save the image again: the archive is cut off or no saved image");
	return -1;
}

/* *ret_json NULL: there is none. Error: what should be JSON is not. */
static int json_at(const struct manifests *m, const char *path, const struct value **ret_json,
		   struct error *err)
{
	const struct archive_part *part = path ? archive_part_at(m->archive, path) : NULL;

	*ret_json = part ? part->json : NULL;
	if (!part || part->problem.code == ERROR_NONE)
		return 0;
	error_copy(err, &part->problem);
	return -1;
}

/* "sha256:AB" as "blobs/sha256/AB"; NULL for what is no digest, and for no memory. */
static char *blob_path(const char *digest)
{
	const char *colon = digest ? strchr(digest, ':') : NULL;

	return colon && !strchr(digest, '/')
		       ? str_format("blobs/%.*s/%s", (int)(colon - digest), digest, colon + 1)
		       : NULL;
}

/* "AB.json" and "blobs/sha256/AB" as "sha256:AB". */
static char *id_of(const char *config_path)
{
	const char *slash = strrchr(config_path, '/'), *base = slash ? slash + 1 : config_path;

	return str_format("sha256:%.*s", (int)strcspn(base, "."), base);
}

/* The layers that the config counts; -1: it does not say. */
static long layers_of(const struct value *config)
{
	const struct value *ids = value_get(value_get(config, "rootfs"), "diff_ids");

	return ids && ids->kind == VALUE_LIST ? (long)ids->len : -1;
}

static int add_layer(const struct manifests *m, struct archive_image *image, const char *path,
		     struct error *err)
{
	const struct archive_part *part = path ? archive_part_at(m->archive, path) : NULL;

	if (!part)
		return damaged(m, err, "it lacks the layer", path ? path : "of a manifest");
	if (!part->layer)
		return damaged(m, err, "no tar, gzip or zstd is the layer", path);
	image->layers[image->len++] = part->layer;
	return 0;
}

/* Makes room for an image, config and all, whose layers the caller adds. */
static int add_image(const struct manifests *m, const char *config_path, size_t layers,
		     struct archive_image **ret_image, struct error *err)
{
	struct image_archive *a = m->archive;
	const struct value *config;
	struct archive_image *image;

	if (json_at(m, config_path, &config, err) < 0)
		return -1;
	if (!config || config->kind != VALUE_MAP)
		return damaged(m, err, "it lacks the config",
			       config_path ? config_path : "of an image");
	if (layers > IMAGE_LAYERS_MAX || a->len == IMAGES_MAX)
		return damaged(m, err, "it has more images, or one more layers, than is allowed",
			       NULL);
	if (layers_of(config) != (long)layers)
		return damaged(m, err, "the manifest has other layers than the config",
			       config_path);
	if (vec_reserve((void **)&a->images, &a->cap, a->len, sizeof(*a->images), err) < 0)
		return -1;
	image = &a->images[a->len++];
	*image = (struct archive_image){
		.config = config,
		.id = id_of(config_path),
		.layers = calloc(layers + 1, sizeof(struct image_layer *)),
	};
	*ret_image = image;
	return image->id && image->layers ? 0 : error_nomem(err);
}

static int name_image(struct archive_image *image, struct error *err)
{
	image->name = image->tags.len ? strdup(image->tags.items[0])
				      : strndup(image->id, strlen("sha256:") + SHORT_ID);
	return image->name ? 0 : error_nomem(err);
}

/* One element of manifest.json. */
static int take_listed(const struct manifests *m, const struct value *v, struct error *err)
{
	const struct value *layers = value_get(v, "Layers"), *tags = value_get(v, "RepoTags");
	struct archive_image *image;

	if (!value_get_text(v, "Config") || (layers && layers->kind == VALUE_MAP))
		return damaged(m, err, "manifest.json is not what Docker writes", NULL);
	if (add_image(m, value_get_text(v, "Config"), value_len(layers), &image, err) < 0)
		return -1;
	for (size_t i = 0; i < value_len(layers); i++)
		if (add_layer(m, image, value_as_text(layers->members[i].value), err) < 0)
			return -1;
	for (size_t i = 0; i < value_len(tags); i++)
		if (value_as_text(tags->members[i].value) &&
		    strv_add(&image->tags, value_as_text(tags->members[i].value), err) < 0)
			return -1;
	return name_image(image, err);
}

/* What an index says of a manifest. */
static const char *annotation(const struct value *descriptor)
{
	const struct value *notes = value_get(descriptor, "annotations");
	const char *name = value_get_text(notes, "io.containerd.image.name");

	return name ? name : value_get_text(notes, "org.opencontainers.image.ref.name");
}

static int take_manifest(const struct manifests *m, const struct value *manifest,
			 const char *digest, const char *tag, struct error *err)
{
	const struct value *layers = value_get(manifest, "layers");
	AUTO_FREE char *config = blob_path(value_get_text(value_get(manifest, "config"), "digest"));
	struct archive_image *image;

	if (add_image(m, config, value_len(layers), &image, err) < 0)
		return -1;
	for (size_t i = 0; i < value_len(layers); i++) {
		AUTO_FREE char *path =
			blob_path(value_get_text(layers->members[i].value, "digest"));

		if (add_layer(m, image, path, err) < 0)
			return -1;
	}
	image->digest = strdup(digest);
	if (!image->digest)
		return error_nomem(err);
	if (tag && strv_add(&image->tags, tag, err) < 0)
		return -1;
	return name_image(image, err);
}

/* Attestations say so in an annotation, or by a platform that is none. */
static bool is_attestation(const struct value *descriptor)
{
	const struct value *notes = value_get(descriptor, "annotations");

	return value_get(notes, "vnd.docker.reference.type") ||
	       str_equal(value_get_text(value_get(descriptor, "platform"), "os"), "unknown");
}

static int take_index(struct manifests *m, const struct value *index, const char *tag, int depth,
		      struct error *err);

/* A descriptor whose blob is not in the archive is another platform's image, which was not saved. */
static int take_descriptor(struct manifests *m, const struct value *d, const char *tag, int depth,
			   struct error *err)
{
	const char *digest = value_get_text(d, "digest");
	AUTO_FREE char *path = blob_path(digest);
	const struct value *blob;

	if (!path)
		return damaged(m, err, "an index has a descriptor without a digest", NULL);
	if (json_at(m, path, &blob, err) < 0)
		return -1;
	if (!blob || is_attestation(d))
		return 0;
	if (annotation(d))
		tag = annotation(d);
	if (value_get(blob, "manifests"))
		return take_index(m, blob, tag, depth + 1, err);
	return take_manifest(m, blob, digest, tag, err);
}

static int take_index(struct manifests *m, const struct value *index, const char *tag, int depth,
		      struct error *err)
{
	const struct value *list = value_get(index, "manifests");

	m->descriptors += value_len(list);
	if (depth > INDEX_DEPTH_MAX || m->descriptors > DESCRIPTORS_MAX)
		return damaged(m, err, "its indexes lead on and on", NULL);
	for (size_t i = 0; i < value_len(list); i++)
		if (take_descriptor(m, list->members[i].value, tag, depth, err) < 0)
			return -1;
	return 0;
}

int archive_manifests(const char *name, struct image_archive *archive, struct error *err)
{
	struct manifests m = {.name = name, .archive = archive};
	const struct value *list, *index;

	if (json_at(&m, "manifest.json", &list, err) < 0 ||
	    json_at(&m, "index.json", &index, err) < 0)
		return -1;
	if (list && list->kind != VALUE_LIST)
		return damaged(&m, err, "manifest.json is not what Docker writes", NULL);
	for (size_t i = 0; i < value_len(list); i++)
		if (take_listed(&m, list->members[i].value, err) < 0)
			return -1;
	if (!value_len(list) && take_index(&m, index, NULL, 0, err) < 0)
		return -1;
	return archive->len ? 0 : damaged(&m, err, "it holds no image", NULL);
}
