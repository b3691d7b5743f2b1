// SPDX-License-Identifier: Apache-2.0
/*
 * The end of an apply: commit, verify, settle. Verification does not trust what the commit
 * believes: a new session looks at the host as the next `harden plan` would.
 */
#include "harden/engine/apply.h"

#include "backup/settle.h"
#include "harden/engine/plan.h"

/* What a new plan would still change, named; 0 when nothing is left. */
static int verify_applied(struct session *s, struct error *err)
{
	AUTO(session) struct session again = {0};
	AUTO(strbuf) struct strbuf names = {0};

	if (session_open(s->request, &again, err) < 0 || plan_stage(&again, false, err) < 0)
		return error_wrap(err, "look again after the commit");
	if (!again.stage.len)
		return 0;
	for (size_t i = 0; i < again.stage.len; i++)
		strbuf_appendf(&names, "%s%s", i ? ", " : "", again.stage.files[i].path);
	return error_set(err, ERROR_CONFLICT, 0, "after the commit these are not as promised: %s",
			 strbuf_text(&names) ? strbuf_text(&names) : "");
}

/* Files that stand after an undo that was not complete, one line each. */
static int report_standing(const struct backup_result *result, struct plan *plan, struct error *err)
{
	plan->result = result->outcome == BACKUP_INCOMPLETE ? "incomplete" : "undone";
	for (size_t i = 0; i < result->stands.len; i++)
		if (strv_addf(&plan->pending, err, "%s: %s", result->stands.items[i].path,
			      result->stands.items[i].text) < 0)
			return -1;
	return 0;
}

/* Takes the run back after verification failed. */
static int undo_run(struct backup *backup, const struct run_info *info, struct plan *plan,
		    struct error *err)
{
	AUTO(backup_result) struct backup_result undone = {0};
	struct rollback_options options = {.run = plan->run};

	if (backup_rollback(backup, &options, info, &undone, err) < 0) {
		plan->result = "incomplete";
		return strv_addf(&plan->pending, err, "run %s stands: %s", plan->run,
				 error_message(err));
	}
	if (undone.outcome == BACKUP_CONFLICT)
		undone.outcome = BACKUP_INCOMPLETE;
	return report_standing(&undone, plan, err);
}

int apply_plan(struct session *s, struct backup *backup, const struct run_info *info,
	       struct plan *plan, struct error *ret_problem, struct error *err)
{
	AUTO(backup_result) struct backup_result result = {0};

	if (!s->stage.len) {
		plan->result = "nothing";
		return 0;
	}
	if (backup_commit(backup, &s->stage, info, &result, err) < 0)
		return -1;
	if (result.runs.len && !(plan->run = strdup(result.runs.items[0])))
		return error_nomem(err);
	if (result.outcome != BACKUP_DONE) {
		error_move(ret_problem, &result.error);
		return report_standing(&result, plan, err);
	}
	if (verify_applied(s, ret_problem) < 0)
		return undo_run(backup, info, plan, err);
	plan->result = "applied";
	return settle_pending(&s->stage, s->host.live, plan, err);
}
