// SPDX-License-Identifier: Apache-2.0
/*
 * What is written against what runs: two views, and what the engine shows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backup/settle_diff.h"
#include "harden/text/json.h"

/* A view of "FLAG FLAG" and a daemon.json. */
static struct dockerd *view(const char *flags, const char *json)
{
	AUTO(strv) struct strv words = {0};
	struct dockerd *d = dockerd_new();

	assert_non_null(d);
	assert_int_equal(strv_split(&words, flags, " ", NULL), 0);
	d->version = strdup("20.10.24");
	d->config_path = strdup("/etc/docker/daemon.json");
	d->env = calloc(1, sizeof(*d->env));
	d->env_len = d->env_cap = 1;
	d->env[0].path = strdup("/etc/default/docker");
	d->env[0].content = blob_new(flags, strlen(flags));
	d->line.args = calloc(words.len + 1, sizeof(*d->line.args));
	assert_non_null(d->line.args);
	for (size_t i = 0; i < words.len; i++)
		d->line.args[d->line.len++].text = strdup(words.items[i]);
	assert_int_equal(pflag_parse((const char *const *)words.items, words.len, &d->flags, NULL),
			 0);
	assert_int_equal(json_read(json, strlen(json), "daemon.json", &d->config, NULL), 0);
	return d;
}

static const struct {
	const char *name;
	const char *running_flags, *running, *written_flags, *written;
	const char *restart, *stopped, *empty, *start, *recreate;
} views[] = {
	{"the same", "--icc=false", "{}", "--icc=false", "{}", "", "", "", "", ""},
	{"the same, from another place", "--icc=false", "{}", "", "{\"icc\": false}", "", "", "",
	 "", ""},
	{"a default that is written", "", "{}", "",
	 "{\"icc\": true, \"log-driver\": \"json-file\"}", "", "", "", "", ""},
	{"nothing said in two ways", "", "{}", "",
	 "{\"authorization-plugins\": [], \"cgroup-parent\": \"\"}", "", "", "", "", ""},
	{"a level in capitals", "", "{\"log-level\": \"INFO\"}", "", "{}", "", "", "", "", ""},
	{"the bridge", "", "{}", "", "{\"icc\": false, \"userland-proxy\": false}",
	 "icc userland-proxy", "icc userland-proxy", "", "", ""},
	{"what containers keep", "", "{}", "",
	 "{\"no-new-privileges\": true, \"cgroup-parent\": \"a.slice\", \"log-driver\": \"local\"}",
	 "cgroup-parent log-driver no-new-privileges", "", "", "cgroup-parent",
	 "log-driver no-new-privileges"},
	{"another place for everything", "", "{}", "--data-root=/srv/docker",
	 "{\"userns-remap\": \"default\"}", "data-root userns-remap", "", "data-root userns-remap",
	 "", ""},
	{"reloadable, so the engine is asked", "", "{}", "",
	 "{\"debug\": true, \"live-restore\": true}", "", "", "", "", ""},
	{"reloadable, but by flag", "", "{}", "--debug", "{}", "debug", "", "", "", ""},
	{"a flag that is gone", "--debug --insecure-registry=a", "{}", "", "{}",
	 "debug insecure-registries", "", "", "", ""},
	{"plugins are not reloaded", "", "{}", "", "{\"authorization-plugins\": [\"gate\"]}",
	 "authorization-plugins", "", "", "", ""},
};

static void check_keys(const struct strv *keys, const char *wanted, const char *name)
{
	AUTO(strbuf) struct strbuf got = {0};

	for (size_t i = 0; i < keys->len; i++)
		strbuf_appendf(&got, "%s%s", i ? " " : "", keys->items[i]);
	if (!str_equal(strbuf_text(&got), wanted))
		fail_msg("%s: \"%s\", not \"%s\"", name, strbuf_text(&got), wanted);
}

static void test_views(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(views); i++) {
		AUTO_PTR(dockerd)
		struct dockerd *a = view(views[i].running_flags, views[i].running);
		AUTO_PTR(dockerd)
		struct dockerd *b = view(views[i].written_flags, views[i].written);
		AUTO(settle_diff) struct settle_diff diff = {0};

		assert_int_equal(settle_diff_views(a, b, &diff, NULL), 0);
		check_keys(&diff.restart, views[i].restart, views[i].name);
		check_keys(&diff.stopped, views[i].stopped, views[i].name);
		check_keys(&diff.empty, views[i].empty, views[i].name);
		check_keys(&diff.start, views[i].start, views[i].name);
		check_keys(&diff.recreate, views[i].recreate, views[i].name);
	}
}

#define BRIDGE "{\"Options\": {\"com.docker.network.bridge.enable_icc\": \"true\"}}"
#define REGISTRIES(nets, secure)                                                                   \
	"{\"RegistryConfig\": {\"InsecureRegistryCIDRs\": [" nets "], \"IndexConfigs\": {"         \
	"\"docker.io\": {\"Secure\": true}, \"a:5000\": {\"Secure\": " secure "}}}}"

static const struct {
	const char *name, *info, *bridge, *flags, *written;
	bool known;
	const char *restart, *reload, *ignored;
} shown[] = {
	{"an empty answer tells nothing", "{}", "{}", "", "{\"debug\": true, \"icc\": false}", true,
	 "", "", ""},
	{"as written", "{\"Debug\": true, \"LiveRestoreEnabled\": false}", BRIDGE, "",
	 "{\"debug\": true}", true, "", "", ""},
	{"what a reload does", "{\"Debug\": false, \"LiveRestoreEnabled\": false}", "{}", "",
	 "{\"debug\": true, \"live-restore\": true}", true, "", "debug live-restore", ""},
	{"lists that are gone",
	 "{\"Labels\": [\"a=b\"], \"RegistryConfig\": {\"Mirrors\": [\"https://m/\"]}}", "{}", "",
	 "{}", true, "", "labels registry-mirrors", ""},
	{"lists in another order and spelling",
	 "{\"Labels\": [\"c=d\", \"a=b\"], \"RegistryConfig\": {\"Mirrors\": [\"https://m/\"]}}",
	 "{}", "",
	 "{\"labels\": [\"a=b\", \"a=b\", \"c=d\"], \"registry-mirrors\": [\"https://m\"]}", true,
	 "", "", ""},
	{"lists with something new",
	 "{\"Labels\": [\"a=bb\"], \"RegistryConfig\": {\"Mirrors\": [\"https://m/\"]}}", "{}", "",
	 "{\"labels\": [\"a=b\"], \"registry-mirrors\": [\"https://m/\", \"https://n/\"]}", true,
	 "", "labels registry-mirrors", ""},
	{"no lists", "{\"Labels\": null}", "{}", "", "{}", true, "", "", ""},
	{"a flag is no reload", "{\"Debug\": false}", "{}", "--debug", "{}", true, "debug", "", ""},
	{"what a restart does", "{\"LoggingDriver\": \"json-file\", \"ExperimentalBuild\": true}",
	 "{}", "", "{\"log-driver\": \"local\"}", true, "experimental log-driver", "", ""},
	{"the bridge ignored it", "{}", BRIDGE, "", "{\"icc\": false}", true, "", "", "icc"},
	{"the bridge, and nothing else is known", "{}", BRIDGE, "", "{\"icc\": false}", false,
	 "icc", "", ""},
	{"user namespaces", "{\"SecurityOptions\": [\"name=userns\"]}", "{}", "", "{}", true,
	 "userns-remap", "", ""},
	{"no-new-privileges is not shown before 24.0", "{\"SecurityOptions\": []}", "{}", "",
	 "{\"no-new-privileges\": true}", true, "", "", ""},
	{"registries as written", REGISTRIES("\"127.0.0.0/8\", \"10.1.0.0/16\"", "false"), "{}", "",
	 "{\"insecure-registries\": [\"a:5000\", \"10.1.0.0/16\"]}", true, "", "", ""},
	{"a registry that was taken away", REGISTRIES("\"127.0.0.0/8\"", "false"), "{}", "",
	 "{\"insecure-registries\": []}", true, "", "insecure-registries", ""},
	{"a label that was taken away", "{\"Labels\": [\"a=1\", \"b=2\"]}", "{}", "",
	 "{\"labels\": [\"b=2\"]}", true, "", "labels", ""},
	{"local ones are nobody's", REGISTRIES("\"127.0.0.0/8\", \"::1/128\"", "true"), "{}", "",
	 "{}", true, "", "", ""},
};

static void test_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		AUTO_PTR(dockerd) struct dockerd *d = view(shown[i].flags, shown[i].written);
		AUTO_PTR(value) struct value *info = NULL, *bridge = NULL;
		AUTO(settle_diff) struct settle_diff diff = {0};

		assert_int_equal(
			json_read(shown[i].info, strlen(shown[i].info), "info", &info, NULL), 0);
		assert_int_equal(json_read(shown[i].bridge, strlen(shown[i].bridge), "bridge",
					   &bridge, NULL),
				 0);
		assert_int_equal(settle_diff_shown(info, bridge, d, shown[i].known, &diff, NULL),
				 0);
		check_keys(&diff.restart, shown[i].restart, shown[i].name);
		check_keys(&diff.reload, shown[i].reload, shown[i].name);
		check_keys(&diff.ignored, shown[i].ignored, shown[i].name);
	}
}

static const struct {
	const char *name, *earlier, *flags, *written, *reload; /* reload: the key that is shown */
	const char *gone, *restart;
} gone[] = {
	{"nothing", "{}", "", "{}", NULL, "", ""},
	{"what the file had", "{\"labels\": [\"a=b\"], \"debug\": true}", "", "{}", NULL,
	 "debug labels", ""},
	{"what the engine shows", "{}", "", "{}", "live-restore", "live-restore", ""},
	{"what is written still", "{\"debug\": true}", "", "{\"debug\": false}", "debug", "", ""},
	{"what a flag says", "{\"debug\": true}", "--debug", "{}", NULL, "", ""},
	{"what a reload resets by itself, or does not read",
	 "{\"max-concurrent-downloads\": 9, \"icc\": false}", "", "{}", NULL, "", ""},
	{"what has no default to write", "{\"default-cgroupns-mode\": \"host\"}", "", "{}", NULL,
	 "", "default-cgroupns-mode"},
};

static void test_gone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(gone); i++) {
		AUTO_PTR(dockerd) struct dockerd *d = view(gone[i].flags, gone[i].written);
		AUTO_PTR(value) struct value *earlier = NULL;
		AUTO(settle_diff) struct settle_diff diff = {0};

		assert_int_equal(json_read(gone[i].earlier, strlen(gone[i].earlier), "earlier",
					   &earlier, NULL),
				 0);
		if (gone[i].reload)
			assert_int_equal(strv_add(&diff.reload, gone[i].reload, NULL), 0);
		assert_int_equal(settle_diff_gone(NULL, d, &diff, NULL), 0);
		assert_int_equal(settle_diff_gone(earlier, d, &diff, NULL), 0);
		check_keys(&diff.gone, gone[i].gone, gone[i].name);
		check_keys(&diff.restart, gone[i].restart, gone[i].name);
	}
}

static void test_gone_default(void **state)
{
	static const struct {
		const char *key;
		enum value_kind kind;
	} defaults[] = {
		{"debug", VALUE_BOOL},		 {"labels", VALUE_LIST},
		{"runtimes", VALUE_MAP},	 {"shutdown-timeout", VALUE_INTEGER},
		{"default-runtime", VALUE_TEXT},
	};
	AUTO_PTR(dockerd) struct dockerd *d = view("", "{}");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		AUTO_PTR(value) struct value *v = NULL;

		assert_int_equal(settle_gone_default(d, defaults[i].key, &v, NULL), 0);
		assert_non_null(v);
		assert_int_equal(v->kind, defaults[i].kind);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_gone_default),
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
