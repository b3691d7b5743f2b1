// SPDX-License-Identifier: Apache-2.0
/*
 * What recover and rollback share: undoing a run that only its journal knows.
 */
#pragma once

#include "backup/state.h"

/* Undoes one run and notes its id. Returns 1 when it is undone, 0 when something stands. */
int undo_journalled(struct backup *b, struct run *run, const char *why, bool force,
		    const struct run_info *info, struct backup_result *result, struct error *err);

/*
 * Finishes every run that was cut off and removes those that never began; their states in runs
 * follow. result->outcome becomes DONE if there was one, INCOMPLETE if something stands.
 */
int recover_runs(struct backup *b, struct runs *runs, bool force, const struct run_info *info,
		 struct backup_result *result, struct error *err);
