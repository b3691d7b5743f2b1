// SPDX-License-Identifier: Apache-2.0
/*
 * Checking a parsed map against a key table: unknown and missing keys, the kind of each value, and
 * ${references}. Every mistake is added to the checker's problems; nothing stops at the first.
 */
#pragma once

#include "harden/model/control.h"
#include "harden/model/schema.h"
#include "harden/recipe/problem.h"

struct checker {
	const char *file;
	struct problems *problems;
	const struct type_schema *const *types; /* NULL-ended; of ensure entries */
	/*
	 * Whose vars ${name} may name, besides the facts of model/fact_table.h. NULL: texts hold no
	 * references (documents' own keys, entries that are expanded already); values may then
	 * have kinds of their own, as a var's value has.
	 */
	const struct recipe *references;
};

/*
 * what names the map in messages: "control 2.2", "file". Returns whether value is a map at all; its
 * members are then safe to read, each of the kind its key says unless a problem was added.
 */
bool check_map(const struct checker *c, const struct value *value, const struct key *table,
	       const char *what);
/* One value of a map against its key. */
void check_value(const struct checker *c, const struct value *v, const struct key *key,
		 const char *what);
#define FOUND_SIZE 80

/* How a value reads in "found ...": its text in quotes, shortened, or its kind. */
const char *found_text(const struct value *v, char buffer[FOUND_SIZE]);
/* Adds a problem unless name is a var or a fact; at is where it stands. */
void check_reference_name(const struct checker *c, const char *name, struct place at);
