// SPDX-License-Identifier: Apache-2.0
/*
 * Looking at files of the host through the stage. Read only by construction: everything here
 * opens with O_PATH or O_RDONLY, below one root descriptor, one component at a time, without
 * letting the kernel follow a link.
 *
 * A path is walked inside ROOT; links are followed by hand (an absolute target starts again at
 * ROOT) unless LOOK_NOFOLLOW names the last component. At each step the stage is asked first: a
 * directory or file that an earlier resource staged is seen as it will be. A link that somebody
 * other than root could swap (its directory or itself not root's, or the directory writable by
 * others without being sticky) makes the way unsafe, as does a directory on the way that is not
 * root's or is writable by group or others: the first such directory is named. As the stage
 * secures a directory, its after-state counts.
 *
 * Ownership: look_done() releases a struct look. state inside is a copy of its own.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/model/stage.h"

struct host; /* harden/host/host.h */

enum {
	LOOK_NOFOLLOW = 1 << 0, /* look at a last component that is a link, not through it */
	LOOK_CONTENT = 1 << 1,	/* read the bytes of a regular file too (cap LOOK_CONTENT_MAX) */
};

#define LOOK_CONTENT_MAX (16u << 20) /* bytes; no file we read is near it */

struct look {
	char *path;		 /* canonical; of an absent file: canonical parent + name */
	struct file_state state; /* as staged: FILE_ABSENT if it is not there */
	struct file_state host;	 /* as on the host, without the stage */
	bool parent_exists;	 /* in the staged view */
	bool through_link;	 /* a link was followed on the way or at the end */
	char *unsafe;		 /* first unsafe directory or link on the way as staged, or NULL */
	char *unsafe_why;	 /* "is owned by uid 1000", "is writable by group 27", ... */
};

/*
 * Looks at path. A missing file is no error (state.kind is FILE_ABSENT); a missing parent neither.
 * Errors: SYS (no permission, I/O error: message names the path; EACCES gets the next step "run as
 * root"), UNSAFE (more than 40 links), FORMAT (file over the cap).
 */
int look_file(struct host *host, const char *path, unsigned flags, struct look *ret_look,
	      struct error *err);
void look_done(struct look *look);

/* The names in a directory in the staged view, sorted by strcmp, without "." and "..". An absent
 * directory gives an empty list. */
int look_directory(struct host *host, const char *path, struct strv *ret_names, struct error *err);

/*
 * Paths that match pattern (glob(7) per component; a final "/" + "**" is every regular file below,
 * also those that a link leads to), sorted. No match gives an empty list.
 */
int look_glob(struct host *host, const char *pattern, struct strv *ret_paths, struct error *err);

/*
 * Whether a staged change of what was looked at can be committed: blocks it on the stage (returns
 * 0 and lists the reason) when the way is unsafe or the file cannot be changed, else stages after.
 */
int look_stage(struct host *host, const struct look *look, const struct file_state *after,
	       struct stage_how how, struct error *err);
