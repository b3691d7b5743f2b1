// SPDX-License-Identifier: Apache-2.0
/*
 * Replacing references. Each step returns 0, 1 (a null fact: context->missing names it) or -1.
 */
#include "harden/recipe/expand.h"

#include "harden/recipe/entry.h"
#include "harden/recipe/reference.h"

#include <inttypes.h>

struct context {
	const struct recipe *recipe;
	const struct facts *facts;
	char *missing; /* owned: the null fact */
	struct error *err;
};

static int expand_value(struct context *c, const struct value *v, struct value **ret);

static int fact_unknown(struct context *c, const struct fact *fact)
{
	const struct error *problem = &fact->problem;

	error_copy(c->err, problem);
	return error_wrap(c->err, "%s is not known", fact->name);
}

/* The value of a var or fact, borrowed. 1: it is null. */
static int look_up(struct context *c, const char *name, const struct value **ret)
{
	const struct variable *variable = recipe_variable(c->recipe, name);
	const struct fact *fact = variable ? NULL : facts_find(c->facts, name);

	if (variable) {
		*ret = variable->value;
		return 0;
	}
	if (!fact)
		return error_set(c->err, ERROR_INTERNAL, 0, "the fact %s was not looked for", name);
	if (!fact->value)
		return fact_unknown(c, fact);
	*ret = fact->value;
	return fact->value->kind == VALUE_NULL;
}

static int look_up_piece(struct context *c, const struct piece *piece, const struct value **ret)
{
	AUTO_FREE char *name = strndup(piece->text, piece->len);
	int r;

	if (!name)
		return error_nomem(c->err);
	r = look_up(c, name, ret);
	if (r == 1) {
		free(c->missing);
		c->missing = take_ptr(&name);
	}
	return r;
}

static int append_scalar(struct context *c, struct strbuf *text, const struct value *v,
			 const struct piece *piece)
{
	if (v->kind == VALUE_TEXT)
		strbuf_append(text, v->text);
	else if (v->kind == VALUE_INTEGER)
		strbuf_appendf(text, "%" PRId64, v->integer);
	else if (v->kind == VALUE_BOOL)
		strbuf_append(text, v->boolean ? "true" : "false");
	else
		return error_set(c->err, ERROR_RECIPE, 0,
				 "${%.*s} is a %s and cannot stand inside a text", (int)piece->len,
				 piece->text, value_kind_name(v->kind));
	return 0;
}

static int interpolate(struct context *c, const char *cursor, struct strbuf *text)
{
	const struct value *found;
	struct piece piece;
	int r;

	while ((r = reference_next(&cursor, &piece)) > 0) {
		if (!piece.reference) {
			strbuf_append_bytes(text, piece.text, piece.len);
			continue;
		}
		r = look_up_piece(c, &piece, &found);
		if (r == 0)
			r = append_scalar(c, text, found, &piece);
		if (r)
			return r;
	}
	return r < 0 ? error_set(c->err, ERROR_RECIPE, 0, "malformed reference at \"%s\"", cursor)
		     : 0;
}

/* Messages about what a reference brought point to the reference. */
static void place_all(struct value *v, unsigned line, unsigned column)
{
	v->line = line;
	v->column = column;
	for (size_t i = 0; i < value_len(v); i++)
		place_all(v->members[i].value, line, column);
}

static int expand_text(struct context *c, const struct value *v, struct value **ret)
{
	AUTO(strbuf) struct strbuf text = {0};
	const struct value *found;
	struct piece piece;
	int r;

	if (!reference_any(v->text)) {
		*ret = value_copy(v);
	} else if (reference_whole(v->text, &piece)) {
		r = look_up_piece(c, &piece, &found);
		if (r)
			return r;
		*ret = value_copy(found);
		if (*ret)
			place_all(*ret, v->line, v->column);
	} else {
		r = interpolate(c, v->text, &text);
		if (r)
			return r;
		*ret = strbuf_text(&text) ? value_text(strbuf_text(&text)) : NULL;
	}
	return *ret ? 0 : error_nomem(c->err);
}

/* Moves the elements of from behind those of list; takes from in every case. */
static int splice(struct context *c, struct value *list, struct value *from)
{
	AUTO_PTR(value) struct value *owned = from;

	for (size_t i = 0; i < owned->len; i++)
		if (value_add(list, take_ptr(&owned->members[i].value), c->err) < 0)
			return -1;
	return 0;
}

static int expand_list(struct context *c, const struct value *v, struct value **ret)
{
	AUTO_PTR(value) struct value *list = value_list();
	bool left_out = false;

	for (size_t i = 0; list && i < v->len; i++) {
		const struct value *item = v->members[i].value;
		struct value *expanded = NULL;
		int r = expand_value(c, item, &expanded);

		if (r < 0)
			return -1;
		if (r == 1)
			left_out = true;
		else if (expanded->kind == VALUE_LIST && item->kind == VALUE_TEXT)
			r = splice(c, list, expanded);
		else
			r = value_add(list, expanded, c->err);
		if (r < 0)
			return -1;
	}
	if (!list)
		return error_nomem(c->err);
	if (left_out && !list->len)
		return 1;
	*ret = take_ptr(&list);
	return 0;
}

static int expand_map(struct context *c, const struct value *v, struct value **ret)
{
	AUTO_PTR(value) struct value *map = value_map();

	for (size_t i = 0; map && i < v->len; i++) {
		const struct value_member *m = &v->members[i];
		struct value *expanded = NULL;
		int r = expand_value(c, m->value, &expanded);

		if (r)
			return r;
		if (value_append(map, m->key, expanded, c->err) < 0)
			return -1;
		map->members[i].key_line = m->key_line;
		map->members[i].key_column = m->key_column;
	}
	if (!map)
		return error_nomem(c->err);
	*ret = take_ptr(&map);
	return 0;
}

static int expand_value(struct context *c, const struct value *v, struct value **ret)
{
	int r;

	if (v->kind == VALUE_TEXT) {
		r = expand_text(c, v, ret);
	} else if (v->kind == VALUE_LIST) {
		r = expand_list(c, v, ret);
	} else if (v->kind == VALUE_MAP) {
		r = expand_map(c, v, ret);
	} else {
		*ret = value_copy(v);
		r = *ret ? 0 : error_nomem(c->err);
	}
	if (r == 0) { /* messages about the value point to the recipe */
		(*ret)->line = v->line;
		(*ret)->column = v->column;
	}
	return r;
}

static bool is_true(const struct value *v)
{
	switch (v->kind) {
	case VALUE_BOOL:
		return v->boolean;
	case VALUE_INTEGER:
		return v->integer != 0;
	case VALUE_TEXT:
		return v->text[0] != '\0';
	default:
		return value_len(v) > 0;
	}
}

/* 0 when the condition holds or is not given, 1 with *ret the reason when it does not. */
static int check_condition(struct context *c, const struct value *entry, const char *key,
			   bool wanted, struct value **ret)
{
	const char *name = value_get_text(entry, key);
	const struct value *found;
	int r;

	if (!name)
		return 0;
	r = look_up(c, name, &found);
	if (r < 0)
		return -1;
	if ((r == 0 && is_true(found)) == wanted)
		return 0;
	*ret = value_textf("applies only %s %s", wanted ? "with" : "without", name);
	return *ret ? 1 : error_nomem(c->err);
}

static int expand_entry(struct context *c, const struct value *entry, struct value **ret)
{
	const struct value_member *type = entry_type(entry);
	AUTO_PTR(value) struct value *map = value_map();
	struct value *keys = NULL;
	int r;

	if (!type)
		return error_set(c->err, ERROR_INTERNAL, 0, "an entry without a resource type");
	if (!map)
		return error_nomem(c->err);
	r = expand_value(c, type->value, &keys);
	if (r == 1)
		*ret = value_textf("%s is not there", c->missing);
	else if (r == 0 && value_append(map, type->key, keys, c->err) == 0)
		*ret = take_ptr(&map);
	else
		return -1;
	return *ret ? r : error_nomem(c->err);
}

int recipe_expand(const struct value *entry, const struct recipe *recipe, const struct facts *facts,
		  struct value **ret, struct error *err)
{
	struct context c = {.recipe = recipe, .facts = facts, .err = err};
	int r = check_condition(&c, entry, "if", true, ret);

	if (r == 0)
		r = check_condition(&c, entry, "unless", false, ret);
	if (r == 0)
		r = expand_entry(&c, entry, ret);
	free(c.missing);
	return r;
}
