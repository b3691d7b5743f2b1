// SPDX-License-Identifier: Apache-2.0
/*
 * What the kernel of a live host audits: whether audit is on, and the loaded rules, read through
 * libaudit (look_audit_library.h) and judged like written ones. Never asked unless host->live: the
 * kernel's audit is one for the whole machine, and a chroot's is not the one its files are for.
 *
 * Needs CAP_AUDIT_CONTROL, also to read. What could not be looked at is told, never guessed.
 */
#pragma once

#include "harden/host/host.h"
#include "harden/host/look_audit.h"
#include "harden/host/look_audit_library.h"
#include "harden/text/audit_kernel_rules.h"

struct audit_kernel {
	char *problem; /* why it could not be looked at, with the next step; NULL: it was */
	bool boot_off; /* audit=0 on the kernel's command line: off until the next boot */
	struct audit_state state; /* enabled 0 with boot_off */
	struct audit_kernel_rules loaded;
	struct blob **raw; /* the same rules as the kernel gave them */
	size_t raw_len, raw_cap;
};

/* *ret_kernel is borrowed, looked at once per host; NULL when the host is not live. Errors: NOMEM
 * and those of looking at the paths that rules name. */
int look_audit_kernel(struct host *host, struct audit_kernel **ret_kernel, struct error *err);
/* The same, looked at now. To be released by the caller. */
int audit_kernel_read(struct host *host, struct audit_kernel *ret_kernel, struct error *err);
void audit_kernel_done(struct audit_kernel *kernel);
void audit_kernel_free(struct audit_kernel *kernel);
DEFINE_AUTO_PTR(audit_kernel)
/* Why rules cannot be changed before a reboot (constant), NULL: they can. */
const char *audit_kernel_waits(const struct audit_kernel *kernel);

/*
 * Whether `augenrules --load` would do nothing but load the files: nothing in them stops it,
 * switches auditing off or locks it, and what is loaded is deleted first (-D), else the first rule
 * that is there already would stop it.
 */
bool audit_kernel_may_reload(const struct audit_files *files, const struct audit_kernel *kernel);

/* Written rules against loaded ones. */
struct audit_difference {
	const struct audit_loaded **missing; /* written and not loaded; borrowed */
	size_t len, cap;
	size_t unsure;	 /* written with a name that this host does not know: not compared */
	size_t extra;	 /* loaded, but no file gives them */
	bool disordered; /* all are there, but some match in another order than written */
};

int audit_kernel_compare(struct host *host, const struct audit_rules *written,
			 const struct audit_kernel *kernel, struct audit_difference *ret_difference,
			 struct error *err);
void audit_difference_done(struct audit_difference *d);

/*
 * For settle: whether a rule that rules.d (seen through the stage) gives is missing in the kernel,
 * or matches there in another order and a load can mend it; and *ret_why_not: why it cannot be loaded now (constant, or of the host's; NULL: it can). A host
 * that is not live needs nothing. What could not be looked at needs nothing that is known, and
 * *ret_why_not says so.
 */
int audit_kernel_missing(struct host *host, bool *ret_needs_load, const char **ret_why_not,
			 struct error *err);
