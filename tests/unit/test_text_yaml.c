// SPDX-License-Identifier: Apache-2.0
/*
 * YAML: what is read and where it stands, every kind of mistake by its words, many mistakes at
 * once, and damaged texts.
 */
#include "harden/text/yaml.h"

#include "harden/text/json.h"
#include "tests/unit/random_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
	const char *name, *text, *json;
} good[] = {
	{"nothing", "", "null"},
	{"comment only", "# x\n", "null"},
	{"scalars are text", "a: 2.10\nb: 0644\nc: true\nd: 1e3",
	 "{\"a\":\"2.10\",\"b\":\"0644\",\"c\":\"true\",\"d\":\"1e3\"}"},
	{"only nothing is null", "a:\nb: ~\nc: null\nd: ''\ne: \"\"\n",
	 "{\"a\":null,\"b\":\"~\",\"c\":\"null\",\"d\":\"\",\"e\":\"\"}"},
	{"nested", "a:\n  - b\n  - c: {d: [e, 'f']}\n",
	 "{\"a\":[\"b\",{\"c\":{\"d\":[\"e\",\"f\"]}}]}"},
	{"quoted keys", "\"2.9\": x\n'a b': y\n", "{\"2.9\":\"x\",\"a b\":\"y\"}"},
	{"blocks", "a: |\n  x\n  y\nb: >-\n  x\n  y\n", "{\"a\":\"x\\ny\\n\",\"b\":\"x y\"}"},
	{"folded plain", "a: x\n  y\nb: z", "{\"a\":\"x y\",\"b\":\"z\"}"},
	{"document marks", "---\na: b\n...\n", "{\"a\":\"b\"}"},
	{"BOM and CRLF",
	 "\xef\xbb\xbf"
	 "a: b\r\nc: d\r\n",
	 "{\"a\":\"b\",\"c\":\"d\"}"},
	{"<< quoted is a key", "'<<': b\n", "{\"<<\":\"b\"}"},
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		AUTO_PTR(value) struct value *v = NULL;
		AUTO(error) struct error err = {0};
		AUTO_FREE char *text = NULL;

		if (yaml_read(good[i].text, strlen(good[i].text), "f", &v, &err) < 0)
			fail_msg("%s: %s", good[i].name, err.message);
		assert_int_equal(json_to_text(v, &text, NULL), 0);
		if (strcmp(text, good[i].json) != 0)
			fail_msg("%s: %s", good[i].name, text);
	}
}

static const struct {
	const char *name, *text, *message;
} bad[] = {
	{"key twice", "a: 1\nb: 2\na: 3\n",
	 "f:3:1: the key \"a\" is here twice; the first is at line 1, column 1"},
	{"key twice below", "- x: {k: 1, k: 2}\n",
	 "f:1:13: the key \"k\" is here twice; the first is at line 1, column 7"},
	{"anchor", "a: &x 1\n", "f:1:4: anchors and aliases (&x)"},
	{"anchor of a map", "a: &x {b: 1}\n", "f:1:4: anchors and aliases (&x)"},
	{"alias", "a: *x\n", "f:1:4: anchors and aliases (*x)"},
	{"merge key", "a:\n  <<: {b: 1}\n", "f:2:3: merge keys (<<)"},
	{"tag", "a: !x 1\n", "f:1:4: tags (!x)"},
	{"tag of YAML's own", "a: !!str 1\n", "f:1:4: tags (tag:yaml.org,2002:str)"},
	{"tag directive", "%TAG ! tag:x,2000:\n---\na: 1\n", "f:1:1: tags (%TAG)"},
	{"second document", "a: 1\n---\nb: 2\n", "f:2:1: a second document"},
	{"list as key", "? [a]\n: 1\n", "f:1:3: expected a text as key, found a list"},
	{"map as key", "{{a: 1}: 2}\n", "f:1:2: expected a text as key, found a map"},
	{"no key", ": x\n", "f:1:1: expected a key"},
	{"tab", "a:\n\t- b\n", "f:2:1: a tab where blanks are expected"},
	{"two colons", "a: b: c\n", "f:1:5: a \":\" is not expected here"},
	{"text not closed", "a: \"x\n",
	 "f:2:1: the file ends inside a quoted text (while scanning a quoted scalar that begins at "
	 "line 1, column 4)"},
	{"list not closed", "a: [1, 2\nb: 3\n", "f:2:2: expected \",\" or \"]\" in the list"},
	{"map not closed", "a: {x: 1\n", "f:2:1: expected \",\" or \"}\" in the map"},
	{"key in a list", "- a\nb: c\n", "f:2:1: expected \"- \" for the next element"},
	{"indentation", "a:\n    b: 1\n  c: 2\n", "f:3:3: expected a key, found something else"},
	{"reserved character", "a: @x\n",
	 "f:1:4: a character (one of @ ` %) that no plain text may begin with"},
	{"escape", "a: \"\\q\"\n", "f:1:5: an escape that YAML does not know"},
	{"no UTF-8", "a: x\nb: \xff\n", "f:2:4: the byte 0xff is not UTF-8"},
	{"control character", "a: \x01\n", "f:1:4: a control character (0x01)"},
	{"NUL", "a: \"\\0\"\n", "f:1:4: a NUL character in a text"},
	{"list behind a key", "a: - b\n", "f:1:4: a list element"},
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		AUTO_PTR(value) struct value *v = NULL;
		AUTO(error) struct error err = {0};

		if (yaml_read(bad[i].text, strlen(bad[i].text), "f", &v, &err) != -1)
			fail_msg("%s: was read", bad[i].name);
		if (err.code != ERROR_RECIPE || !str_starts(error_message(&err), bad[i].message))
			fail_msg("%s: %s", bad[i].name, error_message(&err));
		assert_string_equal(err.resource, "f");
		assert_non_null(err.next);
	}
}

static void test_places(void **state)
{
	static const char text[] = "a:\n  - b\n  - \xc3\xa4: 'c'\n";
	AUTO_PTR(value) struct value *v = NULL;
	const struct value *list, *map;

	(void)state;
	assert_int_equal(yaml_read(text, sizeof(text) - 1, "f", &v, NULL), 0);
	list = value_get(v, "a");
	assert_int_equal(list->line, 2);
	assert_int_equal(list->column, 3);
	assert_int_equal(list->members[0].value->column, 5);
	map = list->members[1].value;
	assert_int_equal(map->members[0].key_line, 3);
	assert_int_equal(map->members[0].key_column, 5);
	assert_int_equal(map->members[0].value->line, 3);
	assert_int_equal(map->members[0].value->column, 8);
}

static void collect(void *context, struct error *one)
{
	strbuf_appendf(context, "%s\n", error_message(one));
}

static void test_all_mistakes(void **state)
{
	static const char text[] =
		"a: &x 1\nb: *x\na: 2\na: 3\n[c]: 4\n<<: {d: 5}\ne: !t 6\n---\nf: 7\n";
	AUTO_PTR(value) struct value *v = NULL;
	AUTO(strbuf) struct strbuf seen = {0};
	AUTO_FREE char *json = NULL;

	(void)state;
	assert_int_equal(yaml_read_all(text, sizeof(text) - 1, "f", collect, &seen, &v, NULL), 0);
	assert_string_equal(seen.data,
			    "f:1:4: anchors and aliases (&x) are not part of this format\n"
			    "f:2:4: anchors and aliases (*x) are not part of this format\n"
			    "f:5:1: expected a text as key, found a list\n"
			    "f:6:1: merge keys (<<) are not part of this format\n"
			    "f:7:4: tags (!t) are not part of this format\n"
			    "f:3:1: the key \"a\" is here twice; the first is at line 1, column 1\n"
			    "f:4:1: the key \"a\" is here twice; the first is at line 1, column 1\n"
			    "f:8:1: a second document begins here; one file holds one\n");
	assert_int_equal(json_to_text(v, &json, NULL), 0);
	assert_string_equal(json, "{\"a\":\"1\",\"b\":null,\"e\":\"6\"}");
}

static void test_limits(void **state)
{
	AUTO(strbuf) struct strbuf deep = {0};
	AUTO(strbuf) struct strbuf big = {0};
	AUTO_PTR(value) struct value *v = NULL;
	AUTO(error) struct error err = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		strbuf_append_char(&deep, '[');
	assert_int_equal(yaml_read(deep.data, deep.len, "f", &v, &err), -1);
	assert_string_equal(err.message, "f:1:65: nested deeper than 64 levels");
	while (big.len <= YAML_SIZE_MAX)
		strbuf_append(&big,
			      "# 345678901234567890123456789012345678901234567890123456789\n");
	assert_int_equal(yaml_read(big.data, big.len, "f", &v, &err), -1);
	assert_string_equal(err.message, "f:1:1: the file is over 4 MiB");
}

/* JSON of texts is YAML: both readers must see the same. */
static void test_same_as_json(void **state)
{
	static const char *const words[] = {"a", "b c", "\\u00e4", "x: y", "# z", "- q", "<<", ""};
	struct random r = {3};

	(void)state;
	for (int i = 0; i < 2000; i++) {
		AUTO(strbuf) struct strbuf b = {0};
		AUTO_PTR(value) struct value *v = NULL, *w = NULL;
		AUTO(error) struct error err = {0};

		strbuf_append(&b, "{");
		for (unsigned n = random_below(&r, 6), j = 0; j < n; j++)
			strbuf_appendf(&b, "%s\"%s%u\": [\"%s\", {\"k\": \"%s\"}]", j ? ", " : "",
				       random_of(&r, words, ARRAY_SIZE(words)), j,
				       random_of(&r, words, ARRAY_SIZE(words)),
				       random_of(&r, words, ARRAY_SIZE(words)));
		strbuf_append(&b, "}");
		assert_int_equal(json_read(b.data, b.len, "f", &v, NULL), 0);
		if (yaml_read(b.data, b.len, "f", &w, &err) < 0)
			fail_msg("%s: %s", err.message, b.data);
		if (!value_equal(v, w))
			fail_msg("differs: %s", b.data);
	}
}

static void test_damaged(void **state)
{
	static const char text[] =
		"controls:\n  - id: 1.1\n    why: >\n      long text\n    ensure:\n"
		"      - file: {path: \"${x}\", owner: root, group: [a, 'b']}\n";
	struct random r = {4};

	(void)state;
	for (int i = 0; i < 4000; i++) {
		AUTO_PTR(value) struct value *v = NULL;
		AUTO(error) struct error err = {0};
		AUTO_FREE char *exact = malloc(sizeof(text) - 1);
		unsigned line, column;

		assert_non_null(exact);
		memcpy(exact, text, sizeof(text) - 1);
		for (unsigned n = 1 + random_below(&r, 3); n > 0; n--)
			exact[random_below(&r, sizeof(text) - 1)] =
				random_below(&r, 2)
					? (char)random_below(&r, 256)
					: "{}[]:-&*!\"'\n\t #|>%@"[random_below(&r, 20)];
		if (yaml_read(exact, sizeof(text) - 1, "f", &v, &err) == 0)
			continue;
		assert_int_equal(err.code, ERROR_RECIPE);
		if (sscanf(err.message, "f:%u:%u: ", &line, &column) != 2 || !line || !column)
			fail_msg("%s", err.message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	cmocka_unit_test(test_bad),
		cmocka_unit_test(test_places),	cmocka_unit_test(test_all_mistakes),
		cmocka_unit_test(test_limits),	cmocka_unit_test(test_same_as_json),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
