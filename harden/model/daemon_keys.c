// SPDX-License-Identifier: Apache-2.0
/*
 * Questions to the table of dockerd's keys.
 */
#include "harden/model/daemon_keys.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int compare_name(const void *name, const void *key)
{
	return strcmp(name, ((const struct daemon_key *)key)->name);
}

const struct daemon_key *daemon_key_find(const char *name)
{
	return bsearch(name, daemon_keys, daemon_keys_len, sizeof(daemon_keys[0]), compare_name);
}

const struct daemon_key *daemon_key_by_flag(const char *flag, size_t len)
{
	for (size_t i = 0; i < daemon_keys_len; i++) {
		const char *name = daemon_keys[i].flag;

		if (name && strlen(name) == len && memcmp(name, flag, len) == 0)
			return &daemon_keys[i];
	}
	return NULL;
}

const struct daemon_key *daemon_key_by_shorthand(char letter)
{
	for (size_t i = 0; letter && i < daemon_keys_len; i++)
		if (daemon_keys[i].shorthand == letter)
			return &daemon_keys[i];
	return NULL;
}

const char *daemon_key_nearest(const char *word)
{
	const char *names[256];
	size_t count = 0;

	for (size_t i = 0; i < daemon_keys_len && count < ARRAY_SIZE(names); i++)
		if (daemon_keys[i].placement == FILE_KEY)
			names[count++] = daemon_keys[i].name;
	return str_nearest(word, names, count);
}

/* The next number of a version, 0 when there is none; steps over it and one dot. */
static unsigned long next_number(const char **s)
{
	unsigned long n = 0;

	while (isdigit((unsigned char)**s)) {
		if (n < 1000000000)
			n = n * 10 + (unsigned long)(**s - '0');
		(*s)++;
	}
	if (**s == '.' && isdigit((unsigned char)(*s)[1]))
		(*s)++;
	else
		*s += strlen(*s);
	return n;
}

int engine_version_compare(const char *a, const char *b)
{
	while (*a || *b) {
		unsigned long x = next_number(&a), y = next_number(&b);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

bool engine_at_least(const char *version, const char *minimum)
{
	return !version || engine_version_compare(version, minimum) >= 0;
}

bool daemon_key_available(const struct daemon_key *key, const char *version)
{
	if (key->placement != FILE_KEY)
		return false;
	if (key->since && !engine_at_least(version, key->since))
		return false;
	return !key->removed || (version && !engine_at_least(version, key->removed));
}

struct value *daemon_key_default(const struct daemon_key *key, const char *version)
{
	const char *text = key->fallback;
	bool b = false;

	if (key->newer_since && engine_at_least(version, key->newer_since))
		text = key->newer_fallback;
	if (text && str_equal(text, "null"))
		return value_null();
	switch (key->type) {
	case DAEMON_BOOL:
		return value_bool(text && daemon_parse_bool(text, &b) && b);
	case DAEMON_INTEGER:
		return value_integer(text ? strtoll(text, NULL, 10) : 0);
	case DAEMON_TEXT:
	case DAEMON_SIZE:
		return value_text(text ? text : "");
	case DAEMON_TEXT_LIST:
	case DAEMON_MAP_LIST:
		return value_list();
	case DAEMON_TEXT_MAP:
	case DAEMON_MAP:
		break;
	}
	return value_map();
}

static bool all_of_kind(const struct value *v, enum value_kind kind)
{
	for (size_t i = 0; i < v->len; i++)
		if (v->members[i].value->kind != kind && v->members[i].value->kind != VALUE_NULL)
			return false;
	return true;
}

bool daemon_key_accepts(const struct daemon_key *key, const struct value *v)
{
	if (v->kind == VALUE_NULL)
		return true;
	switch (key->type) {
	case DAEMON_BOOL:
		return v->kind == VALUE_BOOL;
	case DAEMON_INTEGER:
		return v->kind == VALUE_INTEGER;
	case DAEMON_TEXT:
		return v->kind == VALUE_TEXT;
	case DAEMON_SIZE:
		return v->kind == VALUE_TEXT || v->kind == VALUE_INTEGER;
	case DAEMON_TEXT_LIST:
		return v->kind == VALUE_LIST && all_of_kind(v, VALUE_TEXT);
	case DAEMON_MAP_LIST:
		return v->kind == VALUE_LIST && all_of_kind(v, VALUE_MAP);
	case DAEMON_TEXT_MAP:
		return v->kind == VALUE_MAP && all_of_kind(v, VALUE_TEXT);
	case DAEMON_MAP:
		break;
	}
	return v->kind == VALUE_MAP;
}

const char *daemon_type_name(enum daemon_type type)
{
	static const char *const names[] = {
		[DAEMON_BOOL] = "true or false",
		[DAEMON_INTEGER] = "a whole number",
		[DAEMON_TEXT] = "a text",
		[DAEMON_SIZE] = "a size",
		[DAEMON_TEXT_LIST] = "a list of texts",
		[DAEMON_MAP_LIST] = "a list of objects",
		[DAEMON_TEXT_MAP] = "an object of texts",
		[DAEMON_MAP] = "an object",
	};

	return names[type];
}

bool daemon_parse_bool(const char *text, bool *ret_value)
{
	static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"};
	static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False"};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (str_equal(text, yes[i]) || str_equal(text, no[i])) {
			*ret_value = str_equal(text, yes[i]);
			return true;
		}
	}
	return false;
}
