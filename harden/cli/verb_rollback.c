// SPDX-License-Identifier: Apache-2.0
/*
 * harden rollback [RUN]: undo a run. What would be undone is shown before the question.
 */
#include "harden/cli/runs.h"
#include "harden/cli/verbs.h"

static struct rollback_options rollback_request(const struct options *o, bool dry_run)
{
	return (struct rollback_options){
		.run = o->args.len ? o->args.items[0] : NULL,
		.all = o->all,
		.force = o->force,
		.dry_run = dry_run,
	};
}

/* 1: go on; 0: the answer was no. Shows the dry run first when there is somebody to read it. */
static int show_and_ask(const struct context *context, struct run_access *a, struct error *err)
{
	AUTO(backup_result) struct backup_result preview = {0};
	struct rollback_options request = rollback_request(&context->options, true);
	struct strv none = {0};

	if (context->options.yes)
		return 1;
	if (backup_rollback(a->backup, &request, &a->info, &preview, err) < 0)
		return -1;
	if (preview.outcome != BACKUP_DONE)
		return 1; /* nothing to undo, or a conflict: the real call says it */
	if (runs_report(context, &preview, &none, err) < 0)
		return -1;
	return context_ask(context, "Undo this?", err);
}

static int rollback(struct context *context, struct run_access *a, struct error *err)
{
	AUTO(backup_result) struct backup_result result = {0};
	AUTO(strv) struct strv pending = {0};
	const struct options *o = &context->options;
	struct rollback_options request = rollback_request(o, o->dry_run);
	int go, r;

	if (o->all && o->args.len) {
		(void)error_set(err, ERROR_USAGE, 0,
				"--all undoes every run; it does not go with one run");
		return -1;
	}
	if (run_access_open(context, o->dry_run ? BACKUP_READ : BACKUP_WRITE, a, err) < 0)
		return -1;
	go = o->dry_run ? 1 : show_and_ask(context, a, err);
	if (go < 0)
		return -1;
	if (!go) {
		context_warn("nothing was changed");
		return EXIT_ERROR;
	}
	if (run_access_settle(context, a, err) < 0)
		return -1;
	context_hold_signals(true);
	r = backup_rollback(a->backup, &request, &a->info, &result, err);
	if (r == 0)
		r = run_access_finish(a, &result, &pending, err);
	context_hold_signals(false);
	if (r < 0)
		return -1;
	return runs_finish(context, &result, &pending);
}

int verb_rollback(struct context *context)
{
	AUTO(run_access) struct run_access access = {.host = {.root_fd = -1}};
	AUTO(error) struct error err = {0};
	int code = rollback(context, &access, &err);

	return code < 0 ? context_fail(context, &err) : code;
}
