// SPDX-License-Identifier: Apache-2.0
/*
 * What a rollback would change, as data that can be shown as a plan: the net effect by path.
 */
#pragma once

#include "backup/state.h"

/* Adds a run's changes; runs come newest first, and the oldest before of a path is what counts. */
int items_add(struct backup *b, const struct run *run, struct backup_result *result,
	      struct error *err);
/* Drops what is as before already, sorts by path, and reads the contents that differ. */
int items_finish(struct backup *b, struct backup_result *result, struct error *err);
