// SPDX-License-Identifier: Apache-2.0
/*
 * As much of TOML 1.0 as containerd's config.toml needs: tables, plain and dotted keys, texts,
 * integers, booleans, lists over several lines. Inline tables, arrays of tables and dates are
 * stepped over. Keys come out as one dotted text ("grpc.address").
 */
#pragma once

#include "harden/model/value.h"

/*
 * A flat map from dotted key to value, of those keys only that are wanted (NULL-ended); of one that
 * stands twice the last counts. Errors: FORMAT "FILE:LINE: ...", NOMEM.
 */
int toml_read(const char *data, size_t len, const char *file, const char *const *wanted,
	      struct value **ret_map, struct error *err);
