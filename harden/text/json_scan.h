// SPDX-License-Identifier: Apache-2.0
/*
 * The tokens of a JSON text with their places. It splits, it does not judge: a word may be any run
 * of letters and digits, a string may hold bad escapes. json.c walks it beside jansson's tree,
 * json_explain.c looks for the mistake with it, json_edit.c finds keys and gaps.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum json_token_kind {
	JSON_TOKEN_END = 0, /* of the text */
	JSON_TOKEN_STRING = 's',
	JSON_TOKEN_WORD = 'w',	/* numbers, true, and anything else that looks like a word */
	JSON_TOKEN_OTHER = '?', /* one character that begins nothing */
				/* and the characters { } [ ] : , themselves */
};

struct json_token {
	int kind;
	size_t start, end;     /* [start, end) in the text, a string with its quotes */
	unsigned line, column; /* of the first byte; columns count characters */
	bool open;	       /* a string that its line or the text ends before its quote */
};

struct json_scan {
	const char *data;
	size_t len, at;
	unsigned line, column; /* of at */
};

/* Begins at the byte offset at, which stands at line 1, column 1. */
void json_scan_begin(struct json_scan *s, const char *data, size_t len, size_t at);
/* Skips blanks (space, tab, CR, LF). */
void json_scan_blank(struct json_scan *s);
/* Skips blanks and takes the next token; at the end it returns JSON_TOKEN_END again and again. */
struct json_token json_scan_next(struct json_scan *s);
/* Moves on by count bytes, keeping line and column. */
void json_scan_skip(struct json_scan *s, size_t count);
