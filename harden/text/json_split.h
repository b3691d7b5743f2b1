// SPDX-License-Identifier: Apache-2.0
/*
 * A JSON list that comes in pieces, element by element: a list of thousands of objects is judged
 * without ever being in memory as a whole. It splits, it does not judge: whoever takes an element
 * parses it, and so finds what is wrong inside.
 *
 *	struct json_split split = {.file = name, .max = 1 << 20, .take = take, .cookie = c};
 *	json_split_feed(&split, data, len, err) ... json_split_end(&split, err), json_split_done()
 *
 * The list is the whole text, or a member of the map that is the whole text. null is an empty list,
 * and so is a member that is not there.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

struct json_split {
	const char *file;   /* for messages */
	const char *member; /* the list is this member of a map; NULL: it is the text */
	size_t max;	    /* bytes of an element */
	int (*take)(void *cookie, const char *text, size_t len, struct error *err);
	void *cookie;
	size_t count; /* elements so far */

	/* its own */
	struct strbuf
		text; /* the element so far; outside the list what stood since the last mark */
	size_t depth;
	bool string, escape; /* in a string, behind its backslash */
	bool map, named;     /* the text is a map, the member is about to come */
	bool inside, done;   /* the list */
};

/* Errors: FORMAT (no list, an element too large), and those of take. */
int json_split_feed(struct json_split *split, const char *data, size_t len, struct error *err);
/* The text is at its end. Errors: FORMAT (it is cut off, it is no list). */
int json_split_end(struct json_split *split, struct error *err);
void json_split_done(struct json_split *split);
