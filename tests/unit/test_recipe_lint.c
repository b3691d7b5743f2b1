// SPDX-License-Identifier: Apache-2.0
/*
 * Every kind of mistake in a recipe or site file: tests/data/{recipe,site}/bad/NAME.yaml with the
 * messages it must give, all of them and word by word, in NAME.expect. Files in good/ load.
 *
 * test_recipe_lint --print recipe/bad/NAME.yaml shows what is said now.
 */
#include "tests/unit/recipe_fixture.h"

#include "harden/recipe/lint.h"

#include <dirent.h>

static void load_site_recipe(struct recipe *ret)
{
	size_t len;
	AUTO_FREE char *data = fixture_read("site/recipe.yaml", &len);

	fixture_load(data, ret);
}

/* The messages about tests/data/DIRECTORY/NAME, one per line. */
static char *messages(const char *directory, const char *name, int *ret_result)
{
	AUTO_FREE char *path = str_format("%s/%s", directory, name);
	size_t len;
	AUTO_FREE char *data = fixture_read(path, &len);
	const struct recipe_text text = {.file = name, .data = data, .len = len};
	AUTO(problems) struct problems problems = {0};
	AUTO(recipe) struct recipe recipe = {0};
	AUTO(recipe) struct recipe loaded = {0};
	AUTO(error) struct error err = {0};
	struct strbuf all = {0};
	enum lint_kind kind;

	load_site_recipe(&recipe);
	if (str_starts(directory, "site/"))
		*ret_result =
			recipe_lint(&text, fixture_types, &recipe, NULL, &kind, &problems, &err);
	else
		*ret_result = recipe_load(&text, 1, fixture_types, &loaded, &problems, &err);
	for (size_t i = 0; i < problems.len; i++) {
		AUTO_FREE char *line = problem_text(&problems.items[i]);

		strbuf_appendf(&all, "%s\n", line);
	}
	assert_int_equal(*ret_result, problems.len ? -1 : 0);
	if (*ret_result < 0) {
		AUTO_FREE char *first = problem_text(&problems.items[0]);

		assert_int_equal(err.code, ERROR_RECIPE);
		assert_true(str_starts(error_message(&err), first));
	}
	strbuf_append(&all, "");
	return all.data;
}

/* Calls check for each *.yaml in tests/data/DIRECTORY, in any order; there must be some. */
static void for_each(const char *directory, void (*check)(const char *directory, const char *name))
{
	AUTO_FREE char *path = fixture_path(directory);
	AUTO_CLOSEDIR DIR *dir = opendir(path);
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (!str_ends(entry->d_name, ".yaml"))
			continue;
		check(directory, entry->d_name);
		count++;
	}
	assert_true(count > 1);
}

static void check_bad(const char *directory, const char *name)
{
	AUTO_FREE char *expect =
		str_format("%s/%.*s.expect", directory, (int)strlen(name) - 5, name);
	size_t len;
	AUTO_FREE char *expected = fixture_read(expect, &len);
	int result;
	AUTO_FREE char *found = messages(directory, name, &result);

	if (strcmp(found, expected) != 0)
		fail_msg("%s/%s\nexpected: %sfound:    %s", directory, name, expected, found);
	assert_int_equal(result, -1);
	assert_true(len > 0);
}

static void check_good(const char *directory, const char *name)
{
	int result;
	AUTO_FREE char *found = messages(directory, name, &result);

	if (result < 0)
		fail_msg("%s/%s: %s", directory, name, found);
}

static void bad_recipes(void **state)
{
	(void)state;
	for_each("recipe/bad", check_bad);
}

static void bad_sites(void **state)
{
	(void)state;
	for_each("site/bad", check_bad);
}

static void good_files(void **state)
{
	(void)state;
	for_each("recipe/good", check_good);
	for_each("site/good", check_good);
}

static void which_kind(void **state)
{
	static const struct {
		const char *text;
		enum lint_kind kind;
	} cases[] = {
		{"benchmark: x\n", LINT_RECIPE},
		{"controls: [a]\n", LINT_RECIPE},
		{"controls: {2.2: {}}\n", LINT_SITE},
		{"level: 1\n", LINT_SITE},
		{"", LINT_SITE},
		{"{", LINT_RECIPE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct recipe_text text = {"x", cases[i].text, strlen(cases[i].text)};
		AUTO(problems) struct problems problems = {0};
		enum lint_kind kind;

		(void)recipe_lint(&text, fixture_types, NULL, NULL, &kind, &problems, NULL);
		assert_int_equal(kind, cases[i].kind);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_recipes),
		cmocka_unit_test(bad_sites),
		cmocka_unit_test(good_files),
		cmocka_unit_test(which_kind),
	};

	if (argc == 4 && str_equal(argv[1], "--print")) {
		int result;
		AUTO_FREE char *found = messages(argv[2], argv[3], &result);

		(void)fputs(found, stdout);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
