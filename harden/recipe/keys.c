// SPDX-License-Identifier: Apache-2.0
/*
 * The key tables of recipes and site files. KEY_ANY marks what has a shape of its own, checked by
 * load.c, site.c or variable.c.
 */
#include "harden/recipe/keys.h"

#include "harden/model/control.h"

static const char *const levels[] = {"1", "2", NULL};
static const char *const control_types[] = {"automated", "manual", NULL};

const char *const variable_type_names[] = {
	[VARIABLE_TEXT] = "text", [VARIABLE_INTEGER] = "integer", [VARIABLE_BOOL] = "boolean",
	[VARIABLE_LIST] = "list", [VARIABLE_MAP] = "map",	  NULL,
};

const struct key recipe_keys[] = {
	{.key = "benchmark",
	 .kind = KEY_TEXT,
	 .required = true,
	 .summary = "name of the set of controls"},
	{.key = "version",
	 .kind = KEY_TEXT,
	 .required = true,
	 .summary = "its version, kept as text"},
	{.key = "title", .kind = KEY_TEXT, .summary = "what the recipe is for, in one line"},
	{.key = "vars",
	 .kind = KEY_MAP,
	 .summary = "values that a site may set, by name, each with type, default and help"},
	{.key = "controls", .kind = KEY_ANY, .required = true, .summary = "the list of controls"},
	{.key = NULL},
};

const struct key control_keys[] = {
	{.key = "id",
	 .kind = KEY_ID,
	 .required = true,
	 .summary = "number of the control, unique over all recipes of a run"},
	{.key = "key",
	 .kind = KEY_TEXT,
	 .default_text = "the id",
	 .summary = "stable name that stays when numbers change, also accepted as a selector"},
	{.key = "title",
	 .kind = KEY_TEXT,
	 .default_text = "the key",
	 .summary = "the state that is wanted, in one line"},
	{.key = "level",
	 .kind = KEY_CHOICE,
	 .default_text = "1",
	 .choices = levels,
	 .summary = "1 for every host, 2 for hosts that need more and can bear more"},
	{.key = "type",
	 .kind = KEY_CHOICE,
	 .default_text = "automated",
	 .choices = control_types,
	 .summary = "how the benchmark itself assesses the control"},
	{.key = "why", .kind = KEY_TEXT, .summary = "what is at stake without it"},
	{.key = "impact",
	 .kind = KEY_TEXT,
	 .summary = "what may break when it is applied; plan prints it"},
	{.key = "remedy",
	 .kind = KEY_TEXT,
	 .summary = "what a person does where harden does not do it"},
	{.key = "consent",
	 .kind = KEY_BOOL,
	 .default_text = "false",
	 .summary = "whether its changes wait for accept"},
	{.key = "ensure",
	 .kind = KEY_ANY,
	 .required = true,
	 .summary = "the list of resource entries, all of which must hold"},
	{.key = "aliases",
	 .kind = KEY_MAP,
	 .summary = "its number in other editions, by edition, where that differs"},
	{.key = NULL},
};

const struct key variable_keys[] = {
	{.key = "type",
	 .kind = KEY_CHOICE,
	 .required = true,
	 .choices = variable_type_names,
	 .summary = "what the value must be"},
	{.key = "default",
	 .kind = KEY_ANY,
	 .required = true,
	 .summary = "the value when the site sets none"},
	{.key = "help", .kind = KEY_TEXT, .required = true, .summary = "what it decides"},
	{.key = NULL},
};

const struct key entry_keys[] = {
	{.key = "if",
	 .kind = KEY_TEXT,
	 .summary = "fact or var; unless it is true or not empty, the entry does not apply"},
	{.key = "unless",
	 .kind = KEY_TEXT,
	 .summary = "fact or var; if it is true or not empty, the entry does not apply"},
	{.key = "consent",
	 .kind = KEY_BOOL,
	 .default_text = "false",
	 .summary = "whether the changes of this entry wait for accept"},
	{.key = NULL},
};

const struct key site_keys[] = {
	{.key = "level",
	 .kind = KEY_CHOICE,
	 .choices = levels,
	 .default_text = "2",
	 .summary = "controls up to this level are selected"},
	{.key = "vars", .kind = KEY_MAP, .summary = "values for vars of the recipe, by name"},
	{.key = "controls",
	 .kind = KEY_MAP,
	 .summary = "decisions about controls, by id or stable name"},
	{.key = "restart",
	 .kind = KEY_TEXT_LIST,
	 .summary = "how dockerd is restarted where systemd does not do it: a program by its "
		    "absolute path, and its arguments"},
	{.key = NULL},
};

const struct key site_control_keys[] = {
	{.key = "accept",
	 .kind = KEY_BOOL,
	 .default_text = "false",
	 .summary = "apply what waits for consent"},
	{.key = "waive",
	 .kind = KEY_MAP,
	 .summary = "an exception: not fixed, reported as waived until its date has passed"},
	{.key = "attest",
	 .kind = KEY_MAP,
	 .summary = "a person's word for what no program can check"},
	{.key = NULL},
};

const struct key waive_keys[] = {
	{.key = "reason", .kind = KEY_TEXT, .required = true, .summary = "why it is waived"},
	{.key = "owner", .kind = KEY_TEXT, .summary = "who answers for it"},
	{.key = "until", .kind = KEY_DATE, .required = true, .summary = "last day it counts"},
	{.key = "only",
	 .kind = KEY_TEXT_LIST,
	 .summary = "resources it is limited to, such as a path or a container's name"},
	{.key = NULL},
};

const struct key attest_keys[] = {
	{.key = "by", .kind = KEY_TEXT, .required = true, .summary = "who looked"},
	{.key = "on", .kind = KEY_DATE, .required = true, .summary = "day it was looked at"},
	{.key = "until", .kind = KEY_DATE, .required = true, .summary = "last day it counts"},
	{.key = "evidence",
	 .kind = KEY_TEXT,
	 .required = true,
	 .summary = "where that is written down, such as a ticket"},
	{.key = NULL},
};

const struct key *key_find(const struct key *table, const char *name)
{
	for (; table->key; table++)
		if (strcmp(table->key, name) == 0)
			return table;
	return NULL;
}

const char *key_kind_text(enum key_kind kind)
{
	static const char *const texts[] = {
		[KEY_TEXT] = "a text",
		[KEY_TEXT_LIST] = "a text or a list of texts",
		[KEY_PATH] = "an absolute path",
		[KEY_PATH_LIST] = "an absolute path or a list of them",
		[KEY_BOOL] = "true or false",
		[KEY_INTEGER] = "a decimal integer of at most 64 bits",
		[KEY_MODE] = "an octal mode such as 0644",
		[KEY_CHOICE] = "one of a few words",
		[KEY_DATE] = "a calendar date YYYY-MM-DD",
		[KEY_ID] = "a number such as 2.10",
		[KEY_MAP] = "a map",
		[KEY_ANY] = "a value",
		[KEY_JQ] = "a jq expression",
		[KEY_JQ_MAP] = "a map of jq expressions",
		[KEY_TREE] = "a map",
		[KEY_TEMPLATE] = "the name of a file in templates/ or an absolute path",
	};

	return texts[kind];
}
