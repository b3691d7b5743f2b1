// SPDX-License-Identifier: Apache-2.0
/*
 * Preloaded into harden in a virtual machine: the power fails right after one of the calls that end a
 * step of its journal or of a change, a sync or a rename.
 *
 *	HARDEN_CUT_AT=N		after the Nth of them (from 1)
 *	HARDEN_CUT_LOG=FILE	each of them becomes a line of FILE, "fsync /etc/docker/x"
 *
 * The byte written to port 0x501 ends QEMU (isa-debug-exit) before another instruction is run, so
 * what the guest has not synced by then is lost.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <unistd.h>

static int steps, cut_at;
static const char *log_path;

/* harden clears its environment, so this is read before its main. */
__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("HARDEN_CUT_AT"), *log = getenv("HARDEN_CUT_LOG");

	cut_at = at ? (int)strtol(at, NULL, 10) : 0;
	log_path = log ? strdup(log) : NULL;
	if (cut_at > 0 && ioperm(0x501, 1, 1) != 0)
		_exit(99);
}

static void step(const char *call, int fd, const char *name)
{
	char link[64], path[4096];
	ssize_t len;
	int log;

	steps++;
	if (steps == cut_at)
		outb(0, 0x501);
	log = log_path ? open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
	if (log < 0)
		return;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path));
	dprintf(log, "%s %.*s%s%s\n", call, len > 0 ? (int)len : 0, path, *name ? "/" : "", name);
	(void)close(log);
}

/* The next definition of a function: libc's. */
#define REAL(function) ((__typeof__(&(function)))dlsym(RTLD_NEXT, #function))

int fsync(int fd)
{
	int r = REAL(fsync)(fd);

	step("fsync", fd, "");
	return r;
}

int fdatasync(int fd)
{
	int r = REAL(fdatasync)(fd);

	step("fdatasync", fd, "");
	return r;
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	int r = REAL(renameat)(from_dir, from, to_dir, to);

	step("rename", to_dir, to);
	return r;
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	int r = REAL(renameat2)(from_dir, from, to_dir, to, flags);

	step("rename", to_dir, to);
	return r;
}
