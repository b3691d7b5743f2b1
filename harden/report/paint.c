// SPDX-License-Identifier: Apache-2.0
/*
 * Colour, wrapping and safe text.
 */
#include "harden/report/paint.h"

#include "harden/text/diff.h"
#include "harden/text/mask.h"

#define WRAP_COLUMN 96

static const char *const escapes[] = {
	[PAINT_PLAIN] = "",	    [PAINT_BOLD] = "\033[1m",	 [PAINT_RED] = "\033[31m",
	[PAINT_GREEN] = "\033[32m", [PAINT_YELLOW] = "\033[33m", [PAINT_CYAN] = "\033[36m",
	[PAINT_DIM] = "\033[2m",
};

void paint_lines(struct strbuf *out, const char *text, size_t len)
{
	if (diff_display(text, len, out, NULL) < 0)
		out->failed = true;
}

void paint_safe(struct strbuf *out, const char *text, size_t len)
{
	const char *line_end;

	/* a name with a line feed in it must not begin a line of the report */
	while ((line_end = memchr(text, '\n', len))) {
		paint_lines(out, text, (size_t)(line_end - text));
		strbuf_append(out, "\\x0A");
		len -= (size_t)(line_end - text) + 1;
		text = line_end + 1;
	}
	paint_lines(out, text, len);
}

void paint(struct strbuf *out, bool color, enum paint how, const char *text)
{
	bool colored = color && how != PAINT_PLAIN;

	if (colored)
		strbuf_append(out, escapes[how]);
	paint_safe(out, text, strlen(text));
	if (colored)
		strbuf_append(out, "\033[0m");
}

void paint_wrapped(struct strbuf *out, unsigned indent, const char *text)
{
	size_t column = 0;

	while (*(text += strspn(text, " \n\t"))) {
		size_t n = strcspn(text, " \n\t");

		if (column && column + 1 + n > WRAP_COLUMN) {
			strbuf_append_char(out, '\n');
			column = 0;
		}
		if (column) {
			strbuf_append_char(out, ' ');
			column++;
		} else {
			strbuf_appendf(out, "%*s", (int)indent, "");
			column = indent;
		}
		paint_safe(out, text, n);
		column += n;
		text += n;
	}
	strbuf_append_char(out, '\n');
}

static void append_value(struct strbuf *out, const struct value *v)
{
	if (!v) {
		strbuf_append(out, "nothing");
		return;
	}
	switch (v->kind) {
	case VALUE_NULL:
		strbuf_append(out, "nothing");
		break;
	case VALUE_BOOL:
		strbuf_append(out, v->boolean ? "true" : "false");
		break;
	case VALUE_INTEGER:
		strbuf_appendf(out, "%lld", (long long)v->integer);
		break;
	case VALUE_REAL:
		strbuf_appendf(out, "%g", v->real);
		break;
	case VALUE_TEXT:
		paint_safe(out, v->text, strlen(v->text));
		break;
	case VALUE_LIST:
	case VALUE_MAP:
		strbuf_append_char(out, v->kind == VALUE_LIST ? '[' : '{');
		for (size_t i = 0; i < v->len; i++) {
			if (i)
				strbuf_append(out, ", ");
			if (v->members[i].key) {
				paint_safe(out, v->members[i].key, strlen(v->members[i].key));
				strbuf_append(out, ": ");
			}
			append_value(out, v->members[i].value);
		}
		strbuf_append_char(out, v->kind == VALUE_LIST ? ']' : '}');
		break;
	}
}

void paint_value(struct strbuf *out, const struct value *v)
{
	AUTO_PTR(value) struct value *shown = value_copy(v);

	if (v && (!shown || mask_value(shown, NULL) < 0)) {
		out->failed = true;
		return;
	}
	append_value(out, shown);
}

void paint_list(struct strbuf *out, const struct strv *list)
{
	for (size_t i = 0; i < list->len; i++) {
		if (i)
			strbuf_append(out, ", ");
		paint_safe(out, list->items[i], strlen(list->items[i]));
	}
}
