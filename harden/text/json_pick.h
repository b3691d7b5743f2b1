// SPDX-License-Identifier: Apache-2.0
/*
 * Single values out of a large JSON text, without a tree of the whole: one pass over its tokens, and
 * only what is asked for is parsed. Numbers are exact to 64 bits, other than those of jq.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/model/value.h"

/*
 * A map of those dotted paths ("HostConfig.Memory") that the text, an object, has. Keys of the text
 * that hold escapes are never meant. file is named in messages. Errors: FORMAT, NOMEM.
 */
int json_pick(const char *data, size_t len, const char *file, const struct strv *paths,
	      struct value **ret_map, struct error *err);
/* Where the value at one path stands, [*ret_start, *ret_end). Returns 1, or 0 when it is absent. */
int json_locate(const char *data, size_t len, const char *path, size_t *ret_start, size_t *ret_end,
		struct error *err);
