// SPDX-License-Identifier: Apache-2.0
/*
 * A key has an effect where its staged value differs from the running one. What the effect is stands
 * in a table: who is concerned, and what happens to them.
 *
 * Source: moby daemon/create.go (log driver, no-new-privileges are copied into a container when it
 * is created), daemon/start.go and oci_linux.go (ulimits, cgroup parent, seccomp at each start),
 * daemon/daemon_unix.go (bridge settings wait while containers run).
 */
#include "harden/resource/impact.h"

#include "harden/host/look_daemon.h"
#include "harden/resource/daemon.h"

#define NAMES_MAX 20

/* Whom it concerns. */
enum whom {
	ALL,	 /* also those that do not run */
	RUNNING, /* while the daemon changes under them */
	BRIDGED, /* running, on the default bridge */
	KEPT,	 /* running, and kept alive by live-restore */
};

static const struct effect {
	const char *key;
	enum whom whom;
	size_t at_least;  /* fewer are no matter */
	const char *what; /* behind "NAMES " */
} effects[] = {
	{"cgroup-parent", KEPT, 1, "stay in the old cgroup until they are started again"},
	{"default-ulimits", KEPT, 1, "keep the old limits until they are started again"},
	{"icc", BRIDGED, 2, "lose each other on the default bridge"},
	{"log-driver", ALL, 1, "keep the old log driver until they are created anew"},
	{"log-opts", ALL, 1, "keep the old log options until they are created anew"},
	{"no-new-privileges", ALL, 1, "keep the old setting until they are created anew"},
	{"seccomp-profile", KEPT, 1, "keep the old profile until they are started again"},
	{"userns-remap", ALL, 1,
	 "vanish from view, with all images and volumes, until this is undone"},
};

/* Settings of the default bridge, which the daemon leaves alone while containers run. */
static const char *const waiting[] = {"icc", "iptables", "userland-proxy"};

struct impact {
	struct host *host;
	const struct daemon_now *now;
	const struct dockerd *staged;
	const struct daemon_container *items;
	size_t len;
	bool kept; /* live-restore is or will be on before the restart */
};

static bool concerns(const struct impact *im, enum whom whom, const struct daemon_container *c)
{
	switch (whom) {
	case ALL:
		return true;
	case RUNNING:
		return c->running;
	case BRIDGED:
		return c->running && c->on_bridge;
	case KEPT:
		return c->running && im->kept;
	}
	return false;
}

/* How many there are; their names in text. */
static size_t name_all(const struct impact *im, enum whom whom, struct strbuf *text)
{
	size_t n = 0;

	for (size_t i = 0; i < im->len; i++)
		if (concerns(im, whom, &im->items[i]) && n++ < NAMES_MAX)
			strbuf_appendf(text, "%s%s", n > 1 ? ", " : "", im->items[i].name);
	if (n > NAMES_MAX)
		strbuf_appendf(text, " and %zu more", n - NAMES_MAX);
	return n;
}

static bool is_changed(const struct impact *im, const char *key)
{
	AUTO(setting) struct setting to = {0}, from = {0};
	const char *doubt;

	if (dockerd_setting(im->staged, key, &to, NULL) < 0 ||
	    daemon_setting(im->now, key, &from, &doubt, NULL) < 0)
		return false;
	return doubt || !daemon_equal(to.key, to.value, from.value);
}

static bool restarts(const struct staged_file *f)
{
	return f->actions & ACTION_RESTART_DOCKER;
}

/* The staged file that a key stands in afterwards, else the first that has docker restarted. */
static struct staged_file *file_of(const struct impact *im, const char *key)
{
	const struct stage *stage = im->host->stage;
	AUTO(setting) struct setting s = {0};
	struct staged_file *f = NULL;

	if (key && dockerd_setting(im->staged, key, &s, NULL) == 0)
		f = stage_find(stage, daemon_resource(im->staged, &s));
	for (size_t i = 0; i < stage->len && !f; i++)
		if (restarts(&stage->files[i]))
			f = &stage->files[i];
	return f;
}

static int add(const struct impact *im, const char *key, const char *names, const char *what,
	       struct error *err)
{
	struct staged_file *f = file_of(im, key);
	AUTO_FREE char *line =
		str_format("%s%s%s %s", key ? key : "", key ? ": " : "", names, what);

	if (!line)
		return error_nomem(err);
	return f ? strv_add_once(&f->impact, line, err) : 0;
}

static int add_effect(const struct impact *im, const struct effect *e, struct error *err)
{
	AUTO(strbuf) struct strbuf names = {0};

	if (!is_changed(im, e->key) || name_all(im, e->whom, &names) < e->at_least)
		return 0;
	return strbuf_text(&names) ? add(im, e->key, strbuf_text(&names), e->what, err)
				   : error_nomem(err);
}

static int add_restart(const struct impact *im, struct error *err)
{
	AUTO(strbuf) struct strbuf names = {0};

	if (!name_all(im, RUNNING, &names))
		return 0;
	if (!strbuf_text(&names))
		return error_nomem(err);
	if (!im->kept)
		return add(im, NULL, strbuf_text(&names), "stop when docker is restarted", err);
	for (size_t i = 0; i < ARRAY_SIZE(waiting); i++)
		if (is_changed(im, waiting[i]) &&
		    add(im, waiting[i], "waits for a restart while no container runs; now run",
			strbuf_text(&names), err) < 0)
			return -1;
	return 0;
}

static int add_all(const struct impact *im, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(effects); i++)
		if (add_effect(im, &effects[i], err) < 0)
			return -1;
	return add_restart(im, err);
}

static int unasked(const struct impact *im, const struct error *why, struct error *err)
{
	if (why->code == ERROR_NOMEM)
		return error_nomem(err);
	return add(im, NULL,
		   "which containers this concerns could not be asked:", error_message(why), err);
}

int impact_name(struct host *host, struct error *err)
{
	struct impact im = {.host = host};
	AUTO(error) struct error why = {0};

	if (!host->live || host->engine_none || !file_of(&im, NULL))
		return 0;
	if (look_daemon(host, &im.now, &why) < 0 || look_dockerd(host, &im.staged, &why) < 0)
		return why.code == ERROR_NOMEM ? error_nomem(err) : 0;
	if (!im.now->process.pid)
		return 0;
	if (im.now->unasked.code != ERROR_NONE)
		return unasked(&im, &im.now->unasked, err);
	if (daemon_containers(host, &im.items, &im.len, &why) < 0)
		return unasked(&im, &why, err);
	im.kept = daemon_restores_live(im.now) || dockerd_true(im.staged, "live-restore");
	return add_all(&im, err);
}
