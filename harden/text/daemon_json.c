// SPDX-License-Identifier: Apache-2.0
/*
 * The checks of findConfigurationConflicts() and of the typed decoding behind it.
 */
#include "harden/text/daemon_json.h"

#include <string.h>

struct checker {
	const struct daemon_json_check *check;
	struct strv *problems, *notes;
};

/* Objects whose inner names are values, not keys (flatOptions and skipValidateOptions). */
static const char *const not_flattened[] = {
	"builder",	   "cluster-store-opts", "default-network-opts",
	"default-ulimits", "features",		 "log-opts",
	"nri-opts",	   "runtimes",
};

static bool is_flattened(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(not_flattened); i++)
		if (str_equal(key, not_flattened[i]))
			return false;
	return true;
}

#define PLACE(c, m) (c)->check->file, (m)->key_line, (m)->key_column

/* Whether that version knows the name at all, as a key or as a flag. */
static bool is_known(const struct checker *c, const char *name)
{
	const struct daemon_key *key = daemon_key_find(name);

	if (!key)
		return daemon_key_by_flag(name, strlen(name)) != NULL;
	if (key->placement == FILE_REJECTED)
		return false;
	if (key->since && !engine_at_least(c->check->version, key->since))
		return false;
	return !key->removed || !c->check->version ||
	       !engine_at_least(c->check->version, key->removed);
}

static int unknown(struct checker *c, const struct value_member *m, struct error *err)
{
	const struct daemon_key *key = daemon_key_find(m->key);
	const char *near = daemon_key_nearest(m->key);

	if (key && key->removed && c->check->version)
		return strv_addf(c->problems, err,
				 "%s:%u:%u: dockerd %s has no key \"%s\" any more (gone since %s)",
				 PLACE(c, m), c->check->version, m->key, key->removed);
	if (key && key->since && c->check->version)
		return strv_addf(c->problems, err,
				 "%s:%u:%u: dockerd %s does not have the key \"%s\" yet (since %s)",
				 PLACE(c, m), c->check->version, m->key, key->since);
	if (near && !str_equal(near, m->key))
		return strv_addf(
			c->problems, err,
			"%s:%u:%u: dockerd knows no key \"%s\" and does not start; did you "
			"mean \"%s\"?",
			PLACE(c, m), m->key, near);
	return strv_addf(c->problems, err,
			 "%s:%u:%u: dockerd knows no key \"%s\" and does not start", PLACE(c, m),
			 m->key);
}

static int check_conflict(struct checker *c, const struct value_member *m, struct error *err)
{
	const struct pflags *flags = c->check->flags;

	if (str_equal(m->key, "runtimes"))
		return 0;
	for (size_t i = 0; flags && i < flags->len; i++) {
		const struct daemon_key *key = flags->items[i].key;

		if (key && str_equal(key->name, m->key))
			return strv_addf(c->problems, err,
					 "%s:%u:%u: \"%s\" is set here and by the flag --%s: "
					 "dockerd refuses to start, even on equal values",
					 PLACE(c, m), m->key, key->flag);
	}
	return 0;
}

/* What the members of an object or list must be, beyond the type of the whole. */
static const struct {
	const char *key;
	enum value_kind kind;
} member_kinds[] = {
	{"default-network-opts", VALUE_MAP},
	{"default-ulimits", VALUE_MAP},
	{"features", VALUE_BOOL},
	{"runtimes", VALUE_MAP},
};

static bool member_kind(const struct daemon_key *key, enum value_kind *ret_kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(member_kinds); i++) {
		if (str_equal(member_kinds[i].key, key->name)) {
			*ret_kind = member_kinds[i].kind;
			return true;
		}
	}
	*ret_kind = key->type == DAEMON_MAP_LIST ? VALUE_MAP : VALUE_TEXT;
	return key->type == DAEMON_TEXT_LIST || key->type == DAEMON_TEXT_MAP ||
	       key->type == DAEMON_MAP_LIST;
}

static int wrong_type(struct checker *c, const struct daemon_key *key, const struct value *v,
		      struct error *err)
{
	return strv_addf(c->problems, err,
			 "%s:%u:%u: \"%s\" must be %s, found %s: dockerd does not start",
			 c->check->file, v->line, v->column, key->name, daemon_type_name(key->type),
			 value_kind_name(v->kind));
}

static int check_type(struct checker *c, const struct daemon_key *key, const struct value_member *m,
		      struct error *err)
{
	const struct value *v = m->value;
	enum value_kind want;

	if (v->kind != VALUE_LIST && v->kind != VALUE_MAP)
		return daemon_key_accepts(key, v) ? 0 : wrong_type(c, key, v, err);
	if ((v->kind == VALUE_LIST) !=
		    (key->type == DAEMON_TEXT_LIST || key->type == DAEMON_MAP_LIST) ||
	    (v->kind == VALUE_MAP) != (key->type == DAEMON_TEXT_MAP || key->type == DAEMON_MAP))
		return wrong_type(c, key, v, err);
	if (!member_kind(key, &want))
		return 0;
	for (size_t i = 0; i < v->len; i++) {
		const struct value *inner = v->members[i].value;

		if (inner->kind != want && inner->kind != VALUE_NULL)
			return strv_addf(c->problems, err,
					 "%s:%u:%u: every value in \"%s\" must be a %s, found %s: "
					 "dockerd does not start",
					 c->check->file, inner->line, inner->column, key->name,
					 value_kind_name(want), value_kind_name(inner->kind));
	}
	return 0;
}

/* An object that is no key of its own: its inner names must be known, and it is ignored. */
static int check_unknown_object(struct checker *c, const struct value_member *m, struct error *err)
{
	for (size_t i = 0; i < m->value->len; i++) {
		const struct value_member *inner = &m->value->members[i];

		if (!is_known(c, inner->key) && unknown(c, inner, err) < 0)
			return -1;
	}
	return strv_addf(c->notes, err,
			 "%s:%u:%u: the object \"%s\" is accepted but its content is ignored by "
			 "dockerd",
			 PLACE(c, m), m->key);
}

static int note_ignored(struct checker *c, const struct value_member *m, struct error *err)
{
	const struct daemon_key *key = daemon_key_find(m->key);
	const char *instead = NULL;

	if (!key)
		key = daemon_key_by_flag(m->key, strlen(m->key));
	if (key && key->placement == FILE_KEY && !str_equal(key->name, m->key))
		instead = key->name;
	if (instead)
		return strv_addf(c->notes, err,
				 "%s:%u:%u: \"%s\" is the name of a flag and ignored here, the key "
				 "is \"%s\"",
				 PLACE(c, m), m->key, instead);
	return strv_addf(c->notes, err, "%s:%u:%u: \"%s\" is ignored by dockerd in this file",
			 PLACE(c, m), m->key);
}

static int check_member(struct checker *c, const struct value_member *m, struct error *err)
{
	const struct daemon_key *key = daemon_key_find(m->key);
	bool usable = key && key->placement == FILE_KEY && is_known(c, m->key);

	if (usable) {
		if (check_conflict(c, m, err) < 0)
			return -1;
		return check_type(c, key, m, err);
	}
	if (m->value->kind == VALUE_MAP && is_flattened(m->key))
		return check_unknown_object(c, m, err);
	if (!is_known(c, m->key))
		return unknown(c, m, err);
	return note_ignored(c, m, err);
}

int daemon_json_check(const struct daemon_json_check *check, const struct value *config,
		      struct strv *problems, struct strv *notes, struct error *err)
{
	struct checker c = {.check = check, .problems = problems, .notes = notes};

	if (config->kind != VALUE_MAP)
		return strv_addf(problems, err, "%s:%u:%u: expected an object {...}, found %s",
				 check->file, config->line, config->column,
				 value_kind_name(config->kind));
	for (size_t i = 0; i < config->len; i++)
		if (check_member(&c, &config->members[i], err) < 0)
			return -1;
	return 0;
}

const char *daemon_json_unreadable(const char *data, size_t len, const char *version)
{
	bool old = !engine_at_least(version, "23.0");

	size_t i = 0;

	while (i < len && strchr(" \t\r\n", data[i]) && data[i])
		i++;
	if (old && i == len)
		return "the file is empty, and dockerd before 23.0 does not start on that";
	if (old && len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
		return "the file begins with a byte order mark, and dockerd before 23.0 does not "
		       "start on that";
	return NULL;
}
