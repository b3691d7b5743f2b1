// SPDX-License-Identifier: Apache-2.0
/*
 * The recipes that ship, checked with the program's own resource types: they load; cis-docker has
 * each control with the benchmark's level and type (tests/data/recipe/
 * benchmark-ids.tsv: id, level, type, id in 1.7.0, id in 1.8.0); every control says why and what
 * may break; what needs consent has it; and the file stays small, since every start parses it.
 */
#include "tests/unit/recipe_fixture.h"

#include "harden/recipe/load.h"
#include "harden/resource/type.h"

#define SIZE_MAX_OF_RECIPE (45u << 10)
#define SIZE_MAX_OF_REST (80u << 10)
#define TYPES_MAX 64

static const struct type_schema *types[TYPES_MAX];

static int gather_types(void **state)
{
	size_t n = 0;

	(void)state;
	for (; resource_types[n] && n + 1 < TYPES_MAX; n++)
		types[n] = &resource_types[n]->schema;
	return n >= 8 ? 0 : -1;
}

static const char *const cis_docker[] = {"cis-docker-1.6.0.yaml", "cis-docker-1.6.0-engine.yaml"};

/* Both files of the default set. */
static void load_set(struct recipe *ret)
{
	AUTO(problems) struct problems problems = {0};
	AUTO(error) struct error err = {0};
	struct recipe_text texts[2];
	char *data[2];
	int r;

	for (size_t i = 0; i < 2; i++) {
		AUTO_FREE char *path = str_format("../../recipes/%s", cis_docker[i]);

		texts[i].file = cis_docker[i];
		texts[i].data = data[i] = fixture_read(path, &texts[i].len);
	}
	assert_true(texts[0].len < SIZE_MAX_OF_RECIPE && texts[1].len < SIZE_MAX_OF_REST);
	r = recipe_load(texts, 2, types, ret, &problems, &err);
	free(data[0]);
	free(data[1]);
	if (r < 0)
		fail_msg("%s", error_message(&err));
}

static void load(const char *name, struct recipe *ret, size_t *ret_len)
{
	AUTO_FREE char *path = str_format("../../recipes/%s", name);
	AUTO_FREE char *data = fixture_read(path, ret_len);
	const struct recipe_text text = {.file = name, .data = data, .len = *ret_len};
	AUTO(problems) struct problems problems = {0};
	AUTO(error) struct error err = {0};

	if (recipe_load(&text, 1, types, ret, &problems, &err) == 0)
		return;
	for (size_t i = 0; i < problems.len; i++) {
		AUTO_FREE char *line = problem_text(&problems.items[i]);

		print_error("%s\n", line);
	}
	fail_msg("%s", error_message(&err));
}

static void same_as_the_benchmark(void **state)
{
	size_t len, rows = 0;
	AUTO_FREE char *table = fixture_read("recipe/benchmark-ids.tsv", &len);
	AUTO(recipe) struct recipe recipe = {0};
	AUTO(strv) struct strv lines = {0};

	(void)state;
	load_set(&recipe);
	assert_string_equal(recipe.benchmark, "cis-docker");
	assert_string_equal(recipe.version, "1.6.0");
	assert_int_equal(strv_split(&lines, table, "\n", NULL), 0);
	for (size_t i = 1; i < lines.len; i++, rows++) {
		AUTO(strv) struct strv cells = {0};
		const struct control *c;
		const char *alias;

		assert_int_equal(strv_split(&cells, lines.items[i], "\t", NULL), 0);
		c = recipe_control(&recipe, cells.items[0]);
		if (!c)
			fail_msg("no control %s", cells.items[0]);
		if (c->level != cells.items[1][0] - '0' ||
		    (c->type == CONTROL_MANUAL) != str_equal(cells.items[2], "manual"))
			fail_msg("level or type of %s", c->id);
		alias = value_get_text(c->aliases, "1.8.0");
		if (!str_equal(alias ? alias : c->id, cells.items[4]))
			fail_msg("id of %s in 1.8.0", c->id);
	}
	assert_int_equal(rows, 117);
	assert_int_equal(recipe.len, 117);
	assert_string_equal(recipe.controls[0].id, "1.1.1");
	assert_string_equal(recipe.controls[116].id, "7.9");
}

/* Every sentence that a person will read is there and ends as one. */
static void check_prose(const struct control *c, const char *name, const char *text, size_t least)
{
	if (!text || strlen(text) < least || !str_ends(text, "."))
		fail_msg("control %s: %s is \"%s\"", c->id, name, text ? text : "");
}

static void prose(void **state)
{
	static const char *const names[] = {"cis-docker-1.6.0.yaml", "cis-docker-1.6.0-engine.yaml",
					    "linux-base.yaml"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO(recipe) struct recipe recipe = {0};
		size_t len;

		load(names[i], &recipe, &len);
		for (size_t j = 0; j < recipe.len; j++) {
			const struct control *c = &recipe.controls[j];

			check_prose(c, "why", c->why, 40);
			check_prose(c, "impact", c->impact, 15);
			if (c->remedy)
				check_prose(c, "remedy", c->remedy, 40);
			assert_true(strlen(c->title) > 10 && !str_ends(c->title, "."));
			assert_true(value_len(c->ensure) > 0);
		}
	}
}

/* DESIGN section 4: what waits for consent, and nothing else does. */
static void consent(void **state)
{
	static const char *const waits[] = {"1.1.2", "2.4",  "2.5", "2.7",  "2.8",  "2.9",
					    "2.12",  "2.13", "4.5", "5.11", "5.12", "5.15",
					    "5.29",  "6.1",  "6.2", "7.5",  "7.7",  "7.8"};
	AUTO(recipe) struct recipe recipe = {0};
	size_t found = 0;

	(void)state;
	load_set(&recipe);
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++)
		if (!recipe_control(&recipe, waits[i])->consent)
			fail_msg("%s does not wait for consent", waits[i]);
	for (size_t i = 0; i < recipe.len; i++)
		found += recipe.controls[i].consent;
	assert_int_equal(found, ARRAY_SIZE(waits));
}

static void base_recipe(void **state)
{
	static const char *const needed[] = {"augeas", "file", "template"};
	AUTO(recipe) struct recipe recipe = {0};
	size_t len;

	(void)state;
	load("linux-base.yaml", &recipe, &len);
	assert_int_equal(recipe.len, 6);
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		size_t found = 0;

		for (size_t j = 0; j < recipe.len; j++)
			found += value_get(recipe.controls[j].ensure->members[0].value,
					   needed[i]) != NULL;
		if (!found)
			fail_msg("no control uses %s", needed[i]);
	}
}

/* The two can be used together: no id, name or var of one is in the other. */
static void both_together(void **state)
{
	static const char *const names[] = {"cis-docker-1.6.0.yaml", "linux-base.yaml"};
	struct recipe_text texts[2];
	AUTO(recipe) struct recipe recipe = {0};
	AUTO(problems) struct problems problems = {0};
	AUTO(error) struct error err = {0};
	char *data[2];
	int r;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		AUTO_FREE char *path = str_format("../../recipes/%s", names[i]);

		texts[i].file = names[i];
		texts[i].data = data[i] = fixture_read(path, &texts[i].len);
	}
	r = recipe_load(texts, 2, types, &recipe, &problems, &err);
	free(data[0]);
	free(data[1]);
	if (r < 0)
		fail_msg("%s", error_message(&err));
	assert_int_equal(recipe.len, 68);
}

/* Every failure of a container in section 5 has one, but for what no start of it could change. */
static void suggestions(void **state)
{
	static const char *const without[] = {"5.7", "5.19", "5.23", "5.24", "5.28"};
	AUTO(recipe) struct recipe recipe = {0};

	(void)state;
	load_set(&recipe);
	for (size_t i = 0; i < recipe.len; i++) {
		const struct control *c = &recipe.controls[i];
		bool about = false, has = false, expected = true;

		for (size_t k = 0; k < value_len(c->ensure); k++) {
			const struct value *e = value_get(c->ensure->members[k].value, "engine");

			about |= str_equal(value_get_text(e, "each"), "container") ||
				 value_get(value_get(e, "gather"), "container");
			has |= value_get(e, "suggest") != NULL;
		}
		for (size_t k = 0; k < ARRAY_SIZE(without); k++)
			expected &= strcmp(c->id, without[k]) != 0;
		if (about && str_equal(c->section, "5") && has != expected)
			fail_msg("%s", c->id);
	}
}

static void a_word_of_suggest_that_is_none(void **state)
{
	static const char data[] = "benchmark: test\nversion: 1.0\ncontrols:\n  - id: 5.13\n"
				   "    key: a.b\n    title: T\n    level: 1\n    type: manual\n"
				   "    why: W\n    ensure:\n      - engine: {each: container, "
				   "violation: '1', suggest: {tmpf: x}}\n";
	const struct recipe_text text = {.file = "r.yaml", .data = data, .len = strlen(data)};
	AUTO(problems) struct problems problems = {0};
	AUTO(recipe) struct recipe recipe = {0};
	AUTO_FREE char *line = NULL;

	(void)state;
	assert_int_equal(recipe_load(&text, 1, types, &recipe, &problems, NULL), -1);
	assert_int_equal(problems.len, 1);
	line = problem_text(&problems.items[0]);
	assert_string_equal(line, "r.yaml:11:61: unknown name \"tmpf\" in key \"suggest\" of "
				  "engine; did you mean \"tmpfs\"?");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_the_benchmark),
		cmocka_unit_test(prose),
		cmocka_unit_test(consent),
		cmocka_unit_test(base_recipe),
		cmocka_unit_test(both_together),
		cmocka_unit_test(suggestions),
		cmocka_unit_test(a_word_of_suggest_that_is_none),
	};

	return cmocka_run_group_tests(tests, gather_types, NULL);
}
