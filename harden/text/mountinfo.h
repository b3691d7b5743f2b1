// SPDX-License-Identifier: Apache-2.0
/*
 * /proc/self/mountinfo (proc(5)) and fstab(5) as lists of mounts.
 */
#pragma once

#include "harden/base/str.h"

struct mount {
	unsigned major, minor; /* 0:0 in fstab */
	char *root;	       /* of the filesystem, shown at point; "/" in fstab */
	char *point;	       /* octal escapes decoded */
	char *type, *source;
};

struct mounts {
	struct mount *items;
	size_t len, cap;
};

/* Malformed lines are passed over. Errors: NOMEM. */
int mountinfo_parse(const char *text, struct mounts *ret_mounts, struct error *err);
int fstab_parse(const char *text, struct mounts *ret_mounts, struct error *err);
/* The mount that shows path: the longest point, of equal ones the last (it lies on top). */
const struct mount *mounts_covering(const struct mounts *m, const char *path);
const struct mount *mounts_at(const struct mounts *m, const char *point);
void mounts_done(struct mounts *m);
