// SPDX-License-Identifier: Apache-2.0
/*
 * dockerd's flags by pflag's rules, the key table, and TOML.
 */
#include "harden/text/pflag.h"

#include "harden/text/json.h"
#include "harden/text/toml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct flag_case {
	const char *name, *args[6], *out; /* KEY=VALUE[@word+words] ... */
};

static const struct flag_case cases[] = {
	{"long with =", {"--mtu=9000"}, "mtu=9000@0+1 "},
	{"long with a word", {"--mtu", "9000", "--ipv6"}, "mtu=9000@0+2 ipv6=true@2+1 "},
	{"a bool takes no word", {"--icc", "false"}, "icc=true@0+1 (false) "},
	{"bool with =", {"--icc=F"}, "icc=F@0+1 "},
	{"short with a word", {"-H", "fd://"}, "hosts=fd://@0+2 "},
	{"short, joined", {"-Hfd://"}, "hosts=fd://@0+1 "},
	{"short with =", {"-H=fd://"}, "hosts=fd://@0+1 "},
	{"short bool with =", {"-D=false"}, "debug=false@0+1 "},
	{"bundle", {"-Ds", "overlay2"}, "debug=true@0+1 storage-driver=overlay2@0+2 "},
	{"bundle with the value joined", {"-Dlinfo"}, "debug=true@0+1 log-level=info@0+1 "},
	{"all shorthands",
	 {"-bx", "-Gx", "-gx", "-lx", "-px", "-sx"},
	 "bridge=x@0+1 group=x@1+1 graph=x@2+1 log-level=x@3+1 pidfile=x@4+1 "
	 "storage-driver=x@5+1 "},
	{"order is kept", {"--mtu=1", "--mtu=2"}, "mtu=1@0+1 mtu=2@1+1 "},
	{"end of flags", {"-D", "--", "--icc"}, "debug=true@0+1 (--icc) "},
	{"flag of another name than its key", {"--label=a"}, "labels=a@0+1 "},
	{"unknown flag", {"--nonsense=1", "-D"}, "?nonsense!@0+1 debug=true@1+1 "},
	{"unknown shorthand", {"-Z"}, "?Z!@0+1 "},
	{"value is missing", {"--mtu"}, "mtu!@0+1 "},
	{"bad bool", {"--icc=no"}, "icc=no!@0+1 "},
	{"a value that looks like a flag", {"--mtu", "--icc"}, "mtu=--icc@0+2 "},
};

static void test_flags(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pflags flags = {0};
		struct strbuf out = {0};
		size_t n = 0;

		while (n < ARRAY_SIZE(cases[i].args) && cases[i].args[n])
			n++;
		assert_int_equal(pflag_parse(cases[i].args, n, &flags, NULL), 0);
		for (size_t j = 0; j < flags.len; j++) {
			const struct pflag *f = &flags.items[j];

			strbuf_appendf(&out, "%s%s%s%s%s@%zu+%zu ", f->key ? "" : "?",
				       f->key ? f->key->name : f->name, f->value ? "=" : "",
				       f->value ? f->value : "", f->problem ? "!" : "", f->word,
				       f->words);
		}
		for (size_t j = 0; j < flags.positional.len; j++)
			strbuf_appendf(&out, "(%s) ", flags.positional.items[j]);
		if (strcmp(strbuf_text(&out), cases[i].out) != 0)
			fail_msg("%s: \"%s\", expected \"%s\"", cases[i].name, strbuf_text(&out),
				 cases[i].out);
		strbuf_done(&out);
		pflags_done(&flags);
	}
}

static void test_keys(void **state)
{
	(void)state;
	for (size_t i = 1; i < daemon_keys_len; i++)
		assert_true(strcmp(daemon_keys[i - 1].name, daemon_keys[i].name) < 0);
	for (size_t i = 0; i < daemon_keys_len; i++)
		assert_ptr_equal(daemon_key_find(daemon_keys[i].name), &daemon_keys[i]);
	assert_string_equal(daemon_key_by_flag("insecure-registry", 17)->name,
			    "insecure-registries");
	assert_string_equal(daemon_key_nearest("live-restor"), "live-restore");
	assert_true(engine_version_compare("20.10.24", "23.0") < 0);
	assert_true(engine_version_compare("28.5.2", "28.5") > 0);
	assert_true(engine_version_compare("26.1.5+dfsg1", "26.1.5") == 0);
	assert_false(daemon_key_available(daemon_key_find("log-format"), "20.10.24"));
	assert_true(daemon_key_available(daemon_key_find("log-format"), "25.0"));
	assert_false(daemon_key_available(daemon_key_find("graph"), "23.0.1"));
	assert_true(daemon_key_available(daemon_key_find("graph"), "20.10"));
	assert_false(daemon_key_available(daemon_key_find("graph"), NULL));
	assert_false(daemon_key_available(daemon_key_find("resolv-conf"), "26.1"));
}

static const struct {
	const char *text, *out; /* JSON; or part of the error behind "!" */
} tomls[] = {
	{"a = 1\nb = \"x\\ty\" # c\n[grpc]\nuid = 5\n", "{\"a\":1,\"grpc.uid\":5}"},
	{"[grpc]\naddress = '/a\\b'\n", "{\"grpc.address\":\"/a\\\\b\"}"},
	{"grpc.address = \"/x\"\n", "{\"grpc.address\":\"/x\"}"},
	{"[ \"grpc\" ]\n\"uid\" = 1\n[other]\nuid = 2\n", "{\"grpc.uid\":1}"},
	{"a = [\n  'x', # one\n  [1, 2],\n]\n", "{\"a\":[\"x\",[1,2]]}"},
	{"z = {x = \"}\", y = {}}\na = true\n", "{\"a\":true}"},
	{"z = \"\"\"two\nlines\"\"\"\na = 1\n", "{\"a\":1}"},
	{"[[list]]\nx = 1\n[grpc]\nuid = 7\n", "{\"grpc.uid\":7}"},
	{"a = 1\na = 2\n", "{\"a\":2}"},
	{"\na = \"x\n", "!f:2: a text is not closed"},
	{"a = [1 2]\n", "!f:1: expected , or ]"},
	{"a\n", "!f:1: expected ="},
	{"[grpc\n", "!f:1: expected ]"},
	{"a = \n", "!f:1: expected a value"},
	{"a = 1 b = 2\n", "!f:1: expected the end of the line"},
	{"a = {\n", "!f:1: an inline table is not closed"},
	{"a = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "!f:1: lists are nested too deeply"},
};

static void test_toml(void **state)
{
	static const char *const wanted[] = {"a", "grpc.address", "grpc.uid", NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tomls); i++) {
		struct value *map = NULL;
		struct error err = {0};
		char *text = NULL;
		int result =
			toml_read(tomls[i].text, strlen(tomls[i].text), "f", wanted, &map, &err);

		if (result == 0) {
			assert_int_equal(json_to_text(map, &text, NULL), 0);
			assert_string_equal(text, tomls[i].out);
		} else if (tomls[i].out[0] != '!' ||
			   !strstr(error_message(&err), tomls[i].out + 1)) {
			fail_msg("%s: %s", tomls[i].text, error_message(&err));
		}
		free(text);
		value_free(map);
		error_done(&err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_toml),
	};

	return cmocka_run_group_tests_name("text pflag", tests, NULL, NULL);
}
