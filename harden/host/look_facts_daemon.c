// SPDX-License-Identifier: Apache-2.0
/*
 * Facts that depend on how dockerd and containerd are configured.
 */
#include "harden/host/look_facts_parts.h"

#include "harden/host/host.h"
#include "harden/host/look_containerd.h"
#include "harden/host/look_daemon.h"
#include "harden/host/look_listeners.h"
#include "harden/host/look_swarm.h"

#include <string.h>

/* Whether something is there; for what counts on a host without Docker only if it exists. */
static int is_there(struct host *host, const char *path, bool *ret_there, struct error *err)
{
	const char *const paths[] = {path, NULL};
	AUTO_FREE char *found = NULL;

	if (look_first(host, paths, &found, err) < 0)
		return -1;
	*ret_there = found != NULL;
	return 0;
}

static int set_data_root(struct host *host, const struct dockerd *d, struct facts *facts,
			 struct error *err)
{
	AUTO(setting) struct setting root = {0}, old = {0};
	const struct setting *s = &root;
	const char *text;
	bool there = true;

	if (dockerd_setting(d, "data-root", &root, err) < 0 ||
	    dockerd_setting(d, "graph", &old, err) < 0)
		return -1;
	text = value_as_text(old.value);
	if (root.from == FROM_DEFAULT && text && *text)
		s = &old;
	text = value_as_text(s->value);
	if (!text || !*text)
		text = "/var/lib/docker";
	if (!d->installed && !d->config_content && is_there(host, text, &there, err) < 0)
		return -1;
	return facts_set(facts, "docker.data_root", there ? value_text(text) : value_null(), err,
			 "%s", there ? s->source : "Docker is not installed");
}

/* fd:// leaves owner and mode of the socket to docker.socket. */
static int set_group(const struct dockerd *d, const struct listeners *list, struct facts *facts,
		     struct error *err)
{
	AUTO(setting) struct setting s = {0};
	const char *group;

	for (size_t i = 0; i < list->len; i++) {
		if (list->items[i].kind != LISTENER_UNIX || !list->items[i].activated)
			continue;
		group = unit_set_text(&d->socket, "Socket", "SocketGroup");
		return facts_set(facts, "docker.group", value_text(group ? group : "root"), err,
				 "docker.socket SocketGroup%s", group ? "" : " (not set)");
	}
	if (dockerd_setting(d, "group", &s, err) < 0)
		return -1;
	return facts_set(facts, "docker.group", value_copy(s.value), err, "%s", s.source);
}

/* Sockets that the running daemon was told to listen on, whatever is written by now. */
static int add_running_sockets(struct host *host, struct strv *paths, struct strbuf *source,
			       struct error *err)
{
	AUTO(listeners) struct listeners list = {0};
	const struct daemon_now *now;

	if (!host->live || look_daemon(host, &now, NULL) < 0 || !now->view ||
	    look_listeners(now->view, &list, NULL) < 0)
		return 0; /* whoever needs the running daemon says why it cannot be seen */
	for (size_t i = 0; i < list.len; i++) {
		AUTO_FREE char *path = NULL;

		if (list.items[i].kind != LISTENER_UNIX)
			continue;
		if (look_resolved(host, list.items[i].address, &path, err) < 0)
			return -1;
		if (strv_has(paths, path))
			continue;
		if (strv_add(paths, path, err) < 0)
			return -1;
		strbuf_appendf(source, "%s%s", source->len ? ", " : "", list.items[i].source);
	}
	return 0;
}

static int set_sockets(struct host *host, const struct listeners *list, struct facts *facts,
		       struct error *err)
{
	AUTO(strbuf) struct strbuf source = {0};
	AUTO(strv) struct strv paths = {0};

	for (size_t i = 0; i < list->len; i++) {
		AUTO_FREE char *path = NULL;

		if (list->items[i].kind != LISTENER_UNIX)
			continue;
		if (look_resolved(host, list->items[i].address, &path, err) < 0 ||
		    strv_add_once(&paths, path, err) < 0)
			return -1;
		strbuf_appendf(&source, "%s%s", source.len ? ", " : "", list->items[i].source);
	}
	if (add_running_sockets(host, &paths, &source, err) < 0)
		return -1;
	if (source.failed)
		return error_nomem(err);
	return facts_set(facts, "docker.sockets", value_from_strv(&paths), err, "%s",
			 source.len ? strbuf_text(&source) : "no unix listener");
}

static int set_tls(const struct dockerd *d, struct facts *facts, struct error *err)
{
	AUTO(daemon_tls) struct daemon_tls tls = {0};

	if (look_tls(d, &tls, err) < 0)
		return -1;
	if (facts_set(facts, "docker.tlscacert", value_text(tls.cacert), err, "%s", tls.source) <
		    0 ||
	    facts_set(facts, "docker.tlscert", value_text(tls.cert), err, "%s", tls.source) < 0)
		return -1;
	return facts_set(facts, "docker.tlskey", value_text(tls.key), err, "%s", tls.source);
}

/* The data directory is closed to all but root: not knowing must not spoil the other facts. */
static int set_swarm(struct host *host, const struct dockerd *d, struct facts *facts,
		     struct error *err)
{
	AUTO(error) struct error why = {0};
	AUTO_FREE char *swarm = NULL;

	if (look_swarm(host, d, &swarm, &why) < 0)
		return facts_unknown(facts, "docker.swarm", &why, err);
	return facts_set(facts, "docker.swarm", value_bool(swarm != NULL), err, "%s",
			 swarm ? swarm : "no swarm state in the data directory");
}

static int set_bools(const struct dockerd *d, struct facts *facts, struct error *err)
{
	AUTO(setting) struct setting remap = {0}, rootless = {0};
	const char *user;
	bool mapped;

	if (dockerd_setting(d, "userns-remap", &remap, err) < 0 ||
	    dockerd_setting(d, "rootless", &rootless, err) < 0)
		return -1;
	user = value_as_text(remap.value);
	mapped = user && *user && !str_equal(user, "root") && !str_equal(user, "0");
	if (facts_set(facts, "docker.userns", value_bool(mapped), err, "%s", remap.source) < 0)
		return -1;
	return facts_set(facts, "docker.rootless", value_bool(dockerd_true(d, "rootless")), err,
			 "%s", rootless.source);
}

int facts_of_daemon(struct host *host, const struct dockerd *d, struct facts *facts,
		    struct error *err)
{
	static const char *const names[] = {
		"docker.data_root", "docker.group",
		"docker.sockets",   "docker.tlscacert",
		"docker.tlscert",   "docker.tlskey",
		"docker.swarm",	    "docker.rootless",
		"docker.userns",    NULL,
	};
	AUTO(listeners) struct listeners list = {0};

	if (d->problem.code != ERROR_NONE)
		return facts_all_unknown(facts, names, &d->problem, err);
	if (look_listeners(d, &list, err) < 0 || set_data_root(host, d, facts, err) < 0 ||
	    set_group(d, &list, facts, err) < 0 || set_sockets(host, &list, facts, err) < 0 ||
	    set_tls(d, facts, err) < 0)
		return -1;
	return set_bools(d, facts, err) < 0 ? -1 : set_swarm(host, d, facts, err);
}

#define NO_CONTAINERD "containerd is not installed"

static int set_containerd_state(struct host *host, const struct containerd *c, bool installed,
				struct facts *facts, struct error *err)
{
	if (!installed && is_there(host, c->state, &installed, err) < 0)
		return -1;
	return facts_set(facts, "containerd.state", installed ? value_text(c->state) : value_null(),
			 err, "%s", installed ? c->state_source : NO_CONTAINERD);
}

/* --containerd, else the system's containerd where there is one, else dockerd's own child. */
static int set_containerd_socket(struct host *host, const struct dockerd *d,
				 const struct containerd *c, bool installed, struct facts *facts,
				 struct error *err)
{
	static const char *const name[] = {"containerd.socket", NULL};
	AUTO(setting) struct setting s = {0}, root = {0};
	AUTO_FREE char *child = NULL, *path = NULL;
	const char *text, *source = c->address_source;

	if (d->problem.code != ERROR_NONE)
		return facts_all_unknown(facts, name, &d->problem, err);
	if (dockerd_setting(d, "containerd", &s, err) < 0 ||
	    dockerd_setting(d, "exec-root", &root, err) < 0)
		return -1;
	text = value_as_text(s.value);
	if (text && *text) {
		source = s.source;
	} else if (c->unit || !d->installed) {
		text = c->address;
	} else {
		child = str_format("%s/containerd/containerd.sock", value_as_text(root.value));
		if (!child)
			return error_nomem(err);
		text = child;
		source = "dockerd starts its own containerd";
	}
	if (str_starts(text, "unix://"))
		text += 7;
	if (look_resolved(host, text, &path, err) < 0)
		return -1;
	if (!installed && is_there(host, path, &installed, err) < 0)
		return -1;
	return facts_set(facts, name[0], installed ? value_text(path) : value_null(), err, "%s",
			 installed ? source : NO_CONTAINERD);
}

int facts_of_containerd(struct host *host, const struct dockerd *d, struct facts *facts,
			struct error *err)
{
	static const char *const names[] = {"containerd.socket", "containerd.config",
					    "containerd.config_files", "containerd.state", NULL};
	AUTO(containerd) struct containerd c = {0};
	AUTO(error) struct error why = {0};
	AUTO_FREE char *binary = NULL;
	bool installed;

	if (look_program(host, "containerd", &binary, err) < 0)
		return -1;
	if (look_containerd(host, &c, &why) < 0) {
		if (why.code == ERROR_FORMAT)
			return facts_all_unknown(facts, names, &why, err);
		error_move(err, &why);
		return -1;
	}
	installed = d->installed || binary || c.unit || c.config;
	if (facts_set(facts, "containerd.config", value_text(c.config), err, "%s",
		      c.config ? "containerd.service" : "no file") < 0 ||
	    facts_set(facts, "containerd.config_files", value_from_strv(&c.files), err, "%s",
		      c.config ? c.config : "no file") < 0 ||
	    set_containerd_state(host, &c, installed, facts, err) < 0)
		return -1;
	return set_containerd_socket(host, d, &c, installed, facts, err);
}
