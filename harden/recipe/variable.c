// SPDX-License-Identifier: Apache-2.0
/*
 * Declaring and converting vars. Values that arrive here come from YAML, so every scalar is text.
 */
#include "harden/recipe/variable.h"

#include "harden/recipe/keys.h"
#include "harden/recipe/scalar.h"
#include "harden/text/yaml.h"

#include <stdlib.h>

static struct value *to_text(const struct value *from)
{
	return from->kind == VALUE_TEXT ? value_copy(from) : NULL;
}

static struct value *to_integer(const struct value *from)
{
	int64_t i;

	return from->kind == VALUE_TEXT && scalar_integer(from->text, &i) ? value_integer(i) : NULL;
}

static struct value *to_bool(const struct value *from)
{
	bool b;

	return from->kind == VALUE_TEXT && scalar_bool(from->text, &b) ? value_bool(b) : NULL;
}

static struct value *to_list(const struct value *from)
{
	if (from->kind != VALUE_LIST)
		return NULL;
	for (size_t i = 0; i < from->len; i++)
		if (from->members[i].value->kind != VALUE_TEXT)
			return NULL;
	return value_copy(from);
}

static struct value *to_map(const struct value *from)
{
	return from->kind == VALUE_MAP ? value_copy(from) : NULL;
}

static const struct conversion {
	const char *expected, *on_command_line;
	struct value *(*convert)(const struct value *from);
} conversions[] = {
	[VARIABLE_TEXT] = {"a text", "...", to_text},
	[VARIABLE_INTEGER] = {"a decimal integer of at most 64 bits", "...", to_integer},
	[VARIABLE_BOOL] = {"true or false", "...", to_bool},
	[VARIABLE_LIST] = {"a list of texts", "A,B,...", to_list},
	[VARIABLE_MAP] = {"a map", "NAME=VALUE,... or {NAME: VALUE, ...}", to_map},
};

struct value *variable_convert(const struct checker *c, const struct variable *variable,
			       const struct value *from)
{
	const struct conversion *conversion = &conversions[variable->type];
	struct value *value = conversion->convert(from);
	char found[FOUND_SIZE];

	if (!value) {
		AUTO_FREE char *next = str_format("it says: %s", variable->help);

		problem_add(c->problems, place_of(c->file, from), next,
			    "var \"%s\": expected %s, found %s", variable->name,
			    conversion->expected, found_text(from, found));
		return NULL;
	}
	value->line = from->line;
	value->column = from->column;
	return value;
}

/* Splits "a=b,c=d" into a map; NULL when a piece has no '='. */
static struct value *map_of_text(const struct strv *pieces)
{
	AUTO_PTR(value) struct value *map = value_map();

	for (size_t i = 0; map && i < pieces->len; i++) {
		char *equals = strchr(pieces->items[i], '=');

		if (!equals || equals == pieces->items[i])
			return NULL;
		*equals = '\0';
		if (value_set(map, pieces->items[i], value_text(equals + 1), NULL) < 0)
			return NULL;
	}
	return take_ptr(&map);
}

static struct value *value_of_text(enum variable_type type, const char *text, struct error *err)
{
	AUTO(strv) struct strv pieces = {0};
	AUTO_PTR(value) struct value *plain = value_text(text);
	AUTO_PTR(value) struct value *map = NULL;

	if (type == VARIABLE_MAP && text[0] == '{') /* as a site file has it */
		return yaml_read(text, strlen(text), "--set", &map, NULL) < 0 ? NULL : to_map(map);
	if (!plain || strv_split(&pieces, text, ",", err) < 0)
		return NULL;
	if (type == VARIABLE_LIST)
		return value_from_strv(&pieces);
	if (type == VARIABLE_MAP)
		return map_of_text(&pieces);
	return conversions[type].convert(plain);
}

int variable_set_text(struct variable *variable, const char *text, struct error *err)
{
	AUTO_PTR(value) struct value *value = value_of_text(variable->type, text, err);
	char *source;

	if (!value) {
		(void)error_set(err, ERROR_USAGE, 0, "--set %s: expected %s, found \"%s\"",
				variable->name, conversions[variable->type].expected, text);
		error_next(err, "%s=%s sets: %s", variable->name,
			   conversions[variable->type].on_command_line, variable->help);
		return -1;
	}
	source = strdup("--set");
	if (!source)
		return error_nomem(err);
	value_free(variable->value);
	variable->value = take_ptr(&value);
	free(variable->source);
	variable->source = source;
	return 0;
}

static bool type_of_name(const char *name, enum variable_type *ret_type)
{
	for (size_t i = 0; name && variable_type_names[i]; i++)
		if (strcmp(variable_type_names[i], name) == 0) {
			*ret_type = (enum variable_type)i;
			return true;
		}
	return false;
}

static void declare(const struct checker *c, struct recipe *recipe, const struct value_member *m)
{
	AUTO_FREE char *what = str_format("var \"%s\"", m->key);
	const struct value *fallback = value_get(m->value, "default");
	const char *help = value_get_text(m->value, "help");
	struct variable v = {0}, *slot;

	if (!what) {
		c->problems->failed = true;
		return;
	}
	if (!check_map(c, m->value, variable_keys, what) || !fallback || !help ||
	    !type_of_name(value_get_text(m->value, "type"), &v.type))
		return;
	if (vec_reserve((void **)&recipe->vars, &recipe->vars_cap, recipe->vars_len, sizeof(v),
			NULL) < 0) {
		c->problems->failed = true;
		return;
	}
	v.name = strdup(m->key);
	v.help = strdup(help);
	v.source = strdup("default");
	slot = &recipe->vars[recipe->vars_len++];
	*slot = v;
	if (!v.name || !v.help || !v.source)
		c->problems->failed = true;
	else
		slot->value = variable_convert(c, slot, fallback);
}

void variables_declare(const struct checker *c, struct recipe *recipe, const struct value *vars)
{
	for (size_t i = 0; i < value_len(vars); i++) {
		const struct value_member *m = &vars->members[i];

		if (!m->key) /* a list: check_map() has said so */
			return;
		if (!scalar_variable(m->key))
			problem_add(c->problems, place_of_key(c->file, m),
				    "use lower-case letters, digits and _",
				    "\"%s\" is no name for a var", m->key);
		else if (recipe_variable(recipe, m->key))
			problem_add(c->problems, place_of_key(c->file, m),
				    "declare it in one of the recipes",
				    "var \"%s\" is declared twice", m->key);
		else
			declare(c, recipe, m);
	}
}
