// SPDX-License-Identifier: Apache-2.0
/*
 * harden apply: the plan, a question, the commit, the result. A run that was cut off is undone
 * first, so that the plan is made on files as they were before it.
 */
#include "config.h"

#include "harden/cli/inputs.h"
#include "harden/cli/verbs.h"
#include "harden/engine/apply.h"
#include "harden/engine/plan.h"
#include "harden/recipe/load.h"
#include "harden/report/json.h"

struct apply {
	struct context *context;
	struct inputs inputs;
	struct session_request request;
	struct session session;
	struct backup *backup;
	struct plan plan;
	struct run_info info;
};

static void apply_done(struct apply *a)
{
	plan_done(&a->plan);
	session_done(&a->session);
	backup_free(a->backup);
	inputs_done(&a->inputs);
}

static int refuse_remote_engine(const struct options *o, struct error *err)
{
	if (!o->engine || strcmp(o->engine, "none") == 0 || str_starts(o->engine, "unix://"))
		return 0;
	(void)error_set(err, ERROR_USAGE, 0,
			"apply changes this host and its own daemon only, not %s", o->engine);
	error_next(err, "run harden on that host, or leave --engine out");
	return -1;
}

/* Opens the host and the backup, and undoes what an earlier run left half-done. */
static int prepare(struct apply *a, struct error *err)
{
	const struct options *o = &a->context->options;
	AUTO(backup_result) struct backup_result recovered = {0};

	if (refuse_remote_engine(o, err) < 0 || inputs_read(o, &a->inputs, err) < 0)
		return -1;
	inputs_request(&a->inputs, o, &a->request);
	if (session_open(&a->request, &a->session, err) < 0 ||
	    session_recipe_digest(&a->session, err) < 0)
		return -1;
	a->info = (struct run_info){
		.verb = "apply",
		.version = PACKAGE_VERSION,
		.recipe_sha256 = a->session.recipe.sha256,
		.root = a->session.host.root,
		.live = a->session.host.live,
		.host = &a->session.host,
	};
	if (backup_open(a->session.host.root_fd, a->session.host.root, o->state_dir, BACKUP_WRITE,
			&a->backup, err) < 0 ||
	    backup_recover(a->backup, &a->info, &recovered, err) < 0)
		return -1;
	if (recovered.outcome == BACKUP_INCOMPLETE) {
		error_move(err, &recovered.error);
		error_next(err, "harden recover tells what stands in the way");
		return error_wrap(err, "an earlier run was cut off and could not be undone");
	}
	for (size_t i = 0; i < recovered.runs.len; i++)
		context_warn("run %s was cut off; it is undone now", recovered.runs.items[i]);
	return 0;
}

/* Text goes out before the question; JSON is one document at the end. */
static int show_plan(struct apply *a, struct error *err)
{
	AUTO(strbuf) struct strbuf out = {0};

	if (a->context->options.format == FORMAT_JSON || a->context->options.output)
		return 0;
	text_plan(&a->plan, a->context->style, &out);
	return context_emit(a->context, &out, err);
}

static int show_result(struct apply *a, struct error *err)
{
	AUTO(strbuf) struct strbuf out = {0};

	if (a->context->options.format == FORMAT_JSON) {
		if (json_plan(&a->plan, &out, err) < 0)
			return -1;
	} else {
		if (a->context->options.output)
			text_plan(&a->plan, a->context->style, &out);
		text_result(&a->plan, a->context->style, &out);
	}
	return context_emit(a->context, &out, err);
}

/* 1: go on; 0: the answer was no. */
static int ask(struct apply *a, struct error *err)
{
	AUTO_FREE char *question = str_format("Apply %zu change%s?", plan_changes(&a->plan),
					      plan_changes(&a->plan) == 1 ? "" : "s");

	if (!question)
		return error_nomem(err);
	return plan_changes(&a->plan) ? context_ask(a->context, question, err) : 1;
}

static int exit_code(const struct apply *a)
{
	const char *result = a->plan.result;

	if (strcmp(result, "incomplete") == 0)
		return EXIT_INCOMPLETE;
	if (strcmp(result, "undone") == 0)
		return EXIT_ERROR;
	if (a->plan.pending.len)
		return EXIT_ATTENTION;
	return a->context->options.strict && plan_lists_anything(&a->plan) ? EXIT_ATTENTION
									   : EXIT_DONE;
}

static void say_problem(const struct apply *a, const struct error *problem)
{
	bool undone = strcmp(a->plan.result, "undone") == 0;

	context_warn("%s; %s", error_message(problem),
		     undone ? "everything this run did was undone"
			    : "undoing was not complete: see harden history, then harden recover");
	if (!undone)
		for (size_t i = 0; i < a->plan.pending.len; i++)
			context_warn("stands: %s", a->plan.pending.items[i]);
}

/* After the commit a report that cannot be written must not look like a failed apply. */
static int finish(struct apply *a, const struct error *problem)
{
	AUTO(error) struct error err = {0};
	int code = exit_code(a);

	if (problem->code)
		say_problem(a, problem);
	if (show_result(a, &err) == 0)
		return code;
	if (!a->plan.run || code == EXIT_ERROR)
		return context_fail(a->context, &err);
	context_warn("run %s stands (%s), but its report could not be written: %s", a->plan.run,
		     a->plan.result, error_message(&err));
	return EXIT_INCOMPLETE;
}

static int run_apply(struct apply *a)
{
	AUTO(error) struct error err = {0}, problem = {0};
	int go, r;

	if (prepare(a, &err) < 0 ||
	    plan_build(&a->session, a->context->options.format == FORMAT_JSON, &a->plan, &err) <
		    0 ||
	    show_plan(a, &err) < 0)
		return context_fail(a->context, &err);
	go = ask(a, &err);
	if (go < 0)
		return context_fail(a->context, &err);
	if (!go) {
		context_warn("nothing was changed");
		return EXIT_ERROR;
	}
	context_hold_signals(true);
	r = apply_plan(&a->session, a->backup, &a->info,
		       (enum settle_policy)a->context->options.restart, &a->plan, &problem, &err);
	go = r < 0 ? context_fail(a->context, &err) : finish(a, &problem);
	context_hold_signals(false);
	return go;
}

int verb_apply(struct context *context)
{
	struct apply a = {.context = context};
	int code;

	if (context->options.dry_run)
		return verb_plan(context);
	code = run_apply(&a);
	apply_done(&a);
	return code;
}
