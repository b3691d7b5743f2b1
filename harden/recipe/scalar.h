// SPDX-License-Identifier: Apache-2.0
/*
 * What a scalar of a recipe may mean. YAML gives text only; the key's kind decides. Each function
 * is total: any bytes in, true and the value out, or false.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Digits in parts: "3", "1.1.10"; no leading zeros, at most 8 parts of 9 digits. */
bool scalar_id(const char *text);
/* A stable name: lower-case letters, digits and '-' in dotted parts, "daemon.icc". */
bool scalar_name(const char *text);
/* A var: a lower-case letter, then lower-case letters, digits and '_'. */
bool scalar_variable(const char *text);
/* A file name without directories, not hidden: "motd". */
bool scalar_file_name(const char *text);
/* YYYY-MM-DD, a day of the Gregorian calendar from 1970 on. Such texts order by strcmp. */
bool scalar_date(const char *text);
/* Three or four octal digits with any leading zero: "644", "0644", up to 07777. */
bool scalar_mode(const char *text, unsigned *ret_mode);
/* A decimal integer of 64 bits, "-1". */
bool scalar_integer(const char *text, int64_t *ret_integer);
/* true or false. */
bool scalar_bool(const char *text, bool *ret_bool);
