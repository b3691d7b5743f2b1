// SPDX-License-Identifier: Apache-2.0
/*
 * Lint is loading without using the result.
 */
#include "harden/recipe/lint.h"

#include "harden/recipe/lint_jq.h"
#include "harden/recipe/site.h"
#include "harden/text/yaml.h"

static void ignore(void *context, struct error *one)
{
	(void)context;
	(void)one;
}

static enum lint_kind kind_of(const struct recipe_text *text)
{
	AUTO_PTR(value) struct value *root = NULL;
	const struct value *controls;

	/* what is wrong with the YAML is reported by whoever reads it for real */
	if (yaml_read_all(text->data, text->len, text->file, ignore, NULL, &root, NULL) < 0)
		return LINT_RECIPE;
	controls = value_get(root, "controls");
	if (value_get(root, "benchmark") || (controls && controls->kind == VALUE_LIST))
		return LINT_RECIPE;
	return LINT_SITE;
}

static int lint_site(const struct recipe_text *text, struct recipe *recipe,
		     struct problems *problems, struct error *err)
{
	AUTO(site) struct site site = {0};

	if (site_load(text, &site, problems, err) < 0)
		return -1;
	/* dates that have passed are no mistake, so any day does */
	return recipe ? site_apply(&site, recipe, "1970-01-01", problems, err) : 0;
}

int recipe_lint(const struct recipe_text *text, const struct type_schema *const *types,
		struct recipe *recipe, const struct blob *library, enum lint_kind *ret_kind,
		struct problems *problems, struct error *err)
{
	AUTO(recipe) struct recipe loaded = {0};

	*ret_kind = kind_of(text);
	if (*ret_kind == LINT_SITE)
		return lint_site(text, recipe, problems, err);
	if (recipe_load(text, 1, types, &loaded, problems, err) < 0 ||
	    lint_jq(text, &loaded, types, library, problems, err) < 0)
		return -1;
	return problems_error(problems, err);
}
