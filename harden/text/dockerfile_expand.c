// SPDX-License-Identifier: Apache-2.0
/*
 * Quotes and variables of a word, as the builder reads them: ' ' keeps all, " " keeps all but
 * variables, and the escape character takes the meaning of the next one away.
 */
#include "harden/text/dockerfile_parts.h"

#include <ctype.h>

#define NESTED_MAX 32 /* of ${a:-${b:-...}} */

struct expander {
	const char *p;
	char escape;
	dockerfile_lookup *lookup;
	const void *cookie;
	struct strbuf out;
	struct strv unknown;
	bool too_long;
	unsigned depth;
	struct error *err;
};

static void expander_done(struct expander *e)
{
	strbuf_done(&e->out);
	strv_done(&e->unknown);
}

static int expand_until(struct expander *e, char stop);

static void put(struct expander *e, const char *text, size_t len)
{
	if (e->out.len + len > DOCKERFILE_VALUE_MAX)
		e->too_long = true;
	else
		strbuf_append_bytes(&e->out, text, len);
}

static char *take_name(struct expander *e)
{
	const char *start = e->p;

	if (isalpha((unsigned char)*e->p) || *e->p == '_')
		while (isalnum((unsigned char)*e->p) || *e->p == '_')
			e->p++;
	else if (isdigit((unsigned char)*e->p))
		while (isdigit((unsigned char)*e->p))
			e->p++;
	else if (*e->p && strchr("@*#?!$", *e->p))
		e->p++;
	return strndup(start, (size_t)(e->p - start));
}

/* The word behind ":-" in a buffer of its own; it counts only if it is chosen. */
static int take_word(struct expander *e, struct expander *word)
{
	*word = *e;
	word->out = (struct strbuf){0};
	word->unknown = (struct strv){0};
	word->too_long = false;
	word->depth++;
	if (word->depth > NESTED_MAX) {
		word->too_long = true;
		word->p += strlen(word->p);
		return 0;
	}
	return expand_until(word, '}');
}

static int choose_word(struct expander *e, const struct expander *word)
{
	for (size_t i = 0; i < word->unknown.len; i++)
		if (strv_add_once(&e->unknown, word->unknown.items[i], e->err) < 0)
			return -1;
	e->too_long |= word->too_long;
	put(e, strbuf_text(&word->out) ? strbuf_text(&word->out) : "", word->out.len);
	return 0;
}

static int put_value(struct expander *e, const char *name, const char *value)
{
	if (!value)
		return strv_add_once(&e->unknown, name, e->err);
	put(e, value, strlen(value));
	return 0;
}

/* Up to the brace that closes a form that is not worked out (${a#pattern}). */
static void skip_braces(struct expander *e)
{
	unsigned open = 1;

	for (; *e->p && open; e->p++)
		open += *e->p == '{' ? 1U : *e->p == '}' ? -1U : 0;
}

/* Behind "${". */
static int expand_braces(struct expander *e)
{
	AUTO_FREE char *name = take_name(e);
	AUTO(expander) struct expander word = {0};
	const char *value;
	bool colon;

	if (!name)
		return error_nomem(e->err);
	value = *name ? e->lookup(e->cookie, name) : NULL;
	if (*e->p == '}') {
		e->p++;
		return put_value(e, name, value);
	}
	colon = *e->p == ':';
	e->p += colon;
	if (!*e->p || !strchr("-+?", *e->p)) {
		skip_braces(e);
		return put_value(e, name, NULL);
	}
	char operator= * e->p++;

	if (take_word(e, &word) < 0)
		return -1;
	e->p = word.p + (*word.p == '}');
	if (value && colon && !*value)
		value = NULL;
	if (operator== '+')
		return value ? choose_word(e, &word) : 0;
	if (value || operator== '?')
		return put_value(e, name, value);
	return choose_word(e, &word);
}

static int expand_dollar(struct expander *e)
{
	AUTO_FREE char *name = NULL;

	if (e->p[1] == '{') {
		e->p += 2;
		return expand_braces(e);
	}
	e->p++;
	name = take_name(e);
	if (!name)
		return error_nomem(e->err);
	if (!*name) {
		put(e, "$", 1);
		return 0;
	}
	return put_value(e, name, e->lookup(e->cookie, name));
}

static void single_quoted(struct expander *e)
{
	size_t n = strcspn(++e->p, "'");

	put(e, e->p, n);
	e->p += n + (e->p[n] == '\'');
}

static int double_quoted(struct expander *e)
{
	for (e->p++; *e->p && *e->p != '"';) {
		if (*e->p == e->escape && e->p[1] &&
		    (strchr("\"$", e->p[1]) || e->p[1] == e->escape))
			e->p++;
		else if (*e->p == '$' && e->lookup) {
			if (expand_dollar(e) < 0)
				return -1;
			continue;
		}
		put(e, e->p++, 1);
	}
	e->p += *e->p == '"';
	return 0;
}

/* Up to stop, which is not taken, or the end. */
static int expand_until(struct expander *e, char stop)
{
	while (*e->p && *e->p != stop) {
		int r = 0;

		if (*e->p == '\'') {
			single_quoted(e);
		} else if (*e->p == '"') {
			r = double_quoted(e);
		} else if (*e->p == '$' && e->lookup) {
			r = expand_dollar(e);
		} else {
			if (*e->p == e->escape && !*++e->p)
				break;
			put(e, e->p++, 1);
		}
		if (r < 0)
			return -1;
	}
	return 0;
}

int dockerfile_expand(const char *word, char escape, dockerfile_lookup *lookup, const void *cookie,
		      struct strv *unknown, char **ret_text, struct error *err)
{
	AUTO(expander)
	struct expander e = {
		.p = word, .escape = escape, .lookup = lookup, .cookie = cookie, .err = err};

	if (expand_until(&e, '\0') < 0)
		return -1;
	for (size_t i = 0; unknown && i < e.unknown.len; i++)
		if (strv_add_once(unknown, e.unknown.items[i], err) < 0)
			return -1;
	*ret_text = NULL;
	return e.too_long || e.unknown.len ? 0 : strbuf_take(&e.out, ret_text, err);
}
