// SPDX-License-Identifier: Apache-2.0
/*
 * The audit rules as written on the host, seen through the stage: the *.rules of /etc/audit/rules.d
 * merged as augenrules does it, or /etc/audit/audit.rules where there is no rules.d; and how paths
 * look at boot, when rules are loaded and /run holds only what systemd-tmpfiles made.
 *
 * Each file is parsed once; the merge is made again when something staged can alter it.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/host/host.h"
#include "harden/text/audit_rules.h"
#include "harden/text/audit_tmpfiles.h"

#define AUDIT_RULES_DIR "/etc/audit/rules.d"
#define AUDIT_RULES_FILE "/etc/audit/audit.rules"
#define AUDIT_OWN_HEADER "# Written by harden. Rules of your own belong in another file."

struct audit_file {
	struct blob *content;	/* what text was parsed from */
	struct audit_text text; /* text.file: its path */
};

struct audit_tmpfile {
	char *path; /* the directory, as written in the file */
	char *file;
	unsigned line;
};

struct audit_files {
	bool has_dir;	/* /etc/audit/rules.d */
	bool has_plain; /* /etc/audit/audit.rules; read only where there is no rules.d */
	bool has_tools; /* auditctl or augenrules */
	bool has_augenrules;
	const char *augenrules, *auditctl; /* their paths, constant; NULL: not there */
	char *refused; /* why auditctl would not read audit.rules at all, NULL: it would */
	struct audit_file **files; /* in load order */
	size_t len, cap;
	struct audit_rules rules;

	struct audit_tmpfile *tmpfiles;
	size_t tmpfiles_len, tmpfiles_cap;
	struct strv tmpfiles_read; /* the files, for the evidence */
	bool tmpfiles_looked;
};

/*
 * *ret_files is borrowed, and valid until the next call: what a later merge asks the host replaces
 * it. Errors: SYS (a file that cannot be read), NOMEM.
 */
int look_audit_files(struct host *host, struct audit_files **ret_files, struct error *err);
/* How path looks when rules are loaded. files: for what tmpfiles makes; not const: read on demand. */
int look_audit_place(struct host *host, struct audit_files *files, const char *path,
		     struct audit_place *ret_place, struct error *err);
/* How it looks now, with the machine running: the same but for what is below /run. */
int look_audit_place_now(struct host *host, const char *path, struct audit_place *ret_place,
			 struct error *err);
/* The tmpfiles.d line that makes directory path (canonical) or one below it, NULL: none. */
int look_audit_tmpfile(struct host *host, struct audit_files *files, const char *path,
		       const struct audit_tmpfile **ret_line, struct error *err);
/* Whether a canonical path lies on the file system that is empty at boot. */
bool audit_is_volatile(const char *path);
void audit_place_done(struct audit_place *place);
void audit_files_free(struct audit_files *files);
