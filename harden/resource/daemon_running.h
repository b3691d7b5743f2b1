// SPDX-License-Identifier: Apache-2.0
/*
 * The running part of a `daemon` entry: the same operator over what the running daemon has in force,
 * and for each difference the step that is missing. For the type's own files only.
 */
#pragma once

#include "harden/resource/daemon.h"

/*
 * Fills seen->running, running_evidence and unlooked. Nothing on a host that is not live. Errors:
 * NOMEM, INTERNAL; what cannot be looked at is no error but seen->unlooked.
 */
int daemon_look_running(const struct daemon_spec *spec, struct host *host, struct daemon_seen *seen,
			struct error *err);
/* A step for a person where nothing is to be written: listed by hand, unless this run writes. */
int daemon_stage_running(const struct daemon_seen *seen, struct host *host, struct error *err);
