// SPDX-License-Identifier: Apache-2.0
/*
 * The steps of a decision, one after the other, each followed by a look at what came of it. A
 * daemon counts as up when two pings a while apart are answered by one process: systemd starts a
 * failing one again and again, and a plugin that cannot be reached ends dockerd only after 15
 * seconds (pkg/plugins/client.go), a TCP listener that verifies nobody delays it as long.
 */
#include "backup/settle_live.h"

#include "backup/settle_look.h"
#include "backup/settle_text.h"
#include "harden/host/change_service.h"
#include "harden/host/change_validate.h"
#include "harden/host/look_listeners.h"
#include "harden/text/json_edit.h"

#include <time.h>

#define START_SECONDS 60  /* until a daemon that starts must answer */
#define GONE_SECONDS 5	  /* no process for so long: it has ended, nobody starts it again */
#define RELOAD_SECONDS 10 /* until a reload must show */
#define WINDOW_MS 1000	  /* between the two pings */
#define LONG_WINDOW_MS 20000
#define SLICE_MS 100

struct settle {
	struct settle_request request;
	struct service service;
	struct settle_now before;
	bool restarted; /* by us: what it was started with is what is written */
	long log_end;	/* of the daemon's log before it was restarted */
	bool log_end_known;
};

static int64_t now_ms(void)
{
	struct timespec t = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void pause_ms(long ms)
{
	const struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	(void)nanosleep(&t, NULL); /* a signal makes it shorter, no more */
}

int settle_open(const struct settle_request *request, struct settle **ret_settle, struct error *err)
{
	AUTO_PTR(settle) struct settle *s = calloc(1, sizeof(*s));

	if (!s)
		return error_nomem(err);
	s->request = *request;
	s->before.host.root_fd = -1;
	if (service_open(request->restart, &s->service, err) < 0 ||
	    settle_look(request->backup, s->service.main_pid, NULL, &s->before, err) < 0)
		return error_wrap(err, "look at the running dockerd");
	*ret_settle = take_ptr(&s);
	return 0;
}

void settle_free(struct settle *s)
{
	if (!s)
		return;
	settle_now_done(&s->before);
	service_done(&s->service);
	free(s);
}

/* Asks systemd anew for the main process; the old answer is of no use after a restart. */
static int look_again(struct settle *s, struct settle_now *ret_now, struct error *err)
{
	service_done(&s->service);
	if (service_open(s->request.restart, &s->service, err) < 0)
		return -1;
	return settle_look(s->request.backup, s->service.main_pid, &s->before, ret_now, err);
}

/* Why dockerd would refuse d, NULL: it would not. */
static int find_refusal(struct settle *s, struct host *host, const struct dockerd *d,
			const char *binary, char **ret_why, struct error *err)
{
	AUTO(strv) struct strv reasons = {0};

	*ret_why = NULL;
	if (d->problem.code != ERROR_NONE) {
		*ret_why = strdup(error_message(&d->problem));
		return *ret_why ? 0 : error_nomem(err);
	}
	if (s->request.refuses && s->request.refuses(host, d, &reasons, err) < 0)
		return -1;
	if (reasons.len) {
		*ret_why = strdup(reasons.items[0]);
		return *ret_why ? 0 : error_nomem(err);
	}
	return validate_config(d, binary, ret_why, err) < 0 ? -1 : 0;
}

static bool changes_daemon(const struct stage *stage)
{
	for (size_t i = 0; i < stage->len; i++)
		if (stage->files[i].actions & (ACTION_RELOAD_DOCKER | ACTION_RESTART_DOCKER))
			return true;
	return false;
}

int settle_check(struct settle *s, struct host *host, struct error *err)
{
	AUTO_FREE char *why = NULL;
	const struct dockerd *d;

	if (!changes_daemon(host->stage))
		return 0;
	if (look_dockerd(host, &d, err) < 0)
		return -1;
	if (!d->installed)
		return 0;
	if (find_refusal(s, host, d, s->before.running.process.exe, &why, err) < 0)
		return error_wrap(err, "ask dockerd what it would say");
	if (!why)
		return 0;
	(void)error_set(err, ERROR_CONFLICT, 0, "dockerd would not run with what is planned: %s",
			why);
	error_resource(err, d->config_path);
	error_next(err, "mend that first, or leave the control out with --skip; nothing was "
			"changed");
	return -1;
}

/* Up */

/* Plugins and open TCP listeners show only later that they keep dockerd from running. */
static long window_of(const struct settle_now *now)
{
	AUTO(setting) struct setting plugins = {0};
	AUTO(listeners) struct listeners list = {0};
	AUTO(daemon_tls) struct daemon_tls tls = {0};
	bool tcp = false;

	if (dockerd_setting(now->written, "authorization-plugins", &plugins, NULL) == 0 &&
	    value_len(plugins.value))
		return LONG_WINDOW_MS;
	if (look_listeners(now->written, &list, NULL) == 0)
		for (size_t i = 0; i < list.len; i++)
			tcp = tcp || list.items[i].kind == LISTENER_TCP;
	if (tcp && look_tls(now->written, &tls, NULL) == 0 && !tls.verify)
		return LONG_WINDOW_MS;
	return WINDOW_MS;
}

static pid_t main_pid(struct settle *s)
{
	service_done(&s->service);
	/* without an answer of systemd the pid file decides */
	return service_open(s->request.restart, &s->service, NULL) < 0 ? 0 : s->service.main_pid;
}

struct watch {
	int64_t deadline, first, seen; /* ms: of the first ping in a row; when a process was seen */
	pid_t pid;
	struct error last;
};

static void watch_done(struct watch *w)
{
	error_done(&w->last);
}

/* One ping. True when the daemon has been up for the window. */
static bool watch_once(struct settle *s, struct settle_now *now, struct watch *w, long window)
{
	pid_t pid;
	bool ok;

	error_done(&w->last);
	ok = settle_ping(now, main_pid(s), &pid, &w->last);
	if (pid)
		w->seen = now_ms();
	if (!ok || pid != w->pid || !w->first) {
		w->pid = pid;
		w->first = ok ? now_ms() : 0;
		return false;
	}
	return now_ms() - w->first >= window;
}

/* Until the daemon answers and stays; not: the process before, which must be gone. */
static int wait_up(struct settle *s, pid_t not, struct error *err)
{
	AUTO(settle_now) struct settle_now now = {.host = {.root_fd = -1}};
	AUTO(watch)
	struct watch w = {.seen = now_ms(), .deadline = now_ms() + START_SECONDS * 1000};
	long window;

	if (host_open(NULL, true, &now.stage, &now.host, err) < 0 ||
	    look_dockerd(&now.host, &now.written, err) < 0)
		return -1;
	window = window_of(&now);
	w.deadline += window;
	while (now_ms() < w.deadline) {
		if (watch_once(s, &now, &w, window) && w.pid != not )
			return 0;
		if (now_ms() - w.seen > GONE_SECONDS * 1000)
			return error_set(err, ERROR_CONFLICT, 0, "dockerd ended while it started");
		pause_ms(SLICE_MS);
	}
	return error_set(err, ERROR_CONFLICT, 0, "dockerd did not answer within %d s: %s",
			 START_SECONDS, error_message(&w.last));
}

/* Steps */

static void remember_log(struct settle *s, const struct settle_now *now)
{
	s->log_end = service_log_end(now->running.log ? now->running.log : s->before.running.log);
}

static int restart(struct settle *s, const struct settle_now *now, struct error *err)
{
	s->restarted = true;
	if (service_restart(&s->service, START_SECONDS, err) < 0)
		return -1;
	return wait_up(s, now->running.process.pid, err);
}

/* A reload with a file that dockerd cannot use is only logged: what it shows must change. */
static int reload(struct settle *s, struct settle_now *now, struct error *err)
{
	int64_t deadline = now_ms() + RELOAD_SECONDS * 1000;
	bool shows = false;

	if (service_reload(&s->service, &now->host, &now->running, err) < 0)
		return -1;
	while (!shows && now_ms() < deadline) {
		AUTO(settle_now) struct settle_now then = {.host = {.root_fd = -1}};

		pause_ms(SLICE_MS);
		if (look_again(s, &then, err) < 0)
			return -1;
		shows = then.answers && !then.diff.reload.len;
	}
	if (!shows)
		return error_set(err, ERROR_CONFLICT, 0,
				 "dockerd did not take over what was to be reloaded");
	return window_of(now) > WINDOW_MS ? wait_up(s, 0, err) : 0;
}

/* What is done while daemon.json is another for a moment. */
struct held {
	struct settle *s;
	struct settle_now *now;
	bool restart;
};

static int during(void *cookie, struct error *err)
{
	struct held *h = cookie;
	AUTO(settle_now) struct settle_now now = {.host = {.root_fd = -1}};

	if (h->restart)
		return restart(h->s, h->now, err);
	if (look_again(h->s, &now, err) < 0)
		return -1;
	return reload(h->s, &now, err);
}

static int start_again(void *cookie, struct error *err)
{
	struct held *h = cookie;
	pid_t hanging = h->now->running.process.pid;

	h->s->restarted = true;
	if (service_start_again(&h->s->service, &h->now->host, &h->now->running, START_SECONDS,
				err) < 0)
		return -1;
	return wait_up(h->s, hanging, err);
}

static int stage_live_restore(struct settle_now *now, bool on, struct error *err)
{
	static const char *const key[] = {"live-restore", NULL};
	static const struct stage_how how = {.phase = PHASE_CONFIG};
	const char *path = now->written->config_path;
	AUTO_PTR(value) struct value *value = value_bool(on);
	AUTO(look) struct look look = {0};
	AUTO(file_state) struct file_state after = {0};
	AUTO_PTR(blob) struct blob *content = NULL;

	if (!value)
		return error_nomem(err);
	if (look_file(&now->host, path, LOOK_CONTENT, &look, err) < 0 ||
	    json_edit_set(look.state.content, path, key, value, &content, err) < 0)
		return -1;
	if (look.state.kind == FILE_ABSENT)
		after = (struct file_state){.kind = FILE_REGULAR, .mode = 0644};
	else if (file_state_copy(&after, &look.state, err) < 0)
		return -1;
	blob_free(after.content);
	after.content = blob_ref(content);
	return stage_put(&now->stage, look.path, &look.host, &after, how, err);
}

/* Runs what with live-restore written as on says, and puts daemon.json back. */
static int hold(struct settle *s, bool on, backup_during *what, struct held *h, struct error *err)
{
	AUTO(settle_now) struct settle_now now = {.host = {.root_fd = -1}};
	AUTO(backup_result) struct backup_result result = {0};
	struct run_info info = *s->request.info;

	info.verb = "settle";
	if (look_again(s, &now, err) < 0 || stage_live_restore(&now, on, err) < 0)
		return -1;
	if (!now.stage.len) /* it says so already */
		return what(h, err);
	if (backup_hold(s->request.backup, &now.stage, &info, what, h, &result, err) < 0)
		return error_wrap(err, "write live-restore for the moment");
	if (result.outcome == BACKUP_DONE)
		return 0;
	error_move(err, &result.error);
	return -1;
}

static int do_step(struct settle *s, enum settle_step step, struct settle_now *now,
		   struct error *err)
{
	struct held h = {.s = s, .now = now};

	switch (step) {
	case STEP_DAEMON_RELOAD:
		return service_daemon_reload(&s->service, err);
	case STEP_LOAD_RULES:
		return 0; /* told as pending */
	case STEP_RELOAD:
		return reload(s, now, err);
	case STEP_RESTART:
		return restart(s, now, err);
	case STEP_RESTART_HELD:
		h.restart = true;
		return hold(s, true, during, &h, err);
	case STEP_GIVE_UP:
		return hold(s, false, during, &h, err);
	}
	return error_set(err, ERROR_INTERNAL, 0, "settle knows no step %d", (int)step);
}

/* Deciding */

static bool is_true(const struct value *map, const char *key)
{
	const struct value *v = value_get(map, key);

	return v && v->kind == VALUE_BOOL && v->boolean;
}

static bool in_swarm(const struct value *info)
{
	const char *state = value_get_text(value_get(info, "Swarm"), "LocalNodeState");

	return state && *state && !str_equal(state, "inactive");
}

static unsigned needs_of(const struct settle *s, const struct settle_now *now, unsigned actions)
{
	bool units = (actions & ACTION_DAEMON_RELOAD) || s->service.need_reload;
	unsigned needs = 0;

	if (units && s->service.systemd)
		needs |= NEED_DAEMON_RELOAD;
	if (actions & ACTION_LOAD_RULES)
		needs |= NEED_LOAD_RULES;
	if (now->diff.reload.len || (actions & ACTION_RELOAD_DOCKER))
		needs |= NEED_RELOAD;
	if (now->diff.restart.len || !now->origin.known)
		needs |= NEED_RESTART;
	if (now->diff.stopped.len || now->diff.ignored.len)
		needs |= NEED_STOPPED;
	if (now->diff.empty.len)
		needs |= NEED_EMPTY;
	return needs;
}

static struct settle_facts facts_of(const struct settle *s, const struct settle_now *now,
				    unsigned actions)
{
	const struct dockerd *d = now->written;

	return (struct settle_facts){
		.needs = needs_of(s, now, actions),
		.policy = s->request.policy,
		.runs = now->running.process.pid != 0,
		.answers = now->answers,
		.containers = now->containers.len,
		.live_running = is_true(now->info, "LiveRestoreEnabled"),
		.live_written = dockerd_true(d, "live-restore"),
		.live_flag = dockerd_has_flag(d, "live-restore"),
		.live_explicit = value_get(d->config, "live-restore") != NULL,
		.plugin_flag = now->plugin_flag,
		.swarm = in_swarm(now->info),
		.can_restart = s->service.kind != SERVICE_NONE,
	};
}

/* The decision, after asking dockerd whether it would take what is written. */
static int decide(struct settle *s, struct settle_now *now, struct settle_facts *f,
		  struct settle_decision *ret_decision, char **ret_why, struct error *err)
{
	unsigned daemon = NEED_RELOAD | NEED_RESTART | NEED_EMPTY | NEED_STOPPED;

	*ret_why = NULL;
	if (f->runs && (f->needs & daemon) &&
	    find_refusal(s, &now->host, now->written, now->running.process.exe, ret_why, err) < 0)
		return error_wrap(err, "ask dockerd what it would say");
	f->refused = *ret_why != NULL;
	*ret_decision = settle_decide(f);
	return 0;
}

/* After */

static int fail_with_log(struct settle *s, struct error *err)
{
	AUTO_FREE char *lines = NULL;
	AUTO(error) struct error why = {0};

	if (service_log(&s->service, s->before.running.log, s->log_end, &lines, NULL) < 0 ||
	    !*lines)
		return -1;
	error_move(&why, err);
	(void)error_set(err, why.code, 0, "%s; it logged last:\n%s", error_message(&why), lines);
	return -1;
}

/* Where live-restore was held, daemon.json was written after the daemon's start. */
static int use_written(struct settle *s, const struct settle_now *now, struct error *err)
{
	value_free(s->before.origin.config);
	s->before.origin = (struct settle_origin){.known = true};
	s->before.origin.process.pid = now->running.process.pid;
	s->before.origin.process.began = now->running.process.began;
	s->before.origin.config = value_copy(now->written->config);
	return now->written->config && !s->before.origin.config ? error_nomem(err) : 0;
}

/* What a restart should have brought and did not. */
static int check_in_force(struct settle *s, const struct settle_decision *done,
			  struct strv *pending, struct error *err)
{
	AUTO(settle_now)
	struct settle_now now = {.host = {.root_fd = -1}},
			  then = {.host = {.root_fd = -1}};
	AUTO(strbuf) struct strbuf keys = {0};

	if (look_again(s, &now, err) < 0 || use_written(s, &now, err) < 0 ||
	    look_again(s, &then, err) < 0)
		return -1;
	if (!then.answers)
		return error_set(err, ERROR_CONFLICT, 0, "dockerd does not answer: %s",
				 error_message(&then.silent));
	settle_text_keys(&then.diff.restart, &keys);
	settle_text_keys(&then.diff.reload, &keys);
	if (keys.len)
		return error_set(err, ERROR_CONFLICT, 0,
				 "dockerd was restarted, but does not run with %s as it is written",
				 strbuf_text(&keys) ? strbuf_text(&keys) : "");
	if (then.diff.ignored.len && !done->keeps)
		return settle_text_stopped(&then, &then.diff.ignored, pending, err);
	return 0;
}

/* What waits, and what containers keep, in words. */
static int tell(struct settle *s, const struct settle_now *now, const struct settle_facts *f,
		const struct settle_decision *d, const char *why, struct strv *pending,
		struct error *err)
{
	const struct strv *bridge = now->diff.stopped.len ? &now->diff.stopped : &now->diff.ignored;
	bool restarts = settle_has_step(d, STEP_RESTART) || settle_has_step(d, STEP_RESTART_HELD);

	(void)s;
	if (f->needs & NEED_LOAD_RULES &&
	    strv_add(pending, "the audit rules have to be loaded (augenrules --load)", err) < 0)
		return -1;
	if ((d->waits & ~(unsigned)WAIT_STOPPED) &&
	    settle_text_waits(now, f, d->waits, why, pending, err) < 0)
		return -1;
	if ((d->waits & WAIT_STOPPED) && settle_text_stopped(now, bridge, pending, err) < 0)
		return -1;
	if (restarts && now->diff.recreate.len && now->any_container && !d->stops)
		return settle_text_recreate(now, pending, err);
	return 0;
}

int settle_run(struct settle *s, unsigned actions, struct strv *pending, struct error *err)
{
	AUTO(settle_now) struct settle_now now = {.host = {.root_fd = -1}};
	AUTO_FREE char *why = NULL;
	struct settle_decision d;
	struct settle_facts f;

	if (look_again(s, &now, err) < 0)
		return -1;
	f = facts_of(s, &now, actions);
	if (decide(s, &now, &f, &d, &why, err) < 0)
		return -1;
	remember_log(s, &now);
	for (size_t i = 0; i < d.len; i++)
		if (do_step(s, d.steps[i], &now, err) < 0) {
			(void)error_wrap(err, "%s", settle_step_name(d.steps[i]));
			return fail_with_log(s, err);
		}
	if (s->restarted && check_in_force(s, &d, pending, err) < 0)
		return fail_with_log(s, err);
	return tell(s, &now, &f, &d, why, pending, err);
}

/* The daemon that was refused what was written is down, or hangs: back to what is written now. */
static int bring_back(struct settle *s, struct settle_now *now, struct error *err)
{
	const struct settle_now *before = &s->before;
	struct held h = {.s = s, .now = now};
	bool alive = before->containers.len && is_true(before->info, "LiveRestoreEnabled");

	if (!alive || dockerd_true(now->written, "live-restore") ||
	    dockerd_has_flag(now->written, "live-restore") ||
	    now->written->problem.code != ERROR_NONE)
		return start_again(&h, err);
	if (hold(s, true, start_again, &h, err) < 0)
		return -1;
	return hold(s, false, during, &h, err);
}

int settle_undo(struct settle *s, struct strv *pending, struct error *err)
{
	AUTO(settle_now) struct settle_now now = {.host = {.root_fd = -1}};

	if (s->service.systemd && service_daemon_reload(&s->service, err) < 0)
		return -1;
	if (!s->before.running.process.pid)
		return 0; /* none ran */
	if (look_again(s, &now, err) < 0)
		return -1;
	remember_log(s, &now);
	if (now.answers) {
		if (s->restarted) /* what was allowed there is allowed back */
			s->request.policy = SETTLE_ALWAYS;
		return settle_run(s, 0, pending, err);
	}
	if (s->service.kind == SERVICE_NONE)
		return error_set(
			err, ERROR_CONFLICT, 0,
			"dockerd is down, and nobody here can start it: start it yourself");
	return bring_back(s, &now, err) < 0 ? fail_with_log(s, err) : 0;
}
