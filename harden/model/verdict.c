// SPDX-License-Identifier: Apache-2.0
/*
 * Judgements: findings, evidence and notes as they are gathered. A status is only ever raised, so
 * that the order of a control's resources does not matter.
 */
#include "harden/model/verdict.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const status_names[STATUS_COUNT] = {
	[STATUS_NOT_APPLICABLE] = "not_applicable",
	[STATUS_PASS] = "pass",
	[STATUS_MANUAL] = "manual",
	[STATUS_FAIL] = "fail",
	[STATUS_ERROR] = "error",
	[STATUS_WAIVED] = "waived",
	[STATUS_ATTESTED] = "attested",
};

const char *status_name(enum status status)
{
	return status_names[status];
}

const char *part_name(enum part part)
{
	static const char *const names[] = {"written", "running", "loaded"};

	return names[part];
}

void judgement_raise(struct judgement *j, enum status status)
{
	if (status > j->status)
		j->status = status;
}

static void finding_done(struct finding *f)
{
	free(f->resource);
	free(f->message);
	value_free(f->expected);
	value_free(f->actual);
}

int judgement_find(struct judgement *j, const char *resource, enum part part,
		   struct value *expected, struct value *actual, struct error *err,
		   const char *format, ...)
{
	struct finding f = {.part = part, .expected = expected, .actual = actual};
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&f.message, format, args);
	va_end(args);
	if (n < 0)
		f.message = NULL;
	f.resource = strdup(resource);
	if (!f.message || !f.resource) {
		finding_done(&f);
		return error_nomem(err);
	}
	if (vec_reserve((void **)&j->findings, &j->findings_cap, j->findings_len,
			sizeof(*j->findings), err) < 0) {
		finding_done(&f);
		return -1;
	}
	j->findings[j->findings_len++] = f;
	judgement_raise(j, STATUS_FAIL);
	return 0;
}

static void evidence_done(struct evidence *e)
{
	free(e->source);
	value_free(e->value);
}

int judgement_evidence(struct judgement *j, struct value *value, struct error *err,
		       const char *source_format, ...)
{
	struct evidence e = {.value = value};
	va_list args;
	int n;

	va_start(args, source_format);
	n = vasprintf(&e.source, source_format, args);
	va_end(args);
	if (n < 0)
		e.source = NULL;
	if (!e.source || !e.value) {
		evidence_done(&e);
		return error_nomem(err);
	}
	if (vec_reserve((void **)&j->evidence, &j->evidence_cap, j->evidence_len,
			sizeof(*j->evidence), err) < 0) {
		evidence_done(&e);
		return -1;
	}
	j->evidence[j->evidence_len++] = e;
	return 0;
}

int judgement_note(struct judgement *j, struct error *err, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		return error_nomem(err);
	if (strv_has(&j->notes, text)) {
		free(text);
		return 0;
	}
	return strv_take(&j->notes, text, err);
}

/* Appends count elements of size bytes to an array; the elements move, the source forgets them. */
static int move_all(void **to, size_t *to_len, size_t *to_cap, const void *from, size_t *count,
		    size_t size, struct error *err)
{
	while (*to_len + *count > *to_cap)
		if (vec_reserve(to, to_cap, *to_cap, size, err) < 0)
			return -1;
	if (*count)
		memcpy((char *)*to + *to_len * size, from, *count * size);
	*to_len += *count;
	*count = 0;
	return 0;
}

int judgement_merge(struct judgement *j, struct judgement *from, struct error *err)
{
	if (move_all((void **)&j->findings, &j->findings_len, &j->findings_cap, from->findings,
		     &from->findings_len, sizeof(*j->findings), err) < 0 ||
	    move_all((void **)&j->evidence, &j->evidence_len, &j->evidence_cap, from->evidence,
		     &from->evidence_len, sizeof(*j->evidence), err) < 0)
		return -1;
	for (size_t i = 0; i < from->notes.len; i++)
		if (judgement_note(j, err, "%s", from->notes.items[i]) < 0)
			return -1;
	judgement_raise(j, from->status);
	j->fixable |= from->fixable;
	j->running |= from->running;
	judgement_done(from);
	return 0;
}

void judgement_done(struct judgement *j)
{
	for (size_t i = 0; i < j->findings_len; i++)
		finding_done(&j->findings[i]);
	for (size_t i = 0; i < j->evidence_len; i++)
		evidence_done(&j->evidence[i]);
	free(j->findings);
	free(j->evidence);
	strv_done(&j->notes);
	*j = (struct judgement){0};
}
