// SPDX-License-Identifier: Apache-2.0
/*
 * Numbers of record types are those of linux/audit.h: AUDIT_SYSCALL, AUDIT_PATH, AUDIT_CWD.
 */
#include "harden/text/audit_switch.h"

#include <ctype.h>

enum { TYPE_SYSCALL = 1300, TYPE_PATH = 1302, TYPE_CWD = 1307 };

/* The number of a record type, -1 for a name that is none of ours. */
static long type_number(const char *value)
{
	static const struct {
		const char *name;
		long number;
	} types[] = {{"SYSCALL", TYPE_SYSCALL}, {"PATH", TYPE_PATH}, {"CWD", TYPE_CWD}};

	if (isdigit((unsigned char)value[0]))
		return strtol(value, NULL, 0);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcasecmp(types[i].name, value) == 0)
			return types[i].number;
	return -1;
}

/* Whether a msgtype field is satisfied by records of this type. */
static bool fits(const struct rule_field *f, long type)
{
	long value = type_number(f->value);

	if (strcmp(f->op, "=") == 0)
		return value == type;
	if (strcmp(f->op, "!=") == 0)
		return value != type;
	if (value < 0)
		return false;
	if (f->op[0] == '<')
		return f->op[1] ? type <= value : type < value;
	return f->op[0] == '>' && (f->op[1] ? type >= value : type > value);
}

/* *ret_narrow: it has other fields too, so it drops only some of these records. */
static bool drops(const struct audit_rule *rule, long type, bool *ret_narrow)
{
	*ret_narrow = false;
	for (size_t i = 0; i < rule->len; i++) {
		if (strcmp(rule->fields[i].name, "msgtype") != 0)
			*ret_narrow = true;
		else if (!fits(&rule->fields[i], type))
			return false;
	}
	return rule->len > 0;
}

static void note_exclude(struct audit_rules *rules, const struct audit_loaded *l)
{
	static const long types[] = {TYPE_SYSCALL, TYPE_PATH, TYPE_CWD};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		bool narrow;
		const struct audit_loaded **slot;

		if (!drops(&l->line->rule, types[i], &narrow))
			continue;
		slot = narrow || types[i] == TYPE_CWD ? &rules->maybe_excluded : &rules->excluded;
		if (!*slot)
			*slot = l;
	}
}

void audit_switches_find(struct audit_rules *rules)
{
	for (size_t i = 0; i < rules->len; i++) {
		const struct audit_loaded *l = &rules->items[i];
		const struct audit_rule *rule = &l->line->rule;

		if (!l->reached)
			continue;
		if (rule->list == LIST_EXCLUDE)
			note_exclude(rules, l);
		if (rule->list != LIST_TASK || !rule->never)
			continue;
		if (rule->len && !rules->maybe_no_task)
			rules->maybe_no_task = l;
		if (!rule->len && !rules->no_task)
			rules->no_task = l;
	}
}
