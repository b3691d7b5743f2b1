// SPDX-License-Identifier: Apache-2.0
/*
 * The place in the text is a dotted path. A value that is asked for is reported with its span, an
 * object that leads to one is walked into, anything else is skipped by counting brackets.
 */
#include "harden/text/json_pick.h"

#include "harden/text/json.h"
#include "harden/text/json_scan.h"

struct pick {
	struct json_scan scan;
	const struct strv *paths;
	/* what is asked for was found at [start, end); -1 stops */
	int (*found)(void *cookie, const char *path, size_t start, size_t end, struct error *err);
	void *cookie;
	struct strbuf path; /* of the member at hand */
};

static int wrong(const struct json_token *t, struct error *err)
{
	return error_set(err, ERROR_FORMAT, 0, "%u:%u: no such object", t->line, t->column);
}

/* Whether a path that is asked for lies below this one. */
static bool leads_on(const struct pick *p)
{
	for (size_t i = 0; i < p->paths->len; i++)
		if (str_starts(p->paths->items[i], p->path.data) &&
		    p->paths->items[i][p->path.len] == '.')
			return true;
	return false;
}

/* Behind the closing quote of a string that begins before at; len when there is none. */
static size_t string_end(const char *data, size_t len, size_t at)
{
	while (at < len && data[at] != '"')
		at += data[at] == '\\' ? 2 : 1;
	return at < len ? at + 1 : len;
}

/* Behind the bracket that closes what was opened before at; 0 when there is none. */
static size_t brackets_end(const char *data, size_t len, size_t at)
{
	size_t depth = 1;

	while (at < len) {
		char c = data[at++];

		if (c == '"')
			at = string_end(data, len, at);
		else if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth == 0)
			return at;
	}
	return 0;
}

/*
 * Passes over the value that begins with t; *ret_end is behind it. Most of a text is passed over, so
 * lines are not counted there.
 */
static int skip(struct pick *p, struct json_token t, size_t *ret_end, struct error *err)
{
	if (t.kind == JSON_TOKEN_STRING || t.kind == JSON_TOKEN_WORD) {
		*ret_end = t.end;
		return 0;
	}
	*ret_end = t.kind == '{' || t.kind == '['
			   ? brackets_end(p->scan.data, p->scan.len, p->scan.at)
			   : 0;
	if (!*ret_end)
		return wrong(&t, err);
	p->scan.at = *ret_end;
	return 0;
}

static int walk(struct pick *p, struct error *err);

static int member_value(struct pick *p, struct error *err)
{
	struct json_token t = json_scan_next(&p->scan);
	size_t end;

	if (strv_has(p->paths, p->path.data)) {
		if (skip(p, t, &end, err) < 0)
			return -1;
		return p->found(p->cookie, p->path.data, t.start, end, err);
	}
	if (t.kind == '{' && leads_on(p))
		return walk(p, err);
	return skip(p, t, &end, err);
}

/* A member whose key is t: extends the path for its value. */
static int member(struct pick *p, const struct json_token *t, struct error *err)
{
	size_t len = p->path.len;
	struct json_token colon = json_scan_next(&p->scan);
	int r;

	if (t->kind != JSON_TOKEN_STRING || colon.kind != ':')
		return wrong(t, err);
	if (len)
		strbuf_append_char(&p->path, '.');
	strbuf_append_bytes(&p->path, p->scan.data + t->start + 1, t->end - t->start - 2);
	if (!strbuf_text(&p->path) || !p->path.data)
		return error_nomem(err);
	r = member_value(p, err);
	p->path.len = len;
	if (p->path.data)
		p->path.data[len] = '\0';
	return r;
}

/* Behind "{". */
static int walk(struct pick *p, struct error *err)
{
	struct json_token t = json_scan_next(&p->scan);

	while (t.kind != '}') {
		if (member(p, &t, err) < 0)
			return -1;
		t = json_scan_next(&p->scan);
		if (t.kind != ',' && t.kind != '}')
			return wrong(&t, err);
		if (t.kind == ',')
			t = json_scan_next(&p->scan);
	}
	return 0;
}

static int walk_text(struct pick *p, const char *data, size_t len, struct error *err)
{
	struct json_token t;
	int r;

	json_scan_begin(&p->scan, data, len, 0);
	t = json_scan_next(&p->scan);
	r = t.kind == '{' ? walk(p, err) : wrong(&t, err);
	strbuf_done(&p->path);
	return r;
}

struct picked {
	const char *data, *file;
	struct value *map;
};

static int parse(void *cookie, const char *path, size_t start, size_t end, struct error *err)
{
	const struct picked *picked = cookie;
	AUTO_PTR(value) struct value *v = NULL;

	if (json_read(picked->data + start, end - start, path, &v, err) < 0)
		return -1;
	return value_set(picked->map, path, take_ptr(&v), err);
}

int json_pick(const char *data, size_t len, const char *file, const struct strv *paths,
	      struct value **ret_map, struct error *err)
{
	AUTO_PTR(value) struct value *map = value_map();
	struct picked picked = {.data = data, .file = file, .map = map};
	struct pick p = {.paths = paths, .found = parse, .cookie = &picked};

	if (!map)
		return error_nomem(err);
	if (walk_text(&p, data, len, err) < 0)
		return error_wrap(err, "%s", file);
	*ret_map = take_ptr(&map);
	return 0;
}

struct span {
	size_t start, end;
	bool found;
};

static int note(void *cookie, const char *path, size_t start, size_t end, struct error *err)
{
	(void)path; /* there is only one */
	(void)err;
	*(struct span *)cookie = (struct span){start, end, true};
	return 0;
}

int json_locate(const char *data, size_t len, const char *path, size_t *ret_start, size_t *ret_end,
		struct error *err)
{
	char *one[] = {(char *)path};
	const struct strv paths = {.items = one, .len = 1};
	struct span span = {0};
	struct pick p = {.paths = &paths, .found = note, .cookie = &span};

	if (walk_text(&p, data, len, err) < 0)
		return -1;
	*ret_start = span.start;
	*ret_end = span.end;
	return span.found;
}
