// SPDX-License-Identifier: Apache-2.0
/*
 * Look, ask dockerd what it would say, decide, do the steps, look again, tell what waits.
 */
#include "backup/settle_live.h"

#include "backup/settle_rules.h"
#include "backup/settle_step.h"
#include "backup/settle_text.h"
#include "harden/host/change_validate.h"
#include "harden/host/look_audit_kernel.h"

static bool is_true(const struct value *map, const char *key)
{
	const struct value *v = value_get(map, key);

	return v && v->kind == VALUE_BOOL && v->boolean;
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
	s->live_on = is_true(s->before.info, "LiveRestoreEnabled");
	*ret_settle = take_ptr(&s);
	return 0;
}

void settle_free(struct settle *s)
{
	if (!s)
		return;
	settle_now_done(&s->before);
	audit_load_done(&s->rules);
	blob_free(s->tried);
	service_done(&s->service);
	free(s);
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

/* Deciding */

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
		.gone = now->diff.gone.len != 0,
		.plugin_flag = now->plugin_flag,
		.swarm = in_swarm(now->info),
		.untried = !now->origin.known && !now->origin.ours,
		.can_restart = s->service.kind != SERVICE_NONE,
	};
}

/* Also rules that an earlier run, or somebody else, wrote and did not load. */
static int add_rules(const struct settle *s, struct settle_now *now, struct settle_facts *f,
		     struct error *err)
{
	const char *why_not;
	bool needs;

	if (audit_kernel_missing(&now->host, &needs, &why_not, err) < 0)
		return -1;
	if (needs)
		f->needs |= NEED_LOAD_RULES;
	if (s->undoing)
		f->needs &= ~(unsigned)NEED_LOAD_RULES; /* the kernel's rules are back already */
	return 0;
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

/* Where the log ends before we touch the daemon. */
static void remember_log(struct settle *s, const struct settle_now *now)
{
	s->log_end = service_log_end(now->running.log ? now->running.log : s->before.running.log);
}

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
	struct settle_now now = {.host = {.root_fd = -1}}, then = {.host = {.root_fd = -1}};
	AUTO(strbuf) struct strbuf keys = {0};

	if (settle_look_again(s, &now, err) < 0 || use_written(s, &now, err) < 0 ||
	    settle_look_again(s, &then, err) < 0)
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
static int tell(const struct settle_now *now, const struct settle_facts *f,
		const struct settle_decision *d, const char *why, struct strv *pending,
		struct error *err)
{
	const struct strv *bridge = now->diff.stopped.len ? &now->diff.stopped : &now->diff.ignored;
	bool restarts = settle_has_step(d, STEP_RESTART) || settle_has_step(d, STEP_RESTART_HELD);

	if ((d->waits & ~(unsigned)WAIT_STOPPED) &&
	    settle_text_waits(now, f, d->waits, why, pending, err) < 0)
		return -1;
	if ((d->waits & WAIT_STOPPED) && settle_text_stopped(now, bridge, pending, err) < 0)
		return -1;
	if (restarts && d->keeps && now->diff.start.len && settle_text_start(now, pending, err) < 0)
		return -1;
	if (restarts && now->diff.recreate.len && now->any_container)
		return settle_text_recreate(now, pending, err);
	return 0;
}

int settle_run(struct settle *s, unsigned actions, struct strv *pending, struct error *err)
{
	AUTO(settle_now) struct settle_now now = {.host = {.root_fd = -1}};
	AUTO_FREE char *why = NULL;
	struct settle_decision d;
	struct settle_facts f;

	if (settle_look_again(s, &now, err) < 0)
		return -1;
	f = facts_of(s, &now, actions);
	if (add_rules(s, &now, &f, err) < 0 || decide(s, &now, &f, &d, &why, err) < 0)
		return -1;
	remember_log(s, &now);
	for (size_t i = 0; i < d.len; i++)
		if (d.steps[i] == STEP_LOAD_RULES) {
			if (settle_rules_load(&now.host, actions & ACTION_LOAD_RULES, &s->rules,
					      pending, err) < 0)
				return -1;
		} else if (settle_step(s, d.steps[i], &now, err) < 0) {
			(void)error_wrap(err, "%s", settle_step_name(d.steps[i]));
			return fail_with_log(s, err);
		} else if (d.steps[i] == STEP_RELOAD && f.live_written)
			s->live_on = true;
	if (s->restarted && check_in_force(s, &d, pending, err) < 0)
		return fail_with_log(s, err);
	return tell(&now, &f, &d, why, pending, err);
}

static bool same_process(const struct settle_now *a, const struct settle_now *b)
{
	return a->origin.process.pid == b->running.process.pid &&
	       a->running.process.began.tv_sec - b->running.process.began.tv_sec <= 1;
}

int settle_undo(struct settle *s, struct strv *pending, struct error *err)
{
	AUTO_FREE char *why = NULL;
	AUTO(settle_now) struct settle_now now = {.host = {.root_fd = -1}};

	s->undoing = true;
	if (audit_load_undo(&s->before.host, &s->rules, err) < 0)
		return -1;
	if (s->service.systemd && service_daemon_reload(&s->service, err) < 0)
		return -1;
	if (!s->before.running.process.pid)
		return 0; /* none ran */
	if (settle_look_again(s, &now, err) < 0)
		return -1;
	remember_log(s, &now);
	if (now.answers && same_process(&now, &s->before)) {
		AUTO(strv) struct strv known = {0};

		s->request.policy = SETTLE_NEVER; /* what waits now waited before the run */
		return settle_run(s, 0, &known, err);
	}
	if (now.answers) {
		s->request.policy = SETTLE_ALWAYS; /* what was allowed there is allowed back */
		return settle_run(s, 0, pending, err);
	}
	if (s->service.kind == SERVICE_NONE)
		return error_set(
			err, ERROR_CONFLICT, 0,
			"dockerd is down, and nobody here can start it: start it yourself");
	if (settle_bring_back(s, &now, &why, err) < 0)
		return -1; /* what it logs was told by the failure before */
	return why ? strv_addf(pending, err,
			       "dockerd runs with the daemon.json that it was started with before, "
			       "as it does not start with the one that is written: %s",
			       why)
		   : 0;
}
