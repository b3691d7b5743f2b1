// SPDX-License-Identifier: Apache-2.0
/*
 * Every system call with which harden changes anything, in one table. Nothing else in the program
 * refers to these libc functions (checked with nm over the objects), so a look cannot write, and a
 * test that puts its own table in place sees, fails or interrupts each change.
 *
 * Members behave as the calls they are named after: -1 and errno on failure. path is always
 * "/proc/self/fd/N" of a descriptor that was walked to, as that works on O_PATH descriptors, on
 * sockets and on every kernel (fchmodat2 is Linux 6.6).
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

struct sysops {
	/* openat with O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC added */
	int (*create)(int dir, const char *name, int flags, mode_t mode);
	/* openat with O_WRONLY|O_APPEND|O_NOFOLLOW|O_CLOEXEC of what exists */
	int (*append)(int dir, const char *name);
	ssize_t (*write)(int fd, const void *data, size_t len);
	int (*sync)(int fd); /* fsync */
	int (*truncate)(int fd, off_t len);
	int (*chmod)(const char *path, mode_t mode);
	int (*chown)(int fd, uid_t uid, gid_t gid); /* fchownat with AT_EMPTY_PATH */
	int (*utimens)(const char *path, const struct timespec times[2]);
	int (*setxattr)(const char *path, const char *name, const void *value, size_t len);
	int (*removexattr)(const char *path, const char *name);
	int (*rename)(int dir, const char *from, const char *to);
	/* renameat2 with RENAME_NOREPLACE: EEXIST if to exists; EINVAL on some file systems */
	int (*rename_new)(int dir, const char *from, const char *to);
	int (*unlink)(int dir, const char *name, int flags);
	int (*mkdir)(int dir, const char *name, mode_t mode);
	int (*symlink)(const char *target, int dir, const char *name);
};

/* The table in use: the real calls, unless a test replaces it. */
extern const struct sysops *sysops;
extern const struct sysops sysops_real;
