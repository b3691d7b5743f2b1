// SPDX-License-Identifier: Apache-2.0
/*
 * The order of `ls -v`: gnulib's filevercmp (coreutils 9.1). Digits compare as numbers, letters
 * before other characters, "~" before everything, the suffix (".rules") last.
 */
#include "harden/text/audit_rules.h"

#include <ctype.h>

/* Length without suffixes such as ".rules" or ".rules.bak". */
static size_t prefix_length(const char *s)
{
	size_t prefix = 0, len = strlen(s);

	for (size_t i = 0; i < len;) {
		prefix = ++i;
		while (i + 1 < len && s[i] == '.' &&
		       (isalpha((unsigned char)s[i + 1]) || s[i + 1] == '~'))
			for (i += 2; i < len && (isalnum((unsigned char)s[i]) || s[i] == '~'); i++)
				;
	}
	return prefix;
}

static int rank(const char *s, size_t at, size_t len)
{
	unsigned char c;

	if (at == len)
		return -1;
	c = (unsigned char)s[at];
	if (isdigit(c))
		return 0;
	if (isalpha(c))
		return c;
	return c == '~' ? -2 : c + 256;
}

static bool digit_at(const char *s, size_t at, size_t len)
{
	return at < len && isdigit((unsigned char)s[at]);
}

static int compare_parts(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t i = 0, j = 0;

	while (i < a_len || j < b_len) {
		int first = 0;

		while ((i < a_len && !digit_at(a, i, a_len)) ||
		       (j < b_len && !digit_at(b, j, b_len))) {
			int x = rank(a, i, a_len), y = rank(b, j, b_len);

			if (x != y)
				return x - y;
			i++;
			j++;
		}
		while (i < a_len && a[i] == '0')
			i++;
		while (j < b_len && b[j] == '0')
			j++;
		while (digit_at(a, i, a_len) && digit_at(b, j, b_len)) {
			first = first ? first : a[i] - b[j];
			i++;
			j++;
		}
		if (digit_at(a, i, a_len))
			return 1;
		if (digit_at(b, j, b_len))
			return -1;
		if (first)
			return first;
	}
	return 0;
}

int audit_order(const char *a, const char *b)
{
	int r = compare_parts(a, prefix_length(a), b, prefix_length(b));

	if (!r)
		r = compare_parts(a, strlen(a), b, strlen(b));
	return r ? r : strcmp(a, b);
}

bool audit_is_rules_name(const char *name)
{
	return name[0] != '.' && str_ends(name, ".rules") && !strpbrk(name, " \t\n*?[");
}
