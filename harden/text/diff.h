// SPDX-License-Identifier: Apache-2.0
/*
 * The unified diff of two texts, exact: patch(1) makes after out of before with it.
 *
 * Time is bounded: when the texts differ in too many places the rest becomes one hunk that replaces
 * everything between the common beginning and the common end.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

#define DIFF_CONTEXT 3

/*
 * Appends the diff of path (with or without its leading slash), headed "--- a/PATH" and
 * "+++ b/PATH"; NULL stands for a file that is not there (/dev/null). Equal contents append
 * nothing; a NUL byte on either side gives one line "Binary files ... differ". Errors: NOMEM.
 */
int diff_unified(const struct blob *before, const struct blob *after, const char *path,
		 unsigned context, struct strbuf *out, struct error *err);

/*
 * Appends text as it may be sent to a terminal: control characters other than tab and newline
 * (C0, DEL, C1 and bytes that are no UTF-8) and characters that turn the direction of writing are
 * shown as \xNN or \u{NNNN}. No longer exact; for eyes only.
 */
int diff_display(const char *text, size_t len, struct strbuf *out, struct error *err);
