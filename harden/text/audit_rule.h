// SPDX-License-Identifier: Apache-2.0
/*
 * An audit rule in normal form: what the kernel would hold, whatever the spelling. `-w F -p wa -k
 * docker` and `-a exit,always -F path=F -F perm=aw -F key=docker` are one rule.
 *
 * Facts: auditctl(8); audit-userspace v3.0.9 src/auditctl.c (setopt) and lib/libaudit.c
 * (audit_rule_fieldpair_data); the kernel's audit_compare_rule(). Bits of perms are those of
 * AUDIT_PERM_* in linux/audit.h.
 */
#pragma once

#include "harden/base/str.h"

#include <stdint.h>

enum rule_list { LIST_NONE, LIST_TASK, LIST_EXIT, LIST_USER, LIST_EXCLUDE, LIST_FILESYSTEM };

enum rule_kind {
	RULE_NO_PATH,
	RULE_PATH,  /* -F path=: one name */
	RULE_DIR,   /* -F dir=: everything below */
	RULE_WATCH, /* -w: dir if it is a directory when rules are loaded, else path */
};

enum rule_arch { ARCH_ANY, ARCH_B64, ARCH_B32, ARCH_OTHER };

enum {
	RULE_EXEC = 1,
	RULE_WRITE = 2,
	RULE_READ = 4,
	RULE_ATTR = 8,
	RULE_ALL_PERMS = 15,
};

/* One -F or -C as the kernel would get it: `name op value`. */
struct rule_field {
	char *name; /* lower case; "path", "dir" and "watch" for kind; "compare" for -C */
	char op[3];
	char *value; /* for "compare": "auid=obj_uid" */
};

struct audit_rule {
	enum rule_list list;
	bool never;   /* action never; always otherwise */
	bool prepend; /* -A */
	enum rule_kind kind;
	char *path;	/* as the kernel gets it; slashes at the end are stripped for a watch */
	bool has_perms; /* without, any system call that names the path */
	unsigned perms;
	enum rule_arch arch;
	bool all_syscalls;
	struct strv syscalls; /* names or numbers, sorted, once each; empty with all_syscalls */
	struct strv keys;

	struct rule_field *fields; /* all but keys, in the order the kernel gets them */
	size_t len, cap;
	size_t extra;  /* fields beside path, perm and arch: what narrows the rule further */
	uint64_t hash; /* equal for what audit_rule_same() may find equal */
};

/* Takes nothing: copies name, op and value, and notes path, perm and arch. */
int audit_rule_add_field(struct audit_rule *rule, const char *name, const char *op,
			 const char *value, struct error *err);
/* Call when all fields and keys are in: sorts, counts, hashes. */
void audit_rule_finish(struct audit_rule *rule);
/*
 * Whether the kernel calls both the same ("Rule exists"): list, action, system calls, keys and the
 * fields in their order. kind_a and kind_b: what an undecided watch came to.
 */
bool audit_rule_same(const struct audit_rule *a, enum rule_kind kind_a, const struct audit_rule *b,
		     enum rule_kind kind_b);
/* The same, whatever system calls each names. */
bool audit_rule_same_but_calls(const struct audit_rule *a, enum rule_kind kind_a,
			       const struct audit_rule *b, enum rule_kind kind_b);
bool audit_rule_has_key(const struct audit_rule *rule, const char *key);
/*
 * The canonical line, without a newline: "-a always,exit -S all -F path=P -F perm=wa -k docker".
 * An undecided watch prints as -w. Blanks and backslashes of a path are escaped.
 */
int audit_rule_print(const struct audit_rule *rule, char **ret_line, struct error *err);
/* The canonical line of a watch. perms not 0; key may be NULL. Errors: FORMAT (a path that no line
 * can express: it holds a control character), NOMEM. */
int audit_rule_line(enum rule_kind kind, const char *path, unsigned perms, const char *key,
		    char **ret_line, struct error *err);
void audit_rule_done(struct audit_rule *rule);

/* "rwxa" in this order. buffer of at least 5 bytes; returns it. */
const char *audit_perms_text(unsigned perms, char buffer[5]);
/* 0 and *ret_perms, or -1 with *ret_bad the letter that is none (0: empty or more than four). */
int audit_perms_parse(const char *text, unsigned *ret_perms, char *ret_bad);
