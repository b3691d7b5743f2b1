// SPDX-License-Identifier: Apache-2.0
/*
 * Jobs of backup/ on prepared hosts, each done again and again with the Nth call of some kind
 * failing, for every N. Which kind (allocations, looks) is the test's: it calls gate_fails(). After
 * each, recover and rollback lead back to the old tree.
 */
#pragma once

#include "tests/unit/backup_fixture.h"

#include "backup/past.h"

#define STEP_MAX 20000
/* Counts the calls of a kind; from number `at` on, `span` of them fail. */
static struct gate {
	bool counting, fired;
	unsigned calls, at;
	unsigned span; /* how many fail in a row */
} gate;

HELPER bool gate_fails(int error)
{
	if (!gate.counting)
		return false;
	gate.calls++;
	if (!gate.at || gate.calls < gate.at || gate.calls >= gate.at + gate.span)
		return false;
	gate.fired = true;
	errno = error;
	return true;
}

struct scene {
	struct world w;
	struct stage stage;
	char *before;
	char *named; /* a run, for the jobs that name one */
	bool live;   /* the system log is told */
};

/* 0: came through; else the call failed, or its outcome says so. */
typedef int job(struct scene *s);

static int open_backup(struct scene *s, enum backup_access access, struct backup **b)
{
	return backup_open(s->w.root, s->w.dir, NULL, access, b, NULL);
}

static int job_commit(struct scene *s)
{
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	AUTO(error) struct error err = {0};
	struct run_info info = world_info;

	info.live = s->live;
	if (open_backup(s, BACKUP_WRITE, &b) < 0 ||
	    backup_commit(b, &s->stage, &info, &result, &err) < 0)
		return -1;
	return result.outcome == BACKUP_DONE ? 0 : -1;
}

static int rollback_with(struct scene *s, struct rollback_options options)
{
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	AUTO(error) struct error err = {0};

	if (open_backup(s, BACKUP_WRITE, &b) < 0 ||
	    backup_rollback(b, &options, &world_info, &result, &err) < 0)
		return -1;
	return result.outcome == BACKUP_DONE ? 0 : -1;
}

static int job_rollback(struct scene *s)
{
	return rollback_with(s, (struct rollback_options){.all = true, .force = true});
}

static int job_dry_run(struct scene *s)
{
	return rollback_with(s, (struct rollback_options){.dry_run = true});
}

static int job_recover(struct scene *s)
{
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	AUTO(error) struct error err = {0};
	struct run_info info = world_info;

	info.live = s->live;
	if (open_backup(s, BACKUP_WRITE, &b) < 0 || backup_recover(b, &info, &result, &err) < 0)
		return -1;
	return result.outcome == BACKUP_INCOMPLETE ? -1 : 0;
}

static int job_read(struct scene *s)
{
	AUTO(runs) struct runs runs = {0};
	AUTO(backup_check) struct backup_check check = {0};
	AUTO(prune_result) struct prune_result pruned = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	AUTO(error) struct error err = {0};
	struct prune_options options = {.dry_run = true};

	if (open_backup(s, BACKUP_READ, &b) < 0 || backup_history(b, &runs, &err) < 0 ||
	    backup_verify(b, &check, &err) < 0 || backup_prune(b, &options, &pruned, &err) < 0)
		return -1;
	return check.broken.len ? -1 : 0;
}

static void scene_make(struct scene *s)
{
	world_make(&s->w);
	world_stage(&s->w, &s->stage);
	s->before = world_listing(&s->w);
}

static void scene_drop(struct scene *s)
{
	stage_done(&s->stage);
	free(s->before);
	free(s->named);
	world_drop(&s->w);
}

/* Whatever happened: with memory back, recover and rollback lead to the old tree. */
static void finish(struct scene *s, const char *name, unsigned step)
{
	AUTO_FREE char *now = NULL;

	(void)job_recover(s);  /* what is forced is refused here */
	(void)job_rollback(s); /* nothing to undo, or the run came through */
	now = world_listing(&s->w);
	if (strcmp(now, s->before) != 0)
		fail_msg("%s at step %u:\n%s", name, step, now);
}

/* The newest run's journal ends before this record, and `torn` of the next line is there. */
static void cut_journal(struct scene *s, const char *record, const char *torn)
{
	AUTO(runs) struct runs runs = {0};
	AUTO_PTR(backup) struct backup *b = world_open(&s->w, BACKUP_READ);
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *cut = NULL;
	char path[128];

	assert_int_equal(backup_history(b, &runs, NULL), 0);
	(void)snprintf(path, sizeof(path), "/var/lib/harden/runs/%s/journal", runs.items[0].id);
	text = get_file(&s->w, path);
	*strstr(text, record) = '\0';
	cut = str_format("%s%s", text, torn);
	put_file(&s->w, path, cut, 0600, 0, 0);
}

/* Leaves a run that was cut off: recorded and secured, with every change made. */
static void cut_off(struct scene *s)
{
	cut_journal(s, "{\"record\":\"commit\"", "");
}

/* The run that is listed first (newest) or last. */
static char *run_id(struct scene *s, bool newest)
{
	AUTO(runs) struct runs runs = {0};
	AUTO_PTR(backup) struct backup *b = world_open(&s->w, BACKUP_READ);

	assert_int_equal(backup_history(b, &runs, NULL), 0);
	assert_true(runs.len > 0);
	return strdup(runs.items[newest ? 0 : runs.len - 1].id);
}

/* The oldest run by its name: refused where a newer one touched the same files. */
static int job_dry_run_of_oldest(struct scene *s)
{
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	struct rollback_options options = {.run = s->named, .dry_run = true};

	if (open_backup(s, BACKUP_READ, &b) < 0 ||
	    backup_rollback(b, &options, &world_info, &result, NULL) < 0)
		return -1;
	return result.outcome == BACKUP_CONFLICT ? 0 : -1;
}

static int job_rollback_named(struct scene *s)
{
	return rollback_with(s, (struct rollback_options){.run = s->named});
}

static int job_prune(struct scene *s)
{
	AUTO(prune_result) struct prune_result pruned = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	struct prune_options options = {0};

	return open_backup(s, BACKUP_WRITE, &b) < 0 || backup_prune(b, &options, &pruned, NULL) < 0
		       ? -1
		       : 0;
}

/* What is young stays, with what it refers to. */
static int job_prune_old(struct scene *s)
{
	AUTO(prune_result) struct prune_result pruned = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	struct prune_options options = {.keep_days = 1};

	if (open_backup(s, BACKUP_WRITE, &b) < 0 || backup_prune(b, &options, &pruned, NULL) < 0)
		return -1;
	return pruned.runs.len || pruned.objects ? -1 : 0;
}

/* Reads like job_read(), where one journal or all originals are damaged. */
static int job_read_damaged(struct scene *s)
{
	AUTO(runs) struct runs runs = {0};
	AUTO(backup_check) struct backup_check check = {0};
	AUTO_PTR(backup) struct backup *b = NULL;

	if (open_backup(s, BACKUP_READ, &b) < 0 || backup_history(b, &runs, NULL) < 0 ||
	    backup_verify(b, &check, NULL) < 0)
		return -1;
	return check.broken.len > 0 ? 0 : -1;
}

/* A damaged journal is named and left; everything else is recovered. */
static int job_recover_damaged(struct scene *s)
{
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = NULL;

	if (open_backup(s, BACKUP_WRITE, &b) < 0 ||
	    backup_recover(b, &world_info, &result, NULL) < 0)
		return -1;
	return result.outcome == BACKUP_INCOMPLETE && result.stands.len == 1 ? 0 : -1;
}

static int during(void *cookie, struct error *err)
{
	return cookie ? error_set(err, ERROR_CONFLICT, 0, "what was held for has failed") : 0;
}

/* Held for a moment, and back again. */
static int hold(struct scene *s, bool fails)
{
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	enum backup_outcome wanted = fails ? BACKUP_UNDONE : BACKUP_DONE;

	if (open_backup(s, BACKUP_WRITE, &b) < 0 ||
	    backup_hold(b, &s->stage, &world_info, during, fails ? s : NULL, &result, NULL) < 0)
		return -1;
	return result.outcome == wanted ? 0 : -1;
}

static int job_hold(struct scene *s)
{
	return hold(s, false);
}

static int job_hold_fails(struct scene *s)
{
	return hold(s, true);
}

/* 2001-09-09, long before any run. */
#define LONG_AGO                                                                                   \
	(struct timespec)                                                                          \
	{                                                                                          \
		1000000000, 0                                                                      \
	}

static int job_look_back(struct scene *s)
{
	AUTO_PTR(backup) struct backup *b = NULL;
	AUTO_PTR(blob) struct blob *content = NULL;

	if (open_backup(s, BACKUP_READ, &b) < 0)
		return -1;
	return backup_past_content(b, "/etc/open/inner/conf", LONG_AGO, &content, NULL) == 1 ? 0
											     : -1;
}

static void no_preparation(struct scene *s)
{
	(void)s; /* the job starts from the fresh tree */
}

static void on_a_live_host(struct scene *s)
{
	s->live = true;
}

static void committed(struct scene *s)
{
	assert_int_equal(job_commit(s), 0);
}

static void an_old_file_is_changed(struct scene *s)
{
	const struct timespec times[] = {LONG_AGO, LONG_AGO};

	assert_int_equal(utimensat(AT_FDCWD, at(&s->w, "/etc/open/inner/conf"), times, 0), 0);
	free(s->before);
	s->before = world_listing(&s->w);
	stage_done(&s->stage);
	world_stage(&s->w, &s->stage);
	committed(s);
}

static void committed_and_cut_off(struct scene *s)
{
	committed(s);
	cut_off(s);
}

static void committed_and_changed(struct scene *s)
{
	committed(s);
	put_file(&s->w, "/etc/open/inner/conf", "mine\n", 0644, 0, 0);
}

static void committed_and_undone(struct scene *s)
{
	committed_and_changed(s);
	assert_int_equal(job_rollback(s), 0);
}

static void cut_off_on_a_live_host(struct scene *s)
{
	committed_and_cut_off(s);
	s->live = true;
}

static void committed_and_torn(struct scene *s)
{
	committed(s);
	cut_journal(s, "{\"record\":\"commit\"", "{\"record\":\"com");
}

/* Undone first: a run that never became ready has changed nothing. */
static void never_ready(struct scene *s)
{
	committed(s);
	assert_int_equal(job_rollback(s), 0);
	cut_journal(s, "{\"record\":\"ready\"", "");
	put_directory(&s->w, "/var/lib/harden/runs/20200101T000000Z-0000", 0700, 0);
}

static void originals_are_gone(struct scene *s)
{
	committed(s);
	assert_int_equal(job_rollback(s), 0);
	cut_journal(s, "{\"record\":\"undo-begin\"", "");
	remove_tree(at(&s->w, "/var/lib/harden/store"));
}

/* A file goes whose bytes the plan did not read. */
static void one_file_goes(struct scene *s)
{
	AUTO(file_state) struct file_state before, after = {.kind = FILE_ABSENT};
	struct stage_how how = {.phase = PHASE_FLAG};

	stage_done(&s->stage);
	world_look(&s->w, "/etc/old.conf", &before);
	blob_free(take_ptr(&before.content));
	assert_int_equal(stage_put(&s->stage, "/etc/old.conf", &before, &after, how, NULL), 0);
}

static void cut_off_and_named(struct scene *s)
{
	committed_and_cut_off(s);
	s->named = run_id(s, true);
}

/* A second run over one of the files of the first. */
static void committed_twice(struct scene *s)
{
	struct stage stage = {0};
	static const struct wish wish = {
		"/etc/open/inner/conf", FILE_REGULAR, 0644, 0, 0, "again\n", false, PHASE_CONFIG};
	AUTO(backup_result) struct backup_result result = {0};

	committed(s);
	stage_wish(&s->w, &stage, &wish);
	{
		AUTO_PTR(backup) struct backup *b = world_open(&s->w, BACKUP_WRITE);

		assert_int_equal(backup_commit(b, &stage, &world_info, &result, NULL), 0);
	}
	assert_int_equal(result.outcome, BACKUP_DONE);
	stage_done(&stage);
	s->named = run_id(s, false);
}

/* Undone, then its journal is overwritten: nothing of the tree is at stake. */
static void undone_and_damaged(struct scene *s)
{
	AUTO_FREE char *id = NULL;
	char path[128];

	committed(s);
	assert_int_equal(job_rollback(s), 0);
	id = run_id(s, true);
	(void)snprintf(path, sizeof(path), "/var/lib/harden/runs/%s/journal", id);
	put_file(&s->w, path, "{\"record\":\"run\"\n{}\n", 0600, 0, 0);
}

/* Somebody tidied up: the directory of runs is there, that of originals is gone. */
static void store_is_gone(struct scene *s)
{
	committed(s);
	assert_int_equal(job_rollback(s), 0);
	remove_tree(at(&s->w, "/var/lib/harden/store"));
	stage_done(&s->stage);
	world_stage(&s->w, &s->stage);
}

static const struct {
	const char *name;
	void (*prepare)(struct scene *s);
	job *run;
	bool reads; /* the same tree will do for every step */
} jobs[] = {
	{"commit", no_preparation, job_commit, false},
	{"rollback", committed, job_rollback, false},
	{"forced rollback", committed_and_changed, job_rollback, false},
	{"recover", committed_and_cut_off, job_recover, false},
	{"dry run", committed, job_dry_run, true},
	{"reading", committed, job_read, true},
	{"reading what is undone", committed_and_undone, job_read, true},
	{"rollback of what was cut off", cut_off_and_named, job_rollback_named, false},
	{"rollback of two runs", committed_twice, job_rollback, false},
	{"dry run of an older run", committed_twice, job_dry_run_of_oldest, true},
	{"prune", committed_and_undone, job_prune, false},
	{"reading a damaged journal", undone_and_damaged, job_read_damaged, true},
	{"recover beside a damaged journal", undone_and_damaged, job_recover_damaged, true},
	{"commit on a live host", on_a_live_host, job_commit, false},
	{"recover on a live host", cut_off_on_a_live_host, job_recover, false},
	{"recover of a torn journal", committed_and_torn, job_recover, false},
	{"recover of what never began", never_ready, job_recover, false},
	{"prune of what is old", committed_and_undone, job_prune_old, true},
	{"reading without originals", originals_are_gone, job_read_damaged, true},
	{"commit of a removal", one_file_goes, job_commit, false},
	{"commit without a store", store_is_gone, job_commit, false},
	{"hold", no_preparation, job_hold, false},
	{"hold for what fails", no_preparation, job_hold_fails, false},
	{"look back", an_old_file_is_changed, job_look_back, true},
};
