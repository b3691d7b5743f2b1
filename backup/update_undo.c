// SPDX-License-Identifier: Apache-2.0
/*
 * Taking updates back, and what a rollback would take back. A field is as before already, as the run
 * left it, or somebody else's; that decides, so an undo may be cut off at any point and run again.
 */
#include "backup/update.h"

#include "harden/text/json.h"
#include "harden/text/update_diff.h"
#include "harden/text/update_request.h"

const char *update_foreign_field(const struct update *u, const struct value *present)
{
	for (size_t i = 0; i < u->len; i++) {
		const struct field_edit *f = &u->fields[i];
		const struct value *now = value_get(present, f->path);

		if (!field_is_undone(f, now) && !field_same(f->after, now))
			return f->path;
	}
	return NULL;
}

static bool is_all_undone(const struct update *u, const struct value *present)
{
	for (size_t i = 0; i < u->len; i++)
		if (!field_is_undone(&u->fields[i], value_get(present, u->fields[i].path)))
			return false;
	return true;
}

/* One object on its way back. */
struct undoing {
	const struct undo *undo;
	const struct update_engine *engine;
	const struct update_intent *intent;
	const char *resource;
	struct backup_result *result;
};

/* The values that will be lost go into the store, where the journal names them. */
static int put_aside(const struct undoing *u, const struct value *present, struct error *err)
{
	const struct undo *undo = u->undo;
	AUTO_FREE char *text = NULL;
	AUTO_PTR(blob) struct blob *content = NULL;
	char sha256[65];

	if (json_to_text(present, &text, err) < 0)
		return -1;
	content = blob_new(text, strlen(text));
	if (!content)
		return error_nomem(err);
	if (store_put(&undo->b->store, content, sha256, err) < 0 ||
	    store_sync(&undo->b->store, err) < 0 ||
	    journal_forced(undo->journal, u->resource, sha256, err) < 0)
		return -1;
	return strv_addf(&undo->run->forced, err, "%s %s", u->resource, sha256);
}

static int may_undo(void *cookie, const struct value *present, struct error *err)
{
	const struct undoing *u = cookie;
	const char *foreign = update_foreign_field(&u->intent->update, present);

	if (is_all_undone(&u->intent->update, present))
		return 1;
	if (!foreign)
		return 0;
	if (!u->undo->force)
		return error_set(err, ERROR_CONFLICT, 0,
				 "its %s was changed by somebody else since", foreign);
	return put_aside(u, present, err);
}

/* What the object now has where it cannot have what was before; a note without memory is no matter. */
static void note_inexact(const struct undoing *u)
{
	const struct update *update = &u->intent->update;

	for (size_t i = 0; i < update->len; i++) {
		const struct field_edit *f = &update->fields[i];
		AUTO_FREE char *back = NULL, *before = NULL;

		if (f->stays)
			(void)note_add(&u->result->notes, u->resource, NULL,
				       "%s: what was before does not come back", f->path);
		if (!f->back || json_to_text(f->back, &back, NULL) < 0 ||
		    json_to_text(f->before, &before, NULL) < 0)
			continue;
		(void)note_add(&u->result->notes, u->resource, NULL,
			       "%s was set to %s, as %s cannot be set again", f->path, back,
			       before);
	}
}

static int gone(const struct undoing *u, struct error *err)
{
	if (u->intent->engine && !str_equal(u->intent->engine, u->engine->id))
		return error_set(err, ERROR_CONFLICT, 0,
				 "it is not there, and the engine is another one than then");
	(void)note_add(&u->result->notes, u->resource, NULL,
		       u->intent->update.removes ? "was removed, and nothing brings it back"
						 : "is gone: there is nothing to bring back");
	return 0;
}

static int undo_one(const struct undoing *u, struct error *err)
{
	int r;

	if (u->intent->update.removes) {
		AUTO_PTR(blob) struct blob *object = NULL;

		r = update_read(u->engine, &u->intent->update, &object, err);
	} else {
		r = update_ask(u->engine, &u->intent->update, true, may_undo, (void *)u, err);
	}
	if (r == ENGINE_GONE)
		return gone(u, err);
	if (r == 0 && !u->intent->update.removes)
		note_inexact(u);
	return r;
}

/* As undo.c does for files: one that stands is told, and the others are undone nevertheless. */
static void note_standing(struct backup_result *result, const char *resource, struct error *bad)
{
	(void)note_add(&result->stands, resource, NULL, "%s", error_message(bad)); /* as above */
	if (result->error.code != ERROR_NONE)
		return;
	error_move(&result->error, bad);
	(void)error_wrap(&result->error, "undo %s", resource);
	error_resource(&result->error, resource);
	error_next(&result->error, "harden recover goes on with it");
}

static bool undo_intent(const struct undo *undo, const struct update_engine *engine,
			const struct update_intent *intent, const struct error *unreached,
			struct backup_result *result)
{
	AUTO_FREE char *resource = update_resource(&intent->update);
	const struct undoing u = {undo, engine, intent, resource ? resource : intent->update.id,
				  result};
	AUTO(error) struct error bad = {0};

	if (unreached->code != ERROR_NONE)
		error_copy(&bad, unreached);
	else if (undo_one(&u, &bad) == 0)
		return true;
	note_standing(result, u.resource, &bad);
	return false;
}

bool undo_updates(const struct undo *undo, struct backup_result *result)
{
	const struct run *run = undo->run;
	AUTO(update_engine) struct update_engine engine = {0};
	AUTO(error) struct error unreached = {0};
	bool complete = true;

	if (!run->updates_len || run->undo_updates)
		return true;
	(void)update_engine_open(undo->info, &engine, &unreached); /* told for each update */
	for (size_t i = run->updates_len; i > 0; i--)
		if (!undo_intent(undo, &engine, &run->updates[i - 1], &unreached, result))
			complete = false;
	return complete;
}

/* What an older run's field has once the chosen newer ones are undone. */
static const struct value *left_by_newer(struct run *const *runs, size_t at, const struct update *u,
					 const char *path, const struct value *present)
{
	for (size_t i = at; i > 0; i--) {
		const struct update_intent *newer = run_update(runs[i - 1], u);
		const struct field_edit *f = newer ? update_field(&newer->update, path) : NULL;

		if (f && !f->stays)
			return field_target(f);
	}
	return value_get(present, path);
}

static int add_object(const struct update *u, char *resource, struct strbuf *diff,
		      struct backup_result *result, struct error *err)
{
	struct backup_object object = {.kind = update_kind_name(u->kind)};

	object.resource = resource;
	if (strbuf_take(diff, &object.diff, err) < 0 ||
	    vec_reserve((void **)&result->objects, &result->objects_cap, result->objects_len,
			sizeof(object), err) < 0) {
		free(object.resource);
		free(object.diff);
		return -1;
	}
	result->objects[result->objects_len++] = object;
	return 0;
}

struct comparing {
	struct run *const *runs;
	size_t at;
	const struct update *u;
	const struct value *present; /* NULL: the object is gone */
	struct backup_result *result;
};

static int compare_field(const struct comparing *c, const struct field_edit *f,
			 const char *resource, struct strbuf *diff, struct error *err)
{
	const struct value *left = left_by_newer(c->runs, c->at, c->u, f->path, c->present);

	if (field_is_undone(f, left))
		return 0;
	if (!field_same(f->after, left) &&
	    note_add(&c->result->conflicts, resource, err, "its %s changed since run %s", f->path,
		     c->runs[c->at]->id) < 0)
		return -1;
	return update_diff_field(f->path, left, field_target(f), diff, err);
}

static int compare_object(const struct comparing *c, struct error *err)
{
	AUTO(strbuf) struct strbuf diff = {0};
	AUTO_FREE char *resource = update_resource(c->u);

	if (!resource)
		return error_nomem(err);
	for (size_t i = 0; i < c->u->len && c->present; i++)
		if (compare_field(c, &c->u->fields[i], resource, &diff, err) < 0)
			return -1;
	if (!diff.len)
		return 0;
	return add_object(c->u, take_ptr(&resource), &diff, c->result, err);
}

static int compare_intent(const struct update_engine *engine, struct comparing *c,
			  struct error *err)
{
	AUTO_PTR(blob) struct blob *object = NULL;
	AUTO_PTR(value) struct value *present = NULL;
	int r = update_read(engine, c->u, &object, err);

	if (r < 0 || (r == 0 && update_present(c->u, object, &present, err) < 0))
		return -1;
	c->present = present;
	return compare_object(c, err);
}

static bool has_updates(struct run *const *runs, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (runs[i]->updates_len && !runs[i]->undo_updates)
			return true;
	return false;
}

int update_compare(struct run *const *runs, size_t len, const struct run_info *info, bool force,
		   struct backup_result *result, struct error *err)
{
	AUTO(update_engine) struct update_engine engine = {0};
	AUTO(error) struct error unreached = {0};

	if (!has_updates(runs, len))
		return 0;
	if (update_engine_open(info, &engine, &unreached) < 0) {
		if (force)
			return 0; /* the undo tells that they stand */
		error_move(err, &unreached);
		error_next(err, "start the engine first; --force brings back the files alone");
		return -1;
	}
	for (size_t at = 0; at < len; at++)
		for (size_t i = runs[at]->updates_len; i > 0 && !runs[at]->undo_updates; i--) {
			struct comparing c = {.runs = runs,
					      .at = at,
					      .u = &runs[at]->updates[i - 1].update,
					      .result = result};

			if (compare_intent(&engine, &c, err) < 0)
				return -1;
		}
	return 0;
}
