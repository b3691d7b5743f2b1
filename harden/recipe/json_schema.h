// SPDX-License-Identifier: Apache-2.0
/*
 * The JSON Schema (draft 2020-12) of recipes, built from the same key tables that check them, so
 * that an editor knows every key and refuses the others. Editors resolve YAML scalars, so where
 * this program wants a text the schema also takes what YAML makes of it: 0644, 2.10, true.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/model/schema.h"
#include "harden/model/value.h"

/* types is NULL-ended. *ret_schema is owned by the caller. */
int recipe_json_schema(const struct type_schema *const *types, struct value **ret_schema,
		       struct error *err);
/* The same for site files. */
int site_json_schema(struct value **ret_schema, struct error *err);
