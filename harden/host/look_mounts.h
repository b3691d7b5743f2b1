// SPDX-License-Identifier: Apache-2.0
/*
 * What is mounted: on the machine by /proc/self/mountinfo, on a tree by its fstab and .mount units.
 */
#pragma once

#include "harden/host/host.h"
#include "harden/text/mountinfo.h"

/* The mounts of the running machine. Errors: SYS. Not for a tree (INTERNAL). */
int look_mounts(struct host *host, struct mounts *ret_mounts, struct error *err);
/* A mount as it is written down. */
struct written_mount {
	char *source; /* where: "/etc/fstab", a unit file; NULL: nowhere */
	char *type;   /* NULL: not said */
	bool bind;    /* shows a directory of another mount */
	bool at_boot; /* neither noauto nor a unit that nothing wants */
};

/* What fstab, else a .mount unit, mounts at exactly this point. Errors: SYS, NOMEM. */
int look_mount_written(struct host *host, const char *point, struct written_mount *ret_written,
		       struct error *err);
void written_mount_done(struct written_mount *w);
