// SPDX-License-Identifier: Apache-2.0
/*
 * One row for each kind of object: where it is read, where it is written, and whether it takes a
 * whole spec.
 */
#include "harden/text/update_request.h"

#include "harden/text/json.h"
#include "harden/text/json_pick.h"

#include <ctype.h>

#define HOST_CONFIG "HostConfig."
#define SPEC "Spec."

static const struct {
	const char *read, *write, *remove; /* one %s: the id */
} paths[] = {
	[UPDATE_CONTAINER] = {"/containers/%s/json", "/containers/%s/update", "/containers/%s"},
	[UPDATE_SERVICE] = {"/services/%s", "/services/%s/update", NULL},
	[UPDATE_SWARM] = {"/swarm", "/swarm/update", NULL},
	[UPDATE_IMAGE] = {"/images/%s/json", NULL, "/images/%s"},
};

void update_request_done(struct update_request *request)
{
	free(request->path);
	free(request->body);
	*request = (struct update_request){0};
}

bool update_is_flag(const struct field_edit *edit)
{
	return str_starts(edit->path, "rotate"); /* no member of an object has such a name */
}

/* format with the id in it, percent-encoded. */
static char *with_id(const char *format, const char *id)
{
	AUTO(strbuf) struct strbuf path = {0};
	const char *hole = strstr(format, "%s");
	char *text = NULL;

	strbuf_append_bytes(&path, format, hole ? (size_t)(hole - format) : strlen(format));
	for (; hole && *id; id++) {
		if (isalnum((unsigned char)*id) || strchr("-_.:", *id)) {
			strbuf_append_char(&path, *id);
		} else {
			strbuf_append_char(&path, '%');
			strbuf_append_hex(&path, id, 1);
		}
	}
	strbuf_append(&path, hole ? hole + 2 : "");
	return strbuf_take(&path, &text, NULL) < 0 ? NULL : text;
}

char *update_path(const struct update *u)
{
	return with_id(paths[u->kind].read, u->id);
}

static int pick(const struct update *u, const struct blob *object, const struct strv *wanted,
		struct value **ret_map, struct error *err)
{
	AUTO_FREE char *path = update_path(u);

	if (!path)
		return error_nomem(err);
	return json_pick(object->data, object->len, path, wanted, ret_map, err);
}

int update_present(const struct update *u, const struct blob *object, struct value **ret_map,
		   struct error *err)
{
	AUTO(strv) struct strv wanted = {0};
	AUTO_PTR(value) struct value *map = NULL;
	const char *id;

	if (strv_add(&wanted, "ID", err) < 0)
		return -1;
	for (size_t i = 0; i < u->len; i++)
		if (strv_add(&wanted, u->fields[i].path, err) < 0)
			return -1;
	if (pick(u, object, &wanted, &map, err) < 0)
		return -1;
	id = value_get_text(map, "ID");
	if (u->kind == UPDATE_SWARM && !str_equal(id, u->id))
		return error_set(err, ERROR_CONFLICT, 0, "the swarm is another one than before");
	*ret_map = take_ptr(&map);
	return 0;
}

/* Nothing, in the words of the field: null would mean "leave alone" to a container. */
static struct value *nothing_like(const struct value *v)
{
	switch (v->kind) {
	case VALUE_BOOL:
		return value_bool(false);
	case VALUE_INTEGER:
		return value_integer(0);
	case VALUE_TEXT:
		return value_text("");
	default:
		return value_null();
	}
}

/* What the field shall be; NULL: it is left alone. */
static const struct value *target_of(const struct field_edit *edit, bool back,
				     const struct value *present)
{
	const struct value *now = value_get(present, edit->path);

	if (!back)
		return edit->after;
	return field_is_undone(edit, now) ? NULL : field_target(edit);
}

/* "RestartPolicy" of "HostConfig.RestartPolicy.Name": what the API replaces as a whole. */
static char *member_of(const char *path)
{
	const char *rest = path + strlen(HOST_CONFIG);

	return strndup(path, strlen(HOST_CONFIG) + strcspn(rest, "."));
}

/* Puts the member of the present object that the field is part of into the body, once. */
static int start_member(const struct update *u, const struct field_edit *edit,
			const struct blob *object, struct value *body, struct error *err)
{
	AUTO_FREE char *member = member_of(edit->path);
	char *one[] = {member};
	const struct strv wanted = {.items = one, .len = 1};
	AUTO_PTR(value) struct value *map = NULL;
	const struct value *present;

	if (!member)
		return error_nomem(err);
	if (strcmp(member, edit->path) == 0 || value_get(body, member + strlen(HOST_CONFIG)))
		return 0;
	if (pick(u, object, &wanted, &map, err) < 0)
		return -1;
	present = value_get(map, member);
	if (!present || present->kind != VALUE_MAP)
		return 0;
	return value_set(body, member + strlen(HOST_CONFIG), value_copy(present), err);
}

static int container_body(const struct update *u, bool back, const struct blob *object,
			  const struct value *present, struct value *body, struct error *err)
{
	for (size_t i = 0; i < u->len; i++) {
		const struct field_edit *edit = &u->fields[i];
		const struct value *target = target_of(edit, back, present);

		if (!target)
			continue;
		if (start_member(u, edit, object, body, err) < 0 ||
		    field_set(body, edit->path + strlen(HOST_CONFIG),
			      field_same(target, NULL) ? nothing_like(edit->after)
						       : value_copy(target),
			      err) < 0)
			return -1;
	}
	return 0;
}

static int spec_body(const struct update *u, bool back, const struct value *present,
		     struct value *spec, struct error *err)
{
	for (size_t i = 0; i < u->len; i++) {
		const struct field_edit *edit = &u->fields[i];
		const struct value *target = target_of(edit, back, present);
		const char *path = edit->path + strlen(SPEC);

		if (update_is_flag(edit) || !target)
			continue;
		if (target->kind == VALUE_NULL)
			field_unset(spec, path);
		else if (field_set(spec, path, value_copy(target), err) < 0)
			return -1;
	}
	return 0;
}

/* "?version=N", and the flags that ask for a rotation. */
static char *spec_query(const struct update *u, bool back, const struct value *index)
{
	AUTO(strbuf) struct strbuf query = {0};
	char *text = NULL;

	strbuf_appendf(&query, "?version=%lld", (long long)index->integer);
	for (size_t i = 0; i < u->len && !back; i++)
		if (update_is_flag(&u->fields[i]))
			strbuf_appendf(&query, "&%s=true", u->fields[i].path);
	return strbuf_take(&query, &text, NULL) < 0 ? NULL : text;
}

static int spec_request(const struct update *u, bool back, const struct blob *object,
			const struct value *present, char **ret_query, struct value **ret_body,
			struct error *err)
{
	static const char *const names[] = {"Spec", "Version.Index"};
	const struct strv wanted = {.items = (char **)(void *)names, .len = ARRAY_SIZE(names)};
	AUTO_PTR(value) struct value *map = NULL;
	struct value *spec;
	const struct value *index;

	if (pick(u, object, &wanted, &map, err) < 0)
		return -1;
	spec = value_get(map, "Spec");
	index = value_get(map, "Version.Index");
	if (!spec || spec->kind != VALUE_MAP || !index || index->kind != VALUE_INTEGER)
		return error_set(err, ERROR_FORMAT, 0, "the %s has no Spec or no Version.Index",
				 update_kind_name(u->kind));
	if (spec_body(u, back, present, spec, err) < 0)
		return -1;
	*ret_query = spec_query(u, back, index);
	*ret_body = value_copy(spec);
	return *ret_query && *ret_body ? 0 : error_nomem(err);
}

int update_request(const struct update *u, bool back, const struct blob *object,
		   struct update_request *ret_request, struct error *err)
{
	const char *format = u->removes ? paths[u->kind].remove : paths[u->kind].write;
	AUTO_PTR(value) struct value *present = NULL, *body = NULL;
	AUTO_FREE char *query = NULL, *path = NULL, *text = NULL;

	if (update_present(u, object, &present, err) < 0)
		return -1;
	if (u->kind == UPDATE_CONTAINER && !u->removes) {
		body = value_map();
		if (!body || container_body(u, back, object, present, body, err) < 0)
			return body ? -1 : error_nomem(err);
	} else if (!u->removes && spec_request(u, back, object, present, &query, &body, err) < 0) {
		return -1;
	}
	path = with_id(format, u->id);
	if (!path || (body && json_to_text(body, &text, err) < 0))
		return error_nomem(err);
	ret_request->path = str_format("%s%s", path, query ? query : "");
	if (!ret_request->path)
		return error_nomem(err);
	ret_request->method = u->removes ? "DELETE" : "POST";
	ret_request->body = take_ptr(&text);
	return 0;
}
