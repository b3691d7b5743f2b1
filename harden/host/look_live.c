// SPDX-License-Identifier: Apache-2.0
/*
 * Comparing our root with PID 1's. /proc must be that of our own pid namespace: in it, PID 1 of a
 * container is the container's, hence the look at the namespaces of the kernel's first process,
 * whose numbers are fixed (PROC_PID_INIT_INO and friends in linux/proc_ns.h).
 */
#include "harden/host/look_live.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* include/linux/proc_ns.h of the kernel, unchanged since 3.8 */
#define PROC_PID_INIT_INO 0xEFFFFFFCU

static enum live same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	if (stat(a, &sa) < 0 || stat(b, &sb) < 0)
		return errno == EACCES && geteuid() != 0 ? LIVE_UNKNOWN : LIVE_NO;
	return sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino ? LIVE_YES : LIVE_NO;
}

enum live look_live(void)
{
	enum live root;
	struct stat pid;

	if (stat("/proc/self/ns/pid", &pid) < 0 || pid.st_ino != PROC_PID_INIT_INO)
		return LIVE_NO;
	root = same_file("/proc/1/root", "/");
	return root == LIVE_YES ? same_file("/proc/1/ns/mnt", "/proc/self/ns/mnt") : root;
}
