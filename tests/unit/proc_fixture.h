// SPDX-License-Identifier: Apache-2.0
/*
 * Processes that do not run: a /proc of files inside a tree of dockerd_fixture.h, which that host
 * then takes for its own. Sockets too, as lines of net/tcp and links of fd.
 */
#pragma once

#include "tests/unit/tree_fixture.h"

#include <time.h>

struct fake_process {
	int pid;
	const char *exe;	     /* as the kernel shows it, perhaps with " (deleted)" */
	unsigned uid;		     /* real and effective */
	const char *args;	     /* with a blank between them; the program first */
	long ago;		     /* seconds since it was started */
	const char *mount_namespace; /* NULL: ours */
	const char *status;	     /* more lines of its status, NULL: none */
	bool ended;		     /* after its links were read: its command line is empty */
};

#define FAKE_NAMESPACE "mnt:[4026531841]"

/* The host is live from here on, and its /proc lies in the tree. */
static inline void proc_live(struct tree *t)
{
	static char proc[sizeof(t->path) + 8];

	(void)snprintf(proc, sizeof(proc), "%s/proc", t->path);
	t->host.proc = proc;
	t->host.live = true;
	t->host.offline = false;
	(void)tree_entry(t->path, "@/proc/self/ns/mnt -> " FAKE_NAMESPACE "\n");
}

static inline void proc_file(const struct tree *t, const char *path, const char *bytes, size_t len)
{
	FILE *f;

	tree_parents(t->path, path);
	f = fopen(tree_path(t, path), "we");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* Ticks of 10 ms since boot, of a moment that many seconds ago. */
static inline long long proc_ticks(long ago)
{
	struct timespec boot;

	assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &boot), 0);
	return (long long)(boot.tv_sec - ago) * sysconf(_SC_CLK_TCK);
}

static inline void proc_add(const struct tree *t, const struct fake_process *p)
{
	char path[64], text[1024];
	int n;

	(void)snprintf(text, sizeof(text), "@/proc/%d/exe -> %s\n", p->pid, p->exe);
	(void)tree_entry(t->path, text);
	(void)snprintf(text, sizeof(text), "@/proc/%d/ns/mnt -> %s\n", p->pid,
		       p->mount_namespace ? p->mount_namespace : FAKE_NAMESPACE);
	(void)tree_entry(t->path, text);

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", p->pid);
	n = snprintf(text, sizeof(text), "%s", p->args);
	for (char *c = text; *c; c++)
		if (*c == ' ')
			*c = '\0';
	proc_file(t, path, text, p->ended ? 0 : (size_t)n + 1);

	(void)snprintf(path, sizeof(path), "/proc/%d/status", p->pid);
	n = snprintf(text, sizeof(text), "Name:\tx\nUid:\t%u\t%u\t%u\t%u\n%s", p->uid, p->uid,
		     p->uid, p->uid, p->status ? p->status : "");
	proc_file(t, path, text, (size_t)n);

	/* a name with brackets and blanks must not mislead */
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", p->pid);
	n = snprintf(text, sizeof(text),
		     "%d (a ) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 %lld 20\n", p->pid,
		     proc_ticks(p->ago));
	proc_file(t, path, text, (size_t)n);
}
