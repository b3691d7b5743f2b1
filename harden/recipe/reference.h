// SPDX-License-Identifier: Apache-2.0
/*
 * ${name} inside a text: a var of the recipe or a fact. "$${" stands for a literal "${"; a '$'
 * before anything else stands for itself. A text that is one reference and nothing else takes the
 * value's own kind; in between other text the value is written out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct piece {
	const char *text; /* borrowed: inside the text walked */
	size_t len;
	bool reference; /* text is a name */
};

/*
 * Walks a text piece by piece: 1 with *ret_piece, 0 at the end, -1 when what follows "${" is no
 * name with a closing '}' (*cursor then points at that "${").
 */
int reference_next(const char **cursor, struct piece *ret_piece);
/* Whether the text is one reference and nothing else; its name is then in *ret_piece. */
bool reference_whole(const char *text, struct piece *ret_piece);
/* Cheap: whether the text has anything to walk for. */
bool reference_any(const char *text);
