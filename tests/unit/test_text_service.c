// SPDX-License-Identifier: Apache-2.0
/*
 * From what the engine says of a container to options of docker run, and to what an override has to
 * say. Each row is a container of few members; what is not there is null, as in the API.
 */
#include "harden/text/service.h"

#include "harden/text/json.h"
#include "harden/text/shell_word.h"
#include "harden/text/yaml_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct value *parse(const char *json)
{
	AUTO(error) struct error err = {0};
	struct value *v = NULL;

	if (json_read(json, strlen(json), "test", &v, &err) < 0)
		fail_msg("%s: %s", error_message(&err), json);
	return v;
}

/* host, config and rest are members of a container in JSON. */
static struct value *make(const char *host, const char *config, const char *rest, const char *image,
			  struct strv *notes)
{
	AUTO_FREE char *text = str_format("{\"Id\": \"0123456789abcdef\", \"Name\": \"/web\", "
					  "\"HostConfig\": {%s}, \"Config\": {%s}%s%s}",
					  host, config, *rest ? "," : "", rest);
	AUTO_FREE char *image_text = str_format("{\"Config\": {%s}}", image);
	AUTO_PTR(value) struct value *container = parse(text);
	AUTO_PTR(value) struct value *image_value = parse(image_text);
	AUTO(error) struct error err = {0};
	struct value *service = NULL;

	if (service_make(container, image_value, NULL, &service, notes, &err) < 0)
		fail_msg("%s", error_message(&err));
	return service;
}

/* "--a b | --c ; command words" */
static char *line_text(const struct value *service)
{
	AUTO_PTR(value) struct value *lines = NULL;
	AUTO_PTR(value) struct value *command = NULL;
	AUTO(strbuf) struct strbuf text = {0};
	char *ret = NULL;

	assert_int_equal(service_run_lines(service, &lines, &command, NULL), 0);
	for (size_t i = 0; i < lines->len; i++)
		for (size_t k = 0; k < lines->members[i].value->len; k++) {
			const struct value *word = lines->members[i].value->members[k].value;
			const char *secret = value_get_text(word, SERVICE_SECRET);
			const char *before = value_get_text(word, SERVICE_BEFORE);

			strbuf_appendf(&text, "%s%s%s%s",
				       k   ? " "
				       : i ? " | "
					   : "",
				       before ? before : "", secret ? "$" : "",
				       secret ? secret : word->text);
		}
	if (command->len)
		strbuf_append(&text, " ;");
	for (size_t i = 0; i < command->len; i++) {
		const char *secret = value_get_text(command->members[i].value, SERVICE_SECRET);

		strbuf_appendf(&text, " %s%s", secret ? "$" : "",
			       secret ? secret : command->members[i].value->text);
	}
	assert_int_equal(strbuf_take(&text, &ret, NULL), 0);
	return ret;
}

#define BRIDGE "\"NetworkMode\": \"default\""

static const struct {
	const char *name, *host, *config, *rest, *image, *line;
} lines[] = {
	{"nothing", "", "", "", "", ""},
	{"null members", "\"CapAdd\": null, \"Ulimits\": [], \"PidsLimit\": null, \"Init\": null",
	 "\"Env\": null", "", "", ""},
	{"the short id is no hostname", "", "\"Hostname\": \"0123456789ab\"", "", "", ""},
	{"a hostname", "", "\"Hostname\": \"www\"", "", "", "--hostname www"},
	{"the host's own is no hostname", "\"NetworkMode\": \"host\"", "\"Hostname\": \"www\"", "",
	 "", "--network host"},
	{"what the image says is left out", "",
	 "\"Env\": [\"A=1\", \"B=2\"], \"Labels\": {\"x\": \"1\", \"y\": \"2\"}, \"User\": \"7\", "
	 "\"WorkingDir\": \"/w\", \"Cmd\": [\"run\"], \"ExposedPorts\": {\"80/tcp\": {}, "
	 "\"81/tcp\": {}}",
	 "",
	 "\"Env\": [\"A=1\"], \"Labels\": {\"x\": \"1\"}, \"User\": \"7\", \"WorkingDir\": "
	 "\"/w\", \"Cmd\": [\"run\"], \"ExposedPorts\": {\"80/tcp\": {}}",
	 "--env B=2 | --label y=2 | --expose 81/tcp"},
	{"what the image says is unsaid", "", "\"User\": \"\", \"Cmd\": null", "",
	 "\"User\": \"7\", \"WorkingDir\": \"/w\"", "--user 0 | --workdir /"},
	{"a command of its own", "", "\"Cmd\": [\"a\", \"b c\"]", "", "\"Cmd\": [\"x\"]",
	 " ; a b c"},
	{"an entry point of several words", "", "\"Entrypoint\": [\"a\", \"b\"], \"Cmd\": [\"c\"]",
	 "", "\"Entrypoint\": [\"x\"], \"Cmd\": [\"c\"]", "--entrypoint a ; b c"},
	{"no entry point", "", "\"Cmd\": [\"c\"]", "", "\"Entrypoint\": [\"x\"]",
	 "--entrypoint  ; c"},
	{"ports",
	 "\"PortBindings\": {\"80/tcp\": [{\"HostIp\": \"\", \"HostPort\": \"8080\"}], "
	 "\"53/udp\": [{\"HostIp\": \"::1\", \"HostPort\": \"53\"}, {\"HostIp\": \"10.0.0.1\", "
	 "\"HostPort\": \"\"}], \"81/tcp\": [{\"HostIp\": \"\", \"HostPort\": \"0\"}], "
	 "\"82/tcp\": null}",
	 "", "", "",
	 "--publish 8080:80 | --publish [::1]:53:53/udp | --publish 10.0.0.1::53/udp | --publish "
	 "81"},
	{"ports in the host's network mean nothing",
	 "\"NetworkMode\": \"host\", \"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"1\"}]}", "",
	 "", "", "--network host"},
	{"links", "\"Links\": [\"/db:/web/store\"]", "", "", "", "--link db:store"},
	{"limits",
	 "\"Memory\": 9223372036854771712, \"MemorySwap\": -1, \"NanoCpus\": 1500000000, "
	 "\"CpuShares\": 512, \"PidsLimit\": 100, \"ShmSize\": 67108864, \"OomScoreAdj\": -5, "
	 "\"MemorySwappiness\": 0, \"BlkioWeight\": 300",
	 "", "", "",
	 "--memory 9223372036854771712 | --memory-swap -1 | --memory-swappiness 0 | "
	 "--oom-score-adj -5 | --cpu-shares 512 | --cpus 1.5 | --blkio-weight 300 | --pids-limit "
	 "100"},
	{"ulimits and sysctls",
	 "\"Ulimits\": [{\"Name\": \"nofile\", \"Soft\": 1, \"Hard\": 2}], \"Sysctls\": "
	 "{\"net.core.somaxconn\": \"9\"}",
	 "", "", "", "--ulimit nofile=1:2 | --sysctl net.core.somaxconn=9"},
	{"namespaces",
	 "\"PidMode\": \"host\", \"IpcMode\": \"private\", \"UTSMode\": \"host\", \"UsernsMode\": "
	 "\"host\", \"CgroupnsMode\": \"private\", \"CgroupParent\": \"/x\"",
	 "", "", "",
	 "--userns host | --pid host | --uts host | --cgroupns private | --cgroup-parent /x"},
	{"restart policies",
	 "\"RestartPolicy\": {\"Name\": \"on-failure\", \"MaximumRetryCount\": 3}", "", "", "",
	 "--restart on-failure:3"},
	{"no restart policy", "\"RestartPolicy\": {\"Name\": \"no\", \"MaximumRetryCount\": 0}", "",
	 "", "", ""},
	{"switches",
	 "\"Init\": false, \"Privileged\": true, \"ReadonlyRootfs\": true, "
	 "\"AutoRemove\": true",
	 "\"Tty\": true, \"OpenStdin\": true, \"StopTimeout\": 0, \"StopSignal\": \"SIGINT\"", "",
	 "",
	 "--rm | --tty | --interactive | --init=false | --read-only | --privileged | --stop-signal "
	 "SIGINT | --stop-timeout 0"},
	{"mounts",
	 "\"Mounts\": [{\"Target\": \"/v\", \"VolumeOptions\": {\"NoCopy\": true}}, "
	 "{\"Target\": \"/t\", \"TmpfsOptions\": {\"SizeBytes\": 9, \"Mode\": 448}}], "
	 "\"Tmpfs\": {\"/run\": \"size=1m\", \"/tmp\": \"\"}",
	 "",
	 "\"Mounts\": [{\"Type\": \"bind\", \"Source\": \"/a,b\", \"Destination\": \"/c\", \"RW\": "
	 "false, \"Propagation\": \"rslave\"}, {\"Type\": \"bind\", \"Source\": \"/z\", "
	 "\"Destination\": \"/z\", \"RW\": true, \"Mode\": \"Z\", \"Propagation\": \"rprivate\"}, "
	 "{\"Type\": \"volume\", \"Name\": \"v1\", \"Source\": \"/var/x/_data\", \"Destination\": "
	 "\"/v\", \"RW\": true}, {\"Type\": \"tmpfs\", \"Destination\": \"/t\", \"RW\": true}]",
	 "",
	 "--mount type=bind,\"source=/a,b\",target=/c,readonly,bind-propagation=rslave | --volume "
	 "/z:/z:Z | --mount type=volume,source=v1,target=/v,volume-nocopy | --mount "
	 "type=tmpfs,target=/t,tmpfs-size=9,tmpfs-mode=700 | --tmpfs /run:size=1m | --tmpfs /tmp"},
	{"networks", "\"NetworkMode\": \"front\"", "",
	 "\"NetworkSettings\": {\"Networks\": {\"back\": {}, \"front\": {\"Aliases\": "
	 "[\"0123456789ab\", \"www\"], \"IPAMConfig\": {\"IPv4Address\": \"10.1.0.5\"}}}}",
	 "", "--network front | --network-alias www | --ip 10.1.0.5"},
	{"a network by its id", "\"NetworkMode\": \"deadbeef0123\"", "",
	 "\"NetworkSettings\": {\"Networks\": {\"back\": {\"NetworkID\": \"5\"}, \"front\": "
	 "{\"NetworkID\": \"deadbeef0123456\", \"Aliases\": [\"www\"]}}}",
	 "", "--network front | --network-alias www"},
	{"another network behind the default bridge", BRIDGE, "",
	 "\"NetworkSettings\": {\"Networks\": {\"bridge\": {}, \"back\": {}}}", "", ""},
	{"logging", "\"LogConfig\": {\"Type\": \"syslog\", \"Config\": {\"tag\": \"x\"}}", "", "",
	 "", "--log-driver syslog | --log-opt tag=x"},
	{"a check by a shell", "",
	 "\"Healthcheck\": {\"Test\": [\"CMD-SHELL\", \"curl x || exit 1\"], \"Interval\": "
	 "5000000000, \"Timeout\": 1500000000, \"Retries\": 3}",
	 "", "",
	 "--health-cmd curl x || exit 1 | --health-interval 5s | --health-timeout 1500000000ns | "
	 "--health-retries 3"},
	{"a check of words", "", "\"Healthcheck\": {\"Test\": [\"CMD\", \"a b\", \"c\"]}", "", "",
	 "--health-cmd 'a b' c"},
	{"no check", "", "\"Healthcheck\": {\"Test\": [\"NONE\"]}", "",
	 "\"Healthcheck\": {\"Test\": [\"CMD\", \"x\"]}", "--no-healthcheck"},
	{"devices",
	 "\"Devices\": [{\"PathOnHost\": \"/dev/x\", \"PathInContainer\": \"/dev/y\", "
	 "\"CgroupPermissions\": \"r\"}], \"DeviceRequests\": [{\"Count\": -1, "
	 "\"Capabilities\": [[\"gpu\"]]}]",
	 "", "", "", "--device /dev/x:/dev/y:r | --gpus all"},
	{"system paths that are not masked", "\"MaskedPaths\": []", "", "", "",
	 "--security-opt systempaths=unconfined"},
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		AUTO(strv) struct strv notes = {0};
		AUTO_PTR(value)
		struct value *service =
			make(lines[i].host, lines[i].config, lines[i].rest, lines[i].image, &notes);
		AUTO_FREE char *text = line_text(service);

		if (strcmp(text, lines[i].line) != 0)
			fail_msg("%s:\n  %s\nexpected\n  %s", lines[i].name, text, lines[i].line);
		if (notes.len)
			fail_msg("%s: %s", lines[i].name, notes.items[0]);
	}
}

static const struct {
	const char *host, *note;
} unread[] = {
	{"\"BlkioDeviceReadBps\": [{\"Path\": \"/dev/x\", \"Rate\": 1}]",
	 "HostConfig.BlkioDeviceReadBps is not carried over: [{\"Path\":\"/dev/x\",\"Rate\":1}]"},
	{"\"Annotations\": {\"a\": \"b\"}",
	 "HostConfig.Annotations is not carried over: {\"a\":\"b\"}"},
	{"\"DeviceRequests\": [{\"Driver\": \"x\"}]",
	 "HostConfig.DeviceRequests is not carried over: give them by --gpus"},
	{"\"SecurityOpt\": [\"seccomp={}\"]",
	 "its seccomp profile has to be a file again: docker inspect --format '{{range "
	 ".HostConfig.SecurityOpt}}{{println .}}{{end}}' web | sed -n 's/^seccomp=//p' "
	 ">web.seccomp.json"},
};

static void what_is_not_carried_over_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unread); i++) {
		AUTO(strv) struct strv notes = {0};
		AUTO_PTR(value) struct value *service = make(unread[i].host, "", "", "", &notes);

		assert_non_null(service);
		assert_int_equal(notes.len, 1);
		assert_string_equal(notes.items[0], unread[i].note);
	}
}

/* No word of it comes out, and each has a command that reads it. */
static void secrets_are_replaced(void **state)
{
	static const char *const secrets[] = {"hunter2", "s3cr3t", "tok3n", "pa55"};
	AUTO(strv) struct strv notes = {0}, commands = {0};
	AUTO_PTR(value)
	struct value *service =
		make("\"LogConfig\": {\"Type\": \"splunk\", \"Config\": {\"splunk-token\": "
		     "\"tok3n\"}}",
		     "\"Env\": [\"A=1\", \"DB_PASSWORD=hunter2\", \"my.secret=s3cr3t\"], \"Cmd\": "
		     "[\"serve\", \"--password=pa55\"]",
		     "", "", &notes);
	AUTO_FREE char *text = NULL;

	(void)state;
	assert_int_equal(service_hide(service, "web", &commands, NULL), 0);
	text = line_text(service);
	assert_string_equal(text, "--env A=1 | --env DB_PASSWORD | --env $WEB_ENVIRONMENT_2 | "
				  "--log-driver splunk | --log-opt splunk-token=$WEB_LOGGING_0 ; "
				  "serve $WEB_COMMAND_1");
	assert_int_equal(commands.len, 4);
	for (size_t i = 0; i < commands.len; i++)
		for (size_t k = 0; k < ARRAY_SIZE(secrets); k++)
			assert_null(strstr(commands.items[i], secrets[k]));
	assert_string_equal(
		commands.items[0],
		"export \"$(docker inspect --format '{{range .Config.Env}}{{if eq "
		"(index (split . \"=\") 0) \"DB_PASSWORD\"}}{{.}}{{end}}{{end}}' web)\"");
	assert_string_equal(commands.items[3], "WEB_COMMAND_1=\"$(docker inspect --format "
					       "'{{index .Config.Cmd 1}}' web)\" && export "
					       "WEB_COMMAND_1");
}

static const char *const merges[] = {"", "!override ", "!reset "};

/* "key=[tag ]value; ..." of the override from one HostConfig to another. */
static char *override_text(const char *before, const char *after, const char *rest_before,
			   const char *rest_after)
{
	AUTO(service_changes) struct service_changes changes = {0};
	AUTO(strv) struct strv notes = {0};
	AUTO_PTR(value) struct value *b = make(before, "", rest_before, "", &notes);
	AUTO_PTR(value) struct value *a = make(after, "", rest_after, "", &notes);
	AUTO(strbuf) struct strbuf text = {0};
	char *ret = NULL;

	assert_int_equal(service_override(b, a, &changes, NULL), 0);
	for (size_t i = 0; i < changes.len; i++) {
		AUTO_FREE char *json = NULL;

		assert_int_equal(json_to_text(changes.items[i].value, &json, NULL), 0);
		strbuf_appendf(&text, "%s%s=%s%s", i ? "; " : "", changes.items[i].key,
			       merges[changes.items[i].merge], json);
	}
	assert_int_equal(strbuf_take(&text, &ret, NULL), 0);
	return ret;
}

#define BIND(rw)                                                                                   \
	"\"Mounts\": [{\"Type\": \"bind\", \"Source\": \"/s\", \"Destination\": \"/d\", \"RW\": "  \
	"true}, {\"Type\": \"bind\", \"Source\": \"/etc\", \"Destination\": \"/e\", \"RW\": " rw   \
	"}]"

static const struct {
	const char *before, *after, *changes, *rest_before, *rest_after;
} overrides[] = {
	{"", "", "", "", ""},
	{"\"Privileged\": true", "", "privileged=false", "", ""},
	{"\"PidMode\": \"host\"", "", "pid=!reset null", "", ""},
	{"\"SecurityOpt\": [\"a\"]", "\"SecurityOpt\": [\"a\", \"b\"]", "security_opt=[\"b\"]", "",
	 ""},
	{"\"SecurityOpt\": [\"a\", \"x\"]", "\"SecurityOpt\": [\"a\"]",
	 "security_opt=!override [\"a\"]", "", ""},
	{"\"Devices\": [{\"PathOnHost\": \"/dev/x\"}]", "", "devices=!reset null", "", ""},
	{"\"CapAdd\": [\"X\"]", "\"CapDrop\": [\"ALL\"], \"CapAdd\": [\"CHOWN\"]",
	 "cap_drop=[\"ALL\"]; cap_add=!override [\"CHOWN\"]", "", ""},
	{"\"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}",
	 "\"PortBindings\": {\"80/tcp\": [{\"HostIp\": \"127.0.0.1\", \"HostPort\": \"8080\"}]}",
	 "ports=!override [\"127.0.0.1:8080:80\"]", "", ""},
	{"", "",
	 "volumes=[{\"type\":\"bind\",\"source\":\"/etc\",\"target\":\"/e\",\"read_only\":true}]",
	 BIND("true"), BIND("false")},
	{"\"Memory\": 6, \"MemorySwap\": 6", "\"Memory\": 6, \"MemorySwap\": 6, \"PidsLimit\": 9",
	 "pids_limit=9; deploy={\"resources\":{\"limits\":{\"memory\":\"6\",\"pids\":9}}}", "", ""},
	{"\"RestartPolicy\": {\"Name\": \"always\"}",
	 "\"RestartPolicy\": {\"Name\": \"on-failure\", \"MaximumRetryCount\": 5}",
	 "restart=\"on-failure:5\"; "
	 "deploy={\"restart_policy\":{\"condition\":\"on-failure\",\"max_attempts\":5}}",
	 "", ""},
};

static void test_overrides(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(overrides); i++) {
		AUTO_FREE char *text =
			override_text(overrides[i].before, overrides[i].after,
				      overrides[i].rest_before, overrides[i].rest_after);

		if (strcmp(text, overrides[i].changes) != 0)
			fail_msg("row %zu:\n  %s\nexpected\n  %s", i, text, overrides[i].changes);
	}
}

static const char *const words[][2] = {
	{"plain-Word_1.2/3:4=5,6@7%8+9", "plain-Word_1.2/3:4=5,6@7%8+9"},
	{"", "''"},
	{"a b", "'a b'"},
	{"it's", "'it'\\''s'"},
	{"'", "\\'"},
	{"$HOME `id`", "'$HOME `id`'"},
	{"a\nb\tc", "'a\nb\tc'"},
	{"\033[31mx\n", "\"$(printf '\\033')\"'[31mx\n'"},
	{"~", "'~'"},
	{"a\177", "'a'\"$(printf '\\177')\""},
};

static void words_are_quoted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		AUTO(strbuf) struct strbuf out = {0};

		shell_word(words[i][0], &out);
		assert_string_equal(strbuf_text(&out), words[i][1]);
	}
	assert_true(is_shell_name("_A1"));
	assert_false(is_shell_name("1A"));
	assert_false(is_shell_name("a.b"));
	assert_false(is_shell_name(""));
}

static const struct {
	const char *key, *tag, *json, *yaml;
} members[] = {
	{"a", NULL, "\"b\"", "  a: b\n"},
	{"a", NULL, NULL, "  a:\n"},
	{"a", "!reset", "null", "  a: !reset null\n"},
	{"a", "!override", "[\"x\", \"80:80\"]", "  a: !override\n  - x\n  - \"80:80\"\n"},
	{"a", NULL, "{\"b\": {\"c\": [1, true, null]}, \"d\": {}}",
	 "  a:\n    b:\n      c:\n      - 1\n      - true\n      - null\n    d: {}\n"},
	{"on", NULL, "[\"no\", \"5\", \"\", \"~\", \"1e3\", \"0x1\", \"2026-01-01\"]",
	 "  \"on\":\n  - \"no\"\n  - \"5\"\n  - \"\"\n  - \"~\"\n  - \"1e3\"\n  - \"0x1\"\n  - "
	 "\"2026-01-01\"\n"},
	{"a", NULL, "\"line\\nnext # x: y\\u001b\"", "  a: \"line\\nnext # x: y\\e\"\n"},
	{"a", NULL, "\"x: y # z\"", "  a: 'x: y # z'\n"},
	{"a", NULL, "\" b \"", "  a: ' b '\n"},
	{"a", NULL, "\"- b\"", "  a: \"- b\"\n"},
};

static void members_are_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		AUTO_PTR(value)
		struct value *v = members[i].json ? parse(members[i].json) : NULL;
		AUTO(strbuf) struct strbuf out = {0};
		AUTO(error) struct error err = {0};

		if (yaml_write_member(members[i].key, members[i].tag, v, 2, &out, &err) < 0)
			fail_msg("%s", error_message(&err));
		assert_string_equal(strbuf_text(&out), members[i].yaml);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(what_is_not_carried_over_is_told),
		cmocka_unit_test(secrets_are_replaced),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(words_are_quoted),
		cmocka_unit_test(members_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
