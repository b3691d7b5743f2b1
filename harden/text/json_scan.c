// SPDX-License-Identifier: Apache-2.0
/*
 * The tokens of a JSON text. One pass, no memory of its own; line and column move with every byte.
 */
#include "harden/text/json_scan.h"

#include <string.h>

void json_scan_begin(struct json_scan *s, const char *data, size_t len, size_t at)
{
	*s = (struct json_scan){.data = data, .len = len, .at = at, .line = 1, .column = 1};
}

void json_scan_skip(struct json_scan *s, size_t count)
{
	for (; count && s->at < s->len; count--, s->at++) {
		unsigned char c = (unsigned char)s->data[s->at];

		if (c == '\n') {
			s->line++;
			s->column = 1;
		} else if ((c & 0xc0) != 0x80) { /* not the inside of a UTF-8 sequence */
			s->column++;
		}
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void json_scan_blank(struct json_scan *s)
{
	while (s->at < s->len && is_blank(s->data[s->at]))
		json_scan_skip(s, 1);
}

/* Where the string that begins at start ends. */
static size_t string_end(const struct json_scan *s, size_t start, bool *ret_open)
{
	size_t i = start + 1;

	*ret_open = false;
	for (; i < s->len; i++) {
		if (s->data[i] == '"')
			return i + 1;
		if (s->data[i] == '\n')
			break;
		if (s->data[i] == '\\' && i + 1 < s->len && s->data[i + 1] != '\n')
			i++;
	}
	*ret_open = true;
	return i;
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '+' || c == '-' || c == '.' || c == '_' || c == '$';
}

/* The whole character at i, at least one byte. */
static size_t character_end(const struct json_scan *s, size_t i)
{
	i++;
	while (i < s->len && ((unsigned char)s->data[i] & 0xc0) == 0x80)
		i++;
	return i;
}

struct json_token json_scan_next(struct json_scan *s)
{
	struct json_token t;
	char c;

	json_scan_blank(s);
	t = (struct json_token){.start = s->at, .end = s->at, .line = s->line, .column = s->column};
	if (s->at >= s->len)
		return t;
	c = s->data[s->at];
	if (c == '"') {
		t.kind = JSON_TOKEN_STRING;
		t.end = string_end(s, t.start, &t.open);
	} else if (c && strchr("{}[]:,", c)) {
		t.kind = (unsigned char)c;
		t.end = t.start + 1;
	} else if (is_word(c)) {
		t.kind = JSON_TOKEN_WORD;
		while (t.end < s->len && is_word(s->data[t.end]))
			t.end++;
	} else {
		t.kind = JSON_TOKEN_OTHER;
		t.end = character_end(s, t.start);
	}
	json_scan_skip(s, t.end - t.start);
	return t;
}
