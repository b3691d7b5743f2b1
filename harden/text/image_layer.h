// SPDX-License-Identifier: Apache-2.0
/*
 * What one layer of an image holds, as far as verdicts need it: which paths it has, which it takes
 * away from the layers below, and records of setuid files, file capabilities, package databases and
 * secrets. Where the entries come from, an archive or a directory, is the caller's:
 *
 *	image_layer_new(name, &layer, err)
 *	for each entry: image_layer_add(layer, &entry, &wanted, err),
 *		if it wants bytes of the file: image_layer_content(layer, data, len, err)
 *
 * The order of entries counts where a path comes twice: the last one stands, as when an engine
 * unpacks it. Memory: 8 to 16 bytes for a path, and the records, of which there are RECORDS_MAX at
 * most. No byte of a secret is kept.
 *
 * Errors: FORMAT (a path that leads out, too long or too deep, too many records), NOMEM.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/text/path_set.h"

#include <stdint.h>

#define LAYER_PATH_MAX 4096
#define LAYER_DEPTH_MAX 256
#define RECORDS_MAX 10000

enum layer_kind {
	LAYER_FILE,
	LAYER_DIRECTORY,
	LAYER_HARDLINK, /* to the file target, of this layer or of one below */
	LAYER_OTHER,	/* a symbolic link, a device */
	LAYER_WHITEOUT, /* path of the layers below is gone, and all below it */
	LAYER_OPAQUE,	/* what the layers below have in the directory path is gone */
};

struct layer_entry {
	const char *path; /* may begin with "./" or "/"; ".." leads out */
	enum layer_kind kind;
	const char *target;
	unsigned mode;
	int64_t uid, gid;
	uint64_t size;
	bool capabilities;
};

enum record_kind {
	RECORD_SETUID,
	RECORD_CAPABILITY,
	RECORD_PACKAGES, /* names; manager is what */
	RECORD_DATABASE, /* one that is not read; manager is what */
	RECORD_SECRET,	 /* what: its kind */
	RECORD_LINK,	 /* a hard link to target, which is in a layer below */
};

struct layer_record {
	enum record_kind kind;
	char *path; /* relative, without "./" */
	const char *what;
	bool sure; /* of a secret */
	unsigned mode;
	int64_t uid, gid;
	struct strv names;
	char *target;
};

struct image_layer {
	char *name; /* for messages */
	struct path_set paths;
	struct layer_record *records;
	size_t len, cap;
	const struct package_database *database; /* of the entry added last */
	char *last;				 /* its path */
};

int image_layer_new(const char *name, struct image_layer **ret_layer, struct error *err);
void image_layer_free(struct image_layer *layer);
DEFINE_AUTO_PTR(image_layer)

/* *ret_wanted: the bytes of the file from its beginning that image_layer_content() is to see. */
int image_layer_add(struct image_layer *layer, const struct layer_entry *entry, size_t *ret_wanted,
		    struct error *err);
/* data has as many bytes as were wanted, fewer only if the file has no more. */
int image_layer_content(struct image_layer *layer, const char *data, size_t len, struct error *err);
/* Whether path of a layer below is seen no more, with this layer upon it. */
bool image_layer_hides(const struct image_layer *layer, const char *path);
