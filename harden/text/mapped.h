// SPDX-License-Identifier: Apache-2.0
/*
 * Text that remembers where it came from. A value of a unit or environment file reaches dockerd
 * only after continuation lines, quotes and escapes are gone; each byte of a struct mapped carries
 * the bytes of the file that it was made from, so that one argument can be edited where it stands
 * and everything else stays as it is.
 *
 * Word splitting follows systemd's extract_first_word(): quotes are recognised anywhere in a word,
 * a backslash escapes inside and outside of both kinds of quotes (systemd.syntax(7), "Quoting").
 */
#pragma once

#include "harden/base/cleanup.h"
#include "harden/base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct span {
	size_t start, end; /* byte offsets in the file, [start, end) */
};

struct mapped {
	char *text; /* NUL-terminated, "" when empty and initialised by mapped_begin() */
	struct span *at;
	size_t len, cap;
};

struct mapped_word {
	struct mapped text; /* without quotes and escapes */
	struct span span;   /* in the file, with its quotes */
};

struct mapped_words {
	struct mapped_word *items;
	size_t len, cap;
};

enum mapped_split {
	SPLIT_BLANKS,  /* a shell's field splitting: quotes and backslashes are ordinary */
	SPLIT_RELAXED, /* $NAME of an ExecStart line: quotes, a missing end quote is forgiven */
	SPLIT_EXEC,    /* ExecStart and Environment: quotes and C escapes, errors are errors */
};

/* An empty text with its terminator in place. */
int mapped_begin(struct mapped *m, struct error *err);
int mapped_add(struct mapped *m, char c, size_t start, size_t end, struct error *err);
/* Appends bytes [from, to) of another text with their places. */
int mapped_add_range(struct mapped *m, const struct mapped *other, size_t from, size_t to,
		     struct error *err);
/* Drops blanks and line ends at the end. */
void mapped_trim(struct mapped *m);
/* From the first byte's start to the last byte's end; {0, 0} for an empty text. */
struct span mapped_span(const struct mapped *m);
void mapped_done(struct mapped *m);

/* Errors: FORMAT (unbalanced quotes; SPLIT_EXEC only), NOMEM. */
int mapped_split(const struct mapped *m, enum mapped_split how, struct mapped_words *ret_words,
		 struct error *err);
void mapped_words_done(struct mapped_words *words);

/* 1-based line and column (in characters of UTF-8) of an offset. */
void text_position(const char *data, size_t len, size_t offset, unsigned *ret_line,
		   unsigned *ret_column);
