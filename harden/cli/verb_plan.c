// SPDX-License-Identifier: Apache-2.0
/*
 * harden plan: what apply would do. Changes nothing.
 */
#include "harden/cli/inputs.h"
#include "harden/cli/verbs.h"
#include "harden/engine/plan.h"
#include "harden/report/json.h"

static int print_plan(const struct context *context, const struct plan *plan, struct error *err)
{
	AUTO(strbuf) struct strbuf out = {0};

	if (context->options.format == FORMAT_JSON) {
		if (json_plan(plan, &out, err) < 0)
			return -1;
	} else {
		text_plan(plan, context->style, &out);
	}
	return context_emit(context, &out, err);
}

static int run_plan(const struct context *context, struct plan *ret_plan, struct error *err)
{
	AUTO(inputs) struct inputs inputs = {0};
	AUTO(session) struct session session = {0};
	struct session_request request;

	if (inputs_read(&context->options, &inputs, err) < 0)
		return -1;
	inputs_request(&inputs, &context->options, &request);
	if (session_open(&request, &session, err) < 0)
		return -1;
	return plan_build(&session, context->options.format == FORMAT_JSON, ret_plan, err);
}

int verb_plan(struct context *context)
{
	AUTO(plan) struct plan plan = {0};
	AUTO(error) struct error err = {0};

	if (run_plan(context, &plan, &err) < 0 || print_plan(context, &plan, &err) < 0)
		return context_fail(context, &err);
	/* without a change of files: rules that are written, but not loaded */
	if (plan_changes(&plan) || plan.services_len)
		return EXIT_ATTENTION;
	return context->options.strict && plan_lists_anything(&plan) ? EXIT_ATTENTION : EXIT_DONE;
}
