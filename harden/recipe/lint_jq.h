// SPDX-License-Identifier: Apache-2.0
/*
 * The jq expressions of a recipe, compiled to see whether they can be.
 */
#pragma once

#include "harden/recipe/load.h"

/*
 * Adds a problem per mistake, at its line of text. recipe is text as loaded. Errors: SYS (no
 * libjq: nothing can be said), RECIPE (the library itself is wrong), NOMEM.
 */
int lint_jq(const struct recipe_text *text, const struct recipe *recipe,
	    const struct type_schema *const *types, const struct blob *library,
	    struct problems *problems, struct error *err);
