// SPDX-License-Identifier: Apache-2.0
/*
 * Paths go into the set with a tag: what is no directory hides what was there and all below it, a
 * directory hides a file of its name, an opaque one all that was below it.
 */
#include "harden/text/image_layer.h"

#include "harden/text/image_packages.h"
#include "harden/text/image_secret.h"

#include <stdlib.h>

#define TAG_HIDES 'n' /* a file, a link, a whiteout */
#define TAG_DIRECTORY 'd'
#define TAG_OPAQUE 'q'

int image_layer_new(const char *name, struct image_layer **ret_layer, struct error *err)
{
	struct image_layer *layer = calloc(1, sizeof(*layer));

	if (!layer || !(layer->name = strdup(name))) {
		free(layer);
		return error_nomem(err);
	}
	path_set_init(&layer->paths);
	*ret_layer = layer;
	return 0;
}

static void record_done(struct layer_record *r)
{
	free(r->path);
	free(r->target);
	strv_done(&r->names);
}

void image_layer_free(struct image_layer *layer)
{
	if (!layer)
		return;
	for (size_t i = 0; i < layer->len; i++)
		record_done(&layer->records[i]);
	free(layer->records);
	path_set_done(&layer->paths);
	free(layer->last);
	free(layer->name);
	free(layer);
}

/* Without "./", doubled and trailing slashes; "" is the root. */
static int clean_path(const struct image_layer *layer, const char *path, char **ret_path,
		      struct error *err)
{
	AUTO_FREE char *clean = malloc(strlen(path) + 1);
	size_t len = 0, depth = 0;

	if (!clean)
		return error_nomem(err);
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && memcmp(path, "..", 2) == 0)
			return error_set(err, ERROR_FORMAT, 0,
					 "%s: the path of an entry leads out of it (..)",
					 layer->name);
		if (n && !(n == 1 && *path == '.')) {
			if (len)
				clean[len++] = '/';
			memcpy(clean + len, path, n);
			len += n;
			depth++;
		}
		path += n;
		path += *path == '/';
	}
	clean[len] = '\0';
	if (len > LAYER_PATH_MAX || depth > LAYER_DEPTH_MAX)
		return error_set(err, ERROR_FORMAT, 0,
				 "%s: the path of an entry has %zu bytes in %zu parts", layer->name,
				 len, depth);
	*ret_path = take_ptr(&clean);
	return 0;
}

static int add_record(struct image_layer *layer, const char *path, struct layer_record *record,
		      struct error *err)
{
	if (layer->len == RECORDS_MAX) {
		record_done(record);
		return error_set(err, ERROR_FORMAT, 0,
				 "%s: it holds more than %d setuid files, secrets and the like",
				 layer->name, RECORDS_MAX);
	}
	record->path = strdup(path);
	if (!record->path || vec_reserve((void **)&layer->records, &layer->cap, layer->len,
					 sizeof(*record), err) < 0) {
		record_done(record);
		return error_nomem(err);
	}
	layer->records[layer->len++] = *record;
	return 0;
}

/* A path that comes again stands for itself alone. */
static void forget(struct image_layer *layer, const char *path)
{
	size_t kept = 0;

	for (size_t i = 0; i < layer->len; i++) {
		if (strcmp(layer->records[i].path, path) == 0)
			record_done(&layer->records[i]);
		else
			layer->records[kept++] = layer->records[i];
	}
	layer->len = kept;
}

static bool has_path(const struct image_layer *layer, const char *path)
{
	size_t len = strlen(path);

	return path_set_has(&layer->paths, TAG_HIDES, path, len) ||
	       path_set_has(&layer->paths, TAG_DIRECTORY, path, len);
}

static int add_mode(struct image_layer *layer, const char *path, const struct layer_entry *e,
		    struct error *err)
{
	struct layer_record setuid = {
		.kind = RECORD_SETUID, .mode = e->mode, .uid = e->uid, .gid = e->gid};
	struct layer_record capability = {.kind = RECORD_CAPABILITY};

	if ((e->mode & 06000) && add_record(layer, path, &setuid, err) < 0)
		return -1;
	return e->capabilities ? add_record(layer, path, &capability, err) : 0;
}

static bool is_setuid(const struct image_layer *layer, const char *path)
{
	for (size_t i = 0; i < layer->len; i++)
		if (layer->records[i].kind == RECORD_SETUID &&
		    strcmp(layer->records[i].path, path) == 0)
			return true;
	return false;
}

/*
 * A hard link is the file it leads to, under another name. Its entry has a mode too, which Docker
 * gives to the file when it unpacks the link: in an honest layer the two agree, in any other the
 * worse one counts, for both names.
 */
static int add_link(struct image_layer *layer, const char *path, const struct layer_entry *e,
		    struct error *err)
{
	AUTO_FREE char *target = NULL;
	struct layer_record link = {.kind = RECORD_LINK};
	size_t before = layer->len;

	if (clean_path(layer, e->target, &target, err) < 0)
		return -1;
	for (size_t i = 0; i < before; i++) {
		struct layer_record copy = layer->records[i];

		if (copy.names.len || copy.target || strcmp(copy.path, target) != 0)
			continue;
		if (add_record(layer, path, &copy, err) < 0)
			return -1;
	}
	if ((e->mode & 06000) && !is_setuid(layer, path) && add_mode(layer, path, e, err) < 0)
		return -1;
	if (has_path(layer, target))
		return (e->mode & 06000) && !is_setuid(layer, target)
			       ? add_mode(layer, target, e, err)
			       : 0;
	link.target = take_ptr(&target);
	return add_record(layer, path, &link, err);
}

static int add_secret(struct image_layer *layer, const char *path, const char *data, size_t len,
		      struct error *err)
{
	struct secret secret = secret_judge(path, data, len);
	struct layer_record record = {
		.kind = RECORD_SECRET, .what = secret.kind, .sure = secret.sure};

	return secret.kind ? add_record(layer, path, &record, err) : 0;
}

/* What is wanted of a file. One that is read is judged by image_layer_content(). */
static int add_file(struct image_layer *layer, const char *path, const struct layer_entry *e,
		    size_t *ret_wanted, struct error *err)
{
	const struct package_database *database = packages_find(path);

	if (add_mode(layer, path, e, err) < 0)
		return -1;
	if (database && !packages_readable(database)) {
		struct layer_record record = {.kind = RECORD_DATABASE,
					      .what = packages_manager(database)};

		return add_record(layer, path, &record, err);
	}
	if (database && e->size > PACKAGES_FILE_MAX)
		return error_set(err, ERROR_FORMAT, 0, "%s: %s has %llu bytes", layer->name, path,
				 (unsigned long long)e->size);
	if (!database && e->size > SECRET_SCAN_MAX)
		return add_secret(layer, path, NULL, 0, err);
	layer->database = database;
	*ret_wanted = (size_t)e->size;
	return 0;
}

static int remember(struct image_layer *layer, const char *path, enum layer_kind kind,
		    struct error *err)
{
	char tag = kind == LAYER_DIRECTORY ? TAG_DIRECTORY
		   : kind == LAYER_OPAQUE  ? TAG_OPAQUE
					   : TAG_HIDES;

	if (kind != LAYER_OPAQUE && kind != LAYER_WHITEOUT && has_path(layer, path))
		forget(layer, path);
	return path_set_add(&layer->paths, tag, path, strlen(path), err);
}

int image_layer_add(struct image_layer *layer, const struct layer_entry *e, size_t *ret_wanted,
		    struct error *err)
{
	AUTO_FREE char *path = NULL;

	*ret_wanted = 0;
	layer->database = NULL;
	if (clean_path(layer, e->path, &path, err) < 0)
		return -1;
	if (!*path && e->kind != LAYER_OPAQUE)
		return 0; /* the root itself */
	if (remember(layer, path, e->kind, err) < 0)
		return -1;
	if (e->kind == LAYER_HARDLINK && add_link(layer, path, e, err) < 0)
		return -1;
	if (e->kind == LAYER_FILE && add_file(layer, path, e, ret_wanted, err) < 0)
		return -1;
	free(layer->last);
	layer->last = take_ptr(&path);
	return 0;
}

int image_layer_content(struct image_layer *layer, const char *data, size_t len, struct error *err)
{
	struct layer_record record = {.kind = RECORD_PACKAGES};

	if (!layer->database)
		return add_secret(layer, layer->last, data, len, err);
	record.what = packages_manager(layer->database);
	if (packages_read(layer->database, data, len, &record.names, err) < 0) {
		strv_done(&record.names);
		return error_wrap(err, "%s: %s", layer->name, layer->last);
	}
	return add_record(layer, layer->last, &record, err);
}

bool image_layer_hides(const struct image_layer *layer, const char *path)
{
	size_t len = strlen(path);

	if (has_path(layer, path) || path_set_has(&layer->paths, TAG_OPAQUE, "", 0))
		return true;
	for (size_t i = 1; i < len; i++)
		if (path[i] == '/' && (path_set_has(&layer->paths, TAG_HIDES, path, i) ||
				       path_set_has(&layer->paths, TAG_OPAQUE, path, i)))
			return true;
	return false;
}
