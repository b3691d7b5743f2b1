// SPDX-License-Identifier: Apache-2.0
/*
 * The key tables of the two documents: recipes and site files. With the tables of the resource
 * types they drive checking, the JSON Schema and the manuals harden-recipe(5), harden.yaml(5).
 * Each table ends with a NULL key.
 */
#pragma once

#include "harden/model/schema.h"

extern const struct key recipe_keys[];	     /* a recipe document */
extern const struct key control_keys[];	     /* one of its controls */
extern const struct key variable_keys[];     /* one of its vars */
extern const struct key entry_keys[];	     /* of an ensure entry, beside its resource type */
extern const struct key site_keys[];	     /* a site file */
extern const struct key site_control_keys[]; /* one of its controls */
extern const struct key waive_keys[];
extern const struct key attest_keys[];

extern const char *const variable_type_names[]; /* by enum variable_type, NULL-ended */

const struct key *key_find(const struct key *table, const char *name);
/* What a value of that kind looks like, "an octal mode such as 0644". */
const char *key_kind_text(enum key_kind kind);
