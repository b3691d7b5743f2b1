// SPDX-License-Identifier: Apache-2.0
/*
 * One line of a rules file as auditctl -R reads it, and whole files of them.
 *
 * Faithful to audit-userspace v3.0.9 src/auditctl.c (fileopt, setopt): words are split at blanks
 * only, a backslash escapes a blank or itself, quotes and TABs are ordinary characters, a comment
 * begins a line and never ends one, a carriage return belongs to the last word. What auditctl
 * refuses makes the line LINE_WRONG: at that line loading stops, unless -i or -c came before.
 *
 * What depends on the host (whether a path exists) is not judged here; audit_rules.h does.
 */
#pragma once

#include "harden/text/audit_rule.h"

enum audit_line_kind {
	LINE_BLANK,
	LINE_COMMENT,
	LINE_RULE,
	LINE_DELETE,  /* -d, -W */
	LINE_CONTROL, /* -D, -b, -e, -i and the like */
	LINE_WRONG,   /* auditctl stops here */
};

/* How a path looks when rules are loaded; see struct audit_view. */
struct audit_place {
	char *path; /* links in all but the last component resolved */
	bool parent_exists, exists;
	bool is_directory; /* also through a link, as stat(2) says */
};

struct audit_line {
	enum audit_line_kind kind;
	unsigned line;		/* 1-based */
	char *text;		/* NULL for blank lines */
	struct audit_rule rule; /* of LINE_RULE and LINE_DELETE */
	unsigned path_column;	/* where its path stands; 0: it has none */
	char control;	    /* the option's letter; '-' for a long one, 'p' for a "possible" rule */
	char *argument;	    /* of the control: "0" of -e 0, the key of -D -k KEY; NULL: none */
	char *problem;	    /* of LINE_WRONG: why */
	unsigned column;    /* where it is, 1-based, in bytes */
	const char *remark; /* legal but surely not meant; constant, NULL: none */

	/* kept by audit_rules.c: the host is asked once for what will not change */
	struct audit_place place;
	bool placed;
};

/* A file's lines; file is its name in messages. */
struct audit_text {
	char *file;
	struct audit_line *lines; /* blank lines and comments included */
	size_t len, cap;
	bool unended; /* the last line has no newline: cat glues the next file to it */
};

/* Bytes of one line without its newline. Errors: NOMEM only. */
int audit_line_parse(const char *data, size_t len, unsigned line, struct audit_line *ret_line,
		     struct error *err);
void audit_line_done(struct audit_line *line);

/* Errors: NOMEM only. */
int audit_text_parse(const char *file, const char *data, size_t len, struct audit_text *ret_text,
		     struct error *err);
void audit_text_done(struct audit_text *text);
