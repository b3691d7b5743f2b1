// SPDX-License-Identifier: Apache-2.0
/*
 * libyaml's complaints in plain words. Its texts (src/scanner.c, src/parser.c of 0.2.5) are matched
 * by what they begin with; a text that is not in the table is passed on as it is.
 */
#include "harden/text/yaml_explain.h"

#include "harden/base/str.h"
#include "harden/text/utf8.h"

struct complaint {
	const char *theirs, *ours, *next;
};

static const struct complaint complaints[] = {
	{"mapping values are not allowed", "a \":\" is not expected here",
	 "put a text that holds \": \" in quotes, or check the indentation"},
	{"did not find expected key", "expected a key, found something else",
	 "check the indentation, and quotes that were not closed"},
	{"could not find expected ':'", "expected \":\" behind the key",
	 "write \"key: value\", or check the indentation"},
	{"did not find expected '-' indicator", "expected \"- \" for the next element of the list",
	 "check the indentation"},
	{"did not find expected ',' or ']'", "expected \",\" or \"]\" in the list",
	 "close the list with \"]\""},
	{"did not find expected ',' or '}'", "expected \",\" or \"}\" in the map",
	 "close the map with \"}\""},
	{"did not find expected <document start>", "expected the end of the file",
	 "check the indentation"},
	{"did not find expected node content", "expected a value", "write the value"},
	{"found unexpected end of stream", "the file ends inside a quoted text",
	 "write the closing quote"},
	{"found unexpected document indicator", "the document ends inside a quoted text",
	 "write the closing quote"},
	{"found unknown escape character", "an escape that YAML does not know",
	 "double the backslash, or use single quotes"},
	{"found undefined tag handle", "tags are not part of this format", "remove the tag"},
	{"block sequence entries are not allowed", "a list element (\"- \") is not expected here",
	 "put the list on lines of its own below its key"},
	{"found character that cannot start any token",
	 "a character (one of @ ` %) that no plain text may begin with", "put the text in quotes"},
	{"found a tab character", "a tab where blanks are expected", "indent with blanks"},
	{"control characters are not allowed", "a control character", "remove it"},
};

static int refuse(struct error *err, const char *file, size_t line, size_t column, const char *text,
		  const char *next)
{
	(void)error_set(err, ERROR_RECIPE, 0, "%s:%zu:%zu: %s", file, line, column, text);
	error_resource(err, file);
	error_next(err, "%s", next);
	return -1;
}

/* Line and column of a byte. */
static void place_of(const char *data, size_t at, size_t *line, size_t *column)
{
	*line = *column = 1;
	for (size_t i = 0; i < at; i++) {
		if (data[i] == '\n') {
			++*line;
			*column = 1;
		} else if (((unsigned char)data[i] & 0xc0) != 0x80) {
			++*column;
		}
	}
}

static int refuse_byte(const char *data, size_t len, const char *file, size_t offset,
		       struct error *err)
{
	size_t bad = utf8_valid_length(data, len), line, column;
	AUTO_FREE char *text = NULL;

	if (bad < len && bad <= offset)
		text = str_format("the byte 0x%02x is not UTF-8", (unsigned char)data[bad]);
	else
		text = str_format("a control character (0x%02x)",
				  offset < len ? (unsigned char)data[offset] : 0);
	if (!text)
		return error_nomem(err);
	place_of(data, bad < len && bad <= offset ? bad : offset, &line, &column);
	return refuse(err, file, line, column, text, "save the file as plain UTF-8 text");
}

/* Whether a tab stands at a line and column, from 0. */
static bool is_tab(const char *data, size_t len, const yaml_mark_t *mark)
{
	const char *end = data + len, *p = data;

	for (size_t line = 0; p && line < mark->line; line++) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	return p && mark->column < (size_t)(end - p) && p[mark->column] == '\t';
}

static int refuse_syntax(const yaml_parser_t *parser, const char *file, struct error *err)
{
	const yaml_mark_t *at = &parser->problem_mark, *context = &parser->context_mark;
	const char *theirs = parser->problem ? parser->problem : "no YAML";
	const char *ours = theirs, *next = "correct the file";
	AUTO_FREE char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(complaints); i++) {
		if (!str_starts(theirs, complaints[i].theirs))
			continue;
		ours = complaints[i].ours;
		next = complaints[i].next;
	}
	if (!parser->context || (context->line == at->line && context->column == at->column))
		return refuse(err, file, at->line + 1, at->column + 1, ours, next);
	text = str_format("%s (%s that begins at line %zu, column %zu)", ours, parser->context,
			  context->line + 1, context->column + 1);
	if (!text)
		return error_nomem(err);
	return refuse(err, file, at->line + 1, at->column + 1, text, next);
}

int yaml_explain(const yaml_parser_t *parser, const char *data, size_t len, const char *file,
		 struct error *err)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return error_nomem(err);
	if (parser->error == YAML_READER_ERROR)
		return refuse_byte(data, len, file, parser->problem_offset, err);
	if (is_tab(data, len, &parser->problem_mark))
		return refuse(err, file, parser->problem_mark.line + 1,
			      parser->problem_mark.column + 1, "a tab where blanks are expected",
			      "indent with blanks");
	return refuse_syntax(parser, file, err);
}
