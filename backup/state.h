// SPDX-License-Identifier: Apache-2.0
/*
 * Inside of struct backup and what the files of this folder share. Not for callers: their door is
 * backup.h.
 */
#pragma once

#include "backup/backup.h"
#include "backup/journal.h"
#include "backup/store.h"

struct backup {
	int root_fd;	       /* borrowed */
	int state_fd, runs_fd; /* -1: there is no state directory yet */
	char *state_dir;       /* as given, or "var/lib/harden" below the root */
	bool below_root;       /* state_dir is relative to root_fd */
	char *shown;	       /* for messages */
	enum backup_access access;
	struct store store;
};

/* Makes what is missing of the state directory and takes the lock. */
int backup_make_state(struct backup *b, struct error *err);
/* The ids of all runs, also of those without a readable journal, oldest first. */
int backup_run_ids(const struct backup *b, struct strv *ret_ids, struct error *err);

int note_add(struct backup_notes *notes, const char *path, struct error *err, const char *format,
	     ...) __attribute__((format(printf, 4, 5)));

void backup_item_done(struct backup_item *item);
