// SPDX-License-Identifier: Apache-2.0
/*
 * Any two texts (split at the first NUL): the diff, read line by line, holds both of them; masking
 * it keeps its lines.
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/fuzz_diff.c \
 *		harden/text/{diff,mask,mask_name,utf8}.c harden/base/{error,str}.c \
 *		harden/model/value.c
 */
#include "harden/text/diff.h"
#include "harden/text/mask.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		__builtin_trap();
}

/* One side of a diff that is one hunk. */
static void side_of(const char *diff, char drop, struct strbuf *out)
{
	const char *p = strstr(diff, "\n@@ -");

	p = p ? strchr(p + 1, '\n') + 1 : "";
	while (*p) {
		const char *next = strchr(p, '\n') + 1;
		bool no_newline = *next == '\\';

		if (*p != drop)
			strbuf_append_bytes(out, p + 1, (size_t)(next - p) - 1 - no_newline);
		p = no_newline ? strchr(next, '\n') + 1 : next;
	}
}

static size_t lines_of(const struct strbuf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++)
		n += b->data[i] == '\n';
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *split = size ? memchr(data, 0, size) : NULL;
	size_t first = split ? (size_t)(split - data) : size;
	AUTO_PTR(blob) struct blob *before = blob_new(data, first), *after = NULL;
	AUTO(strbuf) struct strbuf diff = {0};
	AUTO(strbuf) struct strbuf old = {0};
	AUTO(strbuf) struct strbuf new = {0};
	AUTO(strbuf) struct strbuf masked = {0};

	after = split ? blob_new(split + 1, size - first - 1) : blob_new("", 0);
	if (!before || !after || memchr(after->data, 0, after->len))
		return 0;
	must(diff_unified(before, after, "f", 1000000, &diff, NULL) == 0);
	must((diff.len == 0) == blob_equal(before, after));
	if (diff.len == 0)
		return 0;
	side_of(diff.data, '+', &old);
	side_of(diff.data, '-', &new);
	must(old.len == before->len && memcmp(strbuf_text(&old), before->data, old.len) == 0);
	must(new.len == after->len &&memcmp(strbuf_text(&new), after->data, new.len) == 0);
	must(mask_text(diff.data, diff.len, &masked, NULL) == 0);
	must(lines_of(&diff) == lines_of(&masked));
	return 0;
}
