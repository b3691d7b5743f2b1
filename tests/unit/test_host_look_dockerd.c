// SPDX-License-Identifier: Apache-2.0
/*
 * dockerd's flags as systemd hands them over: order and masking of drop-ins, resets, environment
 * files, expansion, and the view's freshness when something is staged.
 */
#include "tests/unit/dockerd_fixture.h"

#define ETC "@/etc/systemd/system/docker.service.d/"
#define LIB "@/usr/lib/systemd/system/docker.service.d/"
#define LINE(args) "[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd " args "\n"
#define UNIT_AT "@/usr/lib/systemd/system/docker.service\n"
#define ENV_UNIT(line)                                                                             \
	TREE_BINARY UNIT_AT "[Service]\nEnvironmentFile=-/etc/default/docker\n"                    \
			    "ExecStart=/usr/sbin/dockerd " line "\n"

struct args_case {
	const char *name, *tree;
	const char *args;    /* each followed by a blank */
	const char *problem; /* part of it; NULL: dockerd would start */
};

static const struct args_case cases[] = {
	{"no unit", TREE_BINARY, "", NULL},
	{"plain unit", TREE_DEBIAN, "-H fd:// --containerd=/run/containerd/containerd.sock ", NULL},
	{"unit of /etc hides the package's",
	 TREE_DEBIAN "@/etc/systemd/system/docker.service\n"
		     "[Service]\nExecStart=/usr/sbin/dockerd -D\n",
	 "-D ", NULL},
	{"unit of /run hides the package's",
	 TREE_DEBIAN "@/run/systemd/system/docker.service\n"
		     "[Service]\nExecStart=/usr/sbin/dockerd -D\n",
	 "-D ", NULL},
	{"unit of /etc before that of /run",
	 TREE_DEBIAN
	 "@/run/systemd/system/docker.service\n[Service]\nExecStart=/usr/sbin/dockerd -D\n"
	 "@/etc/systemd/system/docker.service\n[Service]\nExecStart=/usr/sbin/dockerd --icc\n",
	 "--icc ", NULL},
	{"masked unit", TREE_DEBIAN "@/etc/systemd/system/docker.service -> /dev/null\n", "", NULL},
	{"empty unit masks", TREE_DEBIAN "@/etc/systemd/system/docker.service\n", "", NULL},
	{"drop-in resets", TREE_DEBIAN ETC "override.conf\n" LINE("--icc=false"), "--icc=false ",
	 NULL},
	{"drop-in adds a second command",
	 TREE_DEBIAN ETC "override.conf\n[Service]\nExecStart=/usr/sbin/dockerd -D\n", "-D ",
	 "more than one ExecStart="},
	{"drop-ins sorted by name over all directories",
	 TREE_DEBIAN ETC "90-a.conf\n" LINE("-D") LIB "10-b.conf\n" LINE("--icc"), "-D ", NULL},
	{"same name: the higher directory counts",
	 TREE_DEBIAN ETC "50-x.conf\n" LINE("-D") LIB "50-x.conf\n" LINE("--icc"), "-D ", NULL},
	{"drop-in masked by a link",
	 TREE_DEBIAN ETC "50-x.conf -> /dev/null\n" LIB "50-x.conf\n" LINE("--icc"),
	 "-H fd:// --containerd=/run/containerd/containerd.sock ", NULL},
	{"drop-in of all services",
	 TREE_DEBIAN "@/etc/systemd/system/service.d/10-all.conf\n" LINE("-D"), "-D ", NULL},
	{"the unit's own before that of all services",
	 TREE_DEBIAN "@/etc/systemd/system/service.d/10-x.conf\n" LINE("-D") LIB
	 "10-x.conf\n" LINE("--icc"),
	 "--icc ", NULL},
	{"no .conf, no drop-in", TREE_DEBIAN ETC "10-x.conf.bak\n" LINE("-D"),
	 "-H fd:// --containerd=/run/containerd/containerd.sock ", NULL},
	{"merged /usr is looked at once",
	 TREE_DEBIAN "@/lib -> usr/lib\n" LIB "10-x.conf\n[Service]\nEnvironment=DOCKER_OPTS=-D\n",
	 "-H fd:// --containerd=/run/containerd/containerd.sock -D ", NULL},
	{"only a reset is left", TREE_DEBIAN ETC "x.conf\n[Service]\nExecStart=\n", "",
	 "has no ExecStart="},
	{"wrong section", TREE_DEBIAN ETC "x.conf\n[Unit]\nExecStart=\n",
	 "-H fd:// --containerd=/run/containerd/containerd.sock ", NULL},

	{"$NAME is split",
	 ENV_UNIT("$DOCKER_OPTS -D") "@/etc/default/docker\n"
				     "DOCKER_OPTS=\"--icc=false  --label 'a b'\"\n",
	 "--icc=false --label a b -D ", NULL},
	{"${NAME} is not",
	 ENV_UNIT("--label=${DOCKER_OPTS}") "@/etc/default/docker\n"
					    "DOCKER_OPTS=\"a b\"\n",
	 "--label=a b ", NULL},
	{"unset variables", ENV_UNIT("$A -D --label=${B}"), "-D --label= ", NULL},
	{"escaped dollar and percent", ENV_UNIT("--label=$$A%%"), "--label=$A% ", NULL},
	{"$NAME inside a word stays", ENV_UNIT("--label=$A"), "--label=$A ", NULL},
	{"quotes of the line", ENV_UNIT("\"--label=a b\" '--label=c\\x20d' --label=e\\ f"),
	 "--label=a b --label=c d --label=e\\ f ", NULL},
	{"unbalanced quote", ENV_UNIT("\"--label=a b"), "", "ExecStart: a quote \" is not closed"},
	{"continuation with a comment inside", ENV_UNIT("-D \\\n# no\n; no\n  --icc"), "-D --icc ",
	 NULL},
	{"last environment file counts",
	 TREE_BINARY UNIT_AT
	 "[Service]\nEnvironment=O=-D\nEnvironmentFile=/etc/a\nEnvironmentFile=/etc/b\n"
	 "ExecStart=/usr/sbin/dockerd $O\n@/etc/a\nO=--ipv6\n@/etc/b\nO=--icc\n",
	 "--icc ", NULL},
	{"file before Environment",
	 TREE_BINARY UNIT_AT "[Service]\nEnvironmentFile=/etc/a\nEnvironment=O=-D \"P=--mtu 1\"\n"
			     "ExecStart=/usr/sbin/dockerd $O $P\n@/etc/a\nO=--ipv6\n",
	 "--ipv6 --mtu 1 ", NULL},
	{"reset of Environment",
	 TREE_BINARY UNIT_AT
	 "[Service]\nEnvironment=O=-D\nEnvironment=\nExecStart=/usr/sbin/dockerd $O\n",
	 "", NULL},
	{"missing environment file",
	 TREE_BINARY UNIT_AT "[Service]\nEnvironmentFile=/etc/a\nExecStart=/usr/sbin/dockerd\n", "",
	 "the environment file /etc/a is missing"},
	{"optional environment file", ENV_UNIT("-D"), "-D ", NULL},
	{"export is no assignment for systemd",
	 ENV_UNIT("$O") "@/etc/default/docker\nexport O=-D\n", "", NULL},
	{"prefixes", TREE_BINARY UNIT_AT "[Service]\nExecStart=-@/usr/sbin/dockerd name -D\n",
	 "-D ", NULL},
	{"colon: no expansion",
	 TREE_BINARY UNIT_AT "[Service]\nEnvironment=O=-D\n"
			     "ExecStart=:/usr/sbin/dockerd --label=${O}\n",
	 "--label=${O} ", NULL},
	{"named file that is missing", ENV_UNIT("--config-file=/etc/x.json"),
	 "--config-file=/etc/x.json ", "--config-file names it, but it is missing"},
	{"flag without its value", ENV_UNIT("--mtu"), "--mtu ", "--mtu needs a value"},
	{"bad bool", ENV_UNIT("--icc=no"), "--icc=no ", "takes true or false"},
	{"a word that is no flag", ENV_UNIT("--icc false"), "--icc false ", "is no flag"},
};

static void check_args(const struct args_case *c, const struct dockerd *d)
{
	struct strbuf args = {0};

	for (size_t i = 0; i < d->line.len; i++)
		strbuf_appendf(&args, "%s ", d->line.args[i].text);
	if (strcmp(strbuf_text(&args), c->args) != 0)
		fail_msg("%s: arguments \"%s\", expected \"%s\"", c->name, strbuf_text(&args),
			 c->args);
	strbuf_done(&args);
	if (!c->problem && d->problem.code != ERROR_NONE)
		fail_msg("%s: %s", c->name, error_message(&d->problem));
	if (c->problem &&
	    (d->problem.code != ERROR_FORMAT || !strstr(error_message(&d->problem), c->problem)))
		fail_msg("%s: \"%s\" lacks \"%s\"", c->name, error_message(&d->problem),
			 c->problem);
}

static void test_args(void **state)
{
	const struct args_case *c = *state;
	const struct dockerd *d;
	struct error err = {0};
	struct tree t;

	tree_open(&t, c->tree);
	if (look_dockerd(&t.host, &d, &err) < 0)
		fail_msg("%s: %s", c->name, error_message(&err));
	check_args(c, d);
	/* every argument can be found again at its place */
	for (size_t i = 0; i < d->line.len; i++) {
		const struct exec_arg *a = &d->line.args[i];
		const struct blob *b = dockerd_source_content(d, a->source);

		assert_true(a->span.start < a->span.end && a->span.end <= b->len);
	}
	tree_close(&t);
}

static void test_cache(void **state)
{
	const struct dockerd *first, *second;
	struct tree t;
	struct file_state absent = {0}, file = {.kind = FILE_REGULAR, .mode = 0644};

	(void)state;
	tree_open(&t, TREE_DEBIAN);
	assert_int_equal(look_dockerd(&t.host, &first, NULL), 0);
	assert_null(first->config_content);
	file.content = blob_new("x", 1);
	t.stage.control = "1.1.3";
	assert_int_equal(stage_put(&t.stage, "/etc/audit/rules.d/a", &absent, &file,
				   (struct stage_how){0}, NULL),
			 0);
	assert_int_equal(look_dockerd(&t.host, &second, NULL), 0);
	assert_ptr_equal(first, second); /* another file does not matter */
	blob_free(file.content);
	file.content = blob_new("{\"icc\":false}", 13);
	assert_int_equal(stage_put(&t.stage, "/etc/docker", &absent,
				   &(struct file_state){.kind = FILE_DIRECTORY, .mode = 0755},
				   (struct stage_how){0}, NULL),
			 0);
	assert_int_equal(stage_put(&t.stage, "/etc/docker/daemon.json", &absent, &file,
				   (struct stage_how){0}, NULL),
			 0);
	assert_int_equal(look_dockerd(&t.host, &second, NULL), 0);
	assert_non_null(second->config_content);
	assert_false(dockerd_true(second, "icc"));
	blob_free(file.content);
	tree_close(&t);
}

static const struct {
	const char *tree, *key, *value, *source;
} settings[] = {
	{TREE_DEBIAN, "icc", "true", "default of 20.10.24"},
	{TREE_DEBIAN, "ip6tables", "false", "default of 20.10.24"},
	{TREE_28, "ip6tables", "true", "default of 28.5.2"},
	{TREE_DEBIAN, "seccomp-profile", "", "default of 20.10.24"},
	{TREE_26, "seccomp-profile", "builtin", "default of 26.1.5"},
	{TREE_DEBIAN JSON_AT "{\n  \"mtu\":1400}\n", "mtu", "1400", "/etc/docker/daemon.json:2:9"},
	{TREE_DEBIAN "@/etc/default/docker\n\nDOCKER_OPTS='-D --mtu 9 --mtu=10'\n", "mtu", "10",
	 "docker.service ExecStart --mtu=10 (/etc/default/docker:2)"},
	{TREE_DEBIAN JSON_AT "{\"log-opts\":{\"a.b\":\"c\"}}\n", "log-opts.a.b", "c",
	 "/etc/docker/daemon.json:1:13"},
	{TREE_BINARY, "log-level", "info", "default (engine version unknown)"},
};

static void test_settings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		struct setting s = {0};
		const struct dockerd *d;
		char text[32] = "";
		struct tree t;

		tree_open(&t, settings[i].tree);
		assert_int_equal(look_dockerd(&t.host, &d, NULL), 0);
		assert_int_equal(dockerd_setting(d, settings[i].key, &s, NULL), 0);
		if (s.value->kind == VALUE_BOOL)
			(void)snprintf(text, sizeof(text), "%s",
				       s.value->boolean ? "true" : "false");
		else if (s.value->kind == VALUE_INTEGER)
			(void)snprintf(text, sizeof(text), "%d", (int)s.value->integer);
		else
			(void)snprintf(text, sizeof(text), "%s", value_as_text(s.value));
		assert_string_equal(text, settings[i].value);
		assert_string_equal(s.source, settings[i].source);
		setting_done(&s);
		tree_close(&t);
	}
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(cases) + 2] = {
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_settings),
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		tests[i + 2] = (struct CMUnitTest){cases[i].name, test_args, NULL, NULL,
						   (void *)&cases[i]};
	return cmocka_run_group_tests_name("host look_dockerd", tests, NULL, NULL);
}
