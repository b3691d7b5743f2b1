// SPDX-License-Identifier: Apache-2.0
/*
 * Tables: the parameters as a recipe writes them, the actions with the place of their parameters in
 * an object, the rotations.
 */
#include "harden/resource/engine_fix.h"

#include <errno.h>
#include <stdlib.h>

static const char *const policies[] = {"no", "on-failure", "unless-stopped", "always", NULL};
static const char *const conditions[] = {"none", "on-failure", "any", NULL};

const struct key fix_leaves[] = {
	{.key = "container-update.CpuShares",
	 .kind = KEY_INTEGER,
	 .summary = "weight of its CPU time"},
	{.key = "container-update.Memory",
	 .kind = KEY_INTEGER,
	 .summary = "bytes of memory; needs MemorySwap beside it"},
	{.key = "container-update.MemorySwap",
	 .kind = KEY_INTEGER,
	 .summary = "bytes of memory and swap together, -1 for any"},
	{.key = "container-update.NanoCpus",
	 .kind = KEY_INTEGER,
	 .summary = "CPUs in units of 10^-9"},
	{.key = "container-update.PidsLimit",
	 .kind = KEY_INTEGER,
	 .summary = "processes and threads that it may have"},
	{.key = "container-update.RestartPolicy.Name",
	 .kind = KEY_CHOICE,
	 .choices = policies,
	 .summary = "when it is started again"},
	{.key = "container-update.RestartPolicy.MaximumRetryCount",
	 .kind = KEY_INTEGER,
	 .summary = "how often on failure"},
	{.key = "container-remove.stopped",
	 .kind = KEY_BOOL,
	 .summary = "the stopped container goes, with what it wrote outside of volumes"},
	{.key = "image-remove.unused",
	 .kind = KEY_BOOL,
	 .summary = "the image goes, if no container uses it"},
	{.key = "service-update.ContainerSpec.ReadOnly",
	 .kind = KEY_BOOL,
	 .summary = "its root filesystem cannot be written"},
	{.key = "service-update.ContainerSpec.Privileges.NoNewPrivileges",
	 .kind = KEY_BOOL,
	 .summary = "no process gains rights (API 1.44)"},
	{.key = "service-update.Resources.Limits.MemoryBytes",
	 .kind = KEY_INTEGER,
	 .summary = "bytes of memory of each task"},
	{.key = "service-update.Resources.Limits.NanoCPUs",
	 .kind = KEY_INTEGER,
	 .summary = "CPUs of each task in units of 10^-9"},
	{.key = "service-update.Resources.Limits.Pids",
	 .kind = KEY_INTEGER,
	 .summary = "processes and threads of each task"},
	{.key = "service-update.RestartPolicy.Condition",
	 .kind = KEY_CHOICE,
	 .choices = conditions,
	 .summary = "when a task is started again"},
	{.key = "service-update.RestartPolicy.MaxAttempts",
	 .kind = KEY_INTEGER,
	 .summary = "how often"},
	{.key = "swarm-update.CAConfig.NodeCertExpiry",
	 .kind = KEY_TEXT,
	 .summary = "life of a node's certificate, such as 90d or 48h"},
	{.key = "swarm-update.EncryptionConfig.AutoLockManagers",
	 .kind = KEY_BOOL,
	 .summary = "managers that restart wait for the unlock key"},
	{.key = "swarm-rotate.ca", .kind = KEY_BOOL, .summary = "a new root certificate"},
	{.key = "swarm-rotate.unlock-key", .kind = KEY_BOOL, .summary = "a new unlock key"},
	{.key = NULL},
};

static const char *const container_guards[] = {"State.Running", "State.FinishedAt", NULL};
static const char *const image_guards[] = {"RepoTags", "Size", NULL};

#define REMOVED "it is gone for good: rollback cannot bring it back"

static const struct fix_action actions[] = {
	{"container-update", UPDATE_CONTAINER, "HostConfig.", NULL, NULL},
	{"container-remove", UPDATE_CONTAINER, "", REMOVED, container_guards},
	{"image-remove", UPDATE_IMAGE, "", REMOVED, image_guards},
	{"service-update", UPDATE_SERVICE, "Spec.TaskTemplate.",
	 "the service's tasks are replaced one after another, now and when this is undone", NULL},
	{"swarm-update", UPDATE_SWARM, "Spec.", NULL, NULL},
	{"swarm-rotate", UPDATE_SWARM, NULL, NULL, NULL},
};

/* A new secret: nothing brings the old one back. */
static const struct fix_rotation rotations[] = {
	{"swarm-rotate.ca", "Spec.CAConfig.ForceRotate", true,
	 "the former root certificate and the former join tokens do not come back by rollback"},
	{"swarm-rotate.unlock-key", "rotateManagerUnlockKey", false,
	 "the former unlock key does not come back by rollback; docker swarm unlock-key shows the "
	 "new one"},
};

void fix_free(struct fix *fix)
{
	if (!fix)
		return;
	for (size_t i = 0; i < fix->len; i++) {
		free(fix->values[i].path);
		value_free(fix->values[i].after);
	}
	free(fix);
}

static int wrong(const struct value *at, const char *file, struct error *err, const char *what)
{
	return error_set(err, ERROR_RECIPE, 0, "%s:%u:%u: %s", file, at->line, at->column, what);
}

static bool parse_integer(const char *text, const char **ret_end, int64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(text, &end, 10);
	*ret_end = end;
	return end != text && errno == 0;
}

/* "90d", "48h", or nanoseconds as the API has them. */
static bool parse_duration(const char *text, int64_t *ret)
{
	static const struct {
		const char *unit;
		int64_t ns;
	} units[] = {{"", 1}, {"h", INT64_C(3600000000000)}, {"d", INT64_C(86400000000000)}};
	const char *end;
	int64_t count;

	if (!parse_integer(text, &end, &count) || count <= 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strcmp(end, units[i].unit) == 0)
			return !__builtin_mul_overflow(count, units[i].ns, ret);
	return false;
}

/* A checked scalar as the API writes it. */
static int typed(const struct key *leaf, const struct value *v, const char *file,
		 struct value **ret, struct error *err)
{
	const char *text = value_as_text(v), *end;
	int64_t number;

	if (leaf->kind == KEY_BOOL && text)
		*ret = value_bool(strcmp(text, "true") == 0);
	else if (leaf->kind == KEY_INTEGER && text && parse_integer(text, &end, &number) && !*end)
		*ret = value_integer(number);
	else if (leaf->kind == KEY_TEXT && text && parse_duration(text, &number))
		*ret = value_integer(number);
	else if (leaf->kind == KEY_TEXT && text)
		return wrong(v, file, err, "expected a time such as 90d or 48h");
	else
		*ret = value_copy(v);
	return *ret ? 0 : error_nomem(err);
}

static const struct fix_rotation *rotation_of(const struct key *leaf)
{
	for (size_t i = 0; i < ARRAY_SIZE(rotations); i++)
		if (strcmp(rotations[i].name, leaf->key) == 0)
			return &rotations[i];
	return NULL;
}

static bool is_true(const struct value *v)
{
	return (v->kind == VALUE_BOOL && v->boolean) || str_equal(value_as_text(v), "true");
}

static int load_value(struct fix *fix, const struct key *leaf, const struct value *v,
		      const char *file, struct error *err)
{
	struct fix_value *value = &fix->values[fix->len];
	const char *rest = leaf->key + strlen(fix->action->name) + 1;

	value->leaf = leaf;
	value->rotation = rotation_of(leaf);
	if ((value->rotation || fix->action->guards) && !is_true(v))
		return 0;
	fix->len++;
	if (value->rotation)
		value->path = strdup(value->rotation->path);
	else
		value->path = str_format("%s%s", fix->action->below, rest);
	return value->path ? typed(leaf, v, file, &value->after, err) : error_nomem(err);
}

const struct fix_value *fix_find(const struct fix *fix, const char *path)
{
	for (size_t i = 0; i < fix->len; i++)
		if (strcmp(fix->values[i].path, path) == 0)
			return &fix->values[i];
	return NULL;
}

static int load_values(struct fix *fix, const struct value *v, const char *file, struct error *err)
{
	for (const struct key *leaf = fix_leaves; leaf->key && fix->len < FIX_VALUES_MAX; leaf++) {
		const struct value *parameter = field_get(v, leaf->key);

		if (parameter && load_value(fix, leaf, parameter, file, err) < 0)
			return -1;
	}
	if (!fix->len)
		return wrong(v, file, err, "the fix says nothing that is to change");
	/* the engine answers 409 to a limit above the one of memory and swap that is in force */
	if (fix_find(fix, "HostConfig.Memory") && !fix_find(fix, "HostConfig.MemorySwap"))
		return wrong(v, file, err, "Memory is changed together with MemorySwap only");
	return 0;
}

static int keep_fields(const struct fix *fix, struct strv *keep, struct error *err)
{
	const char *const *guard = fix->action->guards;

	for (; guard && *guard; guard++)
		if (strv_add_once(keep, *guard, err) < 0)
			return -1;
	for (size_t i = 0; i < fix->len && !fix->action->guards; i++)
		if (strv_add_once(keep, fix->values[i].path, err) < 0)
			return -1;
	if (fix->action->kind == UPDATE_CONTAINER)
		return strv_add_once(keep, "Config.Labels", err);
	return fix->action->kind == UPDATE_SWARM ? strv_add_once(keep, "ID", err) : 0;
}

static const struct fix_action *action_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

static int load_into(struct fix *fix, const struct value *v, const char *file,
		     struct question *question, struct error *err)
{
	const char *kind;

	if (value_len(v) != 1 || v->kind != VALUE_MAP)
		return wrong(v, file, err, "fix takes one action with a map of its parameters");
	fix->action = action_find(v->members[0].key);
	if (!fix->action)
		return wrong(v, file, err, "fix names no action that is known");
	kind = update_kind_name(fix->action->kind);
	if (!str_equal(question->each, kind))
		return error_set(err, ERROR_RECIPE, 0, "%s:%u:%u: %s goes with each: %s", file,
				 v->line, v->column, fix->action->name, kind);
	return load_values(fix, v, file, err) < 0 ? -1 : keep_fields(fix, &question->keep, err);
}

int fix_load(const struct value *v, const char *file, struct question *question,
	     struct fix **ret_fix, struct error *err)
{
	struct fix *fix = calloc(1, sizeof(*fix));

	if (!fix)
		return error_nomem(err);
	if (load_into(fix, v, file, question, err) < 0) {
		fix_free(fix);
		return -1;
	}
	*ret_fix = fix;
	return 0;
}
