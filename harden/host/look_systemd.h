// SPDX-License-Identifier: Apache-2.0
/*
 * What systemd knows of docker.service and docker.socket, where it is the init of a live host:
 * `systemctl show`, which only asks. The unit files on disk are looked at by look_unit.h; what
 * systemd has in memory may be older ("Need daemon reload").
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

#include <sys/types.h>

struct host;

struct systemd_unit {
	bool loaded;	   /* systemd has such a unit */
	bool active;	   /* active, reloading */
	bool needs_reload; /* its files changed since systemd read them */
	char *state;	   /* "active/running", "failed/failed", "inactive/dead" */
	char *fragment;	   /* the unit file, NULL: none */
	struct strv drop_ins;
	pid_t main_pid; /* 0: none */
};

struct systemd {
	bool init; /* it is PID 1; the units are filled only then */
	struct systemd_unit service, socket;
};

/* Errors: SYS (systemctl is missing, not root's, fails or hangs), NOMEM. */
int look_systemd(struct host *host, struct systemd *ret_systemd, struct error *err);
/* The answer of `systemctl show` for docker.service and docker.socket. Errors: NOMEM. */
int systemd_parse(const char *text, struct systemd *systemd, struct error *err);
void systemd_done(struct systemd *systemd);
