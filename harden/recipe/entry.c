// SPDX-License-Identifier: Apache-2.0
/*
 * Ensure entries against the tables of the resource types, which come in as data: this floor knows
 * no resource type by name.
 */
#include "harden/recipe/entry.h"

#include "harden/recipe/keys.h"

#define TYPES_MAX 64

const struct value_member *entry_type(const struct value *entry)
{
	for (size_t i = 0; i < value_len(entry); i++)
		if (entry->members[i].key && !key_find(entry_keys, entry->members[i].key))
			return &entry->members[i];
	return NULL;
}

static const struct type_schema *find_type(const struct checker *c, const char *name)
{
	for (const struct type_schema *const *t = c->types; *t; t++)
		if (strcmp((*t)->name, name) == 0)
			return *t;
	return NULL;
}

static void unknown_type(const struct checker *c, const struct value_member *m)
{
	const char *names[TYPES_MAX];
	size_t n = 0;

	for (const struct type_schema *const *t = c->types; *t && n < TYPES_MAX; t++)
		names[n++] = (*t)->name;
	problem_unknown(c->problems, place_of_key(c->file, m), "resource type", m->key, "", names,
			n);
}

static void check_condition(const struct checker *c, const struct value *entry, const char *key)
{
	const struct value *v = value_get(entry, key);

	if (v && v->kind == VALUE_TEXT && c->references)
		check_reference_name(c, v->text, place_of(c->file, v));
}

void recipe_check_entry(const struct checker *c, const struct value *entry)
{
	const struct value_member *first = entry_type(entry);

	if (entry->kind != VALUE_MAP || !first) {
		problem_add(c->problems, place_of(c->file, entry),
			    "write - TYPE: {KEY: VALUE, ...}",
			    "expected an entry of one resource type");
		return;
	}
	for (size_t i = 0; i < entry->len; i++) {
		const struct value_member *m = &entry->members[i];
		const struct key *common = key_find(entry_keys, m->key);
		const struct type_schema *type = common ? NULL : find_type(c, m->key);

		if (common)
			check_value(c, m->value, common, "an entry");
		else if (m != first && type)
			problem_add(c->problems, place_of_key(c->file, m),
				    "begin a new list item for it",
				    "an entry has one resource type: \"%s\" stands beside \"%s\"",
				    m->key, first->key);
		else if (!type)
			unknown_type(c, m);
		else
			(void)check_map(c, m->value, type->keys, type->name);
	}
	check_condition(c, entry, "if");
	check_condition(c, entry, "unless");
}

int entry_check_expanded(const struct value *expanded, const struct key *keys, const char *file,
			 struct error *err)
{
	AUTO(problems) struct problems problems = {0};
	const struct checker c = {.file = file, .problems = &problems};
	const struct value_member *type = entry_type(expanded);

	if (type)
		(void)check_map(&c, type->value, keys, type->key);
	return problems_error(&problems, err);
}

bool entry_consent(const struct value *entry)
{
	return str_equal(value_get_text(entry, "consent"), "true");
}
