// SPDX-License-Identifier: Apache-2.0
/*
 * One table case of the resource type `daemon`: a tree and a recipe entry in JSON, and what must
 * come of it: a status with a text in a finding or note, and what is staged.
 */
#pragma once

#include "harden/resource/type.h"
#include "harden/text/json.h"
#include "tests/unit/dockerd_fixture.h"

extern const struct resource_type resource_daemon;

struct daemon_case {
	const char *name, *tree, *entry;
	enum status status;  /* STATUS_COUNT: whatever it is */
	const char *says;    /* in a finding, a note or the error; NULL: not looked at */
	const char *file;    /* a path that is staged; NULL: nothing is */
	const char *text;    /* its whole content afterwards, or with a leading "~" a part of it */
	const char *refused; /* in a reason of blocked or by_hand; NULL: there is none */
};

static inline bool daemon_says(const struct judgement *j, const char *text)
{
	for (size_t i = 0; i < j->findings_len; i++)
		if (strstr(j->findings[i].message, text))
			return true;
	for (size_t i = 0; i < j->notes.len; i++)
		if (strstr(j->notes.items[i], text))
			return true;
	return false;
}

static inline void daemon_check_staged(const struct daemon_case *c, const struct tree *t)
{
	const char *text = c->file ? tree_staged(t, c->file) : NULL;
	bool listed = !c->refused;

	for (size_t i = 0; i < t->stage.blocked_len && !listed; i++)
		listed = strstr(t->stage.blocked[i].reason, c->refused) != NULL;
	for (size_t i = 0; i < t->stage.by_hand_len && !listed; i++)
		listed = strstr(t->stage.by_hand[i].reason, c->refused) != NULL;
	if (!listed)
		fail_msg("%s: nobody says \"%s\" (%s)", c->name, c->refused,
			 t->stage.blocked_len	? t->stage.blocked[0].reason
			 : t->stage.by_hand_len ? t->stage.by_hand[0].reason
						: "nothing is listed");
	if (!c->refused && t->stage.blocked_len)
		fail_msg("%s: blocked: %s", c->name, t->stage.blocked[0].reason);
	if (!c->file) {
		if (t->stage.len)
			fail_msg("%s: staged %s: %s", c->name, t->stage.files[0].path,
				 tree_staged(t, t->stage.files[0].path));
		return;
	}
	if (!text)
		fail_msg("%s: %s is not staged (%zu files are)", c->name, c->file, t->stage.len);
	else if (c->text[0] == '~' ? !strstr(text, c->text + 1) : strcmp(text, c->text) != 0)
		fail_msg("%s: %s is\n%s\nexpected\n%s", c->name, c->file, text, c->text);
}

/* Looks and judges; returns whether it is a violation to be staged. */
static inline bool daemon_judge_case(const struct daemon_case *c, struct tree *t, const void *spec,
				     void **ret_seen)
{
	struct judgement j = {0};
	struct error err = {0};
	bool findings;

	*ret_seen = NULL;
	if (resource_daemon.inspect(spec, &t->host, ret_seen, &err) < 0) {
		if (c->status != STATUS_ERROR)
			fail_msg("%s: %s", c->name, error_message(&err));
		if (c->says && !strstr(error_message(&err), c->says))
			fail_msg("%s: \"%s\" lacks \"%s\"", c->name, error_message(&err), c->says);
		assert_int_equal(err.code, ERROR_FORMAT);
		error_done(&err);
		return false;
	}
	assert_int_equal(resource_daemon.judge(spec, *ret_seen, &j, &err), 0);
	if (c->status != STATUS_COUNT && j.status != c->status)
		fail_msg("%s: is %s, expected %s (%s)", c->name, status_name(j.status),
			 status_name(c->status),
			 j.findings_len ? j.findings[0].message : "no finding");
	if (c->says && !daemon_says(&j, c->says))
		fail_msg("%s: nothing says \"%s\" (%s)", c->name, c->says,
			 j.findings_len ? j.findings[0].message
			 : j.notes.len	? j.notes.items[0]
					: "no finding");
	if (!j.evidence_len)
		fail_msg("%s: there is no evidence", c->name);
	findings = j.findings_len > 0;
	judgement_done(&j);
	return findings;
}

static inline void *daemon_load_entry(const char *name, const char *entry)
{
	struct value *v = NULL;
	struct error err = {0};
	void *spec = NULL;

	if (json_read(entry, strlen(entry), "recipe", &v, &err) < 0 ||
	    resource_daemon.load(v, "recipe", &spec, &err) < 0)
		fail_msg("%s: %s", name, error_message(&err));
	value_free(v);
	return spec;
}

/* Judges, stages until nothing changes, and then it must be right where something was staged. */
static inline void daemon_run_case(const struct daemon_case *c)
{
	struct error err = {0};
	struct tree t;
	void *spec = daemon_load_entry(c->name, c->entry), *seen;
	bool wrong;

	tree_open(&t, c->tree);
	wrong = daemon_judge_case(c, &t, spec, &seen);
	t.stage.control = "2.2";
	if (wrong && resource_daemon.stage(spec, seen, &t.host, &err) < 0)
		fail_msg("%s: stage: %s", c->name, error_message(&err));
	if (seen)
		resource_daemon.seen_free(seen);
	daemon_check_staged(c, &t);
	if (c->file && !c->refused) {
		struct daemon_case again = {.name = c->name, .status = STATUS_COUNT};
		unsigned generation = t.stage.generation;

		wrong = daemon_judge_case(&again, &t, spec, &seen);
		assert_false(wrong);
		assert_int_equal(t.stage.generation, generation);
		resource_daemon.seen_free(seen);
	}
	resource_daemon.spec_free(spec);
	tree_close(&t);
}
