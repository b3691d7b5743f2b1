// SPDX-License-Identifier: Apache-2.0
/*
 * Applying a plan: commit its stage, then look again with fresh eyes.
 */
#pragma once

#include "backup/settle_live.h"
#include "harden/engine/session.h"
#include "harden/model/document.h"

/*
 * Commits the session's stage, which plan is the document of, and fills plan's result, run and
 * pending. On a live host what is written is then brought into force as far as policy allows
 * (backup/settle_live.h); where that fails the run is undone, and the daemon started as before.
 * Nothing to commit: only what an earlier run left waiting. After the commit the host is planned again from nothing: a plan that is not empty now
 * was not fulfilled, and the run is undone. Returns 0 with plan->result set ("applied", "nothing",
 * "undone", "incomplete"; for the last two *ret_problem says why), or -1 with nothing changed.
 */
int apply_plan(struct session *s, struct backup *backup, const struct run_info *info,
	       enum settle_policy policy, struct plan *plan, struct error *ret_problem,
	       struct error *err);
