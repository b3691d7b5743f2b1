// SPDX-License-Identifier: Apache-2.0
/*
 * A stage comes down to a list of (path, actions, promise).
 */
#include "backup/settle.h"

struct need {
	const char *path;
	unsigned actions;
	enum promise promise;
};

struct needs {
	struct need *items;
	size_t len;
};

static const struct {
	enum service_action action;
	const char *unit, *name;
} steps[] = {
	{ACTION_DAEMON_RELOAD, "docker.service", "daemon-reload"},
	{ACTION_LOAD_RULES, "auditd.service", "load-rules"},
	{ACTION_RELOAD_DOCKER, "docker.service", "reload"},
	{ACTION_RESTART_DOCKER, "docker.service", "restart"},
};

/* What a promise needs besides its actions. */
static const unsigned promise_actions[] = {
	[PROMISE_LOAD_RULES] = ACTION_LOAD_RULES,
	[PROMISE_RELOAD] = ACTION_RELOAD_DOCKER,
	[PROMISE_RESTART] = ACTION_RESTART_DOCKER,
	[PROMISE_RESTART_STOPPED] = ACTION_RESTART_DOCKER,
	[PROMISE_REBOOT] = 0,
};

static void needs_done(struct needs *n)
{
	free(n->items);
}

static void add_need(struct needs *n, const char *path, unsigned actions, enum promise promise)
{
	n->items[n->len++] = (struct need){path, actions | promise_actions[promise], promise};
}

static int needs_of_stage(const struct stage *stage, struct needs *n, struct error *err)
{
	n->items = calloc(stage->len + 1, sizeof(*n->items));
	if (!n->items)
		return error_nomem(err);
	for (size_t i = 0; i < stage->len; i++)
		add_need(n, stage->files[i].path, stage->files[i].actions, stage->files[i].promise);
	return 0;
}

static bool restarts(const struct needs *n)
{
	for (size_t i = 0; i < n->len; i++)
		if (n->items[i].actions & ACTION_RESTART_DOCKER)
			return true;
	return false;
}

/* The paths that need an action; a restart also does what a reload would. */
static int because(const struct needs *n, enum service_action action, struct strv *paths,
		   struct error *err)
{
	unsigned mask = action;

	if (action == ACTION_RELOAD_DOCKER && restarts(n))
		return 0;
	if (action == ACTION_RESTART_DOCKER && restarts(n))
		mask |= ACTION_RELOAD_DOCKER;
	for (size_t i = 0; i < n->len; i++)
		if ((n->items[i].actions & mask) && strv_add(paths, n->items[i].path, err) < 0)
			return -1;
	return 0;
}

static int add_step(struct plan *plan, size_t which, struct strv *paths, struct error *err)
{
	struct service_step step = {.unit = strdup(steps[which].unit), .action = steps[which].name};

	if (!step.unit)
		return error_nomem(err);
	if (vec_reserve((void **)&plan->services, &plan->services_cap, plan->services_len,
			sizeof(step), err) < 0) {
		free(step.unit);
		return -1;
	}
	step.because = *paths;
	*paths = (struct strv){0};
	plan->services[plan->services_len++] = step;
	return 0;
}

int settle_steps(const struct stage *stage, bool not_live, struct plan *plan, struct error *err)
{
	AUTO(needs) struct needs n = {0};

	if (not_live)
		return 0;
	if (needs_of_stage(stage, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		AUTO(strv) struct strv paths = {0};

		if (because(&n, steps[i].action, &paths, err) < 0 ||
		    (paths.len && add_step(plan, i, &paths, err) < 0))
			return -1;
	}
	return 0;
}
