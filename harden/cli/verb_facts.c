// SPDX-License-Identifier: Apache-2.0
/*
 * harden facts: what was found out about this host, each with its source.
 */
#include "harden/cli/inputs.h"
#include "harden/cli/verbs.h"
#include "harden/engine/session.h"
#include "harden/report/json.h"

static int print_facts(const struct context *context, struct error *err)
{
	AUTO(inputs) struct inputs inputs = {0};
	AUTO(session) struct session session = {0};
	AUTO(strbuf) struct strbuf out = {0};
	struct session_request request;

	if (inputs_read(&context->options, &inputs, err) < 0)
		return -1;
	inputs_request(&inputs, &context->options, &request);
	if (session_open(&request, &session, err) < 0 || session_facts(&session, err) < 0 ||
	    session_engine_facts(&session, err) < 0)
		return -1;
	if (context->options.format != FORMAT_JSON)
		text_facts(&session.facts, context->style, &out);
	else if (json_facts(&session.facts, &out, err) < 0)
		return -1;
	return context_emit(context, &out, err);
}

int verb_facts(struct context *context)
{
	AUTO(error) struct error err = {0};

	return print_facts(context, &err) < 0 ? context_fail(context, &err) : EXIT_DONE;
}
