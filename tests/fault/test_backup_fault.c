// SPDX-License-Identifier: Apache-2.0
/*
 * Every changing call of a run fails once with each of three errors, fails from then on, and is the
 * last one before a SIGKILL; the same for recover and rollback. Afterwards every file is whole, old
 * or new, and recover brings back the old tree to the last byte, attribute and time.
 */
#include "tests/unit/backup_fixture.h"

#include "tests/fault/faulty.h"

#include <stdlib.h>

#define STEP_MAX 2000 /* no run has as many changing calls */

static const int errors[] = {EIO, ENOSPC, EROFS};

struct scene {
	struct world w;
	struct stage stage;
	char *before;
};

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
	world_drop(&s->w);
}

static void assert_as_before(const struct scene *s, const char *what, unsigned step)
{
	AUTO_FREE char *now = world_listing(&s->w);

	if (strcmp(now, s->before) != 0)
		fail_msg("%s at call %u:\nbefore\n%s\nnow\n%s", what, step, s->before, now);
}

static bool is_whole(const struct world *w, const char *path, const char *old, const char *new)
{
	AUTO_FREE char *text = get_file(w, path);

	return str_equal(text, old) || str_equal(text, new);
}

/* Content is the old one or the new one, never a part or a mixture. */
static void assert_whole(const struct scene *s, const char *what, unsigned step)
{
	const struct world *w = &s->w;
	struct stat st;
	bool whole = is_whole(w, "/etc/docker/daemon.json", "{\"debug\": true}\n",
			      "{\"debug\": true, \"icc\": false}\n") &&
		     is_whole(w, "/etc/open/inner/conf", "one\n", "two\n") &&
		     is_whole(w, "/etc/plain.conf", "plain\n", "") &&
		     is_whole(w, "/etc/open/key.pem", "secret\n", "");

	if (lstat(at(w, "/etc/old.conf"), &st) == 0)
		whole = whole && is_whole(w, "/etc/old.conf", "goes away\n", "");
	if (lstat(at(w, "/etc/audit/rules.d/h.rules"), &st) == 0)
		whole = whole && is_whole(w, "/etc/audit/rules.d/h.rules", "-w /x\n", "");
	whole = whole && lstat(at(w, "/etc/link"), &st) == 0 && S_ISLNK(st.st_mode);
	if (!whole)
		fail_msg("%s at call %u left a file that is neither old nor new", what, step);
}

/* Not for assertions: runs in children too. */
static enum backup_outcome try_commit(const struct scene *s, struct error *err)
{
	AUTO(backup_result) struct backup_result result = {.outcome = BACKUP_UNDONE};
	AUTO_PTR(backup) struct backup *b = NULL;

	if (backup_open(s->w.root, s->w.dir, NULL, BACKUP_WRITE, &b, err) < 0 ||
	    backup_commit(b, &s->stage, &world_info, &result, err) < 0)
		return BACKUP_UNDONE;
	if (result.outcome != BACKUP_DONE)
		error_move(err, &result.error);
	return result.outcome;
}

static void try_recover(const struct scene *s)
{
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = NULL;

	if (backup_open(s->w.root, s->w.dir, NULL, BACKUP_WRITE, &b, NULL) == 0)
		(void)backup_recover(b, &world_info, &result, NULL); /* looked at from outside */
}

static enum backup_outcome try_rollback(const struct scene *s)
{
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	struct rollback_options options = {0};

	if (backup_open(s->w.root, s->w.dir, NULL, BACKUP_WRITE, &b, NULL) < 0 ||
	    backup_rollback(b, &options, &world_info, &result, NULL) < 0)
		return BACKUP_CONFLICT;
	return result.outcome;
}

static void finish_and_check(const struct scene *s, const char *what, unsigned step)
{
	if (world_recover(&s->w) == BACKUP_NOTHING) /* the commit or rollback came through */
		(void)try_rollback(s);
	assert_as_before(s, what, step);
}

static void test_one_call_fails(void **state)
{
	(void)state;
	for (size_t e = 0; e < ARRAY_SIZE(errors); e++) {
		unsigned step = 1;

		for (bool fired = true; fired; step++) {
			struct scene s = {0};
			AUTO(error) struct error err = {0};
			enum backup_outcome outcome;

			assert_true(step < STEP_MAX);
			scene_make(&s);
			faulty_begin(FAULT_ONCE, step, errors[e]);
			outcome = try_commit(&s, &err);
			fired = faulty_end();
			assert_int_equal(outcome, fired ? BACKUP_UNDONE : BACKUP_DONE);
			if (fired) {
				assert_true(err.message && err.message[0]);
				assert_as_before(&s, strerror(errors[e]), step);
				(void)world_recover(&s.w);
				assert_as_before(&s, "recover after", step);
			}
			scene_drop(&s);
		}
		assert_true(step > 60); /* the calls were really counted */
	}
}

static void test_all_calls_fail_from(void **state)
{
	bool fired = true;

	(void)state;
	for (unsigned step = 1; fired; step++) {
		struct scene s = {0};
		AUTO(error) struct error err = {0};
		enum backup_outcome outcome;

		scene_make(&s);
		faulty_begin(FAULT_FROM, step, EROFS);
		outcome = try_commit(&s, &err);
		fired = faulty_end();
		assert_int_equal(outcome == BACKUP_DONE, !fired);
		if (outcome == BACKUP_UNDONE)
			assert_as_before(&s, "undone on a full disk", step);
		assert_whole(&s, "failing on", step);
		/* where only the sync of the journal's commit fails, and everything after, the run
		 * stands whole and rollback undoes it */
		finish_and_check(&s, "recover after failing from", step);
		scene_drop(&s);
	}
}

/* Runs job in a child that is killed at a call; whether it was. */
static bool killed(const struct scene *s, enum fault fault, unsigned step,
		   void (*job)(const struct scene *s))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		faulty_begin(fault, step, 0);
		job(s);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFSIGNALED(status))
		assert_int_equal(status, 0);
	return WIFSIGNALED(status);
}

static void job_commit(const struct scene *s)
{
	(void)try_commit(s, NULL); /* looked at from outside */
}

static void job_rollback(const struct scene *s)
{
	(void)try_rollback(s); /* as above */
}

static void test_commit_is_killed(void **state)
{
	static const enum fault faults[] = {FAULT_KILL_BEFORE, FAULT_KILL_AFTER};

	(void)state;
	for (size_t f = 0; f < ARRAY_SIZE(faults); f++) {
		bool fired = true;

		for (unsigned step = 1; fired; step++) {
			struct scene s = {0};

			scene_make(&s);
			fired = killed(&s, faults[f], step, job_commit);
			assert_whole(&s, "killed", step);
			finish_and_check(&s, "recover after a kill", step);
			scene_drop(&s);
		}
	}
}

static void test_rollback_is_killed(void **state)
{
	bool fired = true;

	(void)state;
	for (unsigned step = 1; fired; step++) {
		struct scene s = {0};

		scene_make(&s);
		assert_int_equal(world_commit(&s.w, &s.stage), BACKUP_DONE);
		fired = killed(&s, step % 2 ? FAULT_KILL_BEFORE : FAULT_KILL_AFTER, step,
			       job_rollback);
		assert_whole(&s, "rollback killed", step);
		finish_and_check(&s, "recover after a killed rollback", step);
		scene_drop(&s);
	}
}

/* A commit killed at some call, then recover killed at every call of its own. */
static void test_recover_is_killed(void **state)
{
	bool commit_fired = true;

	(void)state;
	for (unsigned cut = 20; commit_fired; cut += 13) {
		bool fired = true;

		for (unsigned step = 1; fired; step++) {
			struct scene s = {0};

			scene_make(&s);
			commit_fired = killed(&s, FAULT_KILL_AFTER, cut, job_commit);
			fired = commit_fired &&
				killed(&s, step % 2 ? FAULT_KILL_BEFORE : FAULT_KILL_AFTER, step,
				       try_recover);
			assert_whole(&s, "recover killed", step);
			finish_and_check(&s, "recover after a killed recover", step);
			scene_drop(&s);
		}
	}
}

static void test_rollback_call_fails(void **state)
{
	bool fired = true;

	(void)state;
	for (unsigned step = 1; fired; step++) {
		struct scene s = {0};
		enum backup_outcome outcome;

		scene_make(&s);
		assert_int_equal(world_commit(&s.w, &s.stage), BACKUP_DONE);
		faulty_begin(FAULT_ONCE, step, EIO);
		outcome = try_rollback(&s);
		fired = faulty_end();
		assert_whole(&s, "rollback failing", step);
		if (outcome == BACKUP_DONE)
			assert_as_before(&s, "rollback", step);
		finish_and_check(&s, "after a rollback that failed", step);
		scene_drop(&s);
	}
}

/* file sync < rename < directory sync < the journal's commit, for each file that is replaced */
static void test_order(void **state)
{
	AUTO(strbuf) struct strbuf trace = {0};
	struct scene s = {0};
	const char *ready, *rename, *sync, *commit, *temp_sync;

	(void)state;
	scene_make(&s);
	faulty.trace = &trace;
	faulty_begin(FAULT_NONE, 0, 0);
	assert_int_equal(try_commit(&s, NULL), BACKUP_DONE);
	(void)faulty_end();
	faulty.trace = NULL;
	ready = strstr(strbuf_text(&trace), "journal\nsync ");
	assert_non_null(ready); /* the journal is synced ... */
	assert_non_null(strstr(strbuf_text(&trace), "/store\n"));
	assert_true(strstr(strbuf_text(&trace), "/store\n") < ready); /* ... after the store */
	rename = strstr(trace.data, "\nrename daemon.json\n");
	assert_non_null(rename);
	assert_true(ready < rename);
	temp_sync = rename; /* the line before the rename is the sync of the sibling */
	while (temp_sync[-1] != '\n')
		temp_sync--;
	assert_true(str_starts(temp_sync, "sync ") && strstr(temp_sync, "/.harden-") < rename);
	sync = rename + strlen("\nrename daemon.json\n");
	assert_true(str_starts(sync, "sync ") && strstr(sync, "/etc/docker\n"));
	commit = strstr(sync, "journal\nsync ");
	assert_non_null(commit);
	assert_null(strstr(commit, "rename "));
	scene_drop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_call_fails),
		cmocka_unit_test(test_all_calls_fail_from),
		cmocka_unit_test(test_commit_is_killed),
		cmocka_unit_test(test_rollback_is_killed),
		cmocka_unit_test(test_recover_is_killed),
		cmocka_unit_test(test_rollback_call_fails),
		cmocka_unit_test(test_order),
	};

	int failed;

	(void)world_in_memory(8192); /* slower without */
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_leave_memory();
	return failed;
}
