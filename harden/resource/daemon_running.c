// SPDX-License-Identifier: Apache-2.0
/*
 * What is written is not yet what runs. The operator of the entry judges the running value as it
 * judges the written one; what it objects to, and does not object to in the written value, is a
 * difference, and its finding names the step: reload, restart, restart while no container runs,
 * create anew.
 *
 * Some keys show elsewhere than in a value: in containers that keep what they were created with, in
 * processes, in sockets. They have a line in the table of witnesses.
 */
#include "harden/resource/daemon_running.h"

#include "harden/host/host.h"
#include "harden/host/look_daemon.h"
#include "harden/host/look_flavour.h"
#include "harden/host/look_listeners.h"

#include <string.h>

struct running_part {
	const struct daemon_spec *spec;
	struct host *host;
	const struct daemon_now *now;
	const struct dockerd *written;
	struct daemon_seen seen; /* of the running value */
};

/* Names of containers that a test picks, "a, b and 3 more". */
typedef bool container_test(const struct running_part *p, const struct daemon_container *c);

#define NAMES_MAX 12

static int names_of(const struct running_part *p, container_test *test, char **ret_names,
		    struct error *err)
{
	const struct daemon_container *items;
	AUTO(strbuf) struct strbuf text = {0};
	size_t len, n = 0;

	*ret_names = NULL;
	if (daemon_containers(p->host, &items, &len, err) < 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (test(p, &items[i]) && n++ < NAMES_MAX)
			strbuf_appendf(&text, "%s%s", n > 1 ? ", " : "", items[i].name);
	if (n > NAMES_MAX)
		strbuf_appendf(&text, " and %zu more", n - NAMES_MAX);
	return n ? strbuf_take(&text, ret_names, err) : 0;
}

static bool runs_at_all(const struct running_part *p, const struct daemon_container *c)
{
	(void)p;
	return c->running;
}

static bool gains_privileges(const struct running_part *p, const struct daemon_container *c)
{
	(void)p;
	return c->privileges_gained && !c->privileges_asked;
}

static bool logs_here(const struct running_part *p, const struct daemon_container *c)
{
	const char *why;

	return !daemon_log_is_remote(c->log_driver, c->log_opts, p->spec->forwarded, &why);
}

/* 2.14: frozen when the container was created (moby daemon/create.go). */
static int witness_privileges(struct running_part *p, struct error *err)
{
	AUTO_FREE char *names = NULL;

	if (p->seen.len)
		return 0;
	if (names_of(p, gains_privileges, &names, err) < 0)
		return -1;
	if (!names)
		return 0;
	return daemon_violate(&p->seen, NULL, value_bool(true), value_text(names), err,
			      "containers that were created before may still gain privileges: "
			      "create %s anew",
			      names);
}

/* 2.13: the driver stands in the container's own configuration. */
static int witness_logs(struct running_part *p, struct error *err)
{
	AUTO_FREE char *names = NULL;

	if (p->seen.len)
		return 0;
	if (names_of(p, logs_here, &names, err) < 0)
		return -1;
	if (!names)
		return 0;
	return daemon_violate(&p->seen, NULL, value_text("logs that leave this host"),
			      value_text(names), err,
			      "containers that were created before keep their logs here: create %s "
			      "anew",
			      names);
}

/* 2.16: a proxy for a published port is a process; one that runs is proof. */
static int witness_proxies(struct running_part *p, struct error *err)
{
	AUTO_FREE pid_t *pids = NULL;
	AUTO_FREE char *parent = str_format("%ld", (long)p->now->process.pid);
	size_t len, n = 0;

	if (!parent)
		return error_nomem(err);
	if (look_processes(p->host, "docker-proxy", &pids, &len, err) < 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		AUTO_FREE char *ppid = NULL;
		AUTO(error) struct error ignored = {0};

		if (process_status(p->host, pids[i], "PPid", &ppid, &ignored) == 0 &&
		    str_equal(ppid, parent))
			n++;
	}
	if (daemon_evidence(&p->seen, value_integer((int64_t)n), err,
			    "docker-proxy processes of the running daemon") < 0)
		return -1;
	if (!n || p->seen.len)
		return 0;
	return daemon_violate(&p->seen, NULL, value_integer(0), value_integer((int64_t)n), err,
			      "%zu docker-proxy processes still forward published ports", n);
}

/* 2.12: /info goes on naming a plugin of the command line after a reload has dropped it. */
static int witness_plugins(struct running_part *p, struct error *err)
{
	if (!dockerd_has_flag(p->now->view, "authorization-plugins"))
		return 0;
	return strv_add(
		&p->seen.notes,
		"the running daemon has its authorization plugin from a flag: a reload drops "
		"it without a word, and nothing shows that; restart after any reload",
		err);
}

/* 2.1: who it really runs as, and who else runs one. */
static int witness_user(struct running_part *p, struct error *err)
{
	AUTO(flavour) struct flavour f = {0};

	if (look_flavour(p->host, p->written, &f, err) < 0)
		return -1;
	for (size_t i = 0; i < f.beside.len; i++)
		if (strv_add(&p->seen.notes, f.beside.items[i], err) < 0)
			return -1;
	return daemon_evidence(&p->seen, value_integer((int64_t)p->now->process.euid), err,
			       "running dockerd: effective user id");
}

static bool is_expected_port(const struct running_part *p, const struct listeners *list,
			     const struct daemon_port *port)
{
	static const char *const others[] = {"metrics-addr", "network-diagnostic-port"};
	AUTO_FREE char *text = str_format("%u", port->port);

	for (size_t i = 0; text && i < list->len; i++)
		if (list->items[i].kind == LISTENER_TCP && str_ends(list->items[i].address, text))
			return true;
	for (size_t i = 0; text && i < ARRAY_SIZE(others); i++) {
		AUTO(setting) struct setting s = {0};

		if (dockerd_setting(p->now->view, others[i], &s, NULL) < 0)
			continue;
		if (s.value->kind == VALUE_INTEGER && s.value->integer == (int64_t)port->port)
			return true;
		if (s.value->kind == VALUE_TEXT && str_ends(s.value->text, text))
			return true;
	}
	return false;
}

/* Cluster management and gossip of a swarm node (moby daemon/cluster); both ask for certificates. */
static bool is_swarm_port(const struct running_part *p, const struct daemon_port *port)
{
	const char *state = value_get_text(value_get(p->now->info, "Swarm"), "LocalNodeState");

	return state && !str_equal(state, "inactive") && (port->port == 2377 || port->port == 7946);
}

/* 2.7: what dockerd really listens on, whatever anything says. */
static int witness_ports(struct running_part *p, struct error *err)
{
	AUTO(daemon_ports) struct daemon_ports ports = {0};
	AUTO(listeners) struct listeners list = {0};

	if (look_daemon_ports(p->host, p->now->process.pid, &ports, err) < 0 ||
	    look_listeners(p->now->view, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < ports.len; i++) {
		const struct daemon_port *port = &ports.items[i];
		bool swarm = is_swarm_port(p, port);

		if (daemon_evidence(&p->seen, value_text(port->address), err,
				    "the running dockerd listens on%s",
				    swarm ? " (swarm)" : "") < 0)
			return -1;
		if (swarm || is_expected_port(p, &list, port))
			continue;
		if (daemon_violate(&p->seen, NULL, value_null(), value_text(port->address), err,
				   "the running dockerd listens on %s, and nothing of its "
				   "configuration says so",
				   port->address) < 0)
			return -1;
	}
	if (!ports.len)
		return daemon_evidence(&p->seen, value_text("no TCP socket"), err,
				       "the running dockerd listens on");
	return 0;
}

static const struct witness {
	const char *key;
	int (*look)(struct running_part *p, struct error *err);
	bool asks_engine;
	bool recreates; /* its step is to create containers anew, else that of the key */
} witnesses[] = {
	{"authorization-plugins", witness_plugins, false, false},
	{"hosts", witness_ports, false, false},
	{"log-driver", witness_logs, true, true},
	{"no-new-privileges", witness_privileges, true, true},
	{"rootless", witness_user, false, false},
	{"userland-proxy", witness_proxies, false, false},
};

static const struct witness *witness_of(const struct running_part *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(witnesses); i++)
		if (str_equal(witnesses[i].key, p->spec->path) &&
		    (!witnesses[i].asks_engine || p->now->engine))
			return &witnesses[i];
	return NULL;
}

/* What brings the written value into force, and who does it. */
static const struct {
	const char *step, *next;
} steps[] = {
	[PROMISE_RELOAD] = {"reload docker", "harden apply, or systemctl reload docker"},
	[PROMISE_RESTART] = {"restart docker",
			     "harden apply --restart always, or systemctl restart docker"},
	[PROMISE_RESTART_STOPPED] = {"restart docker while no container runs",
				     "stop the containers, then systemctl restart docker"},
	[PROMISE_RECREATE] = {NULL, "create these containers anew from their images"},
};

static enum promise promise_of(const struct running_part *p)
{
	const struct daemon_key *key = p->spec->key;
	bool flag = dockerd_has_flag(p->written, key->name) ||
		    dockerd_has_flag(p->now->view, key->name);
	enum promise promise = daemon_how(p->now->view, key, flag).promise;

	/* what a container keeps is its witness's to say: here the daemon itself lacks it */
	return promise == PROMISE_RECREATE ? PROMISE_RESTART : promise;
}

/* ": restart docker", with what has to come first and with the names that stand in the way. */
static int step_of(const struct running_part *p, enum promise promise, char **ret_step,
		   struct error *err)
{
	bool units = promise != PROMISE_RELOAD && p->now->systemd.service.needs_reload;
	AUTO_FREE char *names = NULL;

	if (promise == PROMISE_RESTART_STOPPED && p->now->engine &&
	    names_of(p, runs_at_all, &names, err) < 0)
		return -1;
	*ret_step = !steps[promise].step ? strdup("")
					 : str_format(": %s%s%s%s%s",
						      units ? "systemctl daemon-reload, then " : "",
						      steps[promise].step, names ? " (now: " : "",
						      names ? names : "", names ? ")" : "");
	return *ret_step ? 0 : error_nomem(err);
}

static bool is_written_too(const struct daemon_seen *seen, const struct daemon_violation *v)
{
	for (size_t i = 0; i < seen->len; i++)
		if (value_equal(seen->violations[i].actual, v->actual))
			return true;
	return false;
}

static int add_differences(struct running_part *p, size_t first, enum promise promise,
			   struct daemon_seen *seen, struct error *err)
{
	AUTO_FREE char *step = NULL;

	for (size_t i = first; i < p->seen.len; i++) {
		const struct daemon_violation *v = &p->seen.violations[i];

		if (is_written_too(seen, v))
			continue;
		if (!step && step_of(p, promise, &step, err) < 0)
			return -1;
		if (!seen->running_len)
			seen->running_next = steps[promise].next;
		if (daemon_differ(seen, value_copy(v->expected), value_copy(v->actual), err, "%s%s",
				  v->message, step) < 0)
			return -1;
	}
	return 0;
}

static int look_value(struct running_part *p, struct error *err)
{
	const struct daemon_spec *spec = p->spec;
	const char *doubt = NULL;

	if (daemon_setting(p->now, spec->path, &p->seen.now, &doubt, err) < 0)
		return -1;
	if (daemon_evidence(&p->seen, value_copy(p->seen.now.value), err, "running dockerd: %s",
			    p->seen.now.source) < 0 ||
	    spec->op->look(spec, p->host, p->now->view, &p->seen, err) < 0)
		return -1;
	if (!doubt || p->seen.len)
		return 0;
	return daemon_violate(&p->seen, NULL, NULL, NULL, err,
			      "whether this %s is in force cannot be seen: %s", spec->path, doubt);
}

/* Evidence and notes move over; those of the operator are about files, and known already. */
static int take_over(struct running_part *p, struct daemon_seen *seen, struct error *err)
{
	for (size_t i = 0; i < p->seen.evidence_len; i++) {
		struct evidence *e = &p->seen.evidence[i];

		if (daemon_evidence(seen, value_copy(e->value), err, "%s", e->source) < 0)
			return -1;
	}
	for (size_t i = 0; i < p->seen.notes.len; i++)
		if (strv_add_once(&seen->notes, p->seen.notes.items[i], err) < 0)
			return -1;
	return 0;
}

static int look_part(struct running_part *p, struct daemon_seen *seen, struct error *err)
{
	const struct witness *witness = witness_of(p);
	enum promise promise = promise_of(p);
	size_t of_value;

	if (p->now->unasked.code != ERROR_NONE) {
		error_copy(err, &p->now->unasked);
		return -1;
	}
	if (look_value(p, err) < 0 || add_differences(p, 0, promise, seen, err) < 0)
		return -1;
	of_value = p->seen.len;
	if (witness && witness->look(p, err) < 0)
		return -1;
	if (witness && witness->recreates)
		promise = PROMISE_RECREATE;
	if (add_differences(p, of_value, promise, seen, err) < 0)
		return -1;
	return take_over(p, seen, err);
}

static int look_now(struct running_part *p, struct daemon_seen *seen, struct error *err)
{
	int r;

	if (look_daemon(p->host, &p->now, err) < 0 || look_dockerd(p->host, &p->written, err) < 0)
		return -1;
	if (!p->now->process.pid)
		return strv_add(&seen->notes, "no dockerd runs: what is written decides", err);
	r = look_part(p, seen, err);
	seen->running_looked = r == 0;
	return r;
}

int daemon_look_running(const struct daemon_spec *spec, struct host *host, struct daemon_seen *seen,
			struct error *err)
{
	struct running_part p = {.spec = spec, .host = host};
	AUTO(error) struct error why = {0};
	int r;

	if (!host->live)
		return 0;
	r = look_now(&p, seen, &why);
	daemon_seen_done(&p.seen);
	if (r == 0)
		return 0;
	if (why.code == ERROR_NOMEM || why.code == ERROR_INTERNAL) {
		error_move(err, &why);
		return -1;
	}
	error_move(&seen->unlooked, &why);
	return 0;
}

/* A control that writes in this run has its step from what it writes. */
static bool writes_now(const struct stage *stage)
{
	for (size_t i = 0; i < stage->len; i++)
		if (stage->control && strv_has(&stage->files[i].controls, stage->control))
			return true;
	return false;
}

int daemon_stage_running(const struct daemon_seen *seen, struct host *host, struct error *err)
{
	if (!seen->running_len || writes_now(host->stage))
		return 0;
	return stage_by_hand(host->stage, seen->running[0].message, seen->running_next, err);
}
