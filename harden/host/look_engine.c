// SPDX-License-Identifier: Apache-2.0
/*
 * Opening an engine, its version, and single questions.
 */
#include "config.h"

#include "harden/host/look_engine.h"

#include "harden/host/look_engine_parts.h"
#include "harden/model/value.h"
#include "harden/text/json.h"

#include <ctype.h>
#include <stdio.h>
#include <sys/stat.h>

#define CONNECT_MS 5000
#define ANSWER_MS 30000
#define TOTAL_MS 120000

/* "1.41" as 1041; 0 for anything else. */
static unsigned api_number(const char *text)
{
	unsigned major, minor;
	int end = 0;

	if (!isdigit((unsigned char)text[0]) ||
	    sscanf(text, "%2u.%3u%n", &major, &minor, &end) != 2 || text[end])
		return 0;
	return major * 1000 + minor;
}

static char *pem_path(const char *dir, const char *name, bool optional)
{
	AUTO_FREE char *path = path_join(dir, name);
	struct stat st;

	if (path && optional && stat(path, &st) < 0)
		return NULL;
	return take_ptr(&path);
}

static int set_address(struct engine *e, const struct engine_address *a, struct error *err)
{
	e->connect_ms = a->connect_ms ? a->connect_ms : CONNECT_MS;
	e->answer_ms = a->answer_ms ? a->answer_ms : ANSWER_MS;
	e->total_ms = a->total_ms ? a->total_ms : TOTAL_MS;
	e->url = strdup(a->url);
	e->prefix = strdup("");
	if (!e->url || !e->prefix)
		return error_nomem(err);
	if (engine_target_parse(a, &e->target, err) < 0)
		return -1;
	if (!e->target.tls || !a->cert_path)
		return 0;
	/* an engine that asks clients for no certificate is content with ours missing */
	e->cacert = pem_path(a->cert_path, "ca.pem", false);
	e->cert = pem_path(a->cert_path, "cert.pem", true);
	e->key = pem_path(a->cert_path, "key.pem", true);
	return e->cacert ? 0 : error_nomem(err);
}

static int no_engine(const struct engine *e, const char *what, struct error *err)
{
	(void)error_set(err, ERROR_REMOTE, 0, "GET /_ping of %s: %s", e->url, what);
	error_resource(err, e->url);
	error_next(err, "name an engine of Docker 20.10 or newer, or of Podman, with --engine URL");
	return -1;
}

/* The header counts, not the body, which is "OK" for everybody. */
static int read_ping(struct engine *e, struct engine_exchange *x, struct error *err)
{
	const char *api = strbuf_text(&x->api), *server = strbuf_text(&x->server);
	unsigned theirs;

	if (!api || !server)
		return error_nomem(err);
	theirs = api_number(api);
	if (!theirs)
		return no_engine(e, "there is no Api-Version in the answer", err);
	if (theirs < api_number(ENGINE_API_MIN))
		return no_engine(e, "its API is older than " ENGINE_API_MIN, err);
	e->podman = x->podman.len > 0;
	e->api_max = strdup(api);
	e->api = strdup(theirs < api_number(ENGINE_API_MAX) ? api : ENGINE_API_MAX);
	e->server = strdup(server);
	free(e->prefix);
	e->prefix = e->api ? str_format("/v%s", e->api) : NULL;
	return e->api_max && e->server && e->prefix ? 0 : error_nomem(err);
}

/* The answer, in words: what is missing is no object here but the whole API. */
static int ping(struct engine *e, struct error *err)
{
	enum exchange_outcome outcome;

	if (exchange_new(e, &e->single, err) < 0)
		return -1;
	e->single->is_ping = true;
	outcome = exchange_run(e->single, strdup("/_ping"), err);
	e->single->is_ping = false;
	if (outcome == EXCHANGE_GONE)
		return no_engine(e, "HTTP 404: this is no Engine API", err);
	return outcome == EXCHANGE_OK ? read_ping(e, e->single, err) : -1;
}

static int connect_to(struct engine *e, const struct engine_address *address, struct error *err)
{
	return set_address(e, address, err) < 0 || curl_library_open(&e->curl, err) < 0 ||
			       ping(e, err) < 0
		       ? -1
		       : 0;
}

int engine_open(const struct engine_address *address, struct engine **ret_engine, struct error *err)
{
	AUTO_PTR(engine) struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return error_nomem(err);
	if (connect_to(e, address, err) < 0)
		return -1;
	*ret_engine = take_ptr(&e);
	return 0;
}

int engine_ping(const struct engine_address *address, bool *ret_denied, struct error *err)
{
	AUTO_PTR(engine) struct engine *e = calloc(1, sizeof(*e));
	int result;

	*ret_denied = false;
	if (!e)
		return error_nomem(err);
	result = connect_to(e, address, err);
	*ret_denied = result < 0 && e->single && exchange_was_denied(e->single);
	return result;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	fetcher_free(e->fetcher);
	exchange_free(e->single);
	engine_target_done(&e->target);
	free(e->url);
	free(e->cacert);
	free(e->cert);
	free(e->key);
	free(e->api);
	free(e->api_max);
	free(e->server);
	free(e->prefix);
	free(e);
}

const char *engine_url(const struct engine *engine)
{
	return engine->url;
}

const char *engine_api(const struct engine *engine)
{
	return engine->api;
}

const char *engine_api_max(const struct engine *engine)
{
	return engine->api_max;
}

const char *engine_server(const struct engine *engine)
{
	return engine->server;
}

bool engine_is_podman(const struct engine *engine)
{
	return engine->podman;
}

bool engine_api_at_least(const struct engine *engine, const char *version)
{
	return api_number(engine->api) >= api_number(version);
}

int engine_get(struct engine *engine, const char *path, struct blob **ret_body, struct error *err)
{
	enum exchange_outcome outcome = exchange_run(engine->single, strdup(path), err);

	if (outcome == EXCHANGE_GONE)
		return ENGINE_GONE;
	if (outcome != EXCHANGE_OK)
		return -1;
	*ret_body = blob_from_strbuf(&engine->single->body);
	return *ret_body ? 0 : error_nomem(err);
}

int engine_parse(const struct engine *engine, const char *path, const struct blob *body,
		 struct value **ret_value, struct error *err)
{
	AUTO_FREE char *name = str_format("GET %s of %s", path, engine->url);

	if (!name)
		return error_nomem(err);
	return json_read(body->data, body->len, name, ret_value, err);
}

int engine_get_value(struct engine *engine, const char *path, struct value **ret_value,
		     struct error *err)
{
	AUTO_PTR(blob) struct blob *body = NULL;
	int r = engine_get(engine, path, &body, err);

	return r ? r : engine_parse(engine, path, body, ret_value, err);
}

/* moby api/types/swarm: LocalNodeState is "", inactive, pending, active, error or locked. */
static enum engine_swarm swarm_of(const struct value *swarm)
{
	const char *state = value_get_text(swarm, "LocalNodeState");
	const struct value *control = value_get(swarm, "ControlAvailable");

	if (str_equal(state, "") || str_equal(state, "inactive"))
		return SWARM_NONE;
	if (str_equal(state, "locked"))
		return SWARM_LOCKED;
	if (!str_equal(state, "active"))
		return SWARM_UNCLEAR;
	return control && control->kind == VALUE_BOOL && control->boolean ? SWARM_MANAGER
									  : SWARM_WORKER;
}

int engine_swarm(struct engine *engine, enum engine_swarm *ret_swarm, struct error *err)
{
	AUTO_PTR(value) struct value *info = NULL;

	if (!engine->swarm_known) {
		int r = engine_get_value(engine, "/info", &info, err);

		if (r == ENGINE_GONE || (r == 0 && info->kind != VALUE_MAP))
			return error_set(err, ERROR_FORMAT, 0, "GET /info of %s: no such answer",
					 engine->url);
		if (r < 0)
			return -1;
		engine->swarm = swarm_of(value_get(info, "Swarm"));
		engine->swarm_known = true;
	}
	*ret_swarm = engine->swarm;
	return 0;
}
