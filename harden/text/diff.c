// SPDX-License-Identifier: Apache-2.0
/*
 * Unified diffs by Myers' greedy algorithm (An O(ND) Difference Algorithm, 1986) between the common
 * beginning and the common end. It leaves marks "deleted" and "inserted" per line; hunks are made
 * from the marks. Beyond DISTANCE_MAX differences, or LINES_MAX lines, all between is marked:
 * a correct diff still, only a coarse one, in time and memory that stay bounded.
 */
#include "harden/text/diff.h"

#include "harden/text/utf8.h"

#include <stdint.h>

#define LINES_MAX 20000
/* The steps kept for the way back take half of DISTANCE_MAX squared ints: 1.2 MB. */
#define DISTANCE_MAX 768

struct line {
	const char *data;
	size_t len; /* with its newline, which only the last line may lack */
	uint64_t hash;
};

struct side {
	struct line *lines;
	size_t len, cap;
	bool *changed; /* deleted from before, or inserted into after */
};

static void side_done(struct side *s)
{
	free(s->lines);
	free(s->changed);
}

static uint64_t hash_of(const char *data, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a; equal hashes are compared in full */

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)data[i]) * 0x100000001b3u;
	return h;
}

static int side_split(struct side *s, const struct blob *b, struct error *err)
{
	const char *at = b ? b->data : NULL, *end = b ? b->data + b->len : NULL;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = newline ? (size_t)(newline - at) + 1 : (size_t)(end - at);

		if (vec_reserve((void **)&s->lines, &s->cap, s->len, sizeof(*s->lines), err) < 0)
			return -1;
		s->lines[s->len++] = (struct line){at, len, hash_of(at, len)};
		at += len;
	}
	s->changed = calloc(s->len + 1, sizeof(*s->changed));
	return s->changed ? 0 : error_nomem(err);
}

static bool same(const struct line *a, const struct line *b)
{
	return a->hash == b->hash && a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* The piece between the common beginning and the common end. */
struct middle {
	struct side *a, *b;
	size_t begin;
	long n, m; /* lines of a and of b in it */
};

static struct middle middle_of(struct side *a, struct side *b)
{
	struct middle mid = {.a = a, .b = b};
	size_t shorter = a->len < b->len ? a->len : b->len, tail = 0;

	while (mid.begin < shorter && same(&a->lines[mid.begin], &b->lines[mid.begin]))
		mid.begin++;
	while (tail < shorter - mid.begin &&
	       same(&a->lines[a->len - 1 - tail], &b->lines[b->len - 1 - tail]))
		tail++;
	mid.n = (long)(a->len - mid.begin - tail);
	mid.m = (long)(b->len - mid.begin - tail);
	return mid;
}

static void mark_all(struct middle *mid)
{
	for (long x = 0; x < mid->n; x++)
		mid->a->changed[mid->begin + (size_t)x] = true;
	for (long y = 0; y < mid->m; y++)
		mid->b->changed[mid->begin + (size_t)y] = true;
}

static bool same_at(const struct middle *mid, long x, long y)
{
	return same(&mid->a->lines[mid->begin + (size_t)x], &mid->b->lines[mid->begin + (size_t)y]);
}

/* Row d holds the furthest x on the diagonals -d, -d+2 ... d; the rows lie in one array. */
static size_t row_of(long d)
{
	return (size_t)(d * (d + 1) / 2);
}

static int furthest(const int *row, long d, long k)
{
	return row[(k + d) / 2];
}

/* Whether the step that leads to diagonal k in row d comes from above (an insertion). */
static bool comes_by_insert(const int *before, long d, long k)
{
	if (k == -d)
		return true;
	if (k == d)
		return false;
	return furthest(before, d - 1, k - 1) < furthest(before, d - 1, k + 1);
}

/* Where row d begins on diagonal k, before the equal lines. */
static long step(const int *rows, long d, long k)
{
	const int *before = d ? rows + row_of(d - 1) : NULL;

	if (d == 0)
		return 0;
	return comes_by_insert(before, d, k) ? furthest(before, d - 1, k + 1)
					     : furthest(before, d - 1, k - 1) + 1;
}

/* Fills the rows until one reaches the end; the number of differences, or -1 beyond the limit. */
static long search(const struct middle *mid, int *rows, long limit)
{
	for (long d = 0; d <= limit; d++) {
		int *row = rows + row_of(d);

		for (long k = -d; k <= d; k += 2) {
			long x = step(rows, d, k), y = x - k;

			while (x >= 0 && y >= 0 && x < mid->n && y < mid->m && same_at(mid, x, y)) {
				x++;
				y++;
			}
			row[(k + d) / 2] = (int)x;
			if (x >= mid->n && y >= mid->m)
				return d;
		}
	}
	return -1;
}

/* Goes back from the end and marks each step. */
static void mark_path(struct middle *mid, const int *rows, long d)
{
	long k = mid->n - mid->m;

	for (; d > 0; d--) {
		const int *before = rows + row_of(d - 1);
		bool insert = comes_by_insert(before, d, k);
		long x = step(rows, d, k), y = x - k;

		if (insert)
			mid->b->changed[mid->begin + (size_t)(y - 1)] = true;
		else
			mid->a->changed[mid->begin + (size_t)(x - 1)] = true;
		k += insert ? 1 : -1;
	}
}

static int mark(struct side *a, struct side *b, struct error *err)
{
	struct middle mid = middle_of(a, b);
	long limit = mid.n + mid.m < DISTANCE_MAX ? mid.n + mid.m : DISTANCE_MAX, d = -1;
	AUTO_FREE int *rows = NULL;

	if (mid.n && mid.m && mid.n + mid.m <= LINES_MAX) {
		rows = calloc(row_of(limit + 1), sizeof(*rows));
		if (!rows)
			return error_nomem(err);
		d = search(&mid, rows, limit);
	}
	if (d < 0)
		mark_all(&mid);
	else
		mark_path(&mid, rows, d);
	return 0;
}

/*
 * Slides each run of changed lines down as far as it goes, so that the lines added behind others
 * that look alike are shown as the last ones, as git does.
 */
static void slide(struct side *s, const struct side *other)
{
	size_t j = 0;

	for (size_t i = 0; i < s->len;) {
		size_t begin = i;

		while (j < other->len && other->changed[j])
			j++;
		if (!s->changed[i]) {
			i++;
			j++;
			continue;
		}
		while (i < s->len && s->changed[i])
			i++;
		if (j > 0 && other->changed[j - 1])
			continue; /* a replacement stays together */
		while (i < s->len && j < other->len && !other->changed[j] && !s->changed[i] &&
		       same(&s->lines[begin], &s->lines[i])) {
			s->changed[begin++] = false;
			s->changed[i++] = true;
			j++;
			while (i < s->len && s->changed[i])
				i++;
		}
	}
}

struct hunk {
	size_t a, b; /* first lines, from 0 */
	size_t a_len, b_len;
};

/* The next hunk at or behind *a, *b (lines that correspond); false when there is none. */
static bool next_hunk(const struct side *before, const struct side *after, size_t context, size_t a,
		      size_t b, struct hunk *h)
{
	size_t lead, gap = 0, end_a, end_b;

	for (lead = 0; a < before->len && b < after->len; a++, b++, lead++)
		if (before->changed[a] || after->changed[b])
			break;
	if (a >= before->len && b >= after->len)
		return false;
	lead = lead < context ? lead : context;
	h->a = a - lead;
	h->b = b - lead;
	end_a = a;
	end_b = b;
	while (a < before->len || b < after->len) {
		if ((a < before->len && before->changed[a]) ||
		    (b < after->len && after->changed[b])) {
			while (a < before->len && before->changed[a])
				a++;
			while (b < after->len && after->changed[b])
				b++;
			end_a = a;
			end_b = b;
			gap = 0;
		} else if (++gap > 2 * context) {
			break;
		} else {
			a++;
			b++;
		}
	}
	for (gap = 0; gap < context && end_a < before->len && end_b < after->len &&
		      !before->changed[end_a] && !after->changed[end_b];
	     gap++) {
		end_a++;
		end_b++;
	}
	h->a_len = end_a - h->a;
	h->b_len = end_b - h->b;
	return true;
}

static void print_line(char mark, const struct line *line, struct strbuf *out)
{
	strbuf_append_char(out, mark);
	strbuf_append_bytes(out, line->data, line->len);
	if (line->data[line->len - 1] != '\n')
		strbuf_append(out, "\n\\ No newline at end of file\n");
}

static void print_range(char mark, size_t begin, size_t len, struct strbuf *out)
{
	/* an empty range names the line before it */
	strbuf_appendf(out, "%c%zu", mark, len ? begin + 1 : begin);
	if (len != 1)
		strbuf_appendf(out, ",%zu", len);
}

static void print_hunk(const struct side *before, const struct side *after, const struct hunk *h,
		       struct strbuf *out)
{
	size_t a = h->a, b = h->b, end_a = a + h->a_len, end_b = b + h->b_len;

	strbuf_append(out, "@@ ");
	print_range('-', h->a, h->a_len, out);
	strbuf_append_char(out, ' ');
	print_range('+', h->b, h->b_len, out);
	strbuf_append(out, " @@\n");
	while (a < end_a || b < end_b) {
		if (a < end_a && before->changed[a]) {
			print_line('-', &before->lines[a++], out);
		} else if (b < end_b && after->changed[b]) {
			print_line('+', &after->lines[b++], out);
		} else {
			print_line(' ', &before->lines[a++], out);
			b++;
		}
	}
}

/* A name as git and patch read it: quoted when it holds quotes or control characters. */
static void print_name(const char *mark, char side, const struct blob *b, const char *path,
		       bool newline, struct strbuf *out)
{
	bool quote = false;

	path += *path == '/';
	for (const char *p = path; *p; p++)
		quote = quote || (unsigned char)*p < 0x20 || strchr("\"\\\x7f", *p);
	strbuf_append(out, mark);
	if (!b) {
		strbuf_append(out, "/dev/null");
	} else if (!quote) {
		strbuf_appendf(out, "%c/%s", side, path);
		if (strchr(path, ' ') && newline)
			strbuf_append_char(out, '\t'); /* else patch takes a part of the name */
	} else {
		strbuf_appendf(out, "\"%c/", side);
		for (const char *p = path; *p; p++)
			if ((unsigned char)*p < 0x20 || strchr("\"\\\x7f", *p))
				strbuf_appendf(out, "\\%03o", (unsigned char)*p);
			else
				strbuf_append_char(out, *p);
		strbuf_append_char(out, '"');
	}
	if (newline)
		strbuf_append_char(out, '\n');
}

static bool is_binary(const struct blob *b)
{
	return b && memchr(b->data, '\0', b->len);
}

static int print_diff(struct side *a, struct side *b, size_t context, struct strbuf *out,
		      struct error *err)
{
	struct hunk h;

	if (mark(a, b, err) < 0)
		return -1;
	slide(a, b);
	slide(b, a);
	for (size_t i = 0, j = 0; next_hunk(a, b, context, i, j, &h);) {
		print_hunk(a, b, &h, out);
		i = h.a + h.a_len;
		j = h.b + h.b_len;
	}
	return 0;
}

int diff_unified(const struct blob *before, const struct blob *after, const char *path,
		 unsigned context, struct strbuf *out, struct error *err)
{
	AUTO(side) struct side a = {0};
	AUTO(side) struct side b = {0};

	if (before == after || blob_equal(before, after))
		return 0;
	if (is_binary(before) || is_binary(after)) {
		print_name("Binary files ", 'a', before, path, false, out);
		print_name(" and ", 'b', after, path, false, out);
		strbuf_append(out, " differ\n");
		return out->failed ? error_nomem(err) : 0;
	}
	print_name("--- ", 'a', before, path, true, out);
	print_name("+++ ", 'b', after, path, true, out);
	if (side_split(&a, before, err) < 0 || side_split(&b, after, err) < 0 ||
	    print_diff(&a, &b, context, out, err) < 0)
		return -1;
	return out->failed ? error_nomem(err) : 0;
}

/* Characters that change the direction of writing, or cannot be seen and hide others. */
static bool is_deceptive(uint32_t code)
{
	return code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
	       code == 0xfeff;
}

static bool is_plain(uint32_t code)
{
	if (code == '\t' || code == '\n')
		return true;
	return code >= 0x20 && code != 0x7f && !(code >= 0x80 && code < 0xa0) &&
	       !is_deceptive(code);
}

int diff_display(const char *text, size_t len, struct strbuf *out, struct error *err)
{
	for (size_t at = 0; at < len;) {
		uint32_t code = 0;
		size_t n = utf8_character(text + at, len - at, &code);

		if (n && is_plain(code))
			strbuf_append_bytes(out, text + at, n);
		else if (n && code >= 0x80)
			strbuf_appendf(out, "\\u{%04X}", code);
		else
			strbuf_appendf(out, "\\x%02X", (unsigned char)text[at]);
		at += n ? n : 1;
	}
	return out->failed ? error_nomem(err) : 0;
}
