// SPDX-License-Identifier: Apache-2.0
/*
 * What a change of a key promises (reload, restart, recreate), in which phase it is written, and
 * which recipe entries are refused while loading.
 */
#include "tests/unit/daemon_fixture.h"

#define ENV_AT "@/etc/default/docker\n"

static const struct promise_case {
	const char *name, *tree, *entry, *file;
	enum stage_phase phase;
	enum promise promise;
	unsigned actions;
} cases[] = {
	{"2.3 debug: reload", TREE_DEBIAN JSON_AT "{\"debug\":true}\n",
	 "{\"key\":\"debug\",\"equals\":\"false\"}", "/etc/docker/daemon.json", PHASE_CONFIG,
	 PROMISE_RELOAD, ACTION_RELOAD_DOCKER},
	{"2.15 live-restore: reload", TREE_DEBIAN, "{\"key\":\"live-restore\",\"equals\":\"true\"}",
	 "/etc/docker/daemon.json", PHASE_CONFIG, PROMISE_RELOAD, ACTION_RELOAD_DOCKER},
	{"no reload beside plugins given by flag",
	 TREE_DEBIAN ENV_AT "DOCKER_OPTS=--authorization-plugin=opa\n",
	 "{\"key\":\"live-restore\",\"equals\":\"true\"}", "/etc/docker/daemon.json", PHASE_CONFIG,
	 PROMISE_RESTART, ACTION_RESTART_DOCKER},
	{"2.3 log-level: restart", TREE_DEBIAN JSON_AT "{\"log-level\":\"warn\"}\n",
	 "{\"key\":\"log-level\",\"equals\":\"info\"}", "/etc/docker/daemon.json", PHASE_CONFIG,
	 PROMISE_RESTART, ACTION_RESTART_DOCKER},
	{"2.2 icc: restart without containers", TREE_DEBIAN,
	 "{\"key\":\"icc\",\"equals\":\"false\"}", "/etc/docker/daemon.json", PHASE_CONFIG,
	 PROMISE_RESTART_STOPPED, ACTION_RESTART_DOCKER},
	{"2.16 userland-proxy: restart without containers", TREE_DEBIAN,
	 "{\"key\":\"userland-proxy\",\"equals\":\"false\"}", "/etc/docker/daemon.json",
	 PHASE_CONFIG, PROMISE_RESTART_STOPPED, ACTION_RESTART_DOCKER},
	{"2.14 no-new-privileges: recreate", TREE_DEBIAN,
	 "{\"key\":\"no-new-privileges\",\"equals\":\"true\"}", "/etc/docker/daemon.json",
	 PHASE_CONFIG, PROMISE_RECREATE, ACTION_RESTART_DOCKER},
	{"flag in an environment file", TREE_DEBIAN ENV_AT "DOCKER_OPTS=-D\n",
	 "{\"key\":\"debug\",\"equals\":\"false\"}", "/etc/default/docker", PHASE_FLAG,
	 PROMISE_RESTART, ACTION_RESTART_DOCKER},
	{"flag in a unit",
	 TREE_DEBIAN "@/etc/systemd/system/docker.service\n[Service]\n"
		     "ExecStart=/usr/sbin/dockerd -D\n",
	 "{\"key\":\"debug\",\"equals\":\"false\"}", "/etc/systemd/system/docker.service",
	 PHASE_FLAG, PROMISE_RESTART, ACTION_RESTART_DOCKER | ACTION_DAEMON_RELOAD},
};

static void test_promise(void **state)
{
	const struct promise_case *c = *state;
	void *spec = daemon_load_entry(c->name, c->entry), *seen = NULL;
	const struct staged_file *f;
	struct error err = {0};
	struct tree t;

	tree_open(&t, c->tree);
	assert_int_equal(resource_daemon.inspect(spec, &t.host, &seen, &err), 0);
	t.stage.control = "2.2";
	assert_int_equal(resource_daemon.stage(spec, seen, &t.host, &err), 0);
	f = stage_find(&t.stage, c->file);
	assert_non_null(f);
	assert_int_equal(f->phase, c->phase);
	assert_int_equal(f->promise, c->promise);
	assert_int_equal(f->actions, c->actions);
	resource_daemon.seen_free(seen);
	resource_daemon.spec_free(spec);
	tree_close(&t);
}

/* The directory that daemon.json needs, and both files' owner and mode. */
static void test_new_file(void **state)
{
	void *spec = daemon_load_entry("new", "{\"key\":\"icc\",\"equals\":\"false\"}"), *seen;
	const struct staged_file *dir, *file;
	struct tree t;

	(void)state;
	tree_open(&t, TREE_DEBIAN);
	assert_int_equal(resource_daemon.inspect(spec, &t.host, &seen, NULL), 0);
	t.stage.control = "2.2";
	assert_int_equal(resource_daemon.stage(spec, seen, &t.host, NULL), 0);
	dir = stage_find(&t.stage, "/etc/docker");
	file = stage_find(&t.stage, "/etc/docker/daemon.json");
	assert_true(dir && file);
	assert_int_equal(dir->after.kind, FILE_DIRECTORY);
	assert_int_equal(dir->after.mode, 0755);
	assert_int_equal(file->after.mode, 0644);
	assert_int_equal(file->after.uid, 0);
	assert_int_equal(file->before.kind, FILE_ABSENT);
	resource_daemon.seen_free(seen);
	resource_daemon.spec_free(spec);
	tree_close(&t);
}

static const struct {
	const char *entry, *message;
} refused[] = {
	{"{\"equals\":\"x\"}", "key is missing"},
	{"{\"key\":\"iccc\",\"equals\":\"x\"}", "recipe:1:8: daemon: daemon.json has no key"},
	{"{\"key\":\"http-proxy\",\"equals\":\"x\"}", "has no key \"http-proxy\""},
	{"{\"key\":\"icc\"}", "an operator is missing"},
	{"{\"key\":\"icc\",\"equals\":\"true\",\"not\":\"false\"}", "only one operator"},
	{"{\"key\":\"icc\",\"equals\":\"maybe\"}", "recipe:1:23: daemon: icc is true or false"},
	{"{\"key\":\"mtu\",\"equals\":\"many\"}", "mtu is a whole number"},
	{"{\"key\":\"log-level\",\"one-of\":\"info\"}", "one-of takes a list"},
	{"{\"key\":\"hosts\",\"empty\":\"no\"}", "switched on by true"},
	{"{\"key\":\"hosts\",\"verified-tcp\":\"true\",\"tlskey\":\"x\"}", "an absolute path"},
	{"{\"key\":\"icc\",\"equals\":\"true\",\"when\":{\"nonsense\":\"x\"}}",
	 "has no key \"nonsense\""},
	{"{\"key\":\"log-driver\",\"remote\":\"true\",\"opts\":\"x\"}", "opts takes a map"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct value *v = NULL;
		struct error err = {0};
		void *spec = NULL;

		assert_int_equal(
			json_read(refused[i].entry, strlen(refused[i].entry), "recipe", &v, &err),
			0);
		assert_int_equal(resource_daemon.load(v, "recipe", &spec, &err), -1);
		assert_int_equal(err.code, ERROR_RECIPE);
		if (!strstr(error_message(&err), refused[i].message))
			fail_msg("%s: %s", refused[i].entry, error_message(&err));
		error_done(&err);
		value_free(v);
	}
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(cases) + 2] = {
		cmocka_unit_test(test_new_file),
		cmocka_unit_test(test_refused),
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		tests[i + 2] = (struct CMUnitTest){cases[i].name, test_promise, NULL, NULL,
						   (void *)&cases[i]};
	return cmocka_run_group_tests_name("resource daemon, promises", tests, NULL, NULL);
}
