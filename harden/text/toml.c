// SPDX-License-Identifier: Apache-2.0
/*
 * A small reader for a small part of TOML. It never guesses: what it does not understand is either
 * stepped over as a whole value or an error with its line.
 */
#include "harden/text/toml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32

struct reader {
	const char *p, *end, *file;
	unsigned line;
	char *table; /* dotted, NULL at the top */
	const char *const *wanted;
	struct value *map;
};

static int fail(struct reader *r, struct error *err, const char *what)
{
	(void)error_set(err, ERROR_FORMAT, 0, "%s:%u: %s", r->file, r->line, what);
	error_resource(err, r->file);
	return -1;
}

static char peek(const struct reader *r)
{
	return r->p < r->end ? *r->p : '\0';
}

static void skip(struct reader *r, bool lines)
{
	while (r->p < r->end) {
		if (*r->p == '#') {
			while (r->p < r->end && *r->p != '\n')
				r->p++;
		} else if (*r->p == '\n' && lines) {
			r->line++;
			r->p++;
		} else if (*r->p == ' ' || *r->p == '\t' || *r->p == '\r') {
			r->p++;
		} else {
			return;
		}
	}
}

static void append_escape(struct reader *r, struct strbuf *out)
{
	static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
	const char *c = peek(r) ? strchr(from, *r->p) : NULL;

	if (c)
		strbuf_append_char(out, to[c - from]);
	else /* \u....: kept as written, no path of a host needs it */
		strbuf_appendf(out, "\\%c", peek(r));
	if (r->p < r->end)
		r->p++;
}

static int read_string(struct reader *r, struct strbuf *out, struct error *err)
{
	char quote = *r->p;
	bool many = r->end - r->p >= 3 && r->p[1] == quote && r->p[2] == quote;

	r->p += many ? 3 : 1;
	while (r->p < r->end) {
		if (*r->p == quote &&
		    (!many || (r->end - r->p >= 3 && r->p[1] == quote && r->p[2] == quote))) {
			r->p += many ? 3 : 1;
			return 0;
		}
		if (*r->p == '\n') {
			if (!many)
				break;
			r->line++;
		}
		if (quote == '"' && *r->p == '\\') {
			r->p++;
			append_escape(r, out);
		} else {
			strbuf_append_char(out, *r->p++);
		}
	}
	return fail(r, err, "a text is not closed");
}

/* A plain or dotted key up to the byte stop, as dotted text. */
static int read_key(struct reader *r, char stop, struct strbuf *out, struct error *err)
{
	for (;;) {
		skip(r, false);
		if (peek(r) == '"' || peek(r) == '\'') {
			if (read_string(r, out, err) < 0)
				return -1;
		} else {
			const char *start = r->p;

			while (isalnum((unsigned char)peek(r)) || peek(r) == '_' || peek(r) == '-')
				r->p++;
			if (r->p == start)
				return fail(r, err, "expected a key");
			strbuf_append_bytes(out, start, (size_t)(r->p - start));
		}
		skip(r, false);
		if (peek(r) == stop)
			return 0;
		if (peek(r) != '.')
			return fail(r, err,
				    stop == '=' ? "expected = behind the key"
						: "expected ] behind the table's name");
		strbuf_append_char(out, '.');
		r->p++;
	}
}

static int read_value(struct reader *r, unsigned depth, struct value **ret_value,
		      struct error *err);

static int read_list(struct reader *r, unsigned depth, struct value **ret_value, struct error *err)
{
	AUTO_PTR(value) struct value *list = value_list();

	if (!list)
		return error_nomem(err);
	r->p++;
	for (;;) {
		struct value *item = NULL;

		skip(r, true);
		if (peek(r) == ']') {
			r->p++;
			*ret_value = take_ptr(&list);
			return 0;
		}
		if (read_value(r, depth + 1, &item, err) < 0 || value_add(list, item, err) < 0)
			return -1;
		skip(r, true);
		if (peek(r) == ',')
			r->p++;
		else if (peek(r) != ']')
			return fail(r, err, "expected , or ] in a list");
	}
}

/* {...}: its content is of no interest. */
static int skip_inline_table(struct reader *r, struct value **ret_value, struct error *err)
{
	unsigned depth = 0;

	do {
		AUTO(strbuf) struct strbuf ignored = {0};
		char c = peek(r);

		if (!c || c == '\n')
			return fail(r, err, "an inline table is not closed");
		if (c == '"' || c == '\'') {
			if (read_string(r, &ignored, err) < 0)
				return -1;
			continue;
		}
		depth += (c == '{') - (c == '}');
		r->p++;
	} while (depth);
	*ret_value = value_null();
	return *ret_value ? 0 : error_nomem(err);
}

static int read_plain(struct reader *r, struct value **ret_value, struct error *err)
{
	const char *start = r->p;
	AUTO_FREE char *text = NULL;
	char *end;
	long long n;

	while (peek(r) && !strchr(" \t\r\n,]}#", peek(r)))
		r->p++;
	if (r->p == start)
		return fail(r, err, "expected a value");
	text = strndup(start, (size_t)(r->p - start));
	if (!text)
		return error_nomem(err);
	n = strtoll(text, &end, 10);
	if (str_equal(text, "true") || str_equal(text, "false"))
		*ret_value = value_bool(text[0] == 't');
	else
		*ret_value = *end ? value_text(text) : value_integer(n);
	return *ret_value ? 0 : error_nomem(err);
}

static int read_value(struct reader *r, unsigned depth, struct value **ret_value, struct error *err)
{
	if (depth > DEPTH_MAX)
		return fail(r, err, "lists are nested too deeply");
	skip(r, false);
	if (peek(r) == '"' || peek(r) == '\'') {
		AUTO(strbuf) struct strbuf text = {0};

		if (read_string(r, &text, err) < 0)
			return -1;
		*ret_value = value_text(text.len ? strbuf_text(&text) : "");
		return *ret_value && !text.failed ? 0 : error_nomem(err);
	}
	if (peek(r) == '[')
		return read_list(r, depth, ret_value, err);
	if (peek(r) == '{')
		return skip_inline_table(r, ret_value, err);
	return read_plain(r, ret_value, err);
}

static int read_table(struct reader *r, struct error *err)
{
	AUTO(strbuf) struct strbuf name = {0};
	bool many = r->end - r->p > 1 && r->p[1] == '[';

	r->p += many ? 2 : 1;
	if (read_key(r, ']', &name, err) < 0)
		return -1;
	r->p += many && r->end - r->p > 1 ? 2 : 1;
	free(r->table);
	r->table = NULL;
	return strbuf_take(&name, &r->table, err);
}

static bool is_wanted(const struct reader *r, const char *key)
{
	for (size_t i = 0; r->wanted[i]; i++)
		if (str_equal(r->wanted[i], key))
			return true;
	return false;
}

static int read_pair(struct reader *r, struct error *err)
{
	AUTO(strbuf) struct strbuf key = {0};
	struct value *v = NULL;

	if (r->table && *r->table)
		strbuf_appendf(&key, "%s.", r->table);
	if (read_key(r, '=', &key, err) < 0)
		return -1;
	r->p++;
	if (key.failed)
		return error_nomem(err);
	if (read_value(r, 0, &v, err) < 0)
		return -1;
	v->line = r->line;
	if (!is_wanted(r, strbuf_text(&key))) {
		value_free(v);
		return 0;
	}
	return value_set(r->map, strbuf_text(&key), v, err);
}

static int read_all(struct reader *r, struct error *err)
{
	for (skip(r, true); r->p < r->end; skip(r, true)) {
		if ((*r->p == '[' ? read_table(r, err) : read_pair(r, err)) < 0)
			return -1;
		skip(r, false);
		if (peek(r) && peek(r) != '\n')
			return fail(r, err, "expected the end of the line");
	}
	return 0;
}

int toml_read(const char *data, size_t len, const char *file, const char *const *wanted,
	      struct value **ret_map, struct error *err)
{
	AUTO_PTR(value) struct value *map = value_map();
	struct reader r = {.p = data,
			   .end = data + len,
			   .file = file,
			   .line = 1,
			   .wanted = wanted,
			   .map = map};
	int result;

	if (!map)
		return error_nomem(err);
	result = read_all(&r, err);
	free(r.table);
	if (result < 0)
		return -1;
	*ret_map = take_ptr(&map);
	return 0;
}
