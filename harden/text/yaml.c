// SPDX-License-Identifier: Apache-2.0
/*
 * YAML by libyaml's events. The reader makes values of them and refuses what a recipe has no use
 * for; libyaml's own complaints are put into plain words (yaml_explain.c).
 */
#include "harden/text/yaml.h"

#include "harden/base/str.h"
#include "harden/text/yaml_explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <yaml.h>

struct reader {
	yaml_parser_t parser;
	const char *data;
	size_t len;
	const char *file;
	size_t depth;
	yaml_report *report; /* NULL: the first mistake ends it */
	void *context;
	struct error *err;
};

static void reader_done(struct reader *r)
{
	yaml_parser_delete(&r->parser);
}

static void event_done(yaml_event_t *e)
{
	yaml_event_delete(e);
}

static __attribute__((format(printf, 6, 0))) int refuse(struct reader *r, struct error *err,
							unsigned line, unsigned column,
							const char *next, const char *format,
							va_list args)
{
	AUTO_FREE char *text = NULL;

	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		return error_nomem(err);
	}
	(void)error_set(err, ERROR_RECIPE, 0, "%s:%u:%u: %s", r->file, line, column, text);
	error_resource(err, r->file);
	error_next(err, "%s", next);
	return -1;
}

/* A mistake that ends reading. */
__attribute__((format(printf, 5, 6))) static int
fatal(struct reader *r, unsigned line, unsigned column, const char *next, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)refuse(r, r->err, line, column, next, format, args);
	va_end(args);
	return -1;
}

/* A mistake behind which reading can go on: 0 if somebody collects them. */
__attribute__((format(printf, 5, 6))) static int
mistake(struct reader *r, unsigned line, unsigned column, const char *next, const char *format, ...)
{
	AUTO(error) struct error one = {0};
	va_list args;

	va_start(args, format);
	(void)refuse(r, r->report ? &one : r->err, line, column, next, format, args);
	va_end(args);
	if (!r->report)
		return -1;
	r->report(r->context, &one);
	return 0;
}

static unsigned line_of(const yaml_event_t *e)
{
	return (unsigned)e->start_mark.line + 1;
}

static unsigned column_of(const yaml_event_t *e)
{
	return (unsigned)e->start_mark.column + 1;
}

static int next_event(struct reader *r, yaml_event_t *e)
{
	if (yaml_parser_parse(&r->parser, e))
		return 0;
	return yaml_explain(&r->parser, r->data, r->len, r->file, r->err);
}

static int refuse_anchor(struct reader *r, const yaml_event_t *e, const char *mark,
			 const yaml_char_t *name)
{
	return mistake(r, line_of(e), column_of(e), "write the value out where it is needed",
		       "anchors and aliases (%s%s) are not part of this format", mark,
		       (const char *)name);
}

/* Anchors and tags are refused wherever they stand. */
static int check_properties(struct reader *r, const yaml_event_t *e, const yaml_char_t *anchor,
			    const yaml_char_t *tag)
{
	if (anchor && refuse_anchor(r, e, "&", anchor) < 0)
		return -1;
	if (tag)
		return mistake(r, line_of(e), column_of(e), "remove the tag; a key's type is known",
			       "tags (%s) are not part of this format", (const char *)tag);
	return 0;
}

static int read_node(struct reader *r, yaml_event_t *e, struct value **ret);

static int read_scalar(struct reader *r, const yaml_event_t *e, struct value **ret)
{
	const char *text = (const char *)e->data.scalar.value;
	size_t len = e->data.scalar.length;
	bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

	if (check_properties(r, e, e->data.scalar.anchor, e->data.scalar.tag) < 0)
		return -1;
	if (memchr(text, '\0', len) &&
	    mistake(r, line_of(e), column_of(e), "remove it", "a NUL character in a text") < 0)
		return -1;
	*ret = plain && len == 0 ? value_null() : value_text(text);
	return *ret ? 0 : error_nomem(r->err);
}

static int read_list(struct reader *r, struct value *list)
{
	for (;;) {
		AUTO(event) yaml_event_t e = {0};
		struct value *child;

		if (next_event(r, &e) < 0)
			return -1;
		if (e.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		if (read_node(r, &e, &child) < 0 || value_add(list, child, r->err) < 0)
			return -1;
	}
}

/* Reads past a node whose value is of no use. */
static int skip_node(struct reader *r, yaml_event_t *e)
{
	struct value *v;

	if (read_node(r, e, &v) < 0)
		return -1;
	value_free(v);
	return 0;
}

/* A key's text, or NULL when the key was a mistake that somebody collects. */
static int read_key(struct reader *r, yaml_event_t *e, struct value **ret)
{
	*ret = NULL;
	if (e->type != YAML_SCALAR_EVENT) {
		if (mistake(r, line_of(e), column_of(e), "write one word as the key",
			    "expected a text as key, found a %s",
			    e->type == YAML_ALIAS_EVENT		   ? "reference"
			    : e->type == YAML_SEQUENCE_START_EVENT ? "list"
								   : "map") < 0)
			return -1;
		return skip_node(r, e);
	}
	if (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    str_equal((const char *)e->data.scalar.value, "<<"))
		return mistake(r, line_of(e), column_of(e), "write the members out",
			       "merge keys (<<) are not part of this format");
	if (read_scalar(r, e, ret) < 0)
		return -1;
	if ((*ret)->kind == VALUE_TEXT)
		return 0;
	value_free(take_ptr(ret));
	return mistake(r, line_of(e), column_of(e), "write a key before the colon",
		       "expected a key, found nothing");
}

static int read_member(struct reader *r, yaml_event_t *e, struct value *map)
{
	AUTO(event) yaml_event_t value_event = {0};
	AUTO_PTR(value) struct value *key = NULL;
	struct value *v;

	if (read_key(r, e, &key) < 0 || next_event(r, &value_event) < 0 ||
	    read_node(r, &value_event, &v) < 0)
		return -1;
	if (!key) {
		value_free(v);
		return 0;
	}
	if (value_append(map, key->text, v, r->err) < 0)
		return -1;
	map->members[map->len - 1].key_line = line_of(e);
	map->members[map->len - 1].key_column = column_of(e);
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	const struct value_member *x = *(const struct value_member *const *)a;
	const struct value_member *y = *(const struct value_member *const *)b;
	int order = strcmp(x->key, y->key);

	return order ? order : (x > y) - (x < y);
}

static int refuse_twice(struct reader *r, const struct value_member *first,
			const struct value_member *second)
{
	return mistake(r, second->key_line, second->key_column, "keep one of the two",
		       "the key \"%s\" is here twice; the first is at line %u, column %u",
		       second->key, first->key_line, first->key_column);
}

/* Takes out the members whose value was emptied. */
static void drop_marked(struct value *map)
{
	size_t kept = 0;

	for (size_t i = 0; i < map->len; i++) {
		if (map->members[i].value)
			map->members[kept++] = map->members[i];
		else
			free(map->members[i].key);
	}
	map->len = kept;
}

/* Sorting keeps a map of many thousand keys from taking the square of that. */
static int check_twice(struct reader *r, struct value *map)
{
	AUTO_FREE struct value_member **sorted = NULL;
	const struct value_member *first;
	int status = 0;

	if (map->len < 2)
		return 0;
	sorted = calloc(map->len, sizeof(*sorted));
	if (!sorted)
		return error_nomem(r->err);
	for (size_t i = 0; i < map->len; i++)
		sorted[i] = &map->members[i];
	qsort(sorted, map->len, sizeof(struct value_member *), compare_keys);
	first = sorted[0];
	for (size_t i = 1; i < map->len && status == 0; i++) {
		if (strcmp(first->key, sorted[i]->key) != 0) {
			first = sorted[i];
			continue;
		}
		status = refuse_twice(r, first, sorted[i]);
		value_free(take_ptr(&sorted[i]->value));
	}
	drop_marked(map);
	return status;
}

static int read_map(struct reader *r, struct value *map)
{
	for (;;) {
		AUTO(event) yaml_event_t e = {0};

		if (next_event(r, &e) < 0)
			return -1;
		if (e.type == YAML_MAPPING_END_EVENT)
			return check_twice(r, map);
		if (read_member(r, &e, map) < 0)
			return -1;
	}
}

static int read_container(struct reader *r, const yaml_event_t *e, struct value **ret)
{
	bool is_map = e->type == YAML_MAPPING_START_EVENT;
	AUTO_PTR(value) struct value *v = is_map ? value_map() : value_list();
	int status;

	if (!v)
		return error_nomem(r->err);
	if (r->depth == YAML_DEPTH_MAX)
		return fatal(r, line_of(e), column_of(e), "write it flatter",
			     "nested deeper than %d levels", YAML_DEPTH_MAX);
	status = is_map ? check_properties(r, e, e->data.mapping_start.anchor,
					   e->data.mapping_start.tag)
			: check_properties(r, e, e->data.sequence_start.anchor,
					   e->data.sequence_start.tag);
	if (status < 0)
		return -1;
	r->depth++;
	status = is_map ? read_map(r, v) : read_list(r, v);
	r->depth--;
	if (status < 0)
		return -1;
	*ret = take_ptr(&v);
	return 0;
}

static int read_node(struct reader *r, yaml_event_t *e, struct value **ret)
{
	int status = 0;

	*ret = NULL;
	if (e->type == YAML_SCALAR_EVENT) {
		status = read_scalar(r, e, ret);
	} else if (e->type == YAML_ALIAS_EVENT) {
		status = refuse_anchor(r, e, "*", e->data.alias.anchor);
		*ret = status < 0 ? NULL : value_null();
	} else {
		status = read_container(r, e, ret);
	}
	if (status < 0)
		return -1;
	if (!*ret)
		return error_nomem(r->err);
	(*ret)->line = line_of(e);
	(*ret)->column = column_of(e);
	return 0;
}

static int check_document_start(struct reader *r, const yaml_event_t *e, bool first)
{
	if (!first)
		return mistake(r, line_of(e), column_of(e), "put it into a file of its own",
			       "a second document begins here; one file holds one");
	if (e->data.document_start.tag_directives.start !=
	    e->data.document_start.tag_directives.end)
		return mistake(r, line_of(e), column_of(e), "remove the directive",
			       "tags (%%TAG) are not part of this format");
	return 0;
}

/* The events around the one document. */
static int read_stream(struct reader *r, struct value **ret)
{
	AUTO_PTR(value) struct value *v = NULL;

	for (;;) {
		AUTO(event) yaml_event_t e = {0};

		if (next_event(r, &e) < 0)
			return -1;
		if (e.type == YAML_STREAM_END_EVENT)
			break;
		if (e.type == YAML_DOCUMENT_START_EVENT) {
			if (check_document_start(r, &e, !v) < 0)
				return -1;
			if (v)
				break; /* somebody collects: what follows is another text */
		} else if (e.type != YAML_STREAM_START_EVENT && e.type != YAML_DOCUMENT_END_EVENT) {
			if (read_node(r, &e, &v) < 0)
				return -1;
		}
	}
	if (!v && (v = value_null()))
		v->line = v->column = 1;
	if (!v)
		return error_nomem(r->err);
	*ret = take_ptr(&v);
	return 0;
}

int yaml_read_all(const char *data, size_t len, const char *file, yaml_report *report,
		  void *context, struct value **ret_value, struct error *err)
{
	size_t bom = len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	/* libyaml would count the mark as a column and refuse what stands below it */
	AUTO(reader)
	struct reader r = {.data = data + bom,
			   .len = len - bom,
			   .file = file,
			   .report = report,
			   .context = context,
			   .err = err};

	if (!yaml_parser_initialize(&r.parser))
		return error_nomem(err);
	if (len > YAML_SIZE_MAX)
		return fatal(&r, 1, 1, "split it into several files", "the file is over %u MiB",
			     YAML_SIZE_MAX >> 20);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)r.data, r.len);
	return read_stream(&r, ret_value);
}

int yaml_read(const char *data, size_t len, const char *file, struct value **ret_value,
	      struct error *err)
{
	return yaml_read_all(data, len, file, NULL, NULL, ret_value, err);
}
