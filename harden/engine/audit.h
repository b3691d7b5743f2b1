// SPDX-License-Identifier: Apache-2.0
/*
 * The audit: a verdict with evidence for every selected control.
 */
#pragma once

#include "harden/engine/session.h"
#include "harden/model/document.h"

/*
 * Judges the host as it is (the stage must be empty), applies waivers and attestations, then plans
 * on the side to know what apply could mend. ret_plan may be NULL; explain shows its changes.
 * digest: fill recipe_sha256. Errors: NOMEM, RECIPE, INTERNAL; the host's own faults are verdicts.
 */
int audit_run(struct session *s, bool digest, struct audit *ret_audit, struct plan *ret_plan,
	      struct error *err);
