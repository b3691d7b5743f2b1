// SPDX-License-Identifier: Apache-2.0
/*
 * Selectors. Known names are gathered only when one is wrong.
 */
#include "harden/recipe/select.h"

#include "harden/recipe/variable.h"

#include <stdlib.h>

static bool selects(const char *selector, const struct control *control)
{
	return control_id_matches(selector, control->id) ||
	       control_id_matches(selector, control->key);
}

static bool selects_any(const struct recipe *recipe, const char *selector)
{
	for (size_t i = 0; i < recipe->len; i++)
		if (selects(selector, &recipe->controls[i]))
			return true;
	return false;
}

struct control *select_control(const struct recipe *recipe, const char *name)
{
	for (size_t i = 0; i < recipe->len; i++)
		if (str_equal(recipe->controls[i].id, name) ||
		    str_equal(recipe->controls[i].key, name))
			return &recipe->controls[i];
	return NULL;
}

/* Ids, then stable names, then sections (the first of equally near ones wins), borrowed. */
static const char **known_names(const struct recipe *recipe, bool sections, size_t *ret_count)
{
	const char **names = calloc(recipe->len * 3 + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; names && i < recipe->len; i++)
		names[n++] = recipe->controls[i].id;
	for (size_t i = 0; names && i < recipe->len; i++)
		names[n++] = recipe->controls[i].key;
	for (size_t i = 0; names && sections && i < recipe->len; i++)
		names[n++] = recipe->controls[i].section;
	*ret_count = n;
	return names;
}

void select_unknown(const struct recipe *recipe, const char *name, struct place at,
		    struct problems *problems)
{
	size_t count;
	AUTO_FREE const char **names = known_names(recipe, false, &count);

	if (!names)
		problems->failed = true;
	else if (selects_any(recipe, name))
		problem_add(problems, at, "name the controls one by one",
			    "\"%s\" is a section, expected one control", name);
	else
		problem_unknown(problems, at, "control", name, "", names, count);
}

static int unknown_selector(const struct recipe *recipe, const char *option, const char *selector,
			    struct error *err)
{
	size_t count;
	AUTO_FREE const char **names = known_names(recipe, true, &count);
	const char *nearest = names ? str_nearest(selector, names, count) : NULL;

	(void)error_set(err, ERROR_USAGE, 0, "%s: unknown control or section \"%s\"", option,
			selector);
	if (nearest)
		error_next(err, "did you mean \"%s\"?", nearest);
	else
		error_next(err, "write ids such as 2.2, sections such as 3, or names such as %s",
			   recipe->len ? recipe->controls[0].key : "daemon.icc");
	return -1;
}

static int check_selectors(const struct recipe *recipe, const char *option,
			   const struct strv *selectors, struct error *err)
{
	for (size_t i = 0; i < selectors->len; i++)
		if (!selects_any(recipe, selectors->items[i]))
			return unknown_selector(recipe, option, selectors->items[i], err);
	return 0;
}

static bool is_listed(const struct strv *selectors, const struct control *control)
{
	for (size_t i = 0; i < selectors->len; i++)
		if (selects(selectors->items[i], control))
			return true;
	return false;
}

int recipe_select(struct recipe *recipe, const char *only_by, const struct strv *only,
		  const struct strv *skip, int level, struct error *err)
{
	if (check_selectors(recipe, only_by, only, err) < 0 ||
	    check_selectors(recipe, "--skip", skip, err) < 0)
		return -1;
	for (size_t i = 0; i < recipe->len; i++) {
		struct control *control = &recipe->controls[i];

		control->selected = control->level <= level &&
				    (!only->len || is_listed(only, control)) &&
				    !is_listed(skip, control);
	}
	return 0;
}

static int unknown_variable(const struct recipe *recipe, const char *name, struct error *err)
{
	AUTO_FREE const char **names = calloc(recipe->vars_len + 1, sizeof(*names));
	const char *nearest;

	if (!names)
		return error_nomem(err);
	for (size_t i = 0; i < recipe->vars_len; i++)
		names[i] = recipe->vars[i].name;
	nearest = str_nearest(name, names, recipe->vars_len);
	(void)error_set(err, ERROR_USAGE, 0, "--set: the recipe has no var \"%s\"", name);
	if (nearest)
		error_next(err, "did you mean \"%s\"?", nearest);
	return -1;
}

int recipe_set(struct recipe *recipe, const char *assignment, struct error *err)
{
	const char *equals = strchr(assignment, '=');
	AUTO_FREE char *name = NULL;
	struct variable *variable;

	if (!equals || equals == assignment) {
		(void)error_set(err, ERROR_USAGE, 0, "--set %s: expected NAME=VALUE", assignment);
		return -1;
	}
	name = strndup(assignment, (size_t)(equals - assignment));
	if (!name)
		return error_nomem(err);
	variable = recipe_variable(recipe, name);
	if (!variable)
		return unknown_variable(recipe, name, err);
	return variable_set_text(variable, equals + 1, err);
}

int recipe_accept(struct recipe *recipe, const struct strv *names, struct error *err)
{
	for (size_t i = 0; i < names->len; i++) {
		struct control *control = select_control(recipe, names->items[i]);

		if (control) {
			control->accepted = true;
			continue;
		}
		if (!selects_any(recipe, names->items[i]))
			return unknown_selector(recipe, "--accept", names->items[i], err);
		(void)error_set(err, ERROR_USAGE, 0, "--accept: \"%s\" is a section",
				names->items[i]);
		error_next(err, "accept the controls one by one, after reading their impact");
		return -1;
	}
	return 0;
}
