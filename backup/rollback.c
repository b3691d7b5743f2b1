// SPDX-License-Identifier: Apache-2.0
/*
 * Rollback: choose the runs, compare what is there with what they left behind, and only then undo
 * them, newest first. Of two runs over one file the older must have left what the newer found, else
 * somebody changed it in between and going back would lose that.
 */
#include "backup/backup.h"

#include "backup/items.h"
#include "backup/recover.h"
#include "backup/update.h"
#include "backup/verify.h"
#include "harden/host/change_walk.h"

/* The runs to be undone, newest first; borrowed from the history. */
struct chosen {
	struct run **runs;
	size_t len;
};

static void chosen_done(struct chosen *c)
{
	free(c->runs);
}

static int choose_one(const struct runs *runs, const char *id, struct chosen *c, struct error *err)
{
	struct run *run = runs_find(runs, id);

	if (!run) {
		(void)error_set(err, ERROR_USAGE, 0, "there is no run %s", id);
		error_next(err, "harden history lists them");
		return -1;
	}
	if (run->state == RUN_UNDONE || run->state == RUN_FAILED)
		return error_set(err, ERROR_USAGE, 0, "run %s is undone already", id);
	c->runs[c->len++] = run;
	return 0;
}

static int choose(const struct runs *runs, const struct rollback_options *options, struct chosen *c,
		  struct error *err)
{
	c->runs = calloc(runs->len + 1, sizeof(struct run *));
	if (!c->runs)
		return error_nomem(err);
	if (options->run)
		return choose_one(runs, options->run, c, err);
	for (size_t i = 0; i < runs->len && (options->all || c->len == 0); i++)
		if (runs->items[i].state == RUN_STANDING)
			c->runs[c->len++] = &runs->items[i];
	return 0;
}

static bool is_chosen(const struct chosen *c, const struct run *run)
{
	for (size_t i = 0; i < c->len; i++)
		if (c->runs[i] == run)
			return true;
	return false;
}

/* Another field of the same object is no matter. */
static bool touches(const struct update_intent *newer, const struct update *u)
{
	for (size_t i = 0; newer && i < u->len; i++)
		if (update_field(&newer->update, u->fields[i].path))
			return true;
	return false;
}

static int check_newer_updates(const struct run *newer, const struct run *run,
			       struct backup_result *result, struct error *err)
{
	for (size_t i = 0; i < run->updates_len; i++) {
		const struct update *u = &run->updates[i].update;
		AUTO_FREE char *resource = update_resource(u);

		if (!resource)
			return error_nomem(err);
		if (touches(run_update(newer, u), u) &&
		    note_add(&result->conflicts, resource, err,
			     "run %s changed it later: roll that back first", newer->id) < 0)
			return -1;
	}
	return 0;
}

/* Newer runs that stand and touched the same file: undoing below them would mix the two. */
static int check_newer(const struct runs *runs, const struct chosen *c, const struct run *run,
		       struct backup_result *result, struct error *err)
{
	for (size_t n = 0; n < runs->len && &runs->items[n] != run; n++) {
		const struct run *newer = &runs->items[n];

		if (newer->state != RUN_STANDING || is_chosen(c, newer))
			continue;
		for (size_t i = 0; i < run->len; i++) {
			const char *path = run->intents[i].path;

			if (run_intent(newer, path) &&
			    note_add(&result->conflicts, path, err,
				     "run %s changed it later: roll that back first",
				     newer->id) < 0)
				return -1;
		}
		if (check_newer_updates(newer, run, result, err) < 0)
			return -1;
	}
	return 0;
}

/* What an older run's file looks like once the chosen newer ones are undone; NULL: as it is now. */
static const struct file_record *left_by_newer(const struct chosen *c, size_t at, const char *path)
{
	for (size_t i = at; i > 0; i--) {
		const struct intent *newer = run_intent(c->runs[i - 1], path);

		if (newer)
			return &newer->before;
	}
	return NULL;
}

static int compare_intent(struct backup *b, const struct chosen *c, size_t at,
			  const struct intent *intent, struct backup_result *result,
			  struct error *err)
{
	const struct file_record *left = left_by_newer(c, at, intent->path);
	AUTO(file_record) struct file_record present = {0};
	const char *difference;

	if (!left) {
		if (file_observe(b->root_fd, intent->path, OBSERVE_DIGEST, &present, NULL, err) < 0)
			return -1;
		left = &present;
	}
	difference = file_record_difference(&intent->after, left);
	if (!difference || !file_record_difference(&intent->before, left))
		return 0; /* as the run left it, or put back by hand already */
	return note_add(&result->conflicts, intent->path, err, "its %s changed since run %s",
			difference, c->runs[at]->id);
}

static int compare_runs(struct backup *b, const struct runs *runs, const struct chosen *c,
			struct backup_result *result, struct error *err)
{
	for (size_t at = 0; at < c->len; at++) {
		const struct run *run = c->runs[at];

		if (check_newer(runs, c, run, result, err) < 0)
			return -1;
		for (size_t i = 0; i < run->len; i++)
			if (compare_intent(b, c, at, &run->intents[i], result, err) < 0)
				return -1;
	}
	return 0;
}

/* Every original has to be there before the first file is touched. */
static int verify_chosen(struct backup *b, const struct chosen *c, struct error *err)
{
	AUTO(backup_check) struct backup_check check = {0};

	for (size_t i = 0; i < c->len; i++)
		if (verify_run(b, c->runs[i], &check, err) < 0)
			return -1;
	if (check.broken.len == 0)
		return 0;
	(void)error_set(err, ERROR_FORMAT, 0, "an original is not as it was stored: %s",
			check.broken.items[0]);
	error_next(err, "nothing was changed; harden backup verify lists all that is broken");
	return -1;
}

static int list_items(struct backup *b, const struct chosen *c, struct backup_result *result,
		      struct error *err)
{
	for (size_t i = 0; i < c->len; i++)
		if (items_add(b, c->runs[i], result, err) < 0)
			return -1;
	return items_finish(b, result, err);
}

static int undo_chosen(struct backup *b, const struct chosen *c,
		       const struct rollback_options *options, const struct run_info *info,
		       struct backup_result *result, struct error *err)
{
	for (size_t i = 0; i < c->len; i++) {
		AUTO(error) struct error bad = {0};
		int r = undo_journalled(b, c->runs[i], "rollback", options->force, info, result,
					&bad);

		if (r < 0 && i == 0) { /* nothing was changed */
			error_move(err, &bad);
			return -1;
		}
		if (r <= 0) {
			if (result->error.code == ERROR_NONE)
				error_move(&result->error, &bad);
			result->outcome = BACKUP_INCOMPLETE;
			return 0;
		}
	}
	result->outcome = BACKUP_DONE;
	return 0;
}

/* A dry run names the runs that would be undone. */
static int name_chosen(const struct chosen *c, struct backup_result *result, struct error *err)
{
	for (size_t i = 0; i < c->len; i++)
		if (strv_add(&result->runs, c->runs[i]->id, err) < 0)
			return -1;
	result->outcome = BACKUP_DONE;
	return 0;
}

static int refuse(struct backup_result *result)
{
	const struct backup_note *first = &result->conflicts.items[0];

	result->outcome = BACKUP_CONFLICT;
	(void)error_set(&result->error, ERROR_CONFLICT, 0, "%s: %s", first->path, first->text);
	error_resource(&result->error, first->path);
	error_next(&result->error, "look at it; --force puts what it is now aside in the store and "
				   "goes on");
	return 0;
}

/* What was cut off comes first; named by the user and forced, it is undone over foreign bytes. */
static int recover_first(struct backup *b, struct runs *runs,
			 const struct rollback_options *options, const struct run_info *info,
			 struct backup_result *result, struct error *err)
{
	return options->dry_run ? 0 : recover_runs(b, runs, options->force, info, result, err);
}

static int roll_back(struct backup *b, struct runs *runs, const struct rollback_options *options,
		     const struct run_info *info, struct backup_result *result, struct error *err)
{
	AUTO(chosen) struct chosen c = {0};
	bool recovered;

	if (recover_first(b, runs, options, info, result, err) < 0)
		return -1;
	if (result->outcome == BACKUP_INCOMPLETE)
		return 0;
	recovered = options->run && strv_has(&result->runs, options->run);
	if (recovered)
		return 0; /* the run named was one of those */
	if (choose(runs, options, &c, err) < 0)
		return -1;
	if (c.len == 0)
		return 0;
	if (compare_runs(b, runs, &c, result, err) < 0 ||
	    update_compare(c.runs, c.len, info, options->force, result, err) < 0 ||
	    list_items(b, &c, result, err) < 0)
		return -1;
	if (result->conflicts.len > 0 && !options->force)
		return refuse(result);
	if (verify_chosen(b, &c, err) < 0)
		return -1;
	if (options->dry_run)
		return name_chosen(&c, result, err);
	return undo_chosen(b, &c, options, info, result, err);
}

int backup_rollback(struct backup *b, const struct rollback_options *options,
		    const struct run_info *info, struct backup_result *ret_result,
		    struct error *err)
{
	AUTO(runs) struct runs runs = {0};
	AUTO(backup_result) struct backup_result result = {.outcome = BACKUP_NOTHING};

	if (backup_history(b, &runs, err) < 0 ||
	    roll_back(b, &runs, options, info, &result, err) < 0)
		return -1;
	*ret_result = result;
	result = (struct backup_result){0};
	return 0;
}
