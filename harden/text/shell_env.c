// SPDX-License-Identifier: Apache-2.0
/*
 * The environment file reader. The systemd side follows parse_env_file_internal() of systemd 252
 * (one deviation: a comment never goes on behind a backslash, as since systemd 254, so that an
 * assignment which a newer systemd obeys is never overlooked).
 */
#include "harden/text/shell_env.h"

#include "harden/base/str.h"

#include <ctype.h>
#include <string.h>

#define VALUE_MAX (1u << 20) /* A=$A$A doubles with every line */

struct reader {
	const char *data;
	size_t len, pos;
	size_t counted; /* line ends before this offset are in line */
	unsigned line;
	enum shell_env_mode mode;
	struct shell_env *env;
};

static bool at_line_end(const struct reader *r)
{
	return r->pos >= r->len || r->data[r->pos] == '\n';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char peek(const struct reader *r, size_t ahead)
{
	return r->pos + ahead < r->len ? r->data[r->pos + ahead] : '\0';
}

static void skip_blanks(struct reader *r)
{
	while (r->pos < r->len && is_blank(r->data[r->pos]))
		r->pos++;
}

static void skip_line(struct reader *r)
{
	while (!at_line_end(r))
		r->pos++;
	if (r->pos < r->len)
		r->pos++;
}

static int take(struct reader *r, struct mapped *value, size_t prefix, struct error *err)
{
	size_t start = r->pos;

	r->pos += prefix + 1;
	return mapped_add(value, r->data[start + prefix], start, r->pos, err);
}

static size_t name_len(const char *s, size_t len)
{
	size_t n = 0;

	if (!len || isdigit((unsigned char)s[0]))
		return 0;
	while (n < len && (isalnum((unsigned char)s[n]) || s[n] == '_'))
		n++;
	return n;
}

/* The line of the current position; positions only grow, so counting is linear on the whole. */
static unsigned current_line(struct reader *r)
{
	for (; r->counted < r->pos && r->counted < r->len; r->counted++)
		r->line += r->data[r->counted] == '\n';
	return r->line;
}

static void not_understood(struct reader *r)
{
	if (!r->env->not_understood)
		r->env->not_understood = current_line(r);
}

/* $NAME or ${NAME} of a sourced file; anything else behind $ is not understood. */
static int expand(struct reader *r, struct mapped *value, struct error *err)
{
	bool brace = peek(r, 1) == '{';
	size_t from = r->pos + 1 + brace, n = name_len(r->data + from, r->len - from);
	const struct shell_env_entry *found;
	AUTO_FREE char *name = strndup(r->data + from, n);

	if (!name)
		return error_nomem(err);
	if (!n || (brace && (from + n >= r->len || r->data[from + n] != '}'))) {
		not_understood(r);
		return take(r, value, 0, err);
	}
	r->pos = from + n + brace;
	found = shell_env_find(r->env, name);
	if (found && value->len + found->value.len > VALUE_MAX) {
		not_understood(r);
		return 0;
	}
	return found ? mapped_add_range(value, &found->value, 0, found->value.len, err) : 0;
}

static int read_single_quoted(struct reader *r, struct mapped *value, struct error *err)
{
	for (r->pos++; r->pos < r->len && r->data[r->pos] != '\'';)
		if (take(r, value, 0, err) < 0)
			return -1;
	r->pos++;
	return 0;
}

static int read_double_quoted(struct reader *r, struct mapped *value, struct error *err)
{
	for (r->pos++; r->pos < r->len && r->data[r->pos] != '"';) {
		char c = r->data[r->pos], next = peek(r, 1);
		int result;

		if (c == '\\' && next == '\n') {
			r->pos += 2;
			continue;
		}
		if (c == '\\' && next && strchr("\"\\`$", next))
			result = take(r, value, 1, err);
		else if (r->mode == SHELL_ENV_SOURCED && c == '$')
			result = expand(r, value, err);
		else
			result = take(r, value, 0, err);
		if (result < 0)
			return -1;
	}
	r->pos++;
	return 0;
}

/* A backslash outside quotes: the next byte as it is, or nothing at a line end. */
static int read_escaped(struct reader *r, struct mapped *value, struct error *err)
{
	if (r->pos + 1 >= r->len) {
		r->pos++;
		return 0;
	}
	if (r->data[r->pos + 1] == '\n') {
		r->pos += 2;
		return 0;
	}
	return take(r, value, 1, err);
}

/* The unquoted rest of a line: quotes in it are ordinary, blanks at its end are dropped. */
static int read_plain(struct reader *r, struct mapped *value, struct error *err)
{
	size_t keep = value->len;

	while (!at_line_end(r)) {
		bool escape = r->data[r->pos] == '\\';
		bool blank = is_blank(r->data[r->pos]);

		if ((escape ? read_escaped(r, value, err) : take(r, value, 0, err)) < 0)
			return -1;
		if (!blank)
			keep = value->len;
	}
	value->len = keep;
	value->text[keep] = '\0';
	return 0;
}

static int read_systemd_value(struct reader *r, struct mapped *value, struct error *err)
{
	for (;;) {
		skip_blanks(r);
		if (at_line_end(r))
			return 0;
		if (r->data[r->pos] == '\'') {
			if (read_single_quoted(r, value, err) < 0)
				return -1;
		} else if (r->data[r->pos] == '"') {
			if (read_double_quoted(r, value, err) < 0)
				return -1;
		} else {
			return read_plain(r, value, err);
		}
	}
}

static int read_sourced_value(struct reader *r, struct mapped *value, struct error *err)
{
	int result = 0;

	while (result == 0 && !at_line_end(r)) {
		char c = r->data[r->pos];

		if (is_blank(c) || c == ';')
			break;
		if (strchr("`()|&<>", c))
			not_understood(r);
		if (c == '\'')
			result = read_single_quoted(r, value, err);
		else if (c == '"')
			result = read_double_quoted(r, value, err);
		else if (c == '\\')
			result = read_escaped(r, value, err);
		else if (c == '$')
			result = expand(r, value, err);
		else
			result = take(r, value, 0, err);
	}
	skip_blanks(r);
	if (result == 0 && !at_line_end(r) && r->data[r->pos] == ';')
		r->pos++;
	else if (result == 0 && !at_line_end(r) && r->data[r->pos] != '#')
		not_understood(r);
	return result;
}

static void entry_done(struct shell_env_entry *e)
{
	free(e->name);
	mapped_done(&e->value);
}

/* The assignment whose name is [start, start + n) and whose value begins at r->pos. */
static int read_assignment(struct reader *r, size_t start, size_t n, struct error *err)
{
	struct shell_env_entry e = {.name = strndup(r->data + start, n), .line = current_line(r)};
	int result = -1;

	if (!e.name)
		(void)error_nomem(err);
	else if (mapped_begin(&e.value, err) == 0)
		result = r->mode == SHELL_ENV_SYSTEMD ? read_systemd_value(r, &e.value, err)
						      : read_sourced_value(r, &e.value, err);
	if (result == 0)
		result = vec_reserve((void **)&r->env->entries, &r->env->cap, r->env->len,
				     sizeof(e), err);
	if (result < 0)
		entry_done(&e);
	else
		r->env->entries[r->env->len++] = e;
	return result;
}

static int read_line(struct reader *r, struct error *err)
{
	size_t start, n;

	skip_blanks(r);
	if (at_line_end(r) || strchr("#;", r->data[r->pos])) {
		skip_line(r);
		return 0;
	}
	if (r->mode == SHELL_ENV_SOURCED && r->len - r->pos > 7 &&
	    memcmp(r->data + r->pos, "export ", 7) == 0) {
		r->pos += 7;
		skip_blanks(r);
	}
	start = r->pos;
	n = name_len(r->data + start, r->len - start);
	r->pos += n;
	if (r->mode == SHELL_ENV_SYSTEMD)
		skip_blanks(r);
	if (!n || peek(r, 0) != '=') {
		if (r->mode == SHELL_ENV_SOURCED && !(n && at_line_end(r)))
			not_understood(r);
		skip_line(r);
		return 0;
	}
	r->pos++;
	return read_assignment(r, start, n, err);
}

int shell_env_parse(const char *data, size_t len, enum shell_env_mode mode,
		    struct shell_env *ret_env, struct error *err)
{
	struct shell_env env = {0};
	struct reader r = {.data = data, .len = len, .line = 1, .mode = mode, .env = &env};

	while (r.pos < r.len) {
		if (read_line(&r, err) < 0) {
			shell_env_done(&env);
			return -1;
		}
	}
	*ret_env = env;
	return 0;
}

const struct shell_env_entry *shell_env_find(const struct shell_env *env, const char *name)
{
	for (size_t i = env->len; i-- > 0;)
		if (str_equal(env->entries[i].name, name))
			return &env->entries[i];
	return NULL;
}

void shell_env_done(struct shell_env *env)
{
	for (size_t i = 0; i < env->len; i++)
		entry_done(&env->entries[i]);
	free(env->entries);
	*env = (struct shell_env){0};
}
