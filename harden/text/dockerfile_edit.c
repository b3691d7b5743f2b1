// SPDX-License-Identifier: Apache-2.0
/*
 * Edits, and the fixes that change words within one instruction.
 */
#include "harden/text/dockerfile_edit.h"

#include <ctype.h>
#include <stdlib.h>

#define BLANKS " \t\v\f\r"

int text_edits_add(struct text_edits *edits, size_t start, size_t end, const char *text,
		   struct error *err)
{
	struct text_edit edit = {.start = start, .end = end};

	if (vec_reserve((void **)&edits->items, &edits->cap, edits->len, sizeof(edit), err) < 0)
		return -1;
	edit.text = strdup(text);
	if (!edit.text)
		return error_nomem(err);
	edits->items[edits->len++] = edit;
	return 0;
}

void text_edits_done(struct text_edits *edits)
{
	for (size_t i = 0; i < edits->len; i++)
		free(edits->items[i].text);
	free(edits->items);
	*edits = (struct text_edits){0};
}

int text_edits_merge(struct text_edits *all, struct text_edits *one, struct error *err)
{
	for (size_t i = 0; i < one->len; i++)
		for (size_t k = 0; k < all->len; k++)
			if (one->items[i].start <= all->items[k].end &&
			    all->items[k].start <= one->items[i].end)
				return 0;
	for (size_t i = 0; i < one->len; i++) {
		if (vec_reserve((void **)&all->items, &all->cap, all->len, sizeof(*all->items),
				err) < 0)
			return -1;
		all->items[all->len++] = one->items[i];
		one->items[i].text = NULL;
	}
	return 1;
}

static int compare_edits(const void *a, const void *b)
{
	const struct text_edit *x = a, *y = b;

	return x->start != y->start ? (x->start > y->start) - (x->start < y->start)
				    : (x->end > y->end) - (x->end < y->end);
}

int text_edits_apply(struct text_edits *edits, const char *data, size_t len,
		     struct blob **ret_bytes, struct error *err)
{
	AUTO(strbuf) struct strbuf out = {0};
	size_t at = 0;

	if (edits->len)
		qsort(edits->items, edits->len, sizeof(*edits->items), compare_edits);
	for (size_t i = 0; i < edits->len; i++) {
		const struct text_edit *e = &edits->items[i];

		if (e->start < at || e->end < e->start || e->end > len)
			return error_set(err, ERROR_INTERNAL, 0, "edits that overlap");
		strbuf_append_bytes(&out, data + at, e->start - at);
		strbuf_append(&out, e->text);
		at = e->end;
	}
	strbuf_append_bytes(&out, data + at, len - at);
	*ret_bytes = blob_from_strbuf(&out);
	return *ret_bytes ? 0 : error_nomem(err);
}

/* The letters of COPY in the case of those of ADD. */
static void in_case_of(const char *word, char *copy)
{
	for (size_t i = 0; copy[i]; i++)
		if (islower((unsigned char)word[i < 2 ? i : 2]))
			copy[i] = (char)tolower((unsigned char)copy[i]);
}

int dockerfile_fix_add(const struct dockerfile_target *target, bool plain, const char *why,
		       struct text_edits *edits, const char **ret_why, struct error *err)
{
	static const char *const flags[] = {"--chown=", "--chmod=", "--link", "--exclude="};
	const struct dockerfile_instruction *i = &target->d->instructions[target->at];
	char copy[] = "COPY";
	size_t start;

	*ret_why = why;
	if (i->word != DOCKERFILE_ADD || !plain)
		return 0;
	for (size_t k = 0; k < i->flags.len; k++) {
		bool known = false;

		for (size_t n = 0; n < ARRAY_SIZE(flags); n++)
			known |= str_starts(i->flags.items[k], flags[n]);
		*ret_why = "it has a flag that COPY does not take";
		if (!known)
			return 0;
	}
	*ret_why = "its word is split over lines";
	if (!dockerfile_place(i, i->word_at, 3, &start))
		return 0;
	in_case_of(i->text + i->word_at, copy);
	return text_edits_add(edits, start, start + 3, copy, err) < 0 ? -1 : 1;
}

static const struct {
	const char *tool, *flag;
} pure_flags[] = {
	{"apt-get", "--allow-unauthenticated"},
	{"apt-get", "--allow-insecure-repositories"},
	{"apt", "--allow-unauthenticated"},
	{"apt", "--allow-insecure-repositories"},
	{"aptitude", "--allow-unauthenticated"},
	{"apk", "--allow-untrusted"},
	{"yum", "--nogpgcheck"},
	{"dnf", "--nogpgcheck"},
	{"microdnf", "--nogpgcheck"},
	{"zypper", "--no-gpg-checks"},
	{"rpm", "--nosignature"},
	{"rpm", "--nodigest"},
	{"curl", "--insecure"},
	{"wget", "--no-check-certificate"},
};

struct text_word {
	const char *text;
	size_t len;
};

static bool is_text(struct text_word word, const char *text)
{
	return strlen(text) == word.len && strncmp(word.text, text, word.len) == 0;
}

static bool is_pure_flag(struct text_word tool, struct text_word word)
{
	for (size_t i = 0; i < ARRAY_SIZE(pure_flags); i++)
		if (is_text(tool, pure_flags[i].tool) && is_text(word, pure_flags[i].flag))
			return true;
	return false;
}

/* The word goes, with the blanks in front of it where they stand on the same line. */
static int drop_word(const struct dockerfile_instruction *i, size_t at, size_t len,
		     struct text_edits *edits, struct error *err)
{
	size_t from = at, start;

	while (from > i->args_at && strchr(BLANKS, i->text[from - 1]))
		from--;
	if (!dockerfile_place(i, from, at + len - from, &start)) {
		from = at;
		if (!dockerfile_place(i, at, len, &start))
			return 0;
	}
	return text_edits_add(edits, start, start + at + len - from, "", err) < 0 ? -1 : 1;
}

/* Words behind a quote or a comment sign are left alone: what they mean is the shell's to say. */
int dockerfile_fix_unverified(const struct dockerfile_target *target, struct text_edits *edits,
			      const char **ret_why, struct error *err)
{
	const struct dockerfile_instruction *i = &target->d->instructions[target->at];
	size_t at = i->args_at, plain = at + strcspn(i->text + at, "'\"`#");
	struct text_word tool = {"", 0};
	bool begins = true;
	int found = 0;

	*ret_why = "no word can go without changing what the command does";
	if (i->word != DOCKERFILE_RUN || i->exec || i->heredocs_len)
		return 0;
	while (i->text[at]) {
		struct text_word word = {i->text + at, strcspn(i->text + at, BLANKS)};
		int r = 0;

		if (begins)
			tool = word;
		else if (at + word.len <= plain && is_pure_flag(tool, word))
			r = drop_word(i, at, word.len, edits, err);
		if (r < 0)
			return -1;
		found |= r;
		begins = strchr(";&|", word.text[word.len - 1]) != NULL;
		at += word.len;
		at += strspn(i->text + at, BLANKS);
	}
	return found;
}
