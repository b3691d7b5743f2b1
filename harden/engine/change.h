// SPDX-License-Identifier: Apache-2.0
/*
 * Staged files as the changes of a plan document: words, diff, both sides.
 */
#pragma once

#include "harden/host/host.h"
#include "harden/model/document.h"

/*
 * Appends the change that leads from before to file->after. before is file->before, or what an
 * earlier stage had made of it. waits: the control whose consent the change waits for, NULL when it
 * is part of the plan.
 */
int change_from_staged(struct host *host, const struct staged_file *file,
		       const struct file_state *before, const char *waits, bool digests,
		       struct plan *plan, struct error *err);
/*
 * The same for an update of an object of the engine. base: what an earlier stage does to that object,
 * NULL for nothing; what is the same there is left out, and nothing is appended if all of it is.
 */
int change_from_update(const struct staged_update *update, const struct staged_update *base,
		       const char *waits, struct plan *plan, struct error *err);
