// SPDX-License-Identifier: Apache-2.0
/*
 * A time limit for libjq's interpreter. jq_next() comes back only with a result, so somebody else
 * has to stop it: a thread that, when the time is over, sets the flag that the interpreter reads
 * before each of its instructions (jq_halt()). A child process would cost a copy of the engine's
 * answers each time, and an alarm would interrupt whatever else the process is doing.
 *
 * The flag is a plain int of the library's. It is set under a lock that jq_watch_end() takes, so
 * never outside of a watched run; the interpreter sees it at one of its next instructions.
 */
#pragma once

#include "harden/text/jq_library.h"

#include <stdbool.h>

struct jq_watch;

/* One thread for the life of the watch; it sleeps. Error: SYS. */
struct jq_watch *jq_watch_new(const struct jq_library *lib, struct jq_state *jq, struct error *err);
void jq_watch_begin(struct jq_watch *watch, long milliseconds);
/* Whether it was halted. */
bool jq_watch_end(struct jq_watch *watch);
void jq_watch_free(struct jq_watch *watch);
