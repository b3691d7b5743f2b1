// SPDX-License-Identifier: Apache-2.0
/*
 * Reaching a file for the sake of changing it, and seeing what it is right then. Paths are
 * canonical (stage.h) and walked from the root descriptor one component at a time without any
 * link: what is a link now was none when the path was found, so somebody swapped it (CONFLICT).
 */
#pragma once

#include "harden/base/error.h"
#include "harden/model/record.h"

#include <sys/stat.h>

enum walk_trust {
	WALK_ANY,  /* to look */
	WALK_SAFE, /* to change: every directory on the way is root's (or ours) and nobody else's to
		      write, so that nothing can be swapped between a look and the change */
};

struct place {
	int dir;    /* O_PATH of the parent directory; owned */
	char *name; /* last component */
};

/*
 * Returns 1 with *ret_place set, or 0 when a directory on the way does not exist.
 * Errors: CONFLICT (a link or file stands where a directory was), UNSAFE (WALK_SAFE), SYS.
 */
int place_open(int root_fd, const char *path, enum walk_trust trust, struct place *ret_place,
	       struct error *err);
void place_done(struct place *place);

enum {
	OBSERVE_DIGEST = 1 << 0, /* digest of a regular file too */
};

/*
 * The file at path as it is now; a missing one has kind FILE_ABSENT. ret_seen (NULL: not wanted) is
 * its fstat, the identity for change_file(). Errors: CONFLICT, SYS, NOMEM.
 */
int file_observe(int root_fd, const char *path, unsigned flags, struct file_record *ret_record,
		 struct stat *ret_seen, struct error *err);

#define FILE_CONTENT_MAX (64u << 20) /* bytes of one file that are kept in the store */

/*
 * The bytes of the regular file at path, which must still be the one that was seen (else CONFLICT).
 * Errors: CONFLICT, FORMAT (over the cap), SYS, NOMEM.
 */
int file_content(int root_fd, const char *path, const struct stat *seen, struct blob **ret_content,
		 struct error *err);

enum file_kind file_kind_of(mode_t st_mode);
/* The same file, unchanged: for a regular file also size, times and links. */
bool seen_same(const struct stat *a, const struct stat *b);
/* What the stage looked at: as seen_same(), with owner and mode. */
bool seen_matches(const struct stat *seen, const struct file_state *state);

#define FD_PATH_SIZE 32
/* "/proc/self/fd/N": reaches what an O_PATH descriptor holds, whatever its name means by now. */
void fd_path(char path[FD_PATH_SIZE], int fd);
