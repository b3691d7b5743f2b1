// SPDX-License-Identifier: Apache-2.0
/*
 * Expansion as in replace_env_argv() of systemd 252: $NAME only as a whole word, ${NAME} anywhere,
 * never in the first word.
 */
#include "harden/text/exec_line.h"

#include "harden/base/str.h"
#include "harden/text/unit.h"

#include <string.h>

struct expansion {
	const struct exec_variable *vars;
	size_t vars_len;
	unsigned source;
	bool off; /* prefix : */
	struct exec_line *line;
};

static const struct exec_variable *find(const struct expansion *x, const char *name, size_t len)
{
	for (size_t i = x->vars_len; i-- > 0;)
		if (strlen(x->vars[i].name) == len && memcmp(x->vars[i].name, name, len) == 0)
			return &x->vars[i];
	return NULL;
}

/* Takes text in every case. */
static int add_arg(struct exec_line *line, char *text, unsigned source, struct span span,
		   struct error *err)
{
	if (!text || vec_reserve((void **)&line->args, &line->cap, line->len, sizeof(*line->args),
				 err) < 0) {
		free(text);
		return error_nomem(err);
	}
	line->args[line->len++] = (struct exec_arg){text, source, span};
	return 0;
}

int exec_line_add_words(struct exec_line *line, const struct mapped *value, unsigned source,
			enum mapped_split how, struct error *err)
{
	AUTO(mapped_words) struct mapped_words words = {0};

	if (mapped_split(value, how, &words, err) < 0)
		return -1;
	for (size_t i = 0; i < words.len; i++)
		if (add_arg(line, strdup(words.items[i].text.text), source, words.items[i].span,
			    err) < 0)
			return -1;
	return 0;
}

/* ${NAME}, $$ and %% inside a word. */
static int expand_inside(const struct expansion *x, const char *s, char **ret_text,
			 struct error *err)
{
	AUTO(strbuf) struct strbuf out = {0};

	while (*s) {
		const char *end;

		if (s[0] == '%' && s[1] == '%') {
			strbuf_append_char(&out, '%');
			s += 2;
		} else if (!x->off && s[0] == '$' && s[1] == '$') {
			strbuf_append_char(&out, '$');
			s += 2;
		} else if (!x->off && s[0] == '$' && s[1] == '{' && (end = strchr(s, '}'))) {
			const struct exec_variable *v = find(x, s + 2, (size_t)(end - s) - 2);

			if (v && v->value->text)
				strbuf_append(&out, v->value->text);
			s = end + 1;
		} else {
			strbuf_append_char(&out, *s++);
		}
	}
	return strbuf_take(&out, ret_text, err);
}

static int add_word(const struct expansion *x, const struct mapped_word *word, struct error *err)
{
	const char *s = word->text.text;
	AUTO_FREE char *text = NULL;

	if (!x->off && s[0] == '$' && s[1] && s[1] != '{' && s[1] != '$') {
		const struct exec_variable *v = find(x, s + 1, strlen(s + 1));

		if (!v || !v->value->text)
			return 0;
		return exec_line_add_words(x->line, v->value, v->source, SPLIT_RELAXED, err);
	}
	if (expand_inside(x, s, &text, err) < 0)
		return -1;
	return add_arg(x->line, take_ptr(&text), x->source, word->span, err);
}

static bool is_separator(const struct mapped_word *word)
{
	return str_equal(word->text.text, ";") && word->span.end - word->span.start == 1;
}

static int fill(struct expansion *x, const struct mapped_words *words, struct error *err)
{
	struct exec_prefix prefix = {0};
	size_t first = 1;

	x->line->commands = words->len > 0;
	if (words->len)
		prefix = exec_prefix_parse(words->items[0].text.text);
	x->line->binary = strdup(words->len ? words->items[0].text.text + prefix.len : "");
	if (!x->line->binary)
		return error_nomem(err);
	x->off = prefix.no_expand;
	first += prefix.argv0;
	for (size_t i = first; i < words->len; i++) {
		if (is_separator(&words->items[i])) {
			x->line->commands += i + 1 < words->len;
			break;
		}
		if (add_word(x, &words->items[i], err) < 0)
			return -1;
	}
	return 0;
}

int exec_line_parse(const struct mapped *value, unsigned source, const struct exec_variable *vars,
		    size_t vars_len, struct exec_line *ret_line, struct error *err)
{
	AUTO(mapped_words) struct mapped_words words = {0};
	struct exec_line line = {0};
	struct expansion x = {.vars = vars, .vars_len = vars_len, .source = source, .line = &line};

	if (mapped_split(value, SPLIT_EXEC, &words, err) < 0)
		return -1;
	if (fill(&x, &words, err) < 0) {
		exec_line_done(&line);
		return -1;
	}
	*ret_line = line;
	return 0;
}

void exec_line_done(struct exec_line *line)
{
	for (size_t i = 0; i < line->len; i++)
		free(line->args[i].text);
	free(line->args);
	free(line->binary);
	*line = (struct exec_line){0};
}
