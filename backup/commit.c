// SPDX-License-Identifier: Apache-2.0
/*
 * Commit: prepare, journal, change, verify. Up to the record "ready" nothing of the host is changed
 * and a failure leaves no run behind; from there on a failure undoes the run.
 *
 * Guards (owner and mode of directories that exist) are changed first. Until they are, somebody who
 * owns such a directory can swap what lies in it, so all the rest is then looked at again and must
 * be what the plan saw.
 */
#include "backup/backup.h"

#include "backup/prepare.h"
#include "backup/undo.h"
#include "harden/base/log.h"
#include "harden/host/change_files.h"
#include "harden/host/change_state.h"

struct commit {
	struct backup *b;
	struct staged_file **files; /* in order */
	struct run run;
	struct journal journal;
};

static void commit_done(struct commit *c)
{
	free(c->files);
	run_done(&c->run);
	journal_done(&c->journal);
}

static int copy_text(char **to, const char *from, struct error *err)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? error_nomem(err) : 0;
}

static int describe(struct run *run, const struct run_info *info, struct error *err)
{
	if (copy_text(&run->verb, info->verb, err) < 0 ||
	    copy_text(&run->version, info->version, err) < 0 ||
	    copy_text(&run->recipe_sha256, info->recipe_sha256, err) < 0)
		return -1;
	return copy_text(&run->root, info->root, err);
}

/* A run that was cut off would be mixed up with this one. */
static int check_no_open_run(struct backup *b, struct error *err)
{
	AUTO(runs) struct runs runs = {0};

	if (backup_history(b, &runs, err) < 0)
		return -1;
	for (size_t i = 0; i < runs.len; i++) {
		enum run_state state = runs.items[i].state;

		if (state == RUN_OPEN || state == RUN_UNDOING || state == RUN_BROKEN) {
			(void)error_set(err, ERROR_CONFLICT, 0, "run %s is %s", runs.items[i].id,
					run_state_name(state));
			error_next(err, "run harden recover first");
			return -1;
		}
	}
	return 0;
}

/* Everything up to "ready". */
static int open_run(struct commit *c, const struct run_info *info, struct strv *ret_ids,
		    struct error *err)
{
	AUTO(strv) struct strv ids = {0};

	if (backup_make_state(c->b, err) < 0 || check_no_open_run(c->b, err) < 0 ||
	    prepare_originals(c->b, c->files, &c->run, err) < 0 ||
	    backup_run_ids(c->b, &ids, err) < 0 || journal_new_id(&ids, &c->run.id, err) < 0 ||
	    describe(&c->run, info, err) < 0 || strv_add(ret_ids, c->run.id, err) < 0)
		return -1;
	if (journal_create(c->b->runs_fd, &c->run, &c->journal, err) < 0 ||
	    journal_mark(&c->journal, "ready", NULL, err) < 0) {
		/* Best effort: recover removes a run that never became ready. */
		(void)journal_remove(c->b->runs_fd, c->run.id, NULL);
		return -1;
	}
	return 0;
}

static int make_change(struct commit *c, size_t at, struct error *err)
{
	const struct staged_file *file = c->files[at];
	struct intent *intent = &c->run.intents[at];
	struct file_record present;
	struct stat seen;
	struct file_change change = {
		.path = intent->path,
		.from = &present,
		.seen = &seen,
		.to = &intent->after,
		.content = intent_changes_content(intent) ? file->after.content : NULL,
		.temp = intent->temp,
	};
	int r;

	if (prepare_check(c->b, file, 0, &present, &seen, err) < 0)
		return -1;
	intent->begun = true;
	r = change_file(c->b->root_fd, &change, err);
	file_record_done(&present);
	if (r > 0)
		return error_set(err, ERROR_CONFLICT, 0, "remove %s: it is not empty", file->path);
	return r;
}

/* All guards, or all others. */
static int make_changes(struct commit *c, bool guards, struct error *err)
{
	for (size_t i = 0; i < c->run.len; i++) {
		if (intent_is_guard(&c->run.intents[i]) != guards)
			continue;
		if (make_change(c, i, err) < 0) {
			error_resource(err, c->run.intents[i].path);
			return -1;
		}
	}
	return 0;
}

/* What lies behind the guards is what the plan saw, now that nobody can swap it any more. */
static int check_inside(struct commit *c, struct error *err)
{
	for (size_t i = 0; i < c->run.len; i++) {
		const struct intent *intent = &c->run.intents[i];
		struct file_record present;
		struct stat seen;
		bool same;

		if (intent_is_guard(intent))
			continue;
		if (prepare_check(c->b, c->files[i], OBSERVE_DIGEST, &present, &seen, err) < 0)
			return -1;
		same = file_record_equal(&intent->before, &present);
		file_record_done(&present);
		if (!same)
			return error_set(err, ERROR_CONFLICT, 0,
					 "%s changed since the plan was made", intent->path);
	}
	return 0;
}

static int verify_changes(struct commit *c, struct error *err)
{
	for (size_t i = 0; i < c->run.len; i++) {
		const struct intent *intent = &c->run.intents[i];
		unsigned flags = intent_changes_content(intent) ? OBSERVE_DIGEST : 0;
		struct file_record present;
		const char *difference;

		if (file_observe(c->b->root_fd, intent->path, flags, &present, NULL, err) < 0)
			return -1;
		difference = file_record_difference(&intent->after, &present);
		file_record_done(&present);
		if (difference) {
			(void)error_set(err, ERROR_CONFLICT, 0,
					"%s is not as promised: its %s differs", intent->path,
					difference);
			error_resource(err, intent->path);
			return -1;
		}
	}
	return 0;
}

static int make_effects(struct commit *c, struct error *err)
{
	if (run_has_guard(&c->run)) {
		if (make_changes(c, true, err) < 0 || check_inside(c, err) < 0 ||
		    journal_mark(&c->journal, "secured", NULL, err) < 0)
			return -1;
	}
	c->run.secured = true;
	return make_changes(c, false, err) < 0 ? -1 : verify_changes(c, err);
}

static int make_all(struct commit *c, struct error *err)
{
	return make_effects(c, err) < 0 ? -1 : journal_mark(&c->journal, "commit", NULL, err);
}

static void undo_failed(struct commit *c, struct error *why, struct backup_result *result)
{
	struct undo undo = {.b = c->b,
			    .run = &c->run,
			    .journal = &c->journal,
			    .why = "failure",
			    .only_begun = true};
	int r;

	error_move(&result->error, why); /* the first failure is the one to tell */
	r = undo_run(&undo, result, NULL);
	result->outcome = r > 0 ? BACKUP_UNDONE : BACKUP_INCOMPLETE;
}

static void log_commit(const struct commit *c, const struct run_info *info,
		       enum backup_outcome outcome)
{
	const char *what = outcome == BACKUP_DONE     ? "committed"
			   : outcome == BACKUP_UNDONE ? "failed and was undone"
						      : "failed and was not undone completely";

	if (info->live)
		log_event("%s: run %s by login uid %d with recipe %s %s (%zu changes)", c->run.verb,
			  c->run.id, (int)state_login_uid(),
			  c->run.recipe_sha256 ? c->run.recipe_sha256 : "-", what, c->run.len);
}

int backup_commit(struct backup *b, const struct stage *stage, const struct run_info *info,
		  struct backup_result *ret_result, struct error *err)
{
	AUTO(commit) struct commit c = {.b = b, .journal = {.fd = -1}};
	AUTO(backup_result) struct backup_result result = {.outcome = BACKUP_NOTHING};
	AUTO(error) struct error bad = {0};

	if (!stage_is_empty(stage)) {
		if (stage_ordered(stage, &c.files, err) < 0 ||
		    prepare_intents(b, c.files, stage->len, &c.run, err) < 0 ||
		    open_run(&c, info, &result.runs, err) < 0)
			return -1;
		if (make_all(&c, &bad) < 0)
			undo_failed(&c, &bad, &result);
		else
			result.outcome = BACKUP_DONE;
		log_commit(&c, info, result.outcome);
	}
	*ret_result = result;
	result = (struct backup_result){0};
	return 0;
}

int backup_hold(struct backup *b, const struct stage *stage, const struct run_info *info,
		backup_during *during, void *cookie, struct backup_result *ret_result,
		struct error *err)
{
	AUTO(commit) struct commit c = {.b = b, .journal = {.fd = -1}};
	AUTO(backup_result) struct backup_result result = {.outcome = BACKUP_NOTHING};
	AUTO(error) struct error bad = {0};
	bool failed;

	if (stage_ordered(stage, &c.files, err) < 0 ||
	    prepare_intents(b, c.files, stage->len, &c.run, err) < 0 ||
	    open_run(&c, info, &result.runs, err) < 0)
		return -1;
	failed = make_effects(&c, &bad) < 0 || during(cookie, &bad) < 0;
	undo_failed(&c, &bad, &result);
	if (!failed && result.outcome == BACKUP_UNDONE)
		result.outcome = BACKUP_DONE;
	*ret_result = result;
	result = (struct backup_result){0};
	return 0;
}
