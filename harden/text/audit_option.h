// SPDX-License-Identifier: Apache-2.0
/*
 * auditctl's option parser, offline: private to audit_line.c.
 */
#pragma once

#include "harden/text/audit_line.h"

struct audit_word {
	char *text; /* escapes undone */
	unsigned column;
};

struct audit_words {
	struct audit_word *items;
	size_t len, cap;
};

/* What auditctl keeps in globals while it reads one line. */
struct audit_parser {
	struct audit_line *out;
	const struct audit_words *words;
	size_t next; /* word to look at */
	bool add, del;
	unsigned operations;		   /* -a, -A, -d seen: one is allowed */
	bool syscalls, perms, exe, fstype; /* what -k and -F key= ask for */
	size_t key_bytes;
	bool stop; /* the option ends the line: nothing may follow */
};

/* An option: its letter, whether it takes an argument (else arg is NULL), what it does.
 * 0: go on; 1: the line is wrong; -1: out of memory. */
struct audit_option {
	char letter;
	bool takes; /* an argument */
	int (*run)(struct audit_parser *p, const char *arg, unsigned column, struct error *err);
};

const struct audit_option *audit_option_find(char letter);
/* Notes why the line is wrong, at this column: 1, or -1 when out of memory. */
int audit_option_refuse(struct audit_parser *p, unsigned column, struct error *err,
			const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The line is a control: its letter, and a copy of its argument, which may be NULL. */
int audit_option_control(struct audit_parser *p, char letter, const char *argument,
			 struct error *err);
