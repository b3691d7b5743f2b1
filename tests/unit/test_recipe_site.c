// SPDX-License-Identifier: Apache-2.0
/*
 * What a site file does to a recipe. Its mistakes are in test_recipe_lint.
 */
#include "tests/unit/recipe_fixture.h"

#include "harden/recipe/site.h"

static void apply(const char *name, const char *today, struct recipe *recipe, struct site *site)
{
	size_t len, recipe_len;
	AUTO_FREE char *data = fixture_read(name, &len);
	AUTO_FREE char *recipe_data = fixture_read("site/recipe.yaml", &recipe_len);
	const struct recipe_text text = {.file = "harden.yaml", .data = data, .len = len};
	AUTO(problems) struct problems problems = {0};
	AUTO(error) struct error err = {0};

	fixture_load(recipe_data, recipe);
	if (site_load(&text, site, &problems, &err) < 0 ||
	    site_apply(site, recipe, today, &problems, &err) < 0)
		fail_msg("%s", error_message(&err));
}

static void everything(void **state)
{
	AUTO(recipe) struct recipe recipe = {0};
	AUTO(site) struct site site = {0};
	AUTO(strv) struct strv restart = {0};
	const struct control *c;

	(void)state;
	apply("site/good/everything.yaml", "2026-11-24", &recipe, &site);
	assert_int_equal(site.level, 1);
	assert_int_equal(site_restart(&site, &restart, NULL), 0);
	assert_int_equal(restart.len, 3);
	assert_string_equal(restart.items[0], "/usr/sbin/service");
	assert_int_equal(recipe_variable(&recipe, "pids_limit")->value->integer, 100);
	assert_string_equal(recipe_variable(&recipe, "pids_limit")->source, "harden.yaml:2");
	assert_string_equal(
		recipe_variable(&recipe, "trusted_users")->value->members[0].value->text, "alice");
	assert_true(recipe_control(&recipe, "2.2")->accepted);
	assert_false(recipe_control(&recipe, "2.10")->accepted);

	c = recipe_control(&recipe, "1.1.3"); /* named by its key */
	assert_non_null(c->waiver);
	assert_string_equal(c->waiver->reason, "CI runner needs it");
	assert_string_equal(c->waiver->owner, "ops");
	assert_string_equal(c->waiver->until, "2026-11-24");
	assert_int_equal(c->waiver->only.len, 2);
	assert_string_equal(c->waiver->only.items[1], "other");

	c = recipe_control(&recipe, "2.10");
	assert_null(c->waiver->owner);
	assert_int_equal(c->waiver->only.len, 1);

	c = recipe_control(&recipe, "1.2.1");
	assert_null(c->waiver);
	assert_string_equal(c->attestation->by, "j.doe");
	assert_string_equal(c->attestation->on, "2026-11-01");
	assert_string_equal(c->attestation->until, "2027-05-01");
	assert_string_equal(c->attestation->evidence, "TICKET-12");
	assert_null(recipe_control(&recipe, "3.1")->attestation);
}

/* The last day still counts; the day after does not, and what was said is kept for the note. */
static void expiry(void **state)
{
	static const struct {
		const char *today;
		bool waiver, other_waiver, attestation;
	} cases[] = {
		{"2026-11-01", false, false, false}, {"2026-11-23", false, false, false},
		{"2026-11-24", false, true, false},  {"2026-11-25", true, true, false},
		{"2027-05-01", true, true, false},   {"2027-05-02", true, true, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(recipe) struct recipe recipe = {0};
		AUTO(site) struct site site = {0};

		apply("site/good/everything.yaml", cases[i].today, &recipe, &site);
		assert_int_equal(recipe_control(&recipe, "1.1.3")->waiver->expired,
				 cases[i].waiver);
		assert_int_equal(recipe_control(&recipe, "2.10")->waiver->expired,
				 cases[i].other_waiver);
		assert_int_equal(recipe_control(&recipe, "1.2.1")->attestation->expired,
				 cases[i].attestation);
		assert_string_equal(recipe_control(&recipe, "2.10")->waiver->reason, "old");
	}
}

static void empty(void **state)
{
	AUTO(recipe) struct recipe recipe = {0};
	AUTO(site) struct site site = {0};

	(void)state;
	apply("site/good/empty.yaml", "2026-11-24", &recipe, &site);
	assert_int_equal(site.level, 0);
	for (size_t i = 0; i < recipe.len; i++)
		assert_false(recipe.controls[i].accepted || recipe.controls[i].waiver);
	assert_string_equal(recipe_variable(&recipe, "pids_limit")->source, "default");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything),
		cmocka_unit_test(expiry),
		cmocka_unit_test(empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
