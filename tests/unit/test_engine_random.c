// SPDX-License-Identifier: Apache-2.0
/*
 * The samples' answers with random damage, through all controls of sections 4 to 7: a value is
 * replaced by one of another kind, or bytes are taken out, doubled, exchanged. Whatever comes of it,
 * the audit ends, each control has a verdict with evidence, and the report can be read again.
 */
#include "tests/unit/engine_fixture.h"
#include "tests/unit/random_text.h"
#include "tests/unit/recipe_fixture.h"

#include "harden/engine/audit.h"
#include "harden/report/json.h"

#include <stdio.h>
#include <unistd.h>

#define ROUNDS 2
#define OF_EACH 12 /* damaged objects of each sample in a round */

static struct blob *recipe_bytes[2], *library;

static const struct {
	const char *kind, *sample, *part; /* part: the second answer's sample */
} samples[] = {
	{"container", "container-bad.json", "container-top.json"},
	{"container", "container-default.json", "container-top.json"},
	{"container", "container-hardened.json", "container-top.json"},
	{"container", "container-edge-v6priv.json", "container-top.json"},
	{"container", "container-swarm-task.json", "container-top.json"},
	{"container", "podman/container-mixed.json", "container-top.json"},
	{"exec", "exec-privileged.json", NULL},
	{"image", "image-healthcheck-none-inspect.json", "image-healthcheck-none-history.json"},
	{"network", "networks-swarm.json", NULL},
	{"node", "nodes.json", NULL},
	{"secret", "secrets.json", NULL},
	{"service", "services.json", NULL},
	{"swarm", "swarm-default.json", NULL},
};

static char *texts[ARRAY_SIZE(samples)], *parts[ARRAY_SIZE(samples)], *info;
static size_t handed;

static struct blob *read_blob(const char *path)
{
	size_t len;
	AUTO_FREE char *data = fixture_read(path, &len);

	return blob_new(data, len);
}

/* A sample's object; of a list the last, which says most. */
static char *read_object(const char *name, bool whole)
{
	AUTO_FREE char *path = str_format("engine/%s", name);
	size_t len;
	AUTO_FREE char *data = fixture_read(path, &len);
	AUTO_PTR(value) struct value *v = NULL;
	const struct value *one;
	char *text = NULL;

	assert_int_equal(json_read(data, len, name, &v, NULL), 0);
	one = v->kind == VALUE_LIST && !whole ? v->members[v->len - 1].value : v;
	assert_int_equal(json_to_text(one, &text, NULL), 0);
	return text;
}

static int read_all(void **state)
{
	(void)state;
	recipe_bytes[0] = read_blob("../../recipes/cis-docker-1.6.0.yaml");
	recipe_bytes[1] = read_blob("../../recipes/cis-docker-1.6.0-engine.yaml");
	library = read_blob("../../templates/engine.jq");
	info = read_object("info-swarm-manager.json", true);
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		texts[i] = read_object(samples[i].sample, false);
		parts[i] = samples[i].part ? read_object(samples[i].part, true) : NULL;
	}
	return 0;
}

static int free_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(recipe_bytes); i++)
		blob_free(recipe_bytes[i]);
	blob_free(library);
	free(info);
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		free(texts[i]);
		free(parts[i]);
	}
	return 0;
}

/* The value that begins at or behind at, as [*begin, *end). */
static bool find_value(const char *text, size_t at, size_t *begin, size_t *end)
{
	const char *from = strpbrk(text + at, ":,["), *to;
	int depth = 0;

	if (!from || !from[1])
		return false;
	for (to = ++from; *to; to++) {
		depth += *to == '{' || *to == '[';
		depth -= *to == '}' || *to == ']';
		if (depth < 0 || (depth == 0 && *to == ','))
			break;
	}
	*begin = (size_t)(from - text);
	*end = (size_t)(to - text);
	return true;
}

static void exchange_value(struct random *r, struct strbuf *text)
{
	static const char *const values[] = {"null",
					     "true",
					     "false",
					     "0",
					     "-1",
					     "1",
					     "9223372036854775807",
					     "9223372036854775808",
					     "-9223372036854775809",
					     "1e999",
					     "0.5",
					     "\"\"",
					     "\"0\"",
					     "\"host\"",
					     "\"ALL\"",
					     "\"container:x\"",
					     "\"/\"",
					     "\"a\\u0000b\"",
					     "\"\\ud800\"",
					     "\"\x1b[2J\"",
					     "\"\\u001b[2J\"",
					     "\"\xff\"",
					     "\"1970-01-01T00:00:00Z\"",
					     "\"2026-13-45T99:99:99.9Z\"",
					     "\"-----BEGIN PRIVATE KEY-----\"",
					     "\"((((\"",
					     "[]",
					     "{}",
					     "[null]",
					     "[[]]",
					     "[{}]",
					     "[\"x\",1,null,{}]",
					     "{\"\":null}",
					     "{\"a\":{\"a\":{\"a\":[]}}}"};
	size_t begin, end, at = random_below(r, (unsigned)text->len);
	AUTO(strbuf) struct strbuf changed = {0};
	struct strbuf swapped = *text;

	if (!find_value(text->data, at, &begin, &end))
		return;
	strbuf_append_bytes(&changed, text->data, begin);
	if (random_below(r, 40) == 0)
		for (int i = 0; i < 300; i++)
			strbuf_append_char(&changed, '[');
	else
		strbuf_append(&changed, random_of(r, values, ARRAY_SIZE(values)));
	strbuf_append(&changed, text->data + end);
	*text = changed;
	changed = swapped;
}

static void damage_bytes(struct random *r, struct strbuf *text)
{
	size_t at = random_below(r, (unsigned)text->len), n = 1 + random_below(r, 8);

	if (at + n > text->len)
		return;
	switch (random_below(r, 3)) {
	case 0:
		memmove(text->data + at, text->data + at + n, text->len - at - n + 1);
		text->len -= n;
		break;
	case 1:
		text->data[at] = (char)random_next(r);
		break;
	default:
		text->data[at] = "{}[],:\"\\x"[random_below(r, 9)];
	}
}

static struct blob *damaged(struct random *r, const char *original)
{
	AUTO(strbuf) struct strbuf text = {0};
	unsigned n = 1 + random_below(r, 6);

	strbuf_append(&text, original);
	for (unsigned i = 0; i < n; i++) {
		if (random_below(r, 8))
			exchange_value(r, &text);
		else
			damage_bytes(r, &text);
	}
	return blob_new(text.data, text.len);
}

static int random_get(void *cookie, const char *path, struct blob **ret, struct error *err)
{
	struct random *r = cookie;

	(void)err;
	assert_string_equal(path, "/info");
	/* mostly whole: without it nothing else is looked at */
	*ret = random_below(r, 3) ? blob_new(info, strlen(info)) : damaged(r, info);
	return 0;
}

static int hand_out(struct random *r, size_t i, const struct engine_fetch *fetch,
		    object_judge *judge, void *cookie, struct error *err)
{
	AUTO_FREE char *id = str_format("%s-%zu", samples[i].kind, ++handed);
	struct engine_object object = {.kind = fetch->kind, .id = id, .name = id};
	int status;

	object.answers[0] = (struct engine_answer){.path = id, .body = damaged(r, texts[i])};
	if (parts[i] && fetch->parts & 2)
		object.answers[1] =
			(struct engine_answer){.path = id, .body = damaged(r, parts[i])};
	status = judge(cookie, &object, err);
	blob_free(object.answers[0].body);
	blob_free(object.answers[1].body);
	return status;
}

static int random_fetch(void *cookie, const struct engine_fetch *fetch, object_judge *judge,
			void *judge_cookie, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		for (size_t n = 0; n < OF_EACH && strcmp(samples[i].kind, fetch->kind->name) == 0;
		     n++)
			if (hand_out(cookie, i, fetch, judge, judge_cookie, err) < 0)
				return -1;
	return 0;
}

static int no_template(void *cookie, const char *name, struct blob **ret, struct error *err)
{
	(void)cookie;
	(void)ret;
	return error_set(err, ERROR_RECIPE, 0, "no template %s", name);
}

static void check_report(const struct audit *audit)
{
	AUTO(strbuf) struct strbuf out = {0};
	AUTO(error) struct error err = {0};
	AUTO_PTR(value) struct value *v = NULL;

	assert_int_equal(json_audit(audit, NULL, &out, &err), 0);
	if (json_read(out.data, out.len, "report", &v, &err) < 0)
		fail_msg("%s", error_message(&err));
	assert_int_equal(audit->len, 55);
	for (size_t i = 0; i < audit->len; i++)
		if (!audit->verdicts[i].judgement.evidence_len)
			fail_msg("%s has no evidence", audit->verdicts[i].control->id);
}

static void audit_once(uint64_t seed, const char *root)
{
	static const struct strv none;
	const struct source_text sources[] = {{"cis-docker-1.6.0.yaml", recipe_bytes[0]},
					      {"cis-docker-1.6.0-engine.yaml", recipe_bytes[1]}};
	const struct session_request request = {
		.root = root,
		.recipes = sources,
		.recipes_len = ARRAY_SIZE(sources),
		.only = &none,
		.skip = &none,
		.set = &none,
		.accept = &none,
		.today = "2026-11-25",
		.read_template = no_template,
	};
	struct random random = {seed};
	const struct object_source source = {
		.get = random_get, .fetch = random_fetch, .cookie = &random};
	const struct engine_access access = {.source = &source, .library = library};
	AUTO(session) struct session s = {0};
	AUTO(audit) struct audit audit = {0};
	AUTO(error) struct error err = {0};

	assert_int_equal(session_open(&request, &s, &err), 0);
	assert_int_equal(questions_open(&s.host, &access, &err), 0);
	for (size_t i = 0; i < s.recipe.len; i++)
		s.recipe.controls[i].selected = s.recipe.controls[i].id[0] >= '4';
	if (audit_run(&s, false, &audit, NULL, &err) < 0)
		fail_msg("seed %llu: %s", (unsigned long long)seed, error_message(&err));
	check_report(&audit);
}

static void damaged_answers_are_survived(void **state)
{
	char root[] = "/tmp/harden-random-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(root));
	for (uint64_t seed = 1; seed <= ROUNDS; seed++)
		audit_once(seed, root);
	assert_int_equal(rmdir(root), 0);
	assert_in_range(handed, ROUNDS * OF_EACH * 8, ROUNDS * OF_EACH * ARRAY_SIZE(samples));
	print_message("# %zu damaged objects\n", handed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_answers_are_survived),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, read_all, free_all);
}
