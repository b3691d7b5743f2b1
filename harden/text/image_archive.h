// SPDX-License-Identifier: Apache-2.0
/*
 * Saved images: what docker save, podman save, skopeo and the Engine API write, read once from front
 * to back. The layouts, which may be mixed:
 *
 *	Docker before 25	ID/layer.tar and links to it, CONFIG.json, manifest.json
 *	Docker 25 and newer	blobs/sha256/DIGEST, index.json, and manifest.json beside it
 *	OCI			the same without manifest.json; layers plain, gzip or zstd
 *	Podman			DIGEST.tar, and links to it from ID/layer.tar
 *
 * Layers come before it is known whose they are, so each is read into an image_layer as it passes;
 * what says how they belong together is small JSON and kept. Attestations, which are no images, are
 * left out. An image that lacks one of its layers, or has other layers than its config counts, is an
 * error: it could hold anything.
 *
 * Errors: FORMAT with the archive's name and the entry; else as archive.h. Facts: OCI image-spec and
 * image-layout; moby image/tarexport; containers/image docker/internal/tarfile.
 */
#pragma once

#include "harden/text/archive.h"
#include "harden/text/image_layer.h"

struct value;

#define ARCHIVE_JSON_MAX ((size_t)4 << 20)	  /* bytes of one */
#define ARCHIVE_JSON_TOTAL_MAX ((size_t)32 << 20) /* of all */

struct archive_image {
	char *name;		     /* its first tag; without one its id, short */
	struct strv tags;	     /* may be empty */
	char *id, *digest;	     /* "sha256:..." of its config; of its manifest, or NULL */
	const struct value *config;  /* borrowed from the archive */
	struct image_layer **layers; /* borrowed, from the lowest */
	size_t len;
};

struct image_archive {
	struct archive_image *images;
	size_t len, cap;
	/* its own */
	struct archive_part *parts;
	size_t parts_len, parts_cap;
};

/* name is that of the archive, for messages. At least one image is in *ret_archive. */
int image_archive_read(const char *name, struct byte_source source, struct archive_budget *budget,
		       struct image_archive **ret_archive, struct error *err);
void image_archive_free(struct image_archive *archive);
DEFINE_AUTO_PTR(image_archive)
