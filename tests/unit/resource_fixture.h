// SPDX-License-Identifier: Apache-2.0
/*
 * One recipe entry (as JSON) on one tree: what is judged, and what is staged when it is a finding.
 */
#pragma once

#include "harden/resource/type.h"
#include "harden/text/json.h"
#include "tests/unit/tree_fixture.h"

static inline void *resource_load(const struct resource_type *type, const char *name,
				  const char *entry)
{
	AUTO_PTR(value) struct value *v = NULL;
	struct error err = {0};
	void *spec = NULL;

	if (json_read(entry, strlen(entry), "recipe", &v, &err) < 0 ||
	    type->load(v, "recipe", &spec, &err) < 0)
		fail_msg("%s: %s", name, error_message(&err));
	return spec;
}

static inline bool resource_says(const struct judgement *j, const char *text)
{
	for (size_t i = 0; i < j->findings_len; i++)
		if (strstr(j->findings[i].message, text))
			return true;
	for (size_t i = 0; i < j->notes.len; i++)
		if (strstr(j->notes.items[i], text))
			return true;
	for (size_t i = 0; i < j->evidence_len; i++)
		if (strstr(j->evidence[i].source, text) ||
		    (value_as_text(j->evidence[i].value) &&
		     strstr(j->evidence[i].value->text, text)))
			return true;
	return false;
}

/*
 * Looks, judges and, with stages, stages what was found. says NULL: not looked at. Returns how many
 * findings there were.
 */
static inline size_t resource_run(const struct resource_type *type, const char *name,
				  struct tree *t, const void *spec, enum status status,
				  const char *says, bool stages)
{
	AUTO(judgement) struct judgement j = {0};
	struct error err = {0};
	void *seen = NULL;

	if (type->inspect(spec, &t->host, &seen, &err) < 0 || type->judge(spec, seen, &j, &err) < 0)
		fail_msg("%s: %s", name, error_message(&err));
	if (j.status != status)
		fail_msg("%s: is %s, expected %s (%s)", name, status_name(j.status),
			 status_name(status),
			 j.findings_len ? j.findings[0].message : "no finding");
	if (!j.evidence_len)
		fail_msg("%s: there is no evidence", name);
	if (says && !resource_says(&j, says))
		fail_msg("%s: nothing says \"%s\" (%s)", name, says,
			 j.findings_len ? j.findings[0].message
			 : j.notes.len	? j.notes.items[0]
					: "no finding");
	if (j.status == STATUS_FAIL && !j.findings_len)
		fail_msg("%s: fails without a finding", name);
	t->stage.control = "1.1";
	if (stages && j.findings_len && type->stage && type->stage(spec, seen, &t->host, &err) < 0)
		fail_msg("%s: stage: %s", name, error_message(&err));
	type->seen_free(seen);
	return j.findings_len;
}

/* The error that a look ends in; 0 when it does not. */
static inline enum error_code resource_error(const struct resource_type *type, struct tree *t,
					     const void *spec, struct error *err)
{
	void *seen = NULL;

	if (type->inspect(spec, &t->host, &seen, err) == 0) {
		type->seen_free(seen);
		return ERROR_NONE;
	}
	return err->code;
}

static inline bool stage_refuses(const struct stage *stage, const char *reason)
{
	for (size_t i = 0; i < stage->blocked_len; i++)
		if (strstr(stage->blocked[i].reason, reason))
			return true;
	for (size_t i = 0; i < stage->by_hand_len; i++)
		if (strstr(stage->by_hand[i].reason, reason))
			return true;
	return false;
}

/* After staging, another look finds nothing and stages nothing. */
static inline void resource_settled(const struct resource_type *type, const char *name,
				    struct tree *t, const void *spec)
{
	unsigned generation = t->stage.generation;

	if (resource_run(type, name, t, spec, STATUS_PASS, NULL, true) ||
	    t->stage.generation != generation)
		fail_msg("%s: the second look is not content", name);
}
