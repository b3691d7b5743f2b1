// SPDX-License-Identifier: Apache-2.0
/*
 * Which process is the dockerd of this host: pid files that lie, systemd's word, daemons of
 * containers, and what /proc says of the one that was found.
 */
#include "tests/unit/proc_fixture.h"

#include "harden/host/look_process.h"

#define DOCKERD "/usr/sbin/dockerd"
#define PID_FILE "/run/docker.pid"

struct find_case {
	const char *name, *tree;
	struct fake_process processes[3];
	int main_pid, found;
	const char *by;
};

#define A_DAEMON(number)                                                                           \
	{                                                                                          \
		.pid = (number), .exe = DOCKERD, .args = DOCKERD " -D"                             \
	}

static const struct find_case cases[] = {
	{"nothing runs", "", {{0}}, 0, 0, NULL},
	{"the pid file is right", "@/run/docker.pid\n812", {A_DAEMON(812)}, 0, 812, PID_FILE},
	{"with a newline", "@/run/docker.pid\n812\n", {A_DAEMON(812)}, 0, 812, PID_FILE},
	{"stale: nobody has that pid", "@/run/docker.pid\n812\n", {{0}}, 0, 0, NULL},
	{"stale: another program has it",
	 "@/run/docker.pid\n812\n",
	 {{.pid = 812, .exe = "/usr/bin/vi", .args = "vi /etc/docker/dockerd"}},
	 0,
	 0,
	 NULL},
	{"stale, and the daemon runs under another pid",
	 "@/run/docker.pid\n812\n",
	 {{.pid = 812, .exe = "/usr/bin/vi", .args = "vi dockerd"}, A_DAEMON(900)},
	 0,
	 900,
	 "/proc"},
	{"no number", "@/run/docker.pid\n12x\n", {A_DAEMON(12)}, 0, 12, "/proc"},
	{"negative", "@/run/docker.pid\n-1\n", {{0}}, 0, 0, NULL},
	{"a directory", "@/run/docker.pid/\n", {{0}}, 0, 0, NULL},
	{"systemd knows best",
	 "@/run/docker.pid\n812\n",
	 {A_DAEMON(812), A_DAEMON(900)},
	 900,
	 900,
	 "systemd"},
	{"systemd's pid is gone", "@/run/docker.pid\n812\n", {A_DAEMON(812)}, 900, 812, PID_FILE},
	{"the word in an argument is no daemon",
	 "",
	 {{.pid = 5, .exe = "/usr/bin/tail", .args = "tail -f /var/log/dockerd"}},
	 0,
	 0,
	 NULL},
	{"a program whose name only begins so",
	 "",
	 {{.pid = 5, .exe = "/usr/bin/dockerd-rootless.sh", .args = "x"}},
	 0,
	 0,
	 NULL},
	{"a daemon in a container is not ours",
	 "",
	 {{.pid = 5, .exe = DOCKERD, .args = DOCKERD, .mount_namespace = "mnt:[9]"}},
	 0,
	 0,
	 NULL},
	{"a rootless one is not ours",
	 "",
	 {{.pid = 5, .exe = DOCKERD, .args = DOCKERD, .uid = 1000}},
	 0,
	 0,
	 NULL},
	{"one that ended while it was looked at has no arguments any more",
	 "@/run/docker.pid\n812\n",
	 {{.pid = 812, .exe = DOCKERD, .args = DOCKERD, .ended = true}},
	 0,
	 0,
	 NULL},
	{"two of them: nobody can tell", "", {A_DAEMON(5), A_DAEMON(6)}, 0, 0, NULL},
};

static struct process look(struct tree *t, int main_pid)
{
	struct error err = {0};
	struct process p = {0};

	if (look_process(&t->host, main_pid, PID_FILE, &p, &err) < 0)
		fail_msg("%s", error_message(&err));
	return p;
}

static void is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct find_case *c = &cases[i];
		AUTO(process) struct process p = {0};
		struct tree t;

		tree_open(&t, c->tree);
		proc_live(&t);
		for (size_t k = 0; k < ARRAY_SIZE(c->processes) && c->processes[k].pid; k++)
			proc_add(&t, &c->processes[k]);
		p = look(&t, c->main_pid);
		if (p.pid != c->found || !str_equal(p.found_by, c->by))
			fail_msg("%s: pid %d by %s, expected %d by %s", c->name, (int)p.pid,
				 p.found_by ? p.found_by : "nobody", c->found,
				 c->by ? c->by : "nobody");
		tree_close(&t);
	}
}

static void is_described(void **state)
{
	struct fake_process one = {.pid = 812,
				   .exe = DOCKERD " (deleted)",
				   .args = DOCKERD " --icc=false  -H unix:///run/docker.sock",
				   .ago = 100};
	AUTO(process) struct process p = {0};
	struct timespec now;
	struct tree t;

	(void)state;
	tree_open(&t, "@/run/docker.pid\n812\n");
	proc_live(&t);
	proc_add(&t, &one);
	p = look(&t, 0);
	assert_string_equal(p.exe, DOCKERD);
	assert_true(p.deleted);
	assert_int_equal(p.euid, 0);
	/* an empty argument is one, too */
	assert_int_equal(p.args.len, 4);
	assert_string_equal(p.args.items[0], "--icc=false");
	assert_string_equal(p.args.items[1], "");
	assert_string_equal(p.args.items[2], "-H");
	assert_string_equal(p.args.items[3], "unix:///run/docker.sock");
	assert_string_equal(p.cmdline->data,
			    DOCKERD "\n--icc=false\n\n-H\nunix:///run/docker.sock\n");
	assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
	assert_in_range(now.tv_sec - p.began.tv_sec, 99, 101);
	tree_close(&t);
}

/* This very process, in the real /proc: what we say of it is what it knows of itself. */
static void the_real_proc(void **state)
{
	AUTO_FREE char *text = NULL;
	AUTO_FREE pid_t *pids = NULL;
	struct error err = {0};
	struct tree t;
	size_t len;
	uid_t euid;

	(void)state;
	tree_open(&t, "");
	t.host.live = true;
	assert_int_equal(process_euid(&t.host, getpid(), &euid, &err), 1);
	assert_int_equal(euid, geteuid());
	assert_int_equal(process_status(&t.host, getpid(), "PPid", &text, &err), 0);
	assert_int_equal(strtol(text, NULL, 10), getppid());
	assert_int_equal(look_processes(&t.host, "test_host_look_process", &pids, &len, &err), 0);
	assert_true(len >= 1);
	for (size_t i = 0; i < len && pids; i++)
		if (pids[i] == getpid())
			len = 0;
	assert_int_equal(len, 0);
	tree_close(&t);
}

static void not_of_a_tree(void **state)
{
	AUTO(error) struct error err = {0};
	struct process p;
	struct tree t;

	(void)state;
	tree_open(&t, "");
	assert_int_equal(look_process(&t.host, 0, PID_FILE, &p, &err), -1);
	assert_int_equal(err.code, ERROR_INTERNAL);
	tree_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_found),
		cmocka_unit_test(is_described),
		cmocka_unit_test(the_real_proc),
		cmocka_unit_test(not_of_a_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
