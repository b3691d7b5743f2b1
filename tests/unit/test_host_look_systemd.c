// SPDX-License-Identifier: Apache-2.0
/*
 * The runner of read-only commands, and what systemctl says of Docker's units.
 */
#include "tests/unit/proc_fixture.h"

#include "harden/host/look_command.h"
#include "harden/host/look_systemd.h"

static const char *const words[] = {"/bin/sh", "-c", NULL, NULL};

static int run(const char *script, unsigned ms, struct strbuf *out, struct error *err)
{
	const char *argv[ARRAY_SIZE(words)];

	memcpy(argv, words, sizeof(words));
	argv[2] = script; /* the tests' own shell: look_command() has none */
	return look_command(argv, ms, out, err);
}

static void says_what_it_prints(void **state)
{
	AUTO(strbuf) struct strbuf out = {0};
	AUTO(error) struct error err = {0};

	(void)state;
	assert_int_equal(
		run("echo a b; echo noise >&2; cat; env | grep -v ^PWD | sort", 5000, &out, &err),
		0);
	assert_string_equal(strbuf_text(&out),
			    "a b\nLC_ALL=C\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n");
}

static void fails_with_a_reason(void **state)
{
	static const struct {
		const char *script, *says;
	} cases[] = {
		{"echo first >&2; echo the last line >&2; exit 3", "status 3: the last line"},
		{"kill -TERM $$", "signal 15"},
		{"sleep 60", "did not end within 200 ms"},
		{"exec >&- 2>&-; sleep 60", "did not end within 200 ms"},
		{"sleep 61 & sleep 60", "did not end within 200 ms"},
		{"while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done",
		 "prints more than"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(strbuf) struct strbuf out = {0};
		AUTO(error) struct error err = {0};

		assert_int_equal(run(cases[i].script, i < 2 || i == 5 ? 20000 : 200, &out, &err),
				 -1);
		if (!strstr(error_message(&err), cases[i].says))
			fail_msg("%s: %s", cases[i].script, error_message(&err));
	}
}

static void cannot_be_started(void **state)
{
	const char *const argv[] = {"/nowhere/systemctl", NULL};
	AUTO(strbuf) struct strbuf out = {0};
	AUTO(error) struct error err = {0};

	(void)state;
	assert_int_equal(look_command(argv, 1000, &out, &err), -1);
	assert_int_equal(err.code, ERROR_SYS);
}

static const char answer[] =
	"MainPID=812\nId=docker.service\nLoadState=loaded\nActiveState=active\nSubState=running\n"
	"FragmentPath=/lib/systemd/system/docker.service\n"
	"DropInPaths=/etc/systemd/system/docker.service.d/a.conf /run/x/b.conf\n"
	"NeedDaemonReload=yes\n"
	"\n"
	"Id=docker.socket\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n"
	"FragmentPath=\nDropInPaths=\nNeedDaemonReload=no\n";

static void is_parsed(void **state)
{
	AUTO(systemd) struct systemd s = {0};
	AUTO(error) struct error err = {0};

	(void)state;
	assert_int_equal(systemd_parse(answer, &s, &err), 0);
	assert_true(s.service.loaded && s.service.active && s.service.needs_reload);
	assert_int_equal(s.service.main_pid, 812);
	assert_string_equal(s.service.state, "active/running");
	assert_string_equal(s.service.fragment, "/lib/systemd/system/docker.service");
	assert_int_equal(s.service.drop_ins.len, 2);
	assert_string_equal(s.service.drop_ins.items[1], "/run/x/b.conf");
	assert_false(s.socket.loaded || s.socket.active || s.socket.needs_reload);
	assert_string_equal(s.socket.state, "inactive/dead");
	assert_null(s.socket.fragment);
	assert_int_equal(s.socket.main_pid, 0);
}

static void empty_is_parsed(void **state)
{
	AUTO(systemd) struct systemd s = {0};
	AUTO(error) struct error err = {0};

	(void)state;
	assert_int_equal(systemd_parse("", &s, &err), 0);
	assert_int_equal(systemd_parse("\n\nId=other.service\nMainPID=1\n", &s, &err), 0);
	assert_false(s.service.loaded);
	assert_int_equal(s.service.main_pid, 0);
}

static void asks_only_where_it_is_the_init(void **state)
{
	AUTO(systemd) struct systemd s = {0};
	AUTO(error) struct error err = {0};
	struct tree t;

	(void)state;
	tree_open(&t, "");
	proc_live(&t);
	assert_int_equal(look_systemd(&t.host, &s, &err), 0);
	assert_false(s.init);
	tree_close(&t);

	tree_open(&t, "@/run/systemd/system/\n");
	proc_live(&t);
	assert_int_equal(look_systemd(&t.host, &s, &err), -1);
	assert_non_null(strstr(error_message(&err), "there is no /usr/bin/systemctl"));
	tree_close(&t);

	tree_open(&t, "@/run/systemd/system/\n@/usr/bin/systemctl 0777\n#!/bin/sh\n");
	proc_live(&t);
	error_done(&err);
	assert_int_equal(look_systemd(&t.host, &s, &err), -1);
	assert_non_null(strstr(error_message(&err), "is not root's alone"));
	tree_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_it_prints),
		cmocka_unit_test(fails_with_a_reason),
		cmocka_unit_test(cannot_be_started),
		cmocka_unit_test(is_parsed),
		cmocka_unit_test(empty_is_parsed),
		cmocka_unit_test(asks_only_where_it_is_the_init),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
