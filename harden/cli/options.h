// SPDX-License-Identifier: Apache-2.0
/*
 * The command line. One table of options and one of verbs drive parsing, the checks of what goes
 * with what, and --help; harden(8) is checked against both.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

#include <stdbool.h>

struct context;

enum format { FORMAT_TEXT, FORMAT_JSON };
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum suggest_as { AS_RUN, AS_COMPOSE };
enum restart { RESTART_NEVER, RESTART_SAFE, RESTART_ALWAYS };

struct options {
	const struct verb *verb; /* NULL with --help or --version alone */
	struct strv args;	 /* what follows the verb */
	char *root, *config, *output, *state_dir, *engine, *image;
	char *dockerfile, *context;
	char *build_path; /* of the Dockerfile below root; build_place() finds both */
	struct strv recipes, only, skip, set, accept;
	int level;     /* 0: not given */
	int keep_days; /* -1: not given */
	int format, restart, color, as;
	bool help, version, live, yes, strict, quiet, verbose, dry_run, all, force;
};

/* What a verb takes; an option is refused where its table row does not name the verb. */
enum verb_bit {
	VERB_PLAN = 1 << 0,
	VERB_APPLY = 1 << 1,
	VERB_AUDIT = 1 << 2,
	VERB_ROLLBACK = 1 << 3,
	VERB_HISTORY = 1 << 4,
	VERB_RECOVER = 1 << 5,
	VERB_BACKUP = 1 << 6,
	VERB_EXPLAIN = 1 << 7,
	VERB_FACTS = 1 << 8,
	VERB_LINT = 1 << 9,
	VERB_SUGGEST = 1 << 10,
};

struct verb {
	const char *name;
	enum verb_bit bit;
	int min_args, max_args; /* -1: any number */
	bool changes;		/* on "/" it needs uid 0, and its input must be root's */
	bool asks;		/* on a terminal; without one it needs --yes */
	int (*run)(struct context *context); /* returns the exit code; errors are printed */
	const char *arguments, *summary;
};

extern const struct verb verbs[]; /* NULL name ends it; harden/cli/main.c */

/* Errors: USAGE with the option or verb, the nearest known name, and the next step. */
int options_parse(int argc, char **argv, struct options *ret_options, struct error *err);
/* The whole help text, or that of one verb. */
void options_help(const struct verb *verb, struct strbuf *out);
void options_done(struct options *o);
