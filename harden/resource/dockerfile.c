// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `dockerfile`: jq expressions over a parsed Dockerfile, as the type engine has
 * them over objects, with findings that name lines. A fix is one of a closed list of edits; where
 * the edit is not mechanical, the plan says why and what a person writes instead.
 */
#include "harden/host/look_build.h"
#include "harden/host/look_file.h"
#include "harden/resource/engine.h"
#include "harden/text/dockerfile_edit.h"
#include "harden/text/json.h"

#include <grp.h>
#include <stdlib.h>

enum remedy { FIX_NONE, FIX_COPY_FOR_ADD, FIX_JOIN_UPDATE, FIX_VERIFY };

static const char *const fix_names[] = {"copy-for-add", "join-update", "verify", NULL};

static const struct key keys[] = {
	{.key = "violation",
	 .kind = KEY_JQ,
	 .summary = "gives a text, or a map that names a line, for each violation"},
	{.key = "review",
	 .kind = KEY_JQ,
	 .summary = "gives the same for each matter that a person has to judge"},
	{.key = "ask", .kind = KEY_TEXT, .summary = "a question to a person about the Dockerfile"},
	{.key = "select",
	 .kind = KEY_JQ,
	 .default_text = "true",
	 .summary = "whether this Dockerfile is judged"},
	{.key = "evidence", .kind = KEY_JQ, .summary = "what is shown of it"},
	{.key = "with", .kind = KEY_MAP, .summary = "values that expressions see as $with"},
	{.key = "fix",
	 .kind = KEY_CHOICE,
	 .choices = fix_names,
	 .summary = "the edit that mends the lines of violations, where it is mechanical"},
	{.key = NULL},
};

struct dockerfile_spec {
	struct engine_spec engine; /* first, since engine_judge_result() reads it */
	enum remedy fix;
};

static void dockerfile_spec_free(void *p)
{
	struct dockerfile_spec *spec = p;

	question_free(spec->engine.question);
	free(spec->engine.ask);
	free(spec);
}

static int load_into(struct dockerfile_spec *spec, const struct value *entry, const char *file,
		     struct error *err)
{
	struct question *q = calloc(1, sizeof(*q));
	const char *fix = value_get_text(entry, "fix");

	if (!q)
		return error_nomem(err);
	q->refs = 1;
	spec->engine.question = q;
	spec->engine.part = PART_WRITTEN;
	for (size_t i = 0; fix && fix_names[i]; i++)
		if (strcmp(fix_names[i], fix) == 0)
			spec->fix = (enum remedy)(i + 1);
	q->each = strdup("dockerfile");
	if (!q->each)
		return error_nomem(err);
	if (json_to_text(entry, &q->identity, err) < 0 ||
	    engine_load_texts(q, entry, file, err) < 0)
		return -1;
	return engine_copy_text(&spec->engine.ask, entry, "ask", err);
}

static int dockerfile_load(const struct value *entry, const char *file, void **ret_spec,
			   struct error *err)
{
	struct dockerfile_spec *spec = calloc(1, sizeof(*spec));

	if (!spec)
		return error_nomem(err);
	if (load_into(spec, entry, file, err) < 0) {
		dockerfile_spec_free(spec);
		return -1;
	}
	*ret_spec = spec;
	return 0;
}

static int dockerfile_announce(void *p, struct host *host, struct error *err)
{
	struct dockerfile_spec *spec = p;

	return question_add(host, &spec->engine.question, err);
}

/* The file first: a changed one takes the answers of the old one away. */
static int dockerfile_inspect(const void *p, struct host *host, void **ret_seen, struct error *err)
{
	const struct dockerfile_spec *spec = p;
	AUTO_PTR(question) struct question *q = question_ref(spec->engine.question);
	const struct build *b;

	if (look_build(host, &b, err) < 0 || question_add(host, &q, err) < 0 ||
	    question_answer(host, q, err) < 0)
		return -1;
	*ret_seen = take_ptr(&q);
	return 0;
}

static void dockerfile_seen_free(void *seen)
{
	question_free(seen);
}

/* The instruction that a finding is about, by FILE:LINE; false: none. */
static bool find_instruction(const struct build *b, const char *resource, size_t *ret_at)
{
	size_t n = strlen(b->file);

	if (strncmp(resource, b->file, n) != 0 || resource[n] != ':')
		return false;
	for (size_t i = 0; i < b->dockerfile.len; i++) {
		char *end = NULL;

		if (b->dockerfile.instructions[i].line != strtoul(resource + n + 1, &end, 10) ||
		    *end)
			continue;
		*ret_at = i;
		return true;
	}
	return false;
}

/* 1 with edits, 0 with the reason why not. */
static int make_fix(const struct build *b, enum remedy fix, size_t at, struct text_edits *edits,
		    const char **ret_why, struct error *err)
{
	const struct dockerfile_target target = {
		.data = b->content->data, .len = b->content->len, .d = &b->dockerfile, .at = at};
	const char *kind_why = NULL;
	bool plain;

	switch (fix) {
	case FIX_COPY_FOR_ADD:
		plain = build_is_plain(b, at, &kind_why);
		return dockerfile_fix_add(&target, plain, kind_why, edits, ret_why, err);
	case FIX_JOIN_UPDATE:
		return dockerfile_fix_update(&target, edits, ret_why, err);
	case FIX_VERIFY:
		return dockerfile_fix_unverified(&target, edits, ret_why, err);
	case FIX_NONE:
		break;
	}
	*ret_why = NULL;
	return 0;
}

/* What harden does not do: with the reason where an edit was tried. */
static int leave(struct host *host, const struct question_finding *f, const char *why,
		 struct error *err)
{
	AUTO_FREE char *reason = str_format("%s: %s", f->resource->data, f->message->data);

	if (why)
		return stage_block(host->stage, f->resource->data, err, f->next,
				   "%s; not done by harden, since %s", f->message->data, why);
	return reason ? stage_by_hand(host->stage, reason, f->next, err) : error_nomem(err);
}

static int mend_finding(struct host *host, const struct build *b, enum remedy fix,
			const struct question_finding *f, struct text_edits *all, struct error *err)
{
	AUTO(text_edits) struct text_edits one = {0};
	const char *why = NULL;
	size_t at;
	int r = 0;

	if (f->kind == FINDING_VIOLATION && find_instruction(b, f->resource->data, &at))
		r = make_fix(b, fix, at, &one, &why, err);
	if (r < 0)
		return -1;
	if (!r)
		return leave(host, f, why, err);
	return text_edits_merge(all, &one, err) < 0 ? -1 : 0; /* the next pass does the rest */
}

/* Whether a replacement could be given the file's owner and group by us. */
static bool may_give(const struct file_state *state)
{
	gid_t groups[1024];
	int n;

	if (geteuid() == 0)
		return true;
	if (state->uid != geteuid())
		return false;
	if (state->gid == getegid())
		return true;
	n = getgroups((int)ARRAY_SIZE(groups), groups);
	for (int i = 0; i < n; i++)
		if (groups[i] == state->gid)
			return true;
	return false;
}

static int put_edits(struct host *host, const struct build *b, struct text_edits *edits,
		     struct error *err)
{
	static const struct stage_how how = {.phase = PHASE_CONFIG, .promise = PROMISE_NOW};
	AUTO(look) struct look look = {0};
	struct file_state after;
	int r;

	if (!edits->len)
		return 0;
	if (look_file(host, b->path, LOOK_NOFOLLOW | LOOK_CONTENT, &look, err) < 0)
		return -1;
	if (!may_give(&look.host))
		return stage_block(host->stage, b->file, err, "run harden as its owner, or as root",
				   "%s belongs to uid %u and group %u", b->file,
				   (unsigned)look.host.uid, (unsigned)look.host.gid);
	if (file_state_copy(&after, &look.state, err) < 0)
		return -1;
	blob_free(after.content);
	after.content = NULL;
	r = text_edits_apply(edits, b->content->data, b->content->len, &after.content, err);
	if (r == 0)
		r = look_stage(host, &look, &after, how, err);
	file_state_done(&after);
	return r;
}

static int dockerfile_stage(const void *p, const void *seen, struct host *host, struct error *err)
{
	const struct dockerfile_spec *spec = p;
	const struct question *q = seen;
	AUTO(text_edits) struct text_edits edits = {0};
	const struct build *b;

	if (look_build(host, &b, err) < 0)
		return -1;
	for (size_t i = 0; i < q->result.len; i++) {
		const struct question_finding *f = &q->result.findings[i];

		if (f->kind != FINDING_ERROR && !f->allowed &&
		    mend_finding(host, b, spec->fix, f, &edits, err) < 0)
			return -1;
	}
	return put_edits(host, b, &edits, err);
}

const struct resource_type resource_dockerfile = {
	.schema =
		{
			.name = "dockerfile",
			.summary = "a Dockerfile, and the context it is built in",
			.keys = keys,
			.traits = TYPE_NEEDS_BUILD | TYPE_STAGES_REVIEWS,
			.jq_names = question_names,
		},
	.load = dockerfile_load,
	.spec_free = dockerfile_spec_free,
	.announce = dockerfile_announce,
	.inspect = dockerfile_inspect,
	.seen_free = dockerfile_seen_free,
	.judge = engine_judge_result,
	.stage = dockerfile_stage,
};
