// SPDX-License-Identifier: Apache-2.0
/*
 * YAML text to values, by libyaml's events: the plain part of the language that recipes and site
 * files use. Every scalar is text, whatever its quotes ("2.10" and 2.10 are the same four
 * characters); only an empty plain scalar ("key:" with nothing behind it) is null.
 *
 * Every value and key has its line and column, from 1. Errors are ERROR_RECIPE,
 * "FILE:LINE:COLUMN: ...", with the file as resource: syntax, a key twice in one map, anchors,
 * aliases, merge keys, tags, a second document, keys that are no scalars, nesting over
 * YAML_DEPTH_MAX, texts over YAML_SIZE_MAX, bytes that are no UTF-8, tabs as indentation. A text
 * without any document is a null value.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/model/value.h"

#define YAML_DEPTH_MAX 64
#define YAML_SIZE_MAX (4u << 20)

int yaml_read(const char *data, size_t len, const char *file, struct value **ret_value,
	      struct error *err);
