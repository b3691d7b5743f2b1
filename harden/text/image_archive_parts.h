// SPDX-License-Identifier: Apache-2.0
/*
 * What the files of image_archive.h share.
 */
#pragma once

#include "harden/text/image_archive.h"

#define PARTS_MAX 20000 /* entries of an archive */

/* An entry. */
struct archive_part {
	char *path, *target;	   /* target: it is a link to another path of the archive */
	size_t order;		   /* in which it came: of two with one path the last one counts */
	struct value *json;	   /* or NULL */
	struct image_layer *layer; /* or NULL */
	struct error problem;	   /* code not NONE: why it looked like JSON and is neither */
};

/* The entry that a path of a manifest names, links followed. Only when all have been read. */
struct archive_part *archive_part_at(const struct image_archive *archive, const char *path);
/* Fills images from manifest.json, else from index.json. */
int archive_manifests(const char *name, struct image_archive *archive, struct error *err);
