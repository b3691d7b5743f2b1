// SPDX-License-Identifier: Apache-2.0
/*
 * Patterns of .dockerignore and of COPY: the samples of moby's own documentation, and a matcher that
 * agrees with a regular expression library on random ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harden/text/build_pattern.h"
#include "tests/unit/random_text.h"

#include <regex.h>
#include <stdlib.h>

static void patterns_name_paths_and_what_is_below(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool matches;
	} samples[] = {
		{"a", "a", true},
		{"a", "a/b/c", true},
		{"a", "ab", false},
		{"a", "b/a", false},
		{".", "x/y", true},
		{"*/temp*", "d/temporary.txt", true},
		{"*/temp*", "d/e/temp", false},
		{"*/*/temp*", "d/e/temp/x", true},
		{"temp?", "tempa", true},
		{"temp?", "temp", false},
		{"temp?", "temp/x", false},
		{"**/*.go", "main.go", true},
		{"**/*.go", "a/b/main.go", true},
		{"**/*.go", "a/b/main.got", false},
		{"a/**/b", "a/b", true},
		{"a/**/b", "a/x/y/b", true},
		{"a/**/b", "a/xb", false},
		{"a/**", "a/x", true},
		{"a/**", "ax", false},
		{"**", "x/y", true},
		{"[a-c]x", "bx", true},
		{"[^a-c]x", "bx", false},
		{"[^a-c]x", "dx", true},
		{"\\*", "*", true},
		{"\\*", "x", false},
		{"*.md", "README.md", true},
		{"*.md", "d/README.md", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		if (build_pattern_matches(samples[i].pattern, samples[i].path) !=
		    samples[i].matches)
			fail_msg("%s %s", samples[i].pattern, samples[i].path);
}

static void the_last_line_that_matches_decides(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf"
		"# comment\n  *.md  \r\n!README*.md\n\n./secret//x/\n! secret/x/keep\n"
		"/top\nREADME-secret.md";
	static const struct {
		const char *path;
		bool ignored;
	} samples[] = {
		{"a.md", true},	      {"README.md", false},	  {"README-secret.md", true},
		{"secret/x/y", true}, {"secret/x/keep/z", false}, {"secret", false},
		{"top/a", true},      {"# comment", false},	  {"d/a.md", false},
	};
	AUTO(build_patterns) struct build_patterns all = {0};
	AUTO(error) struct error err = {0};

	(void)state;
	assert_int_equal(build_patterns_read(text, strlen(text), ".dockerignore", &all, &err), 0);
	assert_int_equal(all.len, 6);
	assert_true(all.keeps_any);
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		if (build_patterns_ignore(&all, samples[i].path) != samples[i].ignored)
			fail_msg("%s", samples[i].path);
}

static void too_many_patterns_are_refused(void **state)
{
	AUTO(strbuf) struct strbuf text = {0};
	AUTO(build_patterns) struct build_patterns all = {0};
	AUTO(error) struct error err = {0};

	(void)state;
	for (unsigned i = 0; i <= BUILD_PATTERNS_MAX; i++)
		strbuf_append(&text, "a\n");
	assert_int_equal(build_patterns_read(text.data, text.len, "F", &all, &err), -1);
	assert_string_equal(error_message(&err), "F:1001: more than 1000 patterns");
}

static void paths_are_cleaned(void **state)
{
	static const char *const samples[][2] = {
		{"./a//b/../c/", "a/c"}, {"", "."},	{"/", "."},
		{"../../x", "x"},	 {"a/..", "."}, {"a", "a"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		AUTO_FREE char *clean = build_path_clean(samples[i][0]);

		assert_string_equal(clean, samples[i][1]);
	}
}

/* POSIX has no "(x)?" of nothing in a class of its own: the same expressions work in both. */
static void random_patterns_agree_with_their_expression(void **state)
{
	static const char *const parts[] = {"a",   "b",	   "/",	   "*",	  "?",
					    "**/", "[ab]", "[^a]", "\\*", "."};
	static const char *const names[] = {"a", "b", "/", "*", ".", "ab"};
	struct random r = {.seed = 7};
	unsigned matched = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		AUTO(strbuf) struct strbuf pattern = {0}, path = {0};
		AUTO_FREE char *expression = NULL;
		regex_t regex;
		bool matches;

		for (unsigned k = 1 + random_below(&r, 5); k > 0; k--)
			strbuf_append(&pattern, random_of(&r, parts, ARRAY_SIZE(parts)));
		for (unsigned k = 1 + random_below(&r, 6); k > 0; k--)
			strbuf_append(&path, random_of(&r, names, ARRAY_SIZE(names)));
		if (strcmp(pattern.data, ".") == 0)
			continue;
		expression = build_pattern_regex(pattern.data);
		assert_int_equal(regcomp(&regex, expression, REG_EXTENDED | REG_NOSUB), 0);
		matches = build_pattern_matches(pattern.data, path.data);
		if (matches != (regexec(&regex, path.data, 0, NULL, 0) == 0))
			fail_msg("pattern %s, expression %s, path %s: %d", pattern.data, expression,
				 path.data, matches);
		regfree(&regex);
		matched += matches;
	}
	assert_true(matched > 1000);
}

static void long_patterns_end_soon(void **state)
{
	AUTO(strbuf) struct strbuf pattern = {0}, path = {0};

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		strbuf_append(&pattern, "*a");
		strbuf_append(&path, "aa");
	}
	assert_true(build_pattern_matches(pattern.data, path.data));
	strbuf_append_char(&pattern, 'b');
	assert_false(build_pattern_matches(pattern.data, path.data));
	for (unsigned i = 0; i < 2000; i++)
		strbuf_append(&pattern, "**/");
	assert_false(build_pattern_matches(pattern.data, path.data)); /* longer than any path */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_name_paths_and_what_is_below),
		cmocka_unit_test(the_last_line_that_matches_decides),
		cmocka_unit_test(too_many_patterns_are_refused),
		cmocka_unit_test(paths_are_cleaned),
		cmocka_unit_test(random_patterns_agree_with_their_expression),
		cmocka_unit_test(long_patterns_end_soon),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
