// SPDX-License-Identifier: Apache-2.0
/*
 * Telling dockerd's service what to do: systemd where it is PID 1 and docker.service is what runs
 * dockerd; else the signal of a reload goes to the process itself, and a restart is the command
 * that the site file names. Only on a live host, and only backup/settle decides that it is done.
 *
 *	AUTO(service) struct service service = {0};
 *	service_open(site_restart, &service, err); then the steps; nothing is kept open.
 *
 * systemctl is run by its absolute path, without a shell, with a time limit for each call
 * (change_command.h). Errors are SYS with what systemctl or the command said last.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/host/look_running.h"

enum service_kind {
	SERVICE_NONE,	 /* nobody can restart: a restart waits for a person */
	SERVICE_COMMAND, /* the site file's restart: [PROGRAM, ARGUMENT...] */
	SERVICE_SYSTEMD,
};

struct service {
	enum service_kind kind;
	bool systemd;	    /* systemd is PID 1, whoever runs dockerd */
	pid_t main_pid;	    /* of docker.service, 0: none */
	bool need_reload;   /* units changed since systemd read them */
	const char **words; /* of the command, NULL-ended; the words are borrowed */
};

/* restart: the site file's, empty or NULL when it says nothing. It counts only without systemd. */
int service_open(const struct strv *restart, struct service *ret_service, struct error *err);
void service_done(struct service *s);

int service_daemon_reload(const struct service *s, struct error *err);
/* SIGHUP. What dockerd makes of it must be read back: a file it cannot use is only logged. */
int service_reload(const struct service *s, struct host *host, const struct running *running,
		   struct error *err);
/*
 * Stops and starts; also starts what is down or hangs. seconds: how long the call may take.
 * A start that fails is an error; whether dockerd then answers is the caller's to see.
 */
int service_restart(const struct service *s, unsigned seconds, struct error *err);
/*
 * After a restart failed: ends what hangs in its start, forgets systemd's count of failed starts
 * (StartLimitBurst), and starts again.
 */
int service_start_again(const struct service *s, struct host *host, const struct running *hanging,
			unsigned seconds, struct error *err);

/*
 * The last lines that the daemon logged, for a message: of the journal, or of log, the file its
 * standard error went to, behind offset. "" when there are none or they cannot be read.
 */
int service_log(const struct service *s, const char *log, long offset, char **ret_lines,
		struct error *err);
/* Where the log ends now. */
long service_log_end(const char *log);
