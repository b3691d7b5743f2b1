// SPDX-License-Identifier: Apache-2.0
/*
 * The value tree. Lists and maps share one member array; a list leaves the keys NULL.
 */
#include "harden/model/value.h"

#include <stdarg.h>
#include <stdio.h>

static struct value *value_new(enum value_kind kind)
{
	struct value *v = calloc(1, sizeof(*v));

	if (v)
		v->kind = kind;
	return v;
}

struct value *value_null(void)
{
	return value_new(VALUE_NULL);
}

struct value *value_bool(bool b)
{
	struct value *v = value_new(VALUE_BOOL);

	if (v)
		v->boolean = b;
	return v;
}

struct value *value_integer(int64_t i)
{
	struct value *v = value_new(VALUE_INTEGER);

	if (v)
		v->integer = i;
	return v;
}

struct value *value_real(double d)
{
	struct value *v = value_new(VALUE_REAL);

	if (v)
		v->real = d;
	return v;
}

/* Takes text; NULL is out of memory. */
static struct value *value_take_text(char *text)
{
	struct value *v = text ? value_new(VALUE_TEXT) : NULL;

	if (v)
		v->text = text;
	else
		free(text);
	return v;
}

struct value *value_text(const char *text)
{
	return text ? value_take_text(strdup(text)) : value_null();
}

struct value *value_textf(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	return n < 0 ? NULL : value_take_text(text);
}

struct value *value_list(void)
{
	return value_new(VALUE_LIST);
}

struct value *value_map(void)
{
	return value_new(VALUE_MAP);
}

struct value *value_from_strv(const struct strv *v)
{
	AUTO_PTR(value) struct value *list = value_list();

	if (!list)
		return NULL;
	for (size_t i = 0; i < v->len; i++)
		if (value_add(list, value_text(v->items[i]), NULL) < 0)
			return NULL;
	return take_ptr(&list);
}

static bool is_container(const struct value *v)
{
	return v->kind == VALUE_LIST || v->kind == VALUE_MAP;
}

static struct value *copy_container(const struct value *v)
{
	AUTO_PTR(value) struct value *copy = value_new(v->kind);

	if (!copy)
		return NULL;
	if (v->len) { /* as large as it is: copies are kept in great numbers */
		copy->members = calloc(v->len, sizeof(*copy->members));
		copy->cap = copy->members ? v->len : 0;
	}
	for (size_t i = 0; i < v->len; i++) {
		const struct value_member *m = &v->members[i];
		struct value *child = value_copy(m->value);
		int r = m->key ? value_append(copy, m->key, child, NULL)
			       : value_add(copy, child, NULL);

		if (r < 0)
			return NULL;
		copy->members[i].key_line = m->key_line;
		copy->members[i].key_column = m->key_column;
	}
	return take_ptr(&copy);
}

struct value *value_copy(const struct value *v)
{
	struct value *copy;

	if (!v)
		return NULL;
	if (is_container(v))
		copy = copy_container(v);
	else if (v->kind == VALUE_TEXT)
		copy = value_text(v->text);
	else if ((copy = value_new(v->kind)))
		*copy = *v;
	if (copy) {
		copy->shares = 0;
		copy->line = v->line;
		copy->column = v->column;
		copy->start = v->start;
		copy->end = v->end;
	}
	return copy;
}

struct value *value_share(struct value *v)
{
	if (v)
		v->shares++;
	return v;
}

void value_free(struct value *v)
{
	if (!v || v->shares) {
		if (v)
			v->shares--;
		return;
	}
	if (is_container(v)) {
		for (size_t i = 0; i < v->len; i++) {
			free(v->members[i].key);
			value_free(v->members[i].value);
		}
		free(v->members);
	} else if (v->kind == VALUE_TEXT) {
		free(v->text);
	}
	free(v);
}

static int append_member(struct value *v, char *key, struct value *child, struct error *err)
{
	if (vec_reserve((void **)&v->members, &v->cap, v->len, sizeof(*v->members), err) < 0) {
		free(key);
		value_free(child);
		return -1;
	}
	v->members[v->len++] = (struct value_member){.key = key, .value = child};
	return 0;
}

int value_add(struct value *list, struct value *child, struct error *err)
{
	if (!child)
		return error_nomem(err);
	return append_member(list, NULL, child, err);
}

int value_append(struct value *map, const char *key, struct value *child, struct error *err)
{
	char *copy = child ? strdup(key) : NULL;

	if (!copy) {
		value_free(child);
		return error_nomem(err);
	}
	return append_member(map, copy, child, err);
}

int value_set(struct value *map, const char *key, struct value *child, struct error *err)
{
	struct value_member *m;

	if (!child)
		return error_nomem(err);
	m = value_member(map, key);
	if (m) {
		value_free(m->value);
		m->value = child;
		return 0;
	}
	return value_append(map, key, child, err);
}

bool value_unset(struct value *map, const char *key)
{
	struct value_member *m = value_member(map, key);
	size_t i;

	if (!m)
		return false;
	free(m->key);
	value_free(m->value);
	i = (size_t)(m - map->members);
	memmove(m, m + 1, (map->len - i - 1) * sizeof(*m));
	map->len--;
	return true;
}

struct value_member *value_member(const struct value *map, const char *key)
{
	if (!map || map->kind != VALUE_MAP)
		return NULL;
	for (size_t i = 0; i < map->len; i++)
		if (strcmp(map->members[i].key, key) == 0)
			return &map->members[i];
	return NULL;
}

struct value *value_get(const struct value *map, const char *key)
{
	const struct value_member *m = value_member(map, key);

	return m ? m->value : NULL;
}

const char *value_as_text(const struct value *v)
{
	return v && v->kind == VALUE_TEXT ? v->text : NULL;
}

const char *value_get_text(const struct value *map, const char *key)
{
	return value_as_text(value_get(map, key));
}

size_t value_len(const struct value *v)
{
	return v && is_container(v) ? v->len : 0;
}

static bool containers_equal(const struct value *a, const struct value *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++) {
		const struct value_member *m = &a->members[i];
		const struct value *other = b->members[i].value;

		/* mostly the same order; searching for every key would be quadratic */
		if (m->key && strcmp(m->key, b->members[i].key) != 0)
			other = value_get(b, m->key);
		if (!other || !value_equal(m->value, other))
			return false;
	}
	return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (!a || !b)
		return a == b;
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case VALUE_NULL:
		return true;
	case VALUE_BOOL:
		return a->boolean == b->boolean;
	case VALUE_INTEGER:
		return a->integer == b->integer;
	case VALUE_REAL:
		return !(a->real < b->real) && !(a->real > b->real);
	case VALUE_TEXT:
		return strcmp(a->text, b->text) == 0;
	case VALUE_LIST:
	case VALUE_MAP:
		return containers_equal(a, b);
	}
	return false;
}

const char *value_kind_name(enum value_kind kind)
{
	static const char *const names[] = {"null", "boolean", "integer", "number",
					    "text", "list",    "map"};

	return names[kind];
}
