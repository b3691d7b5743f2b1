// SPDX-License-Identifier: Apache-2.0
/*
 * Loading the written audit rules into the kernel of a live host.
 *
 * `augenrules --load` does it as the next boot will: it deletes all and loads the files anew. It is
 * called only where nothing but that comes of it. Where the files stop the load, switch auditing
 * off, lock it (-e 2), or do not begin with -D, and where there is no augenrules, the rules that are
 * missing are added one by one instead, and nothing else is touched.
 *
 * Exit status and messages of auditctl are no proof (some failures are silent), so the kernel is
 * asked again afterwards: every rule that the files give must be there. If not, its rules are put
 * back as they were, and what is missing is named with its line.
 */
#pragma once

#include "harden/host/look_audit_kernel.h"

enum audit_load_outcome {
	AUDIT_LOAD_NOTHING,    /* all that is written is loaded */
	AUDIT_LOAD_DONE,       /* now it is */
	AUDIT_LOAD_WAITS,      /* a reboot has to come first (why); nothing was called */
	AUDIT_LOAD_FAILED,     /* the kernel holds the same rules as before */
	AUDIT_LOAD_INCOMPLETE, /* failed, and not all could be put back (why) */
};

struct audit_load {
	enum audit_load_outcome outcome;
	bool one_by_one;     /* added to what was there, without augenrules */
	char *why;	     /* of WAITS, FAILED, INCOMPLETE: one sentence */
	struct strv missing; /* of FAILED: "FILE:LINE: RULE", with ": reason" where one is known */
	struct strv dropped; /* of DONE: rules that are gone, as no file gives them */
	struct audit_kernel before; /* what the kernel held */
};

/*
 * host: live, its stage as the files are now (after the commit, or empty). force: load although
 * nothing is missing, because rules that are no longer written have to go (after a rollback).
 * Errors (-1, nothing changed): SYS (the kernel could not be asked), INTERNAL (not live).
 */
int audit_load(struct host *host, bool force, struct audit_load *ret_load, struct error *err);
/*
 * Takes a load back, whatever came of it: the kernel's rules are as they were before it, and what
 * augenrules had made of the files is made again of the files as they are now. host: as above.
 * Errors: SYS; then not all is as before.
 */
int audit_load_undo(struct host *host, struct audit_load *load, struct error *err);
void audit_load_done(struct audit_load *load);
