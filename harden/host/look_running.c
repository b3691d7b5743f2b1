// SPDX-License-Identifier: Apache-2.0
/*
 * Putting process, log and view together.
 */
#include "harden/host/look_running.h"

#include "harden/host/host.h"
#include "harden/host/look_proc.h"
#include "harden/host/look_process_view.h"

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

int running_view(struct host *host, const struct running *r, const struct dockerd *written,
		 const struct value *config, struct dockerd **ret_view, struct error *err)
{
	AUTO_PTR(dockerd) struct dockerd *d = NULL;

	if (process_view(host, &r->process, written, &d, err) < 0)
		return -1;
	free(take_ptr(&d->config_path));
	value_free(d->config);
	d->config_path = written->config_path ? strdup(written->config_path) : NULL;
	d->config = config ? value_copy(config) : value_map();
	if (!d->config || (written->config_path && !d->config_path))
		return error_nomem(err);
	*ret_view = take_ptr(&d);
	return 0;
}
