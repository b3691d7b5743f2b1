// SPDX-License-Identifier: Apache-2.0
/*
 * An entry of an ensure list: a map with one resource type and its keys, and beside it what any
 * entry may say (if, unless, consent).
 */
#pragma once

#include "harden/recipe/check.h"

/* Adds a problem per mistake: no type, two types, an unknown one, and all that check_map() finds. */
void recipe_check_entry(const struct checker *c, const struct value *entry);
/*
 * An entry as recipe_expand() leaves it, once more against its type's keys: a var of the site file
 * or a fact may have brought what does not fit, such as a relative path. Errors: RECIPE with the
 * place of the entry's text; file is the recipe's name.
 */
int entry_check_expanded(const struct value *expanded, const struct key *keys, const char *file,
			 struct error *err);
/* The member of an entry that names its resource type and holds its keys; NULL if there is none. */
const struct value_member *entry_type(const struct value *entry);
/* Whether the entry itself says consent: true. */
bool entry_consent(const struct value *entry);
