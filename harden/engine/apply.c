// SPDX-License-Identifier: Apache-2.0
/*
 * The end of an apply: commit, verify, settle, then the engine's objects, verify. Verification does
 * not trust what the commit believes: a new session looks at the host as the next `harden plan`
 * would. Objects come last, when the daemon runs as it is going to, and are undone first.
 */
#include "harden/engine/apply.h"

#include "harden/engine/plan.h"
#include "harden/resource/daemon_start.h"

/* Whether the plan of another look still wants a field that was changed; new objects are no matter. */
static bool wants_again(const struct staged_update *done, const struct stage *again)
{
	const struct staged_update *s = stage_find_update(again, &done->update);

	for (size_t i = 0; s && i < done->update.len; i++)
		if (update_field(&s->update, done->update.fields[i].path))
			return true;
	return false;
}

/* What a new plan would still change, named; 0 when nothing is left. objects: of them too. */
static int verify_applied(struct session *s, bool objects, struct error *err)
{
	AUTO(session) struct session again = {0};
	AUTO(strbuf) struct strbuf names = {0};

	if (session_open(s->request, &again, err) < 0 || plan_stage(&again, false, err) < 0)
		return error_wrap(err, "look again after the commit");
	for (size_t i = 0; i < again.stage.len; i++)
		strbuf_appendf(&names, "%s%s", names.len ? ", " : "", again.stage.files[i].path);
	for (size_t i = 0; objects && i < s->stage.updates_len; i++)
		if (wants_again(&s->stage.updates[i], &again.stage))
			strbuf_appendf(&names, "%s%s", names.len ? ", " : "",
				       s->stage.updates[i].update.name);
	if (!names.len && !names.failed)
		return 0;
	return error_set(err, ERROR_CONFLICT, 0, "after the commit these are not as promised: %s",
			 strbuf_text(&names) ? strbuf_text(&names) : "");
}

static int report_notes(const struct backup_notes *notes, struct plan *plan, struct error *err)
{
	for (size_t i = 0; i < notes->len; i++)
		if (strv_addf(&plan->pending, err, "%s: %s", notes->items[i].path,
			      notes->items[i].text) < 0)
			return -1;
	return 0;
}

/* What stands after an undo that was not complete, and what is not quite as before: one line each. */
static int report_standing(const struct backup_result *result, struct plan *plan, struct error *err)
{
	plan->result = result->outcome == BACKUP_INCOMPLETE ? "incomplete" : "undone";
	if (report_notes(&result->stands, plan, err) < 0)
		return -1;
	return report_notes(&result->notes, plan, err);
}

struct apply {
	struct session *session;
	struct backup *backup;
	const struct run_info *info;
	struct plan *plan;
	struct settle *settle; /* NULL: not live */
};

/* Takes the run back after verification or settle failed. */
static int undo_run(struct apply *a, struct error *err)
{
	AUTO(backup_result) struct backup_result undone = {0};
	struct rollback_options options = {.run = a->plan->run};

	if (backup_rollback(a->backup, &options, a->info, &undone, err) < 0) {
		a->plan->result = "incomplete";
		return strv_addf(&a->plan->pending, err, "run %s stands: %s", a->plan->run,
				 error_message(err));
	}
	if (undone.outcome == BACKUP_CONFLICT)
		undone.outcome = BACKUP_INCOMPLETE;
	return report_standing(&undone, a->plan, err);
}

/* The files are back; so must the daemon be. */
static int undo_service(struct apply *a, struct error *err)
{
	AUTO(error) struct error why = {0};

	if (!a->settle || settle_undo(a->settle, &a->plan->pending, &why) == 0)
		return 0;
	a->plan->result = "incomplete";
	return strv_addf(&a->plan->pending, err, "docker.service: %s", error_message(&why));
}

static int undo(struct apply *a, bool service, struct error *err)
{
	return undo_run(a, err) < 0 ? -1 : service ? undo_service(a, err) : 0;
}

static unsigned actions_of(const struct stage *stage)
{
	unsigned actions = 0;

	for (size_t i = 0; i < stage->len; i++)
		actions |= stage->files[i].actions;
	return actions;
}

static int open_settle(struct apply *a, enum settle_policy policy, struct error *err)
{
	const struct settle_request request = {
		.backup = a->backup,
		.info = a->info,
		.policy = policy,
		.restart = &a->session->restart,
		.refuses = daemon_start_problems,
	};

	if (!a->session->host.live)
		return 0;
	return settle_open(&request, &a->settle, err);
}

/* Nothing to write: what an earlier run left waiting. */
static int settle_only(struct apply *a, struct error *ret_problem, struct error *err)
{
	a->plan->result = "nothing";
	if (!a->settle || settle_run(a->settle, 0, &a->plan->pending, ret_problem) == 0)
		return 0;
	strv_done(&a->plan->pending);
	a->plan->result = "undone";
	return undo_service(a, err);
}

/* The engine's objects, in the daemon as it now is. */
static int update_objects(struct apply *a, struct error *err)
{
	struct session *s = a->session;

	if (!s->stage.updates_len)
		return 0;
	if (backup_update(a->backup, a->plan->run, &s->stage, a->info, err) < 0)
		return -1;
	return verify_applied(s, true, err);
}

static int commit(struct apply *a, struct error *ret_problem, struct error *err)
{
	AUTO(backup_result) struct backup_result result = {0};
	struct session *s = a->session;
	bool files = s->stage.len > 0;

	if (a->settle && files && settle_check(a->settle, &s->host, err) < 0)
		return -1;
	if (backup_commit(a->backup, &s->stage, a->info, &result, err) < 0)
		return -1;
	if (result.runs.len && !(a->plan->run = strdup(result.runs.items[0])))
		return error_nomem(err);
	if (result.outcome != BACKUP_DONE) {
		error_move(ret_problem, &result.error);
		return report_standing(&result, a->plan, err);
	}
	if (files && verify_applied(s, false, ret_problem) < 0)
		return undo(a, false, err);
	a->plan->result = "applied";
	if (a->settle &&
	    settle_run(a->settle, actions_of(&s->stage), &a->plan->pending, ret_problem) < 0)
		files = true; /* the daemon is in between */
	else if (update_objects(a, ret_problem) == 0)
		return 0;
	strv_done(&a->plan->pending);
	return undo(a, files, err);
}

int apply_plan(struct session *s, struct backup *backup, const struct run_info *info,
	       enum settle_policy policy, struct plan *plan, struct error *ret_problem,
	       struct error *err)
{
	struct apply a = {.session = s, .backup = backup, .info = info, .plan = plan};
	int r = open_settle(&a, policy, err);

	if (r == 0)
		r = !stage_is_empty(&s->stage) ? commit(&a, ret_problem, err)
					       : settle_only(&a, ret_problem, err);
	settle_free(a.settle);
	return r;
}
