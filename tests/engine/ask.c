// SPDX-License-Identifier: Apache-2.0
/*
 * The Engine client as a program, for tests/engine/client.py:
 *	ask [--tls] [--certs DIR] [--answer MS] [--total MS] [--parts BITS] [--stop N] URL open
 *	ask [...] URL get PATH
 *	ask [...] URL fetch KIND [ID...]
 * One line for each object and part: "INDEX NAME ID PART: N bytes KIND" (or "absent", or the error),
 * with what jansson makes of the bytes; --count only counts them (make bench). The exit code is 0, 1 for an error, 2 for gone, 3 for no swarm.
 */
#include "harden/host/look_engine.h"
#include "harden/model/value.h"

#include <stdio.h>

struct asking {
	struct engine *engine;
	size_t stop_after; /* 0: never */
	size_t seen, bytes;
	bool count;
};

static int say_error(const struct error *err)
{
	printf("error %s: %s; %s\n", error_code_name(err->code), error_message(err),
	       err->next ? err->next : "-");
	return 1;
}

static void say_body(const struct engine *engine, const struct engine_answer *answer)
{
	AUTO_PTR(value) struct value *value = NULL;
	AUTO(error) struct error err = {0};

	if (answer->problem.code != ERROR_NONE)
		(void)say_error(&answer->problem);
	else if (!answer->body)
		printf("absent\n");
	else if (engine_parse(engine, answer->path, answer->body, &value, &err) < 0)
		(void)say_error(&err);
	else
		printf("%zu bytes %s of %zu\n", answer->body->len, value_kind_name(value->kind),
		       value_len(value));
}

static int judge(void *cookie, const struct engine_object *object, struct error *err)
{
	struct asking *a = cookie;

	if (a->count) {
		a->seen++;
		a->bytes += object->answers[0].body ? object->answers[0].body->len : 0;
		return 0;
	}
	for (size_t i = 0; i < ENGINE_PARTS && object->kind->parts[i].name; i++) {
		if (!object->answers[i].path)
			continue;
		printf("%zu %s %.12s %s: ", object->index, object->name, object->id,
		       object->kind->parts[i].name);
		say_body(a->engine, &object->answers[i]);
	}
	if (++a->seen == a->stop_after)
		return error_set(err, ERROR_CONFLICT, 0, "seen enough");
	return 0;
}

static int say_open(const struct engine *engine)
{
	printf("api %s of %s, server %s, podman %d, at least 1.44 %d\n", engine_api(engine),
	       engine_api_max(engine), engine_server(engine), engine_is_podman(engine),
	       engine_api_at_least(engine, "1.44"));
	return 0;
}

static int get(struct engine *engine, const char *path)
{
	struct engine_answer answer = {.path = (char *)path};
	AUTO(error) struct error err = {0};
	int r = engine_get(engine, path, &answer.body, &err);

	if (r < 0)
		return say_error(&err);
	if (r == ENGINE_GONE)
		return printf("gone\n"), 2;
	say_body(engine, &answer);
	blob_free(answer.body);
	return 0;
}

static int fetch(struct asking *a, unsigned parts, char **words)
{
	AUTO(error) struct error err = {0};
	AUTO(strv) struct strv ids = {0};
	struct engine_fetch f = {.kind = engine_kind_find(words[0]), .parts = parts};
	int r;

	if (!f.kind) {
		const char *nearest = engine_kind_nearest(words[0]);

		return printf("no kind, nearest %s\n", nearest ? nearest : "-"), 1;
	}
	for (size_t i = 1; words[i]; i++)
		if (strv_add(&ids, words[i], &err) < 0)
			return say_error(&err);
	f.ids = ids.len ? &ids : NULL;
	r = engine_fetch(a->engine, &f, judge, a, &err);
	if (r < 0)
		return say_error(&err);
	if (r == ENGINE_NO_SWARM)
		return printf("no swarm\n"), 3;
	if (a->count)
		printf("%zu objects, %zu bytes\n", a->seen, a->bytes);
	return 0;
}

int main(int argc, char **argv)
{
	struct engine_address address = {0};
	struct asking a = {0};
	AUTO_PTR(engine) struct engine *engine = NULL;
	AUTO(error) struct error err = {0};
	unsigned parts = 0;
	int i = 1;

	for (; i < argc && str_starts(argv[i], "--"); i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : "";

		address.tls = address.tls || str_equal(argv[i], "--tls");
		a.count = a.count || str_equal(argv[i], "--count");
		if (str_equal(argv[i], "--tls") || str_equal(argv[i], "--count"))
			continue;
		i++;
		if (str_equal(argv[i - 1], "--certs"))
			address.cert_path = next;
		else if (str_equal(argv[i - 1], "--answer"))
			address.answer_ms = strtol(next, NULL, 10);
		else if (str_equal(argv[i - 1], "--total"))
			address.total_ms = strtol(next, NULL, 10);
		else if (str_equal(argv[i - 1], "--parts"))
			parts = (unsigned)strtoul(next, NULL, 0);
		else
			a.stop_after = strtoul(next, NULL, 10);
	}
	if (argc - i < 2)
		return 64;
	address.url = argv[i];
	if (engine_open(&address, &engine, &err) < 0)
		return say_error(&err);
	a.engine = engine;
	if (str_equal(argv[i + 1], "open"))
		return say_open(engine);
	if (argc - i < 3)
		return 64;
	return str_equal(argv[i + 1], "get") ? get(engine, argv[i + 2])
					     : fetch(&a, parts, &argv[i + 2]);
}
