// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `daemon` on small trees: verdicts of section 2 and the files that come of them.
 * Names that begin with a letter and a number are rows of the table of other tools' mistakes.
 */
#include "tests/unit/daemon_fixture.h"

#define ICC "{\"key\":\"icc\",\"equals\":\"false\",\"unless\":{\"bridge\":\"none\"}}"
#define LEVEL "{\"key\":\"log-level\",\"equals\":\"info\"}"
#define DEBUG "{\"key\":\"debug\",\"equals\":\"false\"}"
#define IPTABLES "{\"key\":\"iptables\",\"equals\":\"true\",\"fix\":\"absent\"}"
#define INSECURE "{\"key\":\"insecure-registries\",\"empty\":\"true\",\"allow\":[]}"
#define AUFS "{\"key\":\"storage-driver\",\"not\":\"aufs\",\"fix\":\"none\"}"
#define PARENT "{\"key\":\"cgroup-parent\",\"empty\":\"true\",\"allow\":\"\",\"fix\":\"absent\"}"
#define BASESIZE "{\"key\":\"storage-opts\",\"lacks\":\"dm.basesize=*\"}"
#define NNP "{\"key\":\"no-new-privileges\",\"equals\":\"true\"}"
#define LIVE "{\"key\":\"live-restore\",\"equals\":\"true\",\"unless-swarm\":\"true\"}"
#define PROXY "{\"key\":\"userland-proxy\",\"equals\":\"false\"}"
#define EXPERIMENTAL "{\"key\":\"experimental\",\"equals\":\"false\"}"
#define CONFIG "/etc/docker/daemon.json"
#define ENV_AT "@/etc/default/docker\n"
#define SWARM "@/var/lib/docker/swarm/docker-state.json\n{\"LocalAddr\":\"10.0.0.1\"}\n"

static const struct daemon_case cases[] = {
	{"absent file is made", TREE_DEBIAN, ICC, STATUS_FAIL, "icc is true (default of 20.10.24)",
	 CONFIG, "{\n  \"icc\": false\n}\n", NULL},
	{"C16 B7 minified and right", TREE_DEBIAN JSON_AT "{\"icc\":false}", ICC, STATUS_PASS, NULL,
	 NULL, NULL, NULL},
	{"C1 C8 C27 other keys stay",
	 TREE_DEBIAN JSON_AT "{\n    \"data-root\": \"/srv\",\n    \"dns\": [\"10.0.0.1\"]\n}\n",
	 ICC, STATUS_FAIL, NULL, CONFIG,
	 "{\n    \"data-root\": \"/srv\",\n    \"dns\": [\"10.0.0.1\"],\n    \"icc\": false\n}\n",
	 NULL},
	{"B12 set in the file only", TREE_DEBIAN JSON_AT "{\"userland-proxy\": false}\n", PROXY,
	 STATUS_PASS, NULL, NULL, NULL, NULL},
	{"C3 flag in the environment file",
	 TREE_DEBIAN ENV_AT "# ours\nDOCKER_OPTS=\"--icc=true --dns 8.8.8.8\"\n", ICC, STATUS_FAIL,
	 "--icc=true (/etc/default/docker:2)", "/etc/default/docker",
	 "# ours\nDOCKER_OPTS=\"--icc=false --dns 8.8.8.8\"\n", NULL},
	{"flag already right", TREE_DEBIAN ENV_AT "DOCKER_OPTS=--icc=f\n", ICC, STATUS_PASS, NULL,
	 NULL, NULL, NULL},
	{"no bridge", TREE_DEBIAN JSON_AT "{\"bridge\":\"none\"}", ICC, STATUS_NOT_APPLICABLE,
	 "bridge is", NULL, NULL, NULL},
	{"C5 iptables off", TREE_DEBIAN JSON_AT "{\"iptables\": false}\n", ICC, STATUS_FAIL, NULL,
	 NULL, NULL, "icc=false with iptables=false"},
	{"null of a bool is false", TREE_DEBIAN JSON_AT "{\"iptables\": null}\n", IPTABLES,
	 STATUS_FAIL, NULL, CONFIG, "{}\n", NULL},

	{"A5 level by flag", TREE_DEBIAN ENV_AT "DOCKER_OPTS=--log-level=debug\n", LEVEL,
	 STATUS_FAIL, "log-level is \"debug\"", "/etc/default/docker", "DOCKER_OPTS=\n", NULL},
	{"level by flag, two words",
	 TREE_DEBIAN ENV_AT "DOCKER_OPTS='--mtu 1400 -l debug --ipv6'\n", LEVEL, STATUS_FAIL,
	 "-l debug", "/etc/default/docker", "DOCKER_OPTS='--mtu 1400 --ipv6'\n", NULL},
	{"A7 level in the file", TREE_DEBIAN JSON_AT "{\"log-level\":\"debug\"}\n", LEVEL,
	 STATUS_FAIL, "daemon.json:1:14", CONFIG, "{\"log-level\":\"info\"}\n", NULL},
	{"B6 level absent", TREE_DEBIAN, LEVEL, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"level in capitals", TREE_DEBIAN JSON_AT "{\"log-level\":\"INFO\"}\n", LEVEL, STATUS_PASS,
	 NULL, NULL, NULL, NULL},
	{"A6 debug in the file", TREE_DEBIAN JSON_AT "{\"debug\": true}\n", DEBUG, STATUS_FAIL,
	 NULL, CONFIG, "{\"debug\": false}\n", NULL},
	{"debug in a bundle", TREE_DEBIAN ENV_AT "DOCKER_OPTS=\"-Ds overlay2\"\n", DEBUG,
	 STATUS_FAIL, NULL, "/etc/default/docker", "DOCKER_OPTS=\"-s overlay2\"\n", NULL},
	{"debug absent", TREE_DEBIAN, DEBUG, STATUS_PASS, NULL, NULL, NULL, NULL},

	{"A8 iptables in the file", TREE_DEBIAN JSON_AT "{\"iptables\": false, \"mtu\": 9000}\n",
	 IPTABLES, STATUS_FAIL, NULL, CONFIG, "{\"mtu\": 9000}\n", NULL},
	{"B6 iptables absent", TREE_DEBIAN, IPTABLES, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"B6 registries absent", TREE_DEBIAN, INSECURE, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"registry is cleared by an empty list",
	 TREE_DEBIAN JSON_AT "{\"insecure-registries\": [\"r:5000\"]}\n", INSECURE, STATUS_FAIL,
	 "holds \"r:5000\"", CONFIG, "{\"insecure-registries\": []}\n", NULL},
	{"allowed registry stays",
	 TREE_DEBIAN JSON_AT "{\"insecure-registries\": [\"r:5000\", \"s:5000\"]}\n",
	 "{\"key\":\"insecure-registries\",\"empty\":\"true\",\"allow\":[\"s:5000\"]}", STATUS_FAIL,
	 "holds \"r:5000\"", CONFIG, "{\"insecure-registries\": [\"s:5000\"]}\n", NULL},
	{"registry by flag",
	 TREE_DEBIAN ENV_AT
	 "DOCKER_OPTS=\"--insecure-registry r:5000 --mtu=1400 --insecure-registry=s:1\"\n",
	 INSECURE, STATUS_FAIL, NULL, "/etc/default/docker", "DOCKER_OPTS=\"--mtu=1400\"\n", NULL},

	{"C11 driver is never forced", TREE_DEBIAN JSON_AT "{\"storage-driver\":\"aufs\"}\n", AUFS,
	 STATUS_FAIL, NULL, NULL, NULL, "storage-driver is \"aufs\""},
	{"other driver", TREE_DEBIAN JSON_AT "{\"storage-driver\":\"btrfs\"}\n", AUFS, STATUS_PASS,
	 NULL, NULL, NULL, NULL},
	{"A12 cgroup parent in the file", TREE_DEBIAN JSON_AT "{\"cgroup-parent\": \"/foo\"}\n",
	 PARENT, STATUS_FAIL, "cgroup-parent is \"/foo\"", CONFIG, "{}\n", NULL},
	{"A13 cgroup parent by flag", TREE_DEBIAN ENV_AT "DOCKER_OPTS='--cgroup-parent=/foo'\n",
	 PARENT, STATUS_FAIL, NULL, "/etc/default/docker", "DOCKER_OPTS=''\n", NULL},
	{"B9 no cgroup parent", TREE_DEBIAN, PARENT, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"approved cgroup parent", TREE_DEBIAN JSON_AT "{\"cgroup-parent\": \"a.slice\"}\n",
	 "{\"key\":\"cgroup-parent\",\"empty\":\"true\",\"allow\":\"a.slice\",\"fix\":\"absent\"}",
	 STATUS_PASS, NULL, NULL, NULL, NULL},
	{"C6 a parent that is no slice", TREE_DEBIAN,
	 "{\"key\":\"cgroup-parent\",\"equals\":\"/docker\"}", STATUS_FAIL, NULL, NULL, NULL,
	 "is no slice"},
	{"B9 no base size", TREE_DEBIAN, BASESIZE, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"base size is taken out",
	 TREE_DEBIAN JSON_AT
	 "{\n  \"storage-opts\": [\n    \"DM.basesize=10G\",\n    \"overlay2.size=1G\"\n  ]\n}\n",
	 BASESIZE, STATUS_FAIL, NULL, CONFIG,
	 "{\n  \"storage-opts\": [\n    \"overlay2.size=1G\"\n  ]\n}\n", NULL},
	{"last base size takes the list along",
	 TREE_DEBIAN JSON_AT "{\"ipv6\": true, \"storage-opts\": [\"dm.basesize=10G\"]}\n",
	 BASESIZE, STATUS_FAIL, NULL, CONFIG, "{\"ipv6\": true}\n", NULL},

	{"no new privileges", TREE_DEBIAN, NNP, STATUS_FAIL, NULL, CONFIG,
	 "{\n  \"no-new-privileges\": true\n}\n", NULL},
	{"no new privileges off by flag",
	 TREE_DEBIAN ENV_AT "DOCKER_OPTS=--no-new-privileges=false\n", NNP, STATUS_FAIL, NULL,
	 "/etc/default/docker", "DOCKER_OPTS=--no-new-privileges=true\n", NULL},
	{"live restore", TREE_DEBIAN, LIVE, STATUS_FAIL, NULL, CONFIG,
	 "{\n  \"live-restore\": true\n}\n", NULL},
	{"live restore off by flag", TREE_DEBIAN ENV_AT "DOCKER_OPTS=--live-restore=false\n", LIVE,
	 STATUS_FAIL, NULL, "/etc/default/docker", "DOCKER_OPTS=--live-restore=true\n", NULL},
	{"B11 swarm node", TREE_DEBIAN SWARM, LIVE, STATUS_NOT_APPLICABLE, "swarm node", NULL, NULL,
	 NULL},
	{"C4 swarm node without the guard", TREE_DEBIAN SWARM,
	 "{\"key\":\"live-restore\",\"equals\":\"true\"}", STATUS_FAIL, NULL, NULL, NULL,
	 "swarm node"},
	{"userland proxy true on 28", TREE_28 JSON_AT "{\"userland-proxy\": false}",
	 "{\"key\":\"userland-proxy\",\"equals\":\"true\"}", STATUS_FAIL, NULL, NULL, NULL,
	 "makes every reload fail"},
	{"A19 experimental", TREE_28 JSON_AT "{\"experimental\": true}\n", EXPERIMENTAL,
	 STATUS_FAIL, NULL, CONFIG, "{\"experimental\": false}\n", NULL},

	{"C2 key that this version lacks", TREE_DEBIAN,
	 "{\"key\":\"log-format\",\"equals\":\"json\"}", STATUS_FAIL, NULL, NULL, NULL,
	 "has no key \"log-format\""},
	{"C14 C15 broken file", TREE_DEBIAN JSON_AT "{ // comment\n}\n", ICC, STATUS_ERROR,
	 "daemon.json:1:3", NULL, NULL, NULL},
	{"C27 trailing comma", TREE_DEBIAN JSON_AT "{\n  \"ipv6\": true,\n}\n", ICC, STATUS_ERROR,
	 "daemon.json:", NULL, NULL, NULL},
	{"C3 flag and file",
	 TREE_DEBIAN JSON_AT "{\"icc\": false}\n" ENV_AT "DOCKER_OPTS=--icc=false\n", ICC,
	 STATUS_ERROR, "set here and by the flag --icc", NULL, NULL, NULL},
	{"empty file before 23.0", TREE_DEBIAN JSON_AT, ICC, STATUS_ERROR, "daemon.json:1:1", NULL,
	 NULL, NULL},
	{"empty file of 26.1", TREE_26 JSON_AT, ICC, STATUS_FAIL, NULL, CONFIG,
	 "{\n  \"icc\": false\n}\n", NULL},
	{"text instead of a bool", TREE_DEBIAN JSON_AT "{\"icc\": \"false\"}\n", ICC, STATUS_ERROR,
	 "daemon.json:1:9: \"icc\" must be true or false", NULL, NULL, NULL},
	{"number in log-opts", TREE_DEBIAN JSON_AT "{\"log-opts\": {\"max-file\": 3}}\n", ICC,
	 STATUS_ERROR, "daemon.json:1:27: every value in \"log-opts\" must be a text", NULL, NULL,
	 NULL},
	{"C2 key that is gone", TREE_DEBIAN JSON_AT "{\"disable-legacy-registry\": true}\n", ICC,
	 STATUS_ERROR, "daemon.json:1:2", NULL, NULL, NULL},
	{"unknown key", TREE_DEBIAN JSON_AT "{\"_comment\": \"x\"}\n", ICC, STATUS_ERROR,
	 "daemon.json:1:2: dockerd knows no key \"_comment\"", NULL, NULL, NULL},
	{"key in capitals", TREE_DEBIAN JSON_AT "{\"ICC\": false}\n", ICC, STATUS_ERROR,
	 "knows no key \"ICC\"", NULL, NULL, NULL},
	{"C28 spelling of the flag is ignored",
	 TREE_DEBIAN JSON_AT "{\"default-ulimit\": [\"nofile=1:2\"]}\n", DEBUG, STATUS_PASS,
	 "\"default-ulimit\" is the name of a flag", NULL, NULL, NULL},
	{"unknown object is ignored", TREE_DEBIAN JSON_AT "{\"x\": {\"icc\": false}}\n", ICC,
	 STATUS_FAIL, "the object \"x\" is accepted but its content is ignored", CONFIG,
	 "{\"x\": {\"icc\": false}, \"icc\": false}\n", NULL},
	{"proxy at the top is ignored", TREE_26 JSON_AT "{\"http-proxy\": \"http://p\"}\n", DEBUG,
	 STATUS_PASS, "\"http-proxy\" is ignored", NULL, NULL, NULL},
	{"unknown flag", TREE_DEBIAN ENV_AT "DOCKER_OPTS=--nonsense\n", ICC, STATUS_ERROR,
	 "/etc/default/docker:1:13: dockerd knows no flag --nonsense", NULL, NULL, NULL},
	{"no Docker", "@/etc/hosts\n", ICC, STATUS_NOT_APPLICABLE, "not installed", NULL, NULL,
	 NULL},

	{"flag of a package's unit goes by a drop-in",
	 TREE_DPKG("5:26.1.5-1~debian.12~bookworm") TREE_BINARY
	 "@/lib -> usr/lib\n"
	 "@/usr/lib/systemd/system/docker.service\n[Service]\n"
	 "ExecStart=/usr/bin/dockerd -H fd:// \\\n  --icc=true \\\n  --label \"a b\" $OPTIONS\n",
	 ICC, STATUS_FAIL, "/usr/lib/systemd/system/docker.service:3",
	 "/etc/systemd/system/docker.service.d/50-harden.conf",
	 "# Written by harden: a line of /usr/lib/systemd/system/docker.service, changed.\n"
	 "[Service]\nExecStart=\n"
	 "ExecStart=/usr/bin/dockerd -H fd://  --icc=false  --label \"a b\" $OPTIONS\n",
	 NULL},
	{"flag of a unit below /etc is edited in place",
	 TREE_DEBIAN "@/etc/systemd/system/docker.service\n[Service]\n"
		     "ExecStart=/usr/sbin/dockerd \\\n  --userland-proxy \\\n  -H fd://\n",
	 PROXY, STATUS_FAIL, NULL, "/etc/systemd/system/docker.service",
	 "[Service]\nExecStart=/usr/sbin/dockerd \\\n  --userland-proxy=false \\\n  -H fd://\n",
	 NULL},
	{"upstream unit reads no environment file",
	 TREE_DPKG("20.10.24") TREE_BINARY
	 "@/usr/lib/systemd/system/docker.service\n[Service]\nExecStart=/usr/bin/dockerd -H "
	 "fd://\n" ENV_AT "DOCKER_OPTS=--icc=false\n",
	 ICC, STATUS_FAIL, NULL, CONFIG, "{\n  \"icc\": false\n}\n", NULL},
	{"init script sources the file",
	 TREE_DPKG("20.10.24") TREE_BINARY "@/etc/init.d/docker 0755\n#!/bin/sh\n" ENV_AT
					   "export DOCKER_OPTS=\"--icc=true\" # x\n",
	 ICC, STATUS_FAIL, "/etc/init.d/docker --icc=true (/etc/default/docker:1)",
	 "/etc/default/docker", "export DOCKER_OPTS=\"--icc=false\" # x\n", NULL},
};

static void test_case(void **state)
{
	daemon_run_case(*state);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(cases)];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		tests[i] = (struct CMUnitTest){cases[i].name, test_case, NULL, NULL,
					       (void *)&cases[i]};
	return cmocka_run_group_tests_name("resource daemon", tests, NULL, NULL);
}
