// SPDX-License-Identifier: Apache-2.0
/*
 * The dockerd of this host as a process: by systemd's MainPID, by the pid file, else by its program
 * name among the processes of our own mount namespace. A pid file outlives a crash and its number
 * is used again, so whatever names a pid is believed only if /proc/PID/exe is a dockerd.
 *
 * Only for a host that is live. That none runs is a state, not an error.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

#include <sys/types.h>
#include <time.h>

struct host;

struct process {
	pid_t pid;	/* 0: no dockerd of this host runs */
	char *found_by; /* "/run/docker.pid", "systemd", "/proc" */
	char *exe;	/* without " (deleted)" */
	bool deleted;	/* the file it was started from is gone: an upgrade waits for a restart */
	uid_t euid;	/* not 0: a rootless one */
	struct timespec began; /* CLOCK_REALTIME, rounded down to the kernel's tick of 10 ms */
	struct blob *cmdline;  /* its arguments, one a line: line 1 is the program */
	struct strv args;      /* the same, without the program */
};

/*
 * main_pid: systemd's, 0 where it says none. pid_file: where dockerd writes its own. Errors: SYS
 * (no permission to see what a named pid runs: "run as root"), NOMEM.
 */
int look_process(struct host *host, pid_t main_pid, const char *pid_file,
		 struct process *ret_process, struct error *err);
void process_done(struct process *process);

/*
 * The pids of all processes whose program has that base name ("dockerd", "docker-proxy"), in the
 * order of pids. What may not be looked at is passed over: this is for hints, not for verdicts.
 */
int look_processes(struct host *host, const char *program, pid_t **ret_pids, size_t *ret_len,
		   struct error *err);
/*
 * Processes that have a group, as their effective one or as a supplementary one, and are not root's;
 * in the order of pids. What may not be looked at is passed over.
 */
struct group_process {
	pid_t pid;
	uid_t uid; /* effective */
};
int look_group_processes(struct host *host, gid_t gid, struct group_process **ret_items,
			 size_t *ret_len, struct error *err);
/* Its effective user id. 0: it is gone, 1: *ret_euid is filled. */
int process_euid(struct host *host, pid_t pid, uid_t *ret_euid, struct error *err);
/* A field of /proc/PID/status ("NoNewPrivs", "PPid"); NULL in *ret_text: gone, or no such field. */
int process_status(struct host *host, pid_t pid, const char *field, char **ret_text,
		   struct error *err);
