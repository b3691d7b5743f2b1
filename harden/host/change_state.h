// SPDX-License-Identifier: Apache-2.0
/*
 * The private directory in which backup keeps its journal and store: opening it safely, and the
 * few ways in which files below it are read and written. shown is the path as messages name it.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	STATE_CREATE = 1 << 0,	       /* make what is missing: parents 0755, itself 0700 */
	STATE_FOLLOW_PARENTS = 1 << 1, /* links on the way are the user's own doing */
};

/*
 * Opens path below base (AT_FDCWD: as the user gave it); shown is what messages call it. Returns 1
 * with *ret_fd, or 0 when it does not exist. Errors: UNSAFE when it is a link, not the caller's, or
 * open to others; SYS.
 */
int state_open(int base, const char *path, const char *shown, unsigned flags, int *ret_fd,
	       struct error *err);
/* Takes the lock that goes with the descriptor. Errors: BUSY, SYS. */
int state_lock(int fd, const char *shown, struct error *err);

/* A directory right below, 0700; with create made when missing. Returns 1, or 0 when missing. */
int state_subdir(int dir, const char *name, bool create, int *ret_fd, struct error *err);
/* The names in a directory, sorted, without "." and "..". */
int state_list(int dir, struct strv *ret_names, struct error *err);
/* Returns 1 with *ret_content, or 0 when there is no such file. Errors: SYS, FORMAT (over cap). */
int state_read(int dir, const char *name, size_t cap, struct blob **ret_content, struct error *err);
/* Bytes of a file, 0 when it cannot be told; for sums in reports. */
uint64_t state_size(int dir, const char *name);

/* A new file with these bytes, whole or not at all: synced sibling, rename, synced directory. */
int state_write(int dir, const char *name, const void *data, size_t len, struct error *err);
/* Opens a file to append to; create: it must not exist yet. Synced by state_append(). */
int state_append_open(int dir, const char *name, bool create, int *ret_fd, struct error *err);
/*
 * Appends at offset *end, which moves on success; on failure the file is cut back to it, so that
 * no half record stays in front of the next one.
 */
int state_append(int fd, off_t *end, const void *data, size_t len, bool sync, struct error *err);
/* Cuts a file back to its first len bytes. */
int state_cut(int fd, off_t len, struct error *err);
int state_sync(int dir, struct error *err);
int state_remove(int dir, const char *name, bool directory, struct error *err);

/* Lower-case hexadecimal digits of n random bytes and a NUL. Errors: SYS. */
int state_random(char *ret_hex, size_t n, struct error *err);
/* Who logged in, from /proc/self/loginuid; (uint32_t)-1 when nobody did or it cannot be told. */
uint32_t state_login_uid(void);
