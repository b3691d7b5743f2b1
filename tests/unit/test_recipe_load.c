// SPDX-License-Identifier: Apache-2.0
/*
 * What a good recipe becomes: fields, order, vars of other files, the digest; and mistakes over
 * several files.
 */
#include "tests/unit/recipe_fixture.h"

#include "harden/recipe/load.h"

#define CONTROL(id, key, entry)                                                                    \
	"  - id: " id "\n    key: " key "\n    title: T\n    level: 2\n    type: automated\n"      \
	"    why: W\n    ensure:\n      - " entry "\n"

static int load(const struct recipe_text *texts, size_t count, struct recipe *ret, char **ret_text)
{
	AUTO(problems) struct problems problems = {0};
	AUTO(error) struct error err = {0};
	AUTO(strbuf) struct strbuf all = {0};
	int r = recipe_load(texts, count, fixture_types, ret, &problems, &err);

	for (size_t i = 0; i < problems.len; i++) {
		AUTO_FREE char *line = problem_text(&problems.items[i]);

		strbuf_appendf(&all, "%s\n", line);
	}
	assert_int_equal(strbuf_take(&all, ret_text, NULL), 0);
	return r;
}

static void everything(void **state)
{
	size_t len;
	AUTO_FREE char *data = fixture_read("recipe/good/everything.yaml", &len);
	AUTO(recipe) struct recipe recipe = {0};
	const struct control *early, *late;

	(void)state;
	fixture_load(data, &recipe);
	assert_string_equal(recipe.benchmark, "test");
	assert_string_equal(recipe.version, "1.0");
	assert_int_equal(recipe.len, 2);
	early = &recipe.controls[0];
	late = &recipe.controls[1];
	assert_string_equal(early->id, "2.2");
	assert_string_equal(late->id, "2.10");
	assert_ptr_equal(recipe_control(&recipe, "2.10"), late);
	assert_null(recipe_control(&recipe, "2.1"));
	assert_string_equal(late->section, "2");
	assert_string_equal(late->key, "later.one");
	assert_string_equal(late->why, "Folded text");
	assert_string_equal(late->impact, "None");
	assert_string_equal(late->remedy, "Do it by hand");
	assert_int_equal(late->level, 2);
	assert_int_equal(late->type, CONTROL_AUTOMATED);
	assert_true(late->consent);
	assert_string_equal(value_get_text(late->aliases, "1.8.0"), "2.11");
	assert_int_equal(value_len(late->ensure), 8);
	assert_string_equal(late->file, "test.yaml");
	assert_int_equal(late->line, 11);
	assert_int_equal(early->level, 1);
	assert_int_equal(early->type, CONTROL_MANUAL);
	assert_false(early->consent || early->impact || early->remedy || early->aliases);
	assert_false(early->selected || early->accepted || early->waiver || early->attestation);
}

static void vars(void **state)
{
	size_t len;
	AUTO_FREE char *data = fixture_read("recipe/good/everything.yaml", &len);
	AUTO(recipe) struct recipe recipe = {0};
	const struct variable *v;

	(void)state;
	fixture_load(data, &recipe);
	assert_int_equal(recipe.vars_len, 5);
	v = recipe_variable(&recipe, "users");
	assert_int_equal(v->type, VARIABLE_LIST);
	assert_int_equal(value_len(v->value), 2);
	assert_string_equal(v->source, "default");
	assert_string_equal(v->help, "who");
	assert_int_equal(recipe_variable(&recipe, "count")->value->integer, -5);
	assert_true(recipe_variable(&recipe, "flag")->value->boolean);
	assert_string_equal(recipe_variable(&recipe, "word")->value->text, "");
	assert_int_equal(recipe_variable(&recipe, "opts")->value->kind, VALUE_MAP);
	assert_null(recipe_variable(&recipe, "user"));
}

static struct recipe_text text_of(const char *file, const char *data)
{
	return (struct recipe_text){.file = file, .data = data, .len = strlen(data)};
}

static void several_files(void **state)
{
	const struct recipe_text texts[] = {
		text_of("a.yaml", "benchmark: a\nversion: 1\ncontrols:\n" CONTROL(
					  "10.1", "a.one", "file: {path: \"${place}\"}")
					  CONTROL("2.1", "a.two", "file: {path: /a}")),
		text_of("b.yaml",
			"benchmark: b\nversion: 2\n"
			"vars: {place: {type: text, default: /b, help: "
			"where}}\ncontrols:\n" CONTROL("3.1", "b.one", "file: {path: /b}")),
	};
	AUTO(recipe) struct recipe recipe = {0};
	AUTO_FREE char *found = NULL;

	(void)state;
	if (load(texts, 2, &recipe, &found) < 0)
		fail_msg("%s", found);
	assert_string_equal(recipe.benchmark, "a");
	assert_string_equal(recipe.version, "1");
	assert_int_equal(recipe.len, 3);
	assert_string_equal(recipe.controls[0].id, "2.1");
	assert_string_equal(recipe.controls[1].id, "3.1");
	assert_string_equal(recipe.controls[1].file, "b.yaml");
	assert_string_equal(recipe.controls[2].id, "10.1");
	assert_null(recipe.sha256);
	assert_int_equal(recipe_digest(&recipe, texts, 2, NULL), 0);
	assert_int_equal(strlen(recipe.sha256), 64);
}

static void mistakes_over_files(void **state)
{
	const struct recipe_text texts[] = {
		text_of("a.yaml",
			"benchmark: a\nversion: 1\n"
			"vars: {x: {type: text, default: a, help: h}}\ncontrols:\n" CONTROL(
				"2.1", "a.one", "file: {path: /a}")),
		text_of("b.yaml",
			"benchmark: b\nversion: 2\n"
			"vars: {x: {type: text, default: b, help: h}}\ncontrols:\n" CONTROL(
				"2.1", "b.one", "file: {path: /b}")
				CONTROL("2.2", "a.one", "file: {path: /b}")),
		text_of("c.yaml", "benchmark: [\n"),
	};
	AUTO(recipe) struct recipe recipe = {0};
	AUTO_FREE char *found = NULL;
	static const char expected[] =
		"b.yaml:3:8: var \"x\" is declared twice; declare it in one of the recipes\n"
		"b.yaml:5:5: a second control with the id \"2.1\"; the first one is at a.yaml:5:5\n"
		"b.yaml:13:5: a second control with the key \"a.one\"; the first one is at "
		"a.yaml:5:5\n"
		"c.yaml:2:1: expected a value";

	(void)state;
	assert_int_equal(load(texts, 3, &recipe, &found), -1);
	if (!str_starts(found, expected))
		fail_msg("%s", found);
	assert_int_equal(recipe.len, 0);
}

/* sha256sum of the two bytes, so that anybody can compare it. */
static void digest_is_sha256_of_the_text(void **state)
{
	const struct recipe_text texts[] = {text_of("a", "a"), text_of("b", "b")};
	AUTO(recipe) struct recipe recipe = {0};

	(void)state;
	assert_int_equal(recipe_digest(&recipe, texts, 2, NULL), 0);
	assert_string_equal(recipe.sha256,
			    "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603");
}

/* The error of several problems names the first and counts the others. */
static void error_counts(void **state)
{
	AUTO(problems) struct problems problems = {0};
	AUTO(error) struct error err = {0};

	(void)state;
	assert_int_equal(problems_error(&problems, &err), 0);
	problem_add(&problems, (struct place){"x.yaml", 9, 1}, NULL, "later");
	problem_add(&problems, (struct place){"x.yaml", 2, 7}, "do this", "sooner");
	assert_int_equal(problems_error(&problems, &err), -1);
	assert_int_equal(err.code, ERROR_RECIPE);
	assert_string_equal(err.message, "x.yaml:2:7: sooner; do this (and 1 more)");
	assert_string_equal(err.resource, "x.yaml");
	assert_non_null(err.next);
	problems.failed = true;
	error_done(&err);
	assert_int_equal(problems_error(&problems, &err), -1);
	assert_int_equal(err.code, ERROR_NOMEM);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything),
		cmocka_unit_test(vars),
		cmocka_unit_test(several_files),
		cmocka_unit_test(mistakes_over_files),
		cmocka_unit_test(digest_is_sha256_of_the_text),
		cmocka_unit_test(error_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
