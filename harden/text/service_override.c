// SPDX-License-Identifier: Apache-2.0
/*
 * What has to stand in an override so that Compose makes `after` of a base that says `before`. Compose
 * merges maps key by key, appends lists, merges volumes by their target, and lets scalars replace:
 * what that cannot say is said with !override or !reset.
 */
#include "harden/text/service_parts.h"

static int add_change(struct service_changes *changes, const char *key, enum service_merge merge,
		      struct value *value, struct error *err)
{
	struct service_change *c;

	if (!value)
		return error_nomem(err);
	if (vec_reserve((void **)&changes->items, &changes->cap, changes->len,
			sizeof(*changes->items), err) < 0) {
		value_free(value);
		return -1;
	}
	c = &changes->items[changes->len++];
	*c = (struct service_change){.key = strdup(key), .merge = merge, .value = value};
	return c->key ? 0 : error_nomem(err);
}

static bool has_item(const struct value *list, const struct value *item)
{
	for (size_t i = 0; i < value_len(list); i++)
		if (value_equal(list->members[i].value, item))
			return true;
	return false;
}

/* The items of after that before has not. NULL when out of memory. */
static struct value *added_items(const struct value *before, const struct value *after)
{
	AUTO_PTR(value) struct value *list = value_list();

	for (size_t i = 0; list && i < value_len(after); i++)
		if (!has_item(before, after->members[i].value) &&
		    value_add(list, value_copy(after->members[i].value), NULL) < 0)
			return NULL;
	return take_ptr(&list);
}

static bool has_all(const struct value *list, const struct value *items)
{
	for (size_t i = 0; i < value_len(items); i++)
		if (!has_item(list, items->members[i].value))
			return false;
	return true;
}

/* Volumes merge by target, so only those that differ are said. */
static int change_list(struct service_changes *changes, const char *key, const struct value *before,
		       const struct value *after, struct error *err)
{
	if (strcmp(key, "volumes") == 0 || has_all(after, before))
		return add_change(changes, key, SERVICE_PLAIN, added_items(before, after), err);
	return add_change(changes, key, SERVICE_OVERRIDE, value_copy(after), err);
}

static int change_key(struct service_changes *changes, const char *key, const struct value *before,
		      const struct value *after, struct error *err)
{
	if (!before)
		return add_change(changes, key, SERVICE_PLAIN, value_copy(after), err);
	if (!after && before->kind == VALUE_BOOL)
		return add_change(changes, key, SERVICE_PLAIN, value_bool(false), err);
	if (!after)
		return add_change(changes, key, SERVICE_RESET, value_null(), err);
	if (after->kind == VALUE_LIST)
		return change_list(changes, key, before, after, err);
	return add_change(changes, key, after->kind == VALUE_MAP ? SERVICE_OVERRIDE : SERVICE_PLAIN,
			  value_copy(after), err);
}

/* Takes v. Sets it in the map of that name, made if there is none. */
static int set_below(struct value *map, const char *name, const char *key, struct value *v,
		     struct error *err)
{
	if (!value_get(map, name) && value_set(map, name, value_map(), err) < 0) {
		value_free(v);
		return -1;
	}
	return value_set(value_get(map, name), key, v, err);
}

/* All three: one that was left out would be another value than the service's own. */
static int add_limits(struct value *resources, const struct value *after, struct error *err)
{
	static const char *const names[][2] = {
		{"cpus", "cpus"}, {"mem_limit", "memory"}, {"pids_limit", "pids"}};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct value *v = value_get(after, names[i][0]);

		if (v && set_below(resources, "limits", names[i][1],
				   strcmp(names[i][0], "mem_limit") == 0
					   ? value_textf("%lld", (long long)v->integer)
					   : value_copy(v),
				   err) < 0)
			return -1;
	}
	return 0;
}

/* "on-failure:5" */
static int add_policy(struct value *deploy, const struct value *after, struct error *err)
{
	const char *text = value_get_text(after, "restart"), *colon;

	if (!text || !str_starts(text, "on-failure"))
		return 0;
	colon = strchr(text, ':');
	if (set_below(deploy, "restart_policy", "condition", value_text("on-failure"), err) < 0)
		return -1;
	return colon ? set_below(deploy, "restart_policy", "max_attempts",
				 value_integer(strtol(colon + 1, NULL, 10)), err)
		     : 0;
}

static bool has_change(const struct service_changes *changes, const char *key)
{
	for (size_t i = 0; i < changes->len; i++)
		if (strcmp(changes->items[i].key, key) == 0)
			return true;
	return false;
}

static int add_deploy(struct service_changes *changes, const struct value *after, struct error *err)
{
	AUTO_PTR(value) struct value *deploy = value_map(), *resources = value_map();

	if (!deploy || !resources)
		return error_nomem(err);
	if ((has_change(changes, "mem_limit") || has_change(changes, "pids_limit") ||
	     has_change(changes, "cpus")) &&
	    add_limits(resources, after, err) < 0)
		return -1;
	if (resources->len && value_set(deploy, "resources", take_ptr(&resources), err) < 0)
		return -1;
	if (has_change(changes, "restart") && add_policy(deploy, after, err) < 0)
		return -1;
	return deploy->len ? add_change(changes, "deploy", SERVICE_PLAIN, take_ptr(&deploy), err)
			   : 0;
}

int service_override(const struct value *before, const struct value *after,
		     struct service_changes *changes, struct error *err)
{
	for (const struct service_row *row = service_rows; row->key; row++) {
		const struct value *b = value_get(before, row->key);
		const struct value *a = value_get(after, row->key);

		if (!value_equal(b, a) && change_key(changes, row->key, b, a, err) < 0)
			return -1;
	}
	return add_deploy(changes, after, err);
}

void service_changes_done(struct service_changes *changes)
{
	for (size_t i = 0; i < changes->len; i++) {
		free(changes->items[i].key);
		value_free(changes->items[i].value);
	}
	free(changes->items);
	*changes = (struct service_changes){0};
}
