// SPDX-License-Identifier: Apache-2.0
/*
 * The running part of section 2: what is a difference, which step it names, and what is left to the
 * written part.
 */
#include "tests/unit/running_fixture.h"

#include "tests/unit/resource_fixture.h"

extern const struct resource_type resource_daemon, resource_manual, resource_mount;

struct verdict_case {
	struct running_case host;
	const char *entry;
	enum status status;
	const char *finds; /* in a finding of the running part; NULL: there is none */
	size_t written;	   /* findings of the written part */
};

#define ICC_OFF "{\"key\": \"icc\", \"equals\": false, \"unless\": {\"bridge\": \"none\"}}"
#define BRIDGE(icc) "{\"Options\": {\"com.docker.network.bridge.enable_icc\": \"" icc "\"}}"
#define NNP "{\"key\": \"no-new-privileges\", \"equals\": true}"
#define LEVEL "{\"key\": \"log-level\", \"equals\": \"info\"}"
#define DEBUG_OFF "{\"key\": \"debug\", \"equals\": false}"
#define LIVE "{\"key\": \"live-restore\", \"equals\": true, \"unless-swarm\": true}"
#define NO_REGISTRY "{\"key\": \"insecure-registries\", \"empty\": true, \"allow\": [\"ok:5000\"]}"
#define CONFINED "{\"key\": \"seccomp-profile\", \"confined\": true}"
#define TCP "{\"key\": \"hosts\", \"verified-tcp\": true}"

static const struct verdict_case cases[] = {
	{{"both are right", TREE_DEBIAN JSON_AT "{\"icc\": false}", NULL, "{}", NULL,
	  BRIDGE("false")},
	 ICC_OFF,
	 STATUS_PASS,
	 NULL,
	 0},
	{{"written, not running", TREE_DEBIAN JSON_AT "{\"icc\": false}", NULL, "{}", NULL,
	  BRIDGE("true")},
	 ICC_OFF,
	 STATUS_FAIL,
	 "icc is true (GET /networks/bridge Options com.docker.network.bridge.enable_icc), "
	 "expected false: restart docker while no container runs",
	 0},
	{{"running, not written", TREE_DEBIAN, NULL, "{}", NULL, BRIDGE("false")},
	 ICC_OFF,
	 STATUS_FAIL,
	 NULL,
	 1},
	{{"neither: said once", TREE_DEBIAN, NULL, "{}", NULL, BRIDGE("true")},
	 ICC_OFF,
	 STATUS_FAIL,
	 NULL,
	 1},
	{{"does not apply", TREE_DEBIAN JSON_AT "{\"bridge\": \"none\"}", NULL, "{}", NULL,
	  BRIDGE("true")},
	 ICC_OFF,
	 STATUS_NOT_APPLICABLE,
	 NULL,
	 0},
	/* 2.3: debug in the running daemon hides behind any log-level */
	{{"A6 debug by reload, then taken out", TREE_DEBIAN JSON_AT "{}", NULL,
	  "{\"Debug\": true}"},
	 DEBUG_OFF,
	 STATUS_FAIL,
	 "debug is true (GET /info Debug), expected false: reload docker",
	 0},
	{{"debug by flag needs a restart", TREE_DEBIAN JSON_AT "{}", "-D", "{\"Debug\": true}"},
	 DEBUG_OFF,
	 STATUS_FAIL,
	 "expected false: restart docker",
	 0},
	{{"A5 flag of the process", TREE_DEBIAN, "--log-level=debug", "{}"},
	 LEVEL,
	 STATUS_FAIL,
	 "log-level is \"debug\" (running dockerd --log-level=debug (",
	 0},
	{{"C12 written after the start, shown nowhere",
	  TREE_DEBIAN JSON_AT "{\"log-level\": \"info\"}", NULL, "{}", NULL, NULL, BEGAN_BEFORE},
	 LEVEL,
	 STATUS_FAIL,
	 "whether this log-level is in force cannot be seen: /etc/docker/daemon.json was changed "
	 "after the daemon had begun: restart docker",
	 0},
	{{"shown nowhere, but begun on this file", TREE_DEBIAN JSON_AT "{\"log-level\": \"info\"}",
	  NULL, "{}", NULL, NULL, BEGAN_AFTER},
	 LEVEL,
	 STATUS_PASS,
	 NULL,
	 0},
	{{"shown: the file's time does not matter", TREE_DEBIAN JSON_AT "{\"live-restore\": true}",
	  NULL, "{\"LiveRestoreEnabled\": true}", NULL, NULL, BEGAN_BEFORE},
	 LIVE,
	 STATUS_PASS,
	 NULL,
	 0},
	{{"live-restore waits for a reload", TREE_DEBIAN JSON_AT "{\"live-restore\": true}", NULL,
	  "{\"LiveRestoreEnabled\": false}"},
	 LIVE,
	 STATUS_FAIL,
	 "expected true: reload docker",
	 0},
	{{"plugins by flag: no reload", TREE_DEBIAN JSON_AT "{\"live-restore\": true}",
	  "--authorization-plugin=p", "{\"LiveRestoreEnabled\": false}"},
	 LIVE,
	 STATUS_FAIL,
	 "expected true: restart docker",
	 0},
	{{"swarm node", TREE_DEBIAN "@/var/lib/docker/swarm/docker-state.json\n{}", NULL,
	  "{\"LiveRestoreEnabled\": false}"},
	 LIVE,
	 STATUS_NOT_APPLICABLE,
	 NULL,
	 0},
	/* 2.5 */
	{{"a registry still trusted", TREE_DEBIAN JSON_AT "{\"insecure-registries\": []}", NULL,
	  "{\"RegistryConfig\": {\"InsecureRegistryCIDRs\": [\"127.0.0.0/8\"], \"IndexConfigs\": "
	  "{\"r:5000\": {\"Secure\": false}, \"ok:5000\": {\"Secure\": false}}}}"},
	 NO_REGISTRY,
	 STATUS_FAIL,
	 "insecure-registries holds \"r:5000\" (GET /info RegistryConfig): reload docker",
	 0},
	{{"written holds one, running two",
	  TREE_DEBIAN JSON_AT "{\"insecure-registries\": [\"a:1\"]}", NULL,
	  "{\"RegistryConfig\": {\"InsecureRegistryCIDRs\": [], \"IndexConfigs\": {\"a:1\": "
	  "{\"Secure\": false}, \"b:2\": {\"Secure\": false}}}}"},
	 NO_REGISTRY,
	 STATUS_FAIL,
	 "holds \"b:2\"",
	 1},
	/* 2.14 */
	{{"20.10 shows no flag of it", TREE_DEBIAN JSON_AT "{\"no-new-privileges\": true}", NULL,
	  "{\"SecurityOptions\": []}", "{\"Version\": \"20.10.24\"}", NULL, BEGAN_AFTER},
	 NNP,
	 STATUS_PASS,
	 NULL,
	 0},
	{{"26 shows that it is off", TREE_26 JSON_AT "{\"no-new-privileges\": true}", NULL,
	  "{\"SecurityOptions\": []}", "{\"Version\": \"26.1.5\"}", NULL, BEGAN_AFTER},
	 NNP,
	 STATUS_FAIL,
	 "no-new-privileges is false (GET /info SecurityOptions), expected true: restart docker",
	 0},
	/* 2.17 */
	{{"B13 builtin", TREE_26, NULL, "{\"SecurityOptions\": [\"name=seccomp,profile=builtin\"]}",
	  "{\"Version\": \"26.1.5\"}"},
	 CONFINED,
	 STATUS_PASS,
	 NULL,
	 0},
	{{"unconfined by a flag of the process", TREE_26, "--seccomp-profile=unconfined",
	  "{\"SecurityOptions\": [\"name=seccomp,profile=unconfined\"]}",
	  "{\"Version\": \"26.1.5\"}"},
	 CONFINED,
	 STATUS_FAIL,
	 "seccomp-profile is \"unconfined\" (GET /info SecurityOptions)",
	 0},
	/* 2.7 */
	{{"a port that only the process knows", TREE_DEBIAN,
	  "-H tcp://127.0.0.1:2375 -H unix:///run/docker.sock", "{}"},
	 TCP,
	 STATUS_FAIL,
	 "without TLS: whoever reaches it is root on this host: restart docker",
	 0},
	{{"no port at all", TREE_DEBIAN, "-H unix:///run/docker.sock", "{}"},
	 TCP,
	 STATUS_NOT_APPLICABLE,
	 NULL,
	 0},
	/* 2.1 */
	{{"root's daemon", TREE_DEBIAN, NULL, "{\"SecurityOptions\": []}"},
	 "{\"key\": \"rootless\", \"equals\": true, \"fix\": \"none\", \"review\": true}",
	 STATUS_MANUAL,
	 NULL,
	 0},
	{{"a daemon that nobody installed", "@/etc/hostname\nx\n", NULL, "{\"Debug\": true}"},
	 DEBUG_OFF,
	 STATUS_FAIL,
	 "debug is true",
	 0},
};

static void check(const struct verdict_case *c, const struct judgement *j)
{
	const char *found = NULL;
	size_t written = 0;

	for (size_t i = 0; i < j->findings_len; i++) {
		if (j->findings[i].part == PART_RUNNING)
			found = found && c->finds && strstr(found, c->finds)
					? found
					: j->findings[i].message;
		else
			written++;
	}
	if (j->status != c->status)
		fail_msg("%s: is %s, expected %s (%s)", c->host.name, status_name(j->status),
			 status_name(c->status),
			 j->findings_len ? j->findings[0].message : "no finding");
	if ((c->finds == NULL) != (found == NULL) || (found && !strstr(found, c->finds)))
		fail_msg("%s: \"%s\", expected \"%s\"", c->host.name, found ? found : "(none)",
			 c->finds ? c->finds : "(none)");
	if (written != c->written)
		fail_msg("%s: %zu findings of the written part", c->host.name, written);
}

static void is_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct verdict_case *c = &cases[i];
		AUTO(judgement) struct judgement j = {0};
		struct tree t;
		void *spec, *seen = NULL;
		struct error err = {0};

		(void)running_open(&t, &c->host);
		spec = resource_load(&resource_daemon, c->host.name, c->entry);
		if (resource_daemon.inspect(spec, &t.host, &seen, &err) < 0 ||
		    resource_daemon.judge(spec, seen, &j, &err) < 0)
			fail_msg("%s: %s", c->host.name, error_message(&err));
		check(c, &j);
		if (j.status != STATUS_NOT_APPLICABLE)
			assert_true(j.running);
		resource_daemon.seen_free(seen);
		resource_daemon.spec_free(spec);
		tree_close(&t);
	}
}

static void judge_on(struct tree *t, const struct resource_type *type, const char *entry,
		     struct judgement *j)
{
	void *spec = resource_load(type, entry, entry), *seen = NULL;
	struct error err = {0};

	if (type->inspect(spec, &t->host, &seen, &err) < 0 || type->judge(spec, seen, j, &err) < 0)
		fail_msg("%s: %s", entry, error_message(&err));
	type->seen_free(seen);
	type->spec_free(spec);
}

static void no_daemon_is_no_error(void **state)
{
	AUTO(judgement) struct judgement j = {0};
	struct tree t;

	(void)state;
	tree_open(&t, TREE_DEBIAN JSON_AT "{\"icc\": false}");
	proc_live(&t);
	judge_on(&t, &resource_daemon, ICC_OFF, &j);
	assert_int_equal(j.status, STATUS_PASS);
	assert_false(j.running);
	assert_true(resource_says(&j, "no dockerd runs: what is written decides"));
	tree_close(&t);
}

static void a_tree_has_no_running_part(void **state)
{
	AUTO(judgement) struct judgement j = {0};
	struct tree t;

	(void)state;
	tree_open(&t, TREE_DEBIAN JSON_AT "{\"icc\": false}");
	judge_on(&t, &resource_daemon, ICC_OFF, &j);
	assert_int_equal(j.status, STATUS_PASS);
	assert_false(j.running);
	assert_int_equal(j.notes.len, 0);
	assert_int_equal(j.evidence_len, 1);
	tree_close(&t);
}

/* Not to be able to ask is an error; a violation that is written weighs more. */
static void silence_is_no_pass(void **state)
{
	static const struct running_case hosts[] = {
		{"right", TREE_DEBIAN JSON_AT "{\"icc\": false}", "-H unix:///nowhere.sock"},
		{"wrong", TREE_DEBIAN, "-H unix:///nowhere.sock"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		AUTO(judgement) struct judgement j = {0};
		struct tree t;

		(void)running_open(&t, &hosts[i]);
		daemon_forget(&t.host);
		t.host.engine_none = false;
		judge_on(&t, &resource_daemon, ICC_OFF, &j);
		assert_int_equal(j.status, i ? STATUS_FAIL : STATUS_ERROR);
		assert_true(resource_says(&j, "could not be looked at"));
		tree_close(&t);
	}
}

/* Where nothing is to be written, the step is a person's; where this run writes, it is not said twice. */
static void step_is_listed(void **state)
{
	static const struct running_case host = {
		"step", TREE_DEBIAN JSON_AT "{\"icc\": false}", NULL, "{}", NULL, BRIDGE("true")};
	void *spec = resource_load(&resource_daemon, "step", ICC_OFF), *seen = NULL;
	struct file_state after = {.kind = FILE_REGULAR, .mode = 0600};
	struct error err = {0};
	struct tree t;

	(void)state;
	(void)running_open(&t, &host);
	assert_int_equal(resource_daemon.inspect(spec, &t.host, &seen, &err), 0);
	t.stage.control = "2.2";
	assert_int_equal(resource_daemon.stage(spec, seen, &t.host, &err), 0);
	assert_int_equal(t.stage.len, 0);
	assert_int_equal(t.stage.by_hand_len, 1);
	assert_non_null(strstr(t.stage.by_hand[0].next, "restart docker"));
	stage_new_pass(&t.stage);
	tree_stage(&t, "/etc/x", after);
	assert_int_equal(resource_daemon.stage(spec, seen, &t.host, &err), 0);
	assert_int_equal(t.stage.by_hand_len, 0);
	resource_daemon.seen_free(seen);
	resource_daemon.spec_free(spec);
	tree_close(&t);
}

static void versions_differ(void **state)
{
	static const struct running_case host = {"old", TREE_26, NULL, "{}",
						 "{\"Version\": \"20.10.5+dfsg1\"}"};
	AUTO(judgement) struct judgement j = {0};
	struct tree t;

	(void)state;
	(void)running_open(&t, &host);
	judge_on(&t, &resource_manual,
		 "{\"ask\": \"?\", \"fact\": \"docker.version\", \"at-least\": \"23.0\", "
		 "\"facts\": {\"docker.version\": \"26.1.5\"}}",
		 &j);
	assert_int_equal(j.status, STATUS_FAIL);
	assert_int_equal(j.findings[0].part, PART_RUNNING);
	assert_true(resource_says(&j, "the running dockerd is 20.10.5+dfsg1, older than 23.0"));
	assert_true(j.running);
	tree_close(&t);
}

/* The data root was moved to a file system of its own, but the daemon is still at the old one. */
static void data_root_elsewhere(void **state)
{
	static const struct running_case host = {
		"root", TREE_DEBIAN JSON_AT "{\"data-root\": \"/dev/shm\"}", NULL,
		"{\"DockerRootDir\": \"/usr/lib\"}"};
	AUTO(judgement) struct judgement j = {0};
	struct tree t;

	(void)state;
	(void)running_open(&t, &host);
	judge_on(&t, &resource_mount, "{\"path\": \"/dev/shm\", \"own\": true}", &j);
	assert_true(resource_says(&j, "keeps its data in /usr/lib still"));
	assert_true(j.running);
	tree_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_judged),
		cmocka_unit_test(no_daemon_is_no_error),
		cmocka_unit_test(a_tree_has_no_running_part),
		cmocka_unit_test(silence_is_no_pass),
		cmocka_unit_test(step_is_listed),
		cmocka_unit_test(versions_differ),
		cmocka_unit_test(data_root_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
