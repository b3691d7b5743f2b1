// SPDX-License-Identifier: Apache-2.0
/*
 * Loading recipes. All texts are parsed first, then all vars are declared, then the controls are
 * read, so that a control may use a var of another file. Strings are moved out of the parsed tree,
 * not copied: a recipe is read at every start of the program.
 */
#include "harden/recipe/load.h"

#include "harden/recipe/entry.h"
#include "harden/recipe/keys.h"
#include "harden/recipe/scalar.h"
#include "harden/recipe/variable.h"
#include "harden/text/digest.h"
#include "harden/text/yaml.h"

#include <stdlib.h>

/* Moves the text of a member out of the tree; NULL if there is none. */
static char *take_text(const struct value *map, const char *key)
{
	struct value *v = value_get(map, key);

	if (!v || v->kind != VALUE_TEXT)
		return NULL;
	v->kind = VALUE_NULL;
	return take_ptr(&v->text);
}

static struct value *take_value(const struct value *map, const char *key)
{
	struct value_member *m = value_member(map, key);

	return m ? take_ptr(&m->value) : NULL;
}

static char *section_of(const char *id)
{
	const char *dot = strrchr(id, '.');

	return dot ? strndup(id, (size_t)(dot - id)) : strdup(id);
}

static void check_aliases(const struct checker *c, const struct value *aliases, const char *what)
{
	for (size_t i = 0; i < value_len(aliases); i++) {
		const struct value *v = aliases->members[i].value;

		if (!aliases->members[i].key || v->kind != VALUE_TEXT || !scalar_id(v->text))
			problem_add(c->problems, place_of(c->file, v),
				    "write EDITION: ID, such as 1.8.0: 2.8",
				    "key \"aliases\" of %s: expected an id by edition", what);
	}
}

static void check_ensure(const struct checker *c, const struct value *ensure, const char *what)
{
	if (ensure->kind != VALUE_LIST || !ensure->len) {
		problem_add(c->problems, place_of(c->file, ensure),
			    "write - TYPE: {KEY: VALUE, ...} below it",
			    "key \"ensure\" of %s: expected a list of at least one entry", what);
		return;
	}
	for (size_t i = 0; i < ensure->len; i++)
		recipe_check_entry(c, ensure->members[i].value);
}

/* Everything about one control that its own text tells. */
static void check_control(const struct checker *c, const struct value *v, const char *what)
{
	const struct checker plain = {.file = c->file, .problems = c->problems};
	const struct value *key = value_get(v, "key"), *ensure = value_get(v, "ensure");
	char found[FOUND_SIZE];

	if (!check_map(&plain, v, control_keys, what))
		return;
	if (value_as_text(key) && !scalar_name(key->text))
		problem_add(c->problems, place_of(c->file, key),
			    "use lower-case letters, digits and - in dotted parts",
			    "key \"key\" of %s: expected a name such as daemon.icc, found %s", what,
			    found_text(key, found));
	check_aliases(c, value_get(v, "aliases"), what);
	if (ensure && ensure->kind != VALUE_NULL)
		check_ensure(c, ensure, what);
}

static int control_fill(struct control *control, const struct value *v, const char *file)
{
	control->line = v->line;
	control->column = v->column;
	control->level = str_equal(value_get_text(v, "level"), "2") ? 2 : 1;
	control->type =
		str_equal(value_get_text(v, "type"), "manual") ? CONTROL_MANUAL : CONTROL_AUTOMATED;
	control->consent = str_equal(value_get_text(v, "consent"), "true");
	control->id = take_text(v, "id");
	control->key = take_text(v, "key");
	control->title = take_text(v, "title");
	control->why = take_text(v, "why");
	control->impact = take_text(v, "impact");
	control->remedy = take_text(v, "remedy");
	control->ensure = take_value(v, "ensure");
	control->aliases = take_value(v, "aliases");
	if (!control->id)
		return -1;
	if (!control->key)
		control->key = strdup(control->id);
	if (!control->title)
		control->title = strdup(control->key ? control->key : "");
	control->section = section_of(control->id);
	control->file = strdup(file);
	return control->key && control->title && control->section && control->file ? 0 : -1;
}

static void load_control(const struct checker *c, struct recipe *recipe, const struct value *v)
{
	const char *id = value_get_text(v, "id");
	AUTO_FREE char *what = id ? str_format("control %.40s", id) : strdup("a control");
	AUTO(control) struct control control = {0};
	size_t before = c->problems->len;

	if (!what || vec_reserve((void **)&recipe->controls, &recipe->cap, recipe->len,
				 sizeof(control), NULL) < 0) {
		c->problems->failed = true;
		return;
	}
	check_control(c, v, what);
	if (c->problems->len != before && (!id || !scalar_id(id)))
		return; /* nothing to call it by */
	if (control_fill(&control, v, c->file) < 0) {
		c->problems->failed = true;
		return;
	}
	recipe->controls[recipe->len++] = control;
	control = (struct control){0};
}

static void load_controls(const struct checker *c, struct recipe *recipe, const struct value *root)
{
	const struct value *controls = value_get(root, "controls");

	if (!controls || controls->kind == VALUE_NULL)
		return; /* check_map() has said so */
	if (controls->kind != VALUE_LIST || !controls->len) {
		problem_add(
			c->problems, place_of(c->file, controls), "write - id: ... below it",
			"key \"controls\" of the recipe: expected a list of at least one control");
		return;
	}
	for (size_t i = 0; i < controls->len; i++)
		load_control(c, recipe, controls->members[i].value);
}

static void load_head(const struct checker *c, struct recipe *recipe, const struct value *root)
{
	if (!check_map(c, root, recipe_keys, "the recipe"))
		return;
	if (!recipe->benchmark)
		recipe->benchmark = take_text(root, "benchmark");
	if (!recipe->version)
		recipe->version = take_text(root, "version");
	variables_declare(c, recipe, value_get(root, "vars"));
}

static int compare_places(const struct control *a, const struct control *b)
{
	int order = strcmp(a->file, b->file);

	if (order)
		return order;
	return a->line < b->line ? -1 : a->line > b->line;
}

static int compare_ids(const void *a, const void *b)
{
	const struct control *x = a, *y = b;
	int order = control_id_compare(x->id, y->id);

	return order ? order : compare_places(x, y);
}

static int compare_keys(const void *a, const void *b)
{
	const struct control *x = *(const struct control *const *)a;
	const struct control *y = *(const struct control *const *)b;
	int order = strcmp(x->key ? x->key : "", y->key ? y->key : "");

	return order ? order : compare_places(x, y);
}

static void add_twice(struct problems *problems, const struct control *first,
		      const struct control *second, const char *what, const char *name)
{
	struct place at = {.file = second->file, .line = second->line, .column = second->column};
	AUTO_FREE char *next =
		str_format("the first one is at %s:%u:%u", first->file, first->line, first->column);

	problem_add(problems, at, next, "a second control with the %s \"%s\"", what, name);
}

/* Puts the controls in order and looks for ids and keys that stand twice. */
static void order_controls(struct recipe *recipe, struct problems *problems)
{
	AUTO_FREE struct control **by_key = calloc(recipe->len + 1, sizeof(struct control *));

	if (!by_key) {
		problems->failed = true;
		return;
	}
	if (recipe->len > 1)
		qsort(recipe->controls, recipe->len, sizeof(*recipe->controls), compare_ids);
	for (size_t i = 0; i < recipe->len; i++) {
		struct control *control = &recipe->controls[i];

		by_key[i] = control;
		if (i && strcmp(control[-1].id, control->id) == 0)
			add_twice(problems, control - 1, control, "id", control->id);
	}
	qsort(by_key, recipe->len, sizeof(struct control *), compare_keys);
	for (size_t i = 1; i < recipe->len; i++)
		if (by_key[i]->key && str_equal(by_key[i - 1]->key, by_key[i]->key) &&
		    strcmp(by_key[i - 1]->id, by_key[i]->id) != 0)
			add_twice(problems, by_key[i - 1], by_key[i], "key", by_key[i]->key);
}

static struct value *parse(const struct recipe_text *text, struct problems *problems)
{
	AUTO_PTR(value) struct value *root = NULL;
	AUTO(error) struct error err = {0};

	if (yaml_read_all(text->data, text->len, text->file, problem_report, problems, &root,
			  &err) < 0) {
		problem_take(problems, &err);
		return NULL;
	}
	if (root->kind == VALUE_NULL) {
		problem_add(problems, (struct place){text->file, 1, 1},
			    "write benchmark, version and controls",
			    "expected a recipe, found an empty file");
		return NULL;
	}
	return take_ptr(&root);
}

static void load_roots(struct value *const *roots, const struct recipe_text *texts, size_t count,
		       const struct type_schema *const *types, struct recipe *recipe,
		       struct problems *problems)
{
	for (size_t i = 0; i < count; i++) {
		struct checker plain = {.file = texts[i].file, .problems = problems};

		if (roots[i])
			load_head(&plain, recipe, roots[i]);
	}
	for (size_t i = 0; i < count; i++) {
		struct checker c = {.file = texts[i].file,
				    .problems = problems,
				    .types = types,
				    .references = recipe};

		if (roots[i])
			load_controls(&c, recipe, roots[i]);
	}
}

int recipe_load(const struct recipe_text *texts, size_t count,
		const struct type_schema *const *types, struct recipe *ret_recipe,
		struct problems *problems, struct error *err)
{
	AUTO_FREE struct value **roots = calloc(count + 1, sizeof(struct value *));
	AUTO(recipe) struct recipe recipe = {0};

	if (!roots)
		return error_nomem(err);
	for (size_t i = 0; i < count; i++)
		roots[i] = parse(&texts[i], problems);
	load_roots(roots, texts, count, types, &recipe, problems);
	for (size_t i = 0; i < count; i++)
		value_free(roots[i]);
	if (!problems->failed)
		order_controls(&recipe, problems);
	if (problems_error(problems, err) < 0)
		return -1;
	*ret_recipe = recipe;
	recipe = (struct recipe){0};
	return 0;
}

int recipe_digest(struct recipe *recipe, const struct recipe_text *texts, size_t count,
		  struct error *err)
{
	AUTO(digest) struct digest digest = {0};
	char hex[DIGEST_HEX_SIZE];
	char *copy;

	if (digest_begin(&digest, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (digest_add(&digest, texts[i].data, texts[i].len, err) < 0)
			return -1;
	if (digest_end(&digest, hex, err) < 0)
		return -1;
	copy = strdup(hex);
	if (!copy)
		return error_nomem(err);
	free(recipe->sha256);
	recipe->sha256 = copy;
	return 0;
}
