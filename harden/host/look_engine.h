// SPDX-License-Identifier: Apache-2.0
/*
 * The Engine API, read only: GET over a unix socket, or TCP with or without TLS, by libcurl, which
 * is opened on first use. Nothing here can change the engine.
 *
 * Calling order: engine_own_url() or a URL of the user's, engine_open(), then engine_get() for one
 * answer and engine_fetch() for many, engine_free(). One thread only. judge() may call engine_get().
 *
 * Versions: engine_open() asks /_ping and takes the lower of the engine's Api-Version and
 * ENGINE_API_MAX; every path is asked below it. Engines older than ENGINE_API_MIN are refused.
 *
 * Limits: ENGINE_ANSWER_MAX bytes for an answer (of a list: for one element), a time for connecting,
 * one for a whole answer, one for what a fetch waits in all. Redirects are not followed, proxies
 * and the environment are not asked.
 *
 * Errors: REMOTE (cannot connect, HTTP error with the engine's own message, answer cut off, too
 * large, too slow), FORMAT (no JSON: GET PATH of URL:LINE:COLUMN), UNSAFE (a certificate that does
 * not verify), USAGE (no such URL), SYS (no libcurl, no permission for the socket), NOMEM.
 *
 * Facts: moby api/docs/CHANGELOG and api/swagger.yaml 1.24 to 1.51, Docker 20.10 to 29, Podman 4.3.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct host;
struct value;
struct engine;

#define ENGINE_API_MIN "1.24"
#define ENGINE_API_MAX "1.51"
#define ENGINE_ANSWER_MAX ((size_t)16 << 20)
#define ENGINE_LIST_MAX ((size_t)256 << 20) /* a list is read element by element, never kept */
#define ENGINE_IN_FLIGHT 4

/* Positive results of asking. */
enum {
	ENGINE_GONE = 1,     /* 404: no such object (any more) */
	ENGINE_NO_SWARM = 2, /* a kind of a swarm, and this engine is in none */
};

struct engine_address {
	const char *url;       /* unix:///run/docker.sock, tcp://HOST[:PORT], http://, https:// */
	bool tls;	       /* tcp:// means https: DOCKER_TLS_VERIFY is set */
	const char *cert_path; /* directory of ca.pem, cert.pem, key.pem; NULL: the system's CAs */
	/* milliseconds; 0: 5 s to connect, 30 s for an answer, 120 s of waiting in one fetch */
	long connect_ms, answer_ms, total_ms;
};

/*
 * The unix socket that this host's own dockerd listens on: the first unix listener of -H or hosts,
 * for fd:// the ListenStream of docker.socket, "unix:///run/docker.sock" when nothing is said.
 * *ret_url is NULL when it has no unix listener; *ret_source says what decided. Errors: as
 * look_listeners().
 */
int engine_own_url(struct host *host, char **ret_url, char **ret_source, struct error *err);
/* Whether a URL leads to another machine, or may: anything but unix://. */
bool engine_url_is_remote(const char *url);

/* Connects and asks for the version. */
int engine_open(const struct engine_address *address, struct engine **ret_engine,
		struct error *err);
/* The same, and lets go again. *ret_denied: it failed because the engine's authorisation says no. */
int engine_ping(const struct engine_address *address, bool *ret_denied, struct error *err);
void engine_free(struct engine *engine);
DEFINE_AUTO_PTR(engine)

/* What /_ping said. Borrowed. */
const char *engine_url(const struct engine *engine);
const char *engine_api(const struct engine *engine);	 /* the one used: "1.41" */
const char *engine_api_max(const struct engine *engine); /* the engine's own: "1.41" */
const char *engine_server(const struct engine *engine);	 /* "Docker/20.10.24 (linux)", or "" */
bool engine_is_podman(const struct engine *engine);
/* Whether the version used is at least "1.44". */
bool engine_api_at_least(const struct engine *engine, const char *version);

/*
 * One answer. path is "/info", "/containers/json?all=1", without a version; build one with an id
 * in it by engine_path(). 0 with *ret_body (free with blob_free), ENGINE_GONE, or -1.
 */
int engine_get(struct engine *engine, const char *path, struct blob **ret_body, struct error *err);
/* The same, parsed. */
int engine_get_value(struct engine *engine, const char *path, struct value **ret_value,
		     struct error *err);
/* An answer as a tree. path is what was asked, for messages. Errors: FORMAT, NOMEM. */
int engine_parse(const struct engine *engine, const char *path, const struct blob *body,
		 struct value **ret_value, struct error *err);
/* format holds one %s, for which id is put in, percent-encoded (slashes too). NULL: no memory. */
char *engine_path(const char *format, const char *id);

/* What /info says of the swarm; asked once. */
enum engine_swarm { SWARM_NONE, SWARM_MANAGER, SWARM_WORKER, SWARM_LOCKED, SWARM_UNCLEAR };
int engine_swarm(struct engine *engine, enum engine_swarm *ret_swarm, struct error *err);

/* One question about an object. */
struct engine_part {
	const char *name; /* "inspect", "history", "top" */
	const char *path; /* with one %s; NULL: the list's element is the answer */
	bool optional;	  /* asked only if the fetch names it */
	unsigned absent;  /* this HTTP status means: there is no such answer now; 0: none */
	bool only_docker; /* Podman is not asked: its answer is a problem that says so */
};

#define ENGINE_PARTS 3

/* A kind of object. */
struct engine_kind {
	const char *name;    /* "container"; the word after each: in a recipe */
	const char *list;    /* path; NULL: there is one object of the kind, or ids must be given */
	const char *members; /* the list is in this member of a map; NULL: it is the answer */
	const char *id;	     /* member of an element: "Id", "ID", "Name" */
	const char *title;   /* dotted path to what people call it: "Names.0", "Spec.Name" */
	bool swarm;	     /* only a manager of a swarm has them; elsewhere a fetch is an error */
	struct engine_part parts[ENGINE_PARTS]; /* unused ones have no name */
};

/* container image network volume service node task secret config swarm info version exec. */
extern const struct engine_kind engine_kinds[]; /* a NULL name ends it */
const struct engine_kind *engine_kind_find(const char *name);
const char *engine_kind_nearest(const char *name); /* for messages, may be NULL */

/* What came back for one part. */
struct engine_answer {
	char *path;	      /* what was asked, for messages and evidence */
	struct blob *body;    /* NULL: not asked, absent, or failed */
	struct error problem; /* code not NONE: why it failed */
};

struct engine_object {
	const struct engine_kind *kind;
	size_t index;	       /* from 0, of those the list named */
	const char *id, *name; /* name without the leading slash; the id when it has none */
	struct engine_answer answers[ENGINE_PARTS]; /* as kind->parts */
};

/*
 * Called once for each object, sorted by name, then id, while the next ones are on their way.
 * The object is the callee's to read until it returns. An answer that failed (too large, HTTP 500)
 * is there with its problem, so that one object does not spoil the others: never take it for an
 * empty one. Return -1 with err to stop.
 */
typedef int engine_judge(void *cookie, const struct engine_object *object, struct error *err);

struct engine_fetch {
	const struct engine_kind *kind;
	unsigned parts;		/* bits of the optional parts to ask for: 1 << index */
	const struct strv *ids; /* NULL: all that the list names */
	/* Whether judge() can begin; until then answers are gathered, as many as are kept. NULL: yes */
	bool (*is_ready)(void *cookie);
	bool one_by_one; /* judge() takes long: nothing is asked ahead, to grow old meanwhile */
};

/*
 * ENGINE_IN_FLIGHT questions at a time over connections that are kept. Memory is that of a few
 * answers and the names and ids, however many objects there are. An object that vanishes between
 * list and question is left out. 0, ENGINE_NO_SWARM (nobody was called), or -1 when the list
 * failed, the engine is lost, the time is over, or judge() stopped. judge() must not fetch.
 */
int engine_fetch(struct engine *engine, const struct engine_fetch *fetch, engine_judge *judge,
		 void *cookie, struct error *err);

/*
 * One answer of any length, as it comes: a saved image. The engine may think for a long time before
 * the first byte; limit_ms is for all of it. While a stream is open engine_get() may be called.
 */
struct engine_stream;
/* 0, ENGINE_GONE, or -1; path as of engine_get(). */
int engine_stream_open(struct engine *engine, const char *path, long limit_ms,
		       struct engine_stream **ret_stream, struct error *err);
/* The next bytes, *ret_len 0 at the end; they stay until the next call. Also a byte_source's read. */
int engine_stream_read(void *stream, const void **ret_data, size_t *ret_len, struct error *err);
void engine_stream_free(struct engine_stream *stream);
DEFINE_AUTO_PTR(engine_stream)

struct facts;

/*
 * What the engine says of itself: engine.version, engine.api, engine.os and engine.product (docker,
 * podman), each with where it comes from. address->url NULL: this host's own. When it cannot be asked
 * they are unknown with that problem. Errors: NOMEM.
 */
int look_engine_facts(struct host *host, const struct engine_address *address, struct facts *facts,
		      struct error *err);
