// SPDX-License-Identifier: Apache-2.0
/*
 * The steps of look_daemon(), for its own files only.
 */
#pragma once

#include "harden/host/look_daemon.h"

/* view and file_moved, from process and systemd. */
int daemon_look_view(struct host *host, struct daemon_now *now, struct error *err);
/* info, version, bridge; what cannot be asked is kept in unasked. Errors: NOMEM only. */
int daemon_look_answers(struct host *host, struct daemon_now *now, struct error *err);
void daemon_answers_done(struct daemon_now *now);
