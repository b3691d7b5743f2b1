// SPDX-License-Identifier: Apache-2.0
/*
 * Why a text is no JSON, in plain words. jansson has refused the text already; this looks for the
 * mistake itself, because jansson names the place behind the token and speaks of tokens.
 */
#pragma once

#include "harden/base/error.h"

#include <jansson.h>
#include <stddef.h>

/*
 * Fills err with FORMAT, "FILE:LINE:COLUMN: ..." and a next step, or NOMEM, and returns -1. why is
 * what jansson said about data + from (from: behind a byte order mark).
 */
int json_explain(const char *data, size_t len, size_t from, const char *file,
		 const json_error_t *why, struct error *err);
/* The same for one mistake that the caller found. */
int json_refuse(struct error *err, const char *file, unsigned line, unsigned column,
		const char *next, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* What is said about nesting, here and by the reader. */
int json_refuse_depth(struct error *err, const char *file, unsigned line, unsigned column);
