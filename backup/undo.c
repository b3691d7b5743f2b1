// SPDX-License-Identifier: Apache-2.0
/*
 * What makes this safe to repeat: before anything a file is compared with the record of before, and
 * bytes that are neither of before nor of after are somebody else's and stay, unless forced.
 *
 * Why guards come last, and only if all inside is undone: as long as the directories are secured,
 * nobody can swap what is being restored. Once they are open again the journal says so
 * (undo-inside), and a second attempt no longer looks at what lies inside.
 */
#include "backup/undo.h"

#include "backup/update.h"
#include "harden/host/change_files.h"

/* One file on its way back. */
struct step {
	const struct undo *undo;
	const struct intent *intent;
	struct file_record present;
	struct stat seen;
};

static bool is_one_of(const char *text, const char *a, const char *b)
{
	return str_equal(text, a) || str_equal(text, b);
}

/*
 * Somebody who owned the directory above could have put another one in the place of a guard before
 * that was secured: giving it the owner and mode of before would hand it over. Once a run stands,
 * nobody could any more.
 */
static bool is_other_guard(const struct step *s)
{
	return intent_is_guard(s->intent) && !str_equal(s->undo->why, "rollback") &&
	       (s->seen.st_ino & INT64_MAX) != s->intent->inode;
}

/* Whether the file as it is now is our doing: the change itself or something half way to it. */
static bool is_ours(const struct intent *i, const struct file_record *present)
{
	const struct file_record *b = &i->before, *a = &i->after;

	if (present->kind == FILE_ABSENT)
		return intent_changes_content(i); /* what was there comes from the store */
	if (present->kind != b->kind && present->kind != a->kind)
		return false;
	if (!intent_changes_content(i))
		return (present->uid == b->uid || present->uid == a->uid) &&
		       (present->gid == b->gid || present->gid == a->gid) &&
		       !(present->mode & ~(b->mode | a->mode));
	if (present->kind == FILE_REGULAR)
		return is_one_of(present->sha256, b->sha256, a->sha256);
	return present->kind != FILE_LINK || is_one_of(present->link, b->link, a->link);
}

/* Nothing left to do; the time counts only where our change of the content moved it. */
static bool is_undone(const struct intent *i, const struct file_record *present)
{
	if (intent_changes_content(i))
		return file_record_equal(&i->before, present);
	return !file_record_difference(&i->before, present) &&
	       xattrs_equal(&i->before.xattrs, &present->xattrs);
}

/* Puts the bytes that will be lost into the store, where the journal names them. */
static int put_aside(struct step *s, struct error *err)
{
	const struct undo *u = s->undo;
	AUTO_PTR(blob) struct blob *content = NULL;
	char sha256[65];

	if (s->present.kind != FILE_REGULAR || !intent_changes_content(s->intent))
		return 0;
	if (file_content(u->b->root_fd, s->intent->path, &s->seen, &content, err) < 0 ||
	    store_put(&u->b->store, content, sha256, err) < 0 ||
	    store_sync(&u->b->store, err) < 0 ||
	    journal_forced(u->journal, s->intent->path, sha256, err) < 0)
		return error_wrap(err, "put %s aside", s->intent->path);
	return strv_addf(&u->run->forced, err, "%s %s", s->intent->path, sha256);
}

/* Returns 0, or 1 when a directory stays because it holds something. */
static int restore(struct step *s, struct error *err)
{
	const struct intent *i = s->intent;
	AUTO_PTR(blob) struct blob *content = NULL;
	struct file_change change = {
		.path = i->path,
		.from = &s->present,
		.seen = &s->seen,
		.to = &i->before,
		.temp = i->temp,
		.times = i->before.kind == FILE_REGULAR && intent_changes_content(i),
	};

	if (i->before.kind == FILE_REGULAR && intent_changes_content(i) &&
	    (s->present.kind != FILE_REGULAR || !str_equal(s->present.sha256, i->before.sha256))) {
		if (store_get(&s->undo->b->store, i->before.sha256, &content, err) < 0)
			return -1;
		change.content = content;
	}
	return change_file(s->undo->b->root_fd, &change, err);
}

static int observe(struct step *s, struct error *err)
{
	unsigned flags = intent_changes_content(s->intent) ? OBSERVE_DIGEST : 0;

	file_record_done(&s->present);
	return file_observe(s->undo->b->root_fd, s->intent->path, flags, &s->present, &s->seen,
			    err);
}

static int check_restored(struct step *s, struct error *err)
{
	const char *difference;

	if (observe(s, err) < 0)
		return -1;
	difference = file_record_difference(&s->intent->before, &s->present);
	if (difference)
		return error_set(err, ERROR_CONFLICT, 0, "its %s is not as before after all",
				 difference);
	return 0;
}

/* Returns 0, or 1 when a directory stays. */
static int undo_step(struct step *s, struct error *err)
{
	const struct intent *i = s->intent;
	int r;

	if (i->temp[0] && change_remove_temp(s->undo->b->root_fd, i->path, i->temp, err) < 0)
		return -1;
	if (observe(s, err) < 0)
		return -1;
	if (is_undone(i, &s->present))
		return 0;
	if (is_other_guard(s))
		return error_set(err, ERROR_CONFLICT, 0, "is another directory than before");
	if (!is_ours(i, &s->present)) {
		if (!s->undo->force)
			return error_set(err, ERROR_CONFLICT, 0, "changed by somebody else since");
		if (put_aside(s, err) < 0)
			return -1;
	}
	r = restore(s, err);
	return r == 0 ? check_restored(s, err) : r;
}

/* Undoes one change and notes what came of it; a note that finds no memory is no reason to stop. */
static bool undo_intent(const struct undo *undo, const struct intent *intent,
			struct backup_result *result)
{
	struct step s = {.undo = undo, .intent = intent};
	AUTO(error) struct error bad = {0};
	int r = undo_step(&s, &bad);

	file_record_done(&s.present);
	if (r > 0)
		(void)note_add(&result->kept, intent->path, NULL,
			       "holds something that is not ours and stays"); /* as above */
	if (r >= 0)
		return true;
	(void)note_add(&result->stands, intent->path, NULL, "%s",
		       error_message(&bad)); /* as above */
	if (result->error.code == ERROR_NONE) {
		error_move(&result->error, &bad);
		(void)error_wrap(&result->error, "undo %s", intent->path);
		error_resource(&result->error, intent->path);
	}
	return false;
}

/* All guards, or all others, last change first. Returns whether each is undone. */
static bool undo_all(const struct undo *undo, bool guards, struct backup_result *result)
{
	bool complete = true;

	for (size_t i = undo->run->len; i > 0; i--) {
		const struct intent *intent = &undo->run->intents[i - 1];

		if (intent_is_guard(intent) != guards || (undo->only_begun && !intent->begun))
			continue;
		if (!undo_intent(undo, intent, result))
			complete = false;
	}
	return complete;
}

static void note_guards(const struct undo *undo, struct backup_result *result)
{
	for (size_t i = 0; i < undo->run->len; i++)
		if (intent_is_guard(&undo->run->intents[i]))
			(void)note_add(
				&result->stands, undo->run->intents[i].path, NULL,
				"stays secured until what lies inside is undone"); /* as above */
}

/* Says so in the journal; if that fails it is a warning, as the undo itself matters more. */
static void mark(const struct undo *undo, const char *name, struct backup_result *result)
{
	AUTO(error) struct error bad = {0};

	if (journal_mark(undo->journal, name, undo->why, &bad) < 0)
		(void)strv_add(&result->warnings, error_message(&bad), NULL); /* as above */
}

static bool undo_inside(const struct undo *undo, struct backup_result *result)
{
	bool has_guard = run_has_guard(undo->run);

	if (undo->run->undo_inside || (has_guard && !undo->run->secured))
		return true; /* done already, or never begun */
	if (!undo_all(undo, false, result))
		return false;
	undo->run->undo_inside = true;
	if (has_guard)
		mark(undo, "undo-inside", result);
	return true;
}

int undo_run(const struct undo *undo, struct backup_result *result, struct error *err)
{
	bool updates;

	if (!str_equal(undo->why, "rollback"))
		mark(undo, "undo-begin", result);
	else if (journal_mark(undo->journal, "undo-begin", undo->why, err) < 0)
		return -1;
	updates = undo_updates(undo, result);
	if (updates && undo->run->updates_len && !undo->run->undo_updates)
		mark(undo, "undo-updates", result);
	if (!undo_inside(undo, result)) {
		note_guards(undo, result);
		return 0;
	}
	if (!undo_all(undo, true, result) || !updates)
		return 0;
	mark(undo, "undo-done", result);
	return 1;
}
