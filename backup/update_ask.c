// SPDX-License-Identifier: Apache-2.0
/*
 * One object, one request: read, ask whether it may go on, send, read back. A service or swarm that
 * moved in between (its version) is read again, a few times.
 */
#include "backup/update.h"

#include "harden/host/change_engine.h"
#include "harden/text/json.h"

#define TRIES 5
#define UNLOCK_KEY "/swarm/unlockkey"

static int read_id(struct update_engine *e, struct error *err)
{
	AUTO_PTR(value) struct value *info = NULL;
	int r = engine_get_value(e->engine, "/info", &info, err);
	const char *id;

	if (r < 0)
		return -1;
	id = r == 0 ? value_get_text(info, "ID") : NULL;
	e->id = id ? strdup(id) : NULL;
	return id && !e->id ? error_nomem(err) : 0;
}

static int no_engine(const char *why, struct error *err)
{
	return error_set(err, ERROR_REMOTE, 0, "this host's engine cannot be asked: %s", why);
}

int update_engine_open(const struct run_info *info, struct update_engine *ret_engine,
		       struct error *err)
{
	AUTO_FREE char *url = NULL, *source = NULL;
	AUTO(update_engine) struct update_engine e = {0};
	struct engine_address address = {0};

	if (!info->host || !info->live)
		return no_engine("this is not a live host", err);
	if (engine_own_url(info->host, &url, &source, err) < 0)
		return -1;
	if (!url)
		return no_engine(source, err);
	address.url = url;
	if (engine_open(&address, &e.engine, err) < 0 || read_id(&e, err) < 0)
		return -1;
	*ret_engine = e;
	e = (struct update_engine){0};
	return 0;
}

void update_engine_done(struct update_engine *e)
{
	engine_free(e->engine);
	free(e->id);
	*e = (struct update_engine){0};
}

int update_read(const struct update_engine *e, const struct update *u, struct blob **ret_object,
		struct error *err)
{
	AUTO_FREE char *path = update_path(u);

	return path ? engine_get(e->engine, path, ret_object, err) : error_nomem(err);
}

/* 0 with the object's present values, ENGINE_GONE, -1. */
static int look(const struct update_engine *e, const struct update *u, struct blob **ret_object,
		struct value **ret_present, struct error *err)
{
	int r = update_read(e, u, ret_object, err);

	return r ? r : update_present(u, *ret_object, ret_present, err);
}

/* Read, ask, send, once. */
static int try_once(const struct update_engine *e, const struct update *u, bool back,
		    update_may_go *may_go, void *cookie, bool *ret_sent, struct error *err)
{
	AUTO_PTR(blob) struct blob *object = NULL;
	AUTO_PTR(value) struct value *present = NULL;
	struct update_request request = {0};
	int r = look(e, u, &object, &present, err);

	if (r)
		return r;
	r = may_go(cookie, present, err);
	if (r)
		return r < 0 ? -1 : 0;
	if (update_request(u, back, object, &request, err) < 0)
		return -1;
	*ret_sent = true;
	r = change_engine_send(e->engine, &request, err);
	update_request_done(&request);
	return r;
}

static int not_as_asked(const struct update *u, const struct field_edit *f,
			const struct value *present, struct error *err)
{
	AUTO_FREE char *resource = update_resource(u), *text = NULL;

	if (!resource || (present && json_to_text(present, &text, err) < 0))
		return error_nomem(err);
	(void)error_set(err, ERROR_CONFLICT, 0,
			"%s: the engine took the request, but %s is %s and not as asked for",
			resource, f->path, text ? text : "null");
	error_resource(err, resource);
	error_next(err, "this engine cannot change that while the object exists");
	return -1;
}

/* An answer of success proves nothing. */
static int read_back(const struct update_engine *e, const struct update *u, bool back,
		     struct error *err)
{
	AUTO_PTR(blob) struct blob *object = NULL;
	AUTO_PTR(value) struct value *present = NULL;
	int r = look(e, u, &object, &present, err);

	if (u->removes && !back)
		return r == ENGINE_GONE ? 0
		       : r < 0		? -1
			       : error_set(err, ERROR_CONFLICT, 0, "%s is still there", u->name);
	for (size_t i = 0; i < u->len && r == 0; i++) {
		const struct field_edit *f = &u->fields[i];
		const struct value *now = value_get(present, f->path);

		if (update_is_flag(f) ||
		    (back ? field_is_undone(f, now) : field_same(f->after, now)))
			continue;
		return not_as_asked(u, f, now, err);
	}
	return r;
}

static bool has_flag(const struct update *u)
{
	for (size_t i = 0; i < u->len; i++)
		if (update_is_flag(&u->fields[i]))
			return true;
	return false;
}

/* The unlock key is the only thing that shows whether it was rotated. It goes nowhere else. */
static int unlock_key(const struct update_engine *e, struct value **ret, struct error *err)
{
	int r = engine_get_value(e->engine, UNLOCK_KEY, ret, err);

	return r > 0 ? error_set(err, ERROR_REMOTE, 0, "GET %s: not found", UNLOCK_KEY) : r;
}

static int check_rotated(const struct update_engine *e, const struct value *before,
			 struct error *err)
{
	AUTO_PTR(value) struct value *now = NULL;

	if (unlock_key(e, &now, err) < 0)
		return -1;
	if (!value_equal(before, now))
		return 0;
	return error_set(err, ERROR_CONFLICT, 0,
			 "swarm: the engine took the request, but the unlock key is the same");
}

int update_ask(const struct update_engine *e, const struct update *u, bool back,
	       update_may_go *may_go, void *cookie, struct error *err)
{
	AUTO_PTR(value) struct value *key = NULL;
	bool sent = false, rotates = !back && has_flag(u);
	int r = ENGINE_STALE;

	if (rotates && unlock_key(e, &key, err) < 0)
		return -1;
	for (int i = 0; i < TRIES && r == ENGINE_STALE; i++)
		r = try_once(e, u, back, may_go, cookie, &sent, err);
	if (r == ENGINE_STALE)
		return error_set(err, ERROR_BUSY, 0,
				 "%s moves all the time: somebody else changes it", u->name);
	if (r || !sent)
		return r;
	r = read_back(e, u, back, err);
	return r || !rotates ? r : check_rotated(e, key, err);
}
