// SPDX-License-Identifier: Apache-2.0
/*
 * Edits of single words in unit and environment files: every byte outside the words stays.
 *
 * A removed word takes the blanks before it along (at the start of a value those behind it), and
 * its whole line when nothing else stood on it, with the backslash that joined it to the others.
 * Systemd's units that belong to a package are not edited in place: the line is written anew into
 * a drop-in of ours instead.
 */
#pragma once

#include "harden/base/str.h"
#include "harden/text/mapped.h"

struct text_edit {
	struct span span;
	const char *text; /* replacement, borrowed; NULL: remove the word */
};

/* Whether a word can be written as it is, without quotes, into units and environment files. */
bool unit_word_is_plain(const char *text);

/* Edits may come in any order and must not overlap (INTERNAL); they are sorted here. */
int unit_edit_words(const struct blob *in, struct text_edit *edits, size_t count,
		    struct blob **ret_out, struct error *err);

/*
 * The value of an assignment on one line, with the edits made, for a drop-in: quotes, variables
 * and escapes stay as they are written.
 */
int unit_edit_value(const struct mapped *value, struct text_edit *edits, size_t count,
		    char **ret_text, struct error *err);
