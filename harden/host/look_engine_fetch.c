// SPDX-License-Identifier: Apache-2.0
/*
 * Many questions at once, answers in order.
 *
 * Questions are numbered: question q is part q % parts of object q / parts. Lines (connections)
 * take the next question when they are free; answers wait in a ring until it is their object's
 * turn. No question is asked that is more than a ring ahead of the object being judged, which
 * bounds the memory however slow one answer is.
 */
#include "config.h"

#include "harden/host/look_engine_list.h"

#include <time.h>

#define RING 64
#define AHEAD_MAX                                                                                  \
	((size_t)1 << 20) /* bytes waiting in the ring; the next object's are always asked */
#define POLL_MS 1000
#define READY_MS 5 /* between two looks whether judge() can begin */
#define NONE ((size_t)-1)

_Static_assert(ENGINE_PARTS <= RING, "an object's answers fit into the ring");

struct line {
	struct engine_exchange *exchange;
	size_t question; /* NONE: free */
};

struct engine_fetcher {
	const struct curl_library *curl;
	CURLM *multi; /* keeps the connections from one fetch to the next */
	struct line lines[ENGINE_IN_FLIGHT];
};

struct slot {
	bool done;
	enum exchange_outcome outcome;
	struct engine_answer answer;
};

/* One fetch. */
struct run {
	struct engine *engine;
	struct engine_fetcher *fetcher;
	const struct engine_kind *kind;
	const struct engine_entries *entries;
	bool one_by_one;
	bool listed;			       /* the ids are those of the list */
	size_t parts[ENGINE_PARTS], parts_len; /* which are asked, as indexes of kind->parts */
	struct engine_answer
		unasked[ENGINE_PARTS]; /* parts that this engine shall not be asked for */
	size_t asked, judged;	       /* questions, objects */
	struct slot ring[RING];
	size_t waiting;	    /* bytes in the ring */
	long long deadline; /* monotonic, milliseconds */
	engine_judge *judge;
	bool (*is_ready)(void *cookie); /* NULL: yes */
	void *cookie;
};

static long long now_ms(void)
{
	struct timespec t = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail on Linux */
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void fetcher_free(struct engine_fetcher *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < ENGINE_IN_FLIGHT; i++)
		exchange_free(f->lines[i].exchange);
	if (f->multi)
		(void)f->curl->multi_cleanup(f->multi); /* nothing is in it */
	free(f);
}

static struct engine_fetcher *fetcher_new(const struct engine *engine, struct error *err)
{
	struct engine_fetcher *f = calloc(1, sizeof(*f));

	if (!f) {
		(void)error_nomem(err);
		return NULL;
	}
	f->curl = engine->curl;
	f->multi = engine->curl->multi_init();
	for (size_t i = 0; i < ENGINE_IN_FLIGHT; i++)
		f->lines[i].question = NONE;
	if (!f->multi) {
		fetcher_free(f);
		(void)error_nomem(err);
		return NULL;
	}
	return f;
}

static void answer_done(struct engine_answer *answer)
{
	free(answer->path);
	blob_free(answer->body);
	error_done(&answer->problem);
	*answer = (struct engine_answer){0};
}

static int multi_failed(const struct run *r, CURLMcode code, struct error *err)
{
	return error_set(err, ERROR_REMOTE, 0, "ask %s: %s", r->engine->url,
			 r->engine->curl->multi_strerror(code));
}

static int ask(struct run *r, struct line *line, struct error *err)
{
	size_t q = r->asked;
	const struct engine_part *part = &r->kind->parts[r->parts[q % r->parts_len]];
	const struct engine_entry *entry = &r->entries->items[q / r->parts_len];
	long long left = r->deadline - now_ms();
	long limit =
		left < r->engine->answer_ms ? (left > 0 ? (long)left : 1) : r->engine->answer_ms;
	CURLMcode bad;

	if (!line->exchange && exchange_new(r->engine, &line->exchange, err) < 0)
		return -1;
	if (exchange_aim(line->exchange, engine_path(part->path, entry->id), part->absent, limit,
			 err) < 0)
		return -1;
	bad = r->engine->curl->multi_add_handle(r->fetcher->multi, line->exchange->easy);
	if (bad != CURLM_OK)
		return multi_failed(r, bad, err);
	line->question = q;
	r->asked++;
	return 0;
}

/* Gives every free line a question, as far as the ring allows. */
static int ask_more(struct run *r, struct error *err)
{
	size_t end = r->entries->len * r->parts_len, begin = r->judged * r->parts_len;
	bool far = !r->one_by_one && r->waiting < AHEAD_MAX;
	size_t ahead = begin + (far ? RING : r->parts_len);

	for (size_t i = 0; i < ENGINE_IN_FLIGHT; i++)
		if (r->fetcher->lines[i].question == NONE && r->asked < end && r->asked < ahead &&
		    ask(r, &r->fetcher->lines[i], err) < 0)
			return -1;
	return 0;
}

/*
 * An answer that does not hold the id that was asked for says nothing about the object, and must
 * not be taken for one that has nothing to find fault with. Engines agree on ids but for the
 * algorithm's name in front.
 */
static void check_subject(const struct run *r, size_t question, struct engine_answer *answer)
{
	const struct engine_part *part = &r->kind->parts[r->parts[question % r->parts_len]];
	const char *id = r->entries->items[question / r->parts_len].id, *colon = strchr(id, ':');

	if (!r->listed || part != &r->kind->parts[0])
		return;
	id = colon && colon[1] ? colon + 1 : id;
	if (memmem(answer->body->data, answer->body->len, id, strlen(id)))
		return;
	(void)error_set(&answer->problem, ERROR_FORMAT, 0,
			"GET %s of %s: the answer is about another object", answer->path,
			r->engine->url);
	error_resource(&answer->problem, r->engine->url);
	error_next(&answer->problem, "look at the engine's log");
	blob_free(take_ptr(&answer->body));
}

/* A line's answer goes into the ring. */
static int file_answer(struct run *r, struct line *line, CURLcode code, struct error *err)
{
	size_t question = line->question;
	struct slot *slot = &r->ring[question % RING];
	struct engine_exchange *x = line->exchange;
	AUTO(error) struct error why = {0};

	*slot = (struct slot){.done = true, .outcome = exchange_end(x, code, &why)};
	line->question = NONE;
	if (slot->outcome == EXCHANGE_LOST) {
		if (err)
			error_move(err, &why);
		return -1;
	}
	slot->answer.path = take_ptr(&x->path);
	if (slot->outcome == EXCHANGE_FAILED)
		error_move(&slot->answer.problem, &why);
	if (slot->outcome != EXCHANGE_OK)
		return 0;
	slot->answer.body = blob_from_strbuf(&x->body);
	if (!slot->answer.body)
		return error_nomem(err);
	check_subject(r, question, &slot->answer);
	if (slot->answer.body)
		r->waiting += slot->answer.body->len;
	return 0;
}

/* Sends and receives; files what is complete. */
static int move_bytes(struct run *r, struct error *err)
{
	const struct curl_library *curl = r->engine->curl;
	int running, left;
	CURLMcode bad = curl->multi_perform(r->fetcher->multi, &running);
	CURLMsg *message;

	if (bad != CURLM_OK)
		return multi_failed(r, bad, err);
	while ((message = curl->multi_info_read(r->fetcher->multi, &left))) {
		CURL *easy = message->easy_handle;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		(void)curl->multi_remove_handle(r->fetcher->multi, easy); /* it is in there */
		for (size_t i = 0; i < ENGINE_IN_FLIGHT; i++) {
			struct line *line = &r->fetcher->lines[i];

			if (line->exchange && line->exchange->easy == easy &&
			    file_answer(r, line, code, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* Whether everything that may be asked is here, so that there is nothing to do but to judge. */
static bool is_idle(const struct run *r)
{
	for (size_t i = 0; i < ENGINE_IN_FLIGHT; i++)
		if (r->fetcher->lines[i].question != NONE)
			return false;
	return true;
}

static bool is_complete(const struct run *r)
{
	for (size_t i = 0; i < r->parts_len; i++)
		if (!r->ring[(r->judged * r->parts_len + i) % RING].done)
			return false;
	return true;
}

/*
 * Whether the object vanished. When only an optional part says so, the object itself is asked
 * again: a part that an engine does not have is no vanished object.
 */
static int has_vanished(struct run *r, struct engine_answer *answers[], bool *ret_vanished,
			struct error *err)
{
	const struct engine_entry *entry = &r->entries->items[r->judged];
	struct engine_answer *missing = NULL;

	*ret_vanished = false;
	for (size_t i = 0; i < r->parts_len; i++) {
		const struct slot *slot = &r->ring[(r->judged * r->parts_len + i) % RING];

		if (slot->outcome != EXCHANGE_GONE)
			continue;
		if (!r->kind->parts[r->parts[i]].optional) {
			*ret_vanished = true;
			return 0;
		}
		missing = answers[i];
		(void)error_set(&missing->problem, ERROR_REMOTE, 0, "GET %s of %s: HTTP 404",
				missing->path, r->engine->url);
	}
	if (missing) {
		AUTO_FREE char *path = engine_path(r->kind->parts[0].path, entry->id);
		AUTO_PTR(blob) struct blob *body = NULL;
		int again;

		if (!path)
			return error_nomem(err);
		again = engine_get(r->engine, path, &body, NULL);
		*ret_vanished = again == ENGINE_GONE;
	}
	return 0;
}

/* Hands over the next object; its answers are freed. Waiting for judge() is not the engine's. */
static int judge_next(struct run *r, struct error *err)
{
	const struct engine_entry *entry = &r->entries->items[r->judged];
	struct engine_object object = {
		.kind = r->kind,
		.index = r->judged,
		.id = entry->id,
		.name = entry->name,
	};
	struct engine_answer *answers[ENGINE_PARTS] = {NULL};
	long long begin;
	bool vanished;
	int status;

	for (size_t i = 0; i < r->parts_len; i++)
		answers[i] = &r->ring[(r->judged * r->parts_len + i) % RING].answer;
	if (has_vanished(r, answers, &vanished, err) < 0)
		return -1;
	memcpy(object.answers, r->unasked, sizeof(object.answers));
	for (size_t i = 0; i < r->parts_len; i++)
		object.answers[r->parts[i]] = *answers[i];
	begin = now_ms();
	status = vanished ? 0 : r->judge(r->cookie, &object, err);
	r->deadline += now_ms() - begin;
	for (size_t i = 0; i < r->parts_len; i++) {
		if (answers[i]->body)
			r->waiting -= answers[i]->body->len;
		answer_done(answers[i]);
		r->ring[(r->judged * r->parts_len + i) % RING].done = false;
	}
	r->judged++;
	return status;
}

static int too_late(const struct run *r, struct error *err)
{
	(void)error_set(err, ERROR_REMOTE, 0,
			"ask %s for its %ss: no more than %zu of %zu were told within %ld s",
			r->engine->url, r->kind->name, r->judged, r->entries->len,
			r->engine->total_ms / 1000);
	error_resource(err, r->engine->url);
	error_next(err, "look at the engine's load and log, then try again");
	return -1;
}

static int wait_for_more(const struct run *r, int limit_ms, struct error *err)
{
	long long left = r->deadline - now_ms();
	CURLMcode bad;

	if (left <= 0)
		return too_late(r, err);
	bad = r->engine->curl->multi_poll(r->fetcher->multi, NULL, 0,
					  left < limit_ms ? (int)left : limit_ms, NULL);
	return bad == CURLM_OK ? 0 : multi_failed(r, bad, err);
}

/* One object is judged between two looks at the connections, so that they never wait for long. */
static int run_all(struct run *r, struct error *err)
{
	bool ready = r->is_ready == NULL;

	while (r->judged < r->entries->len) {
		bool complete;

		if (ask_more(r, err) < 0 || move_bytes(r, err) < 0)
			return -1;
		complete = is_complete(r);
		ready = ready || r->is_ready(r->cookie);
		if (complete && (ready || is_idle(r))) {
			if (ask_more(r, err) < 0 || judge_next(r, err) < 0)
				return -1;
		} else if (wait_for_more(r, ready ? POLL_MS : READY_MS, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* After a failure some lines are still waiting. */
static void hang_up(struct run *r)
{
	for (size_t i = 0; i < ENGINE_IN_FLIGHT; i++) {
		struct line *line = &r->fetcher->lines[i];

		if (line->question == NONE)
			continue;
		(void)r->engine->curl->multi_remove_handle(r->fetcher->multi,
							   line->exchange->easy); /* it is in */
		line->question = NONE;
	}
	for (size_t i = 0; i < RING; i++)
		answer_done(&r->ring[i].answer);
}

/* What the list said is all there is. */
static int judge_entries(const struct run *r, struct error *err)
{
	for (size_t i = 0; i < r->entries->len; i++) {
		const struct engine_entry *entry = &r->entries->items[i];
		struct engine_object object = {
			.kind = r->kind,
			.index = i,
			.id = entry->id,
			.name = entry->name,
			.answers = {{.path = (char *)r->kind->list, .body = entry->body}},
		};

		if (r->judge(r->cookie, &object, err) < 0)
			return -1;
	}
	return 0;
}

static int run_fetch(struct run *r, struct error *err)
{
	int status;

	if (!r->parts_len)
		return judge_entries(r, err);
	if (!r->engine->fetcher)
		r->engine->fetcher = fetcher_new(r->engine, err);
	r->fetcher = r->engine->fetcher;
	if (!r->fetcher)
		return -1;
	status = run_all(r, err);
	hang_up(r);
	return status;
}

/* Kinds that only a manager of a swarm can tell about. */
static int check_swarm(struct engine *engine, const struct engine_kind *kind, struct error *err)
{
	static const struct {
		const char *what, *next;
	} why[] = {
		[SWARM_WORKER] = {"is a worker of its swarm", "ask a manager of the swarm"},
		[SWARM_LOCKED] = {"is locked out of its swarm",
				  "unlock it first: docker swarm unlock"},
		[SWARM_UNCLEAR] = {"does not say that it is in a swarm, nor that it is not",
				   "look at docker info"},
	};
	enum engine_swarm swarm;

	if (!kind->swarm)
		return 0;
	if (engine_swarm(engine, &swarm, err) < 0)
		return -1;
	if (swarm == SWARM_NONE)
		return ENGINE_NO_SWARM;
	if (swarm == SWARM_MANAGER)
		return 0;
	(void)error_set(err, ERROR_REMOTE, 0, "ask %s for its %ss: the engine %s", engine->url,
			kind->name, why[swarm].what);
	error_resource(err, engine->url);
	error_next(err, "%s", why[swarm].next);
	return -1;
}

/* Which parts are asked for. */
static int choose_parts(struct run *r, unsigned wanted, struct error *err)
{
	for (size_t i = 0; i < ENGINE_PARTS; i++) {
		const struct engine_part *part = &r->kind->parts[i];

		if (!part->name || !part->path || (part->optional && !(wanted >> i & 1)))
			continue;
		if (!part->only_docker || !r->engine->podman) {
			r->parts[r->parts_len++] = i;
			continue;
		}
		r->unasked[i].path = strdup(part->path);
		if (!r->unasked[i].path)
			return error_nomem(err);
		(void)error_set(&r->unasked[i].problem, ERROR_REMOTE, 0,
				"Podman is not asked for the %s of a %s: it may run a program in "
				"there to answer",
				part->name, r->kind->name);
		error_resource(&r->unasked[i].problem, r->engine->url);
	}
	return 0;
}

int engine_fetch(struct engine *engine, const struct engine_fetch *fetch, engine_judge *judge,
		 void *cookie, struct error *err)
{
	struct engine_entries entries = {0};
	struct run r = {
		.engine = engine,
		.kind = fetch->kind,
		.entries = &entries,
		.one_by_one = fetch->one_by_one,
		.listed = fetch->kind->list && !fetch->ids,
		.judge = judge,
		.is_ready = fetch->is_ready,
		.cookie = cookie,
	};
	int status = check_swarm(engine, fetch->kind, err);

	if (status == 0)
		status = choose_parts(&r, fetch->parts, err);
	if (status == 0)
		status = engine_entries_read(engine, fetch, &entries, err);
	r.deadline = now_ms() + engine->total_ms;
	if (status == 0)
		status = run_fetch(&r, err);
	for (size_t i = 0; i < ENGINE_PARTS; i++)
		answer_done(&r.unasked[i]);
	engine_entries_done(&entries);
	return status;
}
