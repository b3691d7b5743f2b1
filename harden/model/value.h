// SPDX-License-Identifier: Apache-2.0
/*
 * A tree of plain values: what recipes, daemon.json, facts and evidence are made of once parsed.
 * The YAML and JSON readers (harden/text) produce it, the JSON writer prints it; nothing here
 * reads or writes a format.
 *
 * Ownership: a container owns its children. Constructors return NULL when out of memory, and
 * value_add()/value_set() take the child in every case and fail on a NULL child, so a tree is
 * built without a test per node: if (value_set(map, "a", value_text("b"), err) < 0). What is held in
 * great numbers and only read can be shared instead of copied: value_share().
 *
 * Lines and columns are 1-based positions in the source text, 0 when the value has none. Map keys
 * keep their source order; a map never holds one key twice.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum value_kind {
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_INTEGER,
	VALUE_REAL,
	VALUE_TEXT,
	VALUE_LIST,
	VALUE_MAP
};

struct value_member;

struct value {
	enum value_kind kind;
	unsigned line, column;
	unsigned shares;   /* value_free() beyond the first that it takes */
	size_t start, end; /* byte span in the source text, [start, end); 0,0 when unknown */
	union {
		bool boolean;
		int64_t integer;
		double real;
		char *text;
		struct {
			struct value_member *members; /* keys are NULL in a list */
			size_t len, cap;
		};
	};
};

struct value_member {
	char *key;
	unsigned key_line, key_column;
	struct value *value;
};

struct value *value_null(void);
struct value *value_bool(bool b);
struct value *value_integer(int64_t i);
struct value *value_real(double d);
struct value *value_text(const char *text); /* copies; NULL text gives a null value */
struct value *value_textf(const char *format, ...) __attribute__((format(printf, 1, 2)));
struct value *value_list(void);
struct value *value_map(void);
struct value *value_from_strv(const struct strv *v);
struct value *value_copy(const struct value *v); /* NULL in, NULL out */
/* The same value once more: whoever holds a shared one only reads it, and frees it as a copy. */
struct value *value_share(struct value *v); /* NULL in, NULL out */
void value_free(struct value *v);
DEFINE_AUTO_PTR(value)

int value_add(struct value *list, struct value *child, struct error *err);
/* Replaces the member of that name or appends one. */
int value_set(struct value *map, const char *key, struct value *child, struct error *err);
/* Appends a member without looking for the key: for readers that know the keys are unique. */
int value_append(struct value *map, const char *key, struct value *child, struct error *err);
/* Removes a member; returns whether there was one. */
bool value_unset(struct value *map, const char *key);

/* The member of a map, NULL if absent or if map is NULL or no map. */
struct value *value_get(const struct value *map, const char *key);
struct value_member *value_member(const struct value *map, const char *key);
/* The text of a text value or member, NULL otherwise. */
const char *value_as_text(const struct value *v);
const char *value_get_text(const struct value *map, const char *key);
size_t value_len(const struct value *v); /* children of a list or map, else 0 */

/* Deep equality; 1 and 1.0 differ, order of map keys does not matter. NULL equals only NULL. */
bool value_equal(const struct value *a, const struct value *b);
/* "null", "boolean", "integer", "number", "text", "list", "map". */
const char *value_kind_name(enum value_kind kind);
