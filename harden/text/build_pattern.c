// SPDX-License-Identifier: Apache-2.0
/*
 * A pattern is walked along a path with the set of places in it that are reached so far, so that no
 * pattern takes longer than its length times that of the path.
 */
#include "harden/text/build_pattern.h"

#include <stdlib.h>

#define BLANKS " \t\v\f\r"
#define PLACES_MAX 4096 /* PATH_MAX: a longer pattern names nothing */

char *build_path_clean(const char *path)
{
	AUTO(strv) struct strv parts = {0};
	AUTO(strbuf) struct strbuf out = {0};
	size_t kept = 0;
	char *text = NULL;

	if (strv_split(&parts, path, "/", NULL) < 0)
		return NULL;
	for (size_t i = 0; i < parts.len; i++) {
		char *part = parts.items[i];

		if (strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") == 0) {
			kept -= kept > 0;
			continue;
		}
		parts.items[i] = parts.items[kept]; /* swapped, so that each is released once */
		parts.items[kept++] = part;
	}
	for (size_t i = 0; i < kept; i++)
		strbuf_appendf(&out, "%s%s", i ? "/" : "", parts.items[i]);
	if (!kept)
		strbuf_append_char(&out, '.');
	return strbuf_take(&out, &text, NULL) < 0 ? NULL : text;
}

bool build_path_is_pattern(const char *path)
{
	return strpbrk(path, "*?[\\") != NULL;
}

/* Behind the token that begins at p. */
static const char *after_token(const char *p)
{
	const char *end;

	if (p[0] == '*' && p[1] == '*')
		return p + 2 + (p[2] == '/');
	if (p[0] == '\\' && p[1])
		return p + 2;
	if (p[0] != '[')
		return p + 1;
	end = p + 1 + (p[1] == '^');
	end += *end == ']';
	while (*end && *end != ']')
		end += 1 + (end[0] == '\\' && end[1]);
	return *end ? end + 1 : p + 1;
}

static bool class_has(const char *p, const char *end, char c)
{
	bool negated = p[1] == '^', found = false;

	for (p += 1 + negated; p < end - 1; p++) {
		char low = *p == '\\' && p + 1 < end - 1 ? *++p : *p, high = low;

		if (p[1] == '-' && p + 2 < end - 1) {
			p += 2;
			high = *p == '\\' && p + 1 < end - 1 ? *++p : *p;
		}
		found |= (unsigned char)low <= (unsigned char)c &&
			 (unsigned char)c <= (unsigned char)high;
	}
	return found != negated;
}

static bool is_deep(const char *p)
{
	return p[0] == '*' && p[1] == '*';
}

/* Adds a place, and those that are reached from it with nothing. */
static void reach(const char *pattern, size_t at, bool *places)
{
	while (!places[at]) {
		const char *p = pattern + at;

		places[at] = true;
		if (*p != '*')
			return;
		at = (size_t)(after_token(p) - pattern);
	}
}

static bool takes(const char *p, const char *end, char c)
{
	if (*p == '?')
		return c != '/';
	if (*p == '[' && end > p + 1)
		return c != '/' && class_has(p, end, c);
	return (*p == '\\' && p[1] ? p[1] : *p) == c;
}

/*
 * One character further along the path. A place is where a token begins, or the second star of
 * "**": there stands whoever is in the middle of a directory's name.
 */
static void advance(const char *pattern, size_t at, bool begins, char c, bool *next)
{
	const char *p = pattern + at - !begins, *end = after_token(p);

	if (is_deep(p) && *end) { /* whole directories: what follows begins behind a slash */
		next[p + 1 - pattern] = true;
		if (c == '/')
			reach(pattern, (size_t)(end - pattern), next);
	} else if (is_deep(p) || (*p == '*' && c != '/')) {
		reach(pattern, (size_t)(p - pattern), next);
	} else if (*p != '*' && takes(p, end, c)) {
		reach(pattern, (size_t)(end - pattern), next);
	}
}

bool build_pattern_matches(const char *pattern, const char *path)
{
	size_t n = strlen(pattern);
	bool places[2][PLACES_MAX + 1], begins[PLACES_MAX + 1];
	unsigned now = 0;

	if (strcmp(pattern, ".") == 0)
		return true;
	if (n > PLACES_MAX)
		return false;
	memset(begins, 0, n + 1);
	for (const char *p = pattern; *p; p = after_token(p))
		begins[p - pattern] = true;
	memset(places[0], 0, n + 1);
	reach(pattern, 0, places[0]);
	for (; *path; path++) {
		bool any = false;

		if (*path == '/' && places[now][n])
			return true;
		memset(places[!now], 0, n + 1);
		for (size_t i = 0; i < n; i++)
			if (places[now][i]) {
				advance(pattern, i, begins[i], *path, places[!now]);
				any = true;
			}
		now = !now;
		if (!any)
			return false;
	}
	return places[now][n];
}

/* One line: cleaned, without comments. 1: a pattern. */
static int read_line(const char *start, size_t len, struct build_pattern *ret, struct error *err)
{
	AUTO_FREE char *line = NULL;
	char *p;

	if (len && *start == '#')
		return 0;
	line = p = strndup(start, len);
	if (!line)
		return error_nomem(err);
	p += strspn(p, BLANKS);
	for (size_t n = strlen(p); n && strchr(BLANKS, p[n - 1]); n--)
		p[n - 1] = '\0';
	ret->keeps = *p == '!';
	p += ret->keeps;
	p += strspn(p, BLANKS);
	if (!*p)
		return 0;
	ret->text = build_path_clean(p);
	return ret->text ? 1 : error_nomem(err);
}

int build_patterns_read(const char *data, size_t len, const char *file,
			struct build_patterns *ret_patterns, struct error *err)
{
	AUTO(build_patterns) struct build_patterns all = {0};
	size_t at = len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	for (unsigned line = 1; at < len; line++) {
		const char *newline = memchr(data + at, '\n', len - at);
		size_t end = newline ? (size_t)(newline - data) : len;
		struct build_pattern pattern = {0};
		int r = read_line(data + at, end - at, &pattern, err);

		if (r < 0)
			return -1;
		at = end + 1;
		if (!r)
			continue;
		if (all.len == BUILD_PATTERNS_MAX ||
		    vec_reserve((void **)&all.items, &all.cap, all.len, sizeof(pattern), err) < 0) {
			free(pattern.text);
			return all.len < BUILD_PATTERNS_MAX
				       ? -1
				       : error_set(err, ERROR_FORMAT, 0,
						   "%s:%u: more than %d patterns", file, line,
						   BUILD_PATTERNS_MAX);
		}
		all.items[all.len++] = pattern;
		all.keeps_any |= pattern.keeps;
	}
	*ret_patterns = all;
	all = (struct build_patterns){0};
	return 0;
}

void build_patterns_done(struct build_patterns *patterns)
{
	for (size_t i = 0; i < patterns->len; i++)
		free(patterns->items[i].text);
	free(patterns->items);
	*patterns = (struct build_patterns){0};
}

bool build_patterns_ignore(const struct build_patterns *patterns, const char *path)
{
	bool ignored = false;

	for (size_t i = 0; i < patterns->len; i++)
		if (ignored == patterns->items[i].keeps &&
		    build_pattern_matches(patterns->items[i].text, path))
			ignored = !patterns->items[i].keeps;
	return ignored;
}

static void append_literal(struct strbuf *out, char c)
{
	if (strchr("\\^$.|?*+()[]{}", c))
		strbuf_append_char(out, '\\');
	strbuf_append_char(out, c);
}

char *build_pattern_regex(const char *pattern)
{
	AUTO(strbuf) struct strbuf out = {0};
	char *text = NULL;
	const char *end;

	if (strcmp(pattern, ".") == 0)
		return strdup("");
	strbuf_append_char(&out, '^');
	for (const char *p = pattern; *p; p = end) {
		end = after_token(p);
		if (is_deep(p)) {
			strbuf_append(&out, *end ? "(.*/)?" : ".*");
		} else if (*p == '*') {
			strbuf_append(&out, "[^/]*");
		} else if (*p == '?') {
			strbuf_append(&out, "[^/]");
		} else if (*p == '[' && end > p + 1) {
			bool negated = p[1] == '^'; /* never a slash */

			strbuf_append(&out, negated ? "[^/" : "[");
			strbuf_append_bytes(&out, p + 1 + negated, (size_t)(end - p - 1 - negated));
		} else {
			append_literal(&out, *p == '\\' && p[1] ? p[1] : *p);
		}
	}
	strbuf_append(&out, "(/|$)");
	return strbuf_take(&out, &text, NULL) < 0 ? NULL : text;
}
