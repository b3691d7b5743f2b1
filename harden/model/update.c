// SPDX-License-Identifier: Apache-2.0
/*
 * Updates and their fields as data.
 */
#include "harden/model/update.h"

static const char *const kind_names[] = {
	[UPDATE_CONTAINER] = "container",
	[UPDATE_SERVICE] = "service",
	[UPDATE_SWARM] = "swarm",
	[UPDATE_IMAGE] = "image",
};

const char *update_kind_name(enum update_kind kind)
{
	return kind_names[kind];
}

bool update_kind_find(const char *name, enum update_kind *ret_kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kind_names); i++) {
		if (!str_equal(kind_names[i], name))
			continue;
		*ret_kind = (enum update_kind)i;
		return true;
	}
	return false;
}

static bool says_nothing(const struct value *v)
{
	if (!v)
		return true;
	switch (v->kind) {
	case VALUE_NULL:
		return true;
	case VALUE_BOOL:
		return !v->boolean;
	case VALUE_INTEGER:
		return v->integer == 0;
	case VALUE_REAL:
		return false;
	case VALUE_TEXT:
		return !*v->text;
	case VALUE_LIST:
	case VALUE_MAP:
		return v->len == 0;
	}
	return false;
}

bool field_same(const struct value *a, const struct value *b)
{
	return says_nothing(a) ? says_nothing(b) : value_equal(a, b);
}

const struct value *field_target(const struct field_edit *edit)
{
	return edit->back ? edit->back : edit->before;
}

bool field_is_undone(const struct field_edit *edit, const struct value *present)
{
	return edit->stays || field_same(edit->before, present) ||
	       (edit->back && field_same(edit->back, present));
}

/* The first key of a dotted path; *ret_rest is what follows, NULL behind the last. */
static char *first_key(const char *path, const char **ret_rest)
{
	size_t n = strcspn(path, ".");

	*ret_rest = path[n] ? path + n + 1 : NULL;
	return strndup(path, n);
}

const struct value *field_get(const struct value *object, const char *path)
{
	while (object && path) {
		AUTO_FREE char *key = first_key(path, &path);

		object = key ? value_get(object, key) : NULL;
	}
	return object;
}

int field_set(struct value *object, const char *path, struct value *v, struct error *err)
{
	AUTO_PTR(value) struct value *owned = v;
	const char *rest;
	AUTO_FREE char *key = first_key(path, &rest);
	struct value *inner;

	if (!key)
		return error_nomem(err);
	if (object->kind != VALUE_MAP)
		return error_set(err, ERROR_FORMAT, 0, "%s: expected a map around it", path);
	if (!rest)
		return value_set(object, key, take_ptr(&owned), err);
	inner = value_get(object, key);
	if (!inner || inner->kind == VALUE_NULL) {
		if (value_set(object, key, value_map(), err) < 0)
			return -1;
		inner = value_get(object, key);
	}
	return field_set(inner, rest, take_ptr(&owned), err);
}

void field_unset(struct value *object, const char *path)
{
	const char *rest;
	AUTO_FREE char *key = first_key(path, &rest);
	struct value *inner = key && object->kind == VALUE_MAP ? value_get(object, key) : NULL;

	if (!inner)
		return;
	if (rest)
		field_unset(inner, rest);
	if (!rest || (inner->kind == VALUE_MAP && !inner->len))
		(void)value_unset(object, key); /* it was there */
}

/* Where the field stands, or would. */
static size_t slot_of(const struct update *u, const char *path, bool *ret_found)
{
	for (size_t i = 0; i < u->len; i++) {
		int order = strcmp(u->fields[i].path, path);

		*ret_found = order == 0;
		if (order >= 0)
			return i;
	}
	*ret_found = false;
	return u->len;
}

struct field_edit *update_field(const struct update *u, const char *path)
{
	bool found;
	size_t i = slot_of(u, path, &found);

	return found ? &u->fields[i] : NULL;
}

static struct value *copy_or_null(const struct value *v)
{
	return v ? value_copy(v) : value_null();
}

int field_edit_copy(struct field_edit *to, const struct field_edit *from, struct error *err)
{
	struct field_edit copy = {
		.path = strdup(from->path),
		.before = copy_or_null(from->before),
		.after = copy_or_null(from->after),
		.back = value_copy(from->back),
		.stays = from->stays,
	};

	if (!copy.path || !copy.before || !copy.after || (from->back && !copy.back)) {
		field_edit_done(&copy);
		return error_nomem(err);
	}
	*to = copy;
	return 0;
}

void field_edit_done(struct field_edit *edit)
{
	free(edit->path);
	value_free(edit->before);
	value_free(edit->after);
	value_free(edit->back);
	*edit = (struct field_edit){0};
}

static int change_field(struct field_edit *field, const struct value *after, struct error *err)
{
	struct value *copy;

	if (field_same(field->after, after))
		return 0;
	copy = copy_or_null(after);
	if (!copy)
		return error_nomem(err);
	value_free(field->after);
	field->after = copy;
	return 1;
}

int update_edit(struct update *u, const struct field_edit *edit, struct error *err)
{
	bool found;
	size_t slot = slot_of(u, edit->path, &found);
	struct field_edit copy;

	if (found)
		return change_field(&u->fields[slot], edit->after, err);
	if (vec_reserve((void **)&u->fields, &u->cap, u->len, sizeof(copy), err) < 0 ||
	    field_edit_copy(&copy, edit, err) < 0)
		return -1;
	memmove(&u->fields[slot + 1], &u->fields[slot], (u->len - slot) * sizeof(copy));
	u->fields[slot] = copy;
	u->len++;
	return 1;
}

char *update_resource(const struct update *u)
{
	const char *kind = update_kind_name(u->kind);

	return strcmp(kind, u->name) == 0 ? strdup(kind) : str_format("%s %s", kind, u->name);
}

int update_copy(struct update *to, const struct update *from, struct error *err)
{
	struct update copy = {
		.kind = from->kind,
		.id = strdup(from->id),
		.name = strdup(from->name),
		.removes = from->removes,
	};
	int r = copy.id && copy.name ? 0 : error_nomem(err);

	for (size_t i = 0; i < from->len && r >= 0; i++)
		r = update_edit(&copy, &from->fields[i], err);
	if (r < 0) {
		update_done(&copy);
		return -1;
	}
	*to = copy;
	return 0;
}

void update_done(struct update *u)
{
	free(u->id);
	free(u->name);
	for (size_t i = 0; i < u->len; i++)
		field_edit_done(&u->fields[i]);
	free(u->fields);
	*u = (struct update){0};
}
