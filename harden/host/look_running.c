// SPDX-License-Identifier: Apache-2.0
/*
 * A command line as a view: its bytes stand for the environment file that flags come from, so that
 * every flag has a place to be named.
 */
#include "harden/host/look_running.h"

#include "harden/host/host.h"
#include "harden/host/look_proc.h"

#define PID_FILE "/var/run/docker.pid"

static int look_log(struct host *host, pid_t pid, char **ret_log, struct error *err)
{
	AUTO_FREE char *name = str_format("%ld/fd/2", (long)pid), *target = NULL;
	int r;

	*ret_log = NULL;
	if (!name)
		return error_nomem(err);
	r = proc_link(host, name, &target, err);
	if (r > 0 && target[0] == '/' && !str_starts(target, "/dev/"))
		*ret_log = take_ptr(&target);
	return r < 0 ? -1 : 0;
}

int look_running(struct host *host, const struct dockerd *written, pid_t main_pid,
		 struct running *ret_running, struct error *err)
{
	AUTO(running) struct running r = {0};
	AUTO_FREE char *pid_file = NULL;

	if (dockerd_text(written, "pidfile", &pid_file, NULL) < 0)
		pid_file = NULL; /* a broken configuration does not tell what runs */
	if (look_process(host, main_pid, pid_file ? pid_file : PID_FILE, &r.process, err) < 0)
		return -1;
	if (r.process.pid && look_log(host, r.process.pid, &r.log, err) < 0)
		return -1;
	*ret_running = r;
	r = (struct running){0};
	return 0;
}

/* Both times were taken from the tick of its start, by way of two clocks that may be set. */
static bool same_time(struct timespec a, struct timespec b)
{
	int64_t ms = (a.tv_sec - b.tv_sec) * 1000 + (a.tv_nsec - b.tv_nsec) / 1000000;

	return ms > -1000 && ms < 1000;
}

bool running_lives(struct host *host, const struct running *r)
{
	AUTO(process) struct process now = {0};

	return r->process.pid && look_process(host, r->process.pid, NULL, &now, NULL) == 0 &&
	       now.pid == r->process.pid && same_time(now.began, r->process.began);
}

void running_done(struct running *r)
{
	process_done(&r->process);
	free(r->log);
	*r = (struct running){0};
}

/* Line 1 of the source is the program; each argument has a line of its own. */
static int take_arguments(const struct process *p, struct dockerd *d, struct error *err)
{
	size_t at = strcspn(p->cmdline->data, "\n") + 1;

	for (size_t i = 0; i < p->args.len; i++) {
		struct exec_line *line = &d->line;
		struct exec_arg arg = {.span = {at, at + strlen(p->args.items[i])}};

		if (arg.span.end > p->cmdline->len)
			arg.span = (struct span){0, 0};
		at = arg.span.end + 1;
		if (vec_reserve((void **)&line->args, &line->cap, line->len, sizeof(arg), err) < 0)
			return -1;
		arg.text = strdup(p->args.items[i]);
		if (!arg.text)
			return error_nomem(err);
		line->args[line->len++] = arg;
	}
	return pflag_parse((const char *const *)p->args.items, p->args.len, &d->flags, err);
}

static int add_source(const struct process *p, struct dockerd *d, struct error *err)
{
	d->env = calloc(1, sizeof(*d->env));
	if (!d->env)
		return error_nomem(err);
	d->env_len = d->env_cap = 1;
	d->env[0].path = str_format("/proc/%ld/cmdline", (long)p->pid);
	d->env[0].content = blob_ref(p->cmdline);
	return d->env[0].path ? 0 : error_nomem(err);
}

static int copy_text(char **to, const char *from, struct error *err)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? error_nomem(err) : 0;
}

int running_view(const struct running *r, const struct dockerd *written, const struct value *config,
		 struct dockerd **ret_view, struct error *err)
{
	AUTO_PTR(dockerd) struct dockerd *d = dockerd_new();

	if (!d)
		return error_nomem(err);
	d->installed = true;
	if (add_source(&r->process, d, err) < 0 || take_arguments(&r->process, d, err) < 0 ||
	    copy_text(&d->version, written->version, err) < 0 ||
	    copy_text(&d->config_path, written->config_path, err) < 0)
		return -1;
	d->config = config ? value_copy(config) : value_map();
	if (!d->config)
		return error_nomem(err);
	*ret_view = take_ptr(&d);
	return 0;
}
