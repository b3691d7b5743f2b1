// SPDX-License-Identifier: Apache-2.0
/*
 * The layers of an image upon each other, as the member .Harden.Content of harden-recipe(5):
 *
 *	Source		where it was read from, the caller's word
 *	Layers		how many there are
 *	Setuid		[{Path, Mode, Uid, Gid}] of regular files, in the final tree
 *	Capabilities	[PATH] of files with capabilities, in the final tree
 *	Packages	{MANAGER: [NAME]} of the final tree
 *	Unread		[MANAGER] of databases there that are not read
 *	Secrets		[{Path, Kind, Sure, Layer, Removed}] of every layer, from 0, the lowest
 *
 * Paths begin with a slash; lists are sorted. The same files give the same content, whatever they
 * were read from.
 */
#pragma once

#include "harden/base/error.h"

#include <stddef.h>

struct image_layer;
struct value;

#define IMAGE_LAYERS_MAX 1024

/* layers from the lowest to the topmost; one may be there twice. Errors: NOMEM. */
int image_content(struct image_layer *const *layers, size_t len, const char *source,
		  struct value **ret_content, struct error *err);
