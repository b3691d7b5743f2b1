// SPDX-License-Identifier: Apache-2.0
/*
 * The scanner for ${name}. There is no nesting and no expression: a name or a mistake.
 */
#include "harden/recipe/reference.h"

#include <string.h>

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

/* The literal up to the next "${" or "$${"; stops behind neither. */
static size_t literal_length(const char *text)
{
	size_t n = 0;

	while (text[n]) {
		n += strcspn(text + n, "$");
		if (strncmp(text + n, "${", 2) == 0 || strncmp(text + n, "$${", 3) == 0)
			break;
		n += text[n] == '$';
	}
	return n;
}

int reference_next(const char **cursor, struct piece *ret_piece)
{
	const char *text = *cursor;
	size_t n;

	if (!*text)
		return 0;
	if (strncmp(text, "$${", 3) == 0) {
		*ret_piece = (struct piece){.text = text + 1, .len = 2};
		*cursor = text + 3;
		return 1;
	}
	if (strncmp(text, "${", 2) == 0) {
		n = strspn(text + 2, NAME_CHARS);
		if (n == 0 || text[2 + n] != '}')
			return -1;
		*ret_piece = (struct piece){.text = text + 2, .len = n, .reference = true};
		*cursor = text + n + 3;
		return 1;
	}
	n = literal_length(text);
	*ret_piece = (struct piece){.text = text, .len = n};
	*cursor = text + n;
	return 1;
}

bool reference_whole(const char *text, struct piece *ret_piece)
{
	struct piece piece;

	if (strncmp(text, "${", 2) != 0 || reference_next(&text, &piece) != 1 || *text)
		return false;
	*ret_piece = piece;
	return true;
}

bool reference_any(const char *text)
{
	return strstr(text, "${") != NULL;
}
