// SPDX-License-Identifier: Apache-2.0
/*
 * One request on a connection of its own, as a connection that was used for reading would stay a
 * writing one.
 */
#include "harden/host/change_engine.h"

#include "harden/host/look_engine_parts.h"

/* dockerd 20.10 answers 500 to an old version of a swarm's object, with these words (swarmkit). */
static const char stale[] = "update out of sequence";

/* 400 to a body without its type; and no pause for the engine to say "100 Continue". */
static struct curl_slist no_expect = {.data = (char *)"Expect:"};
static struct curl_slist headers = {.data = (char *)"Content-Type: application/json",
				    .next = &no_expect};

static bool aim(struct engine_exchange *x, const struct update_request *request)
{
	__typeof__(x->engine->curl->easy_setopt) set = x->engine->curl->easy_setopt;
	const char *body = request->body ? request->body : "";
	CURLcode bad = CURLE_OK;

	x->method = request->method;
	bad |= set(x->easy, CURLOPT_POST, 1L);
	bad |= set(x->easy, CURLOPT_CUSTOMREQUEST, request->method);
	bad |= set(x->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
	bad |= set(x->easy, CURLOPT_POSTFIELDS, body);
	bad |= set(x->easy, CURLOPT_HTTPHEADER, &headers);
	return bad == CURLE_OK;
}

static int send_by(struct engine_exchange *x, const struct update_request *request,
		   struct error *err)
{
	AUTO(error) struct error problem = {0};

	if (!aim(x, request))
		return error_set(err, ERROR_SYS, 0, "set up libcurl for %s", x->engine->url);
	switch (exchange_run(x, strdup(request->path), &problem)) {
	case EXCHANGE_OK:
		return 0;
	case EXCHANGE_GONE:
		return ENGINE_GONE;
	default:
		break;
	}
	if (problem.code == ERROR_REMOTE && strstr(error_message(&problem), stale))
		return ENGINE_STALE;
	error_move(err, &problem);
	return -1;
}

int change_engine_send(struct engine *engine, const struct update_request *request,
		       struct error *err)
{
	struct engine_exchange *x = NULL;
	int r = exchange_new(engine, &x, err);

	if (r == 0)
		r = send_by(x, request, err);
	exchange_free(x);
	return r;
}
