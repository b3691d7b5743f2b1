// SPDX-License-Identifier: Apache-2.0
/*
 * Values to libjq's and back. What comes back is shown to people and compared as text, so a NUL
 * inside a string becomes U+FFFD, and what is nested beyond reason an ellipsis.
 */
#include "harden/text/jq_data.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#define DEPTH_MAX 200
#define WHOLE_MAX 9007199254740992.0 /* 2^53: doubles beyond it are not exact */

static int new_data(jv v, struct jq_data **ret, struct error *err)
{
	*ret = malloc(sizeof(**ret));
	if (!*ret)
		return error_nomem(err);
	(*ret)->v = v;
	return 0;
}

static jv to_jv(const struct jq_library *lib, const struct value *v, int depth);

static jv list_to_jv(const struct jq_library *lib, const struct value *v, int depth)
{
	jv array = lib->array();

	for (size_t i = 0; i < v->len; i++)
		array = lib->array_append(array, to_jv(lib, v->members[i].value, depth + 1));
	return array;
}

static jv text_to_jv(const struct jq_library *lib, const char *text)
{
	return lib->string_sized(text, (int)strnlen(text, INT_MAX));
}

static jv map_to_jv(const struct jq_library *lib, const struct value *v, int depth)
{
	jv object = lib->object();

	for (size_t i = 0; i < v->len; i++)
		object = lib->object_set(object, text_to_jv(lib, v->members[i].key),
					 to_jv(lib, v->members[i].value, depth + 1));
	return object;
}

static jv to_jv(const struct jq_library *lib, const struct value *v, int depth)
{
	if (depth > DEPTH_MAX)
		return lib->null();
	switch (v->kind) {
	case VALUE_NULL:
		break;
	case VALUE_BOOL:
		return lib->boolean(v->boolean);
	case VALUE_INTEGER:
		return lib->number((double)v->integer);
	case VALUE_REAL:
		return lib->number(v->real);
	case VALUE_TEXT:
		return text_to_jv(lib, v->text);
	case VALUE_LIST:
		return list_to_jv(lib, v, depth);
	case VALUE_MAP:
		return map_to_jv(lib, v, depth);
	}
	return lib->null();
}

int jq_data_from(const struct value *v, struct jq_data **ret, struct error *err)
{
	const struct jq_library *lib = jq_library(err);

	return lib ? new_data(to_jv(lib, v, 0), ret, err) : -1;
}

int jq_data_parse(const char *json, size_t len, const char *name, struct jq_data **ret,
		  struct error *err)
{
	const struct jq_library *lib = jq_library(err);
	jv v, message;

	if (!lib)
		return -1;
	if (len > INT_MAX)
		return error_set(err, ERROR_FORMAT, 0, "%s is too long", name);
	v = lib->parse_sized(json, (int)len);
	if (lib->get_kind(v) != JV_KIND_INVALID)
		return new_data(v, ret, err);
	message = lib->invalid_get_msg(v);
	(void)error_set(err, ERROR_FORMAT, 0, "%s: this is no JSON: %s", name,
			lib->get_kind(message) == JV_KIND_STRING ? lib->string_value(message)
								 : "it is empty");
	error_resource(err, name);
	lib->free(message);
	return -1;
}

int jq_data_set(struct jq_data *object, const char *key, const struct jq_data *member,
		struct error *err)
{
	const struct jq_library *lib = jq_library(err);

	if (!lib)
		return -1;
	if (!jq_data_is_object(object))
		return error_set(err, ERROR_FORMAT, 0, "no object that could have a member %s",
				 key);
	object->v = lib->object_set(object->v, text_to_jv(lib, key), lib->copy(member->v));
	return 0;
}

bool jq_data_is_object(const struct jq_data *data)
{
	const struct jq_library *lib = jq_library(NULL);

	return lib && lib->get_kind(data->v) == JV_KIND_OBJECT;
}

void jq_data_free(struct jq_data *data)
{
	const struct jq_library *lib = data ? jq_library(NULL) : NULL;

	if (lib)
		lib->free(data->v);
	free(data);
}

static struct value *convert(const struct jq_library *lib, jv v, int depth);

/* The text of a string, NUL as U+FFFD. Does not free. */
static char *string_text(const struct jq_library *lib, jv v)
{
	const char *bytes = lib->string_value(v);
	size_t len = (size_t)lib->string_length(lib->copy(v));
	AUTO(strbuf) struct strbuf text = {0};
	char *taken = NULL;

	for (size_t i = 0; i < len; i++) {
		if (bytes[i])
			strbuf_append_char(&text, bytes[i]);
		else
			strbuf_append(&text, "\xef\xbf\xbd");
	}
	return strbuf_take(&text, &taken, NULL) < 0 ? NULL : taken;
}

static struct value *convert_string(const struct jq_library *lib, jv v)
{
	AUTO_FREE char *text = string_text(lib, v);

	return text ? value_text(text) : NULL;
}

static struct value *convert_number(double d)
{
	double fraction;

	if (isnan(d))
		return value_null(); /* as jq prints it */
	if (d > WHOLE_MAX || d < -WHOLE_MAX)
		return value_real(d > DBL_MAX ? DBL_MAX : d < -DBL_MAX ? -DBL_MAX : d);
	fraction = d - (double)(int64_t)d;
	return fraction > 0 || fraction < 0 ? value_real(d) : value_integer((int64_t)d);
}

static struct value *convert_array(const struct jq_library *lib, jv v, int depth)
{
	AUTO_PTR(value) struct value *list = value_list();
	int len = lib->array_length(lib->copy(v));

	if (!list)
		return NULL;
	for (int i = 0; i < len; i++)
		if (value_add(list, convert(lib, lib->array_get(lib->copy(v), i), depth + 1),
			      NULL) < 0)
			return NULL;
	return take_ptr(&list);
}

static int compare_members(const void *a, const void *b)
{
	return strcmp(((const struct value_member *)a)->key, ((const struct value_member *)b)->key);
}

/* By key, as jq prints objects: the order of its table means nothing. */
static struct value *convert_object(const struct jq_library *lib, jv v, int depth)
{
	AUTO_PTR(value) struct value *map = value_map();

	for (int i = lib->object_iter(v); lib->object_iter_valid(v, i);
	     i = lib->object_iter_next(v, i)) {
		jv key = lib->object_iter_key(v, i);
		AUTO_FREE char *name = string_text(lib, key);

		lib->free(key);
		if (!map || !name || /* no key is there twice */
		    value_append(map, name, convert(lib, lib->object_iter_value(v, i), depth + 1),
				 NULL) < 0)
			return NULL;
	}
	if (map && map->len > 1)
		qsort(map->members, map->len, sizeof(*map->members), compare_members);
	return take_ptr(&map);
}

/* Takes v. NULL: no memory. */
static struct value *convert(const struct jq_library *lib, jv v, int depth)
{
	struct value *made;

	switch (depth > DEPTH_MAX ? JV_KIND_INVALID : lib->get_kind(v)) {
	case JV_KIND_NULL:
		made = value_null();
		break;
	case JV_KIND_FALSE:
	case JV_KIND_TRUE:
		made = value_bool(lib->get_kind(v) == JV_KIND_TRUE);
		break;
	case JV_KIND_NUMBER:
		made = convert_number(lib->number_value(v));
		break;
	case JV_KIND_STRING:
		made = convert_string(lib, v);
		break;
	case JV_KIND_ARRAY:
		made = convert_array(lib, v, depth);
		break;
	case JV_KIND_OBJECT:
		made = convert_object(lib, v, depth);
		break;
	default:
		made = value_text("...");
	}
	lib->free(v);
	return made;
}

int jq_value_from(const struct jq_library *lib, jv v, struct value **ret, struct error *err)
{
	*ret = convert(lib, v, 0);
	return *ret ? 0 : error_nomem(err);
}
