// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as a Dockerfile: each character of what is read stands where it says, and what a fix makes
 * of it is a Dockerfile too, which the same fix leaves alone.
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/fuzz_dockerfile.c \
 *		harden/text/dockerfile*.c harden/text/json*.c harden/text/utf8.c harden/base/{error,str}.c \
 *		harden/model/value.c -ljansson -lm
 */
#include "harden/text/dockerfile_edit.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		__builtin_trap();
}

static void check_places(const struct dockerfile *d, const char *data, size_t len)
{
	for (size_t i = 0; i < d->len; i++) {
		const struct dockerfile_instruction *in = &d->instructions[i];
		size_t place = 0;

		must(in->start < in->end && in->end <= len && in->line <= in->end_line);
		for (size_t k = 0; in->text[k]; k++)
			must(dockerfile_place(in, k, 1, &place) && data[place] == in->text[k]);
	}
}

static int fix(int which, const struct dockerfile_target *t, struct text_edits *edits)
{
	const char *why = NULL;
	int r = which == 0   ? dockerfile_fix_add(t, true, "why", edits, &why, NULL)
		: which == 1 ? dockerfile_fix_update(t, edits, &why, NULL)
			     : dockerfile_fix_unverified(t, edits, &why, NULL);

	must(r >= 0 && (r || why));
	return r;
}

static void check_fix(const struct dockerfile *d, const char *data, size_t len, int which)
{
	for (size_t i = 0; i < d->len; i++) {
		struct dockerfile_target t = {data, len, d, i}, again;
		AUTO(text_edits) struct text_edits edits = {0}, none = {0};
		AUTO_PTR(blob) struct blob *after = NULL;
		AUTO(dockerfile) struct dockerfile fixed = {0};

		if (!fix(which, &t, &edits))
			continue;
		must(text_edits_apply(&edits, data, len, &after, NULL) == 0);
		must(dockerfile_parse(after->data, after->len, "f", &fixed, NULL) == 0);
		must(fixed.len == d->len || fixed.len == d->len - 1);
		again = (struct dockerfile_target){after->data, after->len, &fixed, i};
		if (which == 0)
			must(fixed.instructions[i].word == DOCKERFILE_COPY);
		else
			must(!fix(which, &again, &none));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_PTR(blob) struct blob *in = blob_new(data, size);
	AUTO(dockerfile) struct dockerfile d = {0};
	AUTO(error) struct error err = {0};

	if (!in)
		return 0;
	if (dockerfile_parse(in->data, in->len, "f", &d, &err) < 0) {
		must(err.code == ERROR_FORMAT);
		return 0;
	}
	check_places(&d, in->data, in->len);
	for (int which = 0; which < 3; which++)
		check_fix(&d, in->data, in->len, which);
	return 0;
}
