// SPDX-License-Identifier: Apache-2.0
/*
 * One value in a file that an augeas lens reads, bytes in and bytes out: aug_text_store() and
 * aug_text_retrieve() in memory, never aug_load() or aug_save(). Modules are not loaded ahead
 * (about 300 ms), only the lens that is named (5 to 9 ms). The library is opened on first use;
 * AUGEAS_ROOT and AUGEAS_LENS_LIB must not be in the environment (main clears it).
 *
 * A text that the lens cannot write back unchanged is not edited: whatever else the lens would
 * alter is not ours. Files without a newline at the end keep that.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

struct augeas_edit {
	const char *file;  /* for messages */
	const char *lens;  /* "Sysctl.lns": its module is loaded from augeas' own directories */
	const char *node;  /* path expression below the file's tree, "kernel.kptr_restrict" */
	const char *value; /* every match gets it, one is made when there is none; NULL: all go */
};

struct augeas_result {
	struct strv found;  /* values of the matches in file order, "" for one without */
	struct blob *after; /* the text with the edit; equal to in when nothing had to change */
	char *refused;	    /* why the edit cannot be written (after is NULL then), else NULL */
};

/*
 * in NULL: the file is absent, as if empty. Errors: FORMAT with FILE:LINE:COLUMN (the lens does not
 * read this text), RECIPE (no such lens, node is no path expression), SYS (no library), NOMEM.
 */
int augeas_edit(const struct blob *in, const struct augeas_edit *edit,
		struct augeas_result *ret_result, struct error *err);
void augeas_result_done(struct augeas_result *result);
