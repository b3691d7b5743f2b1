// SPDX-License-Identifier: Apache-2.0
/*
 * The dockerd that runs now: its process, when it started, and the flags it was really started
 * with. Only on a live host.
 *
 * It is found by its pid file (flag or key pidfile, else /var/run/docker.pid), which counts only
 * if that process runs a program named dockerd: the file stays behind after a crash, and the number
 * may then be anybody's. Processes of other mount namespaces are other hosts' daemons.
 */
#pragma once

#include "harden/host/look_dockerd.h"

#include <sys/types.h>
#include <time.h>

struct running {
	pid_t pid;		 /* 0: no dockerd runs */
	uint64_t ticks;		 /* start time as the kernel counts it: with pid, its identity */
	struct timespec started; /* CLOCK_REALTIME, to 10 ms */
	char *binary;		 /* what it executes; " (deleted)" is left out */
	struct blob *cmdline;	 /* of /proc/PID/cmdline, NUL-separated */
	char *log;		 /* the file its standard error goes to, NULL: none */
};

/*
 * Fills *ret_running; pid 0 when the pid file is missing, stale or somebody else's. pid_hint: what
 * the service manager says is its main process, 0: nothing. Errors: SYS, NOMEM.
 */
int look_running(const struct dockerd *written, pid_t pid_hint, struct running *ret_running,
		 struct error *err);
void running_done(struct running *r);
/* Whether it is still the same process. */
bool running_lives(const struct running *r);

/*
 * What it runs with, as far as flags and file tell: the flags of its command line and config, the
 * value of daemon.json that it read (copied; NULL is an empty one). version and default paths are
 * those of written. The result is good for dockerd_setting() and its kin.
 */
int running_view(const struct running *r, const struct dockerd *written, const struct value *config,
		 struct dockerd **ret_view, struct error *err);
