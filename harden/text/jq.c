// SPDX-License-Identifier: Apache-2.0
/*
 * Expressions to one program, and the program over inputs. The program is given the list
 * [wanted, env, input] and gives back one list, an element for each expression, so that one
 * compilation and one start of the interpreter serve all of them.
 */
#include "harden/text/jq.h"

#include "harden/text/jq_compile.h"
#include "harden/text/jq_data.h"
#include "harden/text/jq_watch.h"

#include <assert.h>
#include <stdlib.h>

const char *const jq_no_names[] = {NULL};

/* Some of the expressions, with an interpreter of their own. */
struct program {
	size_t count;
	struct jq_state *jq; /* borrowed of the compiler; NULL before the first run */
	struct jq_watch *watch;
};

struct queries {
	const struct jq_library *lib;
	struct jq_compiler *compiler;
	struct program programs[QUERY_PROGRAMS];
	size_t programs_len;
	size_t count;
	unsigned *program_of; /* by expression */
	bool *slow;	      /* by expression: it was halted once, and is not run again */
	long limit_ms;
};

static int start(struct queries *q, const struct blob *library, const char *const *names,
		 const char *const *texts, struct error *err)
{
	char *programs[QUERY_PROGRAMS] = {NULL};
	int r = 0;

	for (size_t p = 0; p < q->programs_len && r == 0; p++) {
		AUTO(strbuf) struct strbuf text = {0};

		jq_append_all(&text, library, names, texts, q->program_of, (unsigned)p, q->count);
		r = strbuf_take(&text, &programs[p], err);
	}
	if (r == 0)
		return jq_compiler_start(q->lib, programs, q->programs_len, &q->compiler, err);
	for (size_t p = 0; p < q->programs_len; p++)
		free(programs[p]);
	return -1;
}

int queries_start(const struct blob *library, const char *const *names, const char *const *texts,
		  const unsigned *program_of, size_t count, struct queries **ret_queries,
		  struct error *err)
{
	AUTO_PTR(queries) struct queries *q = calloc(1, sizeof(*q));

	if (!q || !(q->slow = calloc(count + 1, sizeof(*q->slow))) ||
	    !(q->program_of = calloc(count + 1, sizeof(*q->program_of))))
		return error_nomem(err);
	q->lib = jq_library(err);
	if (!q->lib)
		return -1;
	q->count = count;
	q->programs_len = 1;
	q->limit_ms = JQ_SECONDS * 1000;
	for (size_t i = 0; i < count; i++) {
		unsigned p = program_of ? program_of[i] : 0;

		assert(p < QUERY_PROGRAMS);
		q->program_of[i] = p;
		q->programs[p].count++;
		if (p >= q->programs_len)
			q->programs_len = p + 1;
	}
	if (start(q, library, names, texts, err) < 0)
		return -1;
	*ret_queries = take_ptr(&q);
	return 0;
}

bool queries_are_ready(const struct queries *q, size_t text)
{
	return jq_compiler_is_done(q->compiler, q->program_of[text]);
}

static int wait_for(struct queries *q, size_t which, struct error *err)
{
	struct program *p = &q->programs[which];

	if (p->watch)
		return 0;
	if (jq_compiler_wait(q->compiler, which, &p->jq, err) < 0)
		return -1;
	p->watch = jq_watch_new(q->lib, p->jq, err);
	return p->watch ? 0 : -1;
}

int queries_wait(struct queries *q, struct error *err)
{
	for (size_t p = 0; p < q->programs_len; p++)
		if (wait_for(q, p, err) < 0)
			return -1;
	return 0;
}

int queries_compile(const struct blob *library, const char *const *names, const char *const *texts,
		    size_t count, struct queries **ret_queries, struct error *err)
{
	AUTO_PTR(queries) struct queries *q = NULL;

	if (queries_start(library, names, texts, NULL, count, &q, err) < 0 ||
	    queries_wait(q, err) < 0)
		return -1;
	*ret_queries = take_ptr(&q);
	return 0;
}

void queries_free(struct queries *q)
{
	if (!q)
		return;
	for (size_t p = 0; p < q->programs_len; p++)
		jq_watch_free(q->programs[p].watch);
	jq_compiler_free(q->compiler);
	free(q->program_of);
	free(q->slow);
	free(q);
}

void queries_limit(struct queries *q, long milliseconds)
{
	q->limit_ms = milliseconds;
}

/* [wanted, env, input]: wanted of this program's expressions alone. */
static jv make_input(const struct queries *q, size_t which, const struct jq_data *env,
		     const bool *wanted, const struct jq_data *input)
{
	const struct jq_library *lib = q->lib;
	jv all = lib->array(), flags = lib->array();

	for (size_t i = 0; i < q->count; i++)
		if (q->program_of[i] == which)
			flags = lib->array_append(flags, lib->boolean(wanted[i]));
	all = lib->array_append(all, flags);
	all = lib->array_append(all, lib->copy(env->v));
	return lib->array_append(all, lib->copy(input->v));
}

/* 1: *ret is the program's list (with one element too many in front); 0: halted; -1. */
static int run(struct queries *q, size_t which, const struct jq_data *env, const bool *wanted,
	       const struct jq_data *input, struct value **ret, struct error *err)
{
	const struct jq_library *lib = q->lib;
	struct program *p = &q->programs[which];
	jv result, message;
	bool halted;

	lib->start(p->jq, make_input(q, which, env, wanted, input), 0);
	jq_watch_begin(p->watch, q->limit_ms);
	result = lib->next(p->jq);
	halted = jq_watch_end(p->watch);
	if (lib->get_kind(result) == JV_KIND_ARRAY)
		return jq_value_from(lib, result, ret, err) < 0 ? -1 : 1;
	message = lib->invalid_get_msg(result);
	if (!halted)
		(void)error_set(err, ERROR_INTERNAL, 0, "jq: %s",
				lib->get_kind(message) == JV_KIND_STRING
					? lib->string_value(message)
					: "no result");
	lib->free(message);
	return halted ? 0 : -1;
}

/* The list's elements go to where their expressions stand. */
static void keep_results(const struct queries *q, size_t which, const bool *wanted,
			 struct value *list, struct value *results)
{
	size_t n = 1;

	for (size_t i = 0; i < q->count; i++) {
		if (q->program_of[i] != which)
			continue;
		if (wanted[i] && n < list->len) {
			value_free(results->members[i].value);
			results->members[i].value = take_ptr(&list->members[n].value);
		}
		n++;
	}
}

static struct value *slow_text(const struct queries *q)
{
	return value_textf("this expression took more than %ld seconds", q->limit_ms / 1000);
}

/* Something among the wanted ones does not end: each by itself, so that the others do. */
static int run_singly(struct queries *q, size_t which, const struct jq_data *env,
		      const bool *wanted, const struct jq_data *input, struct value *results,
		      struct error *err)
{
	AUTO_FREE bool *one = calloc(q->count + 1, sizeof(*one));

	if (!one)
		return error_nomem(err);
	for (size_t i = 0; i < q->count; i++) {
		AUTO_PTR(value) struct value *list = NULL;
		int r;

		if (!wanted[i] || q->program_of[i] != which)
			continue;
		one[i] = true;
		r = run(q, which, env, one, input, &list, err);
		if (r == 1)
			keep_results(q, which, one, list, results);
		one[i] = false;
		if (r < 0)
			return -1;
		q->slow[i] = r == 0;
	}
	return 0;
}

static int run_program(struct queries *q, size_t which, const struct jq_data *env,
		       const bool *wanted, const struct jq_data *input, struct value *results,
		       struct error *err)
{
	AUTO_PTR(value) struct value *list = NULL;
	int r = wait_for(q, which, err);

	if (r == 0)
		r = run(q, which, env, wanted, input, &list, err);
	if (r == 0)
		return run_singly(q, which, env, wanted, input, results, err);
	if (r == 1)
		keep_results(q, which, wanted, list, results);
	return r < 0 ? -1 : 0;
}

static int add_slow(const struct queries *q, const bool *wanted, struct value *results,
		    struct error *err)
{
	for (size_t i = 0; i < q->count; i++) {
		if (!wanted[i] || !q->slow[i])
			continue;
		value_free(results->members[i].value);
		results->members[i].value = slow_text(q);
		if (!results->members[i].value)
			return error_nomem(err);
	}
	return 0;
}

int queries_run(struct queries *q, const struct jq_data *env, const bool *wanted,
		const struct jq_data *input, struct value **ret_results, struct error *err)
{
	AUTO_FREE bool *sane = calloc(q->count + 1, sizeof(*sane));
	AUTO_PTR(value) struct value *results = value_list();
	bool asked[QUERY_PROGRAMS] = {false};

	if (!sane || !results)
		return error_nomem(err);
	for (size_t i = 0; i < q->count; i++) {
		if (value_add(results, value_null(), err) < 0)
			return -1;
		sane[i] = wanted[i] && !q->slow[i];
		asked[q->program_of[i]] |= sane[i];
	}
	for (size_t p = 0; p < q->programs_len; p++)
		if (asked[p] && run_program(q, p, env, sane, input, results, err) < 0)
			return -1;
	if (add_slow(q, wanted, results, err) < 0)
		return -1;
	*ret_results = take_ptr(&results);
	return 0;
}
