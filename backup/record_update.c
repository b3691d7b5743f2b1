// SPDX-License-Identifier: Apache-2.0
/*
 * An update in the journal.
 */
#include "backup/record_update.h"

#include "backup/record.h"

static struct value *field_to_value(const struct field_edit *f)
{
	AUTO_PTR(value) struct value *map = value_map();

	if (!map || value_set(map, "path", text_to_value(f->path), NULL) < 0 ||
	    value_set(map, "before", value_copy(f->before), NULL) < 0 ||
	    value_set(map, "after", value_copy(f->after), NULL) < 0 ||
	    (f->back && value_set(map, "back", value_copy(f->back), NULL) < 0) ||
	    (f->stays && value_set(map, "stays", value_bool(true), NULL) < 0))
		return NULL;
	return take_ptr(&map);
}

static struct value *fields_to_value(const struct update *u)
{
	AUTO_PTR(value) struct value *list = value_list();

	for (size_t i = 0; list && i < u->len; i++)
		if (value_add(list, field_to_value(&u->fields[i]), NULL) < 0)
			return NULL;
	return take_ptr(&list);
}

struct value *update_intent_to_value(const struct update_intent *intent)
{
	const struct update *u = &intent->update;
	AUTO_PTR(value) struct value *map = value_map();

	if (!map || value_set(map, "record", value_text("update"), NULL) < 0 ||
	    value_set(map, "kind", value_text(update_kind_name(u->kind)), NULL) < 0 ||
	    value_set(map, "id", text_to_value(u->id), NULL) < 0 ||
	    value_set(map, "name", text_to_value(u->name), NULL) < 0 ||
	    value_set(map, "removes", value_bool(u->removes), NULL) < 0 ||
	    (intent->engine && value_set(map, "engine", text_to_value(intent->engine), NULL) < 0) ||
	    value_set(map, "controls", value_from_strv(&intent->controls), NULL) < 0 ||
	    value_set(map, "fields", fields_to_value(u), NULL) < 0)
		return NULL;
	return take_ptr(&map);
}

static int wrong(const char *what, struct error *err)
{
	return error_set(err, ERROR_FORMAT, 0, "\"%s\" is missing or wrong", what);
}

static bool is_true(const struct value *map, const char *key)
{
	const struct value *v = value_get(map, key);

	return v && v->kind == VALUE_BOOL && v->boolean;
}

static int field_from_value(const struct value *v, struct update *u, struct error *err)
{
	AUTO_FREE char *path = NULL;
	const struct field_edit edit = {
		.before = value_get(v, "before"),
		.after = value_get(v, "after"),
		.back = value_get(v, "back"),
		.stays = is_true(v, "stays"),
	};
	struct field_edit named = edit;

	if (!edit.before || !edit.after)
		return wrong("fields", err);
	if (text_from_member(v, "path", &path, err) < 0)
		return -1;
	named.path = path;
	return update_edit(u, &named, err) < 0 ? -1 : 0;
}

static int fill_update(const struct value *v, struct update *u, struct error *err)
{
	const struct value *fields = value_get(v, "fields");

	if (!update_kind_find(value_get_text(v, "kind"), &u->kind))
		return wrong("kind", err);
	if (!fields || fields->kind != VALUE_LIST)
		return wrong("fields", err);
	u->removes = is_true(v, "removes");
	if (text_from_member(v, "id", &u->id, err) < 0 ||
	    text_from_member(v, "name", &u->name, err) < 0)
		return -1;
	for (size_t i = 0; i < fields->len; i++)
		if (field_from_value(fields->members[i].value, u, err) < 0)
			return -1;
	return 0;
}

static int fill_intent(const struct value *v, struct update_intent *i, struct error *err)
{
	const struct value *controls = value_get(v, "controls");

	if (fill_update(v, &i->update, err) < 0 ||
	    (value_get(v, "engine") && text_from_member(v, "engine", &i->engine, err) < 0))
		return -1;
	for (size_t k = 0; k < value_len(controls); k++) {
		const char *id = value_as_text(controls->members[k].value);

		if (!id)
			return wrong("controls", err);
		if (strv_add(&i->controls, id, err) < 0)
			return -1;
	}
	return 0;
}

int update_intent_from_value(const struct value *v, struct update_intent *ret_intent,
			     struct error *err)
{
	struct update_intent intent = {0};

	if (fill_intent(v, &intent, err) < 0) {
		update_intent_done(&intent);
		return -1;
	}
	*ret_intent = intent;
	return 0;
}
