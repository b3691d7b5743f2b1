// SPDX-License-Identifier: Apache-2.0
/*
 * What the compiler says about expressions, told of the lines their author wrote.
 */
#include "harden/text/jq.h"

#include "harden/text/jq_compile.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned count_lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* Whether these compile together. */
static int compiles(const struct jq_library *lib, const struct blob *library,
		    const char *const *names, const char *const *texts, size_t count,
		    struct error *err)
{
	AUTO(strbuf) struct strbuf program = {0};
	struct jq_messages messages = {0};
	struct jq_state *jq = NULL;
	int r;

	jq_append_all(&program, library, names, texts, NULL, 0, count);
	if (!strbuf_text(&program))
		return error_nomem(err);
	r = jq_compile_program(lib, program.data, &messages, &jq, err);
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
	struct jq_messages messages = {0};
	struct jq_state *jq = NULL;
	unsigned head;
	int r;

	jq_append_head(&program, c->library, c->names);
	strbuf_append(&program, "(\n");
	head = program.failed ? 0 : count_lines(program.data);
	strbuf_appendf(&program, "%s\n)", c->texts[index]);
	if (!strbuf_text(&program))
		return error_nomem(err);
	r = jq_compile_program(c->lib, program.data, &messages, &jq, err);
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
	struct jq_messages messages = {0};
	struct jq_state *jq = NULL;
	struct mistake m;
	int r;

	jq_append_head(&program, library, names);
	strbuf_append_char(&program, '.');
	if (!strbuf_text(&program))
		return error_nomem(err);
	r = jq_compile_program(lib, program.data, &messages, &jq, err);
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
