// SPDX-License-Identifier: Apache-2.0
/*
 * Edits of JSON texts: named cases with the exact bytes before and after, and random texts where
 * every byte outside the edited value must stay and set followed by unset must give the first bytes
 * again.
 */
#include "harden/text/json_edit.h"

#include "harden/text/json.h"
#include "tests/unit/random_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum op { SET, UNSET, ADD, REMOVE };

struct edit_case {
	const char *name, *in; /* in NULL: no file */
	enum op op;
	const char *path;  /* keys separated by '/' */
	const char *value; /* JSON; for REMOVE the index */
	const char *out;   /* NULL: an error that holds message */
	const char *message;
};

static const struct edit_case cases[] = {
	{"absent file", NULL, SET, "icc", "false", "{\n  \"icc\": false\n}\n", NULL},
	{"empty file", "", SET, "icc", "false", "{\n  \"icc\": false\n}\n", NULL},
	{"blank file", " \n\t\n", SET, "icc", "false", "{\n  \"icc\": false\n}\n", NULL},
	{"blank with CRLF", "\r\n", SET, "icc", "false", "{\r\n  \"icc\": false\r\n}\r\n", NULL},
	{"only a BOM", "\xef\xbb\xbf", SET, "icc", "false", "\xef\xbb\xbf{\n  \"icc\": false\n}\n",
	 NULL},
	{"absent file, nested", NULL, SET, "log-opts/max-size", "\"10m\"",
	 "{\n  \"log-opts\": {\n    \"max-size\": \"10m\"\n  }\n}\n", NULL},
	{"absent file, unset", NULL, UNSET, "icc", NULL, "", NULL},
	{"blank file, unset", " \n", UNSET, "icc", NULL, " \n", NULL},
	{"empty map", "{}", SET, "icc", "false", "{\n  \"icc\": false\n}", NULL},
	{"empty map with newline", "{}\n", SET, "icc", "false", "{\n  \"icc\": false\n}\n", NULL},
	{"empty map with blanks inside", "{ \n\n }\n", SET, "a", "1", "{\n  \"a\": 1\n}\n", NULL},
	{"BOM kept", "\xef\xbb\xbf{\"a\":1}", SET, "b", "2", "\xef\xbb\xbf{\"a\":1,\"b\":2}", NULL},
	{"append, two blanks", "{\n  \"a\": 1\n}\n", SET, "b", "true",
	 "{\n  \"a\": 1,\n  \"b\": true\n}\n", NULL},
	{"append, four blanks", "{\n    \"a\": 1\n}", SET, "b", "{\"c\":\"d\"}",
	 "{\n    \"a\": 1,\n    \"b\": {\n        \"c\": \"d\"\n    }\n}", NULL},
	{"append, tabs", "{\n\t\"a\": 1,\n\t\"z\": []\n}\n", SET, "b", "{\"c\":{}}",
	 "{\n\t\"a\": 1,\n\t\"z\": [],\n\t\"b\": {\n\t\t\"c\": {}\n\t}\n}\n", NULL},
	{"append, no indentation", "{\n\"a\": 1\n}\n", SET, "b", "{\"c\":1}",
	 "{\n\"a\": 1,\n\"b\": {\n\"c\": 1\n}\n}\n", NULL},
	{"append, CRLF", "{\r\n  \"a\": 1\r\n}\r\n", SET, "b", "{\"c\":1}",
	 "{\r\n  \"a\": 1,\r\n  \"b\": {\r\n    \"c\": 1\r\n  }\r\n}\r\n", NULL},
	{"append, minified", "{\"a\":1,\"b\":[1,2]}", SET, "c", "{\"d\":[\"x\",\"y\"],\"e\":{}}",
	 "{\"a\":1,\"b\":[1,2],\"c\":{\"d\":[\"x\",\"y\"],\"e\":{}}}", NULL},
	{"append, one line", "{\"a\": 1}\n", SET, "b", "[1,2]", "{\"a\": 1, \"b\": [1, 2]}\n",
	 NULL},
	{"append, padded braces", "{ \"a\": 1 }\n", SET, "b", "{\"c\":1}",
	 "{ \"a\": 1, \"b\": { \"c\": 1 } }\n", NULL},
	{"append, blank lines between", "{\n\n  \"a\": 1,\n\n  \"b\": 2\n\n}\n", SET, "c", "3",
	 "{\n\n  \"a\": 1,\n\n  \"b\": 2,\n  \"c\": 3\n\n}\n", NULL},
	{"append, comma first", "{ \"a\": 1\n, \"b\": 2\n}\n", SET, "c", "3",
	 "{ \"a\": 1\n, \"b\": 2\n, \"c\": 3\n}\n", NULL},
	{"append, blank before the colon", "{\n  \"a\" : 1\n}\n", SET, "b", "2",
	 "{\n  \"a\" : 1,\n  \"b\" : 2\n}\n", NULL},
	{"append, colons aligned", "{\n  \"a\"      : 1\n}\n", SET, "b", "2",
	 "{\n  \"a\"      : 1,\n  \"b\": 2\n}\n", NULL},
	{"append, brace behind the last", "{\n  \"a\": 1}", SET, "b", "2",
	 "{\n  \"a\": 1,\n  \"b\": 2}", NULL},
	{"append into inline child", "{\n  \"l\": {\"a\": \"1\"}\n}\n", SET, "l/b", "\"2\"",
	 "{\n  \"l\": {\"a\": \"1\", \"b\": \"2\"}\n}\n", NULL},
	{"append into empty child", "{\n  \"l\": {}\n}\n", SET, "l/b", "\"2\"",
	 "{\n  \"l\": {\n    \"b\": \"2\"\n  }\n}\n", NULL},
	{"append into empty child, minified", "{\"l\":{}}", SET, "l/b", "2", "{\"l\":{\"b\":2}}",
	 NULL},
	{"missing parents", "{\n  \"a\": 1\n}\n", SET, "x/y/z", "2",
	 "{\n  \"a\": 1,\n  \"x\": {\n    \"y\": {\n      \"z\": 2\n    }\n  }\n}\n", NULL},
	{"replace a scalar", "{ \"icc\" :true , \"b\":2}", SET, "icc", "false",
	 "{ \"icc\" :false , \"b\":2}", NULL},
	{"replace keeps odd bytes", "{\"x\":1e3,\"\\u0061\":\"\\u0062\\/\", \"icc\":true}", SET,
	 "icc", "false", "{\"x\":1e3,\"\\u0061\":\"\\u0062\\/\", \"icc\":false}", NULL},
	{"replace a key written with escapes", "{\"\\u0069cc\": true}", SET, "icc", "false",
	 "{\"\\u0069cc\": false}", NULL},
	{"replace a list on its line", "{\n  \"d\": [\"a\"]\n}\n", SET, "d", "[\"a\",\"b\"]",
	 "{\n  \"d\": [\"a\", \"b\"]\n}\n", NULL},
	{"replace a list on lines", "{\n  \"d\": [\n    \"a\"\n  ]\n}\n", SET, "d", "[\"a\",\"b\"]",
	 "{\n  \"d\": [\n    \"a\",\n    \"b\"\n  ]\n}\n", NULL},
	{"replace a scalar by a map", "{\n  \"d\": 1\n}\n", SET, "d", "{\"a\":1}",
	 "{\n  \"d\": {\n    \"a\": 1\n  }\n}\n", NULL},
	{"same value", "{\"a\" :1 }", SET, "a", "1", "{\"a\" :1 }", NULL},
	{"same map in another order", "{\"m\":{\"a\":1,\"b\":2}}", SET, "m", "{\"b\":2,\"a\":1}",
	 "{\"m\":{\"a\":1,\"b\":2}}", NULL},
	{"escapes in a new value", "{}", SET, "a\"b", "\"x\\ny\"", "{\n  \"a\\\"b\": \"x\\ny\"\n}",
	 NULL},
	{"unset first", "{\n  \"a\": 1,\n  \"b\": 2\n}\n", UNSET, "a", NULL, "{\n  \"b\": 2\n}\n",
	 NULL},
	{"unset middle", "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}\n", UNSET, "b", NULL,
	 "{\n  \"a\": 1,\n  \"c\": 3\n}\n", NULL},
	{"unset last", "{\n  \"a\": 1,\n  \"b\": 2\n}\n", UNSET, "b", NULL, "{\n  \"a\": 1\n}\n",
	 NULL},
	{"unset only", "{\n  \"a\": 1\n}\n", UNSET, "a", NULL, "{}\n", NULL},
	{"unset in a line", "{\"a\":1,\"b\":2,\"c\":3}", UNSET, "b", NULL, "{\"a\":1,\"c\":3}",
	 NULL},
	{"unset first in a line", "{ \"a\": 1, \"b\": 2 }", UNSET, "a", NULL, "{ \"b\": 2 }", NULL},
	{"unset, comma first", "{ \"a\": 1\n, \"b\": 2\n, \"c\": 3\n}", UNSET, "b", NULL,
	 "{ \"a\": 1\n, \"c\": 3\n}", NULL},
	{"unset nested", "{\n  \"l\": {\n    \"a\": 1\n  }\n}\n", UNSET, "l/a", NULL,
	 "{\n  \"l\": {}\n}\n", NULL},
	{"unset absent", "{ }", UNSET, "l/a", NULL, "{ }", NULL},
	{"unset absent child", "{\"l\":{ }}", UNSET, "l/a", NULL, "{\"l\":{ }}", NULL},
	{"remove element, first", "{\"d\": [\"a\", \"b\"]}", REMOVE, "d", "0", "{\"d\": [\"b\"]}",
	 NULL},
	{"remove element, last", "{\n  \"d\": [\n    \"a\",\n    \"b\"\n  ]\n}", REMOVE, "d", "1",
	 "{\n  \"d\": [\n    \"a\"\n  ]\n}", NULL},
	{"remove element, only", "{\"d\": [ \"a\" ]}", REMOVE, "d", "0", "{\"d\": []}", NULL},
	{"remove element, beyond", "{\"d\": [ \"a\" ]}", REMOVE, "d", "1", "{\"d\": [ \"a\" ]}",
	 NULL},
	{"add element", "{\"d\": [\"a\"]}", ADD, "d", "\"b\"", "{\"d\": [\"a\", \"b\"]}", NULL},
	{"add element on lines", "{\n\t\"d\": [\n\t\t\"a\"\n\t]\n}\n", ADD, "d", "\"b\"",
	 "{\n\t\"d\": [\n\t\t\"a\",\n\t\t\"b\"\n\t]\n}\n", NULL},
	{"add element to an empty list", "{\n  \"d\": []\n}\n", ADD, "d", "\"b\"",
	 "{\n  \"d\": [\"b\"]\n}\n", NULL},
	{"add element, no list yet", "{}\n", ADD, "d", "\"b\"", "{\n  \"d\": [\"b\"]\n}\n", NULL},
	{"top is a list", "[1]", SET, "a", "1", NULL,
	 "f:1:1: expected a map ({...}) as the whole file, found a list"},
	{"parent is a text", "{\n  \"l\": \"x\"\n}", SET, "l/a", "1", NULL,
	 "f:2:8: expected a map ({...}) as the value of \"l\", found a text"},
	{"no list", "{\"d\": {}}", ADD, "d", "1", NULL,
	 "f:1:7: expected a list ([...]) as the value of \"d\", found a map"},
	{"no JSON", "{\"a\":1,}", SET, "a", "1", NULL, "f:1:7: a comma behind the last member"},
	{"duplicate keys", "{\"a\":1,\"a\":2}", SET, "a", "1", NULL,
	 "f:1:8: the key \"a\" is here twice"},
};

/* Splits a path in place into keys. */
static void keys_of(char *path, const char *keys[8])
{
	size_t n = 0;

	for (char *p = path; p && n < 7; n++) {
		keys[n] = p;
		p = strchr(p, '/');
		if (p)
			*p++ = '\0';
	}
	keys[n] = NULL;
}

static int run(const struct blob *in, enum op op, const char *path, const char *json,
	       struct blob **out, struct error *err)
{
	AUTO_PTR(value) struct value *v = NULL;
	AUTO_FREE char *copy = strdup(path);
	const char *keys[8];

	keys_of(copy, keys);
	if (json)
		assert_int_equal(json_read(json, strlen(json), "value", &v, NULL), 0);
	switch (op) {
	case SET:
		return json_edit_set(in, "f", keys, v, out, err);
	case UNSET:
		return json_edit_unset(in, "f", keys, out, err);
	case ADD:
		return json_edit_add_element(in, "f", keys, v, out, err);
	case REMOVE:
		return json_edit_remove_element(in, "f", keys, (size_t)v->integer, out, err);
	}
	return -1;
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct edit_case *c = &cases[i];
		AUTO_PTR(blob) struct blob *in = c->in ? blob_new(c->in, strlen(c->in)) : NULL;
		AUTO_PTR(blob) struct blob *out = NULL;
		AUTO(error) struct error err = {0};
		int r = run(in, c->op, c->path, c->value, &out, &err);

		if (r != (c->out ? 0 : -1))
			fail_msg("%s: returned %d: %s", c->name, r, error_message(&err));
		if (c->out && strcmp(out->data, c->out) != 0)
			fail_msg("%s:\n%s\ninstead of\n%s", c->name, out->data, c->out);
		if (!c->out && (err.code != ERROR_FORMAT || !strstr(err.message, c->message)))
			fail_msg("%s: message: %s", c->name, err.message);
		if (!c->out)
			assert_string_equal(err.resource, "f");
	}
}

static void test_unchanged_is_the_same_blob(void **state)
{
	AUTO_PTR(blob) struct blob *in = blob_new("{\"a\": [1]}", 10), *out = NULL;

	(void)state;
	assert_int_equal(run(in, SET, "a", "[1]", &out, NULL), 0);
	assert_ptr_equal(in, out);
}

/* Twenty thousand keys, and one more: linear, and still exact. */
static void test_huge(void **state)
{
	AUTO(strbuf) struct strbuf b = {0};
	AUTO_PTR(blob) struct blob *in = NULL, *out = NULL, *back = NULL;

	(void)state;
	strbuf_append(&b, "{");
	for (int i = 0; i < 20000; i++)
		strbuf_appendf(&b, "%s\"k%d\":%d", i ? "," : "", i, i);
	strbuf_append(&b, "}");
	in = blob_from_strbuf(&b);
	assert_int_equal(run(in, SET, "icc", "false", &out, NULL), 0);
	assert_int_equal(out->len, in->len + strlen(",\"icc\":false"));
	assert_int_equal(run(out, UNSET, "icc", NULL, &back, NULL), 0);
	assert_true(blob_equal(in, back));
}

/* Random texts; replacing a member's value leaves what stands before and behind it alone. */
static void test_replace_keeps_the_rest(void **state)
{
	struct random r = {20240207};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		AUTO(strbuf) struct strbuf b = {0};
		AUTO_PTR(value) struct value *root = NULL;
		AUTO_PTR(blob) struct blob *in = NULL, *out = NULL;
		const struct value_member *m;
		size_t tail;

		random_json_map(&r, &b, 3);
		in = blob_from_strbuf(&b);
		assert_int_equal(json_read(in->data, in->len, "f", &root, NULL), 0);
		if (root->len == 0)
			continue;
		m = &root->members[random_below(&r, (unsigned)root->len)];
		assert_int_equal(run(in, SET, m->key, "[\"new\", {\"x\": 1}]", &out, NULL), 0);
		tail = in->len - m->value->end;
		assert_memory_equal(in->data, out->data, m->value->start);
		assert_memory_equal(in->data + m->value->end, out->data + out->len - tail, tail);
	}
}

static void test_set_then_unset(void **state)
{
	struct random r = {77};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		AUTO(strbuf) struct strbuf b = {0};
		AUTO_PTR(blob) struct blob *in = NULL, *set = NULL, *unset = NULL;
		AUTO_PTR(value) struct value *root = NULL;
		AUTO_PTR(value) struct value *v = NULL;
		static const char *const path[] = {"absent", NULL};
		AUTO(error) struct error err = {0};

		random_json_map(&r, &b, 3);
		in = blob_from_strbuf(&b);
		assert_int_equal(json_read(in->data, in->len, "f", &root, NULL), 0);
		v = value_copy(root);
		if (json_edit_set(in, "f", path, v, &set, &err) < 0 ||
		    json_edit_unset(set, "f", path, &unset, &err) < 0)
			fail_msg("%s: %s", err.message, in->data);
		if (root->len && !blob_equal(in, unset))
			fail_msg("not restored:\n%s\n%s\n%s", in->data, set->data, unset->data);
	}
}

/* Removing any member leaves a text that reads as the rest (json_edit checks that itself). */
static void test_unset_any(void **state)
{
	struct random r = {4711};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		AUTO(strbuf) struct strbuf b = {0};
		AUTO_PTR(value) struct value *root = NULL, *after = NULL;
		AUTO_PTR(blob) struct blob *in = NULL, *out = NULL;
		const char *path[2] = {NULL, NULL};

		random_json_map(&r, &b, 3);
		in = blob_from_strbuf(&b);
		assert_int_equal(json_read(in->data, in->len, "f", &root, NULL), 0);
		if (root->len == 0)
			continue;
		path[0] = root->members[random_below(&r, (unsigned)root->len)].key;
		assert_int_equal(json_edit_unset(in, "f", path, &out, NULL), 0);
		assert_int_equal(json_read(out->data, out->len, "f", &after, NULL), 0);
		assert_int_equal(value_len(after), value_len(root) - 1);
		assert_null(value_get(after, path[0]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_unchanged_is_the_same_blob),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_replace_keeps_the_rest),
		cmocka_unit_test(test_set_then_unset),
		cmocka_unit_test(test_unset_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
