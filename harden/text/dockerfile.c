// SPDX-License-Identifier: Apache-2.0
/*
 * From bytes to instructions: lines are joined as the builder joins them, and each piece of the
 * joined text remembers its place.
 */
#include "harden/text/dockerfile.h"

#include "harden/text/dockerfile_parts.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#define BLANKS " \t\v\f\r"
#define BOM "\xef\xbb\xbf"
#define HEREDOCS_MAX 64

static const char *const directives[] = {"syntax", "escape", "check"};

/* One line, without what ends it. */
struct line {
	size_t start, end, next;
};

struct reader {
	struct dockerfile_source source;
	struct dockerfile *d;
	size_t at;	 /* the next line begins here */
	unsigned number; /* of the last line taken */
	unsigned seen;	 /* directives, by bit */
};

int dockerfile_wrong(const struct dockerfile_source *source, size_t at, struct error *err,
		     const char *format, ...)
{
	AUTO_FREE char *text = NULL;
	unsigned line = 1;
	size_t start = 0;
	va_list args;
	int n;

	for (size_t i = 0; i < at && i < source->len; i++)
		if (source->data[i] == '\n') {
			line++;
			start = i + 1;
		}
	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0) {
		text = NULL;
		return error_nomem(err);
	}
	(void)error_set(err, ERROR_FORMAT, 0, "%s:%u:%zu: %s", source->file, line, at - start + 1,
			text);
	error_resource(err, source->file);
	error_next(err, "mend the Dockerfile, then run again");
	return -1;
}

static bool next_line(struct reader *r, struct line *line)
{
	const char *data = r->source.data, *newline;

	if (r->at >= r->source.len)
		return false;
	line->start = r->at;
	newline = memchr(data + r->at, '\n', r->source.len - r->at);
	line->end = newline ? (size_t)(newline - data) : r->source.len;
	line->next = newline ? line->end + 1 : line->end;
	while (line->end > line->start && data[line->end - 1] == '\r')
		line->end--;
	r->at = line->next;
	r->number++;
	return true;
}

static size_t skip_blanks(const struct reader *r, size_t from, size_t to)
{
	while (from < to && strchr(BLANKS, r->source.data[from]))
		from++;
	return from;
}

/* Where the line's text ends, and whether it goes on behind it. */
static size_t end_of_text(const struct reader *r, const struct line *line, bool *ret_goes_on)
{
	const char *data = r->source.data;
	char escape = r->d->escape;
	size_t end = line->end;

	while (end > line->start && (data[end - 1] == ' ' || data[end - 1] == '\t'))
		end--;
	*ret_goes_on = end > line->start && data[end - 1] == escape &&
		       (end - 1 == line->start || data[end - 2] != escape);
	return *ret_goes_on ? end - 1 : line->end;
}

/* "# NAME = VALUE" in front of everything else. 1: one; 0: something else, so there are no more. */
static int read_directive(struct reader *r, const struct line *line, struct error *err)
{
	const char *data = r->source.data;
	size_t at = skip_blanks(r, line->start, line->end), name, value, end = line->end;

	if (at == line->end || data[at] != '#')
		return 0;
	name = at = skip_blanks(r, at + 1, line->end);
	while (at < line->end && isalnum((unsigned char)data[at]))
		at++;
	value = skip_blanks(r, at, line->end);
	if (at == name || !isalpha((unsigned char)data[name]) || value == line->end ||
	    data[value] != '=')
		return 0;
	value = skip_blanks(r, value + 1, line->end);
	while (end > value && strchr(BLANKS, data[end - 1]))
		end--;
	if (value == end)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(directives); i++) {
		if (strlen(directives[i]) != at - name ||
		    strncasecmp(directives[i], data + name, at - name) != 0)
			continue;
		if (r->seen >> i & 1)
			return dockerfile_wrong(&r->source, name, err,
						"a second directive %s: only one may be there",
						directives[i]);
		r->seen |= 1U << i;
		if (i == 0 && !(r->d->syntax = strndup(data + value, end - value)))
			return error_nomem(err);
		if (i == 1 && (end - value != 1 || !strchr("\\`", data[value])))
			return dockerfile_wrong(&r->source, value, err,
						"escape is a backslash or a backtick");
		if (i == 1)
			r->d->escape = data[value];
	}
	return 1;
}

struct joined {
	struct dockerfile_instruction i;
	struct strbuf text;
};

static int add_piece(struct reader *r, struct joined *j, size_t start, size_t end,
		     struct error *err)
{
	struct dockerfile_instruction *i = &j->i;

	if (!j->text.len)
		start = skip_blanks(r, start, end);
	if (start == end)
		return 0;
	if (!j->text.len) {
		i->start = start;
		i->line = r->number;
	}
	if (vec_reserve((void **)&i->pieces, &i->pieces_cap, i->pieces_len, sizeof(*i->pieces),
			err) < 0)
		return -1;
	i->pieces[i->pieces_len++] = (struct dockerfile_piece){.at = j->text.len, .start = start};
	strbuf_append_bytes(&j->text, r->source.data + start, end - start);
	return 0;
}

/* The line and all that continue it. */
static int join_lines(struct reader *r, struct line line, struct joined *j, struct error *err)
{
	bool goes_on = true, first = true;

	while (goes_on) {
		size_t at = skip_blanks(r, line.start, line.end);
		bool skipped = !first && (at == line.end || r->source.data[at] == '#');

		if (!skipped) {
			size_t end = end_of_text(r, &line, &goes_on);

			if (add_piece(r, j, line.start, end, err) < 0)
				return -1;
		}
		first = false;
		if (goes_on && !next_line(r, &line))
			break;
	}
	while (j->text.len && strchr(BLANKS, j->text.data[j->text.len - 1]))
		j->text.data[--j->text.len] = '\0';
	return strbuf_text(&j->text) ? 0 : error_nomem(err);
}

static int read_body(struct reader *r, struct dockerfile_instruction *i,
		     struct dockerfile_heredoc *h, struct error *err)
{
	AUTO(strbuf) struct strbuf body = {0};
	bool chomp = h->name[0] == '-';
	const char *name = h->name + 1;
	struct line line;

	while (next_line(r, &line)) {
		size_t at = line.start;

		while (chomp && at < line.end && r->source.data[at] == '\t')
			at++;
		if (strlen(name) == line.end - at &&
		    memcmp(r->source.data + at, name, line.end - at) == 0) {
			i->end = line.end;
			return strbuf_take(&body, &h->body, err);
		}
		strbuf_append_bytes(&body, r->source.data + line.start, line.next - line.start);
	}
	return dockerfile_wrong(&r->source, i->start, err,
				"nothing ends the here-document %s of this instruction", name);
}

static int read_bodies(struct reader *r, struct dockerfile_instruction *i, struct error *err)
{
	if (i->exec ||
	    (i->word != DOCKERFILE_ADD && i->word != DOCKERFILE_COPY && i->word != DOCKERFILE_RUN))
		return 0;
	if (dockerfile_read_heredocs(i, r->d->escape, err) < 0)
		return -1;
	if (i->heredocs_len > HEREDOCS_MAX)
		return dockerfile_wrong(&r->source, i->start, err,
					"more than %d here-documents in one instruction",
					HEREDOCS_MAX);
	for (size_t k = 0; k < i->heredocs_len; k++)
		if (read_body(r, i, &i->heredocs[k], err) < 0)
			return -1;
	return 0;
}

static unsigned column_of(const struct reader *r, size_t at)
{
	size_t start = at;

	while (start > 0 && r->source.data[start - 1] != '\n')
		start--;
	return (unsigned)(at - start + 1);
}

/* The instruction that begins on line, into the list. */
static int read_instruction(struct reader *r, const struct line *line, struct error *err)
{
	struct joined j = {.i = {.stage = DOCKERFILE_NO_STAGE}};
	struct dockerfile_instruction *i;
	int joined = join_lines(r, *line, &j, err);

	if (joined < 0 || !j.text.len ||
	    vec_reserve((void **)&r->d->instructions, &r->d->cap, r->d->len, sizeof(j.i), err) <
		    0) {
		free(j.i.pieces);
		strbuf_done(&j.text);
		return joined == 0 && !j.text.len ? 0 : -1;
	}
	i = &r->d->instructions[r->d->len++]; /* released with the rest, whole or not */
	*i = j.i;
	if (strbuf_take(&j.text, &i->text, err) < 0)
		return -1;
	if (r->d->len > DOCKERFILE_INSTRUCTIONS)
		return dockerfile_wrong(&r->source, i->start, err, "more than %d instructions",
					DOCKERFILE_INSTRUCTIONS);
	(void)dockerfile_place(i, strlen(i->text), 0, &i->end); /* the end always has one */
	i->column = column_of(r, i->start);
	if (dockerfile_read_words(&r->source, r->d->escape, i, err) < 0 ||
	    read_bodies(r, i, err) < 0)
		return -1;
	i->end_line = r->number;
	return 0;
}

static int read_all(struct reader *r, struct error *err)
{
	bool in_directives = true;
	struct line line;

	if (r->source.len >= 3 && memcmp(r->source.data, BOM, 3) == 0)
		r->at = 3;
	while (next_line(r, &line)) {
		size_t at = skip_blanks(r, line.start, line.end);
		int directive = in_directives ? read_directive(r, &line, err) : 0;

		if (directive < 0)
			return -1;
		in_directives = directive > 0;
		if (at == line.end || r->source.data[at] == '#')
			continue;
		if (read_instruction(r, &line, err) < 0)
			return -1;
	}
	return 0;
}

static const char *newline_of(const char *data, size_t len)
{
	const char *first = memchr(data, '\n', len);

	return first && first > data && first[-1] == '\r' ? "\r\n" : "\n";
}

int dockerfile_parse(const char *data, size_t len, const char *file,
		     struct dockerfile *ret_dockerfile, struct error *err)
{
	AUTO(dockerfile) struct dockerfile d = {.escape = '\\'};
	struct reader r = {.source = {.data = data, .len = len, .file = file}, .d = &d};
	const char *nul = memchr(data, '\0', len);

	if (len > DOCKERFILE_MAX)
		return dockerfile_wrong(&r.source, 0, err, "is larger than %u bytes",
					DOCKERFILE_MAX);
	if (nul)
		return dockerfile_wrong(&r.source, (size_t)(nul - data), err,
					"a NUL byte: this is no text");
	d.newline = newline_of(data, len);
	if (read_all(&r, err) < 0 || dockerfile_read_stages(&r.source, &d, err) < 0)
		return -1;
	*ret_dockerfile = d;
	d = (struct dockerfile){0};
	return 0;
}

static void instruction_done(struct dockerfile_instruction *i)
{
	free(i->text);
	free(i->pieces);
	strv_done(&i->flags);
	strv_done(&i->args);
	strv_done(&i->values);
	strv_done(&i->unknown);
	free(i->expanded);
	for (size_t k = 0; k < i->heredocs_len; k++) {
		free(i->heredocs[k].name);
		free(i->heredocs[k].body);
	}
	free(i->heredocs);
}

void dockerfile_done(struct dockerfile *d)
{
	for (size_t i = 0; i < d->len; i++)
		instruction_done(&d->instructions[i]);
	free(d->instructions);
	for (size_t i = 0; i < d->stages_len; i++) {
		free(d->stages[i].name);
		free(d->stages[i].base);
	}
	free(d->stages);
	free(d->syntax);
	*d = (struct dockerfile){0};
}

bool dockerfile_place(const struct dockerfile_instruction *i, size_t at, size_t len,
		      size_t *ret_start)
{
	size_t low = 0, high = i->pieces_len;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (i->pieces[middle].at <= at)
			low = middle;
		else
			high = middle;
	}
	if (low + 1 < i->pieces_len && at + len > i->pieces[low + 1].at)
		return false;
	*ret_start = i->pieces[low].start + (at - i->pieces[low].at);
	return true;
}

const char *dockerfile_flag(const struct dockerfile_instruction *i, const char *name)
{
	size_t n = strlen(name);

	for (size_t k = 0; k < i->flags.len; k++) {
		const char *flag = i->flags.items[k] + 2;

		if (strncmp(flag, name, n) == 0 && (flag[n] == '=' || !flag[n]))
			return flag[n] ? flag + n + 1 : "";
	}
	return NULL;
}

size_t dockerfile_stage_find(const struct dockerfile *d, const char *name, bool is_number,
			     size_t before)
{
	char *end = NULL;
	unsigned long number;

	for (size_t i = before < d->stages_len ? before : d->stages_len; i > 0; i--)
		if (d->stages[i - 1].name && strcasecmp(d->stages[i - 1].name, name) == 0)
			return i - 1;
	if (!is_number || !isdigit((unsigned char)name[0]))
		return DOCKERFILE_NO_STAGE;
	number = strtoul(name, &end, 10);
	return *end || number >= before ? DOCKERFILE_NO_STAGE : number;
}
