// SPDX-License-Identifier: Apache-2.0
/*
 * harden lint: every mistake of a recipe or a site file. Which of the two a file is, its content
 * tells: a recipe has a benchmark, or a list of controls.
 */
#pragma once

#include "harden/recipe/load.h"

enum lint_kind { LINT_RECIPE, LINT_SITE };

/*
 * Adds a problem per mistake; returns 0 when there is none, else -1 as recipe_load() does. A site
 * file is also checked against the names of recipe, unless that is NULL; recipe is changed by it
 * and of no further use. *ret_kind is set in every case. jq expressions are compiled with the
 * definitions of library (may be NULL).
 */
int recipe_lint(const struct recipe_text *text, const struct type_schema *const *types,
		struct recipe *recipe, const struct blob *library, enum lint_kind *ret_kind,
		struct problems *problems, struct error *err);
