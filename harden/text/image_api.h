// SPDX-License-Identifier: Apache-2.0
/*
 * An image of a saved archive as the Engine API would show it, for expressions that know only that:
 * GET /images/{name}/json and /history. What an archive does not hold is left out: the size, and
 * the registries' digests (the list is empty, as for an image that was built here).
 *
 * Facts: moby image/spec v1.2 and OCI image-spec config.md; api/types image inspect and history.
 */
#pragma once

#include "harden/base/error.h"

struct archive_image;
struct value;

/* Errors: NOMEM. */
int image_api_inspect(const struct archive_image *image, struct value **ret_answer,
		      struct error *err);
int image_api_history(const struct archive_image *image, struct value **ret_answer,
		      struct error *err);
