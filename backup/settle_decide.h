// SPDX-License-Identifier: Apache-2.0
/*
 * What settle will do, decided from facts alone: pure and total. The facts say what is missing
 * (written against running) and what a step would cost; the answer is a list of steps in order, and
 * what has to wait with the reason.
 *
 * Source of the rules: moby daemon/reload.go, daemon/daemon_unix.go, cmd/dockerd/daemon.go (20.10
 * to 29), tried on 20.10.24 and 26.1.5:
 * - A reload (SIGHUP) drops authorization plugins that were given by flag, silently: never then.
 * - A restart ends what runs unless live-restore is on in the daemon that stops (else it stops the
 *   containers) and in the one that starts (else that one kills what it finds alive).
 * - A reload keeps the old value of some keys where the file has them no more: live-restore, debug,
 *   insecure-registries and others. In a swarm dockerd does not start with live-restore.
 * - With containers kept alive the bridge keeps its old settings; with another data directory or
 *   user namespace they would not be found again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* As the option --restart; the same order. */
enum settle_policy { SETTLE_NEVER, SETTLE_SAFE, SETTLE_ALWAYS };

/* What is missing until all that is written is in force. */
enum {
	NEED_DAEMON_RELOAD = 1 << 0,
	NEED_LOAD_RULES = 1 << 1,
	NEED_RELOAD = 1 << 2,
	NEED_RESTART = 1 << 3,
	NEED_EMPTY = 1 << 4,   /* ... after which containers kept alive would not be found */
	NEED_STOPPED = 1 << 5, /* a restart with no container running, for the bridge; without
				  NEED_RESTART one that keeps containers would change nothing */
};

struct settle_facts {
	unsigned needs;
	enum settle_policy policy;
	bool runs;    /* dockerd runs; one that does not reads what is written when it starts */
	bool answers; /* its API does, so that the facts below are known */
	size_t containers; /* running or paused */
	bool live_running; /* live-restore in the daemon */
	bool live_written; /* in the configuration the next one reads */
	bool live_flag;	   /* a written flag decides it: daemon.json cannot */
	bool gone; /* keys that a reload only changes if they are present are in the daemon and no
			       more in the file */
	bool plugin_flag; /* the running flags hold --authorization-plugin */
	bool swarm;	  /* member of a swarm */
	bool untried;	  /* somebody else changed the file since the start, so that nobody has seen
			       a dockerd start with it, and what it started with is not known */
	bool can_restart; /* somebody is there to do it */
	bool refused;	  /* dockerd would not take what is written */
};

enum settle_step {
	STEP_DAEMON_RELOAD,
	STEP_LOAD_RULES,
	STEP_RELOAD,
	STEP_RESTART,
	STEP_RESTART_HELD, /* on what is written plus live-restore, so that containers live on */
	STEP_RELOAD_GONE,  /* with an explicit default, for the moment, of each key that is gone */
};
#define SETTLE_STEPS_MAX 5

enum settle_wait {
	WAIT_REFUSED = 1 << 0,	  /* dockerd would not start, or reload, on it */
	WAIT_NEVER = 1 << 1,	  /* --restart never */
	WAIT_NO_WAY = 1 << 2,	  /* nobody can restart it */
	WAIT_CONTAINERS = 1 << 3, /* containers would stop */
	WAIT_UNKNOWN = 1 << 4,	  /* it does not answer: containers might stop */
	WAIT_STOPPED = 1 << 5,	  /* bridge settings, until no container runs at a restart */
	WAIT_UNTRIED = 1 << 6,	  /* if it failed there would be nothing to go back to */
	WAIT_PLUGIN = 1 << 7,	  /* a reload would drop the plugins: a restart does it instead */
};

struct settle_decision {
	enum settle_step steps[SETTLE_STEPS_MAX];
	size_t len;
	unsigned waits; /* settle_wait bits; the restart waits if any but WAIT_STOPPED is set */
	bool stops;	/* containers stop: --restart always */
	bool keeps;	/* a restart with containers that live on */
};

struct settle_decision settle_decide(const struct settle_facts *facts);
bool settle_has_step(const struct settle_decision *d, enum settle_step step);
const char *settle_step_name(enum settle_step step); /* for messages: "reload dockerd" */
