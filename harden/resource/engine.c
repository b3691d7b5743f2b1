// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `engine`: jq expressions over what the Engine API says of containers, images,
 * networks and a swarm. `each` judges object by object; `gather` brings together what an expression
 * finds in each and judges it once. The looking is look_question.h's, one pass for all entries.
 *
 * A fix is one action of a closed list with its parameters (engine_fix.h); it waits for consent.
 */
#include "harden/resource/engine.h"

#include "harden/text/container_edit.h"
#include "harden/text/json.h"

#include <stdlib.h>

static const char *const allow_names[] = {"names", "images", "labels", "services", NULL};

static const struct key keys[] = {
	{.key = "each",
	 .kind = KEY_CHOICE,
	 .choices = question_kinds,
	 .summary = "the kind of object that is judged one by one"},
	{.key = "gather",
	 .kind = KEY_JQ_MAP,
	 .choices = question_kinds,
	 .summary = "instead of each: by kind, what is collected from every object"},
	{.key = "violation", .kind = KEY_JQ, .summary = "gives a text for each violation"},
	{.key = "review",
	 .kind = KEY_JQ,
	 .summary = "gives a text for each matter that a person has to judge"},
	{.key = "ask", .kind = KEY_TEXT, .summary = "a question to a person about what was seen"},
	{.key = "select",
	 .kind = KEY_JQ,
	 .default_text = "true",
	 .summary = "whether this object is judged"},
	{.key = "when",
	 .kind = KEY_JQ,
	 .default_text = "true",
	 .summary = "whether the entry applies to this engine, of its info"},
	{.key = "evidence", .kind = KEY_JQ, .summary = "what is shown of each object"},
	{.key = "with", .kind = KEY_MAP, .summary = "values that expressions see as $with"},
	{.key = "also",
	 .kind = KEY_TEXT_LIST,
	 .choices = also_names,
	 .summary = "what is looked at beyond the object's own answer, below .Harden"},
	{.key = "allow",
	 .kind = KEY_MAP,
	 .choices = allow_names,
	 .summary = "patterns of names, images, labels and services that may do this"},
	{.key = "fix",
	 .kind = KEY_TREE,
	 .leaves = fix_leaves,
	 .summary = "the request to the engine that mends it, with its parameters"},
	{.key = "suggest",
	 .kind = KEY_MAP,
	 .choices = container_edit_names,
	 .summary = "what to ask for instead when the container is made anew"},
	{.key = NULL},
};

static void engine_spec_free(void *p)
{
	struct engine_spec *spec = p;

	question_free(spec->question);
	free(spec->ask);
	fix_free(spec->fix);
	free(spec);
}

static int wrong(const struct value *at, const char *file, struct error *err, const char *what)
{
	return error_set(err, ERROR_RECIPE, 0, "%s:%u:%u: %s", file, at->line, at->column, what);
}

int engine_copy_text(char **slot, const struct value *entry, const char *key, struct error *err)
{
	const char *text = value_get_text(entry, key);

	if (!text || !text[strspn(text, " \n")])
		return 0;
	*slot = strdup(text);
	return *slot ? 0 : error_nomem(err);
}

static int copy_texts(struct strv *texts, const struct value *v, struct error *err)
{
	if (value_as_text(v))
		return *v->text ? strv_add(texts, v->text, err) : 0;
	for (size_t i = 0; i < value_len(v); i++)
		if (value_as_text(v->members[i].value) &&
		    strv_add(texts, v->members[i].value->text, err) < 0)
			return -1;
	return 0;
}

static int load_allow(struct allowlist *allow, const struct value *v, struct error *err)
{
	if (copy_texts(&allow->names, value_get(v, "names"), err) < 0 ||
	    copy_texts(&allow->images, value_get(v, "images"), err) < 0 ||
	    copy_texts(&allow->labels, value_get(v, "labels"), err) < 0)
		return -1;
	return copy_texts(&allow->services, value_get(v, "services"), err);
}

static int load_also(struct question *q, const struct value *v, struct error *err)
{
	AUTO(strv) struct strv words = {0};

	if (copy_texts(&words, v, err) < 0)
		return -1;
	for (size_t i = 0; also_names[i]; i++)
		if (strv_has(&words, also_names[i]))
			q->also |= 1U << i;
	return 0;
}

static int load_gather(struct question *q, const struct value *v, const char *file,
		       struct error *err)
{
	if (value_len(v) > GATHER_MAX)
		return wrong(v, file, err, "gather takes at most four kinds");
	for (size_t i = 0; i < value_len(v); i++) {
		const struct value_member *m = &v->members[i];

		if (strcmp(m->key, "daemon") == 0)
			return wrong(m->value, file, err,
				     "gather cannot name the daemon: it is $daemon everywhere");
		q->gather[i].kind = strdup(m->key);
		q->gather[i].text = strdup(value_as_text(m->value) ? m->value->text : "empty");
		if (!q->gather[i].kind || !q->gather[i].text)
			return error_nomem(err);
	}
	return 0;
}

int engine_load_texts(struct question *q, const struct value *entry, const char *file,
		      struct error *err)
{
	if (!value_get(entry, "violation") && !value_get(entry, "review") &&
	    !value_get(entry, "ask"))
		return wrong(entry, file, err, "this entry needs violation, review or ask");
	q->file = strdup(file);
	q->entry = value_copy(entry);
	if (!q->file || !q->entry)
		return error_nomem(err);
	if (value_get(entry, "with") && !(q->with = value_copy(value_get(entry, "with"))))
		return error_nomem(err);
	if (engine_copy_text(&q->violation, entry, "violation", err) < 0 ||
	    engine_copy_text(&q->review, entry, "review", err) < 0 ||
	    engine_copy_text(&q->select, entry, "select", err) < 0)
		return -1;
	return engine_copy_text(&q->evidence, entry, "evidence", err);
}

static int load_question(struct question *q, const struct value *entry, const char *file,
			 struct error *err)
{
	const struct value *gather = value_get(entry, "gather");

	if (!value_get(entry, "each") == !gather)
		return wrong(entry, file, err, "an engine entry has one of each and gather");
	if (engine_load_texts(q, entry, file, err) < 0 ||
	    engine_copy_text(&q->each, entry, "each", err) < 0 ||
	    engine_copy_text(&q->when, entry, "when", err) < 0 ||
	    load_gather(q, gather, file, err) < 0 ||
	    load_allow(&q->allow, value_get(entry, "allow"), err) < 0)
		return -1;
	return load_also(q, value_get(entry, "also"), err);
}

static int load_into(struct engine_spec *spec, const struct value *entry, const char *file,
		     struct error *err)
{
	spec->question = calloc(1, sizeof(*spec->question));
	if (!spec->question)
		return error_nomem(err);
	spec->question->refs = 1;
	spec->part = PART_RUNNING;
	if (json_to_text(entry, &spec->question->identity, err) < 0 ||
	    load_question(spec->question, entry, file, err) < 0 ||
	    engine_copy_text(&spec->ask, entry, "ask", err) < 0)
		return -1;
	if (!value_get(entry, "fix"))
		return 0;
	return fix_load(value_get(entry, "fix"), file, spec->question, &spec->fix, err);
}

static int engine_load(const struct value *entry, const char *file, void **ret_spec,
		       struct error *err)
{
	struct engine_spec *spec = calloc(1, sizeof(*spec));

	if (!spec)
		return error_nomem(err);
	if (load_into(spec, entry, file, err) < 0) {
		engine_spec_free(spec);
		return -1;
	}
	*ret_spec = spec;
	return 0;
}

static int engine_announce(void *p, struct host *host, struct error *err)
{
	struct engine_spec *spec = p;

	return question_add(host, &spec->question, err);
}

/* What is seen is the question with its result; it lives as long as the host. */
static int engine_inspect(const void *p, struct host *host, void **ret_seen, struct error *err)
{
	const struct engine_spec *spec = p;
	AUTO_PTR(question) struct question *q = question_ref(spec->question);

	if (question_add(host, &q, err) < 0 || question_answer(host, q, err) < 0)
		return -1;
	*ret_seen = take_ptr(&q);
	return 0;
}

static void engine_seen_free(void *seen)
{
	question_free(seen);
}

static int engine_stage(const void *p, const void *seen, struct host *host, struct error *err)
{
	const struct engine_spec *spec = p;

	return spec->fix ? fix_stage(spec->fix, seen, host, err) : 0;
}

const struct resource_type resource_engine = {
	.schema =
		{
			.name = "engine",
			.summary = "containers, images, networks and swarms, as the Engine API "
				   "shows them",
			.keys = keys,
			.traits = TYPE_NEEDS_ENGINE | TYPE_FIX_WAITS,
			.jq_names = question_names,
		},
	.load = engine_load,
	.spec_free = engine_spec_free,
	.announce = engine_announce,
	.inspect = engine_inspect,
	.seen_free = engine_seen_free,
	.judge = engine_judge_result,
	.stage = engine_stage,
};
