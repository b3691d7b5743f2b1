// SPDX-License-Identifier: Apache-2.0
/*
 * Running a program: what it said, how it ended, what is refused, the time limit.
 */
#include "harden/host/change_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct ends {
	const char *script;
	int status;
	const char *out, *said, *error;
};

static const struct ends scripts[] = {
	{"echo fine", 0, "fine\n", "", NULL},
	{"echo no >&2; exit 3", 3, "", "no\n", "/bin/sh ended with exit status 3: no"},
	{"echo only out; exit 1", 1, "only out\n", "", "ended with exit status 1: only out"},
	{"exit 1", 1, "", "", "/bin/sh ended with exit status 1"},
	{"kill -9 $$", 137, "", "", "ended with exit status 137"},
	{"for i in 1 2 3 4 5 6 7; do echo $i >&2; done; exit 1", 1, "", "1\n2\n3\n4\n5\n6\n7\n",
	 "exit status 1: 3\n4\n5\n6\n7"},
	{"cat; echo \"$HOME$LC_ALL\"", 0, "C\n", "", NULL},
	/* what goes on in the background does not hold us up */
	{"sleep 5 & echo left", 0, "left\n", "", NULL},
};

static struct command shell(const char *script, const char *argv[4])
{
	argv[0] = "/bin/sh";
	argv[1] = "-c";
	argv[2] = script;
	argv[3] = NULL;
	return (struct command){.argv = argv, .seconds = 4};
}

static void test_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		const struct ends *s = &scripts[i];
		AUTO(command_result) struct command_result result = {0};
		AUTO(error) struct error err = {0};
		const char *argv[4];
		struct command c = shell(s->script, argv);

		if (command_run(&c, &result, &err) < 0)
			fail_msg("%s: %s", s->script, error_message(&err));
		assert_false(result.timed_out);
		assert_string_equal(result.out, s->out);
		assert_string_equal(result.said, s->said);
		assert_int_equal(result.status, s->status);
		assert_int_equal(command_check(&c, &result, &err), s->error ? -1 : 0);
		if (s->error && !strstr(error_message(&err), s->error))
			fail_msg("%s: says %s", s->script, error_message(&err));
	}
}

static void test_time_limit(void **state)
{
	AUTO(command_result) struct command_result result = {0};
	AUTO(error) struct error err = {0};
	const char *argv[4];
	struct command c = shell("echo begun >&2; sleep 30 & sleep 30", argv);

	(void)state;
	c.seconds = 1;
	assert_int_equal(command_run(&c, &result, &err), 0);
	assert_true(result.timed_out);
	assert_int_equal(command_check(&c, &result, &err), -1);
	assert_int_equal(err.sys, ETIMEDOUT);
	assert_non_null(strstr(error_message(&err), "/bin/sh did not end within 1 s: begun"));
}

static void test_last_bytes(void **state)
{
	AUTO(command_result) struct command_result result = {0};
	AUTO(error) struct error err = {0};
	const char *argv[4];
	struct command c =
		shell("head -c 1000000 /dev/zero | tr '\\0' x; echo; printf the-end", argv);

	(void)state;
	assert_int_equal(command_run(&c, &result, &err), 0);
	assert_int_equal(strlen(result.out), COMMAND_OUTPUT_MAX);
	assert_true(str_ends(result.out, "x\nthe-end"));
}

static void test_pass_fd(void **state)
{
	AUTO(command_result) struct command_result result = {0};
	AUTO(error) struct error err = {0};
	AUTO_CLOSE int fd = memfd_create("harden-test", MFD_CLOEXEC);
	AUTO_FREE char *script = str_format("cat /proc/self/fd/%d", fd);
	const char *argv[4];
	struct command c = shell(script, argv);

	(void)state;
	assert_true(fd > 0);
	assert_int_equal(write(fd, "passed on", 9), 9);
	c.pass_fd = fd;
	assert_int_equal(command_run(&c, &result, &err), 0);
	assert_string_equal(result.out, "passed on");
}

static void test_user(void **state)
{
	AUTO(command_result) struct command_result result = {0};
	AUTO(error) struct error err = {0};
	const char *argv[4];
	struct command c = shell("id -u; id -g; id -G", argv);

	(void)state;
	if (geteuid() != 0)
		skip();
	c.uid = c.gid = 65534;
	assert_int_equal(command_run(&c, &result, &err), 0);
	assert_string_equal(result.out, "65534\n65534\n65534\n");
}

static void refused(const char *path, enum error_code code, const char *says)
{
	AUTO(command_result) struct command_result result = {0};
	AUTO(error) struct error err = {0};
	const char *const argv[] = {path, NULL};
	struct command c = {.argv = argv, .seconds = 1};

	assert_int_equal(command_run(&c, &result, &err), -1);
	assert_int_equal(err.code, code);
	if (!strstr(error_message(&err), says))
		fail_msg("%s: says %s", path, error_message(&err));
}

static void test_refused(void **state)
{
	char path[] = "/tmp/harden-command-XXXXXX";
	AUTO_CLOSE int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	refused("true", ERROR_SYS, "run true");
	refused("/nonexistent/augenrules", ERROR_SYS, "No such file or directory");
	refused("/etc", ERROR_UNSAFE, "no regular file");
	assert_int_equal(fchmod(fd, 0777), 0);
	refused(path, ERROR_UNSAFE, "others can write it");
	if (geteuid() == 0) {
		assert_int_equal(fchmod(fd, 0644), 0);
		refused(path, ERROR_SYS, "Permission denied");
	}
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),	   cmocka_unit_test(test_time_limit),
		cmocka_unit_test(test_last_bytes), cmocka_unit_test(test_pass_fd),
		cmocka_unit_test(test_user),	   cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
