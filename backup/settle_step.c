// SPDX-License-Identifier: Apache-2.0
/*
 * A daemon counts as up when two pings a while apart are answered by one process: systemd starts a
 * failing one again and again, and a plugin that cannot be reached ends dockerd only after 15
 * seconds (pkg/plugins/client.go), a TCP listener that verifies nobody delays it as long.
 */
#include "backup/settle_step.h"

#include "backup/settle_text.h"
#include "harden/host/look_listeners.h"
#include "harden/text/json.h"
#include "harden/text/json_edit.h"

#include <time.h>

#define START_SECONDS 60  /* until a daemon that starts must answer */
#define GONE_SECONDS 5	  /* no process for so long: it has ended, nobody starts it again */
#define DENIED_SECONDS 10 /* it runs and lets nobody ask: a plugin that says no will go on */
#define RELOAD_SECONDS 30 /* until a reload must show */
#define WINDOW_MS 1000	  /* between the two pings */
#define LONG_WINDOW_MS 20000
#define SLICE_MS 100

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

/* Asks systemd anew for the main process; the old answer is of no use after a restart. */
int settle_look_again(struct settle *s, struct settle_now *ret_now, struct error *err)
{
	service_done(&s->service);
	if (service_open(s->request.restart, &s->service, err) < 0)
		return -1;
	return settle_look(s->request.backup, s->service.main_pid, &s->before, ret_now, err);
}

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
	int64_t deadline, seen; /* ms: when a process was seen */
	int64_t first, denied;	/* ms: of the first ping in a row that was answered, was denied */
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
	bool ok, denied;

	error_done(&w->last);
	ok = settle_ping(now, main_pid(s), &pid, &denied, &w->last);
	if (!denied || !w->denied || pid != w->pid)
		w->denied = denied ? now_ms() : 0;
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
		if (w.denied && now_ms() - w.denied > DENIED_SECONDS * 1000)
			return error_set(err, ERROR_CONFLICT, 0, "dockerd lets us ask nothing: %s",
					 error_message(&w.last));
		pause_ms(SLICE_MS);
	}
	return error_set(err, ERROR_CONFLICT, 0, "dockerd did not answer within %d s: %s",
			 START_SECONDS, error_message(&w.last));
}

static int restart(struct settle *s, const struct settle_now *now, struct error *err)
{
	s->restarted = true;
	blob_free(s->tried);
	s->tried = blob_ref(now->written->config_content);
	if (service_restart(&s->service, START_SECONDS, err) < 0)
		return -1;
	return wait_up(s, now->running.process.pid, err);
}

/* A reload with a file that dockerd cannot use is only logged: what it shows must change. */
static int reload(struct settle *s, struct settle_now *now, struct error *err)
{
	int64_t deadline = now_ms() + RELOAD_SECONDS * 1000;
	AUTO(strbuf) struct strbuf left = {0};

	if (service_reload(&s->service, &now->host, &now->running, err) < 0)
		return -1;
	do {
		AUTO(settle_now) struct settle_now then = {.host = {.root_fd = -1}};

		pause_ms(SLICE_MS);
		if (settle_look_again(s, &then, err) < 0)
			return -1;
		strbuf_done(&left);
		left = (struct strbuf){0};
		if (!then.answers)
			strbuf_append(&left, "it does not answer");
		else
			settle_text_keys(&then.diff.reload, &left);
	} while (left.len && now_ms() < deadline);
	if (left.len)
		return error_set(err, ERROR_CONFLICT, 0,
				 "dockerd did not take over what was to be reloaded: %s",
				 strbuf_text(&left) ? strbuf_text(&left) : "");
	return window_of(now) > WINDOW_MS ? wait_up(s, 0, err) : 0;
}

/* What is done while daemon.json is another for a moment. */
struct held {
	struct settle *s;
	struct settle_now *now;
};

static int held_restart(void *cookie, struct error *err)
{
	struct held *h = cookie;

	return restart(h->s, h->now, err);
}

static int held_reload(void *cookie, struct error *err)
{
	struct held *h = cookie;
	AUTO(settle_now) struct settle_now now = {.host = {.root_fd = -1}};

	return settle_look_again(h->s, &now, err) < 0 ? -1 : reload(h->s, &now, err);
}

static int held_start(void *cookie, struct error *err)
{
	struct held *h = cookie;
	struct settle *s = h->s;

	s->restarted = true;
	if (service_start_again(&s->service, &h->now->host, &h->now->running, START_SECONDS, err) <
	    0)
		return -1;
	return wait_up(s, h->now->running.process.pid, err);
}

static int stage_config(struct settle_now *now, const struct look *look, struct blob *content,
			struct error *err)
{
	static const struct stage_how how = {.phase = PHASE_CONFIG};
	AUTO(file_state) struct file_state after = {0};

	if (look->state.kind == FILE_ABSENT)
		after = (struct file_state){.kind = FILE_REGULAR, .mode = 0644};
	else if (file_state_copy(&after, &look->state, err) < 0)
		return -1;
	blob_free(after.content);
	after.content = blob_ref(content);
	return stage_put(&now->stage, look->path, &look->host, &after, how, err);
}

static int with_key(const struct dockerd *d, const struct blob *content, const char *name,
		    const struct value *value, struct blob **ret_content, struct error *err)
{
	const char *const key[] = {name, NULL};

	return json_edit_set(content, d->config_path, key, value, ret_content, err);
}

/* Runs what with that daemon.json, and puts the one that is there back. */
static int hold(struct held *h, struct blob *content, backup_during *what, struct error *err)
{
	struct settle *s = h->s;
	AUTO(settle_now) struct settle_now now = {.host = {.root_fd = -1}};
	AUTO(backup_result) struct backup_result result = {0};
	AUTO(look) struct look look = {0};
	struct run_info info = *s->request.info;

	info.verb = "settle";
	if (settle_look_again(s, &now, err) < 0 ||
	    look_file(&now.host, now.written->config_path, LOOK_CONTENT, &look, err) < 0 ||
	    stage_config(&now, &look, content, err) < 0)
		return -1;
	if (!now.stage.len) /* it is that one already */
		return what(h, err);
	if (backup_hold(s->request.backup, &now.stage, &info, what, h, &result, err) < 0)
		return error_wrap(err, "put another %s in its place for the moment",
				  now.written->config_path);
	if (result.outcome == BACKUP_DONE)
		return 0;
	error_move(err, &result.error);
	return -1;
}

static int hold_live_restore(struct held *h, backup_during *what, struct error *err)
{
	const struct dockerd *d = h->now->written;
	AUTO_PTR(blob) struct blob *content = NULL;
	AUTO_PTR(value) struct value *on = value_bool(true);

	if (!on)
		return error_nomem(err);
	if (with_key(d, d->config_content, "live-restore", on, &content, err) < 0)
		return -1;
	return hold(h, content, what, err);
}

/* A reload that takes back also what the file has no more. */
static int reload_gone(struct held *h, struct error *err)
{
	AUTO(settle_now) struct settle_now now = {.host = {.root_fd = -1}};
	AUTO_PTR(blob) struct blob *content = NULL;

	if (settle_look_again(h->s, &now, err) < 0)
		return -1;
	content = blob_ref(now.written->config_content);
	for (size_t i = 0; i < now.diff.gone.len; i++) {
		const char *key = now.diff.gone.items[i];
		AUTO_PTR(value) struct value *value = NULL;
		struct blob *next;

		if (settle_gone_default(now.written, key, &value, err) < 0 ||
		    with_key(now.written, content, key, value, &next, err) < 0)
			return -1;
		blob_free(content);
		content = next;
	}
	return hold(h, content, held_reload, err);
}

int settle_step(struct settle *s, enum settle_step step, struct settle_now *now, struct error *err)
{
	struct held h = {s, now};

	switch (step) {
	case STEP_DAEMON_RELOAD:
		return service_daemon_reload(&s->service, err);
	case STEP_LOAD_RULES:
		return 0; /* settle_rules.h */
	case STEP_RELOAD:
		return reload(s, now, err);
	case STEP_RESTART:
		return restart(s, now, err);
	case STEP_RESTART_HELD:
		return hold_live_restore(&h, held_restart, err);
	case STEP_RELOAD_GONE:
		return reload_gone(&h, err);
	}
	return error_set(err, ERROR_INTERNAL, 0, "settle knows no step %d", (int)step);
}

/* Whether containers live on without a daemon, which the next one would kill by itself. */
static bool must_hold(const struct settle *s, const struct dockerd *d)
{
	return s->before.containers.len && s->live_on && d->problem.code == ERROR_NONE &&
	       !dockerd_true(d, "live-restore") && !dockerd_has_flag(d, "live-restore");
}

/* On what is written. */
static int start_written(struct held *h, struct error *err)
{
	if (!must_hold(h->s, h->now->written))
		return held_start(h, err);
	if (hold_live_restore(h, held_start, err) < 0)
		return -1;
	return reload_gone(h, err);
}

/* The daemon.json that it ran with, 1; 0: it is the one that is written, or cannot be told. */
static int former_config(const struct settle *s, const struct dockerd *written,
			 struct blob **ret_content, struct error *err)
{
	const struct settle_origin *origin = &s->before.origin;
	AUTO(strbuf) struct strbuf text = {0};

	if (!origin->known || (written->config && value_equal(origin->config, written->config)))
		return 0;
	if (origin->config && json_write(origin->config, JSON_INDENT, &text, err) < 0)
		return -1;
	if (!origin->config)
		strbuf_append(&text, "{}");
	strbuf_append_char(&text, '\n');
	*ret_content = blob_from_strbuf(&text);
	return *ret_content ? 1 : error_nomem(err);
}

int settle_bring_back(struct settle *s, struct settle_now *now, char **ret_why, struct error *err)
{
	AUTO_PTR(blob) struct blob *content = NULL;
	AUTO(error) struct error why = {0};
	AUTO(settle_now) struct settle_now then = {.host = {.root_fd = -1}};
	struct held h = {s, now};
	bool failed = s->tried && blob_equal(s->tried, now->written->config_content);

	*ret_why = NULL;
	if (failed)
		(void)error_set(&why, ERROR_CONFLICT, 0, "dockerd did not start with it");
	else if (start_written(&h, &why) == 0)
		return 0;
	if (former_config(s, now->written, &content, NULL) <= 0) {
		error_move(err, &why);
		return -1;
	}
	h.now = &then;
	if (settle_look_again(s, &then, err) < 0 || hold(&h, content, held_start, err) < 0)
		return -1;
	*ret_why = strdup(error_message(&why));
	return *ret_why ? 0 : error_nomem(err);
}
