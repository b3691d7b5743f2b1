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
	char *options; /* per mount: "rw,nodev", in fstab also "bind", "noauto" */
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
/* The last mount at exactly this point, NULL without. */
const struct mount *mounts_at(const struct mounts *m, const char *point);
enum mount_own {
	OWN_YES,
	OWN_SHARED,    /* the filesystem serves others too */
	OWN_BIND,      /* a bind of the filesystem around it: dockerd does that to its data root */
	OWN_SUBVOLUME, /* btrfs: the space is that of the whole filesystem */
	OWN_MEMORY,
};

/*
 * Whether path has a filesystem of its own, by the device numbers of a running machine. A mount of
 * a directory above it that serves only Docker counts (/var/lib/docker for /var/lib/docker/data),
 * /var does not. *ret_covering is the mount that shows path, NULL (and OWN_SHARED) when none does.
 */
enum mount_own mounts_own(const struct mounts *m, const char *path,
			  const struct mount **ret_covering);
/* Whether a mount at point, path or above it, serves nothing but what lies at path. */
bool mount_is_dedicated(const char *point, const char *path);
/* tmpfs, ramfs. */
bool mount_type_is_memory(const char *type);
/* Whether a word stands in the comma-separated options. */
bool mount_has_option(const struct mount *mount, const char *option);
void mounts_done(struct mounts *m);
