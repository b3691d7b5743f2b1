// SPDX-License-Identifier: Apache-2.0
/*
 * Comparing our root with PID 1's. /proc must be that of our own pid namespace: in it, PID 1 of a
 * container is the container's, hence the look at the namespaces of the kernel's first process,
 * whose numbers are fixed (PROC_PID_INIT_INO and friends in linux/proc_ns.h).
 */
#include "harden/host/look_live.h"

#include <sys/stat.h>

/* include/linux/proc_ns.h of the kernel, unchanged since 3.8 */
#define PROC_PID_INIT_INO 0xEFFFFFFCU

static bool same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

bool look_live(void)
{
	struct stat pid;

	if (stat("/proc/self/ns/pid", &pid) < 0 || pid.st_ino != PROC_PID_INIT_INO)
		return false;
	return same_file("/proc/1/root", "/") && same_file("/proc/1/ns/mnt", "/proc/self/ns/mnt");
}
