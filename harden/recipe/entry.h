// SPDX-License-Identifier: Apache-2.0
/*
 * An entry of an ensure list: a map with one resource type and its keys, and beside it what any
 * entry may say (if, unless, consent).
 */
#pragma once

#include "harden/recipe/check.h"

/* Adds a problem per mistake: no type, two types, an unknown one, and all that check_map() finds. */
void recipe_check_entry(const struct checker *c, const struct value *entry);
/* The member of an entry that names its resource type and holds its keys; NULL if there is none. */
const struct value_member *entry_type(const struct value *entry);
/* Whether the entry itself says consent: true. */
bool entry_consent(const struct value *entry);
