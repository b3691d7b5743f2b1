// SPDX-License-Identifier: Apache-2.0
/*
 * Asking this host's own daemon, at the unix socket that the running one listens on. DOCKER_HOST is
 * somebody's choice of another engine and has no say here.
 */
#include "harden/host/look_daemon_parts.h"

#include "harden/host/host.h"
#include "harden/host/look_engine.h"
#include "harden/host/look_listeners.h"

static const struct engine_address limits = {
	.connect_ms = 5000,
	.answer_ms = 10000,
	.total_ms = 60000,
};

/* The first unix listener of the running daemon; NULL: it has none. */
static int find_url(const struct daemon_now *now, char **ret_url, struct error *err)
{
	AUTO(listeners) struct listeners list = {0};

	*ret_url = NULL;
	if (look_listeners(now->view, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.len; i++)
		if (list.items[i].kind == LISTENER_UNIX) {
			*ret_url = str_format("unix://%s", list.items[i].address);
			return *ret_url ? 0 : error_nomem(err);
		}
	return 0;
}

static int ask_one(struct engine *engine, const char *path, struct value **ret_value,
		   struct error *err)
{
	int r = engine_get_value(engine, path, ret_value, err);

	return r < 0 ? -1 : 0; /* no default bridge, say: nothing to show */
}

static int ask(struct daemon_now *now, struct error *err)
{
	struct engine_address address = limits;

	if (find_url(now, &now->asked, err) < 0)
		return -1;
	if (!now->asked)
		return error_set(err, ERROR_REMOTE, 0,
				 "the daemon has no unix socket to ask it at");
	address.url = now->asked;
	if (engine_open(&address, &now->engine, err) < 0)
		return -1;
	if (ask_one(now->engine, "/version", &now->version, err) < 0 ||
	    ask_one(now->engine, "/info", &now->info, err) < 0)
		return -1;
	return ask_one(now->engine, "/networks/bridge", &now->bridge, err);
}

static void forget_answers(struct daemon_now *now)
{
	value_free(take_ptr(&now->version));
	value_free(take_ptr(&now->info));
	value_free(take_ptr(&now->bridge));
	free(take_ptr(&now->asked));
}

int daemon_look_answers(struct host *host, struct daemon_now *now, struct error *err)
{
	AUTO(error) struct error why = {0};
	const char *version;

	if (host->engine_none)
		return 0;
	if (ask(now, &why) < 0) {
		if (why.code == ERROR_NOMEM) {
			error_move(err, &why);
			return -1;
		}
		forget_answers(now);
		error_move(&now->unasked, &why);
		return 0;
	}
	version = value_get_text(now->version, "Version");
	if (!version)
		return 0;
	free(now->view->version);
	now->view->version = strndup(version, strspn(version, "0123456789."));
	return now->view->version ? 0 : error_nomem(err);
}

static void container_done(struct daemon_container *c)
{
	free(c->name);
	free(c->log_driver);
	value_free(c->log_opts);
}

void daemon_answers_done(struct daemon_now *now)
{
	forget_answers(now);
	engine_free(take_ptr(&now->engine));
	error_done(&now->unasked);
	for (size_t i = 0; i < now->len; i++)
		container_done(&now->containers[i]);
	free(now->containers);
}

static bool is_true(const struct value *v)
{
	return v && v->kind == VALUE_BOOL && v->boolean;
}

/* "no-new-privileges=false", up to 1.13 with a colon: somebody wanted it so. */
static bool asks_privileges(const struct value *options)
{
	for (size_t i = 0; i < value_len(options); i++) {
		const char *text = value_as_text(options->members[i].value);

		if (text && (str_equal(text, "no-new-privileges=false") ||
			     str_equal(text, "no-new-privileges:false")))
			return true;
	}
	return false;
}

/* The API does not say what became of the daemon's default; the kernel does. */
static int look_privileges(struct host *host, struct daemon_container *c, struct error *err)
{
	AUTO_FREE char *text = NULL;

	if (!c->pid)
		return 0;
	if (process_status(host, c->pid, "NoNewPrivs", &text, err) < 0)
		return -1;
	c->privileges_gained = str_equal(text, "0");
	return 0;
}

static int fill_container(struct host *host, const struct value *v, struct daemon_container *c,
			  struct error *err)
{
	const struct value *state = value_get(v, "State"), *config = value_get(v, "HostConfig");
	const struct value *log = value_get(config, "LogConfig"), *pid = value_get(state, "Pid");
	const struct value *networks = value_get(value_get(v, "NetworkSettings"), "Networks");
	const char *driver = value_get_text(log, "Type");

	c->running = is_true(value_get(state, "Running"));
	c->pid = c->running && pid && pid->kind == VALUE_INTEGER && pid->integer > 0
			 ? (pid_t)pid->integer
			 : 0;
	c->on_bridge = value_get(networks, "bridge") != NULL;
	c->privileges_asked = asks_privileges(value_get(config, "SecurityOpt"));
	c->log_driver = strdup(driver ? driver : "");
	c->log_opts = value_copy(value_get(log, "Config"));
	if (!c->log_driver)
		return error_nomem(err);
	return look_privileges(host, c, err);
}

struct gathering {
	struct host *host;
	struct daemon_now *now;
};

static int gather(void *cookie, const struct engine_object *object, struct error *err)
{
	struct gathering *g = cookie;
	struct daemon_now *now = g->now;
	const struct engine_answer *inspect = &object->answers[0];
	AUTO_PTR(value) struct value *v = NULL;
	struct daemon_container *c;

	if (inspect->problem.code != ERROR_NONE) {
		error_copy(err, &inspect->problem);
		return error_wrap(err, "container %s", object->name);
	}
	if (!inspect->body)
		return 0; /* gone meanwhile */
	if (engine_parse(now->engine, inspect->path, inspect->body, &v, err) < 0 ||
	    vec_reserve((void **)&now->containers, &now->cap, now->len, sizeof(*c), err) < 0)
		return -1;
	c = &now->containers[now->len++];
	*c = (struct daemon_container){.name = strdup(object->name)};
	return c->name ? fill_container(g->host, v, c, err) : error_nomem(err);
}

int daemon_containers(struct host *host, const struct daemon_container **ret_items, size_t *ret_len,
		      struct error *err)
{
	struct daemon_now *now = host->daemon;
	struct gathering g = {host, now};
	struct engine_fetch fetch = {.kind = engine_kind_find("container")};

	if (now && now->engine && !now->containers_seen) {
		if (engine_fetch(now->engine, &fetch, gather, &g, err) < 0)
			return error_wrap(err, "look at the containers of this host");
		now->containers_seen = true;
	}
	*ret_items = now ? now->containers : NULL;
	*ret_len = now ? now->len : 0;
	return 0;
}
