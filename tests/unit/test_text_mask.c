// SPDX-License-Identifier: Apache-2.0
/*
 * Masking: what must be hidden, what must stay readable, and random bytes that must neither crash
 * it nor change the number of lines.
 */
#include "harden/text/mask.h"

#include "harden/text/json.h"
#include "tests/unit/random_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct mask_case {
	const char *name, *in, *out; /* out NULL: stays */
};

static const struct mask_case cases[] = {
	{"URL", "\"http-proxy\": \"http://user:pw@proxy:3128\"",
	 "\"http-proxy\": \"http://user:********@proxy:3128\""},
	{"URL with slashes escaped", "\"p\": \"http:\\/\\/user:pw@proxy\"",
	 "\"p\": \"http:\\/\\/user:********@proxy\""},
	{"URL, @ in the password", "https://u:p@w@h/x", "https://u:********@h/x"},
	{"URL without a password", "http://user@host:80/ tcp://0.0.0.0:2375 unix:///run/x", NULL},
	{"two URLs", "http://a:b@h,https://c:d@i", "http://a:********@h,https://c:********@i"},
	{"JSON member", "  \"splunk-token\": \"abc\",", "  \"splunk-token\": \"********\","},
	{"JSON minified", "{\"a\":1,\"password\":\"x\\\"y\",\"b\":\"c\"}",
	 "{\"a\":1,\"password\":\"********\",\"b\":\"c\"}"},
	{"JSON in JSON", "\"x\": \"{\\\"token\\\": \\\"abc\\\", \\\"a\\\": 1}\"",
	 "\"x\": \"{\\\"token\\\": \\\"********\\\", \\\"a\\\": 1}\""},
	{"JSON list", "\"tokens\": [\"a\", \"b\"], \"c\": \"d\"",
	 "\"tokens\": [\"********\", \"********\"], \"c\": \"d\""},
	{"JSON map", "\"secrets\": {\"a\": 1}", NULL},
	{"docker config", "\"auth\": \"dXNlcjpwdw==\"", "\"auth\": \"********\""},
	{"shell variable", "DB_PASSWORD=hunter2", "DB_PASSWORD=********"},
	{"shell variable, quoted", "export API_KEY=\"a b\" # x", "export API_KEY=\"********\" # x"},
	{"shell variable, blanks", "DB_PASSWORD=two words", "DB_PASSWORD=********"},
	{"unit environment", "Environment=\"DB_PASSWORD=a b\" \"X=y\"",
	 "Environment=\"DB_PASSWORD=********\" \"X=y\""},
	{"unit flag", "ExecStart=/usr/sbin/dockerd --log-opt splunk-token=abc --icc=false",
	 "ExecStart=/usr/sbin/dockerd --log-opt splunk-token=******** --icc=false"},
	{"flag and blank", "x --password hunter2 --icc", "x --password ******** --icc"},
	{"flag and =", "x --registry-token=abc --icc", "x --registry-token=******** --icc"},
	{"flag, quoted word", "x --password 'a b' --icc", "x --password '********' --icc"},
	{"flag, quotes within", "x --password=a\"b c\"d --icc", "x --password=******** --icc"},
	{"flag without value", "x --password --icc", NULL},
	{"flags in a list", "[\"--token\", \"abc\", \"x\"]", "[\"--token\", \"********\", \"x\"]"},
	{"flag in a quoted command", "sh -c 'x --token=abc' y", "sh -c 'x --token=********' y"},
	{"continued line", "  --token=abc \\", "  --token=******** \\"},
	{"diff, added", "+    \"password\": \"new\"", "+    \"password\": \"********\""},
	{"diff, removed", "-PASSWORD=old", "-PASSWORD=********"},
	{"diff, flag line", "-  --token=old", "-  --token=********"},
	{"YAML", "password: a b c", "password: ********"},
	{"query", "http://h/?token=abc&x=y", "http://h/?token=********&x=y"},
	{"header", "Authorization: Basic dXNlcjpwdw==", "Authorization: ********"},
	{"header in quotes", "curl -H \"Authorization: Bearer abc\" http://h",
	 "curl -H \"Authorization: ********\" http://h"},
	{"scheme alone", "sent Basic dXNlcjpwdw==", "sent Basic ********"},
	{"scheme as a word", "Basic settings and bearer tokens", NULL},
	{"AWS", "id AKIAIOSFODNN7EXAMPLE x", "id ******** x"},
	{"AWS secret", "AWS_SECRET_ACCESS_KEY=abc/def", "AWS_SECRET_ACCESS_KEY=********"},
	{"swarm", "SWMTKN-1-3pu6hszjas19xyp7ghgosyx9k8atbfcr8p2is99znpy26u2lkl-1awx", "********"},
	{"camel case", "\"registryPassword\": \"x\", \"clientSecret\": \"y\"",
	 "\"registryPassword\": \"********\", \"clientSecret\": \"********\""},
	{"spaces around =", "password = x", "password = ********"},
	{"key block",
	 "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nb\n",
	 "a\n-----BEGIN RSA PRIVATE KEY-----\n********\n********\n-----END RSA PRIVATE "
	 "KEY-----\nb\n"},
	{"key block in a diff",
	 "+-----BEGIN PRIVATE KEY-----\n+MIIE\n+-----END PRIVATE KEY-----\n+b",
	 "+-----BEGIN PRIVATE KEY-----\n+********\n+-----END PRIVATE KEY-----\n+b"},
	{"key block removed by a diff",
	 "------BEGIN PRIVATE KEY-----\n-MIIE\n------END PRIVATE KEY-----\n",
	 "------BEGIN PRIVATE KEY-----\n-********\n------END PRIVATE KEY-----\n"},
	{"key block in JSON",
	 "\"k\": \"-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----\\n\"",
	 "\"k\": \"-----BEGIN PRIVATE KEY-----********-----END PRIVATE KEY-----\\n\""},
	{"key block cut off", " -----BEGIN PRIVATE KEY-----\n+MIIE\n@@ -1 +1 @@\n+b",
	 " -----BEGIN PRIVATE KEY-----\n+********\n@@ -1 +1 @@\n+b"},
	{"certificate", "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----", NULL},
	{"max-size", "\"max-size\": \"10m\", \"tag\": \"x\"", NULL},
	{"tlskey", "\"tlskey\": \"/etc/docker/key.pem\"", NULL},
	{"private key file", "private-key=/etc/docker/server.key", NULL},
	{"splunk-capath", "\"splunk-capath\": \"/etc/ca\"", NULL},
	{"endpoint", "\"awslogs-credentials-endpoint\": \"/creds\"", NULL},
	{"plugins", "\"authorization-plugins\": [\"opa\"]", NULL},
	{"plugin flag", "dockerd --authorization-plugin=opa -H fd://", NULL},
	{"token file", "--token-file /run/token", NULL},
	{"no-new-privileges", "\"no-new-privileges\": true", NULL},
	{"empty values", "PASSWORD=\n\"password\": \"\"", NULL},
	{"booleans", "\"token\": true, \"auth\": null", NULL},
	{"working directory", "PWD=/root", NULL},
	{"path", "/run/secrets: mode 0755, should be 0700", NULL},
	{"audit rule", "-w /etc/docker -p wa -k docker-secret", NULL},
	{"place", "the key \"token\" is here twice", NULL},
	{"diff head",
	 "--- a/etc/docker/daemon.json\n+++ b/etc/docker/daemon.json\n@@ -1,2 +1,3 @@\n {\n+  "
	 "\"icc\": false\n }",
	 NULL},
};

static void test_text(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct mask_case *c = &cases[i];
		const char *expected = c->out ? c->out : c->in;
		AUTO(strbuf) struct strbuf out = {0};

		assert_int_equal(mask_text(c->in, strlen(c->in), &out, NULL), 0);
		if (strcmp(strbuf_text(&out), expected) == 0)
			continue;
		print_error("%s: %s\ninstead of %s\n", c->name, strbuf_text(&out), expected);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* What is masked already is not masked differently again. */
static void test_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(strbuf) struct strbuf once = {0};
		AUTO(strbuf) struct strbuf twice = {0};

		assert_int_equal(mask_text(cases[i].in, strlen(cases[i].in), &once, NULL), 0);
		assert_int_equal(mask_text(once.data, once.len, &twice, NULL), 0);
		assert_string_equal(once.data, twice.data);
	}
}

static void test_value(void **state)
{
	static const char in[] =
		"{\"a\":\"http://u:p@h\",\"log-opts\":{\"splunk-token\":\"t\",\"max-size\":\"1m\"},"
		"\"secrets\":{\"db\":\"x\",\"n\":[\"y\",1,true]},\"argv\":[\"--token\",\"z\",\"w\"]"
		","
		"\"tlskey\":\"/k.pem\",\"token\":\"\",\"n\":5}";
	static const char expected[] =
		"{\"a\":\"http://u:********@h\",\"log-opts\":{\"splunk-token\":\"********\","
		"\"max-size\":\"1m\"},\"secrets\":{\"db\":\"********\",\"n\":[\"********\","
		"\"********\",true]},\"argv\":[\"--token\",\"********\",\"w\"],"
		"\"tlskey\":\"/k.pem\",\"token\":\"\",\"n\":5}";
	AUTO_PTR(value) struct value *v = NULL;
	AUTO_FREE char *text = NULL;

	(void)state;
	assert_int_equal(json_read(in, strlen(in), "f", &v, NULL), 0);
	assert_int_equal(mask_value(v, NULL), 0);
	assert_int_equal(json_to_text(v, &text, NULL), 0);
	assert_string_equal(text, expected);
	assert_int_equal(mask_value(NULL, NULL), 0);
}

static size_t lines_of(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

static void test_random(void **state)
{
	static const char *const pieces[] = {
		"password", "token",  "\"",	 "'",  "\\",	  "=",
		": ",	    " ",      "\n",	 "--", "http://", "u:p@h",
		"[",	    "]",      "{",	 "}",  ",",	  "-----BEGIN PRIVATE KEY-----",
		"-----END", "Basic ", "AKIA",	 "x",  "9",	  "/",
		":",	    "@",      "+",	 "-",  "&",	  "?",
		"\xff",	    "\t",     "export ",
	};
	struct random r = {8};

	(void)state;
	for (int i = 0; i < 8000; i++) {
		AUTO(strbuf) struct strbuf in = {0};
		AUTO(strbuf) struct strbuf out = {0};
		AUTO_FREE char *exact = NULL; /* without a NUL behind it, for the sanitizer */

		for (unsigned n = random_below(&r, 24); n > 0; n--) {
			strbuf_append(&in, random_of(&r, pieces, ARRAY_SIZE(pieces)));
			if (random_below(&r, 40) == 0)
				strbuf_append_char(&in, '\0');
		}
		exact = malloc(in.len + !in.len);
		assert_non_null(exact);
		memcpy(exact, in.len ? in.data : "", in.len);
		assert_int_equal(mask_text(exact, in.len, &out, NULL), 0);
		if (lines_of(in.data, in.len) != lines_of(out.data, out.len))
			fail_msg("lines changed:\n%s\n%s", in.data, out.data);
	}
}

/* A value in a random place of a random document is gone, whatever stands around it. */
static void test_never_shown(void **state)
{
	static const char *const forms[] = {
		"{\"password\": \"%s\"}",
		"  \"a\": {\"client-secret\":\"%s\"},",
		"PASSWORD=%s",
		"export TOKEN='%s'",
		"x --password %s",
		"x --password=%s y",
		"+token: %s",
		"ftp://u:%s@h/x",
		"Environment=API_KEY=%s",
	};
	static const char *const around[] = {
		"", "\n", "{}\n", "a: \"b\"\n", "\"icc\": false,\n", "-w /x -k y\n", "# it's\n"};
	struct random r = {12};

	(void)state;
	for (int i = 0; i < 3000; i++) {
		AUTO_FREE char *secret = str_format("S%uS", random_below(&r, 1000000));
		AUTO(strbuf) struct strbuf in = {0};
		AUTO(strbuf) struct strbuf out = {0};
		const char *form = random_of(&r, forms, ARRAY_SIZE(forms)),
			   *hole = strstr(form, "%s");

		strbuf_append(&in, random_of(&r, around, ARRAY_SIZE(around)));
		strbuf_append_bytes(&in, form, (size_t)(hole - form));
		strbuf_append(&in, secret);
		strbuf_append(&in, hole + 2);
		strbuf_append_char(&in, '\n');
		strbuf_append(&in, random_of(&r, around, ARRAY_SIZE(around)));
		assert_int_equal(mask_text(in.data, in.len, &out, NULL), 0);
		if (strstr(out.data, secret) || !strstr(out.data, MASK_TEXT))
			fail_msg("shown: %s", out.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),	    cmocka_unit_test(test_twice),
		cmocka_unit_test(test_value),	    cmocka_unit_test(test_random),
		cmocka_unit_test(test_never_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
