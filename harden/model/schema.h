// SPDX-License-Identifier: Apache-2.0
/*
 * Key tables: what a recipe may say. One table drives parsing, validation with line numbers, the
 * JSON Schema, and the manual. Resource types (harden/resource) bring one each; the recipe floor
 * has those of the document itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum key_kind {
	KEY_TEXT,
	KEY_TEXT_LIST, /* one text or a list of texts */
	KEY_PATH,      /* an absolute path */
	KEY_PATH_LIST, /* one or several; a list fact expands here */
	KEY_BOOL,      /* true or false */
	KEY_INTEGER,   /* decimal, may be negative */
	KEY_MODE,      /* octal mode bits, up to 07777 */
	KEY_CHOICE,    /* one of choices */
	KEY_DATE,      /* YYYY-MM-DD */
	KEY_ID,	       /* a control id such as 2.10 */
	KEY_MAP,       /* map of texts, lists and maps; choices: the keys it may have */
	KEY_ANY,       /* anything */
	KEY_JQ,	       /* a jq expression; ${...} has no meaning in it */
	KEY_JQ_MAP,    /* map of jq expressions; choices: the keys it may have */
	KEY_TREE,      /* nested maps that end in the leaves of a table */
	KEY_TEMPLATE,  /* a file in templates/; the engine puts its text beside it as "content" */
};

struct key {
	const char *key;
	enum key_kind kind;
	bool required;
	const char *const *choices; /* NULL-ended, for KEY_CHOICE, KEY_TEXT_LIST and maps */
	const char *default_text;   /* for the manual; NULL: none */
	const char *summary;	    /* one line, no full stop */
	const struct key *leaves;   /* of a KEY_TREE: their keys are dotted paths, "a.b.c" */
};

/* Traits of a resource type. */
enum {
	TYPE_OFFLINE = 1 << 0, /* works on a directory tree (--root) */
	TYPE_NEEDS_ENGINE = 1 << 1,
	TYPE_NEEDS_ROOT = 1 << 2,
	TYPE_NEEDS_BUILD = 1 << 4,    /* judges a Dockerfile (--dockerfile), never a host */
	TYPE_STAGES_REVIEWS = 1 << 5, /* has something to say of what a person judges */
	TYPE_FIX_WAITS = 1 << 6,      /* an entry with a key "fix" changes only with consent, then
					 also what a person was to judge, if its action says so */
	TYPE_TAKES_FACTS = 1 << 3,    /* the engine puts all facts beside its keys as map "facts" */
};

struct type_schema {
	const char *name;	/* the recipe keyword, "audit-rule" */
	const char *summary;	/* one line for help and manual */
	const struct key *keys; /* ends with a NULL key */
	unsigned traits;
	const char *const *jq_names; /* what its jq expressions see as $name; NULL-ended */
};
