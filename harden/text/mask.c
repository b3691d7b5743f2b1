// SPDX-License-Identifier: Apache-2.0
/*
 * Masking, line by line and from left to right: at each name it is asked whether a value follows
 * and whether that name is a secret's; URLs, key blocks and tokens of known shapes are found
 * wherever they stand. In doubt it hides: a value that is hidden needlessly is an annoyance, one
 * that is shown has to be changed.
 */
#include "harden/text/mask.h"

#include "harden/text/mask_name.h"

#include <strings.h>

struct masker {
	const char *at, *end; /* the rest of the line */
	const char *begin;    /* of its text, behind the mark of a diff */
	char quote;	      /* the quote we are inside of, or NUL */
	struct strbuf *out;
};

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

static size_t strspn_within(const char *p, const char *end, const char *set)
{
	size_t n = 0;

	while (p + n < end && p[n] && strchr(set, p[n]))
		n++;
	return n;
}

/* Over a quote, escaped or not. */
static const char *skip_quote(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && *q == '\\')
		q++;
	return q < end && (*q == '"' || *q == '\'') ? q + 1 : p;
}

static void emit_until(struct masker *m, const char *to)
{
	strbuf_append_bytes(m->out, m->at, (size_t)(to - m->at));
	m->at = to;
}

static void hide_until(struct masker *m, const char *to)
{
	if (to > m->at)
		strbuf_append(m->out, MASK_TEXT);
	m->at = to;
}

/* The end of a quoted text whose opening quote, with depth backslashes before it, is behind us. */
static const char *quoted_end(const char *p, const char *end, char quote, size_t depth)
{
	size_t slashes = 0;

	for (; p < end; p++) {
		if (*p == quote && slashes <= depth)
			return p - slashes;
		slashes = *p == '\\' ? slashes + 1 : 0;
		if (depth == 0 && slashes == 2)
			slashes = 0; /* a backslash that is itself escaped */
	}
	return end;
}

/* The end of a bare value: blanks end it, but not within quotes of its own. */
static const char *word_end(const struct masker *m, const char *p, bool query)
{
	char own = '\0';

	for (; p < m->end; p++) {
		if (*p == '\\' && p + 1 < m->end && p[1] != m->quote)
			p++;
		else if (m->quote && *p == m->quote)
			break;
		else if (!own && (is_blank(*p) || (query && *p == '&')))
			break;
		else if (*p == '"' || *p == '\'')
			own = own == *p ? '\0' : own ? own : *p;
	}
	return p < m->end ? p : m->end;
}

/* The end of a number or word of JSON, which a comma or a bracket follows; NULL if it is none. */
static const char *literal_end(const char *p, const char *end)
{
	static const char *const words[] = {"true", "false", "null"};
	const char *to = p + strspn_within(p, end, "0123456789+-.eE"), *next;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if ((size_t)(end - p) >= strlen(words[i]) &&
		    memcmp(p, words[i], strlen(words[i])) == 0)
			to = p + strlen(words[i]);
	next = skip_blanks(to, end);
	return to > p && next < end && strchr(",}]", *next) && *next ? to : NULL;
}

/* The end of a bare value that has the rest of the line for itself. */
static const char *rest_end(const struct masker *m, const char *p)
{
	const char *end = m->end, *literal = literal_end(p, m->end);

	if (literal)
		return literal;
	if (m->quote)
		return quoted_end(p, m->end, m->quote, 0);
	while (end > p && (is_blank(end[-1]) || end[-1] == '\\'))
		end--; /* a line that is continued stays one */
	return end;
}

/* Over "password", its closing quote, and = or : or (behind a flag) blanks; NULL: no value. */
static const char *find_value(const char *p, const char *end, bool flag, char *ret_separator)
{
	const char *q = skip_quote(p, end), *after = skip_blanks(q, end);

	*ret_separator = after < end ? *after : '\0';
	if (*ret_separator == '=' || *ret_separator == ':') {
		after += after + 1 < end && after[1] == '='; /* := of Go and make */
		return skip_blanks(after + 1, end);
	}
	if (!flag || after == end)
		return NULL;
	if (*after == ',')
		after = skip_blanks(after + 1, end);
	else if (after == q)
		return NULL;
	*ret_separator = ' ';
	q = skip_quote(after, end);
	return q < end && *q == '-' ? NULL : after; /* the next flag */
}

/* Hides the texts of a list that stands on this line. */
static void hide_list(struct masker *m)
{
	while (m->at < m->end && *m->at != ']') {
		const char *open = skip_quote(m->at, m->end);

		if (open > m->at) {
			const char *close =
				quoted_end(open, m->end, open[-1], (size_t)(open - m->at - 1));

			emit_until(m, open);
			hide_until(m, close);
			emit_until(m, skip_quote(m->at, m->end));
		} else {
			emit_until(m, m->at + 1);
		}
	}
}

/* The value at m->at belongs to a secret's name. */
static void hide_value(struct masker *m, char separator, bool first, bool query)
{
	const char *open = skip_quote(m->at, m->end), *to;

	if (open > m->at && open[-1] != m->quote) {
		to = quoted_end(open, m->end, open[-1], (size_t)(open - m->at - 1));
		emit_until(m, open);
	} else if (m->at < m->end && *m->at == '[') {
		hide_list(m);
		return;
	} else if (m->at < m->end && *m->at == '{') {
		return; /* its members speak for themselves */
	} else if (separator == ':' || (separator == '=' && first)) {
		to = rest_end(m, m->at);
	} else {
		to = word_end(m, m->at, query);
	}
	if (mask_is_harmless(m->at, (size_t)(to - m->at)))
		emit_until(m, to);
	else
		hide_until(m, to);
}

/* Tokens that are known by how they begin, and the scheme words before HTTP credentials. */
static bool hide_known(struct masker *m, const char *to)
{
	size_t len = (size_t)(to - m->at);
	const char *p;

	if (mask_is_known_token(m->at, len)) {
		hide_until(m, to);
		return true;
	}
	if (!((len == 5 && strncasecmp(m->at, "basic", 5) == 0) ||
	      (len == 6 && strncasecmp(m->at, "bearer", 6) == 0)))
		return false;
	p = skip_blanks(to, m->end);
	if (p == to || !mask_looks_random(p, (size_t)(word_end(m, p, false) - p)))
		return false;
	emit_until(m, p);
	hide_until(m, word_end(m, p, false));
	return true;
}

static void take_name(struct masker *m)
{
	const char *name = m->at, *to = name, *value;
	bool first = name == skip_blanks(m->begin, m->end), flag = *name == '-';
	char separator, before = name > m->begin ? name[-1] : '\0';

	while (to < m->end && is_name_char(*to))
		to++;
	if (hide_known(m, to))
		return;
	if (to - name == 6 && first && memcmp(name, "export", 6) == 0)
		m->begin = to; /* the variable comes first */
	while (name < to && *name == '-')
		name++;
	value = before == '/' ? NULL : find_value(to, m->end, flag, &separator);
	if (!value || !mask_is_secret_name(name, (size_t)(to - name))) {
		emit_until(m, to);
		return;
	}
	emit_until(m, to);
	first = first || (m->quote && before == m->quote); /* "NAME=the whole quoted text" */
	if (skip_quote(to, m->end) > to && m->quote)
		m->quote = '\0'; /* the name's own closing quote */
	emit_until(m, value);
	hide_value(m, separator, first, before == '?' || before == '&');
}

/* The two slashes behind a colon, also escaped as JSON allows; NULL if there are none. */
static const char *skip_slashes(const char *p, const char *end)
{
	for (int i = 0; i < 2; i++) {
		p += p < end && *p == '\\';
		if (p >= end || *p++ != '/')
			return NULL;
	}
	return p;
}

/* Behind "://": hides the password of user:password@host. */
static void take_authority(struct masker *m)
{
	const char *p, *colon = NULL, *sign = NULL;

	for (p = m->at; p < m->end && !is_blank(*p) && !strchr("\"'<>,", *p); p++) {
		if (*p == ':' && skip_slashes(p + 1, m->end))
			break; /* the next URL */
		if (*p == ':' && !colon)
			colon = p;
		else if (*p == '@')
			sign = p;
	}
	if (!colon || !sign || sign < colon)
		return;
	emit_until(m, colon + 1);
	hide_until(m, sign);
}

static void take_char(struct masker *m)
{
	const char *slashes = *m->at == ':' ? skip_slashes(m->at + 1, m->end) : NULL;

	if (slashes) {
		emit_until(m, slashes);
		take_authority(m);
		return;
	}
	if (*m->at == '\\' && m->at + 1 < m->end) {
		emit_until(m, m->at + 1); /* what follows opens and closes nothing */
		if (!is_name_char(*m->at))
			emit_until(m, m->at + 1);
		return;
	}
	if (*m->at == '"' || *m->at == '\'')
		m->quote = m->quote == *m->at ? '\0' : m->quote ? m->quote : *m->at;
	emit_until(m, m->at + 1);
}

static const char *find(const char *p, const char *end, const char *what)
{
	return memmem(p, (size_t)(end - p), what, strlen(what));
}

/* Behind "-----BEGIN ... PRIVATE KEY-----" on this line; NULL if there is none. */
static const char *find_key_block(const char *p, const char *end)
{
	const char *begin = find(p, end, "-----BEGIN "), *kind;

	kind = begin ? find(begin, end, "PRIVATE KEY") : NULL;
	begin = kind ? find(kind, end, "-----") : NULL;
	return begin ? begin + 5 : NULL;
}

/* The line is inside of a key block, from m->at on; true when the block goes on behind it. */
static bool take_key_lines(struct masker *m)
{
	const char *end = find(m->at, m->end, "-----END");

	emit_until(m, skip_blanks(m->at, m->end));
	if (end) {
		hide_until(m, end);
		emit_until(m, m->end);
		return false;
	}
	hide_until(m, m->end);
	return true;
}

/* Something that no key block holds: its end was cut off. */
static bool leaves_key_block(const char *p, const char *end)
{
	for (; p < end; p++)
		if (strchr("{}[]\"'@$<>#", *p))
			return true;
	return false;
}

/* Whether the line begins with a diff's mark; "-----" alone begins a line of a key block. */
static bool is_diff_mark(const char *line, const char *end)
{
	size_t dashes = strspn_within(line, end, "-");

	return line < end && dashes != 5 && (*line == '+' || *line == '-' || *line == ' ');
}

static void take_line(const char *line, const char *end, bool *in_key, struct strbuf *out)
{
	struct masker m = {.at = line, .end = end, .begin = line, .out = out};
	const char *key;

	if (is_diff_mark(line, end)) {
		emit_until(&m, m.at + 1);
		m.begin = m.at;
	}
	if (*in_key && !find(m.at, end, "-----END") && leaves_key_block(m.at, end))
		*in_key = false;
	if (*in_key) {
		*in_key = take_key_lines(&m);
		return;
	}
	key = find_key_block(m.at, end);
	while (m.at < m.end && (!key || m.at < key)) {
		if (is_name_char(*m.at))
			take_name(&m);
		else
			take_char(&m);
	}
	if (key && m.at >= key)
		*in_key = take_key_lines(&m);
}

int mask_text(const char *in, size_t len, struct strbuf *out, struct error *err)
{
	const char *end = in + len;
	bool in_key = false;

	while (in < end) {
		const char *newline = memchr(in, '\n', (size_t)(end - in));
		const char *stop = newline ? newline : end;

		take_line(in, stop, &in_key, out);
		if (newline)
			strbuf_append_char(out, '\n');
		in = newline ? newline + 1 : end;
	}
	return out->failed ? error_nomem(err) : 0;
}

/* Replaces a text by its masked form, or all of it. */
static int mask_scalar(struct value *v, bool secret, struct error *err)
{
	AUTO(strbuf) struct strbuf b = {0};
	char *masked = NULL;

	if (v->kind == VALUE_INTEGER && secret) {
		masked = strdup(MASK_TEXT);
		if (!masked)
			return error_nomem(err);
		v->kind = VALUE_TEXT;
		v->text = masked;
		return 0;
	}
	if (v->kind != VALUE_TEXT)
		return 0;
	if (secret && !mask_is_harmless(v->text, strlen(v->text)))
		strbuf_append(&b, MASK_TEXT);
	else if (mask_text(v->text, strlen(v->text), &b, err) < 0)
		return -1;
	if (strbuf_take(&b, &masked, err) < 0)
		return -1;
	free(v->text);
	v->text = masked;
	return 0;
}

/* A flag whose value is the next element of the list. */
static bool is_secret_flag(const struct value *v)
{
	const char *text = value_as_text(v);

	if (!text || *text != '-')
		return false;
	text += strspn(text, "-");
	return !strchr(text, '=') && mask_is_secret_name(text, strlen(text));
}

static int mask_tree(struct value *v, bool secret, struct error *err)
{
	bool next = false;

	if (!v || (v->kind != VALUE_LIST && v->kind != VALUE_MAP))
		return v ? mask_scalar(v, secret, err) : 0;
	for (size_t i = 0; i < v->len; i++) {
		struct value_member *m = &v->members[i];
		bool hide =
			secret || next || (m->key && mask_is_secret_name(m->key, strlen(m->key)));

		next = !m->key && is_secret_flag(m->value);
		if (mask_tree(m->value, hide, err) < 0)
			return -1;
	}
	return 0;
}

int mask_value(struct value *v, struct error *err)
{
	return mask_tree(v, false, err);
}
