// SPDX-License-Identifier: Apache-2.0
/*
 * The steps of a decision, each followed by a look at what came of it. For settle's own files.
 */
#pragma once

#include "backup/settle_live.h"
#include "backup/settle_look.h"
#include "harden/host/change_audit.h"
#include "harden/host/change_service.h"

struct settle {
	struct settle_request request;
	struct service service;
	struct settle_now before; /* as it was when settle was opened */
	bool restarted;		  /* by us */
	struct audit_load rules;  /* what came of loading audit rules */
	bool undoing;
	bool live_on;	    /* live-restore was on, or was turned on by us */
	struct blob *tried; /* the daemon.json of the last restart, NULL: none */
	long log_end;	    /* of the daemon's log, before we touched it */
};

/* A new look, with systemd's present word on the main process. */
int settle_look_again(struct settle *s, struct settle_now *ret_now, struct error *err);

/*
 * Does one step: now is the look that it was decided on. Errors: what systemctl or the command
 * said; the daemon ended, does not answer within a minute, or did not take over a reload.
 */
int settle_step(struct settle *s, enum settle_step step, struct settle_now *now, struct error *err);

/*
 * Starts a daemon that is down or hangs, on what is written; containers that live still are kept
 * where live-restore was on. If it does not start on that, and ran with another daemon.json before,
 * on that one, which is put in its place for the moment: *ret_why then says why not on the one that
 * is written (NULL otherwise; free it).
 */
int settle_bring_back(struct settle *s, struct settle_now *now, char **ret_why, struct error *err);
