// SPDX-License-Identifier: Apache-2.0
/*
 * Edits of a text, and the mechanical fixes of a Dockerfile as edits: what may be done without
 * knowing what the image is for, and leaves an image that does the same.
 *
 * A fix fills empty edits. It returns 1, or 0 when it is not mechanical here (*ret_why says why, and
 * what edits holds is of no use), or -1 (NOMEM). Fixes of one file are brought together by
 * text_edits_merge().
 */
#pragma once

#include "harden/text/dockerfile.h"

struct text_edit {
	size_t start, end; /* bytes of the file that go */
	char *text;	   /* what comes instead */
};

struct text_edits {
	struct text_edit *items;
	size_t len, cap;
};

/* Errors: NOMEM. */
int text_edits_add(struct text_edits *edits, size_t start, size_t end, const char *text,
		   struct error *err);
/* Moves the edits of one into all. 1; 0: they touch (one stays as it is), so another time; -1. */
int text_edits_merge(struct text_edits *all, struct text_edits *one, struct error *err);
/* data with all edits made. Errors: NOMEM, INTERNAL (they overlap). */
int text_edits_apply(struct text_edits *edits, const char *data, size_t len,
		     struct blob **ret_bytes, struct error *err);
void text_edits_done(struct text_edits *edits);

/* The bytes, what they mean, and the instruction that is to be mended. */
struct dockerfile_target {
	const char *data;
	size_t len;
	const struct dockerfile *d;
	size_t at;
};

/*
 * ADD becomes COPY. plain: every source is a file or directory of the context, and no archive; else
 * why says what is known of them.
 */
int dockerfile_fix_add(const struct dockerfile_target *target, bool plain, const char *why,
		       struct text_edits *edits, const char **ret_why, struct error *err);
/*
 * A RUN that only updates package lists is joined with the RUN behind it that installs, or goes
 * where apk add --no-cache does both.
 */
int dockerfile_fix_update(const struct dockerfile_target *target, struct text_edits *edits,
			  const char **ret_why, struct error *err);
/* Words of a RUN that do nothing but switch a check off go: --allow-unauthenticated and others. */
int dockerfile_fix_unverified(const struct dockerfile_target *target, struct text_edits *edits,
			      const char **ret_why, struct error *err);
