// SPDX-License-Identifier: Apache-2.0
/*
 * Recover: finishing the undo of runs that were cut off, newest first. A run that never became
 * ready has changed nothing, so only its record goes.
 */
#include "backup/recover.h"

#include "backup/backup.h"
#include "backup/items.h"
#include "backup/undo.h"
#include "harden/base/log.h"
#include "harden/host/change_state.h"

static void log_undo(const struct run *run, const struct run_info *info, const char *why,
		     bool complete)
{
	if (info->live)
		log_event("%s: run %s by login uid %d with recipe %s %s", why, run->id,
			  (int)state_login_uid(), run->recipe_sha256 ? run->recipe_sha256 : "-",
			  complete ? "undone" : "not undone completely");
}

int undo_journalled(struct backup *b, struct run *run, const char *why, bool force,
		    const struct run_info *info, struct backup_result *result, struct error *err)
{
	AUTO(journal) struct journal journal = {.fd = -1};
	struct undo undo = {
		.b = b, .run = run, .journal = &journal, .info = info, .why = why, .force = force};
	int r;

	if (journal_reopen(b->runs_fd, run, &journal, err) < 0 ||
	    strv_add(&result->runs, run->id, err) < 0)
		return -1;
	r = undo_run(&undo, result, err);
	if (r >= 0)
		log_undo(run, info, why, r > 0);
	return r;
}

/* Returns 1 when the run is dealt with, 0 when something stands. */
static int recover_run(struct backup *b, struct run *run, bool force, const struct run_info *info,
		       struct backup_result *result, struct error *err)
{
	if (run->state == RUN_BROKEN) {
		if (note_add(&result->stands, run->id, err, "its journal is damaged: %s",
			     error_message(&run->problem)) < 0)
			return -1;
		if (result->error.code == ERROR_NONE) {
			(void)error_set(&result->error, ERROR_FORMAT, 0, "run %s: %s", run->id,
					error_message(&run->problem));
			error_next(&result->error,
				   "compare the host with your own backups, then forget the run "
				   "with harden backup prune");
		}
		return 0;
	}
	if (!run->ready)
		return journal_remove(b->runs_fd, run->id, err) < 0 ? -1 : 1;
	return undo_journalled(b, run, "recover", force, info, result, err);
}

static int remove_empty(struct backup *b, const struct runs *runs, struct error *err)
{
	AUTO(strv) struct strv ids = {0};

	if (backup_run_ids(b, &ids, err) < 0)
		return -1;
	for (size_t i = 0; i < ids.len; i++)
		if (!runs_find(runs, ids.items[i]) &&
		    journal_remove(b->runs_fd, ids.items[i], err) < 0)
			return -1;
	return 0;
}

int recover_runs(struct backup *b, struct runs *runs, bool force, const struct run_info *info,
		 struct backup_result *result, struct error *err)
{
	bool did = false;

	if (remove_empty(b, runs, err) < 0)
		return -1;
	for (size_t i = 0; i < runs->len; i++) {
		struct run *run = &runs->items[i];
		int r;

		if (run->state != RUN_OPEN && run->state != RUN_UNDOING && run->state != RUN_BROKEN)
			continue;
		r = recover_run(b, run, force, info, result, err);
		if (r < 0)
			return -1;
		did = did || run->ready;
		if (r == 0) {
			result->outcome = BACKUP_INCOMPLETE;
			return 0;
		}
		run->state = run->state == RUN_UNDOING ? RUN_UNDONE : RUN_FAILED;
	}
	if (did)
		result->outcome = BACKUP_DONE;
	return 0;
}

static bool is_cut_off(const struct run *run)
{
	return run->ready && (run->state == RUN_OPEN || run->state == RUN_UNDOING);
}

/* For settle and the report; a file that cannot be looked at is for the undo to tell. */
static void list_items(struct backup *b, const struct runs *runs, struct backup_result *result)
{
	for (size_t i = 0; i < runs->len; i++)
		if (is_cut_off(&runs->items[i]))
			(void)items_add(b, &runs->items[i], result, NULL); /* as above */
	(void)items_finish(b, result, NULL);				   /* as above */
}

int backup_recover(struct backup *b, const struct run_info *info, struct backup_result *ret_result,
		   struct error *err)
{
	AUTO(runs) struct runs runs = {0};
	AUTO(backup_result) struct backup_result result = {.outcome = BACKUP_NOTHING};

	if (backup_history(b, &runs, err) < 0)
		return -1;
	list_items(b, &runs, &result);
	if (recover_runs(b, &runs, false, info, &result, err) < 0)
		return -1;
	*ret_result = result;
	result = (struct backup_result){0};
	return 0;
}
