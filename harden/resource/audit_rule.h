// SPDX-License-Identifier: Apache-2.0
/*
 * Private to audit_rule*.c: what a recipe asks for, what was seen of it.
 */
#pragma once

#include "harden/host/look_audit.h"
#include "harden/host/look_audit_kernel.h"
#include "harden/host/look_file.h"
#include "harden/resource/type.h"
#include "harden/text/audit_cover.h"

#define AUDIT_TMPFILES_CONF "/etc/tmpfiles.d/harden-docker-audit.conf"

enum audit_kind { AUDIT_KIND_AUTO, AUDIT_KIND_FILE, AUDIT_KIND_DIRECTORY };

struct audit_spec {
	struct strv paths;
	unsigned perms; /* RULE_* */
	char *key;
	enum audit_kind kind;
	bool always;
	char *file; /* ours, in rules.d */
	bool tmpfiles;
};

/* One object to be watched: a path of the recipe, or the link that leads to it. */
struct audit_seen_object {
	char *path;   /* canonical */
	bool present; /* there, or made by an installed unit or tmpfiles.d */
	bool is_dir;
	struct file_state state;
	struct audit_place place; /* when rules are loaded */
	char *runtime_dir;	  /* a directory below /run that must exist by then, NULL: none */
	const struct audit_tmpfile *tmpfile; /* the line that makes it, borrowed; NULL: none */
	struct audit_cover cover;	     /* by written rules */
	struct audit_cover loaded; /* by those in the kernel; empty when it was not looked at */
};

struct audit_seen {
	struct audit_files *files;	   /* borrowed */
	const struct audit_kernel *kernel; /* borrowed; NULL: the host is not live */
	struct audit_seen_object *items;
	size_t len, cap;
	bool tmpfiles_work;		    /* systemd-tmpfiles runs here at boot */
	struct look own;		    /* our file, with content */
	const struct audit_file *own_rules; /* the same, parsed; NULL: it does not exist */
	size_t own_bad;			    /* lines of ours that auditctl would stop at */
};

/* Whether auditctl reaches our file: false when a line stops it before. */
bool audit_stop_is_before_ours(const struct audit_spec *spec, const struct audit_rules *rules);
/* Whether a line of our file has to go: auditctl would stop at it, or at its twin elsewhere. */
bool audit_own_line_is_bad(const struct audit_files *files, const struct audit_file *own,
			   size_t index);
/* Whether what covers the object, or what we would write, needs its runtime_dir when rules load. */
bool audit_runtime_dir_matters(const struct audit_seen_object *o);
/* What watches it: dir= for directories that are there when rules load. */
enum rule_kind audit_object_kind(const struct audit_seen *seen, const struct audit_seen_object *o);

/* "w and a", "r, w and a" */
const char *audit_perms_words(unsigned perms, char buffer[16]);
/* What takes records away from all rules at once. */
int audit_judge_switches(const struct audit_rules *rules, enum part part, struct judgement *j,
			 struct error *err);
/* The running part: the rules that the kernel holds, and whether it records at all. */
int audit_judge_kernel(const struct audit_spec *spec, const struct audit_seen *seen,
		       struct judgement *j, struct error *err);

int audit_rule_judge(const void *spec_ptr, const void *seen_ptr, struct judgement *judgement,
		     struct error *err);
int audit_rule_stage(const void *spec_ptr, const void *seen_ptr, struct host *host,
		     struct error *err);
