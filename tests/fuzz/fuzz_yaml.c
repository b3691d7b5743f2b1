// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as a recipe: read, or refused with a place; what is read prints as JSON that reads back
 * as the same.
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/fuzz_yaml.c \
 *		harden/text/{yaml,yaml_explain,json,json_scan,json_explain,utf8}.c \
 *		harden/base/{error,str}.c harden/model/value.c -lyaml -ljansson -lm
 */
#include "harden/text/json.h"
#include "harden/text/yaml.h"

#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_PTR(value) struct value *v = NULL, *again = NULL;
	AUTO(error) struct error err = {0};
	AUTO_FREE char *json = NULL;
	unsigned line, column;

	if (yaml_read((const char *)data, size, "f", &v, &err) < 0) {
		must(err.code == ERROR_RECIPE);
		must(sscanf(err.message, "f:%u:%u: ", &line, &column) == 2 && line && column);
		return 0;
	}
	must(json_to_text(v, &json, NULL) == 0);
	must(json_read(json, strlen(json), "f", &again, NULL) == 0);
	must(value_equal(v, again));
	return 0;
}
