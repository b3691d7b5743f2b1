// SPDX-License-Identifier: Apache-2.0
/*
 * JSON text to values with their places, and back.
 *
 * jansson decides what is JSON (RFC 8259; duplicate keys are errors, also in nested objects and
 * when one of the two is written with escapes); a small scanner of ours adds line, column and byte
 * span to every value and the place of every key. Columns count characters, from 1.
 *
 * Errors of reading are ERROR_FORMAT: "FILE:LINE:COLUMN: what was expected or found", with the
 * file as resource and what to do next. A number beyond int64 and "\u0000" are errors, since no
 * setting of a host needs them and silently changing them would be worse.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/model/value.h"

/* Deepest nesting that is read or written; jansson itself stops at 2048. */
#define JSON_DEPTH_MAX 256

enum json_flag {
	JSON_INDENT = 1 << 0,	   /* write: two blanks per level and one member per line */
	JSON_ALLOW_BOM = 1 << 1,   /* read: skip a UTF-8 byte order mark (dockerd since 23.0) */
	JSON_ALLOW_EMPTY = 1 << 2, /* read: no text at all is an empty map (dockerd since 23.0) */
};

/* The top level may be any value. file is only named in messages. */
int json_read(const char *data, size_t len, const char *file, struct value **ret_value,
	      struct error *err);
int json_read_flags(const char *data, size_t len, const char *file, unsigned flags,
		    struct value **ret_value, struct error *err);

/*
 * Appends v without a final newline. Order of members is kept. Bytes that are not UTF-8 become
 * U+FFFD, so that a report about a strange file name never fails; control characters are escaped.
 * Errors: NOMEM, and INTERNAL when v is nested deeper than JSON_DEPTH_MAX.
 */
int json_write(const struct value *v, unsigned flags, struct strbuf *out, struct error *err);
/* One string with its quotes. */
int json_write_text(const char *text, struct strbuf *out, struct error *err);
/* The compact text of v, for messages. */
int json_to_text(const struct value *v, char **ret_text, struct error *err);
