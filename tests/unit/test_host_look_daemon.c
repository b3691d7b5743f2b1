// SPDX-License-Identifier: Apache-2.0
/*
 * What the running daemon has in force: what answers show of a key, what the command line and the
 * file it was started with say, when the file cannot be trusted any more, and which sockets are its.
 */
#include "tests/unit/running_fixture.h"

struct setting_case {
	struct running_case host;
	const char *path, *value; /* as JSON */
	const char *source;	  /* part of it */
	bool doubt;
};

#define SECURITY(list) "{\"SecurityOptions\": [" list "]}"
#define REGISTRIES(cidrs, names)                                                                   \
	"{\"RegistryConfig\": {\"InsecureRegistryCIDRs\": [" cidrs "], \"IndexConfigs\": {" names  \
	"}}}"
#define DOCKER_IO "\"docker.io\": {\"Name\": \"docker.io\", \"Secure\": true}"
#define V(version) "{\"Version\": \"" version "\"}"

static const struct setting_case cases[] = {
	/* what the API shows has the last word */
	{{"debug", TREE_DEBIAN, "-D", "{\"Debug\": false}"},
	 "debug",
	 "false",
	 "/info Debug",
	 false},
	{{"icc", TREE_DEBIAN JSON_AT "{\"icc\": false}", NULL, NULL, NULL,
	  "{\"Options\": {\"com.docker.network.bridge.enable_icc\": \"true\"}}", BEGAN_AFTER},
	 "icc",
	 "true",
	 "enable_icc",
	 false},
	{{"icc, no default bridge", TREE_DEBIAN JSON_AT "{\"icc\": false}", NULL, "{}", NULL, NULL,
	  BEGAN_AFTER},
	 "icc",
	 "false",
	 "daemon.json",
	 false},
	{{"live-restore", TREE_DEBIAN, NULL, "{\"LiveRestoreEnabled\": true}"},
	 "live-restore",
	 "true",
	 "LiveRestoreEnabled",
	 false},
	{{"experimental", TREE_DEBIAN, NULL, "{\"ExperimentalBuild\": true}"},
	 "experimental",
	 "true",
	 "ExperimentalBuild",
	 false},
	{{"log-driver", TREE_DEBIAN, NULL, "{\"LoggingDriver\": \"journald\"}"},
	 "log-driver",
	 "\"journald\"",
	 "LoggingDriver",
	 false},
	{{"storage-driver", TREE_DEBIAN, NULL, "{\"Driver\": \"overlay2\"}"},
	 "storage-driver",
	 "\"overlay2\"",
	 "/info Driver",
	 false},
	/* registries: networks in one list, names in the other, loopback is implied */
	{{"registries: none", TREE_DEBIAN, NULL,
	  REGISTRIES("\"::1/128\", \"127.0.0.0/8\"", DOCKER_IO)},
	 "insecure-registries",
	 "[]",
	 "RegistryConfig",
	 false},
	{{"registries: both lists", TREE_DEBIAN, NULL,
	  REGISTRIES("\"10.0.0.0/8\", \"127.0.0.0/8\"",
		     DOCKER_IO ", \"reg:5000\": {\"Name\": \"reg:5000\", \"Secure\": false}")},
	 "insecure-registries",
	 "[\"10.0.0.0/8\",\"reg:5000\"]",
	 "RegistryConfig",
	 false},
	/* security options */
	{{"seccomp of 20.10", TREE_DEBIAN, NULL,
	  SECURITY("\"name=apparmor\", \"name=seccomp,profile=default\"")},
	 "seccomp-profile",
	 "\"\"",
	 "SecurityOptions",
	 false},
	{{"seccomp of 23.0", TREE_26, NULL, SECURITY("\"name=seccomp,profile=builtin\"")},
	 "seccomp-profile",
	 "\"builtin\"",
	 "SecurityOptions",
	 false},
	{{"seccomp: own profile", TREE_26, NULL,
	  SECURITY("\"name=seccomp,profile=/etc/docker/s.json\"")},
	 "seccomp-profile",
	 "\"/etc/docker/s.json\"",
	 "SecurityOptions",
	 false},
	{{"seccomp: kernel without", TREE_26, NULL, SECURITY("\"name=apparmor\"")},
	 "seccomp-profile",
	 "\"unconfined\"",
	 "SecurityOptions",
	 false},
	{{"userns off", TREE_26 JSON_AT "{\"userns-remap\": \"default\"}", NULL,
	  SECURITY("\"name=apparmor\""), NULL, NULL, BEGAN_AFTER},
	 "userns-remap",
	 "\"\"",
	 "SecurityOptions",
	 false},
	{{"userns on", TREE_26 JSON_AT "{\"userns-remap\": \"alice\"}", NULL,
	  SECURITY("\"name=userns\""), NULL, NULL, BEGAN_AFTER},
	 "userns-remap",
	 "\"alice\"",
	 "SecurityOptions",
	 false},
	{{"no-new-privileges of 26", TREE_26, NULL, SECURITY("\"name=no-new-privileges\""),
	  V("26.1.5+dfsg1")},
	 "no-new-privileges",
	 "true",
	 "SecurityOptions",
	 false},
	{{"no-new-privileges of 26, off", TREE_26, "--no-new-privileges",
	  SECURITY("\"name=cgroupns\""), V("26.1.5+dfsg1")},
	 "no-new-privileges",
	 "false",
	 "SecurityOptions",
	 false},
	{{"no-new-privileges of 20.10 shows nowhere", TREE_DEBIAN, "--no-new-privileges",
	  SECURITY("\"name=cgroupns\""), V("20.10.24+dfsg1")},
	 "no-new-privileges",
	 "true",
	 "running dockerd --no-new-privileges",
	 false},
	{{"the running version counts, not the installed one", TREE_26, "--no-new-privileges",
	  SECURITY("\"name=cgroupns\""), V("20.10.24")},
	 "no-new-privileges",
	 "true",
	 "running dockerd --no-new-privileges",
	 false},
	{{"rootless", TREE_26, NULL, SECURITY("\"name=rootless\"")},
	 "rootless",
	 "true",
	 "SecurityOptions",
	 false},
	{{"plugins", TREE_26, NULL, "{\"Plugins\": {\"Authorization\": [\"p\"]}}"},
	 "authorization-plugins",
	 "[\"p\"]",
	 "Plugins.Authorization",
	 false},
	{{"no plugins", TREE_26, NULL, "{\"Plugins\": {\"Authorization\": null}}"},
	 "authorization-plugins",
	 "[]",
	 "Plugins.Authorization",
	 false},
	/* A5: the flag of the process, whatever the unit says now */
	{{"flag of the process", TREE_DEBIAN, "--log-level=debug", "{}"},
	 "log-level",
	 "\"debug\"",
	 "running dockerd --log-level=debug",
	 false},
	{{"the last flag counts", TREE_DEBIAN, "--icc=false --icc=true"},
	 "icc",
	 "true",
	 "running dockerd",
	 false},
	{{"lists accumulate", TREE_DEBIAN, "--storage-opt a=1 --storage-opt=dm.basesize=20G"},
	 "storage-opts",
	 "[\"a=1\",\"dm.basesize=20G\"]",
	 "running dockerd",
	 false},
	{{"a flag is sure though the file changed", TREE_DEBIAN JSON_AT "{\"icc\": true}",
	  "--log-level=warn", "{}", NULL, NULL, BEGAN_BEFORE},
	 "log-level",
	 "\"warn\"",
	 "running",
	 false},
	{{"also on a file that contradicts it", TREE_DEBIAN JSON_AT "{\"log-level\": \"info\"}",
	  "--log-level=warn", "{}", NULL, NULL, BEGAN_BEFORE},
	 "log-level",
	 "\"warn\"",
	 "running",
	 false},
	/* the file */
	{{"file, begun after it", TREE_DEBIAN JSON_AT "{\"log-level\": \"warn\"}", NULL, NULL, NULL,
	  NULL, BEGAN_AFTER},
	 "log-level",
	 "\"warn\"",
	 "daemon.json",
	 false},
	{{"file, changed since", TREE_DEBIAN JSON_AT "{\"log-level\": \"warn\"}", NULL, NULL, NULL,
	  NULL, BEGAN_BEFORE},
	 "log-level",
	 "\"warn\"",
	 "daemon.json",
	 true},
	{{"file, changed since, key not in it", TREE_DEBIAN JSON_AT "{}", NULL, NULL, NULL, NULL,
	  BEGAN_BEFORE},
	 "log-level",
	 "\"info\"",
	 "default",
	 true},
	{{"another file by flag", TREE_DEBIAN "@/srv/d.json\n{\"log-level\": \"fatal\"}",
	  "--config-file /srv/d.json", NULL, NULL, NULL, BEGAN_AFTER},
	 "log-level",
	 "\"fatal\"",
	 "/srv/d.json",
	 false},
	{{"broken since", TREE_DEBIAN JSON_AT "{\"log-level\": ", NULL, NULL, NULL, NULL,
	  BEGAN_BEFORE},
	 "log-level",
	 "\"info\"",
	 "default",
	 true},
	{{"no file, no directory", TREE_DEBIAN, NULL, NULL, NULL, NULL, BEGAN_BEFORE},
	 "log-level",
	 "\"info\"",
	 "default",
	 false},
	{{"no file, the directory as before", TREE_DEBIAN "@/etc/docker/\n", NULL, NULL, NULL, NULL,
	  BEGAN_AFTER},
	 "log-level",
	 "\"info\"",
	 "default",
	 false},
	{{"no file, dockerd made its key at the first start",
	  TREE_DEBIAN "@/etc/docker/key.json\n{}", NULL, NULL, NULL, NULL, BEGAN_BEFORE},
	 "log-level",
	 "\"info\"",
	 "default",
	 false},
	{{"no file, something was taken out", TREE_DEBIAN "@/etc/docker/\n", NULL, NULL, NULL, NULL,
	  BEGAN_BEFORE},
	 "log-level",
	 "\"info\"",
	 "default",
	 true},
};

static void is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct setting_case *c = &cases[i];
		AUTO(setting) struct setting s = {0};
		AUTO_FREE char *text = NULL;
		struct error err = {0};
		const char *doubt;
		struct tree t;
		const struct daemon_now *now = running_open(&t, &c->host);

		if (daemon_setting(now, c->path, &s, &doubt, &err) < 0)
			fail_msg("%s: %s", c->host.name, error_message(&err));
		assert_int_equal(json_to_text(s.value, &text, &err), 0);
		if (strcmp(text, c->value) != 0 || !strstr(s.source, c->source))
			fail_msg("%s: %s from %s, expected %s from %s", c->host.name, text,
				 s.source, c->value, c->source);
		if ((doubt != NULL) != c->doubt)
			fail_msg("%s: %s", c->host.name, doubt ? doubt : "there should be doubt");
		tree_close(&t);
	}
}

/* A file put in place by rename may have any time; its inode is new nevertheless. A chmod is no change
 * of what it says. */
static void old_times_do_not_mislead(void **state)
{
	static const struct running_case c = {
		"times", TREE_DEBIAN JSON_AT "{}", NULL, NULL, NULL, NULL, 0};
	struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
	struct daemon_now *now;
	struct statx stx;
	struct tree t;

	(void)state;
	now = running_open(&t, &c);
	assert_int_equal(
		statx(AT_FDCWD, tree_path(&t, "/etc/docker/daemon.json"), 0, STATX_BTIME, &stx), 0);
	daemon_forget(&t.host);
	tree_close(&t);

	now = running_open(&t, &(struct running_case){"old time", TREE_DEBIAN JSON_AT "{}", NULL,
						      NULL, NULL, NULL, 5});
	assert_non_null(now->file_moved);
	assert_int_equal(utimensat(AT_FDCWD, tree_path(&t, "/etc/docker/daemon.json"), old, 0), 0);
	daemon_forget(&t.host);
	assert_int_equal(look_daemon(&t.host, (const struct daemon_now **)&now, NULL), 0);
	assert_non_null(now->file_moved);
	tree_close(&t);
	if (!(stx.stx_mask & STATX_BTIME))
		return; /* where no birth is kept, chmod counts as a change too */

	now = running_open(&t, &(struct running_case){"chmod", TREE_DEBIAN JSON_AT "{}", NULL, NULL,
						      NULL, NULL, -2});
	assert_null(now->file_moved);
	(void)sleep(3);
	assert_int_equal(chmod(tree_path(&t, "/etc/docker/daemon.json"), 0600), 0);
	daemon_forget(&t.host);
	assert_int_equal(look_daemon(&t.host, (const struct daemon_now **)&now, NULL), 0);
	assert_null(now->file_moved);
	tree_close(&t);
}

/* What is staged does not run. */
static void the_stage_does_not_count(void **state)
{
	static const struct running_case c = {
		"staged",   TREE_DEBIAN JSON_AT "{\"log-level\": \"warn\"}", NULL, NULL, NULL, NULL,
		BEGAN_AFTER};
	AUTO(setting) struct setting s = {0};
	struct file_state after = {
		.kind = FILE_REGULAR, .mode = 0644, .content = blob_new("{}", 2)};
	const struct daemon_now *now;
	const char *doubt;
	struct tree t;

	(void)state;
	now = running_open(&t, &c);
	tree_stage(&t, "/etc/docker/daemon.json", after);
	daemon_forget(&t.host);
	assert_int_equal(look_daemon(&t.host, &now, NULL), 0);
	assert_int_equal(daemon_setting(now, "log-level", &s, &doubt, NULL), 0);
	assert_string_equal(value_as_text(s.value), "warn");
	blob_free(after.content);
	tree_close(&t);
}

/* A record of our own of what the file held then. */
static int remember(void *cookie, const char *path, struct timespec when, struct blob **ret_content,
		    struct error *err)
{
	const char *text = cookie;

	(void)when;
	(void)err;
	assert_string_equal(path, "/etc/docker/daemon.json");
	*ret_content = *text ? blob_new(text, strlen(text)) : NULL;
	return str_equal(text, "unknown") ? 0 : 1;
}

static void records_are_a_witness(void **state)
{
	static const struct running_case c = {
		"recorded", TREE_DEBIAN JSON_AT "{\"log-level\": \"info\"}", .ago = BEGAN_BEFORE};
	static const struct {
		const char *then, *value;
		bool doubt;
	} records[] = {
		{"{\"log-level\": \"warn\"}", "warn", false},
		{"", "info", false},
		{"unknown", "info", true},
		{"{ broken", "info", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		AUTO(setting) struct setting s = {0};
		const struct daemon_now *now;
		const char *doubt;
		struct tree t;

		(void)running_open(&t, &c);
		daemon_forget(&t.host);
		t.host.past = remember;
		t.host.past_cookie = (void *)records[i].then;
		assert_int_equal(look_daemon(&t.host, &now, NULL), 0);
		assert_int_equal(daemon_setting(now, "log-level", &s, &doubt, NULL), 0);
		assert_string_equal(value_as_text(s.value), records[i].value);
		assert_int_equal(doubt != NULL, records[i].doubt);
		assert_int_equal(strstr(s.source, "when the daemon began") != NULL,
				 !records[i].doubt);
		tree_close(&t);
	}
}

static void ports_are_those_it_holds(void **state)
{
	static const struct running_case c = {"ports", TREE_DEBIAN};
	AUTO(daemon_ports) struct daemon_ports ports = {0};
	struct error err = {0};
	struct tree t;
	static const char *const entries[] = {
		"@/proc/812/fd/3 -> socket:[100]\n",
		"@/proc/812/fd/4 -> socket:[101]\n",
		"@/proc/812/fd/5 -> /dev/null\n",
		"@/proc/812/fd/6 -> socket:[104]\n",
		"@/proc/812/net/tcp\n"
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid "
		" timeout inode\n"
		"   0: 0100007F:0947 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0 "
		"       0 100 1 ff 100 0 0 10 0\n"
		"   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0 "
		"       0 102 1 ff 100 0 0 10 0\n"
		"   2: 0100007F:0947 0100007F:1234 01 00000000:00000000 00:00000000 00000000     0 "
		"       0 104 1 ff 100 0 0 10 0\n",
		"@/proc/812/net/tcp6\n"
		"  sl  local_address                         remote_address                        "
		"st\n"
		"   0: 00000000000000000000000000000000:0948 00000000000000000000000000000000:0000 "
		"0A 00000000:00000000 00:00000000 00000000     0        0 101 1 ff 100 0 0 10 0\n"
		"   1: 00000000000000000000000001000000:0949 00000000000000000000000000000000:0000 "
		"0A 00000000:00000000 00:00000000 00000000     0        0 103 1 ff 100 0 0 10 0\n",
	};

	(void)state;
	(void)running_open(&t, &c);
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		(void)tree_entry(t.path, entries[i]);
	if (look_daemon_ports(&t.host, RUNNING_PID, &ports, &err) < 0)
		fail_msg("%s", error_message(&err));
	assert_int_equal(ports.len, 2);
	assert_string_equal(ports.items[0].address, "127.0.0.1:2375");
	assert_int_equal(ports.items[0].port, 2375);
	assert_string_equal(ports.items[1].address, "[::]:2376");
	tree_close(&t);
}

static void nothing_runs(void **state)
{
	const struct daemon_now *now;
	struct tree t;

	(void)state;
	tree_open(&t, TREE_DEBIAN "@/run/docker.pid\n812\n");
	proc_live(&t);
	assert_int_equal(look_daemon(&t.host, &now, NULL), 0);
	assert_int_equal(now->process.pid, 0);
	assert_null(now->view);
	tree_close(&t);
}

/* A daemon without an answer is no daemon without settings: why is kept. */
static void silence_is_kept(void **state)
{
	static const struct running_case c = {"silent", TREE_DEBIAN,
					      "-H unix:///nowhere/docker.sock"};
	const struct daemon_now *now;
	struct tree t;

	(void)state;
	(void)running_open(&t, &c);
	daemon_forget(&t.host);
	t.host.engine_none = false;
	assert_int_equal(look_daemon(&t.host, &now, NULL), 0);
	assert_int_not_equal(now->unasked.code, ERROR_NONE);
	assert_non_null(strstr(error_message(&now->unasked), "/nowhere/docker.sock"));
	tree_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_known),
		cmocka_unit_test(old_times_do_not_mislead),
		cmocka_unit_test(the_stage_does_not_count),
		cmocka_unit_test(records_are_a_witness),
		cmocka_unit_test(ports_are_those_it_holds),
		cmocka_unit_test(nothing_runs),
		cmocka_unit_test(silence_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
