// SPDX-License-Identifier: Apache-2.0
/*
 * One question at a time: is a restart needed, may it be, and how do the containers live through
 * it; a reload only does what no restart does.
 */
#include "backup/settle_decide.h"

#include <assert.h>

static void add(struct settle_decision *d, enum settle_step step)
{
	assert(d->len < SETTLE_STEPS_MAX);
	d->steps[d->len++] = step;
}

/* How containers live through a restart. */
enum survival {
	SURVIVAL_NONE,	  /* they do not */
	SURVIVAL_ALREADY, /* live-restore is on and stays on */
	SURVIVAL_TURN_ON, /* it is written and can be turned on by a reload first */
	SURVIVAL_HELD,	  /* it is on, but no longer written: held through the restart */
};

static enum survival survival(const struct settle_facts *f)
{
	if (!f->answers || f->swarm || (f->needs & NEED_EMPTY))
		return SURVIVAL_NONE;
	if (f->live_running && f->live_written)
		return SURVIVAL_ALREADY;
	if (f->live_written && !f->live_flag && !f->plugin_flag)
		return SURVIVAL_TURN_ON;
	if (f->live_running && !f->live_written && !f->live_flag && !f->plugin_flag)
		return SURVIVAL_HELD;
	return SURVIVAL_NONE;
}

/* What keeps a restart from being done now, 0: nothing. */
static unsigned obstacle(const struct settle_facts *f)
{
	if (f->policy == SETTLE_NEVER)
		return WAIT_NEVER;
	if (!f->can_restart)
		return WAIT_NO_WAY;
	if (f->policy == SETTLE_ALWAYS)
		return 0;
	if (!f->answers)
		return WAIT_UNKNOWN;
	if (f->untried)
		return WAIT_UNTRIED;
	if (f->containers && survival(f) == SURVIVAL_NONE)
		return WAIT_CONTAINERS;
	return 0;
}

static void restart(const struct settle_facts *f, struct settle_decision *d)
{
	enum survival how = f->answers && !f->containers ? SURVIVAL_NONE : survival(f);

	if (how == SURVIVAL_TURN_ON)
		add(d, STEP_RELOAD);
	add(d, how == SURVIVAL_HELD ? STEP_RESTART_HELD : STEP_RESTART);
	if (how == SURVIVAL_HELD)
		add(d, STEP_RELOAD_GONE);
	d->keeps = how != SURVIVAL_NONE;
	d->stops = how == SURVIVAL_NONE && (f->containers || !f->answers);
	if (d->keeps && (f->needs & NEED_STOPPED))
		d->waits |= WAIT_STOPPED;
}

static void reload(const struct settle_facts *f, struct settle_decision *d)
{
	if (f->plugin_flag)
		d->waits |= WAIT_PLUGIN;
	else if (!f->answers) /* what came of it could not be read back */
		d->waits |= WAIT_UNKNOWN;
	else
		add(d, f->gone ? STEP_RELOAD_GONE : STEP_RELOAD);
}

/* Whether the bridge alone asks for a restart, and this one would not help it. */
static bool is_useless(const struct settle_facts *f)
{
	if (f->needs & (NEED_RESTART | NEED_EMPTY))
		return false;
	return !f->answers ||
	       (f->containers && !(f->policy == SETTLE_ALWAYS && survival(f) == SURVIVAL_NONE));
}

struct settle_decision settle_decide(const struct settle_facts *f)
{
	struct settle_decision d = {0};
	bool reloads = f->needs & NEED_RELOAD;
	bool restarts = f->needs & (NEED_RESTART | NEED_STOPPED | NEED_EMPTY);

	if (f->needs & NEED_DAEMON_RELOAD)
		add(&d, STEP_DAEMON_RELOAD);
	if (f->needs & NEED_LOAD_RULES)
		add(&d, STEP_LOAD_RULES);
	if (!f->runs || (!reloads && !restarts))
		return d;
	if (f->refused) {
		d.waits = WAIT_REFUSED;
		return d;
	}
	if (restarts && is_useless(f)) {
		d.waits = WAIT_STOPPED;
		restarts = false;
	}
	if (reloads && f->plugin_flag)
		restarts = true;
	if (restarts)
		d.waits |= obstacle(f);
	if (restarts && !(d.waits & ~(unsigned)WAIT_STOPPED))
		restart(f, &d);
	else if (reloads)
		reload(f, &d);
	return d;
}

bool settle_has_step(const struct settle_decision *d, enum settle_step step)
{
	for (size_t i = 0; i < d->len; i++)
		if (d->steps[i] == step)
			return true;
	return false;
}

const char *settle_step_name(enum settle_step step)
{
	static const char *const names[] = {
		[STEP_DAEMON_RELOAD] = "let systemd read its units again",
		[STEP_LOAD_RULES] = "load the audit rules",
		[STEP_RELOAD] = "reload dockerd",
		[STEP_RESTART] = "restart dockerd",
		[STEP_RESTART_HELD] = "restart dockerd with live-restore for the moment",
		[STEP_RELOAD_GONE] = "reload dockerd with the defaults of what is gone",
	};

	return names[step];
}
