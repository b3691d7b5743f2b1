// SPDX-License-Identifier: Apache-2.0
/*
 * Recipes and site files with random damage: bytes and lines taken out, doubled, exchanged. Whatever
 * comes of it, loading either succeeds without a problem or names problems that lie inside the
 * text; what loads expands; and the same text gives the same messages again.
 */
#include "tests/unit/random_text.h"
#include "tests/unit/recipe_fixture.h"

#include "harden/recipe/expand.h"
#include "harden/recipe/lint.h"

#define ROUNDS 800

/* One random change of text, in place. */
static void damage(struct random *r, struct strbuf *text)
{
	static const char *const bits[] = {"${",
					   "}",
					   ": ",
					   "\n",
					   "- ",
					   "[",
					   "]",
					   "null",
					   "0888",
					   "&a ",
					   "${docker.sockets}",
					   "id: 2.2",
					   "\"",
					   "{",
					   "\t",
					   "file",
					   "mode-at-most: "};
	size_t at = text->len ? random_below(r, (unsigned)text->len) : 0;
	size_t n = random_below(r, 12);
	AUTO(strbuf) struct strbuf changed = {0};

	strbuf_append_bytes(&changed, text->data, at);
	if (random_below(r, 3))
		strbuf_append(&changed, random_of(r, bits, ARRAY_SIZE(bits)));
	if (n > text->len - at)
		n = text->len - at;
	if (random_below(r, 4) == 0)
		strbuf_append_bytes(&changed, text->data + at, n);
	strbuf_append_bytes(&changed, text->data + at + n, text->len - at - n);
	strbuf_done(text);
	*text = changed;
	changed = (struct strbuf){0};
}

static unsigned count_lines(const struct strbuf *text)
{
	unsigned lines = 1;

	for (size_t i = 0; i < text->len; i++)
		lines += text->data[i] == '\n';
	return lines;
}

static void check_problems(const struct problems *problems, unsigned lines)
{
	for (size_t i = 0; i < problems->len; i++) {
		const struct problem *p = &problems->items[i];

		assert_non_null(p->message);
		assert_string_equal(p->file, "random.yaml");
		/* the end of the text counts as a line of its own */
		if (p->line < 1 || p->line > lines + 1 || p->column < 1)
			fail_msg("%u:%u of %u lines: %s", p->line, p->column, lines, p->message);
	}
}

static void expand_all(const struct recipe *recipe)
{
	const struct facts facts = {0};

	for (size_t i = 0; i < recipe->len; i++)
		for (size_t j = 0; j < value_len(recipe->controls[i].ensure); j++) {
			AUTO_PTR(value) struct value *expanded = NULL;

			(void)recipe_expand(recipe->controls[i].ensure->members[j].value, recipe,
					    &facts, &expanded, NULL);
		}
}

static void messages_of(const struct strbuf *text, struct strbuf *ret)
{
	const struct recipe_text one = {"random.yaml", text->data, text->len};
	AUTO(problems) struct problems problems = {0};
	AUTO(recipe) struct recipe recipe = {0};
	AUTO(error) struct error err = {0};
	int r = recipe_load(&one, 1, fixture_types, &recipe, &problems, &err);

	assert_int_equal(r, problems.len ? -1 : 0);
	check_problems(&problems, count_lines(text));
	for (size_t i = 0; i < problems.len; i++)
		strbuf_appendf(ret, "%s\n", problems.items[i].message);
	if (r == 0)
		expand_all(&recipe);
}

static size_t run(const char *name, struct random *r, void (*check)(const struct strbuf *text))
{
	size_t len, rounds = 0;
	AUTO_FREE char *data = fixture_read(name, &len);

	for (; rounds < ROUNDS; rounds++) {
		AUTO(strbuf) struct strbuf text = {0};

		strbuf_append_bytes(&text, data, len);
		for (unsigned n = 1 + random_below(r, 4); n; n--)
			damage(r, &text);
		check(&text);
	}
	return rounds;
}

static void check_recipe(const struct strbuf *text)
{
	AUTO(strbuf) struct strbuf first = {0};
	AUTO(strbuf) struct strbuf again = {0};

	messages_of(text, &first);
	messages_of(text, &again);
	assert_string_equal(strbuf_text(&first), strbuf_text(&again));
}

static void check_site(const struct strbuf *text)
{
	size_t len;
	AUTO_FREE char *data = fixture_read("site/recipe.yaml", &len);
	const struct recipe_text one = {"random.yaml", text->data, text->len};
	AUTO(problems) struct problems problems = {0};
	AUTO(recipe) struct recipe recipe = {0};
	enum lint_kind kind;
	int r;

	fixture_load(data, &recipe);
	r = recipe_lint(&one, fixture_types, &recipe, NULL, &kind, &problems, NULL);
	assert_int_equal(r, problems.len ? -1 : 0);
	check_problems(&problems, count_lines(text));
}

static void damaged_recipes(void **state)
{
	struct random r = {.seed = 20261124};

	(void)state;
	assert_int_equal(run("recipe/good/everything.yaml", &r, check_recipe), ROUNDS);
}

static void damaged_sites(void **state)
{
	struct random r = {.seed = 42};

	(void)state;
	assert_int_equal(run("site/good/everything.yaml", &r, check_site), ROUNDS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_recipes),
		cmocka_unit_test(damaged_sites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
