// SPDX-License-Identifier: Apache-2.0
/*
 * Undoing one run: the one primitive behind a failed commit, recover and rollback. Last change
 * first: the updates of the engine's objects, as they were made last, then the files, guards (owner and mode of directories on the way) last of all. Each file is looked at and
 * brought from what it is now to what it was before; one that is as before already is left alone,
 * so an undo may be cut off at any point and run again.
 */
#pragma once

#include "backup/state.h"

struct undo {
	struct backup *b;
	struct run *run;
	struct journal *journal;
	const struct run_info *info;
	const char *why; /* "failure", "recover", "rollback" */
	bool force;	 /* contents that are not ours are put aside in the store and replaced */
	bool only_begun; /* leave alone what this process has not begun */
};

/*
 * Returns 1 when the run is undone, or 0 when something stands (result->stands says what, and
 * result->error why, unless memory is gone too: undoing goes on in any case). Error: only with why
 * "rollback", when the journal could not be told first, and then nothing was changed.
 */
int undo_run(const struct undo *undo, struct backup_result *result, struct error *err);
