// SPDX-License-Identifier: Apache-2.0
/*
 * Key tables to JSON Schema. The kinds are defined once below "$defs" and referred to. Values are
 * built bottom up; value_set() takes a NULL child as out of memory, so nothing is tested twice.
 */
#include "harden/recipe/json_schema.h"

#include "harden/recipe/keys.h"

#include <stdlib.h>

#define DRAFT "https://json-schema.org/draft/2020-12/schema"
#define REFERENCE "\\$\\{[A-Za-z0-9._-]+\\}"

/*
 * Each kind as JSON Schema: the JSON types it may have besides those below, a pattern for texts,
 * and whether a list of such texts fits.
 */
static const struct kind_schema {
	const char *name;
	const char *types[4];
	const char *pattern;
	bool list;
} kind_schemas[] = {
	[KEY_TEXT] = {"text", {"string", "number", "boolean"}, NULL, false},
	[KEY_TEXT_LIST] = {"texts", {"string", "number", "boolean"}, NULL, true},
	[KEY_PATH] = {"path", {"string"}, "^(/|" REFERENCE ")", false},
	[KEY_PATH_LIST] = {"paths", {"string"}, "^(/|" REFERENCE ")", true},
	[KEY_BOOL] = {"boolean", {"boolean", "string"}, "^(true|false|" REFERENCE ")$", false},
	[KEY_INTEGER] = {"integer", {"integer", "string"}, "^(-?[0-9]+|" REFERENCE ")$", false},
	[KEY_MODE] = {"mode", {"integer", "string"}, "^(0?[0-7]{3,4}|" REFERENCE ")$", false},
	[KEY_DATE] = {"date", {"string"}, "^([0-9]{4}-[0-9]{2}-[0-9]{2}|" REFERENCE ")$", false},
	[KEY_ID] = {"id", {"number", "string"}, "^[0-9]+(\\.[0-9]+)*$", false},
	[KEY_MAP] = {"map", {"object", "string"}, "^" REFERENCE "$", false},
	[KEY_ANY] = {"any", {NULL}, NULL, false},
	[KEY_JQ] = {"jq", {"string", "number", "boolean"}, NULL, false},
	[KEY_JQ_MAP] = {"jq-map", {"object"}, NULL, false},
	[KEY_TEMPLATE] = {"template", {"string"}, "^(/|[^./][^/]*$)", false},
};

static int set_text(struct value *map, const char *key, const char *text, struct error *err)
{
	return text ? value_set(map, key, value_text(text), err) : 0;
}

static struct value *type_list(const struct kind_schema *kind)
{
	AUTO_PTR(value) struct value *list = value_list();

	for (size_t i = 0; list && i < ARRAY_SIZE(kind->types) && kind->types[i]; i++)
		if (value_add(list, value_text(kind->types[i]), NULL) < 0)
			return NULL;
	return take_ptr(&list);
}

static struct value *scalar_schema(const struct kind_schema *kind)
{
	AUTO_PTR(value) struct value *schema = value_map();

	if (!schema || (kind->types[0] && value_set(schema, "type", type_list(kind), NULL) < 0) ||
	    set_text(schema, "pattern", kind->pattern, NULL) < 0)
		return NULL;
	return take_ptr(&schema);
}

/* {"anyOf": [one, {"type": "array", "items": one}]} */
static struct value *or_list_of(const struct kind_schema *kind)
{
	AUTO_PTR(value) struct value *schema = value_map();
	AUTO_PTR(value) struct value *array = value_map();
	AUTO_PTR(value) struct value *any = value_list();

	if (!schema || !array || !any || set_text(array, "type", "array", NULL) < 0 ||
	    value_set(array, "items", scalar_schema(kind), NULL) < 0 ||
	    value_add(any, scalar_schema(kind), NULL) < 0 ||
	    value_add(any, take_ptr(&array), NULL) < 0 ||
	    value_set(schema, "anyOf", take_ptr(&any), NULL) < 0)
		return NULL;
	return take_ptr(&schema);
}

static struct value *definitions(void)
{
	AUTO_PTR(value) struct value *defs = value_map();

	for (size_t i = 0; defs && i < ARRAY_SIZE(kind_schemas); i++) {
		const struct kind_schema *kind = &kind_schemas[i];

		if (!kind->name)
			continue;
		if (value_set(defs, kind->name, kind->list ? or_list_of(kind) : scalar_schema(kind),
			      NULL) < 0)
			return NULL;
	}
	return take_ptr(&defs);
}

/* A choice that reads as a number is offered as one too, since editors resolve it. */
static int add_choice(struct value *list, const char *choice, struct error *err)
{
	char *end;
	long number = strtol(choice, &end, 10);

	if (*choice && !*end && value_add(list, value_integer(number), err) < 0)
		return -1;
	return value_add(list, value_text(choice), err);
}

static struct value *choices_schema(const struct key *key)
{
	AUTO_PTR(value) struct value *schema = value_map();
	AUTO_PTR(value) struct value *list = value_list();

	for (size_t i = 0; list && key->choices[i]; i++)
		if (add_choice(list, key->choices[i], NULL) < 0)
			return NULL;
	if (!schema || !list || value_set(schema, "enum", take_ptr(&list), NULL) < 0)
		return NULL;
	return take_ptr(&schema);
}

static struct value *key_schema(const struct key *key, struct error *err);

/* A map that may have members of these names alone; they come later. */
static struct value *branch_schema(void)
{
	AUTO_PTR(value) struct value *schema = value_map();

	if (!schema || set_text(schema, "type", "object", NULL) < 0 ||
	    value_set(schema, "properties", value_map(), NULL) < 0 ||
	    value_set(schema, "additionalProperties", value_bool(false), NULL) < 0)
		return NULL;
	return take_ptr(&schema);
}

/* Puts a leaf in below node, with the branches on the way. */
static int add_leaf(struct value *node, const char *path, const struct key *leaf, struct error *err)
{
	struct value *properties = value_get(node, "properties");
	size_t n = strcspn(path, ".");
	AUTO_FREE char *key = strndup(path, n);

	if (!key || !properties)
		return error_nomem(err);
	if (!path[n])
		return value_set(properties, key, key_schema(leaf, err), err);
	if (!value_get(properties, key) && value_set(properties, key, branch_schema(), err) < 0)
		return -1;
	return add_leaf(value_get(properties, key), path + n + 1, leaf, err);
}

static struct value *tree_schema(const struct key *key)
{
	AUTO_PTR(value) struct value *schema = branch_schema();

	for (const struct key *leaf = key->leaves; schema && leaf->key; leaf++)
		if (add_leaf(schema, leaf->key, leaf, NULL) < 0)
			return NULL;
	return take_ptr(&schema);
}

static struct value *key_schema(const struct key *key, struct error *err)
{
	AUTO_PTR(value)
	struct value *schema = key->kind == KEY_CHOICE ? choices_schema(key)
			       : key->kind == KEY_TREE ? tree_schema(key)
						       : value_map();
	AUTO_FREE char *ref = NULL;

	if (!schema || set_text(schema, "description", key->summary, err) < 0)
		return NULL;
	if (key->kind != KEY_CHOICE && key->kind != KEY_ANY && key->kind != KEY_TREE) {
		ref = str_format("#/$defs/%s", kind_schemas[key->kind].name);
		if (!ref || set_text(schema, "$ref", ref, err) < 0)
			return NULL;
	}
	return take_ptr(&schema);
}

/* A map of exactly the keys of one table. */
static struct value *table_schema(const struct key *table, const char *description,
				  struct error *err)
{
	AUTO_PTR(value) struct value *schema = value_map();
	AUTO_PTR(value) struct value *properties = value_map();
	AUTO_PTR(value) struct value *required = value_list();

	if (!schema || !properties || !required || set_text(schema, "type", "object", err) < 0 ||
	    set_text(schema, "description", description, err) < 0)
		return NULL;
	for (; table->key; table++) {
		if (value_set(properties, table->key, key_schema(table, err), err) < 0)
			return NULL;
		if (table->required && value_add(required, value_text(table->key), err) < 0)
			return NULL;
	}
	if (required->len && value_set(schema, "required", take_ptr(&required), err) < 0)
		return NULL;
	if (value_set(schema, "properties", take_ptr(&properties), err) < 0 ||
	    value_set(schema, "additionalProperties", value_bool(false), err) < 0)
		return NULL;
	return take_ptr(&schema);
}

/* One of several: {"required": [name]} for each type, so that an entry has exactly one. */
static struct value *exactly_one(const struct type_schema *const *types, struct error *err)
{
	AUTO_PTR(value) struct value *list = value_list();

	for (; list && *types; types++) {
		AUTO_PTR(value) struct value *one = value_map();
		AUTO_PTR(value) struct value *names = value_list();

		if (!one || !names || value_add(names, value_text((*types)->name), err) < 0 ||
		    value_set(one, "required", take_ptr(&names), err) < 0 ||
		    value_add(list, take_ptr(&one), err) < 0)
			return NULL;
	}
	return take_ptr(&list);
}

static struct value *entry_schema(const struct type_schema *const *types, struct error *err)
{
	AUTO_PTR(value)
	struct value *schema =
		table_schema(entry_keys, "one resource and what must hold of it", err);
	struct value *properties = value_get(schema, "properties");

	for (size_t i = 0; properties && types[i]; i++)
		if (value_set(properties, types[i]->name,
			      table_schema(types[i]->keys, types[i]->summary, err), err) < 0)
			return NULL;
	if (!schema || value_set(schema, "oneOf", exactly_one(types, err), err) < 0)
		return NULL;
	return take_ptr(&schema);
}

/* A non-empty list of item. Takes item; NULL is out of memory. */
static struct value *list_schema(struct value *item, const char *description, struct error *err)
{
	AUTO_PTR(value) struct value *schema = value_map();
	AUTO_PTR(value) struct value *owned = item;

	if (!schema || set_text(schema, "type", "array", err) < 0 ||
	    set_text(schema, "description", description, err) < 0 ||
	    value_set(schema, "minItems", value_integer(1), err) < 0 ||
	    value_set(schema, "items", take_ptr(&owned), err) < 0)
		return NULL;
	return take_ptr(&schema);
}

/* A map of any names (matching pattern) to item. Takes item. */
static struct value *names_schema(struct value *item, const char *pattern, const char *description,
				  struct error *err)
{
	AUTO_PTR(value) struct value *schema = value_map();
	AUTO_PTR(value) struct value *names = value_map();
	AUTO_PTR(value) struct value *owned = item;

	if (!schema || !names || set_text(schema, "type", "object", err) < 0 ||
	    set_text(schema, "description", description, err) < 0 ||
	    set_text(names, "pattern", pattern, err) < 0 ||
	    value_set(schema, "propertyNames", take_ptr(&names), err) < 0 ||
	    value_set(schema, "additionalProperties", take_ptr(&owned), err) < 0)
		return NULL;
	return take_ptr(&schema);
}

/* Replaces what a table says of one key by a schema of its own shape. Takes schema. */
static int set_property(struct value *table, const char *key, struct value *schema,
			struct error *err)
{
	struct value *properties = value_get(table, "properties");

	if (!properties) {
		value_free(schema);
		return error_nomem(err);
	}
	return value_set(properties, key, schema, err);
}

static struct value *document_schema(const struct key *table, const char *title, struct error *err)
{
	AUTO_PTR(value) struct value *schema = value_map();
	AUTO_PTR(value) struct value *keys = table_schema(table, NULL, err);

	if (!schema || !keys || set_text(schema, "$schema", DRAFT, err) < 0 ||
	    set_text(schema, "title", title, err) < 0)
		return NULL;
	for (size_t i = 0; i < keys->len; i++)
		if (value_append(schema, keys->members[i].key, take_ptr(&keys->members[i].value),
				 err) < 0)
			return NULL;
	if (value_set(schema, "$defs", definitions(), err) < 0)
		return NULL;
	return take_ptr(&schema);
}

static const char *summary_of(const struct key *table, const char *key)
{
	return key_find(table, key)->summary;
}

int recipe_json_schema(const struct type_schema *const *types, struct value **ret_schema,
		       struct error *err)
{
	AUTO_PTR(value)
	struct value *schema =
		document_schema(recipe_keys, "A recipe of harden, see harden-recipe(5)", err);
	AUTO_PTR(value) struct value *control = table_schema(control_keys, NULL, err);

	if (!schema || !control ||
	    set_property(
		    control, "ensure",
		    list_schema(entry_schema(types, err), summary_of(control_keys, "ensure"), err),
		    err) < 0 ||
	    set_property(schema, "controls",
			 list_schema(take_ptr(&control), summary_of(recipe_keys, "controls"), err),
			 err) < 0 ||
	    set_property(schema, "vars",
			 names_schema(table_schema(variable_keys, NULL, err), "^[a-z][a-z0-9_]*$",
				      summary_of(recipe_keys, "vars"), err),
			 err) < 0)
		return error_nomem(err);
	*ret_schema = take_ptr(&schema);
	return 0;
}

int site_json_schema(struct value **ret_schema, struct error *err)
{
	AUTO_PTR(value)
	struct value *schema =
		document_schema(site_keys, "A site file of harden, see harden.yaml(5)", err);
	AUTO_PTR(value) struct value *control = table_schema(site_control_keys, NULL, err);

	if (!schema || !control ||
	    set_property(control, "waive", table_schema(waive_keys, NULL, err), err) < 0 ||
	    set_property(control, "attest", table_schema(attest_keys, NULL, err), err) < 0 ||
	    set_property(schema, "controls",
			 names_schema(take_ptr(&control), "^[0-9a-z][0-9a-z.-]*$",
				      summary_of(site_keys, "controls"), err),
			 err) < 0)
		return error_nomem(err);
	*ret_schema = take_ptr(&schema);
	return 0;
}
