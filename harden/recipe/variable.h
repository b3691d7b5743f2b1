// SPDX-License-Identifier: Apache-2.0
/*
 * Vars of a recipe: their declaration, and turning what a default, a site file or --set says into
 * a value of the declared type.
 */
#pragma once

#include "harden/recipe/check.h"

/* Adds the vars of one recipe document to recipe; vars is its "vars" map. */
void variables_declare(const struct checker *c, struct recipe *recipe, const struct value *vars);
/*
 * from as a value of variable's type: a text stays text, "4096" becomes an integer, "true" a
 * boolean, a list must hold texts. NULL with a problem added when it does not fit.
 */
struct value *variable_convert(const struct checker *c, const struct variable *variable,
			       const struct value *from);
/*
 * The same for the text of --set: a list is separated by commas, a map is NAME=VALUE separated by
 * commas or YAML in braces, an empty text is an empty list or map. Errors: USAGE.
 */
int variable_set_text(struct variable *variable, const char *text, struct error *err);
