// SPDX-License-Identifier: Apache-2.0
/*
 * harden suggest: how containers would have to be started to pass what they fail. Changes nothing.
 */
#include "harden/cli/inputs.h"
#include "harden/cli/verbs.h"
#include "harden/engine/suggest.h"
#include "harden/report/suggest.h"

/* A file takes one document, or Compose would read two projects as one. */
static int check_output(const struct context *context, const struct suggestions *all,
			struct error *err)
{
	if (!context->options.output || context->options.format == FORMAT_JSON || all->len <= 1)
		return 0;
	(void)error_set(err, ERROR_USAGE, 0, "suggestions for %zu projects do not go into one file",
			all->len);
	error_next(err, "name the containers of one");
	return -1;
}

static int suggest(const struct context *context, struct error *err)
{
	AUTO(inputs) struct inputs inputs = {0};
	AUTO(session) struct session session = {0};
	AUTO(suggestions) struct suggestions all = {0};
	AUTO(strbuf) struct strbuf out = {0};
	const struct suggest_request how = {.containers = &context->options.args,
					    .compose = context->options.as == AS_COMPOSE};
	struct session_request request;

	if (inputs_read(&context->options, &inputs, err) < 0)
		return -1;
	inputs_request(&inputs, &context->options, &request);
	if (session_open(&request, &session, err) < 0 ||
	    suggest_run(&session, &how, &all, err) < 0 || check_output(context, &all, err) < 0 ||
	    (context->options.format == FORMAT_JSON ? suggest_json(&all, &out, err)
						    : suggest_text(&all, &out, err)) < 0)
		return -1;
	return context_emit(context, &out, err);
}

int verb_suggest(struct context *context)
{
	AUTO(error) struct error err = {0};

	return suggest(context, &err) < 0 ? context_fail(context, &err) : EXIT_DONE;
}
