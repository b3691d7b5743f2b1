// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as a daemon.json: what is read and can be edited keeps its beginning and end, and unset
 * behind set gives the first bytes again.
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/fuzz_json_edit.c \
 *		harden/text/json*.c harden/text/utf8.c harden/base/{error,str}.c \
 *		harden/model/value.c -ljansson -lm
 */
#include "harden/text/json.h"
#include "harden/text/json_edit.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const path[] = {"fuzz-absent", NULL};
	AUTO_PTR(blob) struct blob *in = blob_new(data, size), *set = NULL, *unset = NULL;
	AUTO_PTR(value) struct value *root = NULL, *v = value_bool(false);
	AUTO(error) struct error err = {0};

	if (!in || !v)
		return 0;
	if (json_edit_set(in, "f", path, v, &set, &err) < 0) {
		must(err.code == ERROR_FORMAT);
		return 0;
	}
	must(json_read_flags(in->data, in->len, "f", JSON_ALLOW_BOM | JSON_ALLOW_EMPTY, &root,
			     NULL) == 0);
	if (value_get(root, path[0]) || value_len(root) == 0)
		return 0;
	must(memcmp(in->data, set->data, root->members[root->len - 1].value->end) == 0);
	must(json_edit_unset(set, "f", path, &unset, NULL) == 0);
	must(blob_equal(in, unset));
	return 0;
}
