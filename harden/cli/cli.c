// SPDX-License-Identifier: Apache-2.0
/*
 * One command from its words to its exit code. What every verb needs checked before it runs stands
 * here once.
 */
#include "config.h"

#include "harden/cli/cli.h"

#include "harden/cli/build.h"
#include "harden/cli/context.h"
#include "harden/cli/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

const struct verb verbs[] = {
	{"plan", VERB_PLAN, 0, 0, false, false, verb_plan, "",
	 "show what apply would do; change nothing"},
	{"apply", VERB_APPLY, 0, 0, true, true, verb_apply, "",
	 "the same plan, then do it, with a backup of every original"},
	{"audit", VERB_AUDIT, 0, 0, false, false, verb_audit, "",
	 "a verdict with evidence for every selected control"},
	{"rollback", VERB_ROLLBACK, 0, 1, true, true, verb_rollback, "[RUN]",
	 "undo a run (the newest that stands)"},
	{"history", VERB_HISTORY, 0, 1, false, false, verb_history, "[RUN]",
	 "runs, newest first, or one run's changes"},
	{"recover", VERB_RECOVER, 0, 0, true, false, verb_recover, "",
	 "finish undoing a run that was cut off"},
	{"backup", VERB_BACKUP, 1, 1, false, false, verb_backup, "list|verify|prune",
	 "the stored originals"},
	{"explain", VERB_EXPLAIN, 1, -1, false, false, verb_explain, "ID...",
	 "what a control means, what it finds here, how it is fixed"},
	{"facts", VERB_FACTS, 0, 0, false, false, verb_facts, "",
	 "what harden found out about this host, and from where"},
	{"lint", VERB_LINT, 1, -1, false, false, verb_lint, "FILE...",
	 "check recipes and site files"},
	{"suggest", VERB_SUGGEST, 0, -1, false, false, verb_suggest, "[CONTAINER...]",
	 "write out how containers would have to be started to pass"},
	{NULL, 0, 0, 0, false, false, NULL, NULL, NULL},
};

/* What a child or a library may see of the caller's environment. */
static const char *const kept_variables[] = {
	"PATH",
	"TERM",
	"TZ",
	"LANG",
	"HOME",
	"XDG_STATE_HOME",
	"DOCKER_HOST",
	"DOCKER_TLS_VERIFY",
	"DOCKER_CERT_PATH",
	"NO_COLOR",
	/* the build's own instruments */
	"ASAN_OPTIONS",
	"UBSAN_OPTIONS",
	"GCOV_PREFIX",
	"GCOV_PREFIX_STRIP",
};

static int clear_environment(void)
{
	char *kept[ARRAY_SIZE(kept_variables)] = {0};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		const char *value = getenv(kept_variables[i]);

		if (value && !(kept[i] = strdup(value)))
			r = -1;
	}
	if (clearenv() != 0)
		r = -1;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		if (kept[i] && setenv(kept_variables[i], kept[i], 1) < 0)
			r = -1;
		free(kept[i]);
	}
	return r;
}

/* Opens /dev/null on whichever of 0-2 is closed. */
static int open_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return -1;
	} while (fd <= STDERR_FILENO);
	return close(fd);
}

int cli_plain_process(void)
{
	(void)umask(077);		/* cannot fail */
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that leaves must not end an apply half-way */
	if (open_standard_descriptors() < 0 || clear_environment() < 0)
		return -1;
	(void)close_range(3, ~0U, 0); /* Linux 5.9; on older ones strays stay open unused */
	return 0;
}

static bool wants_color(const struct options *o)
{
	const char *term = getenv("TERM");

	if (o->color != COLOR_AUTO)
		return o->color == COLOR_ALWAYS;
	return !o->output && isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term &&
	       strcmp(term, "dumb") != 0;
}

static int print_version(const struct context *context)
{
	AUTO(strbuf) struct strbuf out = {0};
	AUTO(error) struct error err = {0};

	strbuf_append(&out, "harden " PACKAGE_VERSION "\n");
	if (*HARDEN_LEFT_OUT)
		strbuf_append(&out, "built without: " HARDEN_LEFT_OUT "\n");
	return context_emit(context, &out, &err) < 0 ? context_fail(context, &err) : EXIT_DONE;
}

static int print_help(const struct context *context)
{
	AUTO(strbuf) struct strbuf out = {0};
	AUTO(error) struct error err = {0};

	options_help(context->options.verb, &out);
	return context_emit(context, &out, &err) < 0 ? context_fail(context, &err) : EXIT_DONE;
}

/* The machine's own root is changed by root alone. */
static int check_rights(const struct options *o, struct error *err)
{
	bool changes = o->verb->changes && !o->dry_run;

	if (!changes || o->root || geteuid() == 0)
		return 0;
	(void)error_set(err, ERROR_SYS, 0, "%s changes this machine and needs root", o->verb->name);
	error_next(err, "run it as root, or look first with %s",
		   o->verb->bit == VERB_APPLY ? "plan" : "--dry-run");
	return -1;
}

static int run_verb(struct context *context)
{
	AUTO(error) struct error err = {0};
	const struct options *o = &context->options;

	if (build_place(&context->options, &err) < 0 || check_rights(o, &err) < 0)
		return context_fail(context, &err);
	if (o->verb->asks && !o->dry_run && context_can_ask(context, &err) < 0)
		return context_fail(context, &err);
	return o->verb->run(context);
}

/* Whoever reads JSON wants a usage error as JSON too, though the options could not be parsed. */
static bool asks_for_json(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (str_equal(argv[i], "--format=json") ||
		    (str_equal(argv[i], "--format") && i + 1 < argc &&
		     str_equal(argv[i + 1], "json")))
			return true;
	return false;
}

int cli_run(int argc, char **argv)
{
	struct context context = {0};
	AUTO(error) struct error err = {0};
	int code;

	if (options_parse(argc, argv, &context.options, &err) < 0) {
		if (asks_for_json(argc, argv))
			context.options.format = FORMAT_JSON;
		return context_fail(&context, &err);
	}
	context.style = (struct text_style){
		.color = wants_color(&context.options),
		.quiet = context.options.quiet,
		.verbose = context.options.verbose,
	};
	if (context.options.help)
		code = print_help(&context);
	else if (context.options.version)
		code = print_version(&context);
	else
		code = run_verb(&context);
	options_done(&context.options);
	return code;
}
