// SPDX-License-Identifier: Apache-2.0
/*
 * The names of all facts that harden knows, with kind and one line each: what `${name}` in a recipe
 * may say besides the recipe's own vars. Recipe lint checks names against this table without a
 * host; harden/host/look_facts.c fills every name of it; the manual's list is made from it.
 */
#pragma once

#include <stddef.h>

enum fact_kind {
	FACT_TEXT,
	FACT_BOOL,
	FACT_PATH, /* null when the object does not exist or does not apply */
	FACT_TEXT_LIST,
	FACT_PATH_LIST, /* empty when there is none */
};

struct fact_info {
	const char *name;
	enum fact_kind kind;
	const char *summary; /* one line, no full stop */
};

extern const struct fact_info fact_table[]; /* ends with a NULL name */
extern const size_t fact_table_len;	    /* without the end */

/* NULL if no fact has that name. */
const struct fact_info *fact_table_find(const char *name);
/* The known name nearest to a mistyped one, NULL if none is near. */
const char *fact_table_nearest(const char *name);
/* "text", "boolean", "path", "list of texts", "list of paths". */
const char *fact_kind_name(enum fact_kind kind);
