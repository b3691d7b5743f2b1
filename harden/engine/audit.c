// SPDX-License-Identifier: Apache-2.0
/*
 * Verdicts. First every control is judged on the host as it is; then a plan, tolerant of what
 * could not be looked at, tells which failures apply can mend and what stands in the way of the
 * others.
 */
#include "harden/engine/audit.h"

#include "harden/engine/evaluate.h"
#include "harden/engine/plan.h"

/* Findings about waived resources become notes; the others stay. */
static int waive_resources(struct judgement *j, const struct waiver *w, struct error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < j->findings_len; i++) {
		struct finding *f = &j->findings[i];

		if (!waiver_names(w, f->resource)) {
			j->findings[kept++] = *f;
			continue;
		}
		if (judgement_note(j, err, "waived (%s): %s", w->reason, f->message) < 0)
			return -1;
		free(f->resource);
		free(f->message);
		value_free(f->expected);
		value_free(f->actual);
		*f = (struct finding){0};
	}
	j->findings_len = kept;
	if (!kept && j->status == STATUS_FAIL)
		j->status = STATUS_WAIVED;
	return 0;
}

/* What the site says about the control changes the status, never the evidence. */
static int apply_exceptions(const struct control *c, struct judgement *j, struct error *err)
{
	if (c->waiver && c->waiver->expired)
		return judgement_note(j, err, "the waiver ended on %s and no longer counts",
				      c->waiver->until);
	if (c->waiver && c->waiver->only.len)
		return waive_resources(j, c->waiver, err);
	if (c->waiver && (j->status == STATUS_FAIL || j->status == STATUS_MANUAL))
		j->status = STATUS_WAIVED;
	if (c->attestation && c->attestation->expired)
		return judgement_note(j, err, "the attestation ended on %s and no longer counts",
				      c->attestation->until);
	if (c->attestation && j->status == STATUS_MANUAL)
		j->status = STATUS_ATTESTED;
	return 0;
}

static int judge_control(struct session *s, const struct control *c, struct audit *audit,
			 struct error *err)
{
	AUTO(judgement) struct judgement j = {0};

	if (evaluate_control(s, c, EVALUATE_JUDGE, &j, err) < 0 || apply_exceptions(c, &j, err) < 0)
		return error_wrap(err, "control %s", c->id);
	if (vec_reserve((void **)&audit->verdicts, &audit->cap, audit->len,
			sizeof(*audit->verdicts), err) < 0)
		return -1;
	audit->counts[j.status]++;
	audit->verdicts[audit->len++] =
		(struct verdict){.control = c, .judgement = j, .running = j.running};
	j = (struct judgement){0};
	return 0;
}

static bool plan_changes_control(const struct plan *plan, const char *id)
{
	for (size_t i = 0; i < plan->len; i++)
		if (strv_has(&plan->changes[i].controls, id))
			return true;
	return false;
}

/* The next step that the plan names for a control it cannot mend, NULL if it names none. */
static const char *plan_next(const struct plan *plan, const char *id)
{
	for (size_t i = 0; i < plan->blocked_len; i++)
		if (strv_has(&plan->blocked[i].controls, id) && plan->blocked[i].next)
			return plan->blocked[i].next;
	for (size_t i = 0; i < plan->by_hand_len; i++)
		if (strcmp(plan->by_hand[i].control, id) == 0 && plan->by_hand[i].next)
			return plan->by_hand[i].next;
	return NULL;
}

/* fixable and remedy, from what the plan found out. */
/* "harden apply --only ID", with what the command needs to be about the same thing. */
static char *apply_command(const struct session *s, const struct plan *plan, const char *id)
{
	const struct build_request *b = s->request->build;
	bool waits = plan_waits_for(plan, id), context = b && b->context;

	return str_format("harden apply%s%s%s%s --only %s%s%s", b ? " --dockerfile " : "",
			  b ? b->file : "", context ? " --context " : "", context ? b->context : "",
			  id, waits ? " --accept " : "", waits ? id : "");
}

static int add_remedy(const struct session *s, struct verdict *v, const struct plan *plan,
		      struct error *err)
{
	const struct control *c = v->control;
	const char *next;

	if (v->judgement.status != STATUS_FAIL && v->judgement.status != STATUS_MANUAL)
		return 0;
	v->fixable = plan_changes_control(plan, c->id);
	if (v->fixable) {
		v->remedy = apply_command(s, plan, c->id);
		return v->remedy ? 0 : error_nomem(err);
	}
	next = plan_next(plan, c->id);
	if (!next)
		next = c->remedy;
	if (next && !(v->remedy = strdup(next)))
		return error_nomem(err);
	return 0;
}

static int add_remedies(struct session *s, struct audit *audit, struct plan *ret_plan,
			struct error *err)
{
	AUTO(plan) struct plan plan = {0};
	AUTO(error) struct error problem = {0};

	/* a plan that does not settle leaves the verdicts without remedies, as plan itself says */
	if (plan_stage(s, true, &problem) < 0) {
		if (problem.code == ERROR_NOMEM || problem.code == ERROR_INTERNAL) {
			error_move(err, &problem);
			return -1;
		}
		return 0;
	}
	if (plan_document(s, false, true, &plan, err) < 0)
		return -1;
	for (size_t i = 0; i < audit->len; i++)
		if (add_remedy(s, &audit->verdicts[i], &plan, err) < 0)
			return -1;
	if (ret_plan) {
		*ret_plan = plan;
		plan = (struct plan){0};
	}
	return 0;
}

int audit_run(struct session *s, bool digest, struct audit *ret_audit, struct plan *ret_plan,
	      struct error *err)
{
	AUTO(audit) struct audit audit = {0};

	if (session_facts(s, err) < 0 || evaluate_announce(s, err) < 0)
		return -1;
	for (size_t i = 0; i < s->recipe.len; i++) {
		const struct control *c = &s->recipe.controls[i];
		int r = c->selected ? judge_control(s, c, &audit, err)
				    : strv_add(&audit.not_selected, c->id, err);

		if (r < 0)
			return -1;
	}
	if (add_remedies(s, &audit, ret_plan, err) < 0 ||
	    session_head(s, digest, &audit.head, err) < 0)
		return -1;
	*ret_audit = audit;
	audit = (struct audit){0};
	return 0;
}
