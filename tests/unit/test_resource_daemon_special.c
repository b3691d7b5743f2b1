// SPDX-License-Identifier: Apache-2.0
/*
 * Operators with rules of their own: TCP listeners, ulimits, user namespaces, plugins, log drivers,
 * seccomp profiles. Names that begin with a letter and a number are rows of the table of other
 * tools' mistakes.
 */
#include "tests/unit/daemon_fixture.h"
#include "tests/unit/pem_fixture.h"

#define TCP "{\"key\":\"hosts\",\"verified-tcp\":\"true\"}"
#define TCP_REMOVE "{\"key\":\"hosts\",\"verified-tcp\":\"true\",\"remove-tcp\":\"true\"}"
#define TCP_TLS                                                                                    \
	"{\"key\":\"hosts\",\"verified-tcp\":\"true\",\"tlscacert\":\"/etc/ca.pem\","              \
	"\"tlscert\":\"/etc/cert.pem\",\"tlskey\":\"/etc/key.pem\"}"
#define ULIMITS "{\"key\":\"default-ulimits\",\"valid-ulimits\":\"true\",\"fix\":{}}"
#define ULIMITS_SET                                                                                \
	"{\"key\":\"default-ulimits\",\"valid-ulimits\":\"true\",\"fix\":{\"nofile\":\"64:65\"}}"
#define MAPPED "{\"key\":\"userns-remap\",\"mapped\":\"true\",\"fix\":\"\"}"
#define MAPPED_SET "{\"key\":\"userns-remap\",\"mapped\":\"true\",\"fix\":\"default\"}"
#define PLUGIN "{\"key\":\"authorization-plugins\",\"plugin\":\"true\",\"fix\":\"\"}"
#define PLUGIN_SET "{\"key\":\"authorization-plugins\",\"plugin\":\"true\",\"fix\":\"opa\"}"
#define MANAGED(enabled, type)                                                                     \
	"{\"plugin\":{\"Name\":\"site/gate:latest\",\"Enabled\":" enabled                          \
	",\"Config\":{\"Interface\":{\"Types\":[\"" type "\"]}}}}\n"
#define REMOTE                                                                                     \
	"{\"key\":\"log-driver\",\"remote\":\"true\",\"forwarded\":\"false\",\"fix\":\"\","        \
	"\"opts\":{}}"
#define FORWARDED "{\"key\":\"log-driver\",\"remote\":\"true\",\"forwarded\":\"true\"}"
#define REMOTE_SET(opts)                                                                           \
	"{\"key\":\"log-driver\",\"remote\":\"true\",\"fix\":\"syslog\",\"opts\":" opts "}"
#define CONFINED "{\"key\":\"seccomp-profile\",\"confined\":\"true\",\"allow\":\"/etc/p.json\"}"

#define CONFIG "/etc/docker/daemon.json"
#define ENV_AT "@/etc/default/docker\n"
#define CERTS "@/etc/ca.pem\n" PEM_CA "@/etc/cert.pem\n" PEM_CERT "@/etc/key.pem 0400\n" PEM_KEY
#define TLS_KEYS                                                                                   \
	"\"tlscacert\":\"/etc/ca.pem\",\"tlscert\":\"/etc/cert.pem\",\"tlskey\":\"/etc/key.pem\""
/* a unit without -H, as a host with "hosts" in daemon.json needs it */
#define BARE                                                                                       \
	TREE_DPKG("20.10.24")                                                                      \
	TREE_BINARY "@/usr/lib/systemd/system/docker.service\n[Service]\nExecStart=/usr/sbin/"     \
		    "dockerd\n"
#define USERS "@/etc/passwd\nroot:x:0:0::/root:/bin/sh\nmapper:x:900:900::/:/bin/false\n"

static const struct daemon_case cases[] = {
	{"A1 tcp by flag without TLS", TREE_DEBIAN ENV_AT "DOCKER_OPTS=\"-H tcp://0.0.0.0:2375\"\n",
	 TCP, STATUS_FAIL, "the API listens on tcp://0.0.0.0:2375", NULL, NULL, "listens on TCP"},
	{"A2 hosts over several lines",
	 BARE JSON_AT
	 "{\n\"hosts\": [\n\"unix:///run/docker.sock\",\n\"tcp://0.0.0.0:2375\"\n]\n}\n",
	 TCP, STATUS_FAIL, "daemon.json:4:1", NULL, NULL, "listens on TCP"},
	{"A4 tcp of docker.socket",
	 TREE_DEBIAN "@/etc/systemd/system/docker.socket.d/tcp.conf\n"
		     "[Socket]\nListenStream=2375\n",
	 TCP, STATUS_FAIL, "docker.socket ListenStream", NULL, NULL, "listens on TCP"},
	{"B3 unix only", TREE_DEBIAN, TCP, STATUS_NOT_APPLICABLE, "does not listen on TCP", NULL,
	 NULL, NULL},
	{"B2 tcp of syslog is no listener",
	 TREE_DEBIAN JSON_AT
	 "{\"log-driver\":\"syslog\",\"log-opts\":{\"syslog-address\":\"tcp://10.0.0.1:514\"}}\n",
	 TCP, STATUS_NOT_APPLICABLE, NULL, NULL, NULL, NULL},
	{"B1 TLS in the file",
	 BARE CERTS JSON_AT "{\"hosts\":[\"tcp://0.0.0.0:2376\"],\"tlsverify\":true," TLS_KEYS
			    "}\n",
	 TCP, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"tls alone verifies too",
	 BARE CERTS JSON_AT "{\"hosts\":[\"tcp://0.0.0.0:2376\"],\"tls\":true," TLS_KEYS "}\n", TCP,
	 STATUS_PASS, NULL, NULL, NULL, NULL},
	{"tlsverify false is TLS without check",
	 BARE CERTS JSON_AT "{\"hosts\":[\":2376\"],\"tls\":true,\"tlsverify\":false," TLS_KEYS
			    "}\n",
	 TCP, STATUS_FAIL, "without asking for a client certificate", NULL, NULL, "listens on TCP"},
	{"loopback fails too", TREE_DEBIAN ENV_AT "DOCKER_OPTS=-H=127.0.0.1:2375\n", TCP,
	 STATUS_FAIL, "127.0.0.1:2375", NULL, NULL, "listens on TCP"},
	{"environment switches nothing on",
	 TREE_DEBIAN ENV_AT "DOCKER_TLS_VERIFY=1\nDOCKER_OPTS=-H=tcp://:2376\n", TCP, STATUS_FAIL,
	 "without TLS", NULL, NULL, "listens on TCP"},
	{"flag brings default paths",
	 TREE_DEBIAN ENV_AT "DOCKER_OPTS=--tlsverify -H=tcp://:2376\n"
			    "@/root/.docker/ca.pem\n1\n"
			    "@/root/.docker/cert.pem\n1\n@/root/.docker/key.pem\n1\n",
	 TCP, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"file brings none", BARE JSON_AT "{\"hosts\":[\"tcp://:2376\"],\"tlsverify\":true}\n", TCP,
	 STATUS_FAIL, "tlscert is not set", NULL, NULL, "listens on TCP"},
	{"missing key file",
	 BARE "@/etc/ca.pem\n1\n@/etc/cert.pem\n2\n" JSON_AT
	      "{\"hosts\":[\"tcp://:2376\"],\"tlsverify\":true," TLS_KEYS "}\n",
	 TCP, STATUS_FAIL, "tlskey /etc/key.pem is no readable file", NULL, NULL, "listens on TCP"},
	{"TLS without hosts listens on localhost",
	 BARE CERTS JSON_AT "{\"tlsverify\":false," TLS_KEYS "}\n", TCP, STATUS_FAIL,
	 "tcp://localhost:2376", NULL, NULL, "listens on TCP"},
	{"tcp flag is removed",
	 TREE_DEBIAN ENV_AT "DOCKER_OPTS=\"--mtu=1400 -H tcp://0.0.0.0:2375\"\n", TCP_REMOVE,
	 STATUS_FAIL, NULL, "/etc/default/docker", "DOCKER_OPTS=\"--mtu=1400\"\n", NULL},
	{"tcp host is removed",
	 BARE JSON_AT "{\"hosts\": [\"unix:///run/docker.sock\", \"tcp://:2375\"]}\n", TCP_REMOVE,
	 STATUS_FAIL, NULL, CONFIG, "{\"hosts\": [\"unix:///run/docker.sock\"]}\n", NULL},
	{"TLS is switched on", BARE CERTS JSON_AT "{\"hosts\":[\"tcp://:2375\"]}\n", TCP_TLS,
	 STATUS_FAIL, NULL, CONFIG,
	 "{\"hosts\":[\"tcp://:2375\"]," TLS_KEYS ",\"tlsverify\":true}\n", NULL},
	{"TLS without its files", BARE JSON_AT "{\"hosts\":[\"tcp://:2375\"]}\n", TCP_TLS,
	 STATUS_FAIL, NULL, NULL, NULL, "/etc/ca.pem is missing"},

	{"B8 no ulimits", TREE_DEBIAN, ULIMITS, STATUS_FAIL, "default-ulimits is empty", NULL, NULL,
	 "default-ulimits is empty"},
	{"ulimits",
	 TREE_DEBIAN JSON_AT
	 "{\"default-ulimits\":{\"nofile\":{\"Name\":\"nofile\",\"Hard\":2,\"Soft\":1}}}\n",
	 ULIMITS, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"ulimits by flag", TREE_DEBIAN ENV_AT "DOCKER_OPTS=--default-ulimit=nofile=1:2\n", ULIMITS,
	 STATUS_PASS, NULL, NULL, NULL, NULL},
	{"ulimit without its name",
	 TREE_DEBIAN JSON_AT "{\"default-ulimits\":{\"nofile\":{\"Hard\":2,\"Soft\":1}}}\n",
	 ULIMITS, STATUS_FAIL, "\"Name\" inside it", NULL, NULL, "\"Name\" inside it"},
	{"soft over hard",
	 TREE_DEBIAN JSON_AT
	 "{\"default-ulimits\":{\"nofile\":{\"Name\":\"nofile\",\"Hard\":2,\"Soft\":3}}}\n",
	 ULIMITS, STATUS_FAIL, "every container fails", NULL, NULL, "every container fails"},
	{"unknown ulimit",
	 TREE_DEBIAN JSON_AT
	 "{\"default-ulimits\":{\"files\":{\"Name\":\"files\",\"Hard\":2,\"Soft\":1}}}\n",
	 ULIMITS, STATUS_FAIL, "no ulimit of that name", NULL, NULL, "no ulimit"},
	{"ulimit as text stops dockerd",
	 TREE_DEBIAN JSON_AT "{\"default-ulimits\":{\"nofile\":\"1:2\"}}\n", ULIMITS, STATUS_ERROR,
	 "daemon.json:1:30", NULL, NULL, NULL},
	{"ulimits are written", TREE_DEBIAN JSON_AT "{}\n", ULIMITS_SET, STATUS_FAIL, NULL, CONFIG,
	 "~\"Name\": \"nofile\",\n      \"Hard\": 65,\n      \"Soft\": 64", NULL},
	{"broken ulimit flag moves to the file",
	 TREE_DEBIAN ENV_AT "DOCKER_OPTS=--default-ulimit=nofile=9:2\n", ULIMITS_SET, STATUS_FAIL,
	 NULL, "/etc/default/docker", "DOCKER_OPTS=\n", NULL},

	{"no mapping", TREE_DEBIAN, MAPPED, STATUS_FAIL, "root in a container is root", NULL, NULL,
	 "userns-remap is not set"},
	{"mapping to root", TREE_DEBIAN JSON_AT "{\"userns-remap\":\"root\"}\n", MAPPED,
	 STATUS_FAIL, "maps nothing", NULL, NULL, "maps nothing"},
	{"mapping without ranges", TREE_DEBIAN USERS JSON_AT "{\"userns-remap\":\"mapper\"}\n",
	 MAPPED, STATUS_FAIL, "/etc/subuid has no range", NULL, NULL, "/etc/subuid"},
	{"mapping without the group's range",
	 TREE_DEBIAN USERS "@/etc/subuid\nmapper:100000:65536\n" JSON_AT
			   "{\"userns-remap\":\"mapper\"}\n",
	 MAPPED, STATUS_FAIL, "/etc/subgid has no range", NULL, NULL, "/etc/subgid"},
	{"B9 mapping",
	 TREE_DEBIAN USERS "@/etc/subuid\nmapper:100000:65536\n"
			   "@/etc/subgid\nmapper:100000:65536\n" JSON_AT
			   "{\"userns-remap\":\"mapper\"}\n",
	 MAPPED, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"mapping to nobody we know", TREE_DEBIAN USERS JSON_AT "{\"userns-remap\":\"x\"}\n",
	 MAPPED, STATUS_FAIL, "no user x", NULL, NULL, "no user x"},
	{"rootless needs none", TREE_DEBIAN JSON_AT "{\"rootless\":true}\n", MAPPED, STATUS_PASS,
	 "in a user namespace already", NULL, NULL, NULL},
	{"mapping is written", TREE_DEBIAN, MAPPED_SET, STATUS_FAIL, NULL, CONFIG,
	 "{\n  \"userns-remap\": \"default\"\n}\n", NULL},
	{"C9 containers would vanish", TREE_DEBIAN "@/var/lib/docker/containers/abc/\n", MAPPED_SET,
	 STATUS_FAIL, NULL, NULL, NULL, "1 container and all images"},
	{"swarm would be lost",
	 TREE_DEBIAN "@/var/lib/docker/swarm/docker-state.json\n{\"LocalAddr\":\"1.2.3.4\"}\n",
	 MAPPED_SET, STATUS_FAIL, NULL, NULL, NULL, "membership would be lost"},

	{"B8 no plugin", TREE_DEBIAN, PLUGIN, STATUS_FAIL, "authorization-plugins is empty", NULL,
	 NULL, "authorization-plugins is empty"},
	{"plugin that is there",
	 TREE_26 "@/etc/docker/plugins/opa.spec\nunix:///x\n" JSON_AT
		 "{\"authorization-plugins\":[\"opa\"]}\n",
	 PLUGIN, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"plugin of an engine that can be passed by",
	 TREE_DEBIAN "@/etc/docker/plugins/opa.spec\nunix:///x\n" JSON_AT
		     "{\"authorization-plugins\":[\"opa\"]}\n",
	 PLUGIN, STATUS_PASS, "CVE-2024-41110", NULL, NULL, NULL},
	{"managed plugin",
	 TREE_26 "@/var/lib/docker/plugins/f00/"
		 "config.json\n" MANAGED("true", "docker.authz/1.0") JSON_AT
	 "{\"authorization-plugins\":[\"site/gate\"]}\n",
	 PLUGIN, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"managed plugin that is not enabled",
	 TREE_26 "@/var/lib/docker/plugins/f00/"
		 "config.json\n" MANAGED("false", "docker.authz/1.0") JSON_AT
	 "{\"authorization-plugins\":[\"site/gate\"]}\n",
	 PLUGIN, STATUS_FAIL, "not enabled", NULL, NULL, "not enabled"},
	{"managed plugin of another kind",
	 TREE_26 "@/var/lib/docker/plugins/f00/"
		 "config.json\n" MANAGED("true", "docker.volumedriver/1.0") JSON_AT
	 "{\"authorization-plugins\":[\"site/gate\"]}\n",
	 PLUGIN, STATUS_FAIL, "no authorization plugin", NULL, NULL, "no authorization plugin"},
	{"plugin that a tree cannot show",
	 TREE_26 JSON_AT "{\"authorization-plugins\":[\"opa\"]}\n", PLUGIN, STATUS_PASS,
	 "opa was not found", NULL, NULL, NULL},
	{"plugin is written", TREE_DEBIAN "@/usr/lib/docker/plugins/opa.json\n{}\n", PLUGIN_SET,
	 STATUS_FAIL, NULL, CONFIG, "{\n  \"authorization-plugins\": [\"opa\"]\n}\n", NULL},
	{"plugin that is nowhere", TREE_DEBIAN, PLUGIN_SET, STATUS_FAIL, NULL, NULL, NULL,
	 "opa cannot be found"},

	{"A15 no log driver", TREE_DEBIAN, REMOTE, STATUS_FAIL, "files on this host", NULL, NULL,
	 "files on this host"},
	{"A15 json-file", TREE_DEBIAN JSON_AT "{\"log-driver\":\"json-file\"}\n", REMOTE,
	 STATUS_FAIL, "daemon.json:1:15", NULL, NULL, "files on this host"},
	{"A16 none", TREE_DEBIAN JSON_AT "{\"log-driver\":\"none\"}\n", REMOTE, STATUS_FAIL,
	 "thrown away", NULL, NULL, "thrown away"},
	{"A16 local", TREE_DEBIAN JSON_AT "{\"log-driver\":\"local\"}\n", REMOTE, STATUS_FAIL,
	 "files on this host", NULL, NULL, "files on this host"},
	{"A16 journald", TREE_DEBIAN JSON_AT "{\"log-driver\":\"journald\"}\n", REMOTE, STATUS_FAIL,
	 "nobody said", NULL, NULL, "nobody said"},
	{"A16 syslog without an address", TREE_DEBIAN JSON_AT "{\"log-driver\":\"syslog\"}\n",
	 REMOTE, STATUS_FAIL, "nobody said", NULL, NULL, "nobody said"},
	{"A16 journald, forwarded", TREE_DEBIAN JSON_AT "{\"log-driver\":\"journald\"}\n",
	 FORWARDED, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"syslog to itself",
	 TREE_DEBIAN JSON_AT
	 "{\"log-driver\":\"syslog\",\"log-opts\":{\"syslog-address\":\"udp://127.0.0.1:514\"}}\n",
	 REMOTE, STATUS_FAIL, "on this host", NULL, NULL, "on this host"},
	{"syslog to another host",
	 TREE_DEBIAN JSON_AT
	 "{\"log-driver\":\"syslog\",\"log-opts\":{\"syslog-address\":\"tcp+tls://logs:6514\"}}\n",
	 REMOTE, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"fluentd's default is local", TREE_DEBIAN JSON_AT "{\"log-driver\":\"fluentd\"}\n", REMOTE,
	 STATUS_FAIL, "on this host", NULL, NULL, "on this host"},
	{"by flags",
	 TREE_DEBIAN ENV_AT
	 "DOCKER_OPTS='--log-driver gelf --log-opt gelf-address=udp://10.0.0.9:12201'\n",
	 REMOTE, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"log driver is written", TREE_DEBIAN JSON_AT "{\"log-opts\":{\"max-size\":\"1m\"}}\n",
	 REMOTE_SET("{\"syslog-address\":\"tcp://logs:514\"}"), STATUS_FAIL, NULL, CONFIG,
	 "{\"log-opts\":{\"syslog-address\":\"tcp://logs:514\"},\"log-driver\":\"syslog\"}\n",
	 NULL},
	{"log option left from another driver",
	 TREE_DEBIAN JSON_AT "{\"log-opts\":{\"max-size\":\"1m\"}}\n", REMOTE_SET("{}"),
	 STATUS_FAIL, NULL, NULL, NULL, "no option \"max-size\""},
	{"option the driver does not know",
	 TREE_DEBIAN JSON_AT
	 "{\"log-driver\":\"syslog\",\"log-opts\":{\"syslog-address\":\"tcp://logs:514\","
	 "\"max-size\":\"1m\"}}\n",
	 REMOTE, STATUS_FAIL, "has no option \"max-size\"", NULL, NULL, "no option \"max-size\""},

	{"profile of 20.10", TREE_DEBIAN, CONFINED, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"B13 profile since 23.0", TREE_26, CONFINED, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"unconfined", TREE_26 JSON_AT "{\"seccomp-profile\":\"unconfined\",\"mtu\":9000}\n",
	 CONFINED, STATUS_FAIL, "every system call", CONFIG, "{\"mtu\":9000}\n", NULL},
	{"reviewed profile",
	 TREE_26 "@/etc/p.json\n{\"defaultAction\":\"SCMP_ACT_ERRNO\"}\n" JSON_AT
		 "{\"seccomp-profile\":\"/etc/p.json\"}\n",
	 CONFINED, STATUS_PASS, NULL, NULL, NULL, NULL},
	{"C13 profile of the site stays",
	 TREE_26 "@/etc/own.json\n{\"defaultAction\":\"SCMP_ACT_ERRNO\"}\n" JSON_AT
		 "{\"seccomp-profile\":\"/etc/own.json\"}\n",
	 CONFINED, STATUS_MANUAL, "review it", NULL, NULL, NULL},
	{"profile that allows all",
	 TREE_26 "@/etc/p.json\n{\"defaultAction\":\"SCMP_ACT_ALLOW\"}\n" JSON_AT
		 "{\"seccomp-profile\":\"/etc/p.json\"}\n",
	 CONFINED, STATUS_FAIL, "SCMP_ACT_ALLOW", NULL, NULL, "SCMP_ACT_ALLOW"},
	{"profile that others can write",
	 TREE_26 "@/etc/p.json 0666\n{\"defaultAction\":\"SCMP_ACT_ERRNO\"}\n" JSON_AT
		 "{\"seccomp-profile\":\"/etc/p.json\"}\n",
	 CONFINED, STATUS_FAIL, "others than root", NULL, NULL, "others than root"},
	{"profile that is missing", TREE_26 JSON_AT "{\"seccomp-profile\":\"/etc/p.json\"}\n",
	 CONFINED, STATUS_FAIL, "is missing", NULL, NULL, "is missing"},
	{"builtin is a file name before 23.0",
	 TREE_DEBIAN JSON_AT "{\"seccomp-profile\":\"builtin\"}\n", CONFINED, STATUS_FAIL,
	 "is missing", NULL, NULL, "is missing"},
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
	return cmocka_run_group_tests_name("resource daemon, special operators", tests, NULL, NULL);
}
