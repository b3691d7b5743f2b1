// SPDX-License-Identifier: Apache-2.0
/*
 * UTF-8: check and repair.
 */
#include "harden/text/utf8.h"

size_t utf8_character(const char *data, size_t len, uint32_t *ret_code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)data;
	size_t n = p[0] < 0x80		   ? 1
		   : (p[0] & 0xe0) == 0xc0 ? 2
		   : (p[0] & 0xf0) == 0xe0 ? 3
		   : (p[0] & 0xf8) == 0xf0 ? 4
					   : 0;
	uint32_t code = p[0] & (n == 1 ? 0x7fu : 0xffu >> (n + 1));

	if (n == 0 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3fu);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return n;
}

size_t utf8_valid_length(const char *data, size_t len)
{
	size_t at = 0;

	while (at < len) {
		uint32_t code;
		size_t n = (unsigned char)data[at] < 0x80
				   ? 1
				   : utf8_character(data + at, len - at, &code);

		if (n == 0)
			return at;
		at += n;
	}
	return len;
}

void utf8_repair(const char *text, size_t len, struct strbuf *out)
{
	for (size_t at = 0; at < len;) {
		size_t n = utf8_valid_length(text + at, len - at);

		strbuf_append_bytes(out, text + at, n);
		at += n;
		if (at < len) {
			strbuf_append(out, "\xef\xbf\xbd");
			at++;
		}
	}
}
