// SPDX-License-Identifier: Apache-2.0
/*
 * UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#pragma once

#include "harden/base/str.h"

#include <stddef.h>
#include <stdint.h>

/* The length of the valid character at data (len > 0) and its number; 0 when it is none. */
size_t utf8_character(const char *data, size_t len, uint32_t *ret_code);
/* How many bytes from the beginning are valid; len when all are. */
size_t utf8_valid_length(const char *data, size_t len);
/* Appends text with each byte that is not UTF-8 replaced by U+FFFD. */
void utf8_repair(const char *text, size_t len, struct strbuf *out);
