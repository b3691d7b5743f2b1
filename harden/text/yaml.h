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

/*
 * Called for each mistake behind which reading can go on (a key twice, an anchor, a tag ...); takes
 * what it wants out of one, which is released afterwards.
 */
typedef void yaml_report(void *context, struct error *one);

int yaml_read(const char *data, size_t len, const char *file, struct value **ret_value,
	      struct error *err);
/*
 * The same, but mistakes of meaning are reported one by one and the value is returned without them
 * (of two keys the first stays, an alias is null). A mistake of syntax, size or depth still ends it
 * with -1.
 */
int yaml_read_all(const char *data, size_t len, const char *file, yaml_report *report,
		  void *context, struct value **ret_value, struct error *err);
