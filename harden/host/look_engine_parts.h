// SPDX-License-Identifier: Apache-2.0
/*
 * What the files of look_engine.h share.
 */
#pragma once

#include "harden/host/look_curl.h"
#include "harden/host/look_engine.h"
#include "harden/text/json_split.h"

/* Where a URL leads. */
struct engine_target {
	char *socket; /* path of a unix socket, NULL for TCP */
	char *base;   /* "http://localhost", "https://10.0.0.1:2376": paths follow */
	bool tls;
};

/* Errors: USAGE. */
int engine_target_parse(const struct engine_address *address, struct engine_target *ret_target,
			struct error *err);
void engine_target_done(struct engine_target *target);

struct engine_fetcher;				   /* look_engine_fetch.c */
void fetcher_free(struct engine_fetcher *fetcher); /* before curl and the engine's strings go */

struct engine {
	const struct curl_library *curl;
	char *url, *cacert, *cert, *key; /* the last three NULL without cert_path */
	struct engine_target target;
	long connect_ms, answer_ms, total_ms;
	char *api, *api_max, *server, *prefix; /* prefix: "/v1.41", "" before it is known */
	bool podman;
	enum engine_swarm swarm;
	bool swarm_known;
	struct engine_exchange *single; /* of engine_get() and of lists */
	struct engine_fetcher *fetcher; /* made by the first fetch */
};

/* Outcomes of one question. */
enum exchange_outcome {
	EXCHANGE_OK,
	EXCHANGE_GONE,	 /* 404 */
	EXCHANGE_ABSENT, /* the status that the question says means: no such answer */
	EXCHANGE_FAILED, /* this answer alone; error is filled */
	EXCHANGE_LOST,	 /* the engine cannot be reached, no other question will do better */
};

/* One connection's worth of asking; used again and again. */
struct engine_exchange {
	const struct engine *engine;
	CURL *easy;
	const char *method; /* "GET", for messages */
	char *path;	    /* what is being asked, without the version */
	unsigned absent;
	size_t seen; /* bytes of the answer */
	struct strbuf body;
	struct json_split *split;	   /* a list goes here instead of body */
	bool streams;			   /* somebody empties body as it comes: it has no limit */
	bool is_ping;			   /* its headers are wanted */
	struct strbuf api, server, podman; /* headers of a ping */
	struct error problem;		   /* raised while bytes came in */
	char detail[CURL_ERROR_SIZE];
};

int exchange_new(const struct engine *engine, struct engine_exchange **ret_exchange,
		 struct error *err);
void exchange_free(struct engine_exchange *x);
/* Aims it at path (taken in every case; NULL is out of memory) with limit_ms for the answer. */
int exchange_aim(struct engine_exchange *x, char *path, unsigned absent, long limit_ms,
		 struct error *err);
/* What became of it, after curl ended it with code. */
enum exchange_outcome exchange_end(struct engine_exchange *x, CURLcode code, struct error *err);
/* Whether the last answer says that we may not ask. */
bool exchange_was_denied(const struct engine_exchange *x);
/* Aims, performs, ends. */
enum exchange_outcome exchange_run(struct engine_exchange *x, char *path, struct error *err);
