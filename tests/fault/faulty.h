// SPDX-License-Identifier: Apache-2.0
/*
 * A table of system calls that fails, or kills the process, at the Nth changing call, or writes
 * down what was called in which order.
 */
#pragma once

#include "harden/base/str.h"
#include "harden/host/change_sysops.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum fault { FAULT_NONE, FAULT_ONCE, FAULT_FROM, FAULT_KILL_BEFORE, FAULT_KILL_AFTER };

static struct {
	enum fault fault;
	unsigned at, calls;
	int error;
	bool fired;
	struct strbuf *trace;				    /* a line per call, NULL: not wanted */
	void (*hook)(const char *call, const char *detail); /* before the call; NULL: none */
} faulty;

static bool faulty_fails(const char *call, const char *detail)
{
	bool hit;

	faulty.calls++;
	if (faulty.hook)
		faulty.hook(call, detail);
	if (faulty.trace)
		strbuf_appendf(faulty.trace, "%s %s\n", call, detail);
	hit = faulty.fault != FAULT_NONE &&
	      (faulty.calls == faulty.at ||
	       (faulty.fault == FAULT_FROM && faulty.calls > faulty.at));
	if (!hit)
		return false;
	faulty.fired = true;
	if (faulty.fault == FAULT_KILL_BEFORE)
		(void)kill(getpid(), SIGKILL);
	errno = faulty.error;
	return faulty.fault != FAULT_KILL_AFTER;
}

/* Passes the call's result on, unless the process ends here. */
static long faulty_after(long result)
{
	if (faulty.fault == FAULT_KILL_AFTER && faulty.calls == faulty.at)
		(void)kill(getpid(), SIGKILL);
	return result;
}

#define FAULTY(call, detail, real) (faulty_fails(call, detail) ? -1 : faulty_after(real))

/* The name behind a descriptor, as far as it tells. */
static const char *faulty_name(int fd)
{
	static char name[512];
	char link[64];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof(name) - 1);
	name[n > 0 ? n : 0] = '\0';
	return name;
}

static int faulty_create(int dir, const char *name, int flags, mode_t mode)
{
	return (int)FAULTY("create", name, sysops_real.create(dir, name, flags, mode));
}

static int faulty_append(int dir, const char *name)
{
	return (int)FAULTY("append", name, sysops_real.append(dir, name));
}

static ssize_t faulty_write(int fd, const void *data, size_t len)
{
	/* what is lost halfway through: only a part is written before the end */
	if (faulty.fault == FAULT_KILL_BEFORE && faulty.calls + 1 == faulty.at && len > 1)
		(void)sysops_real.write(fd, data, len / 2);
	return FAULTY("write", faulty_name(fd), sysops_real.write(fd, data, len));
}

static int faulty_sync(int fd)
{
	return (int)FAULTY("sync", faulty_name(fd), sysops_real.sync(fd));
}

static int faulty_truncate(int fd, off_t len)
{
	return (int)FAULTY("truncate", faulty_name(fd), sysops_real.truncate(fd, len));
}

static int faulty_chmod(const char *path, mode_t mode)
{
	return (int)FAULTY("chmod", path, sysops_real.chmod(path, mode));
}

static int faulty_chown(int fd, uid_t uid, gid_t gid)
{
	return (int)FAULTY("chown", faulty_name(fd), sysops_real.chown(fd, uid, gid));
}

static int faulty_utimens(const char *path, const struct timespec times[2])
{
	return (int)FAULTY("utimens", path, sysops_real.utimens(path, times));
}

static int faulty_setxattr(const char *path, const char *name, const void *value, size_t len)
{
	return (int)FAULTY("setxattr", name, sysops_real.setxattr(path, name, value, len));
}

static int faulty_removexattr(const char *path, const char *name)
{
	return (int)FAULTY("removexattr", name, sysops_real.removexattr(path, name));
}

static int faulty_rename(int dir, const char *from, const char *to)
{
	return (int)FAULTY("rename", to, sysops_real.rename(dir, from, to));
}

static int faulty_rename_new(int dir, const char *from, const char *to)
{
	return (int)FAULTY("rename_new", to, sysops_real.rename_new(dir, from, to));
}

static int faulty_unlink(int dir, const char *name, int flags)
{
	return (int)FAULTY("unlink", name, sysops_real.unlink(dir, name, flags));
}

static int faulty_mkdir(int dir, const char *name, mode_t mode)
{
	return (int)FAULTY("mkdir", name, sysops_real.mkdir(dir, name, mode));
}

static int faulty_symlink(const char *target, int dir, const char *name)
{
	return (int)FAULTY("symlink", name, sysops_real.symlink(target, dir, name));
}

static const struct sysops sysops_faulty = {
	.create = faulty_create,
	.append = faulty_append,
	.write = faulty_write,
	.sync = faulty_sync,
	.truncate = faulty_truncate,
	.chmod = faulty_chmod,
	.chown = faulty_chown,
	.utimens = faulty_utimens,
	.setxattr = faulty_setxattr,
	.removexattr = faulty_removexattr,
	.rename = faulty_rename,
	.rename_new = faulty_rename_new,
	.unlink = faulty_unlink,
	.mkdir = faulty_mkdir,
	.symlink = faulty_symlink,
};

static void faulty_begin(enum fault fault, unsigned at, int error)
{
	faulty.fault = fault;
	faulty.at = at;
	faulty.error = error;
	faulty.calls = 0;
	faulty.fired = false;
	sysops = &sysops_faulty;
}

/* Back to the real calls; whether the fault came. */
static bool faulty_end(void)
{
	sysops = &sysops_real;
	faulty.fault = FAULT_NONE;
	return faulty.fired;
}
