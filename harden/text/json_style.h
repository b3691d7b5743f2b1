// SPDX-License-Identifier: Apache-2.0
/*
 * How a JSON text is laid out, as seen from its first members, and how a new value is written so
 * that it looks like the rest. The slices point into the text.
 */
#pragma once

#include "harden/base/str.h"
#include "harden/model/value.h"

#include <stdbool.h>
#include <stddef.h>

struct slice {
	const char *data;
	size_t len;
};

struct json_style {
	bool lines;	     /* members stand on lines of their own */
	const char *newline; /* "\n" or "\r\n" */
	struct slice unit;   /* one level of indentation */
	struct slice colon;  /* between key and value, with its blanks */
	const char *gap;     /* behind a comma on one line: " " or "" */
	const char *pad;     /* inside the braces of a map on one line: " " or "" */
};

/* root is the map that text was read into (spans needed); an empty one gives two blanks. */
struct json_style json_style_of(const char *text, size_t len, const struct value *root);
/* Where the key (in a list the value) of child i of a container begins. */
size_t json_child_start(const char *text, const struct value *container, size_t i);
/* The blanks at the beginning of the line on which offset at stands. */
struct slice json_line_indent(const char *text, size_t at);
bool slice_has(struct slice s, char c);

enum json_layout {
	JSON_LAYOUT_AUTO,  /* as the style says; short lists of scalars on one line */
	JSON_LAYOUT_LINES, /* the outermost container over several lines */
	JSON_LAYOUT_INLINE,
};

/* Appends v; indent is the indentation of the line that it begins on. */
int json_style_write(const struct json_style *style, const struct value *v, struct slice indent,
		     enum json_layout layout, struct strbuf *out, struct error *err);
/* "key": with the style's colon. */
int json_style_write_key(const struct json_style *style, const char *key, struct strbuf *out,
			 struct error *err);
