// SPDX-License-Identifier: Apache-2.0
/*
 * JSON: the place and words of every mistake, the place and span of every value, reading what was
 * written.
 */
#include "harden/text/json.h"

#include "tests/unit/random_text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct bad_case {
	const char *name, *text, *message, *next; /* next: a part of it, NULL any */
};

static const struct bad_case bad[] = {
	{"empty", "", "f:1:1: the file is empty", "write {}"},
	{"blanks", " \n\t\r\n", "f:1:1: the file holds only blanks", "write {}"},
	{"BOM", "\xef\xbb\xbf{}", "f:1:1: the file begins with a byte order mark",
	 "save it as UTF-8"},
	{"UTF-16", "\xff\xfe{", "f:1:1: the file is written in UTF-16", "save it as UTF-8"},
	{"comma behind the last member", "{\n  \"a\": 1,\n}\n",
	 "f:2:9: a comma behind the last member", "remove"},
	{"comma behind the last element", "[1, ]", "f:1:3: a comma behind the last element",
	 "remove"},
	{"comma missing", "{\"a\": 1\n \"b\": 2}", "f:2:2: expected a comma or \"}\", found \"b\"",
	 "comma missing"},
	{"comma missing in a list", "[1 2]", "f:1:4: expected a comma or \"]\", found \"2\"",
	 "comma missing"},
	{"colon missing", "{\"a\" 1}", "f:1:6: expected \":\" behind the key, found \"1\"", NULL},
	{"value missing", "{\"a\": }", "f:1:7: expected a value, found \"}\"", NULL},
	{"bare key", "{a: 1}", "f:1:2: expected a key in double quotes or \"}\", found \"a\"",
	 NULL},
	{"single quotes", "{'a': 1}", "f:1:2: expected a key in double quotes",
	 "use double quotes"},
	{"comment", "{\n # x\n}", "f:2:2: a comment; JSON has none", "remove"},
	{"comment of C", "{} // x", "f:1:4: a comment; JSON has none", "remove"},
	{"wrong bracket", "{\"a\": [1}", "f:1:9: expected a comma or \"]\", found \"}\"", NULL},
	{"not closed", "{\n \"a\": [1\n",
	 "f:3:1: expected \"]\" for the \"[\" of line 2, column 7, found the end", NULL},
	{"text not closed", "{\"a\": \"x\n}",
	 "f:1:7: the text that begins here has no closing quote", "closing quote"},
	{"misspelt word", "{\"a\": True}", "f:1:7: expected a value, found \"True\"",
	 "true, false and null"},
	{"leading zero", "{\"a\": 0644}", "f:1:7: expected a value, found \"0644\"", NULL},
	{"hexadecimal", "[0x10]", "f:1:2: expected a value, found \"0x10\"", NULL},
	{"too big", "[1, 9223372036854775808]",
	 "f:1:5: the number \"9223372036854775808\" is too big", NULL},
	{"real too big", "[1e999]", "f:1:2: the number \"1e999\" is too big", NULL},
	{"behind the value", "{}\n{}", "f:2:1: expected nothing more behind the value", NULL},
	{"bad escape", "[\"\\x\"]", "f:1:3: a backslash must be doubled", NULL},
	{"short \\u", "[\"\\u12\"]", "f:1:3: \\u needs four hexadecimal digits", NULL},
	{"half a pair", "[\"\\ud800\"]", "f:1:3: half of a surrogate pair", NULL},
	{"escaped NUL", "[\"a\\u0000\"]", "f:1:4: \\u0000 (a NUL character)", NULL},
	{"tab in a text", "[\"a\tb\"]", "f:1:4: a control character in a text", NULL},
	{"no UTF-8", "{\n\"a\": \"\xc3\xa4\xff\"}", "f:2:8: the byte 0xff is not UTF-8", "UTF-8"},
	{"columns count characters", "[\"\xc3\xa4\xe2\x82\xac\" 1]", "f:1:7: expected a comma",
	 NULL},
	{"key twice", "{\"a\": 1,\n \"b\": 2,\n \"a\": 3}",
	 "f:3:2: the key \"a\" is here twice; the first is at line 1, column 2", "keep one"},
	{"key twice by escapes", "{\"a\": 1, \"\\u0061\": 2}",
	 "f:1:10: the key \"a\" is here twice; the first is at line 1, column 2", NULL},
	{"key twice below", "{\"b\": [{\"a\": {\"b\": \"b\", \"b\": 1}}]}",
	 "f:1:25: the key \"b\" is here twice; the first is at line 1, column 15", NULL},
};

static void check_bad(const char *name, const char *text, size_t len, const char *message,
		      const char *next)
{
	AUTO_PTR(value) struct value *v = NULL;
	AUTO(error) struct error err = {0};

	if (json_read(text, len, "f", &v, &err) != -1)
		fail_msg("%s: was read", name);
	if (err.code != ERROR_FORMAT || !str_starts(error_message(&err), message))
		fail_msg("%s: %s", name, error_message(&err));
	assert_string_equal(err.resource, "f");
	if (!err.next || (next && !strstr(err.next, next)))
		fail_msg("%s: next: %s", name, err.next ? err.next : "none");
	assert_null(v);
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_bad(bad[i].name, bad[i].text, strlen(bad[i].text), bad[i].message,
			  bad[i].next);
	check_bad("NUL", "[1,\0 2]", 7, "f:1:4: expected a value, found a NUL byte", NULL);
	check_bad("NUL in a text", "[\"a\0\"]", 6, "f:1:4: a NUL byte in a text", NULL);
}

static void test_flags(void **state)
{
	static const char bom[] = "\xef\xbb\xbf{\"a\": 1}";
	AUTO_PTR(value) struct value *empty = NULL, *v = NULL;

	(void)state;
	assert_int_equal(json_read_flags(" \n", 2, "f", JSON_ALLOW_EMPTY, &empty, NULL), 0);
	assert_int_equal(empty->kind, VALUE_MAP);
	assert_int_equal(json_read_flags("", 0, "f", JSON_ALLOW_BOM, &v, NULL), -1);
	assert_int_equal(json_read_flags(bom, sizeof(bom) - 1, "f", JSON_ALLOW_BOM, &v, NULL), 0);
	assert_int_equal(v->start, 3);
	assert_int_equal(v->column, 1);
	assert_int_equal(value_get(v, "a")->column, 7);
}

static void test_depth(void **state)
{
	static const unsigned depths[] = {JSON_DEPTH_MAX, JSON_DEPTH_MAX + 1, 2000, 5000, 200000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(depths); i++) {
		AUTO(strbuf) struct strbuf b = {0};
		AUTO_PTR(value) struct value *v = NULL;
		AUTO(error) struct error err = {0};

		for (unsigned d = 0; d < depths[i]; d++)
			strbuf_append_char(&b, '[');
		for (unsigned d = 0; d < depths[i]; d++)
			strbuf_append_char(&b, ']');
		assert_int_equal(json_read(b.data, b.len, "f", &v, &err), i ? -1 : 0);
		if (i && !str_starts(err.message, "f:1:257: nested deeper than 256 levels"))
			fail_msg("%s", err.message);
	}
}

static void check_place(const struct value *v, unsigned line, unsigned column, const char *text,
			const char *span)
{
	assert_int_equal(v->line, line);
	assert_int_equal(v->column, column);
	assert_int_equal(v->end - v->start, strlen(span));
	assert_memory_equal(text + v->start, span, strlen(span));
}

static void test_places(void **state)
{
	static const char text[] =
		"{\r\n  \"\xc3\xa4\": [1, {\"b\\\"\" :null}],\n \"c\":{ },\t\"d\": -1.5e3\n}\n";
	AUTO_PTR(value) struct value *v = NULL;
	const struct value *list;

	(void)state;
	assert_int_equal(json_read(text, sizeof(text) - 1, "f", &v, NULL), 0);
	check_place(v, 1, 1, text,
		    "{\r\n  \"\xc3\xa4\": [1, {\"b\\\"\" :null}],\n \"c\":{ },\t\"d\": -1.5e3\n}");
	assert_int_equal(v->members[0].key_line, 2);
	assert_int_equal(v->members[0].key_column, 3);
	list = value_get(v, "\xc3\xa4");
	check_place(list, 2, 8, text, "[1, {\"b\\\"\" :null}]");
	check_place(list->members[0].value, 2, 9, text, "1");
	check_place(value_get(list->members[1].value, "b\""), 2, 20, text, "null");
	check_place(value_get(v, "c"), 3, 6, text, "{ }");
	check_place(value_get(v, "d"), 3, 16, text, "-1.5e3");
	assert_int_equal(v->members[2].key_column, 11);
}

static void test_write(void **state)
{
	AUTO_PTR(value) struct value *v = value_map();
	AUTO(strbuf) struct strbuf pretty = {0};
	AUTO_FREE char *text = NULL;

	(void)state;
	assert_int_equal(value_set(v, "z", value_text("a\xff\"\n\033\xc3\xa4"), NULL), 0);
	assert_int_equal(value_set(v, "a\xfe", value_list(), NULL), 0);
	assert_int_equal(value_set(v, "r", value_real(0.1), NULL), 0);
	assert_int_equal(value_set(v, "nan", value_real((double)NAN), NULL), 0);
	assert_int_equal(value_set(v, "i", value_integer(INT64_MIN), NULL), 0);
	assert_int_equal(json_to_text(v, &text, NULL), 0);
	assert_string_equal(text,
			    "{\"z\":\"a\xef\xbf\xbd\\\"\\n\\u001B\xc3\xa4\",\"a\xef\xbf\xbd\":[],"
			    "\"r\":0.1,\"nan\":null,\"i\":-9223372036854775808}");
	assert_true(value_unset(v, "z") && value_unset(v, "r") && value_unset(v, "nan"));
	assert_int_equal(json_write(v, JSON_INDENT, &pretty, NULL), 0);
	assert_string_equal(pretty.data,
			    "{\n  \"a\xef\xbf\xbd\": [],\n  \"i\": -9223372036854775808\n}");
}

static void test_write_too_deep(void **state)
{
	AUTO_PTR(value) struct value *v = value_list();
	AUTO(strbuf) struct strbuf out = {0};
	AUTO(error) struct error err = {0};

	(void)state;
	for (int i = 0; i < JSON_DEPTH_MAX; i++) {
		struct value *outer = value_list();

		assert_int_equal(value_add(outer, v, NULL), 0);
		v = outer;
	}
	assert_int_equal(json_write(v, 0, &out, &err), -1);
	assert_int_equal(err.code, ERROR_INTERNAL);
}

/* Every span, read alone, is the value. */
static void check_spans(const struct value *v, const char *text)
{
	AUTO_PTR(value) struct value *alone = NULL;

	assert_int_equal(json_read(text + v->start, v->end - v->start, "f", &alone, NULL), 0);
	assert_true(value_equal(v, alone));
	for (size_t i = 0; i < value_len(v); i++)
		check_spans(v->members[i].value, text);
}

static void test_read_write_read(void **state)
{
	struct random r = {1};

	(void)state;
	for (int i = 0; i < 1500; i++) {
		AUTO(strbuf) struct strbuf b = {0};
		AUTO(strbuf) struct strbuf again = {0};
		AUTO_PTR(value) struct value *v = NULL, *w = NULL;

		random_json_map(&r, &b, 3);
		assert_int_equal(json_read(b.data, b.len, "f", &v, NULL), 0);
		check_spans(v, b.data);
		assert_int_equal(json_write(v, i & JSON_INDENT, &again, NULL), 0);
		assert_int_equal(json_read(again.data, again.len, "f", &w, NULL), 0);
		assert_true(value_equal(v, w));
	}
}

/* A damaged text is read, or refused with a place inside of it. */
static void test_damaged(void **state)
{
	struct random r = {2};

	(void)state;
	for (int i = 0; i < 4000; i++) {
		AUTO(strbuf) struct strbuf b = {0};
		AUTO_PTR(value) struct value *v = NULL;
		AUTO(error) struct error err = {0};
		AUTO_FREE char *exact = NULL;
		unsigned line, column;

		random_json_map(&r, &b, 3);
		b.data[random_below(&r, (unsigned)b.len)] = (char)random_below(&r, 256);
		exact = malloc(b.len);
		assert_non_null(exact);
		memcpy(exact, b.data, b.len);
		if (json_read(exact, b.len, "f", &v, &err) == 0)
			continue;
		assert_int_equal(err.code, ERROR_FORMAT);
		assert_int_equal(sscanf(err.message, "f:%u:%u: ", &line, &column), 2);
		assert_true(line > 0 && column > 0 && column <= b.len + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_too_deep),
		cmocka_unit_test(test_read_write_read),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
