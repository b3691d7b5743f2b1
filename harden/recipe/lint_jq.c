// SPDX-License-Identifier: Apache-2.0
/*
 * From the places of values to the expressions, and from a mistake's line in an expression back to
 * the line of the file. In a block ("|") the expression begins on the next line, indented.
 */
#include "harden/recipe/lint_jq.h"

#include "harden/recipe/entry.h"
#include "harden/text/jq.h"

#include <stdlib.h>

struct expressions {
	const struct recipe_text *text;
	struct problems *problems;
	const struct value **places;
	const char **texts;
	size_t len, places_cap, texts_cap;
};

static int add(struct expressions *e, const struct value *v, struct error *err)
{
	if (!value_as_text(v))
		return 0;
	if (vec_reserve((void **)&e->places, &e->places_cap, e->len, sizeof(*e->places), err) < 0 ||
	    vec_reserve((void **)&e->texts, &e->texts_cap, e->len, sizeof(*e->texts), err) < 0)
		return -1;
	e->places[e->len] = v;
	e->texts[e->len++] = v->text;
	return 0;
}

static int add_entry(struct expressions *e, const struct value *keys, const struct key *table,
		     struct error *err)
{
	for (; table->key; table++) {
		const struct value *v = value_get(keys, table->key);

		if (table->kind == KEY_JQ && add(e, v, err) < 0)
			return -1;
		for (size_t i = 0; table->kind == KEY_JQ_MAP && i < value_len(v); i++)
			if (add(e, v->members[i].value, err) < 0)
				return -1;
	}
	return 0;
}

/* The line of the source, from 1; NULL behind the end. */
static const char *source_line(const struct recipe_text *text, unsigned line)
{
	const char *at = text->data;

	for (; line > 1 && at; line--) {
		at = memchr(at, '\n', text->len - (size_t)(at - text->data));
		at = at ? at + 1 : NULL;
	}
	return at;
}

static unsigned blanks(const char *line)
{
	return (unsigned)strspn(line, " ");
}

/* A line of the expression itself. */
static const char *text_line(const char *text, unsigned line)
{
	for (; line > 1 && strchr(text, '\n'); line--)
		text = strchr(text, '\n') + 1;
	return text;
}

static void report(void *cookie, size_t index, unsigned line, unsigned column, const char *message)
{
	const struct expressions *e = cookie;
	const struct value *v = e->places[index];
	const char *head = source_line(e->text, v->line), *source;
	struct place at = {.file = e->text->file, .line = v->line, .column = v->column};
	bool block = head && strcspn(head, "\n") >= v->column && v->column &&
		     strchr("|>", head[v->column - 1]);

	if (block && (source = source_line(e->text, v->line + line))) {
		at.line = v->line + line;
		at.column = blanks(source) + 1; /* what stands first, unless more is known */
		if (column)
			at.column += column - 1 - blanks(text_line(v->text, line));
	} else if (column && v->column) {
		at.column += column - 1 + (head && strchr("\"'", head[v->column - 1]) != NULL);
	}
	problem_add(e->problems, at, NULL, "jq: %s", message);
}

static int check_type(struct expressions *e, const struct recipe *recipe,
		      const struct type_schema *type, const struct blob *library, struct error *err)
{
	e->len = 0;
	for (size_t i = 0; i < recipe->len; i++) {
		const struct value *ensure = recipe->controls[i].ensure;

		for (size_t k = 0; k < value_len(ensure); k++) {
			const struct value_member *m = entry_type(ensure->members[k].value);

			if (m && strcmp(m->key, type->name) == 0 &&
			    add_entry(e, m->value, type->keys, err) < 0)
				return -1;
		}
	}
	if (!e->len)
		return 0;
	return queries_check(library, type->jq_names, e->texts, e->len, report, e, err) < 0 ? -1
											    : 0;
}

int lint_jq(const struct recipe_text *text, const struct recipe *recipe,
	    const struct type_schema *const *types, const struct blob *library,
	    struct problems *problems, struct error *err)
{
	struct expressions e = {.text = text, .problems = problems};
	int r = 0;

	for (; *types && r == 0; types++)
		if ((*types)->jq_names)
			r = check_type(&e, recipe, *types, library, err);
	free(e.places);
	free(e.texts);
	return r;
}
