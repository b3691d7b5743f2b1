// SPDX-License-Identifier: Apache-2.0
/*
 * Values to YAML, by libyaml's emitter: block style, two blanks per level. Texts that a reader would
 * take for something else (true, 5, ~, "") are quoted, control characters escaped.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/model/value.h"

/*
 * Appends the member "key: value" of a map, every line behind indent blanks. tag is one of the
 * application's, such as "!override", or NULL. value NULL: "key:" alone, for a map that follows.
 * Errors: NOMEM, INTERNAL (libyaml's own complaint).
 */
int yaml_write_member(const char *key, const char *tag, const struct value *value, unsigned indent,
		      struct strbuf *out, struct error *err);
