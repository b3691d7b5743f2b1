// SPDX-License-Identifier: Apache-2.0
/*
 * A local user who owns a directory on the way swaps what lies in it, before the commit or in the
 * middle of it: nothing of ours lands elsewhere.
 */
#include "tests/unit/backup_fixture.h"

#include "tests/fault/faulty.h"

#define assert_text(got, wanted)                                                                   \
	do {                                                                                       \
		AUTO_FREE char *got_ = (got);                                                      \
		assert_string_equal(got_, wanted);                                                 \
	} while (0)

/* What a local user does while the commit runs, right before a chosen call. */
static struct {
	struct world *w;
	const char *call, *detail;
	void (*act)(struct world *w);
} attack;

static void attack_hook(const char *call, const char *detail)
{
	void (*act)(struct world * w) = attack.act;

	if (!act || !str_equal(call, attack.call) || !strstr(detail, attack.detail))
		return;
	attack.act = NULL; /* once */
	act(attack.w);
}

/* An action between plan and commit, or in the middle of it; the victim must stay as it is. */
static void act_link_for_file(struct world *w)
{
	assert_int_equal(unlink(at(w, "/etc/open/key.pem")), 0);
	assert_int_equal(symlink("../../victim", at(w, "/etc/open/key.pem")), 0);
}

static void act_hard_link_for_file(struct world *w)
{
	assert_int_equal(unlink(at(w, "/etc/open/key.pem")), 0);
	assert_int_equal(link(at(w, "/victim"), at(w, "/etc/open/key.pem")), 0);
}

static void act_link_for_directory(struct world *w)
{
	assert_int_equal(rename(at(w, "/etc/open/inner"), at(w, "/etc/open/moved")), 0);
	assert_int_equal(symlink("../../other", at(w, "/etc/open/inner")), 0);
}

static void act_directory_for_directory(struct world *w)
{
	assert_int_equal(rename(at(w, "/etc/open/inner"), at(w, "/etc/open/moved")), 0);
	assert_int_equal(rename(at(w, "/other"), at(w, "/etc/open/inner")), 0);
}

static void act_other_bytes(struct world *w)
{
	put_file(w, "/etc/open/inner/conf", "evil\n", 0644, 0, 0);
}

static void act_guard_swapped(struct world *w)
{
	assert_int_equal(rename(at(w, "/etc/open"), at(w, "/etc/moved")), 0);
	assert_int_equal(rename(at(w, "/other"), at(w, "/etc/open")), 0);
}

/* The directory that was moved in is still root's alone, wherever it is now. */
static void assert_other_is_untouched(struct world *w, const char *name)
{
	static const char *const places[] = {"/other", "/etc/open", "/etc/open/inner"};
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char path[64];
		struct stat file, dir;

		(void)snprintf(path, sizeof(path), "%s/mark", places[i]);
		if (lstat(at(w, path), &file) < 0)
			continue;
		found = true;
		assert_int_equal(stat(at(w, places[i]), &dir), 0);
		if (dir.st_uid || (dir.st_mode & 07777) != 0755)
			fail_msg("%s: the other directory was changed", name);
		(void)snprintf(path, sizeof(path), "%s/conf", places[i]);
		assert_text(get_file(w, path), "other\n");
	}
	assert_true(found);
}

static void test_hostile_swaps(void **state)
{
	static const struct {
		const char *name;
		void (*act)(struct world *w);
		const char *call, *detail; /* NULL: before the commit begins */
	} cases[] = {
		{"link for a file", act_link_for_file, NULL, NULL},
		{"hard link for a file", act_hard_link_for_file, NULL, NULL},
		{"link for a directory", act_link_for_directory, NULL, NULL},
		{"directory for a directory", act_directory_for_directory, NULL, NULL},
		{"other bytes", act_other_bytes, NULL, NULL},
		{"another directory for the guard", act_guard_swapped, NULL, NULL},
		/* the last moment: the guard is about to be chowned */
		{"link for a file, late", act_link_for_file, "chown", "/etc/open"},
		{"hard link for a file, late", act_hard_link_for_file, "chown", "/etc/open"},
		{"link for a directory, late", act_link_for_directory, "chown", "/etc/open"},
		{"directory for a directory, late", act_directory_for_directory, "chown",
		 "/etc/open"},
		{"other bytes, late", act_other_bytes, "chown", "/etc/open"},
		{"another directory for the guard, late", act_guard_swapped, "chown", "/etc/open"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(backup_result) struct backup_result result = {0};
		AUTO_PTR(backup) struct backup *b = NULL;
		AUTO(error) struct error err = {0};
		struct stage stage;
		struct world w;
		struct stat victim, now;

		world_make(&w);
		put_file(&w, "/victim", "root's own\n", 0600, 0, 0);
		put_directory(&w, "/other", 0755, 0);
		put_file(&w, "/other/conf", "other\n", 0600, 0, 0);
		put_file(&w, "/other/mark", "", 0600, 0, 0);
		world_stage(&w, &stage);
		if (cases[i].call) {
			attack.w = &w;
			attack.call = cases[i].call;
			attack.detail = cases[i].detail;
			attack.act = cases[i].act;
		} else {
			cases[i].act(&w);
		}
		assert_int_equal(lstat(at(&w, "/victim"), &victim), 0);
		b = world_open(&w, BACKUP_WRITE);
		faulty.hook = attack_hook;
		faulty_begin(FAULT_NONE, 0, 0);
		if (backup_commit(b, &stage, &world_info, &result, &err) == 0 &&
		    result.outcome == BACKUP_DONE)
			fail_msg("%s: went through", cases[i].name);
		(void)faulty_end();
		faulty.hook = NULL;
		if (attack.act)
			fail_msg("%s: never came", cases[i].name);
		assert_int_equal(lstat(at(&w, "/victim"), &now), 0);
		assert_int_equal(now.st_mode, victim.st_mode);
		assert_int_equal(now.st_uid, victim.st_uid);
		assert_int_equal(now.st_size, victim.st_size);
		assert_other_is_untouched(&w, cases[i].name);
		b = (backup_free(b), NULL);
		stage_done(&stage);
		world_drop(&w);
	}
}

static void act_swap_inner(struct world *w)
{
	assert_int_equal(rename(at(w, "/etc/open/inner"), at(w, "/etc/open/moved")), 0);
	assert_int_equal(rename(at(w, "/etc/open/inner2"), at(w, "/etc/open/inner")), 0);
}

static void act_swap_inner_and_die(struct world *w)
{
	act_swap_inner(w);
	faulty.fault = FAULT_KILL_AFTER;
	faulty.at = faulty.calls;
}

/* Two guards, one in the other: the inner one's place is taken while the outer is still open. */
static void test_guard_in_a_guard(void **state)
{
	static const struct wish wishes[] = {
		{"/etc/open", FILE_DIRECTORY, 0755, 0, 0, NULL, false, PHASE_SECURE},
		{"/etc/open/inner", FILE_DIRECTORY, 0755, 0, 0, NULL, false, PHASE_SECURE},
	};
	static void (*const acts[])(struct world * w) = {act_swap_inner, act_swap_inner_and_die};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		struct stage stage = {0};
		AUTO(backup_result) struct backup_result result = {0};
		AUTO_PTR(backup) struct backup *b = NULL;
		struct world w;
		struct stat st;
		pid_t pid;
		int status;

		world_make(&w);
		assert_int_equal(chmod(at(&w, "/etc/open/inner"), 0777), 0);
		put_directory(&w, "/etc/open/inner2", 0755, 0);
		for (size_t k = 0; k < ARRAY_SIZE(wishes); k++)
			stage_wish(&w, &stage, &wishes[k]);
		attack.w = &w;
		attack.call = "chown";
		attack.detail = "/etc/open";
		attack.act = acts[i];
		pid = fork();
		if (pid == 0) {
			faulty.hook = attack_hook;
			faulty_begin(FAULT_NONE, 0, 0);
			b = world_open(&w, BACKUP_WRITE);
			_exit(backup_commit(b, &stage, &world_info, &result, NULL) == 0 &&
			      result.outcome == BACKUP_UNDONE);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 1);
		b = world_open(&w, BACKUP_WRITE);
		assert_int_equal(backup_recover(b, &world_info, &result, NULL), 0);
		assert_int_equal(lstat(at(&w, "/etc/open/inner"), &st), 0);
		assert_int_equal(st.st_mode & 07777, 0755); /* the one that was moved in */
		b = (backup_free(b), NULL);
		stage_done(&stage);
		world_drop(&w);
	}
}

/* Somebody undoes a change of ours before the run is verified. */
static void act_loosen(struct world *w)
{
	assert_int_equal(chmod(at(w, "/etc/suid"), 0777), 0);
}

static void test_not_as_promised(void **state)
{
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	struct stage stage = {0};
	struct world w;

	(void)state;
	world_make(&w);
	world_stage(&w, &stage);
	b = world_open(&w, BACKUP_WRITE);
	attack.w = &w;
	attack.call = "rename"; /* the last change; /etc/suid is done by then */
	attack.detail = "daemon.json";
	attack.act = act_loosen;
	faulty.hook = attack_hook;
	faulty_begin(FAULT_NONE, 0, 0);
	assert_int_equal(backup_commit(b, &stage, &world_info, &result, NULL), 0);
	(void)faulty_end();
	faulty.hook = NULL;
	assert_string_equal(result.error.message, "/etc/suid is not as promised: its mode differs");
	assert_string_equal(result.error.resource, "/etc/suid");
	/* 0777 is neither of before nor of after: somebody else's, so it stays and is named */
	assert_int_equal(result.outcome, BACKUP_INCOMPLETE);
	assert_string_equal(result.stands.items[0].path, "/etc/suid");
	b = (backup_free(b), NULL);
	stage_done(&stage);
	world_drop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_swaps),
		cmocka_unit_test(test_guard_in_a_guard),
		cmocka_unit_test(test_not_as_promised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
