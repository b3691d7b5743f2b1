// SPDX-License-Identifier: Apache-2.0
/*
 * harden explain ID...: what a control means, why, what it finds here, how it is fixed.
 */
#include "harden/cli/inputs.h"
#include "harden/cli/verbs.h"
#include "harden/engine/audit.h"
#include "harden/report/explain.h"

static int explain(const struct context *context, struct error *err)
{
	AUTO(inputs) struct inputs inputs = {0};
	AUTO(session) struct session session = {0};
	AUTO(audit) struct audit audit = {0};
	AUTO(plan) struct plan plan = {0};
	AUTO(strbuf) struct strbuf out = {0};
	struct session_request request;

	if (inputs_read(&context->options, &inputs, err) < 0)
		return -1;
	inputs_request(&inputs, &context->options, &request);
	request.only = &context->options.args;
	request.only_by = "explain";
	if (session_open(&request, &session, err) < 0 ||
	    audit_run(&session, false, &audit, &plan, err) < 0)
		return -1;
	if (context->options.format != FORMAT_JSON)
		text_explain(&audit, &plan, context->style, &out);
	else if (json_explanation(&audit, &plan, &out, err) < 0)
		return -1;
	return context_emit(context, &out, err);
}

int verb_explain(struct context *context)
{
	AUTO(error) struct error err = {0};

	return explain(context, &err) < 0 ? context_fail(context, &err) : EXIT_DONE;
}
