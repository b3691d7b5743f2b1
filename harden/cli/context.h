// SPDX-License-Identifier: Apache-2.0
/*
 * What a verb's run function works with: the parsed command line, and the ways to say something.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/cli/options.h"
#include "harden/report/text.h"

/* Exit codes of DESIGN; every verb uses 0, 1 and 64, the others where their manual says so. */
enum {
	EXIT_DONE = 0,
	EXIT_ERROR = 1,
	EXIT_ATTENTION = 2,  /* something to change, a failed control, pending */
	EXIT_INCOMPLETE = 3, /* conflict, undo not complete, report lost after the commit */
	EXIT_USAGE = 64,
};

struct context {
	struct options options;
	struct text_style style;
};

/*
 * Sends a finished report to standard output or --output, then empties it. Returns 0, or -1 with
 * err (the disk is full, the pipe is closed).
 */
int context_emit(const struct context *context, struct strbuf *report, struct error *err);
/* A report_drain's take() of a const struct context: what goes to a file stays until it is whole. */
int context_drain(void *context, struct strbuf *report, struct error *err);
/* Says what went wrong on stderr (and as harden.error/1 with --format json); returns its exit code. */
int context_fail(const struct context *context, const struct error *err);
/* A line on stderr: "harden: TEXT". */
void context_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Asks on the terminal, unless --yes. 1: go on, 0: no, -1: there is nobody to ask (usage error). */
int context_ask(const struct context *context, const char *question, struct error *err);
/*
 * Holds back SIGINT, SIGTERM and SIGHUP while the host is being changed: finishing takes
 * milliseconds, and what was interrupted would have to be undone. They arrive afterwards.
 */
void context_hold_signals(bool hold);
/* Refuses early what could not be asked later: neither --yes nor a terminal. */
int context_can_ask(const struct context *context, struct error *err);
