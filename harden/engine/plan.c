// SPDX-License-Identifier: Apache-2.0
/*
 * Planning to a fixed point. Controls stage one after the other on one overlay, and what one
 * stages another has to judge too (a daemon.json that the plan creates is also audited, owned and
 * moded), so passes repeat until one stages nothing more. What waits for consent is then staged on
 * a copy of the result, control by control, and only the difference is shown.
 */
#include "harden/engine/plan.h"

#include "backup/settle.h"
#include "backup/settle_rules.h"
#include "harden/engine/change.h"
#include "harden/engine/evaluate.h"
#include "harden/resource/engine_usage.h"
#include "harden/resource/impact.h"

#define PASSES_MAX 4

/* Whether the stage says anything about a control: a change, or why there is none. */
static bool stage_mentions(const struct stage *stage, const char *id)
{
	for (size_t i = 0; i < stage->len; i++)
		if (strv_has(&stage->files[i].controls, id))
			return true;
	for (size_t i = 0; i < stage->updates_len; i++)
		if (strv_has(&stage->updates[i].controls, id))
			return true;
	for (size_t i = 0; i < stage->blocked_len; i++)
		if (strv_has(&stage->blocked[i].controls, id))
			return true;
	for (size_t i = 0; i < stage->by_hand_len; i++)
		if (strcmp(stage->by_hand[i].control, id) == 0)
			return true;
	return false;
}

/* Only what runs differs from what is written: settle brings that into force, or says what waits. */
static bool is_for_settle(const struct judgement *j)
{
	for (size_t i = 0; i < j->findings_len; i++)
		if (j->findings[i].part == PART_WRITTEN)
			return false;
	return j->findings_len > 0;
}

/* A control that is not met and for which nothing is staged is left to a person, never dropped. */
static int leave_by_hand(struct session *s, const struct control *c, const struct judgement *j,
			 struct error *err)
{
	const char *reason = c->title;

	if (j->status != STATUS_FAIL && j->status != STATUS_MANUAL)
		return 0;
	if (c->attestation || is_for_settle(j) || stage_mentions(s->host.stage, c->id))
		return 0;
	if (j->findings_len)
		reason = j->findings[0].message;
	return stage_by_hand(s->host.stage, reason, c->remedy, err);
}

/*
 * Whether what is not staged of a control is told in this mode: together with what waits for consent
 * if it has any. Where only one entry waits, and a person has to judge anyway, it waits for nothing.
 */
static bool leaves_here(const struct control *c, enum evaluate_mode mode, const struct judgement *j)
{
	bool waits = control_waits(c) && (c->consent || j->status != STATUS_MANUAL);

	return waits == (mode == EVALUATE_CONSENT);
}

/* One that spares some resources only; else the control is not staged at all, or waived no more. */
static const struct waiver *partial_waiver(const struct control *c)
{
	return c->waiver && !c->waiver->expired && c->waiver->only.len ? c->waiver : NULL;
}

static int stage_control(struct session *s, const struct control *c, enum evaluate_mode mode,
			 bool tolerant, struct error *err)
{
	AUTO(judgement) struct judgement j = {0};
	AUTO(error) struct error problem = {0};
	struct stage *stage = s->host.stage;
	int r;

	stage->control = c->id;
	stage->impact = c->impact;
	stage->waiver = partial_waiver(c);
	r = evaluate_control(s, c, mode, &j, &problem);
	if (r == 0 && leaves_here(c, mode, &j))
		r = leave_by_hand(s, c, &j, &problem);
	stage->control = NULL;
	stage->impact = NULL;
	stage->waiver = NULL;
	if (r == 0)
		return 0;
	if (tolerant && problem.code != ERROR_NOMEM && problem.code != ERROR_INTERNAL)
		return 0;
	error_move(err, &problem);
	return error_wrap(err, "control %s", c->id);
}

static int plan_pass(struct session *s, bool tolerant, struct error *err)
{
	stage_new_pass(s->host.stage);
	if (session_facts(s, err) < 0)
		return -1;
	for (size_t i = 0; i < s->recipe.len; i++) {
		const struct control *c = &s->recipe.controls[i];

		if (!c->selected || control_waived(c))
			continue;
		if (stage_control(s, c, EVALUATE_STAGE, tolerant, err) < 0)
			return -1;
	}
	return 0;
}

static void name_mover(const char *resource, const struct strv *controls, struct strbuf *names)
{
	strbuf_appendf(names, "%s%s (controls ", names->len ? "; " : "", resource);
	for (size_t k = 0; k < controls->len; k++)
		strbuf_appendf(names, "%s%s", k ? ", " : "", controls->items[k]);
	strbuf_append(names, ")");
}

/* Names what still moves after the last pass: those resources contradict each other. */
static int no_fixed_point(const struct stage *stage, unsigned generation, struct error *err)
{
	AUTO(strbuf) struct strbuf names = {0};

	for (size_t i = 0; i < stage->len; i++)
		if (stage->files[i].generation > generation)
			name_mover(stage->files[i].path, &stage->files[i].controls, &names);
	for (size_t i = 0; i < stage->updates_len; i++)
		if (stage->updates[i].generation > generation)
			name_mover(stage->updates[i].update.name, &stage->updates[i].controls,
				   &names);
	(void)error_set(err, ERROR_RECIPE, 0, "the plan does not settle after %d passes: %s",
			PASSES_MAX, strbuf_text(&names) ? strbuf_text(&names) : "");
	error_next(err, "these controls ask for different states of one thing: "
			"leave one of them out with --skip or mend the recipe");
	return -1;
}

int plan_stage(struct session *s, bool tolerant, struct error *err)
{
	unsigned generation = 0;

	if (session_facts(s, err) < 0 || evaluate_announce(s, err) < 0)
		return -1;
	for (int pass = 0; pass < PASSES_MAX; pass++) {
		generation = s->stage.generation;
		if (plan_pass(s, tolerant, err) < 0)
			return -1;
		if (s->stage.generation == generation)
			return 0;
	}
	return no_fixed_point(&s->stage, generation, err);
}

/* Shows what a control would change beyond the stage as planned. */
static int consent_changes(struct session *s, const struct stage *with, const char *id,
			   bool digests, struct plan *plan, struct error *err)
{
	for (size_t i = 0; i < with->len; i++) {
		const struct staged_file *f = &with->files[i];
		const struct staged_file *base = stage_find(&s->stage, f->path);
		const struct file_state *before = base ? &base->after : &f->before;

		if (file_state_same(before, &f->after))
			continue;
		if (change_from_staged(&s->host, f, before, id, digests, plan, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < with->updates_len; i++) {
		const struct staged_update *u = &with->updates[i];

		if (change_from_update(u, stage_find_update(&s->stage, &u->update), id, plan, err) <
		    0)
			return -1;
	}
	return 0;
}

/* What stands in the way of a control beside consent: the first reason on the stage it was tried on. */
static const struct by_hand *first_reason(const struct stage *with, const char *id,
					  struct by_hand *buffer)
{
	for (size_t i = 0; i < with->blocked_len; i++)
		if (strv_has(&with->blocked[i].controls, id)) {
			buffer->reason = with->blocked[i].reason;
			buffer->next = with->blocked[i].next;
			return buffer;
		}
	for (size_t i = 0; i < with->by_hand_len; i++)
		if (strcmp(with->by_hand[i].control, id) == 0)
			return &with->by_hand[i];
	return NULL;
}

static int list_consent(struct plan *plan, const struct control *c, const struct by_hand *reason,
			struct error *err)
{
	struct by_hand item = {0};

	if (vec_reserve((void **)&plan->consent, &plan->consent_cap, plan->consent_len,
			sizeof(item), err) < 0)
		return -1;
	item.control = strdup(c->id);
	item.reason = strdup(reason ? reason->reason : c->title);
	if (!reason)
		item.next = str_format("--accept %s, or accept: true in the site file", c->id);
	else if (c->remedy || reason->next)
		item.next = strdup(c->remedy ? c->remedy : reason->next);
	plan->consent[plan->consent_len++] = item; /* released with the plan, whole or not */
	return item.control && item.reason ? 0 : error_nomem(err);
}

/* Whom the stage concerns, by name; a Dockerfile concerns nobody here. */
static int name_impact(struct session *s, struct error *err)
{
	if (s->request->build)
		return 0;
	return impact_name(&s->host, err) < 0 ? -1 : usage_name(&s->host, err);
}

/*
 * What one control would add if consent were given. Two passes: the second sees what the first
 * staged (a file made by this control), as in the plan itself.
 */
static int try_consent(struct session *s, const struct control *c, bool digests, bool tolerant,
		       struct plan *plan, struct error *err)
{
	AUTO(stage) struct stage with = {0};
	const struct by_hand *reason;
	struct by_hand buffer = {0};
	size_t before = plan->len;
	int r = 0;

	if (stage_copy(&with, &s->stage, err) < 0)
		return -1;
	stage_new_pass(&with);
	with.generation++; /* caches that lie over s->stage must not answer for the copy */
	s->host.stage = &with;
	for (int pass = 0; pass < 2 && r == 0; pass++)
		r = stage_control(s, c, EVALUATE_CONSENT, tolerant, err);
	if (r == 0 && !tolerant)
		r = name_impact(s, err);
	s->host.stage = &s->stage;
	if (r < 0 || consent_changes(s, &with, c->id, digests, plan, err) < 0)
		return -1;
	s->stage.generation = with.generation + 1; /* and those of the copy not for s->stage */
	reason = first_reason(&with, c->id, &buffer);
	return plan->len > before || reason ? list_consent(plan, c, reason, err) : 0;
}

static int add_consent(struct session *s, bool digests, bool tolerant, struct plan *plan,
		       struct error *err)
{
	for (size_t i = 0; i < s->recipe.len; i++) {
		const struct control *c = &s->recipe.controls[i];

		if (!c->selected || control_waived(c) || !control_waits(c))
			continue;
		if (try_consent(s, c, digests, tolerant, plan, err) < 0)
			return -1;
	}
	return 0;
}

static int add_waived(const struct session *s, struct plan *plan, struct error *err)
{
	for (size_t i = 0; i < s->recipe.len; i++) {
		const struct control *c = &s->recipe.controls[i];

		if (c->selected && control_waived(c) &&
		    strv_add(&plan->waived_controls, c->id, err) < 0)
			return -1;
	}
	return 0;
}

/* The stage's lists move into the document; the stage keeps its files for the commit. */
static void move_lists(struct stage *stage, struct plan *plan)
{
	plan->blocked = take_ptr(&stage->blocked);
	plan->blocked_len = stage->blocked_len;
	plan->blocked_cap = stage->blocked_cap;
	plan->by_hand = take_ptr(&stage->by_hand);
	plan->by_hand_len = stage->by_hand_len;
	plan->by_hand_cap = stage->by_hand_cap;
	stage->blocked_len = stage->blocked_cap = 0;
	stage->by_hand_len = stage->by_hand_cap = 0;
}

int plan_document(struct session *s, bool digests, bool tolerant, struct plan *ret_plan,
		  struct error *err)
{
	AUTO(plan) struct plan plan = {0};

	if (!tolerant && name_impact(s, err) < 0)
		return -1;
	for (size_t i = 0; i < s->stage.len; i++)
		if (change_from_staged(&s->host, &s->stage.files[i], &s->stage.files[i].before,
				       NULL, digests, &plan, err) < 0)
			return -1;
	for (size_t i = 0; i < s->stage.updates_len; i++)
		if (change_from_update(&s->stage.updates[i], NULL, NULL, &plan, err) < 0)
			return -1;
	if (add_consent(s, digests, tolerant, &plan, err) < 0 || add_waived(s, &plan, err) < 0 ||
	    settle_steps(&s->stage, s->host.not_live, &plan, err) < 0 ||
	    settle_rules_step(&s->host, &plan, err) < 0)
		return -1;
	move_lists(&s->stage, &plan);
	*ret_plan = plan;
	plan = (struct plan){0};
	return 0;
}

int plan_build(struct session *s, bool digests, struct plan *ret_plan, struct error *err)
{
	AUTO(plan) struct plan plan = {0};

	if (plan_stage(s, false, err) < 0 || plan_document(s, digests, false, &plan, err) < 0 ||
	    session_head(s, digests, &plan.head, err) < 0)
		return -1;
	*ret_plan = plan;
	plan = (struct plan){0};
	return 0;
}
