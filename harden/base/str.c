// SPDX-License-Identifier: Apache-2.0
/*
 * Strings, growing buffers, string lists and shared bytes. Growth doubles, so appending is linear
 * on the whole; nothing here aborts when memory is gone.
 */
#include "harden/base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_SIZE 4095 /* bytes asked for when nobody knows how many there are */

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

char *str_format(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	return n < 0 ? NULL : text;
}

char *path_join(const char *dir, const char *name)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir), m = strlen(name);
	char *path = malloc(n + m + 2);

	if (!path)
		return NULL;
	memcpy(path, dir, n);
	path[n] = '/';
	memcpy(path + n + 1, name, m + 1);
	return path;
}

/* Levenshtein distance over one row; words longer than the row are never near. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[64], n = strlen(a), m = strlen(b);

	if (n >= ARRAY_SIZE(row) || m >= ARRAY_SIZE(row))
		return SIZE_MAX;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[m];
}

const char *str_nearest(const char *word, const char *const *candidates, size_t count)
{
	size_t limit = strlen(word) / 3 + 1, best = limit + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t d = edit_distance(word, candidates[i]);

		if (d < best) {
			best = d;
			nearest = candidates[i];
		}
	}
	return nearest;
}

static bool strbuf_room(struct strbuf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 64;
	char *data;

	if (b->failed || more > SIZE_MAX / 4 || b->len > SIZE_MAX / 4) {
		b->failed = true;
		return false;
	}
	if (b->len + more + 1 <= b->cap)
		return true;
	while (cap < b->len + more + 1)
		cap *= 2;
	data = realloc(b->data, cap);
	if (!data) {
		b->failed = true;
		return false;
	}
	b->data = data;
	b->cap = cap;
	return true;
}

void strbuf_append_bytes(struct strbuf *b, const void *data, size_t len)
{
	if (!strbuf_room(b, len))
		return;
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void strbuf_append(struct strbuf *b, const char *text)
{
	strbuf_append_bytes(b, text, strlen(text));
}

void strbuf_append_char(struct strbuf *b, char c)
{
	strbuf_append_bytes(b, &c, 1);
}

void strbuf_appendf(struct strbuf *b, const char *format, ...)
{
	AUTO_FREE char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0) {
		text = NULL;
		b->failed = true;
		return;
	}
	strbuf_append_bytes(b, text, (size_t)n);
}

void strbuf_append_hex(struct strbuf *b, const void *data, size_t len)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++) {
		strbuf_append_char(b, "0123456789abcdef"[bytes[i] >> 4]);
		strbuf_append_char(b, "0123456789abcdef"[bytes[i] & 15]);
	}
}

int strbuf_read(struct strbuf *b, int fd, size_t expected, size_t max)
{
	size_t room = expected && expected <= max ? expected + 1 : READ_SIZE;

	for (;;) {
		ssize_t n;

		if (!strbuf_room(b, room))
			return 0;
		n = read(fd, b->data + b->len, b->cap - b->len - 1);
		b->data[b->len + (n > 0 ? (size_t)n : 0)] = '\0';
		if (n <= 0)
			return n < 0 ? -1 : 0;
		b->len += (size_t)n;
		if (b->len > max) {
			errno = EFBIG;
			return -1;
		}
		room = b->cap - b->len > 1 ? 1 : READ_SIZE;
	}
}

const char *strbuf_text(const struct strbuf *b)
{
	if (b->failed)
		return NULL;
	return b->data ? b->data : "";
}

int strbuf_take(struct strbuf *b, char **ret_text, struct error *err)
{
	strbuf_append_bytes(b, NULL, 0); /* allocates the empty text */
	if (b->failed) {
		strbuf_done(b);
		return error_nomem(err);
	}
	*ret_text = b->data;
	*b = (struct strbuf){0};
	return 0;
}

void strbuf_done(struct strbuf *b)
{
	free(b->data);
	*b = (struct strbuf){0};
}

int vec_reserve(void **items, size_t *cap, size_t len, size_t size, struct error *err)
{
	size_t want = *cap ? *cap * 2 : 8;
	void *grown;

	if (len < *cap)
		return 0;
	grown = reallocarray(*items, want, size);
	if (!grown)
		return error_nomem(err);
	*items = grown;
	*cap = want;
	return 0;
}

int strv_take(struct strv *v, char *text, struct error *err)
{
	if (!text)
		return error_nomem(err);
	if (vec_reserve((void **)&v->items, &v->cap, v->len, sizeof(*v->items), err) < 0) {
		free(text);
		return -1;
	}
	v->items[v->len++] = text;
	return 0;
}

int strv_add(struct strv *v, const char *text, struct error *err)
{
	return strv_take(v, strdup(text), err);
}

int strv_add_once(struct strv *v, const char *text, struct error *err)
{
	return strv_has(v, text) ? 0 : strv_add(v, text, err);
}

int strv_addf(struct strv *v, struct error *err, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	return strv_take(v, n < 0 ? NULL : text, err);
}

bool strv_has(const struct strv *v, const char *text)
{
	for (size_t i = 0; i < v->len; i++)
		if (strcmp(v->items[i], text) == 0)
			return true;
	return false;
}

int strv_copy(struct strv *to, const struct strv *from, struct error *err)
{
	for (size_t i = 0; i < from->len; i++)
		if (strv_add(to, from->items[i], err) < 0)
			return -1;
	return 0;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *v)
{
	if (v->len > 1)
		qsort(v->items, v->len, sizeof(*v->items), compare_strings);
}

int strv_split(struct strv *v, const char *text, const char *separators, struct error *err)
{
	while (*(text += strspn(text, separators))) {
		size_t n = strcspn(text, separators);

		if (strv_take(v, strndup(text, n), err) < 0)
			return -1;
		text += n;
	}
	return 0;
}

void strv_done(struct strv *v)
{
	for (size_t i = 0; i < v->len; i++)
		free(v->items[i]);
	free(v->items);
	*v = (struct strv){0};
}

struct blob *blob_new(const void *data, size_t len)
{
	struct blob *b;

	if (len > SIZE_MAX / 4)
		return NULL;
	b = malloc(sizeof(*b) + len + 1);
	if (!b)
		return NULL;
	b->refs = 1;
	b->len = len;
	if (len)
		memcpy(b->data, data, len);
	b->data[len] = '\0';
	return b;
}

struct blob *blob_ref(struct blob *b)
{
	if (b)
		b->refs++;
	return b;
}

void blob_free(struct blob *b)
{
	if (b && --b->refs == 0)
		free(b);
}

bool blob_equal(const struct blob *a, const struct blob *b)
{
	return a == b || (a && b && a->len == b->len && memcmp(a->data, b->data, a->len) == 0);
}

struct blob *blob_from_strbuf(struct strbuf *b)
{
	struct blob *blob = b->failed ? NULL : blob_new(b->data, b->len);

	strbuf_done(b);
	return blob;
}
