// SPDX-License-Identifier: Apache-2.0
/*
 * An engine made of files: objects by kind, each with the answers that the Engine API would give.
 * Tests hand it to questions_open() instead of a URL.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harden/host/look_engine.h"
#include "harden/host/look_question.h"
#include "harden/text/json.h"

#include <stdlib.h>

#define OBJECTS_MAX 64
#define ANSWERS_MAX 16

struct fake_object {
	const char *kind, *id, *name;
	char *answers[ENGINE_PARTS]; /* JSON, NULL: none */
	const char *problem;	     /* the first answer failed, and how */
};

struct fake_engine {
	char *info;
	struct fake_object objects[OBJECTS_MAX];
	size_t len;
	struct {
		char *path, *json;
	} answers[ANSWERS_MAX]; /* to single questions besides /info */
	size_t answers_len;
	struct value *harden;  /* members that look_container() would find; NULL: none */
	struct value *content; /* of every image; NULL: it cannot be looked at */
	struct value *daemon;  /* $daemon; NULL: another machine's */
	const char *fail_kind; /* fetching it fails */
	const char *unchangeable;
	bool unused; /* no container uses any image */
	bool no_swarm;
	size_t fetches, fetched; /* lists, and objects handed out */
};

static inline void fake_add(struct fake_engine *e, const char *kind, const char *name,
			    const char *json)
{
	struct fake_object *o = &e->objects[e->len++];

	assert_true(e->len <= OBJECTS_MAX);
	*o = (struct fake_object){.kind = kind, .id = name, .name = name};
	o->answers[0] = strdup(json);
	assert_non_null(o->answers[0]);
}

static inline void fake_answer(struct fake_engine *e, const char *path, const char *json)
{
	assert_true(e->answers_len < ANSWERS_MAX);
	e->answers[e->answers_len].path = strdup(path);
	e->answers[e->answers_len++].json = strdup(json);
}

static inline void fake_done(struct fake_engine *e)
{
	for (size_t i = 0; i < e->answers_len; i++) {
		free(e->answers[i].path);
		free(e->answers[i].json);
	}
	for (size_t i = 0; i < e->len; i++)
		for (size_t k = 0; k < ENGINE_PARTS; k++)
			free(e->objects[i].answers[k]);
	free(e->info);
	value_free(e->harden);
	value_free(e->content);
	value_free(e->daemon);
}

static inline int fake_get(void *cookie, const char *path, struct blob **ret_body,
			   struct error *err)
{
	const struct fake_engine *e = cookie;
	const char *json = strcmp(path, "/info") == 0 ? e->info : NULL;

	if (str_starts(path, "/containers/json?all=1&filters=%7B%22ancestor%22%3A%5B%22")) {
		*ret_body = e->unused ? blob_new("[]", 2) : blob_new("[{}]", 4);
		return *ret_body ? 0 : error_nomem(err);
	}
	for (size_t i = 0; i < e->answers_len && !json; i++)
		if (strcmp(path, e->answers[i].path) == 0)
			json = e->answers[i].json;
	if (!json)
		return error_set(err, ERROR_REMOTE, 0, "nothing at %s", path);
	*ret_body = blob_new(json, strlen(json));
	return *ret_body ? 0 : error_nomem(err);
}

static inline int fake_hand_out(struct fake_engine *e, const struct fake_object *o,
				const struct engine_fetch *fetch, object_judge *judge, void *cookie,
				struct error *err)
{
	struct engine_object object = {.kind = fetch->kind, .id = o->id, .name = o->name};
	int r;

	for (size_t k = 0; k < ENGINE_PARTS; k++) {
		object.answers[k].path = (char *)o->name;
		if (o->answers[k] && (k == 0 || fetch->parts & 1U << k))
			object.answers[k].body = blob_new(o->answers[k], strlen(o->answers[k]));
	}
	if (o->problem)
		(void)error_set(&object.answers[0].problem, ERROR_REMOTE, 0, "%s", o->problem);
	e->fetched++;
	r = judge(cookie, &object, err);
	for (size_t k = 0; k < ENGINE_PARTS; k++)
		blob_free(object.answers[k].body);
	error_done(&object.answers[0].problem);
	return r;
}

static inline int fake_fetch(void *cookie, const struct engine_fetch *fetch, object_judge *judge,
			     void *judge_cookie, struct error *err)
{
	struct fake_engine *e = cookie;

	e->fetches++;
	if (fetch->kind->swarm && e->no_swarm)
		return ENGINE_NO_SWARM;
	if (e->fail_kind && strcmp(e->fail_kind, fetch->kind->name) == 0)
		return error_set(err, ERROR_REMOTE, 0, "GET %s: it broke", fetch->kind->name);
	for (size_t i = 0; i < e->len; i++)
		if (strcmp(e->objects[i].kind, fetch->kind->name) == 0 &&
		    fake_hand_out(e, &e->objects[i], fetch, judge, judge_cookie, err) < 0)
			return -1;
	return 0;
}

static inline int fake_container(void *cookie, const char *id, const char *root_dir, unsigned also,
				 const struct object_facts *facts, struct value *harden,
				 struct error *err)
{
	const struct fake_engine *e = cookie;

	(void)id;
	(void)root_dir;
	(void)also;
	(void)facts;
	for (size_t i = 0; i < value_len(e->harden); i++)
		if (value_set(harden, e->harden->members[i].key,
			      value_copy(e->harden->members[i].value), err) < 0)
			return -1;
	return 0;
}

static inline int fake_daemon(void *cookie, const char *root_dir, struct value **ret,
			      struct error *err)
{
	const struct fake_engine *e = cookie;

	(void)root_dir;
	*ret = value_copy(e->daemon);
	return *ret ? 0 : error_nomem(err);
}

static inline int fake_content(void *cookie, const char *id, const char *root_dir,
			       const struct object_facts *facts, struct value **ret,
			       struct error *err)
{
	const struct fake_engine *e = cookie;

	(void)root_dir;
	(void)facts;
	if (!e->content)
		return error_set(err, ERROR_FORMAT, 0, "%s: it is cut off", id);
	*ret = value_copy(e->content);
	return *ret ? 0 : error_nomem(err);
}

/* Asks this engine for the host's objects from now on. */
static inline void fake_open(struct fake_engine *e, struct host *host, struct blob *library)
{
	const struct object_source source = {
		.get = fake_get,
		.fetch = fake_fetch,
		.container = e->daemon ? fake_container : NULL,
		.daemon = e->daemon ? fake_daemon : NULL,
		.content = fake_content,
		.unchangeable = e->unchangeable,
		.cookie = e,
	};
	const struct engine_access access = {
		.source = &source, .library = library, .content = true};
	AUTO(error) struct error err = {0};

	assert_int_equal(questions_open(host, &access, &err), 0);
}
