// SPDX-License-Identifier: Apache-2.0
/*
 * The unit file reader: one pass over the lines, each logical line collected as mapped text and
 * then taken apart as section header or assignment.
 */
#include "harden/text/unit.h"

#include "harden/base/str.h"

#include <string.h>

struct reader {
	const char *data;
	size_t len, pos;
	unsigned line;
	char *section;
	struct unit *unit;
};

/* The next physical line without its line end; false at the end of the file. */
static bool next_line(struct reader *r, struct span *ret_line)
{
	size_t start = r->pos, end;
	const char *newline;

	if (start >= r->len)
		return false;
	newline = memchr(r->data + start, '\n', r->len - start);
	end = newline ? (size_t)(newline - r->data) : r->len;
	r->pos = newline ? end + 1 : end;
	r->line++;
	if (end > start && r->data[end - 1] == '\r')
		end--;
	*ret_line = (struct span){start, end};
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool ends_in_escape(const char *data, struct span line)
{
	size_t backslashes = 0;

	while (line.end > line.start + backslashes && data[line.end - 1 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2 == 1;
}

/* Collects one logical line; comment lines inside a continuation are skipped. */
static int collect(struct reader *r, struct mapped *text, unsigned *ret_first, size_t *ret_start,
		   bool *ret_more, struct error *err)
{
	bool going_on = false;
	struct span line;

	*ret_more = false;
	while (next_line(r, &line)) {
		bool escaped;

		if (!going_on) {
			*ret_first = r->line;
			*ret_start = line.start;
		}
		if (line.start == 0 && line.end >= 3 && memcmp(r->data, "\xef\xbb\xbf", 3) == 0)
			line.start = 3;
		while (line.start < line.end && is_blank(r->data[line.start]))
			line.start++;
		if (line.start < line.end && strchr("#;", r->data[line.start]))
			continue;
		*ret_more = true;
		escaped = ends_in_escape(r->data, line);
		for (size_t i = line.start; i < line.end - escaped; i++)
			if (mapped_add(text, r->data[i], i, i + 1, err) < 0)
				return -1;
		if (!escaped)
			return 0;
		if (mapped_add(text, ' ', line.end - 1, line.end, err) < 0)
			return -1;
		going_on = true;
	}
	return 0;
}

static int set_section(struct reader *r, const struct mapped *text, struct error *err)
{
	char *name = strndup(text->text + 1, text->len - 2);

	if (!name)
		return error_nomem(err);
	free(r->section);
	r->section = name;
	return 0;
}

static void entry_done(struct unit_entry *e)
{
	free(e->section);
	free(e->key);
	mapped_done(&e->value);
}

static int fill_entry(struct reader *r, const struct mapped *text, struct unit_entry *e,
		      struct error *err)
{
	const char *equals = strchr(text->text, '=');
	size_t key_len = (size_t)(equals - text->text), from = key_len + 1;

	while (key_len && is_blank(text->text[key_len - 1]))
		key_len--;
	while (from < text->len && is_blank(text->text[from]))
		from++;
	e->section = strdup(r->section);
	e->key = strndup(text->text, key_len);
	if (!e->section || !e->key)
		return error_nomem(err);
	return mapped_add_range(&e->value, text, from, text->len, err);
}

static int add_line(struct reader *r, struct mapped *text, unsigned line, size_t start,
		    struct error *err)
{
	struct unit_entry e = {.line = line, .lines = {start, r->pos}};

	mapped_trim(text);
	if (text->len > 2 && text->text[0] == '[' && text->text[text->len - 1] == ']')
		return set_section(r, text, err);
	if (!text->len || !r->section || !strchr(text->text, '='))
		return 0; /* systemd warns and goes on */
	if (fill_entry(r, text, &e, err) < 0 ||
	    vec_reserve((void **)&r->unit->entries, &r->unit->cap, r->unit->len, sizeof(e), err) <
		    0) {
		entry_done(&e);
		return -1;
	}
	r->unit->entries[r->unit->len++] = e;
	return 0;
}

static int read_all(struct reader *r, struct error *err)
{
	for (;;) {
		AUTO(mapped) struct mapped text = {0};
		unsigned line = 0;
		size_t start = 0;
		bool more;

		if (mapped_begin(&text, err) < 0 ||
		    collect(r, &text, &line, &start, &more, err) < 0)
			return -1;
		if (!more)
			return 0;
		if (add_line(r, &text, line, start, err) < 0)
			return -1;
	}
}

int unit_parse(const char *data, size_t len, struct unit *ret_unit, struct error *err)
{
	struct unit unit = {0};
	struct reader r = {.data = data, .len = len, .unit = &unit};
	int result = read_all(&r, err);

	free(r.section);
	if (result < 0) {
		unit_done(&unit);
		return -1;
	}
	*ret_unit = unit;
	return 0;
}

void unit_done(struct unit *unit)
{
	for (size_t i = 0; i < unit->len; i++)
		entry_done(&unit->entries[i]);
	free(unit->entries);
	*unit = (struct unit){0};
}

struct exec_prefix exec_prefix_parse(const char *word)
{
	struct exec_prefix p = {0};

	for (; word[p.len] && strchr("-@:+!", word[p.len]); p.len++) {
		if (word[p.len] == '-')
			p.ignore_failure = true;
		else if (word[p.len] == '@')
			p.argv0 = true;
		else if (word[p.len] == ':')
			p.no_expand = true;
	}
	return p;
}
