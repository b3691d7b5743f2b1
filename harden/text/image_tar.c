// SPDX-License-Identifier: Apache-2.0
/*
 * From the entries of a tar to those of a layer.
 */
#include "harden/text/image_tar.h"

#include "harden/base/str.h"

#include <stdlib.h>

#define WHITEOUT ".wh."
#define WHITEOUT_OWN ".wh..wh."
#define WHITEOUT_OPAQUE ".wh..wh..opq"

static const enum layer_kind kinds[] = {
	[TAR_FILE] = LAYER_FILE,     [TAR_DIRECTORY] = LAYER_DIRECTORY,
	[TAR_SYMLINK] = LAYER_OTHER, [TAR_HARDLINK] = LAYER_HARDLINK,
	[TAR_OTHER] = LAYER_OTHER,
};

static bool is_own(const char *path)
{
	const char *at = strstr(path, WHITEOUT_OWN);

	while (at && at > path && at[-1] != '/')
		at = strstr(at + 1, WHITEOUT_OWN);
	return at != NULL;
}

/* The path that a whiteout is about: its directory, or what it takes away. */
static int whiteout_path(const char *path, const char *base, bool opaque, char **ret_path,
			 struct error *err)
{
	*ret_path = str_format("%.*s%s", (int)(base - path), path,
			       opaque ? "" : base + strlen(WHITEOUT));
	return *ret_path ? 0 : error_nomem(err);
}

static int add_content(struct tar *tar, struct image_layer *layer, size_t wanted, struct error *err)
{
	AUTO_FREE char *data = malloc(wanted);
	size_t len;

	if (!data)
		return error_nomem(err);
	if (tar_read(tar, data, wanted, &len, err) < 0)
		return -1;
	return image_layer_content(layer, data, len, err);
}

static int add_entry(struct tar *tar, struct image_layer *layer, const struct tar_entry *t,
		     struct error *err)
{
	const char *slash = strrchr(t->path, '/'), *base = slash ? slash + 1 : t->path;
	AUTO_FREE char *path = NULL;
	struct layer_entry e = {
		.path = t->path,
		.kind = kinds[t->kind],
		.target = t->target,
		.mode = t->mode,
		.uid = t->uid,
		.gid = t->gid,
		.size = t->size,
		.capabilities = t->capabilities,
	};
	size_t wanted;

	if (is_own(t->path) && strcmp(base, WHITEOUT_OPAQUE) != 0)
		return 0;
	if (str_starts(base, WHITEOUT)) {
		bool opaque = strcmp(base, WHITEOUT_OPAQUE) == 0;

		if (whiteout_path(t->path, base, opaque, &path, err) < 0)
			return -1;
		e = (struct layer_entry){.path = path,
					 .kind = opaque ? LAYER_OPAQUE : LAYER_WHITEOUT};
	}
	if (image_layer_add(layer, &e, &wanted, err) < 0)
		return -1;
	return wanted ? add_content(tar, layer, wanted, err) : 0;
}

int image_tar_read(const char *name, struct byte_source source, struct archive_budget *budget,
		   struct image_layer **ret_layer, struct error *err)
{
	AUTO_PTR(image_layer) struct image_layer *layer = NULL;
	AUTO_PTR(tar) struct tar *tar = NULL;
	struct tar_entry entry;
	int r;

	if (image_layer_new(name, &layer, err) < 0 || tar_open(name, source, budget, &tar, err) < 0)
		return -1;
	while ((r = tar_next(tar, &entry, err)) > 0)
		if (add_entry(tar, layer, &entry, err) < 0)
			return -1;
	if (r == 0)
		*ret_layer = take_ptr(&layer);
	return r;
}
