// SPDX-License-Identifier: Apache-2.0
/*
 * What is wrong with a recipe or a site file: a list, because a person wants to see every mistake
 * of a file at once. Each problem names its place, what was expected and found, and what to do
 * next. `harden lint` prints them all; other verbs print the first and count the rest.
 *
 * Adding never fails for the caller: running out of memory latches problems.failed, looked at once
 * by problems_error().
 */
#pragma once

#include "harden/base/str.h"
#include "harden/model/value.h"

struct place {
	const char *file;
	unsigned line, column; /* 0: no position, the message says it itself */
};

struct problem {
	char *file; /* NULL: the message begins with its own FILE:LINE:COLUMN */
	unsigned line, column;
	char *message; /* what was expected and what was found */
	char *next;    /* what a person does about it, NULL if the message says it */
};

struct problems {
	struct problem *items;
	size_t len, cap;
	bool failed; /* out of memory: the list is not complete */
};

static inline struct place place_of(const char *file, const struct value *v)
{
	return (struct place){.file = file, .line = v->line, .column = v->column};
}

static inline struct place place_of_key(const char *file, const struct value_member *m)
{
	return (struct place){.file = file, .line = m->key_line, .column = m->key_column};
}

/* next is copied and may be NULL. */
void problem_add(struct problems *p, struct place at, const char *next, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/*
 * unknown WHAT "word"CONTEXT, with the nearest of the candidates as the next step, or what
 * is known when none is near. context: " in control 2.2", or "".
 */
void problem_unknown(struct problems *p, struct place at, const char *what, const char *word,
		     const char *context, const char *const *candidates, size_t count);
/* Takes over an error that a reader made: resource is its file, the message begins with a place. */
void problem_take(struct problems *p, struct error *from);
/* The same as a callback (yaml_report); context is the struct problems. */
void problem_report(void *context, struct error *one);

/* "FILE:LINE:COLUMN: MESSAGE; NEXT", NULL when out of memory. */
char *problem_text(const struct problem *problem);
/* By file, line and column. */
void problems_sort(struct problems *p);
/*
 * 0 when there is none. Otherwise sorts, fills err with the first one (code RECIPE) and how many
 * more there are, and returns -1; NOMEM when the list is not complete.
 */
int problems_error(struct problems *p, struct error *err);
void problems_done(struct problems *p);
