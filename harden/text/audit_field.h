// SPDX-License-Identifier: Apache-2.0
/*
 * The fields of -F and -C: their names, the lists they may be used with, the values they take, as
 * auditctl 3.0.9 checks them before it asks the kernel (lib/libaudit.c audit_rule_fieldpair_data,
 * audit_rule_interfield_comp_data; lib/fieldtab.h). Names of users, system calls, message types
 * and errno values depend on the host and its libraries: only their form is checked.
 */
#pragma once

#include "harden/text/audit_rule.h"

/* Where `text` splits: "path=/x" to path, =, /x. */
struct field_text {
	char *name;
	char op[3];
	char *value;
};
void field_text_done(struct field_text *f);

/*
 * -F text on a list. 0: the parts are in *ret_field; 1: auditctl refuses it and *ret_problem says
 * why in its words or plainer ones.
 */
int audit_field_parse(const char *text, enum rule_list list, struct field_text *ret_field,
		      char **ret_problem, struct error *err);
/* -C text: the same, *ret_field named "compare" and its value normalised: "auid=obj_uid". */
int audit_compare_parse(const char *text, enum rule_list list, struct field_text *ret_field,
			char **ret_problem, struct error *err);
