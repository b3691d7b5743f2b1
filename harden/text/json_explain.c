// SPDX-License-Identifier: Apache-2.0
/*
 * Finds the mistake in a text that jansson refused: the grammar as a table of what may follow, one
 * stack of the open brackets, and closer looks at strings, words and numbers. Should it find
 * nothing, jansson's own words are passed on.
 */
#include "harden/text/json_explain.h"

#include "harden/base/str.h"
#include "harden/text/json.h"
#include "harden/text/json_scan.h"
#include "harden/text/utf8.h"

#include <stdarg.h>
#include <stdio.h>

#define NEXT_DEFAULT "correct the file by hand, then try again"

enum expect { VALUE, VALUE_OR_CLOSE, KEY, KEY_OR_CLOSE, COLON, COMMA_OR_CLOSE, NOTHING };

static const char *const expectations[] = {
	[VALUE] = "a value",
	[VALUE_OR_CLOSE] = "a value or \"]\"",
	[KEY] = "a key in double quotes",
	[KEY_OR_CLOSE] = "a key in double quotes or \"}\"",
	[COLON] = "\":\" behind the key",
	[COMMA_OR_CLOSE] = NULL, /* depends on the bracket */
	[NOTHING] = "nothing more behind the value",
};

struct explainer {
	struct json_scan scan;
	const char *file;
	const json_error_t *why;
	size_t duplicate_end; /* where the second key of that name ends, 0 if that is not it */
	struct json_token open[JSON_DEPTH_MAX];
	size_t depth;
	enum expect expect;
	struct json_token last; /* the token before */
	struct error *err;
};

int json_refuse(struct error *err, const char *file, unsigned line, unsigned column,
		const char *next, const char *format, ...)
{
	AUTO_FREE char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0) {
		text = NULL;
		return error_nomem(err);
	}
	(void)error_set(err, ERROR_FORMAT, 0, "%s:%u:%u: %s", file, line, column, text);
	error_resource(err, file);
	error_next(err, "%s", next ? next : NEXT_DEFAULT);
	return -1;
}

int json_refuse_depth(struct error *err, const char *file, unsigned line, unsigned column)
{
	return json_refuse(err, file, line, column, NULL,
			   "nested deeper than %d levels, which no setting needs", JSON_DEPTH_MAX);
}

/* The token as a person sees it, clipped, without control characters. */
static int describe(const struct explainer *x, const struct json_token *t, char **ret,
		    struct error *err)
{
	AUTO(strbuf) struct strbuf b = {0};
	AUTO_FREE char *text = NULL;
	size_t n = t->end - t->start, shown = n < 40 ? n : 40;
	const char *at = x->scan.data + t->start;

	if (t->kind == JSON_TOKEN_END) {
		strbuf_append(&b, "the end of the file");
	} else if (t->kind == JSON_TOKEN_OTHER && *at == '\0') {
		strbuf_append(&b, "a NUL byte");
	} else if (t->kind == JSON_TOKEN_STRING) {
		text = strndup(at + 1, shown > 1 ? shown - (shown == n && !t->open ? 2 : 1) : 0);
		if (!text)
			return error_nomem(err);
		if (json_write_text(text, &b, err) < 0)
			return -1;
	} else {
		text = strndup(at, shown);
		if (!text)
			return error_nomem(err);
		if (json_write_text(text, &b, err) < 0)
			return -1;
	}
	if (shown < n)
		strbuf_append(&b, "...");
	return strbuf_take(&b, ret, err);
}

static int refuse_at(const struct explainer *x, const struct json_token *t, const char *next,
		     const char *text)
{
	return json_refuse(x->err, x->file, t->line, t->column, next, "%s", text);
}

/* The place offset bytes into a token; tokens hold no line ends, save the open ones' own end. */
static struct json_token inside(const struct explainer *x, const struct json_token *t,
				size_t offset)
{
	struct json_scan s = {.data = x->scan.data,
			      .len = x->scan.len,
			      .at = t->start,
			      .line = t->line,
			      .column = t->column};

	json_scan_skip(&s, offset);
	return (struct json_token){.start = s.at, .end = s.at, .line = s.line, .column = s.column};
}

/* The four hexadecimal digits at p as a number, -1 if they are none. */
static long hex4(const char *p, const char *end)
{
	long n = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		const char *digits = "0123456789abcdefABCDEF";
		const char *found = p[i] ? strchr(digits, p[i]) : NULL;

		if (!found)
			return -1;
		n = n * 16 + (found - digits < 16 ? found - digits : found - digits - 6);
	}
	return n;
}

/* What is wrong with the escape at p (behind the backslash), NULL if nothing; its length. */
static const char *bad_escape(const char *p, const char *end, size_t *ret_len)
{
	long first, second = -1;

	*ret_len = 1;
	if (p < end && *p && strchr("\"\\/bfnrt", *p))
		return NULL;
	if (p >= end || *p != 'u')
		return "a backslash must be doubled, or stand before one of \" / b f n r t u";
	first = hex4(p + 1, end);
	*ret_len = 5;
	if (first < 0)
		return "\\u needs four hexadecimal digits";
	if (first == 0)
		return "\\u0000 (a NUL character) is not supported in a text";
	if (first < 0xd800 || first > 0xdfff)
		return NULL;
	if (first < 0xdc00 && end - p >= 11 && p[5] == '\\' && p[6] == 'u')
		second = hex4(p + 7, end);
	*ret_len = 11;
	return second >= 0xdc00 && second <= 0xdfff ? NULL
						    : "half of a surrogate pair stands alone";
}

/* 0 when the string is sound. */
static int check_string(const struct explainer *x, const struct json_token *t)
{
	const char *begin = x->scan.data + t->start, *end = x->scan.data + t->end - !t->open;

	for (const char *p = begin + 1; p < end; p++) {
		const char *bad = NULL;
		size_t skip = 0;

		if (*p == '\\')
			bad = bad_escape(p + 1, end, &skip);
		else if ((unsigned char)*p < 0x20 && !(t->open && *p == '\r'))
			bad = *p ? "a control character in a text must be written as an escape "
				   "(\\t)"
				 : "a NUL byte in a text";
		if (bad) {
			struct json_token at = inside(x, t, (size_t)(p - begin));

			return refuse_at(x, &at, NULL, bad);
		}
		p += skip;
	}
	if (t->open)
		return refuse_at(x, t, "write the closing quote",
				 "the text that begins here has no closing quote on its line");
	return 0;
}

static const char *digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* Whether [p, end) is a number by RFC 8259. */
static bool is_number(const char *p, const char *end)
{
	const char *after;

	p += p < end && *p == '-';
	after = digits(p, end);
	if (after == p || (*p == '0' && after > p + 1))
		return false;
	p = after;
	if (p < end && *p == '.') {
		after = digits(p + 1, end);
		if (after == p + 1)
			return false;
		p = after;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < end && (*p == '-' || *p == '+');
		after = digits(p, end);
		if (after == p)
			return false;
		p = after;
	}
	return p == end;
}

static bool is_literal(const char *at, size_t n)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == n && memcmp(words[i], at, n) == 0)
			return true;
	return false;
}

/* A word that is neither a literal nor a number, or a number that is too big. */
static int refuse_word(const struct explainer *x, const struct json_token *t, bool number)
{
	AUTO_FREE char *shown = NULL;

	if (describe(x, t, &shown, x->err) < 0)
		return -1;
	if (number)
		return json_refuse(x->err, x->file, t->line, t->column, NULL,
				   "the number %s is too big (64 bits at most)", shown);
	return json_refuse(x->err, x->file, t->line, t->column,
			   "put a text in double quotes; true, false and null are small",
			   "expected a value, found %s", shown);
}

static int check_word(const struct explainer *x, const struct json_token *t)
{
	const char *at = x->scan.data + t->start;
	size_t n = t->end - t->start;

	if (is_literal(at, n))
		return 0;
	if (!is_number(at, at + n))
		return refuse_word(x, t, false);
	if (json_error_code(x->why) == json_error_numeric_overflow &&
	    t->end == (size_t)x->why->position)
		return refuse_word(x, t, true);
	return 0;
}

/* The key that a string token spells, escapes resolved. */
static json_t *key_of(const struct explainer *x, const struct json_token *t)
{
	return json_loadb(x->scan.data + t->start, t->end - t->start, JSON_DECODE_ANY, NULL);
}

/* The key token of the innermost open object that spells the same as t; t itself if none. */
static struct json_token first_of(const struct explainer *x, const struct json_token *t,
				  const json_t *key)
{
	const struct json_token *open = &x->open[x->depth - 1];
	struct json_scan s = {.data = x->scan.data,
			      .len = t->start,
			      .at = open->start,
			      .line = open->line,
			      .column = open->column};
	struct json_token now = json_scan_next(&s), before = now;
	size_t depth = 1;

	while ((now = json_scan_next(&s)).kind != JSON_TOKEN_END) {
		if (depth == 1 && now.kind == JSON_TOKEN_STRING && before.kind != ':') {
			json_t *other = key_of(x, &now);
			bool same = json_equal(other, key);

			json_decref(other);
			if (same)
				return now;
		}
		depth += now.kind == '{' || now.kind == '[';
		depth -= now.kind == '}' || now.kind == ']';
		before = now;
	}
	return *t;
}

static int refuse_duplicate(const struct explainer *x, const struct json_token *t)
{
	json_t *key = key_of(x, t);
	struct json_token first;
	AUTO(strbuf) struct strbuf name = {0};
	int r;

	if (!key || x->depth == 0) {
		json_decref(key);
		return error_nomem(x->err);
	}
	first = first_of(x, t, key);
	r = json_write_text(json_string_value(key), &name, x->err);
	json_decref(key);
	if (r < 0)
		return -1;
	return json_refuse(x->err, x->file, t->line, t->column, "keep one of the two",
			   "the key %s is here twice; the first is at line %u, column %u",
			   strbuf_text(&name), first.line, first.column);
}

static int refuse_comment(const struct explainer *x, const struct json_token *t)
{
	return refuse_at(x, t, "remove the comment", "a comment; JSON has none");
}

/* The token does not fit: say what was expected and what stands there. */
static int refuse_token(const struct explainer *x, const struct json_token *t)
{
	const struct json_token *open = x->depth ? &x->open[x->depth - 1] : NULL;
	char c = t->kind == JSON_TOKEN_OTHER ? x->scan.data[t->start] : '\0';
	const char *next = NULL, *expected = expectations[x->expect];
	AUTO_FREE char *found = NULL;

	if (c == '/' || c == '#')
		return refuse_comment(x, t);
	if (x->last.kind == ',' && (t->kind == '}' || t->kind == ']'))
		return json_refuse(x->err, x->file, x->last.line, x->last.column,
				   "remove the comma", "a comma behind the last %s",
				   t->kind == '}' ? "member" : "element");
	if (describe(x, t, &found, x->err) < 0)
		return -1;
	if (t->kind == JSON_TOKEN_END && open)
		return json_refuse(x->err, x->file, t->line, t->column, NULL,
				   "expected \"%c\" for the \"%c\" of line %u, column %u, found %s",
				   open->kind == '{' ? '}' : ']', open->kind, open->line,
				   open->column, found);
	if (!expected)
		expected = open && open->kind == '[' ? "a comma or \"]\"" : "a comma or \"}\"";
	if (x->expect == COMMA_OR_CLOSE && t->kind != ':')
		next = "is a comma missing before it?";
	else if (c == '\'')
		next = "use double quotes";
	return json_refuse(x->err, x->file, t->line, t->column, next, "expected %s, found %s",
			   expected, found);
}

static void close_bracket(struct explainer *x)
{
	x->depth--;
	x->expect = x->depth ? COMMA_OR_CLOSE : NOTHING;
}

static int take_value(struct explainer *x, const struct json_token *t)
{
	enum expect behind = x->depth ? COMMA_OR_CLOSE : NOTHING;

	switch (t->kind) {
	case '{':
	case '[':
		if (x->depth == ARRAY_SIZE(x->open))
			return json_refuse_depth(x->err, x->file, t->line, t->column);
		x->open[x->depth++] = *t;
		x->expect = t->kind == '{' ? KEY_OR_CLOSE : VALUE_OR_CLOSE;
		return 0;
	case JSON_TOKEN_STRING:
		x->expect = behind;
		return check_string(x, t);
	case JSON_TOKEN_WORD:
		x->expect = behind;
		return check_word(x, t);
	}
	return refuse_token(x, t);
}

static int take_key(struct explainer *x, const struct json_token *t)
{
	if (t->kind != JSON_TOKEN_STRING)
		return refuse_token(x, t);
	if (check_string(x, t) < 0)
		return -1;
	if (t->end == x->duplicate_end)
		return refuse_duplicate(x, t);
	x->expect = COLON;
	return 0;
}

static int take_comma_or_close(struct explainer *x, const struct json_token *t)
{
	bool in_map = x->open[x->depth - 1].kind == '{';

	if (t->kind == ',')
		x->expect = in_map ? KEY : VALUE;
	else if (t->kind == (in_map ? '}' : ']'))
		close_bracket(x);
	else
		return refuse_token(x, t);
	return 0;
}

/* 0 when the token fits and the next may come. */
static int take_token(struct explainer *x, const struct json_token *t)
{
	switch (x->expect) {
	case VALUE_OR_CLOSE:
	case KEY_OR_CLOSE:
		if (t->kind == (x->expect == KEY_OR_CLOSE ? '}' : ']')) {
			close_bracket(x);
			return 0;
		}
		return x->expect == KEY_OR_CLOSE ? take_key(x, t) : take_value(x, t);
	case VALUE:
		return take_value(x, t);
	case KEY:
		return take_key(x, t);
	case COLON:
		if (t->kind != ':')
			return refuse_token(x, t);
		x->expect = VALUE;
		return 0;
	case COMMA_OR_CLOSE:
		return take_comma_or_close(x, t);
	case NOTHING:
		break;
	}
	return t->kind == JSON_TOKEN_END ? 0 : refuse_token(x, t);
}

int json_explain(const char *data, size_t len, size_t from, const char *file,
		 const json_error_t *why, struct error *err)
{
	struct explainer x = {.file = file, .why = why, .err = err, .expect = VALUE};
	size_t bad = utf8_valid_length(data, len);
	json_error_t moved = *why;
	struct json_token t;

	/* jansson leaves the text empty where one of its allocations failed */
	if (json_error_code(why) == json_error_out_of_memory || !why->text[0])
		return error_nomem(err);
	moved.position += (int)from;
	x.why = &moved;
	if (json_error_code(why) == json_error_duplicate_key)
		x.duplicate_end = (size_t)moved.position;
	json_scan_begin(&x.scan, data, len, from);
	if (bad < len && json_error_code(why) == json_error_invalid_utf8) {
		json_scan_skip(&x.scan, bad - from);
		return json_refuse(err, file, x.scan.line, x.scan.column, "save the file as UTF-8",
				   "the byte 0x%02x is not UTF-8", (unsigned char)data[bad]);
	}
	do {
		t = json_scan_next(&x.scan);
		if (take_token(&x, &t) < 0)
			return -1;
		x.last = t;
	} while (t.kind != JSON_TOKEN_END);
	return json_refuse(err, file, (unsigned)why->line, (unsigned)why->column, NULL, "%s",
			   why->text);
}
