// SPDX-License-Identifier: Apache-2.0
/*
 * The updates of an apply. What may have been asked for is in the journal before it is; so a run that
 * is cut off here is open again, and recover takes all of it back.
 */
#include "backup/update.h"

#include "harden/base/log.h"
#include "harden/host/change_state.h"
#include "harden/text/json.h"

struct making {
	struct journal *journal;
	const struct update_engine *engine;
	const struct staged_update *staged;
	bool told; /* the journal */
};

static int moved(const struct update *u, const struct field_edit *f, const struct value *present,
		 struct error *err)
{
	AUTO_FREE char *resource = update_resource(u), *was = NULL, *is = NULL;

	if (!resource || json_to_text(f->before, &was, err) < 0 ||
	    (present && json_to_text(present, &is, err) < 0))
		return error_nomem(err);
	(void)error_set(err, ERROR_CONFLICT, 0, "%s: %s is %s now, and was %s in the plan",
			resource, f->path, is ? is : "null", was);
	error_resource(err, resource);
	error_next(err, "look at it, then run the plan again");
	return -1;
}

static int tell_journal(struct making *m, struct error *err)
{
	struct update_intent intent = {
		.update = m->staged->update,
		.engine = m->engine->id,
		.controls = m->staged->controls,
	};

	if (m->told)
		return 0;
	if (journal_update(m->journal, &intent, err) < 0)
		return -1;
	m->told = true;
	return 0;
}

/* The object still has the values of the plan; then the journal is told, and the request may go. */
static int before_holds(void *cookie, const struct value *present, struct error *err)
{
	struct making *m = cookie;
	const struct update *u = &m->staged->update;

	for (size_t i = 0; i < u->len; i++) {
		const struct value *now = value_get(present, u->fields[i].path);

		if (!field_same(u->fields[i].before, now))
			return moved(u, &u->fields[i], now, err);
	}
	return tell_journal(m, err);
}

static int make(struct making *m, struct error *err)
{
	const struct update *u = &m->staged->update;
	int r = update_ask(m->engine, u, false, before_holds, m, err);

	if (r == ENGINE_GONE)
		return error_set(err, ERROR_CONFLICT, 0,
				 "%s %s was removed since the plan was made",
				 update_kind_name(u->kind), u->name);
	return r;
}

static int make_all(struct journal *journal, const struct stage *stage, const struct run_info *info,
		    struct error *err)
{
	AUTO(update_engine) struct update_engine engine = {0};

	if (update_engine_open(info, &engine, err) < 0)
		return -1;
	for (size_t i = 0; i < stage->updates_len; i++) {
		struct making m = {journal, &engine, &stage->updates[i], false};

		if (make(&m, err) < 0)
			return -1;
	}
	return journal_mark(journal, "updated", NULL, err);
}

int backup_update(struct backup *b, const char *run, const struct stage *stage,
		  const struct run_info *info, struct error *err)
{
	AUTO(runs) struct runs runs = {0};
	AUTO(journal) struct journal journal = {.fd = -1};
	struct run *mine;

	if (!stage->updates_len)
		return 0;
	if (backup_history(b, &runs, err) < 0)
		return -1;
	mine = runs_find(&runs, run);
	if (!mine)
		return error_set(err, ERROR_INTERNAL, 0, "there is no run %s", run);
	if (journal_reopen(b->runs_fd, mine, &journal, err) < 0 ||
	    make_all(&journal, stage, info, err) < 0)
		return -1;
	log_event("%s: run %s by login uid %d changed %zu objects of the engine", info->verb, run,
		  (int)state_login_uid(), stage->updates_len);
	return 0;
}
