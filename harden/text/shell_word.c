// SPDX-License-Identifier: Apache-2.0
/*
 * Quoting for sh. The set of characters that need none is short on purpose.
 */
#include "harden/text/shell_word.h"

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%"

static bool is_control(unsigned char c)
{
	return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
}

void shell_word(const char *text, struct strbuf *out)
{
	bool quoted = false;

	if (*text && !text[strspn(text, PLAIN)]) {
		strbuf_append(out, text);
		return;
	}
	for (const char *c = text; *c; c++) {
		bool outside = *c == '\'' || is_control((unsigned char)*c);

		if (quoted == outside) {
			strbuf_append_char(out, '\'');
			quoted = !quoted;
		}
		if (*c == '\'')
			strbuf_append(out, "\\'");
		else if (outside)
			strbuf_appendf(out, "\"$(printf '\\%03o')\"", (unsigned char)*c);
		else
			strbuf_append_char(out, *c);
	}
	if (quoted)
		strbuf_append_char(out, '\'');
	if (!*text)
		strbuf_append(out, "''");
}

bool is_shell_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

	if (!*text || !strchr(letters, *text))
		return false;
	return !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
				  "0123456789")];
}
