// SPDX-License-Identifier: Apache-2.0
/*
 * From a control's entries to its judgement: expand, load, inspect, judge, stage. What each step
 * means when it fails depends on who asks: an audit reports it, a plan must not guess.
 */
#include "harden/engine/evaluate.h"

#include "harden/recipe/entry.h"
#include "harden/recipe/expand.h"
#include "harden/resource/type.h"

#include <errno.h>

/* The recipe says so, or the type does of all that it fixes. */
static bool entry_waits(const struct control *c, const struct value *entry)
{
	const struct value_member *m = entry_type(entry);
	const struct resource_type *type = m ? resource_type_find(m->key) : NULL;

	if (c->accepted)
		return false;
	if (c->consent || entry_consent(entry))
		return true;
	return type && (type->schema.traits & TYPE_FIX_WAITS) && value_get(m->value, "fix");
}

bool control_waits(const struct control *control)
{
	for (size_t i = 0; i < value_len(control->ensure); i++)
		if (entry_waits(control, control->ensure->members[i].value))
			return true;
	return false;
}

/* Whether this entry is staged in this mode. */
static bool entry_stages(const struct control *c, const struct value *entry,
			 enum evaluate_mode mode)
{
	bool waits = entry_waits(c, entry);

	return mode == EVALUATE_CONSENT ? waits : mode == EVALUATE_STAGE && !waits;
}

/* The keys of a type that name a template file get its text: the engine reads, types stay pure. */
static int read_templates(struct session *s, const struct resource_type *type, struct value *keys,
			  struct error *err)
{
	for (const struct key *k = type->schema.keys; k->key; k++) {
		AUTO_PTR(blob) struct blob *bytes = NULL;
		const char *name = value_get_text(keys, k->key);

		if (k->kind != KEY_TEMPLATE || !name)
			continue;
		if (s->request->read_template(s->request->cookie, name, &bytes, err) < 0)
			return error_wrap(err, "template %s", name);
		if (value_set(keys, "content", value_text(bytes->data), err) < 0)
			return -1;
	}
	return 0;
}

static int put_facts(struct session *s, const struct resource_type *type, struct value *keys,
		     struct error *err)
{
	AUTO_PTR(value) struct value *map = NULL;

	if (!(type->schema.traits & TYPE_TAKES_FACTS))
		return 0;
	map = value_map();
	if (!map)
		return error_nomem(err);
	for (size_t i = 0; i < s->facts.len; i++)
		if (s->facts.items[i].value &&
		    value_append(map, s->facts.items[i].name, value_copy(s->facts.items[i].value),
				 err) < 0)
			return -1;
	return value_set(keys, "facts", take_ptr(&map), err);
}

struct work {
	const struct resource_type *type;
	void *spec, *seen;
};

static void work_done(struct work *w)
{
	if (w->seen)
		w->type->seen_free(w->seen);
	if (w->spec)
		w->type->spec_free(w->spec);
}

/* 1: the entry does not apply here (noted in j); 0: loaded. */
static int load_entry(struct session *s, const struct control *c, const struct value *entry,
		      struct work *w, struct judgement *j, struct error *err)
{
	AUTO_PTR(value) struct value *expanded = NULL;
	const struct value_member *type;
	int r = recipe_expand(entry, &s->recipe, &s->facts, &expanded, err);

	if (r < 0)
		return -1;
	if (r > 0)
		return judgement_evidence(j, take_ptr(&expanded), err, "not applicable") < 0 ? -1
											     : 1;
	type = entry_type(expanded);
	w->type = type ? resource_type_find(type->key) : NULL;
	if (!w->type)
		return error_set(err, ERROR_INTERNAL, 0, "%s:%u: an entry without a known type",
				 c->file, entry->line);
	if (entry_check_expanded(expanded, w->type->schema.keys, c->file, err) < 0 ||
	    read_templates(s, w->type, type->value, err) < 0 ||
	    put_facts(s, w->type, type->value, err) < 0)
		return -1;
	return w->type->load(type->value, c->file, &w->spec, err);
}

/* Some types act on, or have to say something of, what a person is to judge. */
static bool is_to_stage(const struct resource_type *type, const struct judgement *j)
{
	unsigned judged = TYPE_FIX_WAITS | TYPE_STAGES_REVIEWS;

	return j->findings_len || j->status == STATUS_FAIL ||
	       (j->status == STATUS_MANUAL && (type->schema.traits & judged));
}

static int stage_work(struct session *s, const struct work *w, const struct judgement *j,
		      struct error *err)
{
	if (!w->type->stage || !is_to_stage(w->type, j))
		return 0;
	return w->type->stage(w->spec, w->seen, &s->host, err);
}

static int evaluate_entry(struct session *s, const struct control *c, const struct value *entry,
			  bool staging, struct judgement *j, struct error *err)
{
	AUTO(judgement) struct judgement one = {0};
	AUTO(work) struct work w = {0};
	int r = load_entry(s, c, entry, &w, j, err);

	if (r)
		return r < 0 ? -1 : 0;
	if (w.type->inspect(w.spec, &s->host, &w.seen, err) < 0 ||
	    w.type->judge(w.spec, w.seen, &one, err) < 0)
		return -1;
	if (staging && stage_work(s, &w, &one, err) < 0)
		return -1;
	return judgement_merge(j, &one, err);
}

static int announce_entry(struct session *s, const struct control *c, const struct value *entry,
			  struct error *err)
{
	const struct value_member *m = entry_type(entry);
	const struct resource_type *type = m ? resource_type_find(m->key) : NULL;
	AUTO(judgement) struct judgement ignored = {0};
	AUTO(error) struct error problem = {0};
	AUTO(work) struct work w = {0};

	if (!type || !type->announce)
		return 0;
	if (load_entry(s, c, entry, &w, &ignored, &problem) != 0)
		return 0; /* evaluate_control() says why */
	return type->announce(w.spec, &s->host, err);
}

int evaluate_announce(struct session *s, struct error *err)
{
	for (size_t i = 0; i < s->recipe.len; i++) {
		const struct control *c = &s->recipe.controls[i];

		for (size_t k = 0; c->selected && k < value_len(c->ensure); k++)
			if (announce_entry(s, c, c->ensure->members[k].value, err) < 0)
				return -1;
	}
	return 0;
}

/* A mistake of ours or the recipe's, or no memory: no verdict of the host. */
static bool is_ours(const struct error *problem)
{
	return problem->code == ERROR_NOMEM || problem->code == ERROR_INTERNAL ||
	       problem->code == ERROR_RECIPE || problem->code == ERROR_USAGE;
}

static int error_verdict(const struct error *problem, struct judgement *j, struct error *err)
{
	struct value *value =
		value_textf("%s%s%s", error_message(problem), problem->next ? "; " : "",
			    problem->next ? problem->next : "");

	judgement_raise(j, STATUS_ERROR);
	return judgement_evidence(j, value, err, "%s",
				  problem->resource ? problem->resource : "could not be looked at");
}

/*
 * While planning: input that is wrong, or that we may not read, makes any plan a guess, so the
 * whole plan fails. An I/O error or an unsafe path concerns this control alone: blocked.
 */
static int block_or_fail(struct session *s, struct error *problem, struct error *err)
{
	bool denied = problem->sys == EACCES || problem->sys == EPERM;

	if (problem->code == ERROR_UNSAFE || (problem->code == ERROR_SYS && !denied))
		return stage_block(s->host.stage, problem->resource ? problem->resource : "host",
				   err, problem->next, "%s", error_message(problem));
	error_move(err, problem);
	return -1;
}

int evaluate_control(struct session *s, const struct control *control, enum evaluate_mode mode,
		     struct judgement *ret_judgement, struct error *err)
{
	AUTO(judgement) struct judgement j = {0};

	for (size_t i = 0; i < value_len(control->ensure); i++) {
		const struct value *entry = control->ensure->members[i].value;
		AUTO(error) struct error problem = {0};

		if (evaluate_entry(s, control, entry, entry_stages(control, entry, mode), &j,
				   &problem) == 0)
			continue;
		if (is_ours(&problem)) {
			error_move(err, &problem);
			return -1;
		}
		if ((mode == EVALUATE_JUDGE ? error_verdict(&problem, &j, err)
					    : block_or_fail(s, &problem, err)) < 0)
			return -1;
	}
	/* a path fact without a value leaves a type nothing to look at, and nothing to say */
	if (!j.evidence_len &&
	    judgement_evidence(&j, value_text("nothing of what this control names is here"), err,
			       "this host") < 0)
		return -1;
	*ret_judgement = j;
	j = (struct judgement){0};
	return 0;
}
