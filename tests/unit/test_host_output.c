// SPDX-License-Identifier: Apache-2.0
/*
 * --output FILE: whole or not at all, never through a link.
 */
#include "tests/unit/backup_fixture.h"

#include "harden/host/output.h"
#include "tests/fault/faulty.h"

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	world_make(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	world_drop(*state);
	free(*state);
	return 0;
}

static void check(struct world *w, const char *path, const char *wanted, mode_t mode, uid_t uid)
{
	AUTO_FREE char *text = get_file(w, path);
	struct stat st;

	assert_string_equal(text, wanted);
	assert_int_equal(lstat(at(w, path), &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
	assert_int_equal(st.st_uid, uid);
}

static void test_new_and_old(void **state)
{
	struct world *w = *state;

	assert_int_equal(output_write(at(w, "/etc/report"), "one\n", 4, NULL), 0);
	check(w, "/etc/report", "one\n", 0600, 0);
	assert_int_equal(chmod(at(w, "/etc/report"), 0644), 0);
	assert_int_equal(chown(at(w, "/etc/report"), 1000, 1000), 0);
	assert_int_equal(output_write(at(w, "/etc/report"), "two\n", 4, NULL), 0);
	check(w, "/etc/report", "two\n", 0644, 1000); /* mode and owner are kept */
}

static void test_relative(void **state)
{
	struct world *w = *state;
	int here = open(".", O_PATH | O_DIRECTORY);

	assert_int_equal(chdir(at(w, "/etc")), 0);
	assert_int_equal(output_write("report", "one\n", 4, NULL), 0);
	assert_int_equal(fchdir(here), 0);
	check(w, "/etc/report", "one\n", 0600, 0);
	(void)close(here);
}

static void test_device(void **state)
{
	(void)state;
	assert_int_equal(output_write("/dev/null", "one\n", 4, NULL), 0);
	assert_int_equal(output_write("/dev/full", "one\n", 4, NULL), -1);
	assert_int_equal(output_check("/dev/null", NULL), 0);
}

static void test_refused(void **state)
{
	static const struct {
		const char *path;
		enum error_code code;
	} cases[] = {
		{"/etc/link", ERROR_UNSAFE},   {"/etc/docker", ERROR_UNSAFE},
		{"/etc/docker/", ERROR_USAGE}, {"/etc/..", ERROR_USAGE},
		{"/none/report", ERROR_SYS},   {"/etc/suid/report", ERROR_SYS},
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(error) struct error err = {0}, again = {0};

		assert_int_equal(output_write(at(w, cases[i].path), "x", 1, &err), -1);
		assert_int_equal(err.code, cases[i].code);
		assert_int_equal(output_check(at(w, cases[i].path), &again), -1);
		assert_string_equal(error_message(&err), error_message(&again));
	}
}

static void test_each_call_fails(void **state)
{
	struct world *w = *state;
	bool fired = true;

	put_file(w, "/etc/report", "old\n", 0644, 1000, 1000);
	for (unsigned step = 1; fired; step++) {
		AUTO_FREE char *before = world_listing(w), *after = NULL;
		int r;

		faulty_begin(FAULT_ONCE, step, ENOSPC);
		r = output_write(at(w, "/etc/report"), "new\n", 4, NULL);
		fired = faulty_end();
		assert_int_equal(r, fired ? -1 : 0);
		after = world_listing(w);
		if (fired)
			assert_string_equal(after, before);
	}
	check(w, "/etc/report", "new\n", 0644, 1000);
}

#define case_of(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(test_new_and_old), case_of(test_relative),	  case_of(test_device),
		case_of(test_refused),	   case_of(test_each_call_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
