// SPDX-License-Identifier: Apache-2.0
/*
 * All rules that the kernel holds, in the shape that written rules have after a merge: what
 * audit_cover_find() and the other judges of rules take. audit_kernel.h says how one is read.
 */
#pragma once

#include "harden/text/audit_rules.h"

/*
 * Rules as loaded, in the order in which they match: what audit_cover_find() takes. Their place is
 * the file AUDIT_KERNEL_PLACE, line N: the Nth of the list.
 */
#define AUDIT_KERNEL_PLACE "loaded rules"

struct audit_kernel_rules {
	struct audit_line *lines; /* text: the rule in canonical form */
	size_t len, cap;
	struct audit_rules rules; /* no_task, excluded and their twins too; never stopped */
};

/* Takes the rule and appends it. */
int audit_kernel_add(struct audit_kernel_rules *loaded, struct audit_rule *rule, struct error *err);
/* When all are in: asks the view for the path of each (its place.path) and fills rules. */
int audit_kernel_finish(struct audit_kernel_rules *loaded, const struct audit_view *view,
			struct error *err);
/*
 * The rule of the kernel that is the same as one in the form of audit_kernel_form(): true and its
 * index. auditctl 4 loads its own list of system calls for a rule with arch and perm that says none:
 * that counts as the same.
 */
bool audit_kernel_find(const struct audit_kernel_rules *loaded, const struct audit_rule *form,
		       size_t *ret_index);
void audit_kernel_rules_done(struct audit_kernel_rules *loaded);
