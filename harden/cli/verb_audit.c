// SPDX-License-Identifier: Apache-2.0
/*
 * harden audit: a verdict with evidence for every selected control. Changes nothing.
 */
#include "harden/cli/inputs.h"
#include "harden/cli/verbs.h"
#include "harden/engine/audit.h"
#include "harden/report/json.h"

static int print_audit(struct context *context, const struct audit *audit, struct error *err)
{
	const struct report_drain drain = {context_drain, context};
	AUTO(strbuf) struct strbuf out = {0};

	if ((context->options.format == FORMAT_JSON
		     ? json_audit(audit, &drain, &out, err)
		     : text_audit(audit, context->style, &drain, &out, err)) < 0)
		return -1;
	return context_emit(context, &out, err);
}

/* The verdicts borrow from the session, so it is printed before the session ends. */
static int audit_and_print(struct context *context, int *ret_code, struct error *err)
{
	AUTO(inputs) struct inputs inputs = {0};
	AUTO(session) struct session session = {0};
	AUTO(audit) struct audit audit = {0};
	struct session_request request;

	if (inputs_read(&context->options, &inputs, err) < 0)
		return -1;
	inputs_request(&inputs, &context->options, &request);
	if (session_open(&request, &session, err) < 0 ||
	    audit_run(&session, context->options.format == FORMAT_JSON, &audit, NULL, err) < 0 ||
	    print_audit(context, &audit, err) < 0)
		return -1;
	*ret_code = audit.counts[STATUS_FAIL]	 ? EXIT_ATTENTION
		    : audit.counts[STATUS_ERROR] ? EXIT_ERROR
						 : EXIT_DONE;
	return 0;
}

int verb_audit(struct context *context)
{
	AUTO(error) struct error err = {0};
	int code;

	if (audit_and_print(context, &code, &err) < 0)
		return context_fail(context, &err);
	return code;
}
