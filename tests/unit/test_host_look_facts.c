// SPDX-License-Identifier: Apache-2.0
/*
 * Facts of small trees: values with their sources, what a broken configuration leaves unknown, and
 * that every name of the table is filled.
 */
#include "harden/host/look_facts.h"

#include "harden/model/fact_table.h"
#include "harden/text/json.h"
#include "tests/unit/dockerd_fixture.h"

struct fact_case {
	const char *tree, *name;
	const char *value;  /* compact JSON; NULL: unknown */
	const char *source; /* part of it, or of the problem */
};

#define CONTAINERD                                                                                 \
	"@/usr/lib/systemd/system/containerd.service\n[Service]\n"                                 \
	"ExecStart=/usr/bin/containerd\n"

static const struct fact_case cases[] = {
	{TREE_DEBIAN, "docker.installed", "true", "package docker.io"},
	{TREE_DEBIAN, "docker.flavour", "\"debian\"", "docker.io"},
	{TREE_BINARY, "docker.flavour", "\"static\"", "/usr/sbin/dockerd"},
	{"@/etc/hosts\n", "docker.flavour", "\"none\"", "nothing of Docker"},
	{"@/etc/hosts\n", "docker.installed", "false", ""},
	{TREE_DEBIAN, "docker.version", "\"20.10.24\"", "package database"},
	{TREE_DPKG("5:28.0.1-1~debian.12~bookworm"), "docker.version", "\"28.0.1\"", ""},
	{TREE_DEBIAN, "docker.dockerd", "\"/usr/sbin/dockerd\"", "ExecStart"},
	{TREE_DEBIAN, "docker.runc", "null", "PATH"},
	{TREE_DEBIAN "@/usr/sbin/runc\nx\n@/usr/bin/runc -> ../sbin/runc\n", "docker.runc",
	 "\"/usr/sbin/runc\"", ""},
	{TREE_DEBIAN, "docker.data_root", "\"/var/lib/docker\"", "default of 20.10.24"},
	{TREE_DEBIAN JSON_AT "{\"data-root\":\"/srv/d\"}\n", "docker.data_root", "\"/srv/d\"",
	 "/etc/docker/daemon.json:1:14"},
	{TREE_DEBIAN JSON_AT "{\"graph\":\"/srv/g\"}\n", "docker.data_root", "\"/srv/g\"", ""},
	{TREE_DEBIAN, "docker.config", "\"/etc/docker/daemon.json\"", "built-in"},
	{TREE_DEBIAN "@/etc/default/docker\nDOCKER_OPTS=--config-file=/etc/d.json\n"
		     "@/etc/d.json\n{}\n",
	 "docker.config", "\"/etc/d.json\"", "--config-file"},
	{TREE_DEBIAN, "docker.group", "\"docker\"", "docker.socket SocketGroup"},
	{TREE_BINARY JSON_AT "{\"group\":\"wheel\"}\n", "docker.group", "\"wheel\"", "daemon.json"},
	{TREE_DEBIAN, "docker.sockets", "[\"/run/docker.sock\"]", "docker.socket ListenStream"},
	{TREE_BINARY "@/run/\n@/var/run -> /run\n", "docker.sockets", "[\"/run/docker.sock\"]",
	 "default"},
	{TREE_BINARY JSON_AT "{\"hosts\":[\"unix:///a.sock\",\"tcp://:1\",\"unix:///b.sock\"]}\n",
	 "docker.sockets", "[\"/a.sock\",\"/b.sock\"]", "daemon.json:1:11"},
	{TREE_DEBIAN, "docker.service_unit", "\"/usr/lib/systemd/system/docker.service\"", ""},
	{TREE_DEBIAN "@/etc/systemd/system/docker.service.d/a.conf\n[Service]\nX=1\n",
	 "docker.service_files",
	 "[\"/usr/lib/systemd/system/docker.service\","
	 "\"/etc/systemd/system/docker.service.d/a.conf\"]",
	 ""},
	{TREE_DEBIAN "@/etc/systemd/system/docker.service.d/a.conf\n[Service]\nX=1\n",
	 "docker.service_dirs", "[\"/etc/systemd/system/docker.service.d\"]", ""},
	{TREE_DEBIAN "@/etc/systemd/system/docker.service -> /dev/null\n", "docker.service_unit",
	 "null", "masked"},
	{TREE_DEBIAN "@/etc/default/docker\n#\n", "docker.env_files", "[\"/etc/default/docker\"]",
	 "EnvironmentFile"},
	{TREE_DEBIAN, "docker.tlskey", "null", ""},
	{TREE_BINARY JSON_AT "{\"tlsverify\":true,\"tlskey\":\"/k\"}\n", "docker.tlskey", "\"/k\"",
	 ""},
	{TREE_DEBIAN, "docker.swarm", "false", "no swarm state"},
	{TREE_DEBIAN "@/var/lib/docker/swarm/docker-state.json\n{}\n", "docker.swarm", "true",
	 "docker-state.json"},
	{TREE_DEBIAN "@/var/lib/docker/1000.1000/swarm/docker-state.json\n{}\n", "docker.swarm",
	 "true", "1000.1000"},
	{TREE_DEBIAN JSON_AT "{\"userns-remap\":\"default\"}\n", "docker.userns", "true", ""},
	{TREE_DEBIAN JSON_AT "{\"userns-remap\":\"root\"}\n", "docker.userns", "false", ""},
	{TREE_DEBIAN CONTAINERD, "containerd.socket", "\"/run/containerd/containerd.sock\"",
	 "--containerd"},
	{TREE_BINARY CONTAINERD
	 "@/etc/containerd/config.toml\n"
	 "imports = [\"conf.d/*.toml\",]\n[grpc] # x\n  address = '/run/c.sock'\n"
	 "@/etc/containerd/conf.d/a.toml\n[plugins.\"x.y\".z]\na = {b = \"}\"}\n",
	 "containerd.socket", "\"/run/c.sock\"", "/etc/containerd/config.toml:3"},
	{TREE_BINARY CONTAINERD "@/etc/containerd/config.toml\n"
				"imports = [\n  \"/etc/c/*.toml\", # one\n]\n@/etc/c/a.toml\n\n"
				"[grpc]\naddress = \"/i.sock\"\n",
	 "containerd.socket", "\"/i.sock\"", "/etc/c/a.toml:3"},
	{TREE_BINARY CONTAINERD "@/etc/containerd/config.toml\nimports = [\"/etc/c/*.toml\"]\n"
				"@/etc/c/a.toml\n\n",
	 "containerd.config_files", "[\"/etc/containerd/config.toml\",\"/etc/c/a.toml\"]", ""},
	{TREE_BINARY, "containerd.socket", "\"/var/run/docker/containerd/containerd.sock\"",
	 "its own containerd"},
	{TREE_BINARY CONTAINERD "@/etc/containerd/config.toml\nstate = \"/run/x\"\n",
	 "containerd.state", "\"/run/x\"", ":1"},
	{TREE_BINARY "@/etc/containerd/config.toml\n\nkey value\n", "containerd.socket", NULL,
	 "/etc/containerd/config.toml:2: expected ="},
	{"@/etc/os-release\nID=debian\nVERSION_ID=\"12\"\n", "host.os", "\"debian\"", "os-release"},
	{"@/etc/os-release\nID=debian\nVERSION_ID=\"12\"\n", "host.os_version", "\"12\"", ""},
	{"@/usr/lib/os-release\nID=arch\n", "host.os_version", "null", ""},
	{"@/usr/lib/modules/6.1.0-9/\n@/usr/lib/modules/6.1.0-41/\n@/usr/lib/modules/5.10.0-1/\n",
	 "host.kernel", "\"6.1.0-41\"", "/usr/lib/modules"},
	{"@/etc/hosts\n", "host.kernel", "null", ""},
	{"@/usr/lib/systemd/systemd\nx\n", "host.init", "\"systemd\"", ""},
	{"@/sbin/openrc-run\nx\n", "host.init", "\"openrc\"", ""},
	{"@/etc/selinux/config\nSELINUX=enforcing\n@/etc/apparmor.d/\n", "host.lsm",
	 "[\"selinux\",\"apparmor\"]", ""},
	{"@/etc/hosts\n", "host.live", "false", "--root"},
	{"@/usr/sbin/auditctl\nx\n", "audit.installed", "true", "/usr/sbin/auditctl"},
	{"@/etc/hosts\n", "audit.installed", "false", ""},
	/* broken configuration: what depends on it is unknown, the rest is not */
	{TREE_DEBIAN JSON_AT "{\n", "docker.data_root", NULL, "/etc/docker/daemon.json:2:1"},
	{TREE_DEBIAN JSON_AT "{\n", "docker.sockets", NULL, "/etc/docker/daemon.json:2:1"},
	{TREE_DEBIAN JSON_AT "{\n", "docker.service_unit",
	 "\"/usr/lib/systemd/system/docker.service\"", ""},
	{TREE_DEBIAN JSON_AT "{\n", "host.init", "\"unknown\"", ""},
};

static void test_fact(void **state)
{
	const struct fact_case *c = *state;
	struct facts facts = {0};
	const struct fact *f;
	struct error err = {0};
	char *text = NULL;
	const char *source;
	struct tree t;

	tree_open(&t, c->tree);
	if (look_facts(&t.host, &facts, &err) < 0)
		fail_msg("%s: %s", c->name, error_message(&err));
	assert_int_equal(facts.len, fact_table_len);
	f = facts_find(&facts, c->name);
	assert_non_null(f);
	source = f->value ? f->source : error_message(&f->problem);
	if (f->value)
		assert_int_equal(json_to_text(f->value, &text, NULL), 0);
	if ((text && !c->value) || (!text && c->value) || (text && strcmp(text, c->value) != 0))
		fail_msg("%s is %s, expected %s (%s)", c->name, text ? text : "unknown",
			 c->value ? c->value : "unknown", source);
	if (!strstr(source, c->source))
		fail_msg("%s: \"%s\" lacks \"%s\"", c->name, source, c->source);
	free(text);
	facts_done(&facts);
	tree_close(&t);
}

static void test_table(void **state)
{
	(void)state;
	assert_non_null(fact_table_find("docker.sockets"));
	assert_null(fact_table_find("docker.socket"));
	assert_string_equal(fact_table_nearest("docker.socketz"), "docker.sockets");
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(cases) + 1] = {cmocka_unit_test(test_table)};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		tests[i + 1] = (struct CMUnitTest){cases[i].name, test_fact, NULL, NULL,
						   (void *)&cases[i]};
	return cmocka_run_group_tests_name("host look_facts", tests, NULL, NULL);
}
