// SPDX-License-Identifier: Apache-2.0
/*
 * Strings and bytes.
 *
 * strbuf  a growing buffer with an error latch: append freely, then look once at the end with
 *         strbuf_take() or strbuf_failed(). Always NUL-terminated behind its length.
 * strv    a list of owned strings.
 * blob    immutable bytes with a reference count; the content of a file in the overlay.
 *
 * Allocation failure never aborts: functions return NULL or -1, or latch.
 */
#pragma once

#include "harden/base/cleanup.h"
#include "harden/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline bool str_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* printf into a fresh string; NULL when out of memory. */
char *str_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* DIR/NAME in a fresh string, "/NAME" for the root; NULL when out of memory. */
char *path_join(const char *dir, const char *name);
/* The candidate nearest to word by edit distance (at most 1/3 of its length + 1), or NULL. */
const char *str_nearest(const char *word, const char *const *candidates, size_t count);

struct strbuf {
	char *data;
	size_t len, cap;
	bool failed;
};

void strbuf_append(struct strbuf *b, const char *text);
void strbuf_append_bytes(struct strbuf *b, const void *data, size_t len);
void strbuf_append_char(struct strbuf *b, char c);
void strbuf_appendf(struct strbuf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Lower-case hexadecimal digits of the bytes. */
void strbuf_append_hex(struct strbuf *b, const void *data, size_t len);
/* The text so far, "" when empty; NULL when an append failed. */
const char *strbuf_text(const struct strbuf *b);
/*
 * Appends what fd gives up to its end; expected bytes (0: unknown) spare growing. -1 with errno: it
 * cannot be read, or EFBIG: the buffer has more than max bytes. Out of memory is latched.
 */
int strbuf_read(struct strbuf *b, int fd, size_t expected, size_t max);
/* Hands over the text (never NULL on success) and empties the buffer. */
int strbuf_take(struct strbuf *b, char **ret_text, struct error *err);
void strbuf_done(struct strbuf *b);

struct strv {
	char **items;
	size_t len, cap;
};

/* Copies text in; -1 only when out of memory. */
int strv_add(struct strv *v, const char *text, struct error *err);
/* Adds text unless it is there already. */
int strv_add_once(struct strv *v, const char *text, struct error *err);
int strv_addf(struct strv *v, struct error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Takes ownership of text, also on failure; NULL text is out of memory. */
int strv_take(struct strv *v, char *text, struct error *err);
bool strv_has(const struct strv *v, const char *text);
int strv_copy(struct strv *to, const struct strv *from, struct error *err);
void strv_sort(struct strv *v);
/* Splits at any of the separators; empty pieces are dropped. */
int strv_split(struct strv *v, const char *text, const char *separators, struct error *err);
void strv_done(struct strv *v);

struct blob {
	size_t refs;
	size_t len;
	char data[]; /* len bytes and a NUL */
};

/* A blob holding a copy of data, refs 1; NULL when out of memory. */
struct blob *blob_new(const void *data, size_t len);
struct blob *blob_ref(struct blob *b); /* NULL in, NULL out */
void blob_free(struct blob *b);	       /* drops one reference */
bool blob_equal(const struct blob *a, const struct blob *b);
/* The buffer's content as a blob; the buffer is emptied. NULL when out of memory or latched. */
struct blob *blob_from_strbuf(struct strbuf *b);
DEFINE_AUTO_PTR(blob)

/*
 * Room for one more element of size bytes behind *items (len used, *cap allocated). Used by the
 * typed arrays: if (vec_reserve((void **)&v->items, &v->cap, v->len, sizeof(*v->items), err) < 0).
 */
int vec_reserve(void **items, size_t *cap, size_t len, size_t size, struct error *err);
