// SPDX-License-Identifier: Apache-2.0
/*
 * The look of a JSON text. Learnt from the root's first member: a person's file has one style, and
 * where it has several the members beside an insertion decide (json_edit.c copies their gap).
 */
#include "harden/text/json_style.h"

#include "harden/text/json.h"
#include "harden/text/json_scan.h"

/* A list of scalars up to this many characters stays on one line. */
#define INLINE_WIDTH 72
/* More blanks around a colon are an alignment, which a new key would not fit. */
#define COLON_MAX 4

bool slice_has(struct slice s, char c)
{
	return s.len && memchr(s.data, c, s.len);
}

static struct slice slice_of(const char *text)
{
	return (struct slice){.data = text, .len = strlen(text)};
}

size_t json_child_start(const char *text, const struct value *container, size_t i)
{
	struct json_scan s;

	json_scan_begin(&s, text, container->end,
			i ? container->members[i - 1].value->end : container->start + 1);
	if (i)
		(void)json_scan_next(&s); /* the comma */
	json_scan_blank(&s);
	return s.at;
}

struct slice json_line_indent(const char *text, size_t at)
{
	size_t begin = at, end;

	while (begin > 0 && text[begin - 1] != '\n')
		begin--;
	for (end = begin; end < at && (text[end] == ' ' || text[end] == '\t');)
		end++;
	return (struct slice){.data = text + begin, .len = end - begin};
}

static const char *newline_of(const char *text, size_t len)
{
	const char *first = len ? memchr(text, '\n', len) : NULL;

	return first && first > text && first[-1] == '\r' ? "\r\n" : "\n";
}

static struct slice colon_of(const char *text, const struct value *root, size_t key)
{
	struct slice colon = {0};
	struct json_scan s;
	struct json_token t;

	json_scan_begin(&s, text, root->end, key);
	t = json_scan_next(&s);
	colon.data = text + t.end;
	colon.len = root->members[0].value->start - t.end;
	return colon.len > COLON_MAX || slice_has(colon, '\n') ? slice_of(": ") : colon;
}

struct json_style json_style_of(const char *text, size_t len, const struct value *root)
{
	struct json_style style = {.lines = true,
				   .newline = newline_of(text, len),
				   .unit = slice_of("  "),
				   .colon = slice_of(": "),
				   .gap = " ",
				   .pad = ""};
	struct slice gap, indent, base;
	size_t key;

	if (value_len(root) == 0)
		return style;
	key = json_child_start(text, root, 0);
	gap = (struct slice){.data = text + root->start + 1, .len = key - root->start - 1};
	style.lines = slice_has(gap, '\n');
	style.colon = colon_of(text, root, key);
	style.gap = style.colon.data[style.colon.len - 1] == ':' ? "" : " ";
	if (style.lines) {
		indent = json_line_indent(text, key);
		base = json_line_indent(text, root->start);
		if (base.len <= indent.len && memcmp(base.data, indent.data, base.len) == 0)
			indent = (struct slice){indent.data + base.len, indent.len - base.len};
		style.unit = indent;
	} else {
		style.pad = gap.len ? " " : "";
	}
	return style;
}

static void append_slice(struct strbuf *out, struct slice s)
{
	strbuf_append_bytes(out, s.data, s.len);
}

int json_style_write_key(const struct json_style *style, const char *key, struct strbuf *out,
			 struct error *err)
{
	if (json_write_text(key, out, err) < 0)
		return -1;
	append_slice(out, style->colon);
	return 0;
}

static bool is_container(const struct value *v)
{
	return v->kind == VALUE_MAP || v->kind == VALUE_LIST;
}

/* Whether a list is short and plain enough for one line. */
static bool fits_line(const struct value *v)
{
	size_t width = 0;

	if (v->kind != VALUE_LIST)
		return false;
	for (size_t i = 0; i < v->len; i++) {
		const struct value *child = v->members[i].value;

		if (is_container(child))
			return false;
		width += child->kind == VALUE_TEXT ? strlen(child->text) + 4 : 8;
	}
	return width <= INLINE_WIDTH;
}

struct layout {
	const struct json_style *style;
	struct slice indent;
	size_t depth;
	struct error *err;
};

static void append_line(const struct layout *l, struct strbuf *out)
{
	strbuf_append(out, l->style->newline);
	append_slice(out, l->indent);
	for (size_t i = 0; i < l->depth; i++)
		append_slice(out, l->style->unit);
}

static int write_any(struct layout *l, const struct value *v, enum json_layout layout,
		     struct strbuf *out);

static int write_container(struct layout *l, const struct value *v, bool lines, struct strbuf *out)
{
	bool map = v->kind == VALUE_MAP;
	const char *pad = map && !lines ? l->style->pad : "";

	strbuf_append_char(out, map ? '{' : '[');
	strbuf_append(out, pad);
	l->depth++;
	for (size_t i = 0; i < v->len; i++) {
		const struct value_member *m = &v->members[i];

		if (i) {
			strbuf_append_char(out, ',');
			strbuf_append(out, lines ? "" : l->style->gap);
		}
		if (lines)
			append_line(l, out);
		if (map && json_style_write_key(l->style, m->key, out, l->err) < 0)
			return -1;
		if (write_any(l, m->value, lines ? JSON_LAYOUT_AUTO : JSON_LAYOUT_INLINE, out) < 0)
			return -1;
	}
	l->depth--;
	if (lines)
		append_line(l, out);
	strbuf_append(out, pad);
	strbuf_append_char(out, map ? '}' : ']');
	return 0;
}

static int write_any(struct layout *l, const struct value *v, enum json_layout layout,
		     struct strbuf *out)
{
	bool lines = layout == JSON_LAYOUT_LINES ||
		     (layout == JSON_LAYOUT_AUTO && l->style->lines && !fits_line(v));

	if (value_len(v) == 0)
		return json_write(v, 0, out, l->err);
	return write_container(l, v, lines, out);
}

int json_style_write(const struct json_style *style, const struct value *v, struct slice indent,
		     enum json_layout layout, struct strbuf *out, struct error *err)
{
	struct layout l = {.style = style, .indent = indent, .err = err};

	return write_any(&l, v, layout, out);
}
