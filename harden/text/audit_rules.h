// SPDX-License-Identifier: Apache-2.0
/*
 * All of rules.d as the kernel would hold it after `augenrules --load`, every rule with the place
 * it stands at, and the first line that stops the load.
 *
 * augenrules (v3.0.9 init.d/augenrules, with Debian's mawk, which does not know \s): the *.rules
 * in the order of `ls -1v`; cat, so a file without a final newline is glued to the next one's
 * first line; the last bare -D, -b, -f go to the top, the last -e to the end, unless they are
 * indented. auditctl -R (src/auditctl.c fileopt): the first error stops the load, unless -i or -c
 * came before it. What makes the kernel refuse a rule: its path's directory is missing (a path),
 * the directory itself is missing (a dir), path= with a slash at the end, an equal rule that is
 * loaded already, a deletion of what is not there.
 */
#pragma once

#include "harden/text/audit_line.h"

/* The host as it is when rules load. Returns -1 with err only when it could not look. */
struct audit_view {
	int (*place)(void *cookie, const char *path, struct audit_place *ret_place,
		     struct error *err);
	void *cookie;
};

enum audit_merge {
	MERGE_AUGENRULES, /* rules.d */
	MERGE_PLAIN,	  /* one audit.rules, read as it is */
};

/* Where a line stands; text is borrowed. */
struct audit_where {
	const char *file;
	unsigned line, column;
};

struct audit_loaded {
	const struct audit_line *line;
	struct audit_where where;
	enum rule_kind kind; /* a watch decided: path or dir */
	const char *path;    /* its place's path; NULL without one */
	bool reached;	     /* false: behind the line that stops the load */
	bool gone; /* deleted by a later line; never set in what audit_rules_merge() returns */
};

struct audit_rules {
	struct audit_loaded *items; /* in the order the kernel matches them */
	size_t len, cap;

	bool stopped;
	struct audit_where stop; /* the first line that stops the load */
	char *stop_why, *stop_text;
	const struct audit_line *stop_line;
	size_t unreached; /* rules behind it */

	/* what switches recording off whatever the rules say; NULL: nothing does */
	const struct audit_loaded *no_task;  /* never,task without fields */
	const struct audit_loaded *excluded; /* the record itself is dropped */
	bool disabled;			     /* -e 0 at the end */
	struct audit_where disabled_at;
	bool locks;  /* -e 2 at the end: no rule can be changed before a reboot */
	bool clears; /* -D comes before the first rule: what was loaded before is gone */
	/* the same, if its further fields fit */
	const struct audit_loaded *maybe_no_task, *maybe_excluded;

	/* lines made of the end of one file and the start of the next */
	struct audit_glue {
		struct audit_line line;
		const char *file, *next_file;
	} * *glued;
	size_t glued_len, glued_cap;
};

/*
 * texts in the order audit_order() gives; they must outlive the result, and keep what the view said
 * of their paths. Errors: NOMEM, and those of the view.
 */
int audit_rules_merge(struct audit_text *const *texts, size_t len, enum audit_merge how,
		      const struct audit_view *view, struct audit_rules *ret_rules,
		      struct error *err);
void audit_rules_done(struct audit_rules *rules);

/* Of a rule that was merged: what a watch came to; why the kernel refuses its path (constant), NULL
 * if it does not. */
enum rule_kind audit_line_decided(const struct audit_line *line);
const char *audit_line_refused(const struct audit_line *line);

/* Orders file names as `ls -1v` does (gnulib filevercmp): 1, 9, 10, A, audit, zz. */
int audit_order(const char *a, const char *b);
/* Whether augenrules reads a file of this name: *.rules, not hidden, no blank inside (the shell
 * splits there). */
bool audit_is_rules_name(const char *name);
