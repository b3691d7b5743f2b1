// SPDX-License-Identifier: Apache-2.0
/*
 * Controls and recipes as plain data: finding, ordering, releasing. Ids are compared part by part
 * as numbers of any length, so "2.2" stands before "2.10" and nothing overflows.
 */
#include "harden/model/control.h"

#include <stdlib.h>
#include <string.h>

struct control *recipe_control(const struct recipe *recipe, const char *id)
{
	for (size_t i = 0; i < recipe->len; i++)
		if (strcmp(recipe->controls[i].id, id) == 0)
			return &recipe->controls[i];
	return NULL;
}

struct variable *recipe_variable(const struct recipe *recipe, const char *name)
{
	for (size_t i = 0; i < recipe->vars_len; i++)
		if (strcmp(recipe->vars[i].name, name) == 0)
			return &recipe->vars[i];
	return NULL;
}

/* Steps over leading zeros of a part and returns its length up to the next dot. */
static size_t id_part(const char **part)
{
	size_t n;

	while (**part == '0' && (*part)[1] && (*part)[1] != '.')
		(*part)++;
	n = strcspn(*part, ".");
	return n;
}

int control_id_compare(const char *a, const char *b)
{
	while (*a && *b) {
		size_t n = id_part(&a), m = id_part(&b);
		int order = n < m ? -1 : n > m ? 1 : strncmp(a, b, n);

		if (order)
			return order;
		a += n + (a[n] == '.');
		b += m + (b[m] == '.');
	}
	return *a ? 1 : *b ? -1 : 0;
}

bool control_id_matches(const char *selector, const char *id)
{
	size_t n = strlen(selector);

	return n && strncmp(selector, id, n) == 0 && (id[n] == '\0' || id[n] == '.');
}

static void waiver_free(struct waiver *waiver)
{
	if (!waiver)
		return;
	free(waiver->reason);
	free(waiver->owner);
	free(waiver->until);
	strv_done(&waiver->only);
	free(waiver);
}

static void attestation_free(struct attestation *attestation)
{
	if (!attestation)
		return;
	free(attestation->by);
	free(attestation->on);
	free(attestation->until);
	free(attestation->evidence);
	free(attestation);
}

int control_ids_add(struct strv *ids, const char *id, struct error *err)
{
	size_t i;
	char *added;

	if (!id || strv_has(ids, id))
		return 0;
	if (strv_add(ids, id, err) < 0)
		return -1;
	added = ids->items[ids->len - 1];
	for (i = ids->len - 1; i > 0; i--) {
		if (control_id_compare(ids->items[i - 1], id) <= 0)
			break;
		ids->items[i] = ids->items[i - 1];
	}
	ids->items[i] = added;
	return 0;
}

bool waiver_names(const struct waiver *waiver, const char *resource)
{
	const char *blank = strchr(resource, ' ');

	return strv_has(&waiver->only, resource) ||
	       (blank && resource[0] != '/' && strv_has(&waiver->only, blank + 1));
}

void control_done(struct control *control)
{
	free(control->id);
	free(control->key);
	free(control->title);
	free(control->section);
	free(control->why);
	free(control->impact);
	free(control->remedy);
	value_free(control->ensure);
	value_free(control->aliases);
	free(control->file);
	waiver_free(control->waiver);
	attestation_free(control->attestation);
	*control = (struct control){0};
}

static void variable_done(struct variable *variable)
{
	free(variable->name);
	free(variable->help);
	free(variable->source);
	value_free(variable->value);
	*variable = (struct variable){0};
}

void recipe_done(struct recipe *recipe)
{
	for (size_t i = 0; i < recipe->len; i++)
		control_done(&recipe->controls[i]);
	for (size_t i = 0; i < recipe->vars_len; i++)
		variable_done(&recipe->vars[i]);
	free(recipe->controls);
	free(recipe->vars);
	free(recipe->benchmark);
	free(recipe->version);
	free(recipe->sha256);
	*recipe = (struct recipe){0};
}
