// SPDX-License-Identifier: Apache-2.0
/*
 * One systemd unit file or drop-in as a list of assignments (systemd.syntax(7)).
 *
 * Lines that end in a backslash go on with the next one, comment lines in between are skipped, the
 * backslash becomes a blank. Sections and keys are not checked against anything: systemd ignores
 * what it does not know, and so do the callers. Nothing in a file makes parsing fail.
 *
 * Resets by an empty assignment concern several files; harden/host/look_unit.h handles them.
 */
#pragma once

#include "harden/text/mapped.h"

struct unit_entry {
	char *section, *key;
	struct mapped value; /* blanks at both ends removed */
	unsigned line;	     /* where the key stands, 1-based */
	struct span lines;   /* the whole assignment with its line end */
};

struct unit {
	struct unit_entry *entries; /* in file order */
	size_t len, cap;
};

/* Errors: NOMEM only. */
int unit_parse(const char *data, size_t len, struct unit *ret_unit, struct error *err);
void unit_done(struct unit *unit);

/* Prefixes of an executable, systemd.service(5) table "Special executable prefixes". */
struct exec_prefix {
	bool ignore_failure; /* - */
	bool argv0;	     /* @: the second word is argv[0] */
	bool no_expand;	     /* : */
	size_t len;	     /* how many bytes they take */
};
struct exec_prefix exec_prefix_parse(const char *word);
