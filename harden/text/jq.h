// SPDX-License-Identifier: Apache-2.0
/*
 * jq expressions over JSON, by libjq, which is opened on first use. Expressions only judge: nothing
 * that is written to a host comes out of here, since jq's numbers are doubles.
 *
 * Expressions are compiled together: libjq needs 25 ms to begin with, and some milliseconds for each
 * more, which queries_start() leaves to a thread. A run looks at one input with those that are asked
 * for:
 *
 *	queries_compile(library, texts, count, &queries, err);
 *	jq_data_parse(body, len, name, &object, err);
 *	queries_run(queries, &names, wanted, object, &results, err);
 *
 * What an expression sees: `.` the input, each name of names as $name, the definitions of the
 * library, and results(f): the list of f's results, or a text when it failed. It reads nothing else:
 * no environment, no ~/.jq, no module, no further input, and it cannot end or print anything.
 *
 * Limits: JQ_SECONDS for one expression on one input, by a thread that halts libjq's interpreter
 * between two of its instructions; one instruction (a regular expression, a sort) is not
 * interrupted. JQ_RESULTS results, then no more are asked for. Inputs are nested 256 levels at most.
 *
 * Errors: SYS (no library), RECIPE (does not compile), FORMAT (input is no JSON), NOMEM. Facts: jq
 * 1.6 (2018) to 1.8; libjq aborts the process when there is no memory.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/model/value.h"

#define JQ_SECONDS 10
#define JQ_RESULTS 1000
#define QUERY_PROGRAMS 4

struct queries;
struct jq_data; /* a value of libjq's */

/* names of what expressions see besides `.`, each a C identifier; NULL-ended. */
extern const char *const jq_no_names[];

/*
 * library (may be NULL) is definitions only. Every text is one expression. Error: RECIPE with
 * "TEXT-NUMBER: message" is never seen by users: they get queries_check()'s.
 */
int queries_compile(const struct blob *library, const char *const *names, const char *const *texts,
		    size_t count, struct queries **ret_queries, struct error *err);
void queries_free(struct queries *queries);
DEFINE_AUTO_PTR(queries)

/*
 * The same in the background, as up to QUERY_PROGRAMS programs: program_of[i] is the one of text i.
 * They are compiled in their order, so what is needed first belongs into program 0. Running a text
 * waits for its program, and fails (RECIPE) when that does not compile; queries_wait() waits for
 * all. Meanwhile the process has no environment.
 */
int queries_start(const struct blob *library, const char *const *names, const char *const *texts,
		  const unsigned *program_of, size_t count, struct queries **ret_queries,
		  struct error *err);
/* Whether running this text would not wait. */
bool queries_are_ready(const struct queries *queries, size_t text);
int queries_wait(struct queries *queries, struct error *err);

/* Called for each mistake: which text, its line and column there from 1 (column 0: not known). */
typedef void query_report(void *cookie, size_t index, unsigned line, unsigned column,
			  const char *message);
/*
 * Compiles and throws away. Returns the number of mistakes reported, or -1. A mistake in the
 * library is an error (RECIPE, "library:LINE: ...").
 */
int queries_check(const struct blob *library, const char *const *names, const char *const *texts,
		  size_t count, query_report *report, void *cookie, struct error *err);

/* JSON text; invalid UTF-8 becomes U+FFFD, of two equal keys the last one stays, as in jq. */
int jq_data_parse(const char *json, size_t len, const char *name, struct jq_data **ret,
		  struct error *err);
int jq_data_from(const struct value *v, struct jq_data **ret, struct error *err);
/* Sets a member of an object. */
int jq_data_set(struct jq_data *object, const char *key, const struct jq_data *member,
		struct error *err);
bool jq_data_is_object(const struct jq_data *data);
void jq_data_free(struct jq_data *data);
DEFINE_AUTO_PTR(jq_data)

/*
 * wanted[i] tells whether text i is run on input. *ret_results is a list with one element for each
 * text: null if it was not wanted, else the list of its results, or a text: why it failed (jq's own
 * message, or that it took too long). env: an object with a member for each name.
 */
int queries_run(struct queries *queries, const struct jq_data *env, const bool *wanted,
		const struct jq_data *input, struct value **ret_results, struct error *err);

/* For tests: another limit than JQ_SECONDS. */
void queries_limit(struct queries *queries, long milliseconds);
