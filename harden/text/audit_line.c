// SPDX-License-Identifier: Apache-2.0
/*
 * From bytes to lines and from lines to words; audit_option.c reads the words.
 */
#include "harden/text/audit_line.h"

#include "harden/text/audit_option.h"

#include <ctype.h>

#define LINE_MAX_BYTES 6143 /* auditctl reads lines into 6144 bytes */

static void audit_words_done(struct audit_words *w)
{
	for (size_t i = 0; i < w->len; i++)
		free(w->items[i].text);
	free(w->items);
}

static int add_word(struct audit_words *words, const char *from, size_t len, unsigned column,
		    struct error *err)
{
	AUTO_FREE char *text = malloc(len + 1);
	size_t n = 0;

	if (!text || vec_reserve((void **)&words->items, &words->cap, words->len,
				 sizeof(*words->items), err) < 0)
		return error_nomem(err);
	for (size_t i = 0; i < len; i++) {
		if (from[i] == '\\' && i + 1 < len && (from[i + 1] == ' ' || from[i + 1] == '\\'))
			i++;
		text[n++] = from[i];
	}
	text[n] = '\0';
	words->items[words->len++] = (struct audit_word){take_ptr(&text), column};
	return 0;
}

static int split_words(const char *s, size_t len, struct audit_words *words, struct error *err)
{
	size_t i = 0;

	while (i < len) {
		size_t start;

		if (s[i] == ' ') {
			i++;
			continue;
		}
		for (start = i; i < len && s[i] != ' '; i++)
			if (s[i] == '\\' && i + 1 < len && (s[i + 1] == ' ' || s[i + 1] == '\\'))
				i++;
		if (add_word(words, s + start, i - start, (unsigned)start + 1, err) < 0)
			return -1;
	}
	return 0;
}

static const struct {
	const char *name;
	bool takes;
} long_options[] = {
	{"loginuid-immutable", false},
	{"backlog_wait_time", true},
	{"reset-lost", false},
	{"reset_backlog_wait_time_actual", false},
	{"signal", true},
};

/* auditctl returns at once behind a long option that worked; what follows is not looked at. */
static int run_long(struct audit_parser *p, const struct audit_word *word, struct error *err)
{
	const char *name = word->text + 2, *equal = strchr(name, '=');
	size_t n = equal ? (size_t)(equal - name) : strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(long_options); i++) {
		const char *arg = equal ? equal + 1 : NULL;

		if (strncmp(name, long_options[i].name, n) != 0 || n < 6)
			continue; /* getopt_long(3) takes what is short but clear */
		if (long_options[i].takes && !arg) {
			if (p->next >= p->words->len)
				break;
			arg = p->words->items[p->next++].text;
		}
		if (i == 1 && !isdigit((unsigned char)arg[0]))
			return audit_option_refuse(p, word->column, err,
						   "expected a number, found %s", arg);
		return audit_option_control(p, '-', arg, err);
	}
	return audit_option_refuse(p, word->column, err, "option %s is not known", word->text);
}

/* One word that begins with a dash: options may be bundled, an argument may be attached. */
static int run_short(struct audit_parser *p, const struct audit_word *word, struct error *err)
{
	for (const char *c = word->text + 1; *c; c++) {
		const struct audit_option *o = audit_option_find(*c);
		unsigned column = word->column + (unsigned)(c - word->text);
		const char *arg = NULL;
		int r;

		if (!o)
			return audit_option_refuse(p, word->column, err, "option %s is not known",
						   word->text);
		if (o->takes && c[1]) {
			arg = c + 1;
			column++;
		} else if (o->takes) {
			if (p->next >= p->words->len)
				return audit_option_refuse(p, word->column, err,
							   "-%c needs an argument", *c);
			column = p->words->items[p->next].column;
			arg = p->words->items[p->next++].text;
		}
		r = o->run(p, arg, column, err);
		if (r == 0 && (*c == 'c' || *c == 'r'))
			p->out->control = *c;
		if (r || o->takes || p->stop)
			return r;
	}
	return 0;
}

/* getopt(3) moves words that are no options behind the others, where auditctl finds them. */
static int run_words(struct audit_parser *p, struct error *err)
{
	const struct audit_word *stray = NULL;
	int r = 0;

	while (r == 0 && !p->stop && p->next < p->words->len) {
		const struct audit_word *word = &p->words->items[p->next++];

		if (word->text[0] != '-' || !word->text[1]) {
			stray = stray ? stray : word;
			continue;
		}
		r = word->text[1] == '-' ? run_long(p, word, err) : run_short(p, word, err);
	}
	if (r)
		return r;
	if (!stray && p->next < p->words->len)
		stray = &p->words->items[p->next];
	if (!stray)
		return 0;
	if (stray->text[0] == '#')
		return audit_option_refuse(p, stray->column, err,
					   "a comment cannot follow on the same line: auditctl "
					   "takes its words for parameters");
	if (stray->text[0] == '\t')
		return audit_option_refuse(
			p, stray->column, err,
			"a line cannot begin with a TAB, not even before a comment");
	return audit_option_refuse(
		p, stray->column, err, "%s is a word without an option before it",
		strcmp(stray->text, "\r") == 0 ? "a carriage return" : stray->text);
}

static int finish(struct audit_parser *p, struct error *err)
{
	struct audit_line *out = p->out;
	struct audit_rule *rule = &out->rule;
	unsigned column = p->words->items[0].column;

	if (out->control && !p->add && !p->del) {
		out->kind = LINE_CONTROL;
		return 0;
	}
	if (!p->add && !p->del)
		return audit_option_refuse(p, column, err, "no list given");
	if (rule->keys.len && !(p->syscalls || p->perms || p->exe || p->fstype))
		return audit_option_refuse(p, column, err,
					   "a key needs a watch, a system call or exe before it");
	if (rule->list == LIST_EXIT && !p->syscalls)
		rule->all_syscalls = true;
	if (rule->all_syscalls)
		strv_done(&rule->syscalls);
	audit_rule_finish(rule);
	out->kind = p->add ? LINE_RULE : LINE_DELETE;
	if (rule->keys.len && str_ends(rule->keys.items[rule->keys.len - 1], "\r"))
		out->remark = "ends in a carriage return, which becomes part of the key";
	return 0;
}

static int parse_words(const struct audit_words *words, struct audit_line *out, struct error *err)
{
	struct audit_parser p = {.out = out, .words = words};
	int r = run_words(&p, err);

	if (r == 0)
		r = finish(&p, err);
	if (r > 0)
		out->kind = LINE_WRONG;
	return r < 0 ? -1 : 0;
}

int audit_line_parse(const char *data, size_t len, unsigned line, struct audit_line *ret_line,
		     struct error *err)
{
	AUTO(audit_words) struct audit_words words = {0};
	AUTO(audit_line) struct audit_line out = {.line = line};
	size_t blanks = 0;

	len = strnlen(data, len); /* auditctl's strings end at a NUL */
	while (blanks < len && data[blanks] == ' ')
		blanks++;
	if (blanks < len) {
		out.text = strndup(data, len);
		if (!out.text)
			return error_nomem(err);
		out.kind = LINE_COMMENT;
	}
	if (blanks < len && data[blanks] != '#')
		if (split_words(data, len, &words, err) < 0 || parse_words(&words, &out, err) < 0)
			return -1;
	if (len > LINE_MAX_BYTES && out.kind != LINE_WRONG) {
		out.problem = str_format("a line of more than %d bytes is cut", LINE_MAX_BYTES);
		out.column = LINE_MAX_BYTES + 1;
		out.kind = LINE_WRONG;
		if (!out.problem)
			return error_nomem(err);
	}
	*ret_line = out;
	out = (struct audit_line){0};
	return 0;
}

void audit_line_done(struct audit_line *line)
{
	free(line->text);
	audit_rule_done(&line->rule);
	free(line->argument);
	free(line->problem);
	free(line->place.path);
	*line = (struct audit_line){0};
}

static int add_line(struct audit_text *text, const char *data, size_t len, struct error *err)
{
	if (vec_reserve((void **)&text->lines, &text->cap, text->len, sizeof(*text->lines), err) <
	    0)
		return -1;
	if (audit_line_parse(data, len, (unsigned)text->len + 1, &text->lines[text->len], err) < 0)
		return -1;
	text->len++;
	return 0;
}

int audit_text_parse(const char *file, const char *data, size_t len, struct audit_text *ret_text,
		     struct error *err)
{
	AUTO(audit_text) struct audit_text text = {.file = strdup(file)};
	size_t at = 0;

	if (!text.file)
		return error_nomem(err);
	while (at < len) {
		const char *end = memchr(data + at, '\n', len - at);
		size_t n = end ? (size_t)(end - data) - at : len - at;

		if (add_line(&text, data + at, n, err) < 0)
			return -1;
		at += n + 1;
	}
	text.unended = len && data[len - 1] != '\n';
	*ret_text = text;
	text = (struct audit_text){0};
	return 0;
}

void audit_text_done(struct audit_text *text)
{
	for (size_t i = 0; i < text->len; i++)
		audit_line_done(&text->lines[i]);
	free(text->lines);
	free(text->file);
	*text = (struct audit_text){0};
}
