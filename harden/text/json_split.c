// SPDX-License-Identifier: Apache-2.0
/*
 * One pass over the bytes, which looks only at strings, brackets, commas and colons. Bytes are
 * gathered run by run, not one by one.
 */
#include "harden/text/json_split.h"

#define BLANKS " \t\r\n"

static int refuse(const struct json_split *s, const char *what, struct error *err)
{
	(void)error_set(err, ERROR_FORMAT, 0, "%s: %s", s->file, what);
	error_resource(err, s->file);
	return -1;
}

/* How deep an element's own brackets begin. */
static size_t level(const struct json_split *s)
{
	return s->member ? 2 : 1;
}

/* What was gathered, without the blanks around it. */
static const char *gathered(struct json_split *s, size_t *ret_len)
{
	const char *text = strbuf_text(&s->text);
	size_t len = s->text.len;

	while (text && len && strchr(BLANKS, text[len - 1]))
		len--;
	while (text && len && strchr(BLANKS, *text)) {
		text++;
		len--;
	}
	*ret_len = len;
	return text;
}

static bool gathered_is(struct json_split *s, const char *word)
{
	size_t len;
	const char *text = gathered(s, &len);

	return text && len == strlen(word) && memcmp(text, word, len) == 0;
}

static void forget(struct json_split *s)
{
	s->text.len = 0;
}

static int gather(struct json_split *s, const char *data, size_t len, struct error *err)
{
	if (len > s->max || s->text.len > s->max - len)
		return refuse(s, "an element is larger than is read", err);
	strbuf_append_bytes(&s->text, data, len);
	return s->text.failed ? error_nomem(err) : 0;
}

static int take(struct json_split *s, struct error *err)
{
	size_t len;
	const char *text = gathered(s, &len);

	if (!text)
		return error_nomem(err);
	s->count++;
	if (s->take(s->cookie, text, len, err) < 0)
		return -1;
	forget(s);
	return 0;
}

/* A bracket that opens outside of an element. */
static int open_one(struct json_split *s, char c, struct error *err)
{
	if (s->done && s->depth == 0)
		return refuse(s, "something follows the list", err);
	if (s->depth == 0)
		s->map = c == '{';
	if (!s->done && s->depth == level(s) - 1 && (!s->member || (s->map && s->named))) {
		if (c != '[')
			return refuse(s, "this is a map, where a list was expected", err);
		s->inside = true;
	}
	s->depth++;
	forget(s);
	return 0;
}

/* The value of our member ends, and it was no list. */
static int end_member(struct json_split *s, struct error *err)
{
	if (s->named && !s->done && !gathered_is(s, "null"))
		return refuse(s, "the member is no list", err);
	s->named = false;
	forget(s);
	return 0;
}

static int close_one(struct json_split *s, char c, struct error *err)
{
	size_t len = 0;

	if (s->depth == 0 || (s->inside && c != ']') || (s->depth == 1 && s->map && c != '}'))
		return refuse(s, "a bracket closes that was not opened", err);
	if (s->inside && s->depth == level(s)) {
		(void)gathered(s, &len); /* an empty list has no element */
		if ((len || s->count) && take(s, err) < 0)
			return -1;
		s->inside = false;
		s->done = true;
		forget(s);
	} else if (!s->inside && s->depth == 1 && end_member(s, err) < 0) {
		return -1;
	}
	s->depth--;
	return 0;
}

/* A comma or a colon that is not inside of an element. */
static int mark(struct json_split *s, char c, struct error *err)
{
	AUTO_FREE char *name = NULL;

	if (s->inside)
		return take(s, err);
	if (c == ',')
		return s->depth == 1 ? end_member(s, err) : (forget(s), 0);
	if (s->depth == 1 && s->member) {
		name = str_format("\"%s\"", s->member);
		if (!name)
			return error_nomem(err);
		s->named = gathered_is(s, name);
		if (s->named && s->done)
			return refuse(s, "the list is there twice", err);
	}
	forget(s);
	return 0;
}

static void in_string(struct json_split *s, char c)
{
	if (s->escape)
		s->escape = false;
	else if (c == '\\')
		s->escape = true;
	else if (c == '"')
		s->string = false;
}

/* Whether this byte, outside of a string, bounds what is gathered. */
static bool is_bound(const struct json_split *s, char c)
{
	if (c == ',')
		return !s->inside || s->depth == level(s);
	if (c == ']' || c == '}')
		return !s->inside || s->depth == level(s);
	return !s->inside && (c == ':' || c == '[' || c == '{');
}

static int bound(struct json_split *s, char c, struct error *err)
{
	switch (c) {
	case '[':
	case '{':
		return open_one(s, c, err);
	case ']':
	case '}':
		return close_one(s, c, err);
	default:
		return mark(s, c, err);
	}
}

int json_split_feed(struct json_split *s, const char *data, size_t len, struct error *err)
{
	size_t from = 0;

	for (size_t i = 0; i < len; i++) {
		char c = data[i];

		if (s->string) {
			in_string(s, c);
		} else if (c == '"') {
			s->string = true;
		} else if (is_bound(s, c)) {
			if (gather(s, data + from, i - from, err) < 0 || bound(s, c, err) < 0)
				return -1;
			from = i + 1;
		} else if (c == '[' || c == '{') {
			s->depth++;
		} else if (c == ']' || c == '}') {
			s->depth--;
		}
	}
	return gather(s, data + from, len - from, err);
}

int json_split_end(struct json_split *s, struct error *err)
{
	size_t len = 0;

	if (s->string || s->depth)
		return refuse(s, "the answer is cut off", err);
	(void)gathered(s, &len); /* its length alone */
	if (s->done || s->map)
		return len ? refuse(s, "something follows the list", err) : 0;
	if (!s->member && gathered_is(s, "null"))
		return 0;
	return refuse(s, len ? "this is no list" : "there is no text", err);
}

void json_split_done(struct json_split *s)
{
	strbuf_done(&s->text);
}
