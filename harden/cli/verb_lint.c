// SPDX-License-Identifier: Apache-2.0
/*
 * harden lint FILE...: every mistake of recipes and site files, each with its place.
 */
#include "harden/cli/inputs.h"
#include "harden/cli/verbs.h"
#include "harden/engine/types.h"
#include "harden/recipe/lint.h"
#include "harden/report/json.h"

#include <stdlib.h>

struct lint {
	struct strbuf text;
	struct value *problems; /* list for JSON */
	size_t count;
};

static void add_problem(struct lint *lint, const struct problem *p)
{
	AUTO_FREE char *line = problem_text(p);
	struct value *map = value_map();

	json_put(&map, "file", value_text(p->file));
	json_put(&map, "line", value_integer(p->line));
	json_put(&map, "column", value_integer(p->column));
	json_put(&map, "message", value_text(p->message));
	json_put(&map, "next", value_text(p->next));
	json_push(&lint->problems, map);
	strbuf_appendf(&lint->text, "%s\n", line ? line : "out of memory");
	lint->count++;
}

/* A site file names controls of a recipe: of the default one, or of the one given. */
static int load_base(const struct inputs *inputs, struct recipe *ret, struct error *err)
{
	AUTO_FREE struct recipe_text *texts = calloc(inputs->recipes_len, sizeof(*texts));
	AUTO(problems) struct problems ignored = {0};

	if (!texts)
		return error_nomem(err);
	for (size_t i = 0; i < inputs->recipes_len; i++)
		texts[i] = (struct recipe_text){
			.file = inputs->recipes[i].name,
			.data = inputs->recipes[i].bytes->data,
			.len = inputs->recipes[i].bytes->len,
		};
	return recipe_load(texts, inputs->recipes_len, recipe_types(), ret, &ignored, err);
}

static int lint_file(struct lint *lint, const struct inputs *inputs, const char *path,
		     struct error *err)
{
	AUTO_PTR(blob) struct blob *bytes = NULL, *library = NULL;
	AUTO(problems) struct problems problems = {0};
	AUTO(recipe) struct recipe recipe = {0};
	AUTO(error) struct error problem = {0};
	struct recipe_text text;
	enum lint_kind kind;

	if (inputs_file(path, &bytes, err) < 0 || inputs_library(inputs, &library, err) < 0)
		return -1;
	text = (struct recipe_text){.file = path, .data = bytes->data, .len = bytes->len};
	if (load_base(inputs, &recipe, err) < 0)
		return -1;
	if (recipe_lint(&text, recipe_types(), &recipe, library, &kind, &problems, &problem) < 0 &&
	    !problems.len) {
		error_move(err, &problem);
		return -1;
	}
	for (size_t i = 0; i < problems.len; i++)
		add_problem(lint, &problems.items[i]);
	if (problems.len)
		context_warn("%s", error_message(&problem));
	if (!problems.len)
		strbuf_appendf(&lint->text, "%s: %s, no mistakes\n", path,
			       kind == LINT_RECIPE ? "recipe" : "site file");
	return 0;
}

static int emit(struct context *context, struct lint *lint, struct error *err)
{
	AUTO(strbuf) struct strbuf out = {0};
	struct value *doc;

	if (context->options.format != FORMAT_JSON)
		return context_emit(context, &lint->text, err);
	doc = json_document("harden.lint/1");
	json_put(&doc, "problems", take_ptr(&lint->problems));
	if (json_emit(doc, &out, err) < 0)
		return -1;
	return context_emit(context, &out, err);
}

int verb_lint(struct context *context)
{
	AUTO(inputs) struct inputs inputs = {0};
	AUTO(error) struct error err = {0};
	struct lint lint = {.problems = value_list()};
	int code = EXIT_DONE;

	if (inputs_read(&context->options, &inputs, &err) < 0)
		code = context_fail(context, &err);
	for (size_t i = 0; i < context->options.args.len && code == EXIT_DONE; i++)
		if (lint_file(&lint, &inputs, context->options.args.items[i], &err) < 0)
			code = context_fail(context, &err);
	if (code == EXIT_DONE) {
		code = emit(context, &lint, &err) < 0 ? context_fail(context, &err)
		       : lint.count		      ? EXIT_ERROR
						      : EXIT_DONE;
	}
	value_free(lint.problems);
	strbuf_done(&lint.text);
	return code;
}
