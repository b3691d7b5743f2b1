// SPDX-License-Identifier: Apache-2.0
/*
 * What containers would have to be started with, so that they pass what they fail. The verdicts are the
 * audit's; `suggest` of an engine entry says what to change; nothing is changed.
 */
#pragma once

#include "harden/engine/session.h"
#include "harden/model/suggestion.h"

struct suggest_request {
	const struct strv *containers; /* names or ids, whole or their beginning; empty: all */
	bool compose;		       /* Compose files, else docker run lines */
};

/*
 * session as session_open() leaves it; controls that are not about containers are deselected. Errors:
 * REMOTE (the engine cannot be asked), USAGE (no engine was allowed; no such container), RECIPE, NOMEM.
 */
int suggest_run(struct session *session, const struct suggest_request *request,
		struct suggestions *ret_suggestions, struct error *err);
