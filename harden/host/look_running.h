// SPDX-License-Identifier: Apache-2.0
/*
 * The dockerd that runs now, and the configuration it runs with: the process (look_process.h), the
 * flags of its command line, and the daemon.json that it read. Only on a live host.
 */
#pragma once

#include "harden/host/look_dockerd.h"
#include "harden/host/look_process.h"

struct running {
	struct process process; /* pid 0: none runs */
	char *log;		/* the file its standard error goes to; NULL: none, or no file */
};

/*
 * main_pid: what systemd says, 0: nothing. The pid file is that of written, else dockerd's default.
 * Errors: as look_process().
 */
int look_running(struct host *host, const struct dockerd *written, pid_t main_pid,
		 struct running *ret_running, struct error *err);
void running_done(struct running *r);
/* Whether that very process still runs. */
bool running_lives(struct host *host, const struct running *r);

/*
 * What it runs with, as far as flags and file tell: the flags of its command line, and config, the
 * value of the daemon.json that it read (copied; NULL is an empty one). Version and path are those
 * of written. The result is good for dockerd_setting() and its kin; free with dockerd_free().
 */
int running_view(struct host *host, const struct running *r, const struct dockerd *written,
		 const struct value *config, struct dockerd **ret_view, struct error *err);
