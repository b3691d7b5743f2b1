// SPDX-License-Identifier: Apache-2.0
/*
 * What suggest.c gathers and suggest_service.c makes a suggestion of.
 */
#pragma once

#include "harden/engine/session.h"
#include "harden/model/document.h"
#include "harden/model/suggestion.h"

/* A container, or all of a Compose service with the first of them. */
struct suggest_target {
	struct value *container, *image; /* image NULL: not known */
	struct value *changes;		 /* NULL: not known */
	struct value *found;		 /* by control id, a list of {message, actual} */
	struct strv notes;
};

const char *suggest_target_name(const struct suggest_target *target);
const struct value *suggest_target_labels(const struct suggest_target *target);
/* Whether a finding is about resource. */
bool judgement_names(const struct judgement *judgement, const char *resource);
/* Adds what audit found about resource ("container web"); the same finding once. */
int suggest_target_findings(struct suggest_target *target, const struct audit *audit,
			    const char *resource, struct error *err);
/* Fills all of ret but service. */
int suggest_service(struct session *session, const struct suggest_target *target,
		    const struct value *info, bool compose, struct suggestion *ret,
		    struct error *err);
void suggest_target_done(struct suggest_target *target);
