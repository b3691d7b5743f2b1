// SPDX-License-Identifier: Apache-2.0
/*
 * harden-recipe(5) and harden.yaml(5) against the tables: each table has its section (.Ss NAME),
 * and the keys listed there (.It Cm KEY) are exactly those of the table. The facts likewise.
 */
#include "tests/unit/recipe_fixture.h"

#include "harden/model/fact_table.h"
#include "harden/recipe/keys.h"
#include "harden/resource/type.h"

/* The keys that a manual lists below .Ss name (or .Sh name), in order. */
static void manual_keys(const char *manual, const char *name, struct strv *ret)
{
	AUTO_FREE char *ss = str_format(".Ss %s", name);
	AUTO_FREE char *sh = str_format(".Sh %s", name);
	AUTO(strv) struct strv lines = {0};
	bool inside = false, found = false;

	assert_int_equal(strv_split(&lines, manual, "\n", NULL), 0);
	for (size_t i = 0; i < lines.len; i++) {
		const char *line = lines.items[i];

		if (str_starts(line, ".Ss ") || str_starts(line, ".Sh ")) {
			inside = str_equal(line, ss) || str_equal(line, sh);
			found = found || inside;
		} else if (inside && str_starts(line, ".It Cm ")) {
			assert_int_equal(strv_split(ret, line + 7, " ,", NULL), 0);
		}
	}
	if (!found)
		fail_msg("no section %s", name);
}

static void compare(const char *manual, const char *section, struct strv *expected)
{
	AUTO(strv) struct strv listed = {0};

	manual_keys(manual, section, &listed);
	for (size_t i = 0; i < expected->len; i++)
		if (!strv_has(&listed, expected->items[i]))
			fail_msg("section %s does not list %s", section, expected->items[i]);
	for (size_t i = 0; i < listed.len; i++)
		if (!strv_has(expected, listed.items[i]))
			fail_msg("section %s lists %s, which is not known", section,
				 listed.items[i]);
	assert_int_equal(listed.len, expected->len);
}

static void compare_table(const char *manual, const char *section, const struct key *table)
{
	AUTO(strv) struct strv names = {0};

	for (; table->key; table++)
		assert_int_equal(strv_add(&names, table->key, NULL), 0);
	compare(manual, section, &names);
}

static void recipe_document(void **state)
{
	size_t len;
	AUTO_FREE char *manual = fixture_read("../../man/harden-recipe.5", &len);

	(void)state;
	compare_table(manual, "The document", recipe_keys);
	compare_table(manual, "Vars", variable_keys);
	compare_table(manual, "Controls", control_keys);
	compare_table(manual, "Entries", entry_keys);
}

static void resource_types_listed(void **state)
{
	size_t len;
	AUTO_FREE char *manual = fixture_read("../../man/harden-recipe.5", &len);

	(void)state;
	for (size_t i = 0; resource_types[i]; i++)
		compare_table(manual, resource_types[i]->schema.name,
			      resource_types[i]->schema.keys);
}

/* The leaves of a tree have a section of their own: "engine fix". */
static void trees_listed(void **state)
{
	size_t len, trees = 0;
	AUTO_FREE char *manual = fixture_read("../../man/harden-recipe.5", &len);

	(void)state;
	for (size_t i = 0; resource_types[i]; i++) {
		const struct type_schema *schema = &resource_types[i]->schema;

		for (const struct key *key = schema->keys; key->key; key++) {
			AUTO_FREE char *section = str_format("%s %s", schema->name, key->key);

			if (key->kind != KEY_TREE)
				continue;
			compare_table(manual, section, key->leaves);
			trees++;
		}
	}
	assert_true(trees > 0);
}

static void facts(void **state)
{
	size_t len;
	AUTO_FREE char *manual = fixture_read("../../man/harden-recipe.5", &len);
	AUTO(strv) struct strv names = {0};

	(void)state;
	for (size_t i = 0; i < fact_table_len; i++)
		assert_int_equal(strv_add(&names, fact_table[i].name, NULL), 0);
	compare(manual, "FACTS", &names);
}

static void site_file(void **state)
{
	size_t len;
	AUTO_FREE char *manual = fixture_read("../../man/harden.yaml.5", &len);

	(void)state;
	compare_table(manual, "The document", site_keys);
	compare_table(manual, "Controls", site_control_keys);
	compare_table(manual, "waive", waive_keys);
	compare_table(manual, "attest", attest_keys);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(recipe_document), cmocka_unit_test(resource_types_listed),
		cmocka_unit_test(trees_listed),	   cmocka_unit_test(facts),
		cmocka_unit_test(site_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
