// SPDX-License-Identifier: Apache-2.0
/*
 * Whether dockerd would start, and its containers, on a whole configuration: what `dockerd
 * --validate` says nothing to. daemon_refuse.c asks the same of one key that is to be written;
 * this is asked of all that is there before anything is restarted, whoever wrote it.
 */
#pragma once

#include "harden/host/look_dockerd.h"

/* Adds one line for each reason not to start. Errors: SYS, NOMEM. */
int daemon_start_problems(struct host *host, const struct dockerd *d, struct strv *reasons,
			  struct error *err);
