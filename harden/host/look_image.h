// SPDX-License-Identifier: Apache-2.0
/*
 * What is in an image, without running it: image_content.h's content, from the layers' directories
 * on this host where its own engine keeps them with overlay2, else from what the engine saves, which
 * is read as it comes and never written anywhere.
 *
 * Limits of one image: IMAGE_FILES_MAX entries, IMAGE_BYTES_MAX bytes of it, and a time. An engine
 * writes an image to its own disk before it hands it out, so unless the image was named by the user,
 * one larger than IMAGE_SAVE_MAX is not asked for, and after IMAGES_MS none is looked at any more.
 */
#pragma once

#include "harden/host/look_question_parts.h"
#include "harden/text/archive.h"

#define IMAGE_FILES_MAX 4000000
#define IMAGE_BYTES_MAX ((uint64_t)64 << 30)
#define IMAGE_SAVE_MAX ((int64_t)2 << 30)
#define IMAGE_MS 120000	      /* for one of all */
#define IMAGE_NAMED_MS 900000 /* for one that was named */
#define IMAGES_MS 300000      /* for all together */

struct image_layer;

/* Layers that were read from directories: images share them. Dropped when it grows large. */
struct image_cache {
	struct cached_layer {
		char *id;
		struct image_layer *layer;
	} * items;
	size_t len, cap;
};
void image_cache_done(struct image_cache *cache);

/* How images are looked at; one for all images of a pass. */
struct image_looker {
	struct engine *engine;
	bool own;	       /* it is this host's own engine */
	bool named;	       /* the one image was named by the user */
	long long deadline_ms; /* for all; 0: not begun */
	struct image_cache cache;
};

/* The content of an image. id and facts are the engine's. Errors: as archive.h and look_engine.h. */
int look_image(struct image_looker *looker, const char *id, const char *root_dir,
	       const struct object_facts *facts, struct value **ret_content, struct error *err);

/*
 * From the directories below root_dir, the engine's DockerRootDir. 1: they are not to be read, or
 * not as they stand (another driver, no rights, names moved by overlayfs), so ask the engine.
 */
int look_image_overlay(const char *root_dir, const struct object_facts *facts,
		       struct image_cache *cache, struct archive_budget *budget,
		       struct value **ret_content, struct error *err);

/* Whether --image means a file: its name begins with / or ./ or ends as archives do. */
bool image_is_file(const char *name);
/*
 * The images of an archive as all there is; free() of the source releases them. Errors: as
 * image_archive_read(), with the file as resource.
 */
int image_file_source(const char *path, struct object_source *ret_source, struct error *err);
/* engine_fetch() of an engine that has this one image and nothing else. */
int image_engine_fetch(struct engine *engine, const char *name, const struct engine_fetch *fetch,
		       object_judge *judge, void *cookie, struct error *err);
/* Error: REMOTE, the engine has no such image. */
int image_engine_check(struct engine *engine, const char *name, struct error *err);
