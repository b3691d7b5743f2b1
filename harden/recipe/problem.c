// SPDX-License-Identifier: Apache-2.0
/*
 * The list of problems of a recipe or site file, and how one reads.
 */
#include "harden/recipe/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LISTED_MAX 16 /* more names than this say nothing to a reader */
#define SHOWN_OF_MANY 3

static void problem_done(struct problem *problem)
{
	free(problem->file);
	free(problem->message);
	free(problem->next);
	*problem = (struct problem){0};
}

/* A name from a hostile file shall not move the cursor of a terminal. */
static void make_printable(char *text)
{
	for (; text && *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

/* Takes message and next in every case; NULL message is out of memory. */
static void problem_put(struct problems *p, struct place at, char *message, char *next)
{
	struct problem problem = {
		.line = at.line, .column = at.column, .message = message, .next = next};

	make_printable(message);
	make_printable(next);
	if (message && at.file)
		problem.file = strdup(at.file);
	if (!message || (at.file && !problem.file) ||
	    vec_reserve((void **)&p->items, &p->cap, p->len, sizeof(*p->items), NULL) < 0) {
		problem_done(&problem);
		p->failed = true;
		return;
	}
	p->items[p->len++] = problem;
}

void problem_add(struct problems *p, struct place at, const char *next, const char *format, ...)
{
	char *message = NULL, *copy = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&message, format, args);
	va_end(args);
	if (n < 0)
		message = NULL;
	if (next && !(copy = strdup(next)))
		p->failed = true;
	problem_put(p, at, message, copy);
}

static char *list_of(const char *const *names, size_t count)
{
	AUTO(strbuf) struct strbuf text = {0};
	size_t shown = count > LISTED_MAX ? SHOWN_OF_MANY : count;
	char *list;

	strbuf_append(&text, "known: ");
	for (size_t i = 0; i < shown; i++)
		strbuf_appendf(&text, "%s%s", i ? ", " : "", names[i]);
	if (shown < count)
		strbuf_appendf(&text, " and %zu more", count - shown);
	return strbuf_take(&text, &list, NULL) < 0 ? NULL : list;
}

void problem_unknown(struct problems *p, struct place at, const char *what, const char *word,
		     const char *context, const char *const *candidates, size_t count)
{
	const char *nearest = str_nearest(word, candidates, count);
	AUTO_FREE char *next = NULL;

	if (nearest)
		next = str_format("did you mean \"%s\"?", nearest);
	else if (count)
		next = list_of(candidates, count);
	problem_add(p, at, next, "unknown %s \"%s\"%s", what, word, context);
}

/* Steps over "FILE:LINE:COLUMN: " and fills at; leaves both alone when there is none. */
static const char *strip_place(const char *message, const char *file, struct place *at)
{
	size_t n = file ? strlen(file) : 0;
	struct place place = {.file = file};
	char *end;

	if (!n || strncmp(message, file, n) != 0 || message[n] != ':')
		return message;
	place.line = (unsigned)strtoul(message + n + 1, &end, 10);
	if (*end != ':')
		return message;
	place.column = (unsigned)strtoul(end + 1, &end, 10);
	if (strncmp(end, ": ", 2) != 0)
		return message;
	*at = place;
	return end + 2;
}

void problem_take(struct problems *p, struct error *from)
{
	struct place at = {0};
	const char *message = strip_place(error_message(from), from->resource, &at);

	problem_put(p, at, strdup(message), take_ptr(&from->next));
	error_done(from);
}

void problem_report(void *context, struct error *one)
{
	problem_take(context, one);
}

char *problem_text(const struct problem *problem)
{
	const char *separator = problem->next ? "; " : "";
	const char *next = problem->next ? problem->next : "";

	if (!problem->file)
		return str_format("%s%s%s", problem->message, separator, next);
	return str_format("%s:%u:%u: %s%s%s", problem->file, problem->line, problem->column,
			  problem->message, separator, next);
}

static int compare_problems(const void *a, const void *b)
{
	const struct problem *x = a, *y = b;
	int order = x->file && y->file ? strcmp(x->file, y->file) : !y->file - !x->file;

	if (order)
		return order;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return strcmp(x->message, y->message);
}

void problems_sort(struct problems *p)
{
	if (p->len > 1)
		qsort(p->items, p->len, sizeof(*p->items), compare_problems);
}

int problems_error(struct problems *p, struct error *err)
{
	const struct problem *first;
	AUTO_FREE char *text = NULL;

	if (p->failed)
		return error_nomem(err);
	if (!p->len)
		return 0;
	problems_sort(p);
	first = &p->items[0];
	text = problem_text(first);
	if (!text)
		return error_nomem(err);
	if (p->len > 1)
		(void)error_set(err, ERROR_RECIPE, 0, "%s (and %zu more)", text, p->len - 1);
	else
		(void)error_set(err, ERROR_RECIPE, 0, "%s", text);
	if (first->file) {
		error_resource(err, first->file);
		error_next(err, "correct it; harden lint %s shows every mistake", first->file);
	}
	return -1;
}

void problems_done(struct problems *p)
{
	for (size_t i = 0; i < p->len; i++)
		problem_done(&p->items[i]);
	free(p->items);
	*p = (struct problems){0};
}
