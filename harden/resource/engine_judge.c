// SPDX-License-Identifier: Apache-2.0
/*
 * From what a question found to a verdict. A violation is a finding of its own object; what a
 * person has to judge is told once for all objects that share it.
 */
#include "harden/resource/engine.h"

#define NAMES_SHOWN 6

/* What the objects are called: the kind, or all that were gathered. */
static const char *kind_text(const struct question *q)
{
	return q->each ? q->each : "engine";
}

static int judge_problem(const struct error *problem, struct judgement *j, struct error *err)
{
	struct value *value =
		value_textf("%s%s%s", error_message(problem), problem->next ? "; " : "",
			    problem->next ? problem->next : "");

	judgement_raise(j, STATUS_ERROR);
	return judgement_evidence(j, value, err, "%s",
				  problem->resource ? problem->resource : "engine");
}

static int judge_violation(const struct question_finding *f, enum part part, struct judgement *j,
			   struct error *err)
{
	if (f->allowed)
		return judgement_note(j, err, "%s is allowed: %s", f->resource->data,
				      f->message->data);
	return judgement_find(j, f->resource->data, part, NULL, value_share(f->actual), err,
			      "%s: %s", f->resource->data, f->message->data);
}

/* Whether an earlier review says the same; then it was told already. */
static bool is_repeated(const struct question_result *r, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (r->findings[k].kind == FINDING_REVIEW && !r->findings[k].allowed &&
		    blob_equal(r->findings[k].message, r->findings[i].message))
			return true;
	return false;
}

static int judge_review(const struct question_result *r, size_t i, struct judgement *j,
			struct error *err)
{
	const struct blob *message = r->findings[i].message;
	const char *separator = "";
	AUTO(strbuf) struct strbuf names = {0};
	size_t more = 0, shown = 0;

	if (r->findings[i].allowed)
		return judgement_note(j, err, "%s is allowed: %s", r->findings[i].resource->data,
				      message->data);
	judgement_raise(j, STATUS_MANUAL);
	if (is_repeated(r, i))
		return 0;
	for (size_t k = i; k < r->len; k++) {
		if (r->findings[k].kind != FINDING_REVIEW || r->findings[k].allowed ||
		    !blob_equal(r->findings[k].message, message))
			continue;
		if (shown == NAMES_SHOWN) {
			more++;
			continue;
		}
		strbuf_appendf(&names, "%s%s", separator, r->findings[k].resource->data);
		separator = ", ";
		shown++;
	}
	if (more)
		strbuf_appendf(&names, " and %zu more", more);
	if (!strbuf_text(&names))
		return error_nomem(err);
	return judgement_note(j, err, "%s: %s", names.data, message->data);
}

static int judge_finding(const struct question_result *r, size_t i, enum part part,
			 struct judgement *j, struct error *err)
{
	const struct question_finding *f = &r->findings[i];

	switch (f->kind) {
	case FINDING_VIOLATION:
		return judge_violation(f, part, j, err);
	case FINDING_REVIEW:
		return judge_review(r, i, j, err);
	case FINDING_ERROR:
		judgement_raise(j, STATUS_ERROR);
		return judgement_evidence(j, value_text(f->message->data), err, "%s",
					  f->resource->data);
	}
	return 0;
}

static int show_seen(const struct question *q, const struct question_seen *seen,
		     struct judgement *j, struct error *err)
{
	AUTO(strbuf) struct strbuf source = {0};
	const char *separator = " ";

	strbuf_append(&source, kind_text(q));
	for (size_t i = 0; i < seen->names.len && strcmp(seen->names.items[i], source.data) != 0;
	     i++) {
		strbuf_appendf(&source, "%s%s", separator, seen->names.items[i]);
		separator = ", ";
	}
	if (seen->count > seen->names.len)
		strbuf_appendf(&source, " and %zu more", seen->count - seen->names.len);
	if (!strbuf_text(&source))
		return error_nomem(err);
	return judgement_evidence(j, value_copy(seen->value), err, "%s", source.data);
}

static int show_evidence(const struct question *q, struct judgement *j, struct error *err)
{
	const struct question_result *r = &q->result;

	for (size_t i = 0; i < r->seen_len; i++)
		if (show_seen(q, &r->seen[i], j, err) < 0)
			return -1;
	if (r->not_shown)
		return judgement_note(j, err, "%zu more objects differ from these", r->not_shown);
	if (r->seen_len)
		return 0;
	return judgement_evidence(j, value_textf("%zu looked at, of %zu", r->selected, r->objects),
				  err, "%s", kind_text(q));
}

int engine_judge_result(const void *p, const void *seen, struct judgement *j, struct error *err)
{
	const struct engine_spec *spec = p;
	const struct question *q = seen;
	const struct question_result *r = &q->result;

	if (r->problem.code != ERROR_NONE)
		return judge_problem(&r->problem, j, err);
	if (r->not_applicable)
		return judgement_evidence(j, value_text("does not apply to this engine"), err, "%s",
					  kind_text(q));
	for (size_t i = 0; i < r->len; i++)
		if (judge_finding(r, i, spec->part, j, err) < 0)
			return -1;
	if (!r->selected && !r->len)
		return judgement_evidence(j, value_textf("none to judge, of %zu", r->objects), err,
					  "%s", kind_text(q));
	if (r->selected)
		judgement_raise(j, STATUS_PASS);
	if (show_evidence(q, j, err) < 0)
		return -1;
	if (!spec->ask)
		return 0;
	judgement_raise(j, STATUS_MANUAL);
	return judgement_note(j, err, "%s", spec->ask);
}
