// SPDX-License-Identifier: Apache-2.0
/*
 * /proc of the process that the pid file names. The start time in /proc/PID/stat counts from boot in
 * clock ticks; the wall clock time follows from what both clocks say now.
 */
#include "harden/host/look_running.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define PID_FILE "/var/run/docker.pid"
#define PROC_MAX (1u << 20)
#define NS_PER_S 1000000000L

static int proc_read(pid_t pid, const char *name, struct strbuf *out, struct error *err)
{
	char path[64];
	AUTO_CLOSE int fd = -1;
	char chunk[4096];
	ssize_t n = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && out->len < PROC_MAX && (n = read(fd, chunk, sizeof(chunk))) > 0)
		strbuf_append_bytes(out, chunk, (size_t)n);
	if (fd < 0 || n < 0)
		return error_set(err, ERROR_SYS, errno, "read %s", path);
	return out->failed ? error_nomem(err) : 0;
}

static char *proc_link(pid_t pid, const char *name)
{
	char path[64], target[4096];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return NULL;
	target[n] = '\0';
	if (str_ends(target, " (deleted)"))
		target[n - (ssize_t)strlen(" (deleted)")] = '\0';
	return strdup(target);
}

/* Field 22 of /proc/PID/stat; the name in front may hold anything, also ")". */
static int proc_start(pid_t pid, uint64_t *ret_ticks, struct error *err)
{
	AUTO(strbuf) struct strbuf text = {0};
	const char *p;

	if (proc_read(pid, "stat", &text, err) < 0)
		return -1;
	p = text.data ? strrchr(text.data, ')') : NULL;
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	if (!p)
		return error_set(err, ERROR_FORMAT, 0, "/proc/%d/stat is cut short", (int)pid);
	*ret_ticks = strtoull(p, NULL, 10);
	return 0;
}

static struct timespec wall_time(uint64_t ticks)
{
	struct timespec real = {0}, boot = {0};
	int64_t hz = sysconf(_SC_CLK_TCK), ns;

	(void)clock_gettime(CLOCK_REALTIME, &real); /* these clocks always exist */
	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	ns = (real.tv_sec - boot.tv_sec) * NS_PER_S + real.tv_nsec - boot.tv_nsec +
	     (int64_t)ticks * (NS_PER_S / hz);
	return (struct timespec){ns / NS_PER_S, ns % NS_PER_S};
}

static bool same_namespace(pid_t pid)
{
	char path[64];
	struct stat ours, theirs;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	return stat("/proc/self/ns/mnt", &ours) == 0 && stat(path, &theirs) == 0 &&
	       ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

/* Whether that process is a dockerd of this host; *ret_binary is what it executes. */
static bool is_dockerd(pid_t pid, char **ret_binary)
{
	AUTO_FREE char *binary = pid > 0 ? proc_link(pid, "exe") : NULL;
	const char *name = binary ? strrchr(binary, '/') : NULL;

	/* a mount namespace of its own is what PrivateMounts= gives; a stranger's is a container's */
	if (!name || !str_equal(name, "/dockerd") || !same_namespace(pid))
		return false;
	*ret_binary = take_ptr(&binary);
	return true;
}

static int pid_of_file(const struct dockerd *written, pid_t *ret_pid, struct error *err)
{
	AUTO_FREE char *named = NULL;
	AUTO_CLOSE int fd = -1;
	char text[32];
	ssize_t n;

	*ret_pid = 0;
	if (dockerd_text(written, "pidfile", &named, NULL) < 0)
		named = NULL; /* a broken configuration has nothing to say about what runs */
	fd = open(named ? named : PID_FILE, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return error_set(err, ERROR_SYS, errno, "read %s", named ? named : PID_FILE);
	text[n] = '\0';
	*ret_pid = (pid_t)strtol(text, NULL, 10);
	return 0;
}

int look_running(const struct dockerd *written, pid_t pid_hint, struct running *ret_running,
		 struct error *err)
{
	AUTO(running) struct running r = {.pid = pid_hint};
	AUTO(strbuf) struct strbuf cmdline = {0};

	if (!is_dockerd(r.pid, &r.binary)) {
		if (pid_of_file(written, &r.pid, err) < 0)
			return -1;
		if (!is_dockerd(r.pid, &r.binary))
			r.pid = 0;
	}
	if (r.pid) {
		if (proc_start(r.pid, &r.ticks, err) < 0 ||
		    proc_read(r.pid, "cmdline", &cmdline, err) < 0)
			return -1;
		r.started = wall_time(r.ticks);
		r.log = proc_link(r.pid, "fd/2");
		r.cmdline = blob_new(cmdline.data ? cmdline.data : "", cmdline.len);
		if (!r.cmdline)
			return error_nomem(err);
	}
	*ret_running = r;
	r = (struct running){0};
	return 0;
}

bool running_lives(const struct running *r)
{
	AUTO_FREE char *binary = NULL;
	uint64_t ticks;

	return r->pid && is_dockerd(r->pid, &binary) && proc_start(r->pid, &ticks, NULL) == 0 &&
	       ticks == r->ticks;
}

void running_done(struct running *r)
{
	free(r->binary);
	free(r->log);
	blob_free(r->cmdline);
	*r = (struct running){0};
}

/* The words behind the program's name, as arguments of a line. */
static int take_arguments(const struct blob *cmdline, struct dockerd *d, struct error *err)
{
	size_t at = strlen(cmdline->data) + 1;

	for (; at < cmdline->len; at += strlen(cmdline->data + at) + 1) {
		struct exec_line *line = &d->line;
		struct exec_arg arg = {.span = {at, at + strlen(cmdline->data + at)}};

		if (vec_reserve((void **)&line->args, &line->cap, line->len, sizeof(arg), err) < 0)
			return -1;
		arg.text = strdup(cmdline->data + at);
		if (!arg.text)
			return error_nomem(err);
		line->args[line->len++] = arg;
	}
	return 0;
}

/* The command line stands for the environment file that flags come from. */
static int add_source(const struct running *r, struct dockerd *d, struct error *err)
{
	d->env = calloc(1, sizeof(*d->env));
	if (!d->env)
		return error_nomem(err);
	d->env_len = d->env_cap = 1;
	d->env[0].path = str_format("/proc/%d/cmdline", (int)r->pid);
	d->env[0].content = blob_ref(r->cmdline);
	return d->env[0].path ? 0 : error_nomem(err);
}

static int parse_flags(struct dockerd *d, struct error *err)
{
	AUTO_FREE const char **words = calloc(d->line.len + 1, sizeof(*words));

	if (!words)
		return error_nomem(err);
	for (size_t i = 0; i < d->line.len; i++)
		words[i] = d->line.args[i].text;
	return pflag_parse(words, d->line.len, &d->flags, err);
}

static int copy_text(char **to, const char *from, struct error *err)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? error_nomem(err) : 0;
}

static int fill_view(const struct running *r, const struct dockerd *written,
		     const struct value *config, struct dockerd *d, struct error *err)
{
	if (add_source(r, d, err) < 0 || take_arguments(r->cmdline, d, err) < 0 ||
	    parse_flags(d, err) < 0 || copy_text(&d->version, written->version, err) < 0 ||
	    copy_text(&d->config_path, written->config_path, err) < 0)
		return -1;
	d->config = config ? value_copy(config) : value_map();
	return d->config ? 0 : error_nomem(err);
}

int running_view(const struct running *r, const struct dockerd *written, const struct value *config,
		 struct dockerd **ret_view, struct error *err)
{
	struct dockerd *d = dockerd_new();

	if (!d)
		return error_nomem(err);
	d->installed = true;
	if (fill_view(r, written, config, d, err) < 0) {
		dockerd_free(d);
		return -1;
	}
	*ret_view = d;
	return 0;
}
