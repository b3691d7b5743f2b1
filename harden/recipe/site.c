// SPDX-License-Identifier: Apache-2.0
/*
 * Site files. The parsed tree is kept between loading and applying; it is small.
 */
#include "harden/recipe/site.h"

#include "harden/recipe/check.h"
#include "harden/recipe/keys.h"
#include "harden/recipe/scalar.h"
#include "harden/recipe/select.h"
#include "harden/recipe/variable.h"
#include "harden/text/yaml.h"

#include <stdlib.h>

static void check_dates(const struct checker *c, const struct value *attest)
{
	const struct value *on = value_get(attest, "on"), *until = value_get(attest, "until");

	if (value_as_text(on) && value_as_text(until) && scalar_date(on->text) &&
	    scalar_date(until->text) && strcmp(on->text, until->text) > 0)
		problem_add(c->problems, place_of(c->file, until), NULL,
			    "attested on %s, but only until %s", on->text, until->text);
}

static void check_part(const struct checker *c, const struct value_member *control,
		       const char *name, const struct key *table)
{
	const struct value *part = value_get(control->value, name);
	AUTO_FREE char *what = str_format("\"%s\" of control %.40s", name, control->key);

	if (!what)
		c->problems->failed = true;
	else if (part && part->kind == VALUE_MAP)
		(void)check_map(c, part, table, what);
}

static void check_site_control(const struct checker *c, const struct value_member *m)
{
	AUTO_FREE char *what = str_format("control %.40s", m->key);

	if (!what) {
		c->problems->failed = true;
		return;
	}
	if (!check_map(c, m->value, site_control_keys, what))
		return;
	check_part(c, m, "waive", waive_keys);
	check_part(c, m, "attest", attest_keys);
	check_dates(c, value_get(m->value, "attest"));
}

/* It is run as it stands, without a shell: a bare name would have to be looked for. */
static void check_restart(const struct checker *c, const struct value *restart)
{
	const struct value *first = restart;

	if (restart && restart->kind == VALUE_LIST && restart->len)
		first = restart->members[0].value;
	if (restart && value_as_text(first) && first->text[0] != '/')
		problem_add(c->problems, place_of(c->file, first),
			    "write restart: [/usr/sbin/service, docker, restart], for example",
			    "key \"restart\" of the site file: expected an absolute path, not "
			    "\"%.40s\"",
			    first->text);
}

static void check_site(const struct checker *c, const struct value *root)
{
	const struct value *controls;

	if (root->kind == VALUE_NULL || !check_map(c, root, site_keys, "the site file"))
		return;
	check_restart(c, value_get(root, "restart"));
	controls = value_get(root, "controls");
	if (!controls || controls->kind != VALUE_MAP)
		return;
	for (size_t i = 0; i < controls->len; i++)
		check_site_control(c, &controls->members[i]);
}

int site_load(const struct recipe_text *text, struct site *ret_site, struct problems *problems,
	      struct error *err)
{
	const struct checker c = {.file = text->file, .problems = problems};
	AUTO(site) struct site site = {.file = strdup(text->file)};
	AUTO(error) struct error syntax = {0};
	const char *level;

	if (!site.file)
		return error_nomem(err);
	if (yaml_read_all(text->data, text->len, text->file, problem_report, problems, &site.root,
			  &syntax) < 0)
		problem_take(problems, &syntax);
	else
		check_site(&c, site.root);
	if (problems_error(problems, err) < 0)
		return -1;
	level = value_get_text(site.root, "level");
	ret_site->level = level ? level[0] - '0' : 0;
	ret_site->file = take_ptr(&site.file);
	ret_site->root = take_ptr(&site.root);
	return 0;
}

static void apply_variable(const struct checker *c, struct recipe *recipe,
			   const struct value_member *m)
{
	struct variable *variable = recipe_variable(recipe, m->key);
	AUTO_FREE const char **names = NULL;
	struct value *value;
	char *source;

	if (!variable) {
		names = calloc(recipe->vars_len + 1, sizeof(*names));
		for (size_t i = 0; names && i < recipe->vars_len; i++)
			names[i] = recipe->vars[i].name;
		problem_unknown(c->problems, place_of_key(c->file, m), "var", m->key, "", names,
				names ? recipe->vars_len : 0);
		return;
	}
	value = variable_convert(c, variable, m->value);
	if (!value)
		return;
	value_free(variable->value);
	variable->value = value;
	source = str_format("%s:%u", c->file, m->key_line);
	if (!source) {
		c->problems->failed = true;
		return;
	}
	free(variable->source);
	variable->source = source;
}

/* Copies the text of a member; NULL when it is absent or memory is out (then it latches). */
static char *copy_text(const struct checker *c, const struct value *map, const char *key)
{
	const char *text = value_get_text(map, key);
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		c->problems->failed = true;
	return copy;
}

static void fill_only(const struct checker *c, struct strv *only, const struct value *v)
{
	if (value_as_text(v) && strv_add(only, v->text, NULL) < 0)
		c->problems->failed = true;
	for (size_t i = 0; i < value_len(v); i++)
		if (strv_add(only, v->members[i].value->text, NULL) < 0)
			c->problems->failed = true;
}

static void apply_waiver(const struct checker *c, struct control *control,
			 const struct value *waive, const char *today)
{
	struct waiver *waiver = calloc(1, sizeof(*waiver));

	if (!waiver) {
		c->problems->failed = true;
		return;
	}
	waiver->reason = copy_text(c, waive, "reason");
	waiver->owner = copy_text(c, waive, "owner");
	waiver->until = copy_text(c, waive, "until");
	waiver->expired = waiver->until && strcmp(waiver->until, today) < 0;
	fill_only(c, &waiver->only, value_get(waive, "only"));
	control->waiver = waiver;
}

static void apply_attestation(const struct checker *c, struct control *control,
			      const struct value *attest, const char *today)
{
	struct attestation *attestation = calloc(1, sizeof(*attestation));

	if (!attestation) {
		c->problems->failed = true;
		return;
	}
	attestation->by = copy_text(c, attest, "by");
	attestation->on = copy_text(c, attest, "on");
	attestation->until = copy_text(c, attest, "until");
	attestation->evidence = copy_text(c, attest, "evidence");
	attestation->expired = attestation->until && strcmp(attestation->until, today) < 0;
	control->attestation = attestation;
}

/* Applies one control's decisions; decided marks the controls that have some already. */
static void apply_control(const struct checker *c, struct recipe *recipe,
			  const struct value_member *m, const char *today, bool *decided)
{
	struct control *control = select_control(recipe, m->key);
	const struct value *waive = value_get(m->value, "waive");
	const struct value *attest = value_get(m->value, "attest");

	if (!control) {
		select_unknown(recipe, m->key, place_of_key(c->file, m), c->problems);
		return;
	}
	if (decided[control - recipe->controls]) {
		problem_add(c->problems, place_of_key(c->file, m),
			    "put it all under one of its names", "control %s (%s) stands twice",
			    control->id, control->key);
		return;
	}
	decided[control - recipe->controls] = true;
	if (str_equal(value_get_text(m->value, "accept"), "true"))
		control->accepted = true;
	if (waive)
		apply_waiver(c, control, waive, today);
	if (attest)
		apply_attestation(c, control, attest, today);
}

int site_apply(const struct site *site, struct recipe *recipe, const char *today,
	       struct problems *problems, struct error *err)
{
	const struct checker c = {.file = site->file, .problems = problems};
	const struct value *vars = value_get(site->root, "vars");
	const struct value *controls = value_get(site->root, "controls");
	AUTO_FREE bool *decided = calloc(recipe->len + 1, sizeof(*decided));

	if (!decided)
		return error_nomem(err);
	for (size_t i = 0; i < value_len(vars); i++)
		apply_variable(&c, recipe, &vars->members[i]);
	for (size_t i = 0; i < value_len(controls); i++)
		apply_control(&c, recipe, &controls->members[i], today, decided);
	return problems_error(problems, err);
}

int site_restart(const struct site *site, struct strv *ret_words, struct error *err)
{
	const struct value *v = value_get(site->root, "restart");

	if (value_as_text(v))
		return strv_add(ret_words, v->text, err);
	for (size_t i = 0; i < value_len(v); i++)
		if (strv_add(ret_words, value_as_text(v->members[i].value), err) < 0)
			return -1;
	return 0;
}

void site_done(struct site *site)
{
	free(site->file);
	value_free(site->root);
	*site = (struct site){0};
}
