// SPDX-License-Identifier: Apache-2.0
/*
 * From an instruction's text to its word, flags and arguments. One table says for each instruction
 * how its arguments are written.
 */
#include "harden/text/dockerfile_parts.h"

#include "harden/text/json.h"

#include <ctype.h>
#include <strings.h>

#define BLANKS " \t\v\f\r"

enum form {
	FORM_SHELL,  /* a command for the shell */
	FORM_WORDS,  /* separated by blanks */
	FORM_PAIRS,  /* NAME=VALUE, or NAME VALUE */
	FORM_QUOTED, /* words with quotes */
	FORM_TEXT,   /* all of it is one */
};

static const struct {
	const char *name;
	enum form form;
	bool json;	 /* may be a JSON list */
	size_t at_least; /* arguments */
} table[DOCKERFILE_WORDS] = {
	[DOCKERFILE_ADD] = {"ADD", FORM_WORDS, true, 2},
	[DOCKERFILE_ARG] = {"ARG", FORM_QUOTED, false, 1},
	[DOCKERFILE_CMD] = {"CMD", FORM_SHELL, true, 0},
	[DOCKERFILE_COPY] = {"COPY", FORM_WORDS, true, 2},
	[DOCKERFILE_ENTRYPOINT] = {"ENTRYPOINT", FORM_SHELL, true, 0},
	[DOCKERFILE_ENV] = {"ENV", FORM_PAIRS, false, 1},
	[DOCKERFILE_EXPOSE] = {"EXPOSE", FORM_WORDS, false, 1},
	[DOCKERFILE_FROM] = {"FROM", FORM_WORDS, false, 1},
	[DOCKERFILE_HEALTHCHECK] = {"HEALTHCHECK", FORM_SHELL, false, 1},
	[DOCKERFILE_LABEL] = {"LABEL", FORM_PAIRS, false, 1},
	[DOCKERFILE_MAINTAINER] = {"MAINTAINER", FORM_TEXT, false, 1},
	[DOCKERFILE_ONBUILD] = {"ONBUILD", FORM_TEXT, false, 1},
	[DOCKERFILE_RUN] = {"RUN", FORM_SHELL, true, 1},
	[DOCKERFILE_SHELL] = {"SHELL", FORM_SHELL, true, 1},
	[DOCKERFILE_STOPSIGNAL] = {"STOPSIGNAL", FORM_TEXT, false, 1},
	[DOCKERFILE_USER] = {"USER", FORM_TEXT, false, 1},
	[DOCKERFILE_VOLUME] = {"VOLUME", FORM_WORDS, true, 1},
	[DOCKERFILE_WORKDIR] = {"WORKDIR", FORM_TEXT, false, 1},
};

const char *dockerfile_word_name(enum dockerfile_word word)
{
	return table[word].name;
}

static size_t skip(const char *text, size_t at)
{
	return at + strspn(text + at, BLANKS);
}

/*
 * The end of a word that begins at `at`: the first blank outside of quotes. Behind the escape
 * character nothing is special; between ' ' it is none itself.
 */
static size_t word_end(const char *text, size_t at, char escape)
{
	char quote = '\0';

	for (; text[at]; at++) {
		if (text[at] == escape && quote != '\'' && text[at + 1])
			at++;
		else if (quote)
			quote = text[at] == quote ? '\0' : quote;
		else if (text[at] == '"' || text[at] == '\'')
			quote = text[at];
		else if (strchr(BLANKS, text[at]))
			break;
	}
	return at;
}

static int take(struct strv *words, const char *text, size_t from, size_t to, struct error *err)
{
	return strv_take(words, strndup(text + from, to - from), err);
}

static size_t place_of(const struct dockerfile_instruction *i, size_t at)
{
	size_t place = i->start;

	(void)dockerfile_place(i, at, 0, &place); /* a place in front of a character always is */
	return place;
}

#define wrong_at(source, i, at, err, ...)                                                          \
	dockerfile_wrong((source), place_of((i), (at)), (err), __VA_ARGS__)

static int read_word(const struct dockerfile_source *source, struct dockerfile_instruction *i,
		     size_t at, size_t *ret_end, struct error *err)
{
	size_t end = at + strcspn(i->text + at, BLANKS);
	AUTO_FREE char *given = strndup(i->text + at, end - at);
	const char *names[DOCKERFILE_WORDS], *nearest;
	AUTO_FREE char *what = NULL;

	if (!given)
		return error_nomem(err);
	i->word_at = at;
	for (size_t k = 0; k < DOCKERFILE_WORDS; k++) {
		names[k] = table[k].name;
		if (strcasecmp(given, table[k].name) != 0)
			continue;
		i->word = (enum dockerfile_word)k;
		*ret_end = end;
		return 0;
	}
	for (char *p = given; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	nearest = str_nearest(given, names, DOCKERFILE_WORDS);
	what = str_format("%.40s%s%s%s", given, nearest ? " (did you mean " : "",
			  nearest ? nearest : "", nearest ? "?)" : "");
	if (!what)
		return error_nomem(err);
	return wrong_at(source, i, at, err, "unknown instruction %s", what);
}

static int read_onbuild(const struct dockerfile_source *source, struct dockerfile_instruction *i,
			size_t *at, struct error *err)
{
	if (i->word != DOCKERFILE_ONBUILD)
		return 0;
	*at = skip(i->text, *at);
	if (!i->text[*at])
		return wrong_at(source, i, 0, err, "ONBUILD needs an instruction");
	if (read_word(source, i, *at, at, err) < 0)
		return -1;
	if (i->word == DOCKERFILE_ONBUILD || i->word == DOCKERFILE_FROM ||
	    i->word == DOCKERFILE_MAINTAINER)
		return wrong_at(source, i, i->word_at, err, "ONBUILD does not go with %s",
				table[i->word].name);
	i->onbuild = true;
	return 0;
}

static int read_flags(struct dockerfile_instruction *i, size_t at, char escape, struct error *err)
{
	for (at = skip(i->text, at); strncmp(i->text + at, "--", 2) == 0; at = skip(i->text, at)) {
		size_t end = word_end(i->text, at, escape);

		if (end - at == 2) { /* "--": what follows is no flag */
			at = skip(i->text, end);
			break;
		}
		if (take(&i->flags, i->text, at, end, err) < 0)
			return -1;
		at = end;
	}
	i->args_at = at;
	return 0;
}

/* 1: a JSON list of texts; 0: it is not. */
static int read_json(struct dockerfile_instruction *i, size_t at, struct error *err)
{
	const char *text = i->text + at;
	AUTO_PTR(value) struct value *list = NULL;
	AUTO(error) struct error problem = {0};

	if (text[0] != '[')
		return 0;
	if (json_read(text, strlen(text), "", &list, &problem) < 0)
		return problem.code == ERROR_NOMEM ? error_nomem(err) : 0;
	for (size_t k = 0; k < list->len; k++)
		if (!value_as_text(list->members[k].value))
			return 0;
	for (size_t k = 0; k < list->len; k++)
		if (strv_add(&i->args, list->members[k].value->text, err) < 0)
			return -1;
	i->exec = true;
	return 1;
}

static int read_plain_words(struct dockerfile_instruction *i, struct error *err)
{
	for (size_t at = i->args_at; i->text[at]; at = skip(i->text, at)) {
		size_t end = at + strcspn(i->text + at, BLANKS);

		if (take(&i->args, i->text, at, end, err) < 0)
			return -1;
		at = end;
	}
	return 0;
}

static int read_quoted_words(struct dockerfile_instruction *i, char escape, struct error *err)
{
	for (size_t at = i->args_at; i->text[at]; at = skip(i->text, at)) {
		size_t end = word_end(i->text, at, escape);

		if (take(&i->args, i->text, at, end, err) < 0)
			return -1;
		at = end;
	}
	return 0;
}

/* "NAME VALUE" is the old way to write one pair. */
static int read_pairs(const struct dockerfile_source *source, struct dockerfile_instruction *i,
		      char escape, struct error *err)
{
	size_t end = word_end(i->text, i->args_at, escape), value;
	AUTO_FREE char *name = strndup(i->text + i->args_at, end - i->args_at);

	if (!name)
		return error_nomem(err);
	if (!strchr(name, '=')) {
		value = skip(i->text, end);
		if (!i->text[value])
			return wrong_at(source, i, i->args_at, err,
					"%s needs a name and a value: NAME=VALUE",
					table[i->word].name);
		return strv_addf(&i->args, err, "%s=%s", name, i->text + value);
	}
	if (read_quoted_words(i, escape, err) < 0)
		return -1;
	for (size_t k = 0; k < i->args.len; k++)
		if (!strchr(i->args.items[k], '='))
			return wrong_at(source, i, i->args_at, err, "%s takes NAME=VALUE",
					table[i->word].name);
	return 0;
}

/* NONE, or CMD with a command in either form. */
static int read_healthcheck(const struct dockerfile_source *source,
			    struct dockerfile_instruction *i, struct error *err)
{
	size_t end = i->args_at + strcspn(i->text + i->args_at, BLANKS);
	size_t n = end - i->args_at, rest = skip(i->text, end);
	const char *type = i->text + i->args_at;

	if (n == 4 && strncasecmp(type, "NONE", n) == 0)
		return strv_add(&i->args, "NONE", err);
	if (n != 3 || strncasecmp(type, "CMD", n) != 0)
		return wrong_at(source, i, i->args_at, err, "HEALTHCHECK takes CMD or NONE");
	if (!i->text[rest])
		return wrong_at(source, i, i->args_at, err, "HEALTHCHECK CMD needs a command");
	if (strv_add(&i->args, "CMD", err) < 0)
		return -1;
	switch (read_json(i, rest, err)) {
	case 0:
		return strv_add(&i->args, i->text + rest, err);
	case 1:
		return 0;
	default:
		return -1;
	}
}

static int read_args(const struct dockerfile_source *source, char escape,
		     struct dockerfile_instruction *i, struct error *err)
{
	int json;

	if (i->word == DOCKERFILE_HEALTHCHECK && i->text[i->args_at])
		return read_healthcheck(source, i, err);
	json = table[i->word].json ? read_json(i, i->args_at, err) : 0;
	if (json)
		return json < 0 ? -1 : 0;
	if (i->word == DOCKERFILE_SHELL)
		return wrong_at(source, i, i->args_at, err,
				"SHELL takes a JSON list of texts: [\"/bin/sh\", \"-c\"]");
	if (!i->text[i->args_at])
		return 0;
	switch (table[i->word].form) {
	case FORM_WORDS:
		return read_plain_words(i, err);
	case FORM_QUOTED:
		return read_quoted_words(i, escape, err);
	case FORM_PAIRS:
		return read_pairs(source, i, escape, err);
	case FORM_SHELL:
	case FORM_TEXT:
		break;
	}
	return strv_add(&i->args, i->text + i->args_at, err);
}

int dockerfile_read_words(const struct dockerfile_source *source, char escape,
			  struct dockerfile_instruction *i, struct error *err)
{
	size_t at = 0;

	if (read_word(source, i, 0, &at, err) < 0 || read_onbuild(source, i, &at, err) < 0 ||
	    read_flags(i, at, escape, err) < 0)
		return -1;
	if (i->flags.len > DOCKERFILE_FLAGS)
		return wrong_at(source, i, i->word_at, err, "more than %d flags", DOCKERFILE_FLAGS);
	if (read_args(source, escape, i, err) < 0)
		return -1;
	if (i->args.len < table[i->word].at_least)
		return wrong_at(source, i, i->word_at, err, "%s has too few arguments",
				table[i->word].name);
	return 0;
}

/* "<<EOF", "3<<-'EOF'": the name, in front of it '-' when leading tabs do not count, else ' '. */
static int read_heredoc(struct dockerfile_instruction *i, const char *word, char escape,
			struct error *err)
{
	struct dockerfile_heredoc h = {0};
	const char *p = word + strspn(word, "0123456789"), *name;
	AUTO_FREE char *plain = NULL;
	bool chomp;

	if (strncmp(p, "<<", 2) != 0)
		return 0;
	p += 2;
	chomp = *p == '-';
	name = p + chomp;
	if (!*name || strchr(name, '<'))
		return 0;
	if (dockerfile_expand(name, escape, NULL, NULL, NULL, &plain, err) < 0)
		return -1;
	if (!plain || !*plain)
		return 0;
	if (vec_reserve((void **)&i->heredocs, &i->heredocs_cap, i->heredocs_len, sizeof(h), err) <
	    0)
		return -1;
	h.expand = strcmp(plain, name) == 0;
	h.name = str_format("%c%s", chomp ? '-' : ' ', plain);
	i->heredocs[i->heredocs_len++] = h;
	return h.name ? 0 : error_nomem(err);
}

int dockerfile_read_heredocs(struct dockerfile_instruction *i, char escape, struct error *err)
{
	if (!strstr(i->text, "<<"))
		return 0;
	for (size_t at = i->args_at; i->text[at]; at = skip(i->text, at)) {
		size_t end = word_end(i->text, at, escape);
		AUTO_FREE char *word = strndup(i->text + at, end - at);

		if (!word)
			return error_nomem(err);
		if (read_heredoc(i, word, escape, err) < 0)
			return -1;
		at = end;
	}
	return 0;
}
