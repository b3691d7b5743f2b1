// SPDX-License-Identifier: Apache-2.0
/*
 * The one primitive that changes a file of the host: from what was seen a moment ago to what it
 * shall be. Commit and undo both use it; they differ only in which record is the goal.
 *
 *	a file or link with other content	a synced sibling takes its place (rename)
 *	owner, mode, attributes			on the file itself, by descriptor
 *	absent					unlink, rmdir
 *
 * The way is walked without links through safe directories only (change_walk.h), and the file must
 * be the one that was seen, looked at again right before the effect.
 */
#pragma once

#include "harden/host/change_walk.h"

struct file_change {
	const char *path;
	const struct file_record *from; /* from file_observe() */
	const struct stat *seen;	/* likewise */
	const struct file_record *to;
	const struct blob *content; /* new bytes of a regular file; NULL: they stay */
	const char *temp;	    /* name of the sibling, in the journal already */
	bool times;		    /* set the time of to as well */
};

/*
 * Returns 0, or 1 when a directory that should go holds something and therefore stays.
 * Errors: CONFLICT (changed since it was seen), UNSAFE (the way, several links, a kind that is not
 * changed into another), DURABILITY (done, but the sync failed), SYS, NOMEM. After an error the
 * file is as before or as it shall be; metadata may be in between, never looser than both.
 */
int change_file(int root_fd, const struct file_change *change, struct error *err);

/* Removes what a change that was cut off left beside path. None there is no error. */
int change_remove_temp(int root_fd, const char *path, const char *temp, struct error *err);
