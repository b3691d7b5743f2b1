// SPDX-License-Identifier: Apache-2.0
/*
 * Unit and environment files, and edits of single words in them: exact bytes before and after.
 */
#include "harden/text/unit.h"

#include "harden/base/str.h"
#include "harden/text/exec_line.h"
#include "harden/text/shell_env.h"
#include "harden/text/unit_edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct blob *read_data(const char *name)
{
	const char *top = getenv("top_srcdir");
	char *path = str_format("%s/tests/data/%s", top ? top : ".", name), data[4096];
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		fail_msg("%s cannot be opened", path);
	n = fread(data, 1, sizeof(data), f);
	(void)fclose(f);
	free(path);
	return blob_new(data, n);
}

static void test_unit(void **state)
{
	static const struct {
		const char *section, *key, *value;
		unsigned line;
	} entries[] = {
		{"Unit", "Description", "one  two", 2},
		{"Unit", "After", "network.target", 5},
		{"Service", "ExecStart", "/usr/bin/dockerd  --icc=true  --label \"x y\"  -D", 8},
		{"Service", "Environment", "\"A=b c\" 'D=e'", 14},
	};
	struct blob *b = read_data("unit/continued.service");
	struct unit unit = {0};

	(void)state;
	assert_int_equal(unit_parse(b->data, b->len, &unit, NULL), 0);
	assert_int_equal(unit.len, ARRAY_SIZE(entries));
	for (size_t i = 0; i < unit.len; i++) {
		assert_string_equal(unit.entries[i].section, entries[i].section);
		assert_string_equal(unit.entries[i].key, entries[i].key);
		assert_string_equal(unit.entries[i].value.text, entries[i].value);
		assert_int_equal(unit.entries[i].line, entries[i].line);
	}
	unit_done(&unit);
	blob_free(b);
}

static void test_env_systemd(void **state)
{
	static const struct {
		const char *name, *value;
	} entries[] = {
		{"PLAIN", "one two"},  {"QUOTED", "a \"b\" \\ c"},
		{"SINGLE", "a \\\"b"}, {"JOINED", "abc"},
		{"LINES", "ab"},       {"EMPTY", ""},
		{"INDENTED", "x"},     {"UNCLOSED", "tail\n"},
	};
	struct blob *b = read_data("env/mixed.env");
	struct shell_env env = {0};

	(void)state;
	assert_int_equal(shell_env_parse(b->data, b->len, SHELL_ENV_SYSTEMD, &env, NULL), 0);
	assert_int_equal(env.len, ARRAY_SIZE(entries));
	for (size_t i = 0; i < env.len; i++) {
		assert_string_equal(env.entries[i].name, entries[i].name);
		assert_string_equal(env.entries[i].value.text, entries[i].value);
	}
	shell_env_done(&env);
	blob_free(b);
}

static void test_env_sourced(void **state)
{
	static const struct {
		const char *text, *value;
		unsigned not_understood;
	} cases[] = {
		{"O=-D # x\n", "-D", 0},
		{"export O='-D'\" --icc\"=x\n", "-D --icc=x", 0},
		{"A=1\nO=\"$A ${A}b\"\n", "1 1b", 0},
		{"O=a;P=b\n", "a", 0},
		{"O=a b\n", "a", 1},
		{"O=$(id)\n", "$(id)", 1},
		{"\nif true; then\nO=a\nfi\n", "a", 2},
		{"O=a\nO=\"$O c\"\n", "a c", 0},
		{"export O\nO=a\n", "a", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct shell_env env = {0};

		assert_int_equal(shell_env_parse(cases[i].text, strlen(cases[i].text),
						 SHELL_ENV_SOURCED, &env, NULL),
				 0);
		assert_string_equal(shell_env_find(&env, "O")->value.text, cases[i].value);
		assert_int_equal(env.not_understood, cases[i].not_understood);
		shell_env_done(&env);
	}
}

/* A=$A$A must not grow without end. */
static void test_env_doubling(void **state)
{
	struct strbuf text = {0};
	struct shell_env env = {0};

	(void)state;
	strbuf_append(&text, "A=xxxxxxxxxxxxxxxx\n");
	for (int i = 0; i < 200; i++)
		strbuf_append(&text, "A=$A$A\n");
	assert_int_equal(shell_env_parse(text.data, text.len, SHELL_ENV_SOURCED, &env, NULL), 0);
	assert_true(env.not_understood > 0);
	shell_env_done(&env);
	strbuf_done(&text);
}

struct edit_case {
	const char *name, *in, *word, *text, *out;
};

static const struct edit_case edits[] = {
	{"replace", "E=/d --icc=true -D\n", "--icc=true", "--icc=false", "E=/d --icc=false -D\n"},
	{"remove in the middle", "E=/d  --icc  -D\n", "--icc", NULL, "E=/d  -D\n"},
	{"remove at the end", "E=/d --icc\n", "--icc", NULL, "E=/d\n"},
	{"remove the only word in quotes", "E=\"--icc\"\n", "--icc", NULL, "E=\"\"\n"},
	{"remove the first in quotes", "E=\"--icc -D\"\n", "--icc", NULL, "E=\"-D\"\n"},
	{"remove a line of a continuation", "E=/d \\\n  --icc \\\n  -D\n", "--icc", NULL,
	 "E=/d \\\n  -D\n"},
	{"remove the last line of a continuation", "E=/d \\\n  --icc\nF=1\n", "--icc", NULL,
	 "E=/d\nF=1\n"},
	{"remove beside another on its line", "E=/d \\\n  --icc -D\n", "--icc", NULL,
	 "E=/d \\\n -D\n"},
	{"file without a line end", "E=/d --icc", "--icc", NULL, "E=/d"},
};

static void test_edits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		const struct edit_case *c = &edits[i];
		struct blob *in = blob_new(c->in, strlen(c->in)), *out = NULL;
		size_t start = (size_t)(strstr(c->in, c->word) - c->in);
		struct text_edit edit = {{start, start + strlen(c->word)}, c->text};

		assert_int_equal(unit_edit_words(in, &edit, 1, &out, NULL), 0);
		if (strcmp(out->data, c->out) != 0)
			fail_msg("%s: got\n%s\nexpected\n%s", c->name, out->data, c->out);
		blob_free(in);
		blob_free(out);
	}
}

/* A flag and its value that fill a line of their own take the line with them. */
static void test_two_edits(void **state)
{
	struct blob *in = blob_new("E=/d \\\n  -l debug \\\n  -D\n", 25), *out = NULL;
	struct text_edit pair[] = {{{12, 17}, NULL}, {{9, 11}, NULL}};
	struct text_edit overlap[] = {{{9, 14}, "a"}, {{12, 17}, NULL}};
	struct error err = {0};

	(void)state;
	assert_int_equal(unit_edit_words(in, pair, 2, &out, NULL), 0);
	assert_string_equal(out->data, "E=/d \\\n  -D\n");
	blob_free(out);
	assert_int_equal(unit_edit_words(in, overlap, 2, &out, &err), -1);
	assert_int_equal(err.code, ERROR_INTERNAL);
	error_done(&err);
	blob_free(in);
}

static void test_positions(void **state)
{
	unsigned line, column;

	(void)state;
	text_position("a\n\xc3\xa4-D", 6, 4, &line, &column);
	assert_int_equal(line, 2);
	assert_int_equal(column, 2);
	assert_true(unit_word_is_plain("--log-opt=a@b:1"));
	assert_false(unit_word_is_plain("a b"));
	assert_false(unit_word_is_plain("$A"));
	assert_false(unit_word_is_plain("50%"));
	assert_false(unit_word_is_plain(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unit),	    cmocka_unit_test(test_env_systemd),
		cmocka_unit_test(test_env_sourced), cmocka_unit_test(test_env_doubling),
		cmocka_unit_test(test_edits),	    cmocka_unit_test(test_two_edits),
		cmocka_unit_test(test_positions),
	};

	return cmocka_run_group_tests_name("text unit", tests, NULL, NULL);
}
