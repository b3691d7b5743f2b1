// SPDX-License-Identifier: Apache-2.0
/*
 * Naming controls, and what the command line decides: --only, --skip, --level, --set, --accept.
 *
 * A selector is an id ("2.2"), a section ("3", "1.1"), a stable name ("daemon.icc") or the first
 * parts of one ("daemon"). Errors are USAGE and name the nearest known selector.
 */
#pragma once

#include "harden/model/control.h"
#include "harden/recipe/problem.h"

/*
 * Sets selected of every control: in only (empty: all), not in skip, and of at most that level.
 * A selector that matches no control is an error, nothing is then selected differently; only_by, the
 * option or verb that only came from, is named in it.
 */
int recipe_select(struct recipe *recipe, const char *only_by, const struct strv *only,
		  const struct strv *skip, int level, struct error *err);
/* NAME=VALUE for a var; see variable_set_text(). */
int recipe_set(struct recipe *recipe, const char *assignment, struct error *err);
/* Consent for single controls; a section is refused, so that nobody accepts what they never read. */
int recipe_accept(struct recipe *recipe, const struct strv *names, struct error *err);

/* The one control of that id or stable name, NULL if there is none. */
struct control *select_control(const struct recipe *recipe, const char *name);
/* Adds the problem that name is no single control of recipe. */
void select_unknown(const struct recipe *recipe, const char *name, struct place at,
		    struct problems *problems);
