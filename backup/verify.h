// SPDX-License-Identifier: Apache-2.0
/*
 * Whether a run can be undone from the store, for backup_verify() and before a rollback begins:
 * half an undo is worse than none.
 */
#pragma once

#include "backup/backup.h"
#include "backup/state.h"

/* Whether undoing this needs bytes from the store. */
bool intent_needs_original(const struct intent *intent);
/* Lists what of the run's originals is missing or broken. Returns -1 only when memory is gone. */
int verify_run(struct backup *b, const struct run *run, struct backup_check *check,
	       struct error *err);
