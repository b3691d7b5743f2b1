// SPDX-License-Identifier: Apache-2.0
/*
 * Each word of `suggest`, and the tmpfs that a container's changes ask for.
 */
#include "harden/text/container_edit.h"

#include "harden/text/json.h"

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

static char *joined(const struct strv *list)
{
	AUTO(strbuf) struct strbuf text = {0};
	char *ret = NULL;

	for (size_t i = 0; i < list->len; i++)
		strbuf_appendf(&text, "%s%s", i ? "; " : "", list->items[i]);
	assert_int_equal(strbuf_take(&text, &ret, NULL), 0);
	return ret;
}

#define HOST(members) "{\"HostConfig\": {" members "}}"
#define OPTIONS(list) HOST("\"SecurityOpt\": [" list "]")
#define MOUNT(rw, propagation)                                                                     \
	"{\"HostConfig\": {}, \"Mounts\": [{\"Source\": \"/etc\", \"Destination\": \"/e\", "       \
	"\"RW\": " rw ", \"Propagation\": \"" propagation "\"}, {\"Source\": \"/x\", "             \
	"\"Destination\": \"/x\", \"RW\": true, \"Propagation\": \"shared\"}]}"

static const struct {
	const char *name, *before, *edits, *found, *after, *notes;
} edits[] = {
	{"values get the API's types",
	 HOST("\"Privileged\": true, \"RestartPolicy\": {\"Name\": "
	      "\"always\", \"MaximumRetryCount\": 0}"),
	 "{\"set\": {\"Privileged\": \"false\", \"PidMode\": \"\", \"CpuShares\": \"512\", "
	 "\"RestartPolicy\": {\"Name\": \"on-failure\", \"MaximumRetryCount\": 5}}}",
	 "[]",
	 HOST("\"Privileged\": false, \"RestartPolicy\": {\"Name\": \"on-failure\", "
	      "\"MaximumRetryCount\": 5}, \"PidMode\": \"\", \"CpuShares\": 512"),
	 ""},
	{"a number that nobody has chosen changes nothing", HOST("\"Memory\": 0"),
	 "{\"set\": {\"Memory\": \"0\", \"MemorySwap\": 0}}", "[]", HOST("\"Memory\": 0"), ""},
	{"options by name", OPTIONS("\"seccomp=unconfined\", \"seccomp:x\", \"seccompany\", \"a\""),
	 "{\"remove-options\": \"seccomp\"}", "[]", OPTIONS("\"seccompany\", \"a\""), ""},
	{"options by value",
	 OPTIONS("\"label=disable\", \"label:disable\", \"label=type:x\", "
		 "\"disable\""),
	 "{\"remove-options\": [\"label=disable\", \"disable\"]}", "[]",
	 OPTIONS("\"label=type:x\""), ""},
	{"an option in the place of another", OPTIONS("\"no-new-privileges:false\""),
	 "{\"remove-options\": \"no-new-privileges\", \"add-options\": "
	 "\"no-new-privileges:true\"}",
	 "[]", OPTIONS("\"no-new-privileges:true\""), ""},
	{"an option where there is none", HOST("\"SecurityOpt\": null"),
	 "{\"add-options\": [\"a\"]}", "[]", OPTIONS("\"a\""), ""},
	{"capabilities",
	 HOST("\"CapAdd\": [\"cap_sys_admin\", \"kill\"], \"CapDrop\": "
	      "[\"CHOWN\"]"),
	 "{\"capabilities\": [\"CHOWN\", \"FOWNER\", \"KILL\"]}", "[]",
	 HOST("\"CapAdd\": [\"FOWNER\", \"KILL\"], \"CapDrop\": [\"ALL\"]"),
	 "it loses the capability sys_admin"},
	{"capabilities of what is privileged", HOST("\"Privileged\": true, \"CapDrop\": [\"ALL\"]"),
	 "{\"capabilities\": [\"CHOWN\"]}", "[]",
	 HOST("\"Privileged\": true, \"CapDrop\": [\"ALL\"], \"CapAdd\": [\"CHOWN\"]"), ""},
	{"a mount that was found", MOUNT("true", "rslave"), "{\"mounts\": \"read-only\"}",
	 "[null, {\"source\": \"/etc\"}]", MOUNT("false", "rslave"), ""},
	{"a shared mount that was found", MOUNT("true", "shared"), "{\"mounts\": \"private\"}",
	 "[{\"target\": \"/e\"}]", MOUNT("true", "rprivate"), ""},
	{"a device that was found",
	 HOST("\"Devices\": [{\"PathOnHost\": \"/dev/a\"}, {\"PathOnHost\": \"/dev/b\"}]"),
	 "{\"devices\": \"remove\"}", "[{\"device\": \"/dev/a\"}]",
	 HOST("\"Devices\": [{\"PathOnHost\": \"/dev/b\"}]"), "it loses the device /dev/a"},
	{"an address in the place of any",
	 HOST("\"PortBindings\": {\"80/tcp\": [{\"HostIp\": \"\"}, {\"HostIp\": \"0.0.0.0\"}, "
	      "{\"HostIp\": \"::\"}, {\"HostIp\": \"10.0.0.1\"}]}"),
	 "{\"address\": \"127.0.0.1\"}", "[]",
	 HOST("\"PortBindings\": {\"80/tcp\": [{\"HostIp\": \"127.0.0.1\"}, {\"HostIp\": "
	      "\"127.0.0.1\"}, {\"HostIp\": \"127.0.0.1\"}, {\"HostIp\": \"10.0.0.1\"}]}"),
	 ""},
	{"ports that -P published",
	 "{\"HostConfig\": {\"PublishAllPorts\": true}, \"NetworkSettings\": {\"Ports\": "
	 "{\"80/tcp\": [{\"HostPort\": \"49153\"}]}}}",
	 "{\"ports\": \"bound\"}", "[]",
	 "{\"HostConfig\": {\"PublishAllPorts\": false, \"PortBindings\": {\"80/tcp\": "
	 "[{\"HostPort\": \"49153\"}]}}, \"NetworkSettings\": {\"Ports\": {\"80/tcp\": "
	 "[{\"HostPort\": \"49153\"}]}}}",
	 ""},
	{"a network of its own",
	 "{\"HostConfig\": {\"NetworkMode\": \"host\"}, \"NetworkSettings\": {\"Networks\": "
	 "{\"host\": {}, \"back\": {}}}}",
	 "{\"network\": \"own\"}", "[]",
	 "{\"HostConfig\": {\"NetworkMode\": \"web-net\"}, \"NetworkSettings\": {\"Networks\": "
	 "{\"back\": {}, \"web-net\": {}}}}",
	 "what was reached on the host's own addresses has to be published"},
	{"a question alone", HOST(""), "{\"ask\": \"which\"}", "[]", HOST(""), ""},
};

static void test_edits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		AUTO_PTR(value) struct value *container = parse(edits[i].before);
		AUTO_PTR(value) struct value *with = parse(edits[i].edits);
		AUTO_PTR(value) struct value *found = parse(edits[i].found);
		AUTO_PTR(value) struct value *after = parse(edits[i].after);
		AUTO(strv) struct strv notes = {0};
		AUTO(error) struct error err = {0};
		AUTO_FREE char *text = NULL;
		const struct container_edit edit = {
			.edits = with, .found = found, .network = "web-net"};

		if (container_edit(container, &edit, &notes, &err) < 0)
			fail_msg("%s: %s", edits[i].name, error_message(&err));
		if (!value_equal(container, after)) {
			AUTO_FREE char *got = NULL;

			assert_int_equal(json_to_text(container, &got, NULL), 0);
			fail_msg("%s: %s", edits[i].name, got);
		}
		text = joined(&notes);
		assert_string_equal(text, edits[i].notes);
	}
}

static const char *const wrong[] = {
	"{\"mounts\": \"some\"}", "{\"devices\": \"keep\"}", "{\"ports\": \"all\"}",
	"{\"address\": \"\"}",	  "{\"network\": \"x\"}",    "{\"set\": \"x\"}",
	"{\"tmpfs\": []}",
};

static void values_without_use_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		AUTO_PTR(value) struct value *container = parse(HOST(""));
		AUTO_PTR(value) struct value *with = parse(wrong[i]);
		AUTO(strv) struct strv notes = {0};
		AUTO(error) struct error err = {0};
		const struct container_edit edit = {.edits = with, .network = "n"};

		assert_int_equal(container_edit(container, &edit, &notes, &err), -1);
		assert_int_equal(err.code, ERROR_RECIPE);
		assert_non_null(strstr(error_message(&err), "has no use for this value"));
	}
}

static const struct {
	const char *host, *options;
} implied[] = {
	{"\"PidMode\": \"host\"", "[]"},
	{"\"IpcMode\": \"host\"", "[]"},
	{"\"Privileged\": true", "[]"},
	{"\"PidMode\": \"\"", "[\"label=disable\"]"},
};

static void what_the_engine_added_is_forgotten(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(implied); i++) {
		AUTO_FREE char *text =
			str_format("{\"HostConfig\": {\"SecurityOpt\": [\"label=disable\"], %s}}",
				   implied[i].host);
		AUTO_PTR(value) struct value *container = parse(text);
		AUTO_PTR(value) struct value *options = parse(implied[i].options);

		assert_int_equal(container_forget_implied(container, NULL), 0);
		assert_true(value_equal(
			value_get(value_get(container, "HostConfig"), "SecurityOpt"), options));
	}
}

/* With whose network or name it shares comes that one's hostname. */
static void a_borrowed_hostname_is_forgotten(void **state)
{
	static const char *const modes[] = {"\"NetworkMode\": \"host\"",
					    "\"NetworkMode\": \"container:x\"",
					    "\"UTSMode\": \"host\"", "\"NetworkMode\": \"x\""};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		AUTO_FREE char *text = str_format(
			"{\"HostConfig\": {%s}, \"Config\": {\"Hostname\": \"h\"}}", modes[i]);
		AUTO_PTR(value) struct value *container = parse(text);

		assert_int_equal(container_forget_implied(container, NULL), 0);
		assert_string_equal(value_get_text(value_get(container, "Config"), "Hostname"),
				    i < 3 ? "" : "h");
	}
}

#define HIDES(paths)                                                                               \
	"it also wrote " paths ": a tmpfs would hide what the image has there, so give it a "      \
	"volume"

/* changes: "KIND PATH, ..." */
static const struct {
	const char *name, *changes, *paths, *notes;
} cases[] = {
	{"nothing", "", "", ""},
	{"scratch places",
	 "0 /tmp, 1 /tmp/a, 0 /run, 1 /run/x.pid, 0 /var, 0 /var/tmp, 1 /var/tmp/b",
	 "/run; /tmp; /var/tmp", ""},
	{"a cache below its place",
	 "0 /var, 0 /var/cache, 0 /var/cache/nginx, 1 "
	 "/var/cache/nginx/proxy, 1 /var/cache/nginx/proxy/1",
	 "/var/cache/nginx/proxy", ""},
	{"a log that is new", "0 /var, 0 /var/log, 1 /var/log/app.log", "/var/log", ""},
	{"a directory that it made", "1 /data, 1 /data/a, 1 /data/a/b, 1 /data/c", "/data", ""},
	{"a file in a directory of the image", "0 /app, 1 /app/state.db", "",
	 HIDES("/app/state.db")},
	{"a file of the image", "0 /etc, 0 /etc/passwd", "", HIDES("/etc/passwd")},
	{"a file that is gone", "0 /opt, 2 /opt/x", "", HIDES("/opt/x")},
	{"what the engine made",
	 "0 /etc, 1 /etc/hosts, 1 /etc/mtab, 0 /dev, 1 /dev/console, 1 /mnt, 1 /mnt/v", "", ""},
	{"more than are named", "1 /1, 1 /2, 1 /3, 1 /4, 1 /5, 1 /6, 1 /7", "",
	 HIDES("/1, /2, /3, /4, /5, /6 and 1 more")},
	{"names that begin alike", "1 /data, 1 /data/a, 1 /data2, 1 /data2/b", "/data; /data2", ""},
	{"a link to a place is no part of it", "0 /tmpfile", "", HIDES("/tmpfile")},
};

static struct value *changes_of(const char *text)
{
	AUTO(strv) struct strv items = {0};
	struct value *list = value_list();

	assert_int_equal(strv_split(&items, text, ",", NULL), 0);
	for (size_t i = 0; i < items.len; i++) {
		const char *kind = items.items[i] + strspn(items.items[i], " ");
		struct value *one = value_map();

		assert_int_equal(value_set(one, "Path", value_text(kind + 2), NULL), 0);
		assert_int_equal(value_set(one, "Kind", value_integer(*kind - '0'), NULL), 0);
		assert_int_equal(value_add(list, one, NULL), 0);
	}
	return list;
}

static void test_tmpfs(void **state)
{
	AUTO_PTR(value) struct value *mounts = parse("[{\"Destination\": \"/mnt/v\"}]");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_PTR(value) struct value *changes = changes_of(cases[i].changes);
		AUTO(strv) struct strv paths = {0}, notes = {0};
		AUTO_FREE char *path_text = NULL, *note_text = NULL;

		assert_int_equal(changes_tmpfs(changes, mounts, &paths, &notes, NULL), 0);
		path_text = joined(&paths);
		note_text = joined(&notes);
		if (strcmp(path_text, cases[i].paths) != 0 ||
		    strcmp(note_text, cases[i].notes) != 0)
			fail_msg("%s: %s (%s)", cases[i].name, path_text, note_text);
	}
}

/* A tmpfs that is there already keeps its options. */
static void tmpfs_is_added(void **state)
{
	AUTO_PTR(value) struct value *container = parse(HOST("\"Tmpfs\": {\"/run\": \"size=1m\"}"));
	AUTO_PTR(value)
	struct value *after =
		parse(HOST("\"Tmpfs\": {\"/run\": \"size=1m\", \"/tmp\": \"size=2m\"}"));
	AUTO_PTR(value) struct value *with = parse("{\"tmpfs\": \"size=2m\"}");
	AUTO_PTR(value) struct value *changes = changes_of("0 /run, 1 /run/x, 0 /tmp, 1 /tmp/y");
	AUTO(strv) struct strv notes = {0};
	struct container_edit edit = {.edits = with, .changes = changes};

	(void)state;
	assert_int_equal(container_edit(container, &edit, &notes, NULL), 0);
	assert_true(value_equal(container, after));
	assert_int_equal(notes.len, 0);
	edit.changes = NULL;
	assert_int_equal(container_edit(container, &edit, &notes, NULL), 0);
	assert_string_equal(notes.items[0], "what it writes is not known: docker diff lists it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edits),
		cmocka_unit_test(values_without_use_are_refused),
		cmocka_unit_test(what_the_engine_added_is_forgotten),
		cmocka_unit_test(a_borrowed_hostname_is_forgotten),
		cmocka_unit_test(test_tmpfs),
		cmocka_unit_test(tmpfs_is_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
