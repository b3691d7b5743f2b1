// SPDX-License-Identifier: Apache-2.0
/*
 * Whether the rules record changes of one object: by meaning, not by text.
 *
 * An object is covered when `always` rules of the exit list that name it, or a dir= rule of a
 * directory above it, together have the needed permissions, on 64-bit and 32-bit calls alike. A
 * path= rule on a directory sees only the directory itself (shallow): what CIS prints for 1.1.4 and
 * 1.1.5. A rule with further fields (auid>=1000, exe=) records only some changes and does not
 * count. A `never` rule that comes before takes the event (first match wins).
 */
#pragma once

#include "harden/text/audit_rules.h"

struct audit_object {
	const char *path; /* canonical; a link is its own object */
	bool is_dir;
	unsigned perms; /* needed, RULE_* bits */
};

struct audit_cover {
	unsigned have;	  /* permissions recorded once the rules are loaded */
	unsigned written; /* the same if nothing stopped the load and no `never` came before */
	bool shallow;	  /* only with a path= rule on this directory */
	bool subset;	  /* a rule that counts lists system calls instead of all */
	/* rules that count, in the order they match; by[0] takes the event */
	const struct audit_loaded **by;
	size_t len, cap;

	const struct audit_loaded *near;   /* names the object but does not do, NULL: none */
	const char *near_why;		   /* constant: "records only 64-bit system calls", ... */
	const struct audit_loaded *shadow; /* `never` rule that takes its events */
	const struct audit_loaded *maybe_shadow; /* one that may take some */
};

int audit_cover_find(const struct audit_rules *rules, const struct audit_object *object,
		     struct audit_cover *ret_cover, struct error *err);
void audit_cover_done(struct audit_cover *cover);

/* Whether dir is path itself or a directory above it; both canonical. */
bool audit_path_below(const char *path, const char *dir);
