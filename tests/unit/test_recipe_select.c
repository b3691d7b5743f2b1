// SPDX-License-Identifier: Apache-2.0
/*
 * --only, --skip, --level, --set and --accept; and whom an input file may belong to.
 */
#include "tests/unit/recipe_fixture.h"

#include "harden/recipe/select.h"
#include "harden/recipe/trust.h"

#include <inttypes.h>

#define VARS                                                                                       \
	"benchmark: t\nversion: 1\nvars:\n"                                                        \
	"  l: {type: list, default: [x], help: some}\n"                                            \
	"  i: {type: integer, default: 1, help: how many}\n"                                       \
	"  b: {type: boolean, default: false, help: whether}\n"                                    \
	"  t: {type: text, default: x, help: a word}\n"                                            \
	"  long_name: {type: map, default: {}, help: options}\n"                                   \
	"controls:\n  - id: 1\n    key: a\n    title: T\n    level: 1\n    type: manual\n"         \
	"    why: W\n    ensure: [file: {path: /x}]\n"

static void load_site_recipe(struct recipe *ret)
{
	size_t len;
	AUTO_FREE char *data = fixture_read("site/recipe.yaml", &len);

	fixture_load(data, ret);
}

static void selection(void **state)
{
	/* the recipe: 1.1.3 (1), 1.1.10 (2), 1.2.1 (1), 2.2 (1), 2.10 (2), 3.1 (1); level behind */
	static const struct {
		const char *only, *skip;
		int level;
		const char *selected; /* or the error's message and next step */
	} cases[] = {
		{"", "", 2, "1.1.3 1.1.10 1.2.1 2.2 2.10 3.1 "},
		{"", "", 1, "1.1.3 1.2.1 2.2 3.1 "},
		{"2.2", "", 2, "2.2 "},
		{"2.10", "", 2, "2.10 "},
		{"2.10", "", 1, ""},
		{"2", "", 2, "2.2 2.10 "},
		{"1.1", "", 2, "1.1.3 1.1.10 "},
		{"1,3.1", "", 2, "1.1.3 1.1.10 1.2.1 3.1 "},
		{"1", "1.1", 2, "1.2.1 "},
		{"", "1,2", 2, "3.1 "},
		{"2.2", "2.2", 2, ""},
		{"daemon.icc", "", 2, "2.2 "},
		{"daemon", "daemon.icc", 2, "2.10 "},
		{"2.2,daemon.icc", "", 2, "2.2 "},
		{"2.1", "", 2, "--only: unknown control or section \"2.1\"; did you mean \"2.2\"?"},
		{"", "daemon.ic", 2,
		 "--skip: unknown control or section \"daemon.ic\"; did you mean \"daemon.icc\"?"},
		{"2.2,everything", "", 2,
		 "--only: unknown control or section \"everything\"; write ids such as 2.2, "
		 "sections such as 3, or names such as audit.dockerd"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(recipe) struct recipe recipe = {0};
		AUTO(strv) struct strv only = {0};
		AUTO(strv) struct strv skip = {0};
		AUTO(strbuf) struct strbuf shown = {0};
		AUTO(error) struct error err = {0};

		load_site_recipe(&recipe);
		assert_int_equal(strv_split(&only, cases[i].only, ",", NULL), 0);
		assert_int_equal(strv_split(&skip, cases[i].skip, ",", NULL), 0);
		if (recipe_select(&recipe, "--only", &only, &skip, cases[i].level, &err) < 0) {
			assert_int_equal(err.code, ERROR_USAGE);
			strbuf_appendf(&shown, "%s; %s", err.message, err.next);
		}
		for (size_t j = 0; j < recipe.len; j++)
			if (recipe.controls[j].selected)
				strbuf_appendf(&shown, "%s ", recipe.controls[j].id);
		if (strcmp(strbuf_text(&shown), cases[i].selected) != 0)
			fail_msg("only=%s skip=%s level=%d gives %s", cases[i].only, cases[i].skip,
				 cases[i].level, strbuf_text(&shown));
	}
}

static void show(const struct variable *v, struct strbuf *out)
{
	if (v->value->kind == VALUE_TEXT)
		strbuf_appendf(out, "'%s'", v->value->text);
	else if (v->value->kind == VALUE_INTEGER)
		strbuf_appendf(out, "%" PRId64, v->value->integer);
	else if (v->value->kind == VALUE_BOOL)
		strbuf_append(out, v->value->boolean ? "true" : "false");
	for (size_t i = 0; i < value_len(v->value); i++)
		strbuf_appendf(out, "%s=%s;",
			       v->value->members[i].key ? v->value->members[i].key : "",
			       v->value->members[i].value->text);
}

static void set(void **state)
{
	static const struct {
		const char *assignment, *name, *expected;
	} cases[] = {
		{"l=a,b", "l", "=a;=b;"},
		{"l=", "l", ""},
		{"i=42", "i", "42"},
		{"b=true", "b", "true"},
		{"t=", "t", "''"},
		{"t=a=b,c", "t", "'a=b,c'"},
		{"long_name=a=1,b=x=y", "long_name", "a=1;b=x=y;"},
		{"long_name={a: tcp://h:1, b: 'x,y'}", "long_name", "a=tcp://h:1;b=x,y;"},
		{"long_name={a: 1", "long_name",
		 "--set long_name: expected a map, found \"{a: 1\""},
		{"i=many", "i",
		 "--set i: expected a decimal integer of at most 64 bits, found \"many\""},
		{"b=1", "b", "--set b: expected true or false, found \"1\""},
		{"long_name=a", "long_name", "--set long_name: expected a map, found \"a\""},
		{"lng_name=a", NULL, "--set: the recipe has no var \"lng_name\""},
		{"l", NULL, "--set l: expected NAME=VALUE"},
		{"=l", NULL, "--set =l: expected NAME=VALUE"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(recipe) struct recipe recipe = {0};
		AUTO(strbuf) struct strbuf shown = {0};
		AUTO(error) struct error err = {0};

		fixture_load(VARS, &recipe);
		if (recipe_set(&recipe, cases[i].assignment, &err) < 0) {
			assert_int_equal(err.code, ERROR_USAGE);
			strbuf_append(&shown, err.message);
		} else {
			const struct variable *v = recipe_variable(&recipe, cases[i].name);

			assert_string_equal(v->source, "--set");
			show(v, &shown);
		}
		if (strcmp(strbuf_text(&shown), cases[i].expected) != 0)
			fail_msg("%s gives %s", cases[i].assignment, strbuf_text(&shown));
	}
}

static void set_names_the_nearest(void **state)
{
	AUTO(recipe) struct recipe recipe = {0};
	AUTO(error) struct error err = {0};

	(void)state;
	fixture_load(VARS, &recipe);
	assert_int_equal(recipe_set(&recipe, "lng_name=a", &err), -1);
	assert_string_equal(err.next, "did you mean \"long_name\"?");
}

static void accept_controls(void **state)
{
	static const struct {
		const char *names, *accepted;
	} cases[] = {
		{"2.2", "2.2 "},
		{"daemon.icc,3.1", "2.2 3.1 "},
		{"2", "--accept: \"2\" is a section"},
		{"daemon", "--accept: \"daemon\" is a section"},
		{"2.20", "--accept: unknown control or section \"2.20\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(recipe) struct recipe recipe = {0};
		AUTO(strv) struct strv names = {0};
		AUTO(strbuf) struct strbuf shown = {0};
		AUTO(error) struct error err = {0};

		load_site_recipe(&recipe);
		assert_int_equal(strv_split(&names, cases[i].names, ",", NULL), 0);
		if (recipe_accept(&recipe, &names, &err) < 0)
			strbuf_append(&shown, err.message);
		for (size_t j = 0; j < recipe.len; j++)
			if (recipe.controls[j].accepted)
				strbuf_appendf(&shown, "%s ", recipe.controls[j].id);
		assert_string_equal(strbuf_text(&shown), cases[i].accepted);
	}
}

static void trust(void **state)
{
	static const struct {
		mode_t mode;
		uid_t uid;
		const char *message; /* NULL: trusted */
	} cases[] = {
		{S_IFREG | 0644, 0, NULL},
		{S_IFREG | 0400, 0, NULL},
		{S_IFREG | 0664, 0,
		 "f: mode 0664; what root acts on must not be writable by others"},
		{S_IFREG | 0646, 0,
		 "f: mode 0646; what root acts on must not be writable by others"},
		{S_IFREG | 0644, 1000, "f: owned by uid 1000; what root acts on must be root's"},
		{S_IFREG | 0000, 65534, "f: owned by uid 65534; what root acts on must be root's"},
		{S_IFDIR | 0755, 0, "f: not a regular file"},
		{S_IFIFO | 0600, 0, "f: not a regular file"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct stat st = {.st_mode = cases[i].mode, .st_uid = cases[i].uid};
		AUTO(error) struct error err = {0};
		int r = trust_check(&st, "f", &err);

		assert_int_equal(r, cases[i].message ? -1 : 0);
		if (!cases[i].message)
			continue;
		assert_int_equal(err.code, ERROR_UNSAFE);
		assert_string_equal(err.message, cases[i].message);
		assert_non_null(err.next);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(selection),
		cmocka_unit_test(set),
		cmocka_unit_test(set_names_the_nearest),
		cmocka_unit_test(accept_controls),
		cmocka_unit_test(trust),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
