// SPDX-License-Identifier: Apache-2.0
/*
 * The documents' destructors and the two questions that exit codes depend on.
 */
#include "harden/model/document.h"

bool plan_waits_for(const struct plan *plan, const char *control)
{
	for (size_t i = 0; i < plan->consent_len; i++)
		if (strcmp(plan->consent[i].control, control) == 0)
			return true;
	return false;
}

size_t plan_changes(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->len; i++)
		count += !plan->changes[i].consent;
	return count;
}

bool plan_lists_anything(const struct plan *plan)
{
	return plan->consent_len || plan->blocked_len || plan->by_hand_len ||
	       plan->waived_controls.len;
}

void document_head_done(struct document_head *head)
{
	free(head->benchmark);
	free(head->benchmark_version);
	free(head->recipe_sha256);
	value_free(head->host);
	*head = (struct document_head){0};
}

void audit_done(struct audit *audit)
{
	document_head_done(&audit->head);
	for (size_t i = 0; i < audit->len; i++) {
		judgement_done(&audit->verdicts[i].judgement);
		free(audit->verdicts[i].remedy);
	}
	free(audit->verdicts);
	strv_done(&audit->not_selected);
	*audit = (struct audit){0};
}

static void change_side_done(struct change_side *side)
{
	free(side->owner);
	free(side->group);
	free(side->sha256);
}

void change_done(struct change *change)
{
	strv_done(&change->controls);
	free(change->resource);
	free(change->diff);
	change_side_done(&change->before);
	change_side_done(&change->after);
	value_free(change->fields_before);
	value_free(change->fields_after);
	strv_done(&change->impact);
	*change = (struct change){0};
}

static void by_hand_list_done(struct by_hand *items, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		free(items[i].control);
		free(items[i].reason);
		free(items[i].next);
	}
	free(items);
}

void plan_done(struct plan *plan)
{
	document_head_done(&plan->head);
	for (size_t i = 0; i < plan->len; i++)
		change_done(&plan->changes[i]);
	free(plan->changes);
	for (size_t i = 0; i < plan->blocked_len; i++) {
		strv_done(&plan->blocked[i].controls);
		free(plan->blocked[i].resource);
		free(plan->blocked[i].reason);
		free(plan->blocked[i].next);
	}
	free(plan->blocked);
	by_hand_list_done(plan->by_hand, plan->by_hand_len);
	by_hand_list_done(plan->consent, plan->consent_len);
	for (size_t i = 0; i < plan->services_len; i++) {
		free(plan->services[i].unit);
		strv_done(&plan->services[i].because);
	}
	free(plan->services);
	strv_done(&plan->waived_controls);
	free(plan->run);
	strv_done(&plan->pending);
	*plan = (struct plan){0};
}
