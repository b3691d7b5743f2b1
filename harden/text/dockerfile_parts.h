// SPDX-License-Identifier: Apache-2.0
/*
 * What the files of dockerfile.h share.
 */
#pragma once

#include "harden/text/dockerfile.h"

/* The file while it is read, for messages. */
struct dockerfile_source {
	const char *data;
	size_t len;
	const char *file;
};

/* FORMAT at a byte of the file. */
int dockerfile_wrong(const struct dockerfile_source *source, size_t at, struct error *err,
		     const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * Fills word, flags, args and exec of an instruction from its text. Errors: FORMAT.
 */
int dockerfile_read_words(const struct dockerfile_source *source, char escape,
			  struct dockerfile_instruction *i, struct error *err);
/* Here-documents that a text announces, without their bodies. */
int dockerfile_read_heredocs(struct dockerfile_instruction *i, char escape, struct error *err);

/* Gives instructions their stage, and the variables in them a value. Errors: FORMAT. */
int dockerfile_read_stages(const struct dockerfile_source *source, struct dockerfile *d,
			   struct error *err);

/*
 * A word with its quotes taken off and variables put in, as the builder does it. lookup returns a
 * value, or NULL when it is not known; NULL lookup: `$` is a character like others. Names that are
 * not known go to unknown (may be NULL), and *ret_text is NULL then, or when the result is longer
 * than DOCKERFILE_VALUE_MAX.
 */
typedef const char *dockerfile_lookup(const void *cookie, const char *name);
int dockerfile_expand(const char *word, char escape, dockerfile_lookup *lookup, const void *cookie,
		      struct strv *unknown, char **ret_text, struct error *err);
