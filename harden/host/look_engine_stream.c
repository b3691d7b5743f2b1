// SPDX-License-Identifier: Apache-2.0
/*
 * One answer as it comes. Whoever reads pulls: a read lets curl work until there are bytes, so that
 * no more than curl takes in at once (some hundred KiB) lies here, however slow the reader is.
 */
#include "config.h"

#include "harden/host/look_engine_parts.h"

#include <stdlib.h>

#define POLL_MS 1000

struct engine_stream {
	const struct curl_library *curl;
	struct engine_exchange *exchange;
	CURLM *multi;
	bool added, ended, handed_out;
};

void engine_stream_free(struct engine_stream *s)
{
	if (!s)
		return;
	if (s->added)
		(void)s->curl->multi_remove_handle(s->multi, s->exchange->easy); /* it is in */
	exchange_free(s->exchange);
	if (s->multi)
		(void)s->curl->multi_cleanup(s->multi); /* nothing is in it */
	free(s);
}

static int failed(const struct engine_stream *s, CURLMcode code, struct error *err)
{
	return error_set(err, ERROR_REMOTE, 0, "GET %s of %s: %s", s->exchange->path,
			 s->exchange->engine->url, s->curl->multi_strerror(code));
}

/* Whether the answer has ended; *ret_gone: with a 404. */
static int see_end(struct engine_stream *s, bool *ret_gone, struct error *err)
{
	enum exchange_outcome outcome;
	CURLMsg *message;
	int left;

	*ret_gone = false;
	while ((message = s->curl->multi_info_read(s->multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		s->ended = true;
		outcome = exchange_end(s->exchange, message->data.result, err);
		if (outcome != EXCHANGE_OK && outcome != EXCHANGE_GONE)
			return -1;
		*ret_gone = outcome == EXCHANGE_GONE;
	}
	return 0;
}

static bool is_error_body(const struct engine_stream *s)
{
	long status = 0;

	(void)s->curl->easy_getinfo(s->exchange->easy, CURLINFO_RESPONSE_CODE, &status);
	return status < 200 || status >= 300;
}

/* Until there are bytes or the end. The body of an error is no bytes: it is part of the message. */
static int wait_for_bytes(struct engine_stream *s, bool *ret_gone, struct error *err)
{
	int running;

	*ret_gone = false;
	while (!s->ended) {
		CURLMcode bad = s->curl->multi_perform(s->multi, &running);

		if (bad != CURLM_OK)
			return failed(s, bad, err);
		if (see_end(s, ret_gone, err) < 0)
			return -1;
		if (s->ended || (s->exchange->body.len && !is_error_body(s)))
			return 0;
		bad = s->curl->multi_poll(s->multi, NULL, 0, POLL_MS, NULL);
		if (bad != CURLM_OK)
			return failed(s, bad, err);
	}
	return 0;
}

static int begin(struct engine_stream *s, const struct engine *engine, const char *path,
		 long limit_ms, struct error *err)
{
	CURLMcode bad;

	if (exchange_new(engine, &s->exchange, err) < 0)
		return -1;
	s->exchange->streams = true;
	s->multi = s->curl->multi_init();
	if (!s->multi)
		return error_nomem(err);
	if (exchange_aim(s->exchange, strdup(path), 0, limit_ms, err) < 0)
		return -1;
	bad = s->curl->multi_add_handle(s->multi, s->exchange->easy);
	if (bad != CURLM_OK)
		return failed(s, bad, err);
	s->added = true;
	return 0;
}

int engine_stream_open(struct engine *engine, const char *path, long limit_ms,
		       struct engine_stream **ret_stream, struct error *err)
{
	AUTO_PTR(engine_stream) struct engine_stream *s = calloc(1, sizeof(*s));
	bool gone;

	if (!s)
		return error_nomem(err);
	s->curl = engine->curl;
	if (begin(s, engine, path, limit_ms, err) < 0 || wait_for_bytes(s, &gone, err) < 0)
		return -1;
	if (gone)
		return ENGINE_GONE;
	*ret_stream = take_ptr(&s);
	return 0;
}

/* What was handed out is dropped by the next call; the first one has bytes from the opening. */
int engine_stream_read(void *stream, const void **ret_data, size_t *ret_len, struct error *err)
{
	struct engine_stream *s = stream;
	struct strbuf *body = &s->exchange->body;
	bool gone;

	if (s->handed_out)
		body->len = 0;
	s->handed_out = true;
	if (!body->len && wait_for_bytes(s, &gone, err) < 0)
		return -1;
	*ret_data = body->data;
	*ret_len = body->len;
	return 0;
}
