// SPDX-License-Identifier: Apache-2.0
/*
 * The real calls. write and fsync start again after a signal, so that callers need not.
 */
#include "harden/host/change_sysops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static int real_create(int dir, const char *name, int flags, mode_t mode)
{
	return openat(dir, name, flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
}

static int real_append(int dir, const char *name)
{
	return openat(dir, name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}

static ssize_t real_write(int fd, const void *data, size_t len)
{
	ssize_t n;

	do
		n = write(fd, data, len);
	while (n < 0 && errno == EINTR);
	return n;
}

static int real_sync(int fd)
{
	int r;

	do
		r = fsync(fd);
	while (r < 0 && errno == EINTR);
	return r;
}

static int real_chown(int fd, uid_t uid, gid_t gid)
{
	return fchownat(fd, "", uid, gid, AT_EMPTY_PATH);
}

static int real_utimens(const char *path, const struct timespec times[2])
{
	return utimensat(AT_FDCWD, path, times, 0);
}

static int real_setxattr(const char *path, const char *name, const void *value, size_t len)
{
	return setxattr(path, name, value, len, 0);
}

static int real_rename(int dir, const char *from, const char *to)
{
	return renameat(dir, from, dir, to);
}

static int real_rename_new(int dir, const char *from, const char *to)
{
	return renameat2(dir, from, dir, to, RENAME_NOREPLACE);
}

const struct sysops sysops_real = {
	.create = real_create,
	.append = real_append,
	.write = real_write,
	.sync = real_sync,
	.truncate = ftruncate,
	.chmod = chmod,
	.chown = real_chown,
	.utimens = real_utimens,
	.setxattr = real_setxattr,
	.removexattr = removexattr,
	.rename = real_rename,
	.rename_new = real_rename_new,
	.unlink = unlinkat,
	.mkdir = mkdirat,
	.symlink = symlinkat,
};

const struct sysops *sysops = &sysops_real;
