// SPDX-License-Identifier: Apache-2.0
/*
 * Word edits. Neighbouring removals are joined first, so that a flag and its value that fill a
 * line of their own take the line with them.
 */
#include "harden/text/unit_edit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool unit_word_is_plain(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_./:=@,+-[]";

	return *text && text[strspn(text, plain)] == '\0';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int compare_edit(const void *a, const void *b)
{
	const struct text_edit *x = a, *y = b;

	return (x->span.start > y->span.start) - (x->span.start < y->span.start);
}

static bool only_blanks(const char *data, size_t from, size_t to)
{
	while (from < to && is_blank(data[from]))
		from++;
	return from >= to;
}

/* Sorts, refuses overlaps, joins neighbouring removals; returns how many are left or -1. */
static int prepare(const char *data, size_t len, struct text_edit *edits, size_t count,
		   size_t *ret_count, struct error *err)
{
	size_t n = 0;

	if (count)
		qsort(edits, count, sizeof(*edits), compare_edit);
	for (size_t i = 0; i < count; i++) {
		struct text_edit *last = n ? &edits[n - 1] : NULL;

		if (edits[i].span.end < edits[i].span.start || edits[i].span.end > len ||
		    (last && edits[i].span.start < last->span.end))
			return error_set(err, ERROR_INTERNAL, 0, "two edits of one word");
		if (last && !last->text && !edits[i].text &&
		    only_blanks(data, last->span.end, edits[i].span.start))
			last->span.end = edits[i].span.end;
		else
			edits[n++] = edits[i];
	}
	*ret_count = n;
	return 0;
}

/* Position of the backslash that joins the line before begin to it, or SIZE_MAX. */
static size_t joined_before(const char *data, size_t begin)
{
	size_t i = begin;

	if (i && data[i - 1] == '\n')
		i--;
	if (i && data[i - 1] == '\r')
		i--;
	return i && i < begin && data[i - 1] == '\\' ? i - 1 : SIZE_MAX;
}

/* What goes when the word [start, end) goes. */
static struct span removal(const char *data, size_t len, struct span s)
{
	size_t before = s.start, after = s.end, joint;

	while (before && is_blank(data[before - 1]))
		before--;
	while (after < len && is_blank(data[after]))
		after++;
	if (before == 0 || data[before - 1] == '\n') {
		joint = joined_before(data, before);
		if (after + 1 < len && data[after] == '\\' && data[after + 1] == '\n')
			return (struct span){before, after + 2};
		if (joint != SIZE_MAX && (after == len || data[after] == '\n')) {
			while (joint && is_blank(data[joint - 1]))
				joint--;
			return (struct span){joint, after};
		}
	}
	if (before < s.start)
		return (struct span){before, s.end};
	return (struct span){s.start, after};
}

int unit_edit_words(const struct blob *in, struct text_edit *edits, size_t count,
		    struct blob **ret_out, struct error *err)
{
	AUTO(strbuf) struct strbuf out = {0};
	size_t pos = 0;

	if (prepare(in->data, in->len, edits, count, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct span s = edits[i].span;

		if (!edits[i].text)
			s = removal(in->data, in->len, s);
		if (s.start < pos)
			s.start = pos;
		strbuf_append_bytes(&out, in->data + pos, s.start - pos);
		if (edits[i].text)
			strbuf_append(&out, edits[i].text);
		pos = s.end;
	}
	strbuf_append_bytes(&out, in->data + pos, in->len - pos);
	*ret_out = blob_from_strbuf(&out);
	return *ret_out ? 0 : error_nomem(err);
}

/* Places grow along a value, so the edits are walked once beside it. */
int unit_edit_value(const struct mapped *value, struct text_edit *edits, size_t count,
		    char **ret_text, struct error *err)
{
	AUTO(strbuf) struct strbuf out = {0};
	size_t next = 0;
	bool inside = false;

	if (count)
		qsort(edits, count, sizeof(*edits), compare_edit);
	for (size_t i = 0; i < value->len; i++) {
		size_t at = value->at[i].start;

		while (next < count && at >= edits[next].span.end) {
			next++;
			inside = false;
		}
		if (next == count || at < edits[next].span.start) {
			strbuf_append_char(&out, value->text[i] == '\n' ? ' ' : value->text[i]);
			continue;
		}
		if (!inside && edits[next].text)
			strbuf_append(&out, edits[next].text);
		while (!inside && !edits[next].text && out.len && is_blank(out.data[out.len - 1]))
			out.data[--out.len] = '\0';
		inside = true;
	}
	return strbuf_take(&out, ret_text, err);
}
