// SPDX-License-Identifier: Apache-2.0
/*
 * Settle on a live host: bringing into force what is written, as far as --restart allows, or saying
 * what waits. Nothing is recorded: what is missing is found by comparing what is written with what
 * runs, so a later call finishes what waited.
 *
 * Calling order, apply: settle_open() -> settle_check() on the staged host -> commit ->
 * settle_run(); if that fails, undo the files -> settle_undo(). rollback and recover: settle_open()
 * -> undo the files -> settle_run(). In the end settle_free().
 */
#pragma once

#include "backup/backup.h"
#include "backup/settle_decide.h"

struct host;
struct dockerd;
struct settle;

struct settle_request {
	struct backup *backup;	     /* borrowed, open for writing */
	const struct run_info *info; /* borrowed */
	enum settle_policy policy;
	const struct strv *restart; /* the site's restart command, borrowed; NULL: none */
	/*
	 * Adds to reasons why dockerd would not start, or run no container, on the configuration of
	 * d, beyond what dockerd itself says when it is asked. NULL: there is nobody to ask.
	 */
	int (*refuses)(struct host *host, const struct dockerd *d, struct strv *reasons,
		       struct error *err);
};

/* Looks at what runs before anything changes. Errors: SYS, NOMEM. */
int settle_open(const struct settle_request *request, struct settle **ret_settle,
		struct error *err);
void settle_free(struct settle *s);
DEFINE_AUTO_PTR(settle)

/*
 * Before the commit: whether dockerd would take what is staged on host. Changes nothing. Errors:
 * CONFLICT with the reason and what to do.
 */
int settle_check(struct settle *s, struct host *host, struct error *err);

/*
 * Does what is missing and looks whether it is in force. actions: service_action bits of what was
 * changed. Adds to pending what waits, one line each. Errors: the daemon did not come up, or not
 * with what is written; the message ends with what it logged last. Then settle_undo() is due.
 */
int settle_run(struct settle *s, unsigned actions, struct strv *pending, struct error *err);

/*
 * After the files are as before: brings back the daemon that ran, and its containers where they
 * live still, and waits until it answers. Errors: it is down, or something else waits for a person.
 */
int settle_undo(struct settle *s, struct strv *pending, struct error *err);
