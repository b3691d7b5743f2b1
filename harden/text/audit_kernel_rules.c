// SPDX-License-Identifier: Apache-2.0
/*
 * Collecting and comparing. Lines are what audit_line.c makes of a file's, only without a file.
 */
#include "harden/text/audit_kernel_rules.h"

#include "harden/text/audit_switch.h"

int audit_kernel_add(struct audit_kernel_rules *loaded, struct audit_rule *rule, struct error *err)
{
	struct audit_line line = {.kind = LINE_RULE, .line = (unsigned)loaded->len + 1};
	int r;

	line.rule = *rule;
	*rule = (struct audit_rule){0};
	r = audit_rule_print(&line.rule, &line.text, err);
	if (r == 0)
		r = vec_reserve((void **)&loaded->lines, &loaded->cap, loaded->len, sizeof(line),
				err);
	if (r < 0) {
		audit_line_done(&line);
		return -1;
	}
	loaded->lines[loaded->len++] = line;
	return 0;
}

int audit_kernel_finish(struct audit_kernel_rules *loaded, const struct audit_view *view,
			struct error *err)
{
	struct audit_rules *r = &loaded->rules;

	r->items = calloc(loaded->len + 1, sizeof(*r->items));
	if (!r->items)
		return error_nomem(err);
	r->cap = loaded->len + 1;
	for (size_t i = 0; i < loaded->len; i++) {
		struct audit_line *line = &loaded->lines[i];

		if (line->rule.path &&
		    view->place(view->cookie, line->rule.path, &line->place, err) < 0)
			return -1;
		line->placed = line->rule.path != NULL;
		r->items[r->len++] = (struct audit_loaded){
			.line = line,
			.where = {AUDIT_KERNEL_PLACE, line->line, 1},
			.kind = line->rule.kind,
			.path = line->place.path,
			.reached = true,
		};
	}
	audit_switches_find(r);
	return 0;
}

/* auditctl 4 makes such a rule with the calls that the permissions stand for. */
static bool may_be_listed(const struct audit_rule *form)
{
	return form->all_syscalls && form->has_perms && form->arch != ARCH_ANY;
}

bool audit_kernel_find(const struct audit_kernel_rules *loaded, const struct audit_rule *form,
		       size_t *ret_index)
{
	for (size_t i = 0; i < loaded->len; i++) {
		const struct audit_rule *rule = &loaded->lines[i].rule;

		*ret_index = i;
		if (audit_rule_same(rule, rule->kind, form, form->kind) ||
		    (may_be_listed(form) && rule->syscalls.len &&
		     audit_rule_same_but_calls(rule, rule->kind, form, form->kind)))
			return true;
	}
	return false;
}

void audit_kernel_rules_done(struct audit_kernel_rules *loaded)
{
	audit_rules_done(&loaded->rules);
	for (size_t i = 0; i < loaded->len; i++)
		audit_line_done(&loaded->lines[i]);
	free(loaded->lines);
	*loaded = (struct audit_kernel_rules){0};
}
