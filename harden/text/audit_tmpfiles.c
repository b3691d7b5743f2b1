// SPDX-License-Identifier: Apache-2.0
/*
 * The first two words of each line.
 */
#include "harden/text/audit_tmpfiles.h"

static bool makes_directory(const char *type, size_t len)
{
	return len && strchr("dDvqQ", type[0]) && strspn(type + 1, "!+-=~^$?") + 1 >= len;
}

static int add(struct tmpfiles *t, const char *path, size_t len, unsigned line, struct error *err)
{
	bool run = len >= 2 && strncmp(path, "%t", 2) == 0;
	char *text = str_format("%s%.*s", run ? "/run" : "", (int)(run ? len - 2 : len),
				run ? path + 2 : path);
	size_t n;

	if (!text || vec_reserve((void **)&t->items, &t->cap, t->len, sizeof(*t->items), err) < 0) {
		free(text);
		return error_nomem(err);
	}
	for (n = strlen(text); n > 1 && text[n - 1] == '/'; n--)
		text[n - 1] = '\0';
	if (text[0] != '/' || strchr(text, '%')) {
		free(text);
		return 0;
	}
	t->items[t->len++] = (struct tmpfiles_directory){text, line};
	return 0;
}

static int parse_line(struct tmpfiles *t, const char *s, size_t len, unsigned line,
		      struct error *err)
{
	size_t at = 0, type, path;

	while (at < len && (s[at] == ' ' || s[at] == '\t'))
		at++;
	for (type = at; at < len && s[at] != ' ' && s[at] != '\t'; at++)
		;
	if (!makes_directory(s + type, at - type))
		return 0;
	while (at < len && (s[at] == ' ' || s[at] == '\t'))
		at++;
	if (at < len && (s[at] == '"' || s[at] == '\'')) {
		char quote = s[at++];

		for (path = at; at < len && s[at] != quote; at++)
			;
	} else {
		for (path = at; at < len && s[at] != ' ' && s[at] != '\t' && s[at] != '\r'; at++)
			;
	}
	return add(t, s + path, at - path, line, err);
}

int tmpfiles_parse(const char *data, size_t len, struct tmpfiles *ret_tmpfiles, struct error *err)
{
	AUTO(tmpfiles) struct tmpfiles t = {0};
	unsigned line = 0;

	for (size_t at = 0; at < len;) {
		const char *end = memchr(data + at, '\n', len - at);
		size_t n = end ? (size_t)(end - data) - at : len - at;

		if (parse_line(&t, data + at, n, ++line, err) < 0)
			return -1;
		at += n + 1;
	}
	*ret_tmpfiles = t;
	t = (struct tmpfiles){0};
	return 0;
}

void tmpfiles_done(struct tmpfiles *t)
{
	for (size_t i = 0; i < t->len; i++)
		free(t->items[i].path);
	free(t->items);
	*t = (struct tmpfiles){0};
}
