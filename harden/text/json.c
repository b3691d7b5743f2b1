// SPDX-License-Identifier: Apache-2.0
/*
 * JSON by jansson. Reading: jansson accepts the text and makes a tree; then the scanner walks the
 * bytes beside that tree (objects keep their order in it, and duplicates were refused), which gives
 * every value its place without a second parser to trust. Writing: our tree becomes jansson's.
 */
#include "harden/text/json.h"

#include "harden/text/json_explain.h"
#include "harden/text/json_scan.h"
#include "harden/text/utf8.h"

#include <jansson.h>
#include <math.h>

#define BOM "\xef\xbb\xbf"

static void json_t_free(json_t **j)
{
	json_decref(*j);
}
#define AUTO_JSON __attribute__((cleanup(json_t_free)))

struct reader {
	struct json_scan scan;
	const char *file;
	size_t depth;
	struct error *err;
};

static int read_value(struct reader *r, json_t *from, struct value **ret);

static struct value *scalar_from(const json_t *from)
{
	switch (json_typeof(from)) {
	case JSON_STRING:
		return value_text(json_string_value(from));
	case JSON_INTEGER:
		return value_integer(json_integer_value(from));
	case JSON_REAL:
		return value_real(json_real_value(from));
	case JSON_TRUE:
	case JSON_FALSE:
		return value_bool(json_is_true(from));
	case JSON_OBJECT:
		return value_map();
	case JSON_ARRAY:
		return value_list();
	case JSON_NULL:
		break;
	}
	return value_null();
}

static int read_members(struct reader *r, json_t *from, struct value *map)
{
	const char *key;
	json_t *child;

	json_object_foreach(from, key, child)
	{
		struct json_token t = json_scan_next(&r->scan);
		struct value *v = NULL;

		(void)json_scan_next(&r->scan); /* the colon */
		if (read_value(r, child, &v) < 0 || value_append(map, key, v, r->err) < 0)
			return -1;
		map->members[map->len - 1].key_line = t.line;
		map->members[map->len - 1].key_column = t.column;
		(void)json_scan_next(&r->scan); /* a comma, or the brace */
	}
	return 0;
}

static int read_elements(struct reader *r, json_t *from, struct value *list)
{
	size_t i;
	json_t *child;

	json_array_foreach(from, i, child)
	{
		struct value *v = NULL;

		if (read_value(r, child, &v) < 0 || value_add(list, v, r->err) < 0)
			return -1;
		(void)json_scan_next(&r->scan); /* a comma, or the bracket */
	}
	return 0;
}

static int read_value(struct reader *r, json_t *from, struct value **ret)
{
	AUTO_PTR(value) struct value *v = scalar_from(from);
	struct json_token t = json_scan_next(&r->scan);
	int status = 0;

	if (!v)
		return error_nomem(r->err);
	if ((v->kind == VALUE_LIST || v->kind == VALUE_MAP) && ++r->depth > JSON_DEPTH_MAX)
		return json_refuse_depth(r->err, r->file, t.line, t.column);
	v->line = t.line;
	v->column = t.column;
	v->start = t.start;
	if (v->kind == VALUE_MAP || v->kind == VALUE_LIST) {
		if (v->kind == VALUE_MAP)
			status = read_members(r, from, v);
		else
			status = read_elements(r, from, v);
		if (status < 0)
			return -1;
		if (v->len == 0)
			(void)json_scan_next(&r->scan); /* the bracket */
		r->depth--;
	}
	v->end = r->scan.at;
	*ret = take_ptr(&v);
	return 0;
}

static int refuse_beginning(const char *file, const char *what, const char *next, struct error *err)
{
	return json_refuse(err, file, 1, 1, next, "%s", what);
}

/* Where the text begins behind its byte order mark. */
static int skip_bom(const char *data, size_t len, const char *file, unsigned flags,
		    size_t *ret_from, struct error *err)
{
	if (len >= 2 && (memcmp(data, "\xff\xfe", 2) == 0 || memcmp(data, "\xfe\xff", 2) == 0))
		return refuse_beginning(file, "the file is written in UTF-16",
					"save it as UTF-8 without a byte order mark", err);
	*ret_from = 0;
	if (len < 3 || memcmp(data, BOM, 3) != 0)
		return 0;
	if (!(flags & JSON_ALLOW_BOM))
		return refuse_beginning(file, "the file begins with a byte order mark (EF BB BF)",
					"save it as UTF-8 without a byte order mark", err);
	*ret_from = 3;
	return 0;
}

static int read_nothing(const struct json_scan *s, const char *file, unsigned flags,
			struct value **ret, struct error *err)
{
	if (!(flags & JSON_ALLOW_EMPTY))
		return json_refuse(err, file, 1, 1, "write {} into it, or remove the file",
				   s->len ? "the file holds only blanks" : "the file is empty");
	*ret = value_map();
	if (!*ret)
		return error_nomem(err);
	(*ret)->line = s->line;
	(*ret)->column = s->column;
	(*ret)->start = (*ret)->end = s->len;
	return 0;
}

int json_read_flags(const char *data, size_t len, const char *file, unsigned flags,
		    struct value **ret_value, struct error *err)
{
	struct reader r = {.file = file, .err = err};
	AUTO_JSON json_t *tree = NULL;
	json_error_t why;
	size_t from;

	if (skip_bom(data, len, file, flags, &from, err) < 0)
		return -1;
	json_scan_begin(&r.scan, data, len, from);
	json_scan_blank(&r.scan);
	if (r.scan.at == len)
		return read_nothing(&r.scan, file, flags, ret_value, err);
	tree = json_loadb(data + from, len - from, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (!tree)
		return json_explain(data, len, from, file, &why, err);
	return read_value(&r, tree, ret_value);
}

int json_read(const char *data, size_t len, const char *file, struct value **ret_value,
	      struct error *err)
{
	return json_read_flags(data, len, file, 0, ret_value, err);
}

/* Fifteen digits print 0.1 as people write it; seventeen where that would lose something. */
static bool is_short_real(double d)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%.15g", d);
	return !(strtod(text, NULL) < d) && !(strtod(text, NULL) > d);
}

struct writer {
	size_t depth;
	bool long_reals;
	struct error *err;
};

static json_t *tree_from(struct writer *w, const struct value *v);

/* A string object of valid UTF-8. */
static json_t *string_from(const char *text)
{
	AUTO(strbuf) struct strbuf repaired = {0};
	size_t len = strlen(text);

	if (utf8_valid_length(text, len) == len)
		return json_stringn_nocheck(text, len);
	utf8_repair(text, len, &repaired);
	return strbuf_text(&repaired) ? json_string_nocheck(strbuf_text(&repaired)) : NULL;
}

static int add_member(json_t *object, const char *key, json_t *child)
{
	AUTO(strbuf) struct strbuf repaired = {0};
	size_t len = strlen(key);

	if (utf8_valid_length(key, len) == len)
		return json_object_set_new_nocheck(object, key, child);
	utf8_repair(key, len, &repaired);
	if (!strbuf_text(&repaired)) {
		json_decref(child);
		return -1;
	}
	return json_object_set_new_nocheck(object, strbuf_text(&repaired), child);
}

static json_t *container_from(struct writer *w, const struct value *v)
{
	AUTO_JSON json_t *j = v->kind == VALUE_MAP ? json_object() : json_array();

	if (w->depth == JSON_DEPTH_MAX) {
		(void)error_set(w->err, ERROR_INTERNAL, 0,
				"a value is nested deeper than %d levels", JSON_DEPTH_MAX);
		return NULL;
	}
	if (!j)
		return NULL;
	w->depth++;
	for (size_t i = 0; i < v->len; i++) {
		const struct value_member *m = &v->members[i];
		json_t *child = tree_from(w, m->value);

		if (!child ||
		    (m->key ? add_member(j, m->key, child) : json_array_append_new(j, child)) < 0)
			return NULL;
	}
	w->depth--;
	return take_ptr(&j);
}

/* NULL when out of memory, or with w->err filled. */
static json_t *tree_from(struct writer *w, const struct value *v)
{
	if (!v)
		return json_null();
	switch (v->kind) {
	case VALUE_BOOL:
		return json_boolean(v->boolean);
	case VALUE_INTEGER:
		return json_integer(v->integer);
	case VALUE_REAL:
		if (!isfinite(v->real))
			break; /* JSON has no such number */
		w->long_reals = w->long_reals || !is_short_real(v->real);
		return json_real(v->real);
	case VALUE_TEXT:
		return string_from(v->text);
	case VALUE_LIST:
	case VALUE_MAP:
		return container_from(w, v);
	case VALUE_NULL:
		break;
	}
	return json_null();
}

static int append_dump(const char *data, size_t len, void *out)
{
	strbuf_append_bytes(out, data, len);
	return 0;
}

int json_write(const struct value *v, unsigned flags, struct strbuf *out, struct error *err)
{
	AUTO(error) struct error why = {0};
	struct writer w = {.err = &why};
	AUTO_JSON json_t *tree = tree_from(&w, v);
	size_t dump = JSON_ENCODE_ANY | JSON_REAL_PRECISION(w.long_reals ? 17 : 15);

	if (!tree && why.code != ERROR_NONE) {
		if (err)
			error_move(err, &why);
		return -1;
	}
	dump |= flags & (unsigned)(JSON_INDENT) ? JSON_INDENT(2) : JSON_COMPACT;
	if (!tree || json_dump_callback(tree, append_dump, out, dump) < 0 || out->failed)
		return error_nomem(err);
	return 0;
}

int json_write_text(const char *text, struct strbuf *out, struct error *err)
{
	AUTO_JSON json_t *string = string_from(text);

	if (!string || json_dump_callback(string, append_dump, out, JSON_ENCODE_ANY) < 0 ||
	    out->failed)
		return error_nomem(err);
	return 0;
}

int json_to_text(const struct value *v, char **ret_text, struct error *err)
{
	AUTO(strbuf) struct strbuf b = {0};

	if (json_write(v, 0, &b, err) < 0)
		return -1;
	return strbuf_take(&b, ret_text, err);
}
