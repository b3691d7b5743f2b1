// SPDX-License-Identifier: Apache-2.0
/*
 * Loading: exactly one operator, its argument in the type of the daemon's key. A key whose value
 * comes from a variable that nobody set (null, "", an empty list or map) counts as not given.
 */
#include "harden/resource/daemon_load.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int fail(const struct value *at, const char *file, struct error *err, const char *text)
{
	return error_set(err, ERROR_RECIPE, 0, "%s:%u:%u: daemon: %s", file, at->line, at->column,
			 text);
}

/* The member unless it is null, "" or empty. */
static const struct value *given(const struct value *entry, const char *key)
{
	const struct value *v = value_get(entry, key);

	if (!v || v->kind == VALUE_NULL || (v->kind == VALUE_TEXT && !*v->text) ||
	    ((v->kind == VALUE_LIST || v->kind == VALUE_MAP) && !v->len))
		return NULL;
	return v;
}

static bool is_true(const struct value *entry, const char *key)
{
	const struct value *v = given(entry, key);
	bool b = false;

	if (v && v->kind == VALUE_BOOL)
		return v->boolean;
	return v && v->kind == VALUE_TEXT && daemon_parse_bool(v->text, &b) && b;
}

static struct value *text_list(const struct value *v)
{
	struct value *list = value_list();
	size_t n = v->kind == VALUE_LIST ? v->len : 1;

	for (size_t i = 0; list && i < n; i++) {
		const struct value *item = v->kind == VALUE_LIST ? v->members[i].value : v;

		if (value_add(list, value_copy(item), NULL) < 0) {
			value_free(list);
			return NULL;
		}
	}
	return list;
}

static int64_t limit(const struct value *map, const char *small, const char *big)
{
	const struct value *v = value_get(map, small);

	if (!v)
		v = value_get(map, big);
	if (v && v->kind == VALUE_INTEGER)
		return v->integer;
	return value_as_text(v) ? strtoll(v->text, NULL, 10) : -1;
}

/* {nofile: "64000:64000"} or {nofile: {soft: 1, hard: 2}} to the daemon's own form. */
static struct value *ulimits(const struct value *v)
{
	AUTO_PTR(value) struct value *map = value_map();

	for (size_t i = 0; map && i < v->len; i++) {
		const char *name = v->members[i].key;
		const struct value *from = v->members[i].value;
		const char *text = value_as_text(from), *colon = text ? strchr(text, ':') : NULL;
		int64_t soft = text ? strtoll(text, NULL, 10) : limit(from, "soft", "Soft");
		int64_t hard = limit(from, "hard", "Hard");
		struct value *one = value_map();

		if (text)
			hard = colon ? strtoll(colon + 1, NULL, 10) : soft;
		if (from->kind == VALUE_INTEGER)
			soft = hard = from->integer;
		if (!one || value_set(one, "Name", value_text(name), NULL) < 0 ||
		    value_set(one, "Hard", value_integer(hard), NULL) < 0 ||
		    value_set(one, "Soft", value_integer(soft), NULL) < 0) {
			value_free(one);
			return NULL;
		}
		if (value_set(map, name, one, NULL) < 0)
			return NULL;
	}
	return take_ptr(&map);
}

static struct value *text_map(const struct value *v)
{
	AUTO_PTR(value) struct value *map = value_map();

	for (size_t i = 0; map && i < v->len; i++) {
		const struct value *item = v->members[i].value;
		struct value *text =
			item->kind == VALUE_INTEGER ? value_textf("%lld", (long long)item->integer)
			: item->kind == VALUE_BOOL  ? value_text(item->boolean ? "true" : "false")
						    : value_copy(item);

		if (value_set(map, v->members[i].key, text, NULL) < 0)
			return NULL;
	}
	return take_ptr(&map);
}

struct value *daemon_typed(const struct daemon_key *key, const struct value *v, struct error *err)
{
	const char *text = value_as_text(v);
	struct value *typed = NULL;
	char *end = NULL;
	bool b;

	if (key->type == DAEMON_BOOL && text && daemon_parse_bool(text, &b))
		typed = value_bool(b);
	else if (key->type == DAEMON_INTEGER && text && *text && (strtoll(text, &end, 10), !*end))
		typed = value_integer(strtoll(text, NULL, 10));
	else if (key->type == DAEMON_TEXT_LIST && (text || v->kind == VALUE_LIST))
		typed = text_list(v);
	else if (str_equal(key->name, "default-ulimits") && v->kind == VALUE_MAP)
		typed = ulimits(v);
	else if (key->type == DAEMON_TEXT_MAP && v->kind == VALUE_MAP)
		typed = text_map(v);
	else
		typed = value_copy(v);
	if (!typed) {
		(void)error_nomem(err);
		return NULL;
	}
	if (typed->kind == VALUE_NULL || !daemon_key_accepts(key, typed)) {
		value_free(typed);
		(void)error_set(err, ERROR_RECIPE, 0, "%s is %s", key->name,
				daemon_type_name(key->type));
		return NULL;
	}
	typed->line = v->line;
	typed->column = v->column;
	return typed;
}

/* As daemon_typed(), with the place in the recipe; values below a nested path stay as they are. */
static struct value *typed_at(const struct daemon_spec *spec, const struct value *v,
			      const char *file, struct error *err)
{
	AUTO(error) struct error why = {0};
	struct value *typed = spec->nested ? value_copy(v) : daemon_typed(spec->key, v, &why);

	if (!typed && why.code != ERROR_RECIPE)
		(void)error_nomem(err);
	else if (!typed)
		(void)fail(v, file, err, error_message(&why));
	return typed;
}

static int load_key(struct daemon_spec *spec, const struct value *entry, const char *file,
		    struct error *err)
{
	const struct value *at = value_get(entry, "key");
	const char *path = value_as_text(at), *dot = path ? strchr(path, '.') : NULL;
	AUTO_FREE char *name = NULL;

	if (!path || !*path)
		return fail(entry, file, err, "key is missing");
	name = dot ? strndup(path, (size_t)(dot - path)) : strdup(path);
	spec->path = strdup(path);
	if (!name || !spec->path)
		return error_nomem(err);
	spec->nested = dot != NULL;
	spec->key = daemon_key_find(name);
	if (!spec->key || spec->key->placement != FILE_KEY) {
		const char *near = daemon_key_nearest(name);

		return error_set(err, ERROR_RECIPE, 0,
				 "%s:%u:%u: daemon: daemon.json has no key \"%s\"%s%s%s", file,
				 at->line, at->column, name, near ? "; did you mean \"" : "",
				 near ? near : "", near ? "\"?" : "");
	}
	return 0;
}

static int load_operator(struct daemon_spec *spec, const struct value *entry, const char *file,
			 struct error *err)
{
	const struct value *at = NULL;

	for (const struct daemon_operator *op = daemon_operators; op->name; op++) {
		const struct value *v = value_get(entry, op->name);

		if (!v)
			continue;
		if (spec->op)
			return fail(v, file, err, "only one operator is possible");
		spec->op = op;
		at = v;
	}
	if (!spec->op)
		return fail(entry, file, err,
			    "an operator is missing (equals, one-of, not, lacks, empty, ...)");
	if (spec->op->converts && str_equal(spec->op->name, "one-of")) {
		AUTO_PTR(value) struct value *list = value_list();

		if (at->kind != VALUE_LIST || !at->len)
			return fail(at, file, err, "one-of takes a list");
		for (size_t i = 0; list && i < at->len; i++) {
			struct value *one = typed_at(spec, at->members[i].value, file, err);

			if (!one || value_add(list, one, err) < 0)
				return -1;
		}
		spec->arg = take_ptr(&list);
	} else if (spec->op->converts) {
		spec->arg = typed_at(spec, at, file, err);
		return spec->arg ? 0 : -1;
	} else {
		if (at->kind == VALUE_TEXT && !is_true(entry, spec->op->name) &&
		    !str_equal(spec->op->name, "contains") && !str_equal(spec->op->name, "lacks"))
			return fail(at, file, err, "this operator is switched on by true");
		spec->arg = value_copy(at);
	}
	return spec->arg ? 0 : error_nomem(err);
}

static int load_fix(struct daemon_spec *spec, const struct value *entry, const char *file,
		    struct error *err)
{
	const struct value *v = given(entry, "fix");

	if (!v)
		return 0;
	if (str_equal(value_as_text(v), "none")) {
		spec->fix = FIX_NONE;
	} else if (str_equal(value_as_text(v), "absent")) {
		spec->fix = FIX_ABSENT;
	} else {
		spec->fix = FIX_VALUE;
		spec->fix_value = typed_at(spec, v, file, err);
		return spec->fix_value ? 0 : -1;
	}
	return 0;
}

static int load_text(char **field, const struct value *entry, const char *key, const char *file,
		     struct error *err)
{
	const struct value *v = given(entry, key);

	if (!v)
		return 0;
	if (v->kind != VALUE_TEXT || v->text[0] != '/')
		return fail(v, file, err, "expected an absolute path");
	*field = strdup(v->text);
	return *field ? 0 : error_nomem(err);
}

static int load_rest(struct daemon_spec *spec, const struct value *entry, const char *file,
		     struct error *err)
{
	const struct value *allow = given(entry, "allow"), *opts = given(entry, "opts");

	spec->forwarded = is_true(entry, "forwarded");
	spec->remove_tcp = is_true(entry, "remove-tcp");
	spec->accept_data_reset = is_true(entry, "accept-data-reset");
	spec->unless_swarm = is_true(entry, "unless-swarm");
	spec->review = is_true(entry, "review");
	spec->when = value_copy(given(entry, "when"));
	spec->unless = value_copy(given(entry, "unless"));
	if (allow && allow->kind == VALUE_TEXT && strv_add(&spec->allow, allow->text, err) < 0)
		return -1;
	for (size_t i = 0; allow && allow->kind == VALUE_LIST && i < allow->len; i++)
		if (value_as_text(allow->members[i].value) &&
		    strv_add(&spec->allow, allow->members[i].value->text, err) < 0)
			return -1;
	if (opts && opts->kind != VALUE_MAP)
		return fail(opts, file, err, "opts takes a map");
	if (opts && !(spec->opts = text_map(opts)))
		return error_nomem(err);
	if (load_text(&spec->tlscacert, entry, "tlscacert", file, err) < 0 ||
	    load_text(&spec->tlscert, entry, "tlscert", file, err) < 0)
		return -1;
	return load_text(&spec->tlskey, entry, "tlskey", file, err);
}

/* Names in when and unless are looked up while inspecting: unknown ones are errors here. */
static int check_conditions(const struct value *map, const char *file, struct error *err)
{
	for (size_t i = 0; i < value_len(map); i++) {
		const struct value_member *m = &map->members[i];
		size_t len = strcspn(m->key, ".");
		AUTO_FREE char *name = strndup(m->key, len);

		if (!name)
			return error_nomem(err);
		if (!daemon_key_find(name))
			return error_set(err, ERROR_RECIPE, 0,
					 "%s:%u:%u: daemon: daemon.json has no key \"%s\"", file,
					 m->key_line, m->key_column, name);
	}
	return 0;
}

int daemon_load(const struct value *entry, const char *file, void **ret_spec, struct error *err)
{
	struct daemon_spec *spec = calloc(1, sizeof(*spec));

	if (!spec)
		return error_nomem(err);
	if (load_key(spec, entry, file, err) < 0 || load_operator(spec, entry, file, err) < 0 ||
	    load_fix(spec, entry, file, err) < 0 || load_rest(spec, entry, file, err) < 0 ||
	    check_conditions(spec->when, file, err) < 0 ||
	    check_conditions(spec->unless, file, err) < 0) {
		daemon_spec_free(spec);
		return -1;
	}
	*ret_spec = spec;
	return 0;
}

void daemon_spec_free(void *p)
{
	struct daemon_spec *spec = p;

	if (!spec)
		return;
	free(spec->path);
	value_free(spec->arg);
	value_free(spec->fix_value);
	strv_done(&spec->allow);
	value_free(spec->opts);
	free(spec->tlscacert);
	free(spec->tlscert);
	free(spec->tlskey);
	value_free(spec->when);
	value_free(spec->unless);
	free(spec);
}
