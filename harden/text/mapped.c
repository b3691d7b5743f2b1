// SPDX-License-Identifier: Apache-2.0
/*
 * Mapped text and its word splitting. The splitter copies systemd's rules, not its code: see
 * extract_first_word() and cunescape_one() of systemd 252 for the behaviour.
 */
#include "harden/text/mapped.h"

#include "harden/base/str.h"

#include <string.h>

static const char blanks[] = " \t\n\r";

int mapped_begin(struct mapped *m, struct error *err)
{
	*m = (struct mapped){.cap = 64};
	m->text = malloc(m->cap);
	m->at = malloc(m->cap * sizeof(*m->at));
	if (!m->text || !m->at) {
		mapped_done(m);
		return error_nomem(err);
	}
	m->text[0] = '\0';
	return 0;
}

static int mapped_room(struct mapped *m, struct error *err)
{
	size_t cap = m->cap * 2;
	struct span *at;
	char *text;

	if (m->len + 1 < m->cap)
		return 0;
	text = realloc(m->text, cap);
	if (!text)
		return error_nomem(err);
	m->text = text;
	at = realloc(m->at, cap * sizeof(*at));
	if (!at)
		return error_nomem(err);
	m->at = at;
	m->cap = cap;
	return 0;
}

int mapped_add(struct mapped *m, char c, size_t start, size_t end, struct error *err)
{
	if (!m->text && mapped_begin(m, err) < 0)
		return -1;
	if (mapped_room(m, err) < 0)
		return -1;
	m->text[m->len] = c;
	m->at[m->len++] = (struct span){start, end};
	m->text[m->len] = '\0';
	return 0;
}

int mapped_add_range(struct mapped *m, const struct mapped *other, size_t from, size_t to,
		     struct error *err)
{
	if (!m->text && mapped_begin(m, err) < 0)
		return -1;
	for (size_t i = from; i < to && i < other->len; i++)
		if (mapped_add(m, other->text[i], other->at[i].start, other->at[i].end, err) < 0)
			return -1;
	return 0;
}

void mapped_trim(struct mapped *m)
{
	while (m->len && strchr(blanks, m->text[m->len - 1]))
		m->text[--m->len] = '\0';
}

struct span mapped_span(const struct mapped *m)
{
	if (!m->len)
		return (struct span){0, 0};
	return (struct span){m->at[0].start, m->at[m->len - 1].end};
}

void mapped_done(struct mapped *m)
{
	free(m->text);
	free(m->at);
	*m = (struct mapped){0};
}

void mapped_words_done(struct mapped_words *words)
{
	for (size_t i = 0; i < words->len; i++)
		mapped_done(&words->items[i].text);
	free(words->items);
	*words = (struct mapped_words){0};
}

static int digits(const char *s, size_t count, unsigned base, unsigned *ret_value)
{
	unsigned value = 0;

	for (size_t i = 0; i < count; i++) {
		static const char set[] = "0123456789abcdef";
		char c = s[i] >= 'A' && s[i] <= 'F' ? (char)(s[i] + 32) : s[i];
		const char *p = c ? strchr(set, c) : NULL;

		if (!p || (unsigned)(p - set) >= base)
			return -1;
		value = value * base + (unsigned)(p - set);
	}
	*ret_value = value;
	return 0;
}

/* s stands behind the backslash. Returns how many bytes of s are used, 0 if it is no escape. */
static size_t unescape(const char *s, char *ret_c)
{
	static const char from[] = "abfnrtv\\\"'s;", to[] = "\a\b\f\n\r\t\v\\\"' ;";
	const char *p = *s ? strchr(from, *s) : NULL;
	unsigned value;

	if (p) {
		*ret_c = to[p - from];
		return 1;
	}
	if (*s == 'x' && digits(s + 1, 2, 16, &value) == 0 && value) {
		*ret_c = (char)value;
		return 3;
	}
	if (digits(s, 3, 8, &value) == 0 && value && value < 256) {
		*ret_c = (char)value;
		return 3;
	}
	return 0;
}

/*
 * The escape at m->text[*i], which is a backslash: adds what it means and steps over it. systemd
 * warns about an escape it does not know and keeps both bytes.
 */
static int split_escape(const struct mapped *m, size_t *i, enum mapped_split how,
			struct mapped *word, struct error *err)
{
	size_t start = m->at[*i].start, used = 1;
	char c = m->text[*i + 1];

	if (*i + 1 >= m->len) {
		*i += 1;
		return how == SPLIT_EXEC ? mapped_add(word, '\\', start, m->at[*i - 1].end, err)
					 : 0;
	}
	if (how == SPLIT_EXEC) {
		used = unescape(m->text + *i + 1, &c);
		if (!used) {
			if (mapped_add(word, '\\', start, m->at[*i].end, err) < 0)
				return -1;
			start = m->at[*i + 1].start;
			used = 1;
		}
	}
	if (mapped_add(word, c, start, m->at[*i + used].end, err) < 0)
		return -1;
	*i += used + 1;
	return 0;
}

/* One word from m->text[*i], which is no blank. */
static int split_word(const struct mapped *m, size_t *i, enum mapped_split how,
		      struct mapped_word *word, struct error *err)
{
	char quote = 0;

	word->span.start = m->at[*i].start;
	while (*i < m->len) {
		char c = m->text[*i];

		if (!quote && strchr(blanks, c))
			break;
		if (how != SPLIT_BLANKS && c == '\\') {
			if (split_escape(m, i, how, &word->text, err) < 0)
				return -1;
			continue;
		}
		if (how != SPLIT_BLANKS && !quote && (c == '\'' || c == '"'))
			quote = c;
		else if (quote && c == quote)
			quote = 0;
		else if (mapped_add(&word->text, c, m->at[*i].start, m->at[*i].end, err) < 0)
			return -1;
		*i += 1;
	}
	if (quote && how == SPLIT_EXEC)
		return error_set(err, ERROR_FORMAT, 0, "a quote %c is not closed", quote);
	word->span.end = m->at[*i - 1].end;
	return 0;
}

static int add_word(struct mapped_words *words, struct mapped_word *word, struct error *err)
{
	if (vec_reserve((void **)&words->items, &words->cap, words->len, sizeof(*word), err) < 0)
		return -1;
	words->items[words->len++] = *word;
	return 0;
}

static int split_all(const struct mapped *m, enum mapped_split how, struct mapped_words *words,
		     struct error *err)
{
	for (size_t i = 0; i < m->len;) {
		struct mapped_word word = {0};

		if (strchr(blanks, m->text[i])) {
			i++;
			continue;
		}
		if (mapped_begin(&word.text, err) < 0)
			return -1;
		if (split_word(m, &i, how, &word, err) < 0 || add_word(words, &word, err) < 0) {
			mapped_done(&word.text);
			return -1;
		}
	}
	return 0;
}

int mapped_split(const struct mapped *m, enum mapped_split how, struct mapped_words *ret_words,
		 struct error *err)
{
	struct mapped_words words = {0};

	if (split_all(m, how, &words, err) < 0) {
		mapped_words_done(&words);
		return -1;
	}
	*ret_words = words;
	return 0;
}

void text_position(const char *data, size_t len, size_t offset, unsigned *ret_line,
		   unsigned *ret_column)
{
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < offset && i < len; i++) {
		if (data[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)data[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	*ret_line = line;
	*ret_column = column;
}
