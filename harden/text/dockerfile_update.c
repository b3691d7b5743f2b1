// SPDX-License-Identifier: Apache-2.0
/*
 * "RUN apt-get update" and the "RUN apt-get install" behind it. Joining is only done where it cannot
 * change what the shell does: the first is one plain command, and the second stops as soon as a part
 * of it fails, so that a failed update still ends the build.
 */
#include "harden/text/dockerfile_edit.h"

#include <ctype.h>
#include <strings.h>

#define BLANKS " \t\v\f\r"
#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+@%" BLANKS

static const struct tool {
	const char *name;
	const char *update[3], *install[2];
} tools[] = {
	{"apt-get", {"update"}, {"install"}},
	{"apt", {"update"}, {"install"}},
	{"aptitude", {"update"}, {"install"}},
	{"apk", {"update"}, {"add"}},
	{"yum", {"makecache"}, {"install"}},
	{"dnf", {"makecache"}, {"install"}},
	{"microdnf", {"makecache"}, {"install"}},
	{"zypper", {"refresh", "ref"}, {"install", "in"}},
	{"pacman", {"-Sy"}, {"-S"}},
};

/* The next word of a command, behind *at; its length, 0 at the end. */
static size_t next_word(const char *text, size_t *at)
{
	*at += strspn(text + *at, BLANKS);
	return strcspn(text + *at, BLANKS);
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return word && strlen(word) == len && strncmp(text, word, len) == 0;
}

static bool is_one_of(const char *text, size_t len, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_word(text, len, words[i]))
			return true;
	return false;
}

/* Options that take the next word. */
static bool takes_next(const char *text, size_t len)
{
	static const char *const options[] = {"-o", "-c", "-t", "-X", "--repository", "--option"};

	return is_one_of(text, len, options, ARRAY_SIZE(options));
}

/* Where the verb of a command of that tool stands: the first word that is no option; 0: none. */
static size_t find_verb(const char *text, const struct tool *tool, size_t *ret_len)
{
	size_t at = 0, n = next_word(text, &at);
	bool skip = false;

	if (!is_word(text + at, n, tool->name))
		return 0;
	for (at += n; (n = next_word(text, &at)); at += n) {
		*ret_len = n;
		if (!skip && (text[at] != '-' ||
			      is_one_of(text + at, n, tool->update, ARRAY_SIZE(tool->update)) ||
			      is_one_of(text + at, n, tool->install, ARRAY_SIZE(tool->install))))
			return at;
		skip = !skip && takes_next(text + at, n);
	}
	return 0;
}

static bool only_options(const char *text)
{
	size_t at = 0, n;
	bool skip = false;

	for (; (n = next_word(text, &at)); at += n) {
		if (!skip && text[at] != '-')
			return false;
		skip = !skip && takes_next(text + at, n);
	}
	return true;
}

/* The tool whose lists this command updates, and does nothing else. */
static const struct tool *updating_tool(const char *text)
{
	if (text[strspn(text, PLAIN)])
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		const struct tool *tool = &tools[i];
		size_t n = 0, at = find_verb(text, tool, &n);

		if (!at || !is_one_of(text + at, n, tool->update, ARRAY_SIZE(tool->update)))
			continue;
		return only_options(text + at + n) ? tool : NULL;
	}
	return NULL;
}

/* Where the word that installs stands; 0: this command does not begin so. */
static size_t install_verb(const char *text, const struct tool *tool, size_t *ret_len)
{
	size_t at = find_verb(text, tool, ret_len);

	return at && is_one_of(text + at, *ret_len, tool->install, ARRAY_SIZE(tool->install)) ? at
											      : 0;
}

/* Whether something behind a failure still runs: ";", "||", "&". */
static bool goes_on_after_failure(const char *text)
{
	for (const char *p = text; *p; p++) {
		if (*p == ';' || (p[0] == '|' && p[1] == '|'))
			return true;
		if (*p == '&' && p[1] == '&')
			p++;
		else if (*p == '&' && (p == text || p[-1] != '>'))
			return true;
	}
	return false;
}

/* The shell of a stage is what a SHELL in it, or in one below it, says last. */
static bool shell_is_plain(const struct dockerfile *d, size_t at)
{
	static const char *const shells[] = {"sh", "bash", "dash", "ash"};
	size_t stage = d->instructions[at].stage;

	while (at > 0 && stage != DOCKERFILE_NO_STAGE) {
		const struct dockerfile_instruction *i = &d->instructions[--at];

		if (i->stage != stage)
			continue;
		if (i->word == DOCKERFILE_SHELL && !i->onbuild) {
			const char *slash = strrchr(i->args.items[0], '/');
			const char *name = slash ? slash + 1 : i->args.items[0];

			return is_one_of(name, strlen(name), shells, ARRAY_SIZE(shells));
		}
		if (i->word == DOCKERFILE_FROM)
			stage = d->stages[stage].base_stage;
	}
	return true;
}

static bool same_flags(const struct strv *a, const struct strv *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static size_t line_start(const struct dockerfile_target *t, size_t at)
{
	while (at > 0 && t->data[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(const struct dockerfile_target *t, size_t at)
{
	const char *newline = at < t->len ? memchr(t->data + at, '\n', t->len - at) : NULL;

	return newline ? (size_t)(newline - t->data) + 1 : t->len;
}

static bool is_blank(const struct dockerfile_target *t, size_t start, size_t end, bool *ret_comment)
{
	while (start < end && strchr(BLANKS "\n", t->data[start]))
		start++;
	*ret_comment = start < end && t->data[start] == '#';
	return start == end;
}

/* Only blank lines and comments between the two; the blank ones go, as a continuation has none. */
static int drop_blank_lines(const struct dockerfile_target *t, size_t from, size_t to,
			    struct text_edits *edits, const char **ret_why, struct error *err)
{
	size_t end;

	for (; from < to; from = end) {
		bool comment;

		end = line_end(t, from);
		if (is_blank(t, from, end, &comment)) {
			if (text_edits_add(edits, from, end, "", err) < 0)
				return -1;
		} else if (!comment) {
			*ret_why = "something stands between it and the next instruction";
			return 0;
		}
	}
	return 1;
}

/* As the next line of the second instruction is indented, else four blanks; NULL: no memory. */
static char *indent_of(const struct dockerfile_target *t, const struct dockerfile_instruction *i)
{
	size_t from = line_end(t, i->start), n = 0;

	while (from + n < i->end && strchr(" \t", t->data[from + n]))
		n++;
	return n ? strndup(t->data + from, n) : strdup("    ");
}

/*
 * The word RUN and its flags go, up to the command where it stands on the same line: what lies between
 * them and a command further down (a comment) stays.
 */
static bool end_of_word(const struct dockerfile_instruction *i, size_t *ret_end)
{
	size_t to = i->args_at, start;

	if (dockerfile_place(i, i->word_at, to - i->word_at, &start)) {
		*ret_end = start + to - i->word_at;
		return true;
	}
	while (to > i->word_at && strchr(BLANKS, i->text[to - 1]))
		to--;
	if (!dockerfile_place(i, i->word_at, to - i->word_at, &start))
		return false;
	*ret_end = start + to - i->word_at;
	return true;
}

static int join(const struct dockerfile_target *t, const struct dockerfile_instruction *first,
		const struct dockerfile_instruction *second, struct text_edits *edits,
		const char **ret_why, struct error *err)
{
	AUTO_FREE char *indent = indent_of(t, second), *tie = str_format(" && %c", t->d->escape);
	size_t from = line_end(t, first->end), to = line_start(t, second->start), end;
	int r = drop_blank_lines(t, from, to, edits, ret_why, err);

	if (r <= 0)
		return r;
	if (!tie || !indent)
		return error_nomem(err);
	*ret_why = "the word RUN and its flags are spread over lines";
	if (!end_of_word(second, &end))
		return 0;
	if (text_edits_add(edits, first->end, first->end, tie, err) < 0 ||
	    text_edits_add(edits, to, end, indent, err) < 0)
		return -1;
	return 1;
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, word)); p += strlen(word))
		n++;
	return n;
}

/* Whether the lists that "apk update" left are of use to nobody but the RUN behind it. */
static bool lists_serve_one(const struct dockerfile *d, size_t second)
{
	if (count(d->instructions[second].text, "apk") != 1)
		return false;
	for (size_t i = second + 1; i < d->len; i++)
		if (d->instructions[i].word == DOCKERFILE_RUN &&
		    (count(d->instructions[i].text, "apk") || d->instructions[i].heredocs_len))
			return false;
	return true;
}

static int use_no_cache(const struct dockerfile_target *t,
			const struct dockerfile_instruction *first,
			const struct dockerfile_instruction *second, size_t verb_end,
			struct text_edits *edits, struct error *err)
{
	size_t place;

	if (!dockerfile_place(second, verb_end - 1, 1, &place))
		return 0;
	if (!strstr(second->text, "--no-cache") &&
	    text_edits_add(edits, place + 1, place + 1, " --no-cache", err) < 0)
		return -1;
	if (text_edits_add(edits, line_start(t, first->start), line_end(t, first->end), "", err) <
	    0)
		return -1;
	return 1;
}

int dockerfile_fix_update(const struct dockerfile_target *t, struct text_edits *edits,
			  const char **ret_why, struct error *err)
{
	const struct dockerfile *d = t->d;
	const struct dockerfile_instruction *first = &d->instructions[t->at], *second = first + 1;
	const struct tool *tool;
	const char *command;
	size_t n = 0, verb;

	*ret_why = "it is no plain command that only updates lists";
	if (first->word != DOCKERFILE_RUN || first->onbuild || first->exec || first->heredocs_len ||
	    !(tool = updating_tool(first->text + first->args_at)))
		return 0;
	*ret_why = "the next instruction is no RUN that begins with an install of the same tool";
	if (t->at + 1 >= d->len || second->word != DOCKERFILE_RUN || second->onbuild ||
	    second->exec || second->heredocs_len)
		return 0;
	command = second->text + second->args_at;
	verb = install_verb(command, tool, &n);
	if (!verb)
		return 0;
	*ret_why = "the flags of the two RUN differ";
	if (!same_flags(&first->flags, &second->flags))
		return 0;
	*ret_why = "SHELL was changed to one that is not known";
	if (!shell_is_plain(d, t->at))
		return 0;
	*ret_why = "the next RUN goes on after a failure, and would hide one of the update";
	if (goes_on_after_failure(command))
		return 0;
	if (strcmp(tool->name, "apk") == 0 && first->line == first->end_line &&
	    lists_serve_one(d, t->at + 1))
		return use_no_cache(t, first, second, second->args_at + verb + n, edits, err);
	return join(t, first, second, edits, ret_why, err);
}
