// SPDX-License-Identifier: Apache-2.0
/*
 * Edits as splices: the text is read for its spans, one piece of it is cut out and another put in
 * its place; every other byte is copied. Beside it the same edit is made on the value tree, and the
 * new text must read back as that tree: a root tool does not write a file on the strength of its
 * own pointer arithmetic.
 */
#include "harden/text/json_edit.h"

#include "harden/text/json.h"
#include "harden/text/json_explain.h"
#include "harden/text/json_style.h"

#include <assert.h>

#define READ_FLAGS (JSON_ALLOW_BOM | JSON_ALLOW_EMPTY)

struct edit {
	const struct blob *in;
	const char *data;
	size_t len;
	const char *file;
	struct value *root; /* becomes the tree that the result must read back as */
	bool blank;	    /* no text at all: the file is made */
	size_t from, to;    /* the piece [from, to) that is replaced */
	struct strbuf piece;
	struct error *err;
};

static void edit_done(struct edit *e)
{
	value_free(e->root);
	strbuf_done(&e->piece);
}

static int edit_begin(struct edit *e)
{
	e->data = e->in ? e->in->data : "";
	e->len = e->in ? e->in->len : 0;
	if (json_read_flags(e->data, e->len, e->file, READ_FLAGS, &e->root, e->err) < 0)
		return -1;
	e->blank = e->root->kind == VALUE_MAP && e->root->start == e->root->end;
	if (e->root->kind != VALUE_MAP)
		return json_refuse(e->err, e->file, e->root->line, e->root->column, NULL,
				   "expected a map ({...}) as the whole file, found a %s",
				   value_kind_name(e->root->kind));
	return 0;
}

static int unchanged(const struct edit *e, struct blob **ret)
{
	/* a reference more does not change the bytes */
	*ret = e->in ? blob_ref((struct blob *)e->in) : blob_new("", 0);
	return *ret ? 0 : error_nomem(e->err);
}

/* Puts the piece in and reads the result back. */
static int edit_end(struct edit *e, struct blob **ret)
{
	AUTO(strbuf) struct strbuf out = {0};
	AUTO_PTR(value) struct value *again = NULL;
	AUTO(error) struct error why = {0};
	AUTO_PTR(blob) struct blob *blob = NULL;

	strbuf_append_bytes(&out, e->data, e->from);
	strbuf_append_bytes(&out, e->piece.data, e->piece.len);
	strbuf_append_bytes(&out, e->data + e->to, e->len - e->to);
	out.failed = out.failed || e->piece.failed;
	blob = blob_from_strbuf(&out);
	if (!blob)
		return error_nomem(e->err);
	if (json_read_flags(blob->data, blob->len, e->file, READ_FLAGS, &again, &why) < 0 ||
	    !value_equal(e->root, again)) {
		if (why.code == ERROR_NOMEM)
			return error_nomem(e->err);
		(void)error_set(
			e->err, ERROR_INTERNAL, 0,
			"the edit of %s does not read back as intended; nothing was changed",
			e->file);
		error_resource(e->err, e->file);
		return -1;
	}
	*ret = take_ptr(&blob);
	return 0;
}

/* Follows path as far as maps are there; ret_key is the first key that is missing or the last. */
static int walk(const struct edit *e, const char *const *path, struct value **ret_map,
		const char *const **ret_key)
{
	struct value *map = e->root, *child;

	assert(path[0]);
	for (; path[1] && (child = value_get(map, *path)); path++, map = child)
		if (child->kind != VALUE_MAP)
			return json_refuse(
				e->err, e->file, child->line, child->column, NULL,
				"expected a map ({...}) as the value of \"%s\", found a %s", *path,
				value_kind_name(child->kind));
	*ret_map = map;
	*ret_key = path;
	return 0;
}

/* {rest[0]: {rest[1]: ... v}}; v itself when rest is empty. */
static struct value *nest(const char *const *rest, const struct value *v)
{
	AUTO_PTR(value) struct value *map = NULL;

	if (!*rest)
		return value_copy(v);
	map = value_map();
	if (!map || value_set(map, *rest, nest(rest + 1, v), NULL) < 0)
		return NULL;
	return take_ptr(&map);
}

/* The blanks from the last line break of gap on, or gap itself when it has none. */
static struct slice last_line(struct slice gap)
{
	for (size_t i = gap.len; i > 0; i--)
		if (gap.data[i - 1] == '\n')
			return (struct slice){gap.data + i, gap.len - i};
	return gap;
}

/* What stands between the last child and a new one, as between the last two. */
static void append_separator(struct edit *e, const struct json_style *style,
			     const struct value *container)
{
	size_t n = container->len, start = json_child_start(e->data, container, n - 1);
	size_t before = n > 1 ? container->members[n - 2].value->end : container->start + 1;
	const char *gap = e->data + before, *comma = n > 1 ? memchr(gap, ',', start - before) : gap;
	struct slice left = {gap, (size_t)(comma - gap)};
	struct slice right = {comma + (n > 1), start - before - left.len - (n > 1)};

	if (slice_has(left, '\n')) { /* the comma begins the line */
		strbuf_append(&e->piece, style->newline);
		left = last_line(left);
		strbuf_append_bytes(&e->piece, left.data, left.len);
	}
	strbuf_append_char(&e->piece, ',');
	if (slice_has(right, '\n')) {
		strbuf_append(&e->piece, style->newline);
		right = last_line(right);
		strbuf_append_bytes(&e->piece, right.data, right.len);
	} else if (n > 1 && right.len <= 4) {
		strbuf_append_bytes(&e->piece, right.data, right.len);
	} else {
		strbuf_append(&e->piece, style->gap);
	}
}

/* Whether the last child begins a line of its own. */
static bool last_on_own_line(const struct edit *e, const struct value *container)
{
	size_t n = container->len, start = json_child_start(e->data, container, n - 1);
	size_t before = n > 1 ? container->members[n - 2].value->end : container->start + 1;

	return slice_has((struct slice){e->data + before, start - before}, '\n');
}

/* Appends a child behind the last one. */
static int insert_behind(struct edit *e, const struct json_style *style,
			 const struct value *container, const char *key, const struct value *v)
{
	bool lines = last_on_own_line(e, container);
	struct slice indent =
		json_line_indent(e->data, json_child_start(e->data, container, container->len - 1));

	e->from = e->to = container->members[container->len - 1].value->end;
	append_separator(e, style, container);
	if (key && json_style_write_key(style, key, &e->piece, e->err) < 0)
		return -1;
	return json_style_write(style, v, indent, lines ? JSON_LAYOUT_AUTO : JSON_LAYOUT_INLINE,
				&e->piece, e->err);
}

/* Replaces an empty container, or makes the text, by one that holds the child. */
static int insert_first(struct edit *e, const struct json_style *style,
			const struct value *container, const char *key, const struct value *v)
{
	AUTO_PTR(value) struct value *whole = key ? value_map() : value_list();
	struct slice indent = json_line_indent(e->data, container->start);
	int r;

	if (!whole)
		return error_nomem(e->err);
	r = key ? value_set(whole, key, value_copy(v), e->err)
		: value_add(whole, value_copy(v), e->err);
	if (r < 0)
		return -1;
	e->from = container->start;
	e->to = container->end;
	if (e->blank) { /* blanks alone are no style worth keeping, a byte order mark is */
		e->from = e->len >= 3 && memcmp(e->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
		e->to = e->len;
		indent.len = 0;
	}
	if (json_style_write(style, whole, indent, JSON_LAYOUT_AUTO, &e->piece, e->err) < 0)
		return -1;
	if (e->blank)
		strbuf_append(&e->piece, style->newline);
	return 0;
}

static int insert(struct edit *e, struct value *container, const char *key, const struct value *v)
{
	struct json_style style = json_style_of(e->data, e->len, e->root);
	int r = container->len ? insert_behind(e, &style, container, key, v)
			       : insert_first(e, &style, container, key, v);

	if (r < 0)
		return -1;
	return key ? value_set(container, key, value_copy(v), e->err)
		   : value_add(container, value_copy(v), e->err);
}

/* A container keeps the shape it had, so that a list stays on its line or on its lines. */
static enum json_layout layout_of(const struct edit *e, const struct value *old)
{
	struct slice span = {e->data + old->start, old->end - old->start};

	if (value_len(old) == 0)
		return JSON_LAYOUT_AUTO;
	return slice_has(span, '\n') ? JSON_LAYOUT_LINES : JSON_LAYOUT_INLINE;
}

static int replace(struct edit *e, struct value *map, const char *key, const struct value *v)
{
	struct json_style style = json_style_of(e->data, e->len, e->root);
	struct value *old = value_get(map, key);
	struct slice indent = json_line_indent(e->data, old->start);

	e->from = old->start;
	e->to = old->end;
	if (json_style_write(&style, v, indent, layout_of(e, old), &e->piece, e->err) < 0)
		return -1;
	return value_set(map, key, value_copy(v), e->err);
}

int json_edit_set(const struct blob *in, const char *file, const char *const *path,
		  const struct value *v, struct blob **ret_out, struct error *err)
{
	AUTO(edit) struct edit e = {.in = in, .file = file, .err = err};
	AUTO_PTR(value) struct value *whole = NULL;
	const char *const *key;
	struct value *map, *old;

	if (edit_begin(&e) < 0 || walk(&e, path, &map, &key) < 0)
		return -1;
	old = value_get(map, *key);
	if (old && value_equal(old, v))
		return unchanged(&e, ret_out);
	if (old)
		return replace(&e, map, *key, v) < 0 ? -1 : edit_end(&e, ret_out);
	whole = nest(key + 1, v);
	if (!whole)
		return error_nomem(err);
	return insert(&e, map, *key, whole) < 0 ? -1 : edit_end(&e, ret_out);
}

/* The bytes that go with child i: its comma, and its line if it stood alone there. */
static void cut(struct edit *e, const struct value *container, size_t i)
{
	if (container->len == 1) {
		e->from = container->start + 1;
		e->to = container->end - 1;
	} else if (i > 0) { /* from behind the one before: its comma serves the next one */
		e->from = container->members[i - 1].value->end;
		e->to = container->members[i].value->end;
	} else {
		e->from = json_child_start(e->data, container, 0);
		e->to = json_child_start(e->data, container, 1);
	}
}

int json_edit_unset(const struct blob *in, const char *file, const char *const *path,
		    struct blob **ret_out, struct error *err)
{
	AUTO(edit) struct edit e = {.in = in, .file = file, .err = err};
	const char *const *key;
	struct value_member *m;
	struct value *map;

	if (edit_begin(&e) < 0 || walk(&e, path, &map, &key) < 0)
		return -1;
	m = key[1] ? NULL : value_member(map, *key);
	if (!m)
		return unchanged(&e, ret_out);
	cut(&e, map, (size_t)(m - map->members));
	(void)value_unset(map, *key); /* it is there */
	return edit_end(&e, ret_out);
}

/* The list at path; NULL when it or a parent is missing. */
static int find_list(const struct edit *e, const char *const *path, struct value **ret)
{
	const char *const *key;
	struct value *map, *list;

	if (walk(e, path, &map, &key) < 0)
		return -1;
	list = key[1] ? NULL : value_get(map, *key);
	if (list && list->kind != VALUE_LIST)
		return json_refuse(e->err, e->file, list->line, list->column, NULL,
				   "expected a list ([...]) as the value of \"%s\", found a %s",
				   *key, value_kind_name(list->kind));
	*ret = list;
	return 0;
}

int json_edit_add_element(const struct blob *in, const char *file, const char *const *path,
			  const struct value *v, struct blob **ret_out, struct error *err)
{
	AUTO(edit) struct edit e = {.in = in, .file = file, .err = err};
	AUTO_PTR(value) struct value *fresh = NULL;
	struct value *list;

	if (edit_begin(&e) < 0 || find_list(&e, path, &list) < 0)
		return -1;
	if (list)
		return insert(&e, list, NULL, v) < 0 ? -1 : edit_end(&e, ret_out);
	fresh = value_list();
	if (!fresh || value_add(fresh, value_copy(v), NULL) < 0)
		return error_nomem(err);
	return json_edit_set(in, file, path, fresh, ret_out, err);
}

static void drop_element(struct value *list, size_t index)
{
	struct value_member *m = &list->members[index];

	value_free(m->value);
	memmove(m, m + 1, (list->len - index - 1) * sizeof(*m));
	list->len--;
}

int json_edit_remove_element(const struct blob *in, const char *file, const char *const *path,
			     size_t index, struct blob **ret_out, struct error *err)
{
	AUTO(edit) struct edit e = {.in = in, .file = file, .err = err};
	struct value *list;

	if (edit_begin(&e) < 0 || find_list(&e, path, &list) < 0)
		return -1;
	if (!list || index >= list->len)
		return unchanged(&e, ret_out);
	cut(&e, list, index);
	drop_element(list, index);
	return edit_end(&e, ret_out);
}
