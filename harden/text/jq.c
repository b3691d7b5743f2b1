// SPDX-License-Identifier: Apache-2.0
/*
 * Expressions to one program, and the program over inputs. The program is given the list
 * [wanted, env, input] and gives back one list, an element for each expression, so that one
 * compilation and one start of the interpreter serve all of them.
 */
#include "harden/text/jq.h"

#include "harden/text/jq_data.h"
#include "harden/text/jq_watch.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Above every library: what would read or end something is defined away. One line, so that only
 * the library's own lines are counted. jq reads `import` and `include` at the head of a program
 * alone, where nobody's text but this stands.
 */
static const char shadows[] =
	"def input: error(\"there is no further input\"); def inputs: empty; def debug: .; "
	"def debug(f): .; def stderr: .; def env: {}; def input_filename: null; "
	"def input_line_number: 0; def halt: error(\"halt\"); def halt_error: error; "
	"def halt_error(f): error; def modulemeta: error(\"there are no modules\"); "
	"def get_search_list: []; {} as $ENV | ";

const char *const jq_no_names[] = {NULL};

struct queries {
	const struct jq_library *lib;
	struct jq_state *jq;
	struct jq_watch *watch;
	size_t count;
	bool *slow; /* by expression: it was halted once, and is not run again */
	long limit_ms;
};

/* What the compiler said. */
struct messages {
	const struct jq_library *lib;
	struct strv items;
	bool failed;
};

static void keep_message(void *cookie, jv message)
{
	struct messages *m = cookie;

	if (m->lib->get_kind(message) == JV_KIND_STRING &&
	    strv_add(&m->items, m->lib->string_value(message), NULL) < 0)
		m->failed = true;
	m->lib->free(message);
}

/*
 * 1: compiled, 0: not, with messages. The caller tears *ret_jq down. Without an environment: libjq
 * looks for HOME, to read ~/.jq.
 */
static int compile(const struct jq_library *lib, const char *program, struct messages *messages,
		   struct jq_state **ret_jq, struct error *err)
{
	static char *nothing[] = {NULL};
	char **saved = environ;
	int r;

	*ret_jq = lib->init();
	if (!*ret_jq)
		return error_nomem(err);
	messages->lib = lib;
	lib->set_error_cb(*ret_jq, keep_message, messages);
	environ = nothing;
	r = lib->compile(*ret_jq, program);
	environ = saved;
	lib->set_error_cb(*ret_jq, NULL, NULL);
	return messages->failed ? error_nomem(err) : r;
}

static void append_head(struct strbuf *program, const struct blob *library,
			const char *const *names)
{
	strbuf_append(program, shadows);
	strbuf_append(program, ". as [$__wanted, $__env, $__input] | ");
	for (; *names; names++)
		strbuf_appendf(program, "$__env.%s as $%s | ", *names, *names);
	strbuf_append_char(program, '\n');
	if (library)
		strbuf_append_bytes(program, library->data, library->len);
	strbuf_append(program, "\ndef results(f): try [limit(1000; f)] catch "
			       "(if type == \"string\" then . else tojson end);\n");
	strbuf_append(program, "$__input |\n");
}

static unsigned count_lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static int compile_all(const struct jq_library *lib, const struct blob *library,
		       const char *const *names, const char *const *texts, size_t count,
		       struct messages *messages, struct jq_state **ret_jq, struct error *err)
{
	AUTO(strbuf) struct strbuf program = {0};

	append_head(&program, library, names);
	strbuf_append(&program, "[null");
	for (size_t i = 0; i < count; i++)
		strbuf_appendf(&program,
			       ", if $__wanted[%zu] then results((\n%s\n)) else null end\n", i,
			       texts[i]);
	strbuf_append_char(&program, ']');
	if (!strbuf_text(&program))
		return error_nomem(err);
	return compile(lib, program.data, messages, ret_jq, err);
}

/* Whether these compile together. */
static int compiles(const struct jq_library *lib, const struct blob *library,
		    const char *const *names, const char *const *texts, size_t count,
		    struct error *err)
{
	struct messages messages = {0};
	struct jq_state *jq = NULL;
	int r = compile_all(lib, library, names, texts, count, &messages, &jq, err);

	if (jq)
		lib->teardown(&jq);
	strv_done(&messages.items);
	return r;
}

struct check {
	const struct jq_library *lib;
	const struct blob *library;
	const char *const *names, *const *texts;
	query_report *report;
	void *cookie;
	int count;
};

/* Where the message's subject ("foo/1 is not defined") stands in that line of text; 0: unknown. */
static unsigned find_column(const char *text, unsigned line, const char *message)
{
	size_t len = strcspn(message, "/ "), width;
	const char *at;

	if (!strstr(message, " is not defined") || !len)
		return 0;
	for (; line > 1 && (at = strchr(text, '\n')); line--)
		text = at + 1;
	width = strcspn(text, "\n");
	at = memmem(text, width, message, len);
	return at ? (unsigned)(at - text) + 1 : 0;
}

/* One of the compiler's messages, taken apart. */
struct mistake {
	char *text;	       /* NULL: no memory */
	unsigned line, column; /* in the whole program; column 0: not said */
};

/*
 * "jq: error: bar/1 is not defined at <top-level>, line 2:\n.foo | bar(1)": jq 1.8 adds ", column
 * 5" and calls the place <main>.
 */
static struct mistake read_message(const char *raw)
{
	const char *text = str_starts(raw, "jq: error: ") ? raw + strlen("jq: error: ") : raw;
	const char *place = strstr(text, " at <"), *quoting = strstr(text, " (Unix shell");
	size_t len = place ? (size_t)(place - text) : strcspn(text, "\n");
	struct mistake m = {.line = 1};

	if (place)
		(void)sscanf(place, " at <%*[^>]>, line %u, column %u", &m.line, &m.column);
	if (quoting && quoting < text + len)
		len = (size_t)(quoting - text);
	m.text = strndup(text, len);
	return m;
}

/* head: how many lines of the program stand above the text. */
static void report_message(struct check *c, size_t index, const char *text, unsigned head,
			   const char *raw)
{
	unsigned last = count_lines(text) + !str_ends(text, "\n");
	struct mistake m = read_message(raw);
	AUTO_FREE char *of_library = NULL;

	if (m.line <= head && m.text) /* used by the text, but wrong where it is defined */
		of_library = str_format("%s, in line %u of the library of definitions", m.text,
					m.line - 1);
	m.line = m.line > head ? m.line - head : 1;
	if (m.line > last) /* it is seen only behind the text that something is missing */
		m.line = last ? last : 1;
	if (!m.column && m.text && !of_library)
		m.column = find_column(text, m.line, m.text);
	c->report(c->cookie, index, m.line, m.column,
		  of_library ? of_library
		  : m.text   ? m.text
			     : "it does not compile");
	c->count++;
	free(m.text);
}

/* One text by itself: its own mistakes, in its own lines. */
static int report_one(struct check *c, size_t index, struct error *err)
{
	AUTO(strbuf) struct strbuf program = {0};
	AUTO(strv) struct strv kept = {0};
	struct messages messages = {0};
	struct jq_state *jq = NULL;
	unsigned head;
	int r;

	append_head(&program, c->library, c->names);
	strbuf_append(&program, "(\n");
	head = program.failed ? 0 : count_lines(program.data);
	strbuf_appendf(&program, "%s\n)", c->texts[index]);
	if (!strbuf_text(&program))
		return error_nomem(err);
	r = compile(c->lib, program.data, &messages, &jq, err);
	if (jq)
		c->lib->teardown(&jq);
	kept = messages.items;
	for (size_t i = 0; i < kept.len && r == 0; i++)
		if (strstr(kept.items[i], ", line ") || kept.len == 1)
			report_message(c, index, c->texts[index], head, kept.items[i]);
	return r < 0 ? -1 : 0;
}

/* Halves until the wrong ones are alone: compiling is the slow part. */
static int report_range(struct check *c, size_t from, size_t count, struct error *err)
{
	int r = compiles(c->lib, c->library, c->names, c->texts + from, count, err);

	if (r)
		return r < 0 ? -1 : 0;
	if (count == 1)
		return report_one(c, from, err);
	return report_range(c, from, count / 2, err) < 0 ||
			       report_range(c, from + count / 2, count - count / 2, err) < 0
		       ? -1
		       : 0;
}

static int library_mistake(const struct jq_library *lib, const struct blob *library,
			   const char *const *names, struct error *err)
{
	AUTO(strbuf) struct strbuf program = {0};
	struct messages messages = {0};
	struct jq_state *jq = NULL;
	struct mistake m;
	int r;

	append_head(&program, library, names);
	strbuf_append_char(&program, '.');
	if (!strbuf_text(&program))
		return error_nomem(err);
	r = compile(lib, program.data, &messages, &jq, err);
	if (jq)
		lib->teardown(&jq);
	m = read_message(messages.items.len ? messages.items.items[0] : "does not compile");
	if (r == 0)
		r = error_set(err, ERROR_RECIPE, 0, "the library of definitions:%u: %s",
			      m.line > 1 ? m.line - 1 : 1, m.text ? m.text : "does not compile");
	free(m.text);
	strv_done(&messages.items);
	return r < 0 ? -1 : 0;
}

int queries_check(const struct blob *library, const char *const *names, const char *const *texts,
		  size_t count, query_report *report, void *cookie, struct error *err)
{
	struct check c = {.lib = jq_library(err),
			  .library = library,
			  .names = names,
			  .texts = texts,
			  .report = report,
			  .cookie = cookie};
	int r;

	if (!c.lib)
		return -1;
	r = compiles(c.lib, library, names, texts, count, err);
	if (r)
		return r < 0 ? -1 : 0;
	if (library_mistake(c.lib, library, names, err) < 0 || report_range(&c, 0, count, err) < 0)
		return -1;
	return c.count;
}

int queries_compile(const struct blob *library, const char *const *names, const char *const *texts,
		    size_t count, struct queries **ret_queries, struct error *err)
{
	AUTO_PTR(queries) struct queries *q = calloc(1, sizeof(*q));
	struct messages messages = {0};
	int r;

	if (!q || !(q->slow = calloc(count + 1, sizeof(*q->slow))))
		return error_nomem(err);
	q->lib = jq_library(err);
	if (!q->lib)
		return -1;
	q->count = count;
	q->limit_ms = JQ_SECONDS * 1000;
	r = compile_all(q->lib, library, names, texts, count, &messages, &q->jq, err);
	if (r == 0)
		r = error_set(err, ERROR_RECIPE, 0, "a jq expression does not compile: %s",
			      messages.items.len ? messages.items.items[0] : "for no known reason");
	strv_done(&messages.items);
	if (r < 0 || !(q->watch = jq_watch_new(q->lib, q->jq, err)))
		return -1;
	*ret_queries = take_ptr(&q);
	return 0;
}

void queries_free(struct queries *q)
{
	if (!q)
		return;
	jq_watch_free(q->watch);
	if (q->jq)
		q->lib->teardown(&q->jq);
	free(q->slow);
	free(q);
}

void queries_limit(struct queries *q, long milliseconds)
{
	q->limit_ms = milliseconds;
}

/* 1: *ret is the program's list (with one element too many in front); 0: halted; -1. */
static int run(struct queries *q, const struct jq_data *env, const bool *wanted,
	       const struct jq_data *input, struct value **ret, struct error *err)
{
	const struct jq_library *lib = q->lib;
	jv all = lib->array(), result, message;
	bool halted;

	all = lib->array_append(all, jq_flags(lib, wanted, q->count));
	all = lib->array_append(all, lib->copy(env->v));
	all = lib->array_append(all, lib->copy(input->v));
	lib->start(q->jq, all, 0);
	jq_watch_begin(q->watch, q->limit_ms);
	result = lib->next(q->jq);
	halted = jq_watch_end(q->watch);
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

static struct value *slow_text(const struct queries *q)
{
	return value_textf("this expression took more than %ld seconds", q->limit_ms / 1000);
}

/* Something among the wanted ones does not end: each by itself, so that the others do. */
static int run_singly(struct queries *q, const struct jq_data *env, const bool *wanted,
		      const struct jq_data *input, struct value **ret, struct error *err)
{
	AUTO_PTR(value) struct value *list = value_list();
	AUTO_FREE bool *one = calloc(q->count + 1, sizeof(*one));

	if (!list || !one)
		return error_nomem(err);
	for (size_t i = 0; i < q->count; i++) {
		AUTO_PTR(value) struct value *all = NULL;
		struct value *result = NULL;
		int r = 1;

		one[i] = wanted[i];
		if (wanted[i])
			r = run(q, env, one, input, &all, err);
		one[i] = false;
		if (r < 0)
			return -1;
		q->slow[i] = q->slow[i] || r == 0;
		if (r == 0)
			result = slow_text(q);
		else
			result = all ? take_ptr(&all->members[i + 1].value) : value_null();
		if (value_add(list, result, err) < 0)
			return -1;
	}
	*ret = take_ptr(&list);
	return 0;
}

int queries_run(struct queries *q, const struct jq_data *env, const bool *wanted,
		const struct jq_data *input, struct value **ret_results, struct error *err)
{
	AUTO_FREE bool *sane = calloc(q->count + 1, sizeof(*sane));
	AUTO_PTR(value) struct value *all = NULL;
	int r;

	if (!sane)
		return error_nomem(err);
	for (size_t i = 0; i < q->count; i++)
		sane[i] = wanted[i] && !q->slow[i];
	r = run(q, env, sane, input, &all, err);
	if (r < 0)
		return -1;
	if (r == 0 && run_singly(q, env, sane, input, &all, err) < 0)
		return -1;
	if (r == 1) {
		value_free(all->members[0].value);
		memmove(all->members, all->members + 1, (all->len - 1) * sizeof(*all->members));
		all->len--;
	}
	for (size_t i = 0; i < q->count; i++)
		if (wanted[i] && q->slow[i] && all->members[i].value->kind == VALUE_NULL) {
			value_free(all->members[i].value);
			all->members[i].value = slow_text(q);
			if (!all->members[i].value)
				return error_nomem(err);
		}
	*ret_results = take_ptr(&all);
	return 0;
}
