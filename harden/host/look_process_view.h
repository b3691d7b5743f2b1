// SPDX-License-Identifier: Apache-2.0
/*
 * What a running dockerd was started with, as far as its command line tells: a view like that of
 * look_dockerd(), in which the bytes of the command line stand for an environment file that the
 * flags come from, so that every flag has a place to be named. For look_daemon and look_running.
 */
#pragma once

#include "harden/host/look_dockerd.h"
#include "harden/host/look_process.h"

/*
 * start, installed, binary, env, line, flags, and the version of written (which may be NULL). The
 * configuration file is the caller's to fill. Free with dockerd_free(). Errors: FORMAT, NOMEM.
 */
int process_view(struct host *host, const struct process *process, const struct dockerd *written,
		 struct dockerd **ret_view, struct error *err);
