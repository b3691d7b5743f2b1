// SPDX-License-Identifier: Apache-2.0
/*
 * A list is parsed element by element while it comes, and of each only its name and id are kept,
 * unless the element is all there is to know.
 */
#include "config.h"

#include "harden/host/look_engine_list.h"

#include "harden/model/value.h"
#include "harden/text/json.h"

#include <stdlib.h>

struct reader {
	const struct engine_kind *kind;
	const char *file; /* for messages */
	struct engine_entries entries;
	size_t count;
};

static int by_name(const void *a, const void *b)
{
	const struct engine_entry *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->id, y->id);
}

/*
 * What people call it. A container is also known by the names its links have in others
 * ("/other/alias"); an image that lost its tags is called "<none>:<none>" before API 1.43.
 */
static const char *plain_name(const struct value *v)
{
	const char *text = value_as_text(v);

	if (!text || !*text || str_equal(text, "<none>:<none>"))
		return NULL;
	if (text[0] != '/')
		return text;
	return text[1] && !strchr(text + 1, '/') ? text + 1 : NULL;
}

static const char *title_of(const struct value *element, const char *path)
{
	const struct value *v = element;
	const char *name = NULL;
	AUTO(strv) struct strv keys = {0};

	if (strv_split(&keys, path, ".", NULL) < 0)
		return NULL;
	for (size_t i = 0; i < keys.len; i++)
		v = value_get(v, keys.items[i]);
	if (!v || v->kind != VALUE_LIST)
		return plain_name(v);
	for (size_t i = 0; i < v->len && !name; i++)
		name = plain_name(v->members[i].value);
	return name;
}

static int add_entry(struct engine_entries *entries, const char *id, const char *name,
		     struct blob *body, struct error *err)
{
	struct engine_entry entry = {.id = strdup(id), .name = strdup(name)};

	if (!entry.id || !entry.name ||
	    vec_reserve((void **)&entries->items, &entries->cap, entries->len, sizeof(entry), err) <
		    0) {
		free(entry.id);
		free(entry.name);
		return error_nomem(err);
	}
	entry.body = blob_ref(body);
	entries->items[entries->len++] = entry;
	return 0;
}

static int take_element(void *cookie, const char *text, size_t len, struct error *err)
{
	struct reader *r = cookie;
	AUTO_FREE char *file = str_format("%s: element %zu", r->file, ++r->count);
	AUTO_PTR(value) struct value *element = NULL;
	AUTO_PTR(blob) struct blob *body = NULL;
	const char *id, *name;

	if (!file)
		return error_nomem(err);
	if (json_read(text, len, file, &element, err) < 0)
		return -1;
	id = value_get_text(element, r->kind->id);
	if (!id || !*id)
		return error_set(err, ERROR_FORMAT, 0, "%s has no %s", file, r->kind->id);
	name = title_of(element, r->kind->title);
	if (!r->kind->parts[0].path) {
		body = blob_new(text, len);
		if (!body)
			return error_nomem(err);
	}
	return add_entry(&r->entries, id, name ? name : id, body, err);
}

static int read_list(struct engine *engine, struct reader *r, struct error *err)
{
	struct json_split split = {
		.file = r->file,
		.member = r->kind->members,
		.max = ENGINE_ANSWER_MAX,
		.take = take_element,
		.cookie = r,
	};
	struct engine_exchange *x = engine->single;
	enum exchange_outcome outcome = EXCHANGE_LOST;

	x->split = &split;
	if (exchange_aim(x, strdup(r->kind->list), 0, engine->total_ms, err) == 0)
		outcome = exchange_end(x, engine->curl->easy_perform(x->easy), err);
	x->split = NULL;
	json_split_done(&split);
	if (outcome == EXCHANGE_GONE)
		return error_set(err, ERROR_REMOTE, 0, "%s: HTTP 404", r->file);
	return outcome == EXCHANGE_OK ? 0 : -1;
}

static int read_entries(struct engine *engine, const struct engine_fetch *fetch, struct reader *r,
			struct error *err)
{
	const struct engine_kind *kind = fetch->kind;

	if (fetch->ids) {
		for (size_t i = 0; i < fetch->ids->len; i++)
			if (add_entry(&r->entries, fetch->ids->items[i], fetch->ids->items[i], NULL,
				      err) < 0)
				return -1;
		return 0;
	}
	if (!kind->list)
		return add_entry(&r->entries, kind->name, kind->name, NULL, err);
	if (read_list(engine, r, err) < 0)
		return -1;
	if (r->entries.len)
		qsort(r->entries.items, r->entries.len, sizeof(*r->entries.items), by_name);
	return 0;
}

int engine_entries_read(struct engine *engine, const struct engine_fetch *fetch,
			struct engine_entries *ret_entries, struct error *err)
{
	const struct engine_kind *kind = fetch->kind;
	AUTO_FREE char *file =
		str_format("GET %s of %s", kind->list ? kind->list : kind->name, engine->url);
	struct reader r = {.kind = kind, .file = file};

	if (!file)
		return error_nomem(err);
	if (fetch->ids ? !kind->parts[0].path : !kind->list && kind->id)
		return error_set(err, ERROR_INTERNAL, 0, "%s objects are not asked for by %s",
				 kind->name, fetch->ids ? "their ids" : "a list");
	if (read_entries(engine, fetch, &r, err) < 0) {
		engine_entries_done(&r.entries);
		return -1;
	}
	*ret_entries = r.entries;
	return 0;
}

void engine_entries_done(struct engine_entries *entries)
{
	for (size_t i = 0; i < entries->len; i++) {
		free(entries->items[i].id);
		free(entries->items[i].name);
		blob_free(entries->items[i].body);
	}
	free(entries->items);
	*entries = (struct engine_entries){0};
}
