// SPDX-License-Identifier: Apache-2.0
/*
 * Finding dockerd, and what /proc says of it (proc(5)).
 */
#include "harden/host/look_process.h"

#include "harden/host/host.h"
#include "harden/host/look_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#define PROGRAM "dockerd"
#define DELETED " (deleted)"

static char *proc_name(pid_t pid, const char *name)
{
	return str_format("%ld/%s", (long)pid, name);
}

/* A whole line of digits, as dockerd writes it; 0 for anything else. */
static pid_t parse_pid(const char *text)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	end += strspn(end, " \t\r\n");
	return errno || end == text || *end || n <= 0 || n > INT_MAX ? 0 : (pid_t)n;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* 1: it runs a program of that name; *ret_exe, if given, is where it was started from. */
static int runs(struct host *host, pid_t pid, const char *program, char **ret_exe,
		bool *ret_deleted, struct error *err)
{
	AUTO_FREE char *name = proc_name(pid, "exe"), *exe = NULL;
	bool deleted;
	int r;

	if (!name)
		return error_nomem(err);
	r = proc_link(host, name, &exe, err);
	if (r <= 0)
		return r;
	deleted = str_ends(exe, DELETED);
	if (deleted)
		exe[strlen(exe) - strlen(DELETED)] = '\0';
	if (!str_equal(base_name(exe), program))
		return 0;
	*ret_exe = take_ptr(&exe);
	*ret_deleted = deleted;
	return 1;
}

int process_status(struct host *host, pid_t pid, const char *field, char **ret_text,
		   struct error *err)
{
	AUTO_FREE char *name = proc_name(pid, "status"), *start = str_format("\n%s:", field);
	AUTO(strbuf) struct strbuf text = {0};
	const char *found;
	int r;

	*ret_text = NULL;
	if (!name || !start)
		return error_nomem(err);
	strbuf_append_char(&text, '\n');
	r = proc_read(host, name, &text, err);
	if (r <= 0)
		return r;
	found = strstr(text.data, start);
	if (!found)
		return 0;
	found += strlen(start);
	found += strspn(found, " \t");
	*ret_text = strndup(found, strcspn(found, "\n"));
	return *ret_text ? 0 : error_nomem(err);
}

int process_euid(struct host *host, pid_t pid, uid_t *ret_euid, struct error *err)
{
	AUTO_FREE char *text = NULL;
	char *end;
	unsigned long id;

	/* real, effective, saved, filesystem */
	if (process_status(host, pid, "Uid", &text, err) < 0)
		return -1;
	if (!text)
		return 0;
	(void)strtoul(text, &end, 10);
	id = strtoul(end, &end, 10);
	*ret_euid = (uid_t)id;
	return 1;
}

/*
 * Field 22 of /proc/PID/stat counts ticks since boot; the name before it may hold anything, so
 * fields are counted from its last bracket. The moment of boot is what the two clocks differ by now:
 * the btime of /proc/stat is rounded to seconds.
 */
static int look_began(struct host *host, pid_t pid, struct timespec *ret_began, struct error *err)
{
	AUTO_FREE char *name = proc_name(pid, "stat");
	AUTO(strbuf) struct strbuf text = {0};
	struct timespec real, boot;
	const char *p;
	long hz = sysconf(_SC_CLK_TCK);
	unsigned long long ticks;
	long long ns;
	int r;

	if (!name)
		return error_nomem(err);
	r = proc_read(host, name, &text, err);
	if (r <= 0)
		return r;
	p = strrchr(text.data, ')');
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	if (!p || hz <= 0)
		return error_set(err, ERROR_FORMAT, 0, "%s/%s has no start time", host->proc, name);
	ticks = strtoull(p + 1, NULL, 10);
	if (clock_gettime(CLOCK_REALTIME, &real) < 0 || clock_gettime(CLOCK_BOOTTIME, &boot) < 0)
		return error_set(err, ERROR_SYS, errno, "tell the time");
	ns = real.tv_nsec - boot.tv_nsec +
	     (long long)(ticks % (unsigned long long)hz) * (1000000000LL / hz);
	ret_began->tv_sec = real.tv_sec - boot.tv_sec + (time_t)(ticks / (unsigned long long)hz) +
			    (time_t)(ns / 1000000000LL) - (ns % 1000000000LL < 0);
	ret_began->tv_nsec = (long)((ns % 1000000000LL + 1000000000LL) % 1000000000LL);
	return 1;
}

/* NUL-separated words; each becomes an argument, and a line of the text that messages count by. */
static int look_arguments(struct host *host, struct process *p, struct error *err)
{
	AUTO_FREE char *name = proc_name(p->pid, "cmdline");
	AUTO(strbuf) struct strbuf text = {0};
	int r;

	if (!name)
		return error_nomem(err);
	r = proc_read(host, name, &text, err);
	if (r <= 0)
		return r;
	for (size_t at = strlen(text.data) + 1; at < text.len; at += strlen(text.data + at) + 1)
		if (strv_add(&p->args, text.data + at, err) < 0)
			return -1;
	for (size_t i = 0; i < text.len; i++)
		if (!text.data[i])
			text.data[i] = '\n';
	p->cmdline = blob_from_strbuf(&text);
	return p->cmdline ? 1 : error_nomem(err);
}

/* 1: pid is a dockerd and *p describes it; 0: it is none, or gone. */
static int describe(struct host *host, pid_t pid, const char *found_by, struct process *p,
		    struct error *err)
{
	AUTO(process) struct process process = {.pid = pid};
	int r = runs(host, pid, PROGRAM, &process.exe, &process.deleted, err);

	if (r > 0)
		r = process_euid(host, pid, &process.euid, err);
	if (r > 0)
		r = look_began(host, pid, &process.began, err);
	if (r > 0)
		r = look_arguments(host, &process, err);
	if (r <= 0)
		return r;
	process.found_by = strdup(found_by);
	if (!process.found_by)
		return error_nomem(err);
	*p = process;
	process = (struct process){0};
	return 1;
}

/*
 * Read anew each time, past the cache of files: a restart writes another number. Nothing is made of
 * the file but a number, and /proc has to agree to it.
 */
static pid_t read_pid_file(struct host *host, const char *path)
{
	AUTO_CLOSE int fd = openat(host->root_fd, path + (path[0] == '/'),
				   O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char text[32];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return parse_pid(text);
}

static int compare_pids(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int look_processes(struct host *host, const char *program, pid_t **ret_pids, size_t *ret_len,
		   struct error *err)
{
	AUTO(strv) struct strv names = {0};
	AUTO_FREE pid_t *pids = NULL;
	size_t len = 0, cap = 0;

	if (proc_list(host, ".", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++) {
		AUTO_FREE char *exe = NULL;
		AUTO(error) struct error ignored = {0};
		pid_t pid = parse_pid(names.items[i]);
		bool deleted;

		if (!pid || runs(host, pid, program, &exe, &deleted, &ignored) <= 0)
			continue;
		if (vec_reserve((void **)&pids, &cap, len, sizeof(*pids), err) < 0)
			return -1;
		pids[len++] = pid;
	}
	if (len)
		qsort(pids, len, sizeof(*pids), compare_pids);
	*ret_pids = take_ptr(&pids);
	*ret_len = len;
	return 0;
}

static int compare_group_processes(const void *a, const void *b)
{
	return compare_pids(&((const struct group_process *)a)->pid,
			    &((const struct group_process *)b)->pid);
}

/* Decimal numbers with blanks between them: proc(5), Gid and Groups. */
static bool has_gid(const char *text, gid_t gid)
{
	char *end;

	for (const char *p = text; p && *p; p = end) {
		unsigned long n = strtoul(p, &end, 10);

		if (end == p)
			return false;
		if (n == gid)
			return true;
	}
	return false;
}

/* 1: it has the group and is not root's. */
static int has_group(struct host *host, pid_t pid, gid_t gid, uid_t *ret_uid, struct error *err)
{
	AUTO_FREE char *groups = NULL, *own = NULL;
	int r = process_euid(host, pid, ret_uid, err);

	if (r <= 0 || *ret_uid == 0)
		return r < 0 ? -1 : 0;
	if (process_status(host, pid, "Groups", &groups, err) < 0 ||
	    process_status(host, pid, "Gid", &own, err) < 0)
		return -1;
	return has_gid(groups, gid) || has_gid(own, gid);
}

int look_group_processes(struct host *host, gid_t gid, struct group_process **ret_items,
			 size_t *ret_len, struct error *err)
{
	AUTO(strv) struct strv names = {0};
	AUTO_FREE struct group_process *items = NULL;
	size_t len = 0, cap = 0;

	if (proc_list(host, ".", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++) {
		AUTO(error) struct error ignored = {0};
		struct group_process p = {.pid = parse_pid(names.items[i])};

		if (!p.pid || has_group(host, p.pid, gid, &p.uid, &ignored) <= 0)
			continue;
		if (vec_reserve((void **)&items, &cap, len, sizeof(*items), err) < 0)
			return -1;
		items[len++] = p;
	}
	if (len)
		qsort(items, len, sizeof(*items), compare_group_processes);
	*ret_items = take_ptr(&items);
	*ret_len = len;
	return 0;
}

/* A dockerd in a container is not this host's: it has another mount namespace. */
static bool is_of_our_namespace(struct host *host, pid_t pid)
{
	AUTO_FREE char *name = proc_name(pid, "ns/mnt"), *theirs = NULL, *ours = NULL;
	AUTO(error) struct error ignored = {0};

	return name && proc_link(host, name, &theirs, &ignored) > 0 &&
	       proc_link(host, "self/ns/mnt", &ours, &ignored) > 0 && str_equal(theirs, ours);
}

/* Neither pid file nor systemd: the one dockerd of root in our namespace; of several, none. */
static int from_names(struct host *host, struct process *p, struct error *err)
{
	AUTO_FREE pid_t *pids = NULL;
	size_t len, found = 0;
	pid_t one = 0;

	if (look_processes(host, PROGRAM, &pids, &len, err) < 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		AUTO(error) struct error ignored = {0};
		uid_t euid;

		if (process_euid(host, pids[i], &euid, &ignored) <= 0 || euid != 0 ||
		    !is_of_our_namespace(host, pids[i]))
			continue;
		one = pids[i];
		found++;
	}
	return found == 1 ? describe(host, one, "/proc", p, err) : 0;
}

int look_process(struct host *host, pid_t main_pid, const char *pid_file,
		 struct process *ret_process, struct error *err)
{
	struct process p = {0};
	pid_t pid;
	int r;

	if (!host->live)
		return error_set(err, ERROR_INTERNAL, 0, "processes of a host that is not live");
	r = main_pid ? describe(host, main_pid, "systemd", &p, err) : 0;
	if (r == 0 && pid_file && (pid = read_pid_file(host, pid_file)))
		r = describe(host, pid, pid_file, &p, err);
	if (r == 0)
		r = from_names(host, &p, err);
	if (r < 0)
		return -1;
	*ret_process = p;
	return 0;
}

void process_done(struct process *process)
{
	free(process->found_by);
	free(process->exe);
	blob_free(process->cmdline);
	strv_done(&process->args);
	*process = (struct process){0};
}
