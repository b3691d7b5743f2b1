// SPDX-License-Identifier: Apache-2.0
/*
 * One look at a live host for settle: what is written now, which dockerd runs and with what, what
 * its engine says, and the difference. For settle's own files.
 */
#pragma once

#include "backup/backup.h"
#include "backup/settle_decide.h"
#include "backup/settle_diff.h"
#include "harden/host/host.h"
#include "harden/host/look_running.h"

/* The daemon.json that the running daemon read when it started. */
struct settle_origin {
	struct process process; /* pid and time say whose it is; nothing else is filled */
	struct value *config;	/* NULL: there was none */
	bool known;
	bool ours; /* not known, but what is written now is what a run of ours found before */
};

struct settle_now {
	struct stage stage; /* empty, or what holds live-restore for the moment */
	struct host host;
	const struct dockerd *written; /* borrowed from host */
	struct running running;
	struct settle_origin origin;
	bool answers;
	struct error silent; /* why it does not answer */
	struct value *info, *bridge;
	struct strv containers; /* names of those that run or are paused, sorted */
	bool any_container;	/* also a stopped one */
	bool plugin_flag;
	struct settle_diff diff;
};

/*
 * Looks at the machine's own "/". before: an earlier look, whose origin is taken over if the same
 * daemon still runs; NULL: the origin comes from the file's times and backup's journals. main_pid:
 * systemd's, 0: none. b may be NULL. ret_now must not be moved afterwards.
 * Errors: SYS, NOMEM. That nothing runs, that it does not answer, or that what is written is broken
 * (written->problem) is a state.
 */
int settle_look(struct backup *b, pid_t main_pid, const struct settle_now *before,
		struct settle_now *ret_now, struct error *err);
void settle_now_done(struct settle_now *now);

/* Whether the daemon found runs and answers a ping; *ret_pid is the process that does;
 * *ret_denied: it runs and its authorisation does not let us ask. */
bool settle_ping(struct settle_now *now, pid_t main_pid, pid_t *ret_pid, bool *ret_denied,
		 struct error *err);

/* settle_origin.c: from the times of the file and the runs in the journal. */
int settle_look_origin(struct backup *b, struct settle_now *now, struct error *err);
