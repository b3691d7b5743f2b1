// SPDX-License-Identifier: Apache-2.0
/*
 * Archives made by the test itself, byte by byte: tar as POSIX has it, gzip and zstd without
 * compressing anything, so that every field can also be wrong.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harden/base/str.h"
#include "harden/text/archive.h"

#include <stdio.h>
#include <string.h>

/* One header with its checksum. type: '0' file, '1' hard link, '2' symbolic link, '5' directory. */
static inline void tar_header(struct strbuf *b, const char *path, char type, unsigned mode,
			      uint64_t size, const char *target)
{
	unsigned char h[512] = {0};
	unsigned sum = 0;

	(void)snprintf((char *)h, 100, "%s", path);
	(void)snprintf((char *)h + 100, 8, "%07o", mode);
	(void)snprintf((char *)h + 108, 8, "%07o", 0U);
	(void)snprintf((char *)h + 116, 8, "%07o", 0U);
	(void)snprintf((char *)h + 124, 12, "%011llo", (unsigned long long)size);
	(void)snprintf((char *)h + 136, 12, "%011o", 0U);
	memset(h + 148, ' ', 8);
	h[156] = (unsigned char)type;
	if (target)
		(void)snprintf((char *)h + 157, 100, "%s", target);
	memcpy(h + 257,
	       "ustar\0"
	       "00",
	       8);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += h[i];
	(void)snprintf((char *)h + 148, 8, "%06o", sum);
	strbuf_append_bytes(b, h, sizeof(h));
}

static inline void tar_bytes(struct strbuf *b, const void *data, size_t len)
{
	static const char zeros[512];

	strbuf_append_bytes(b, data, len);
	strbuf_append_bytes(b, zeros, (512 - len % 512) % 512);
}

static inline void tar_file(struct strbuf *b, const char *path, unsigned mode, const void *data,
			    size_t len)
{
	tar_header(b, path, '0', mode, len, NULL);
	tar_bytes(b, data, len);
}

static inline void tar_text(struct strbuf *b, const char *path, unsigned mode, const char *text)
{
	tar_file(b, path, mode, text, strlen(text));
}

/* A pax record before the next entry: "LEN KEY=VALUE\n", the length counting itself. */
static inline void tar_pax(struct strbuf *b, const char *key, const void *value, size_t len)
{
	AUTO(strbuf) struct strbuf record = {0};
	size_t rest = strlen(key) + len + 3, all = rest + 1;

	while ((size_t)snprintf(NULL, 0, "%zu", all) + rest != all)
		all++;
	strbuf_appendf(&record, "%zu %s=", all, key);
	strbuf_append_bytes(&record, value, len);
	strbuf_append_char(&record, '\n');
	tar_header(b, "PaxHeaders/x", 'x', 0644, record.len, NULL);
	tar_bytes(b, record.data, record.len);
}

static inline void tar_end(struct strbuf *b)
{
	static const char zeros[1024];

	strbuf_append_bytes(b, zeros, sizeof(zeros));
	assert_non_null(strbuf_text(b));
}

static inline uint32_t crc_of(const unsigned char *p, size_t len)
{
	uint32_t crc = 0xffffffffU;

	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	return ~crc;
}

static inline void put_le(struct strbuf *b, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		strbuf_append_char(b, (char)(v >> (8 * i)));
}

/* RFC 1952 with stored blocks. */
static inline void gzip_of(const struct strbuf *in, struct strbuf *out)
{
	strbuf_append_bytes(out, "\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
	for (size_t i = 0, n; i < in->len; i += n) {
		n = in->len - i < 65535 ? in->len - i : 65535;
		strbuf_append_char(out, i + n == in->len);
		put_le(out, n, 2);
		put_le(out, ~n, 2);
		strbuf_append_bytes(out, in->data + i, n);
	}
	put_le(out, crc_of((const unsigned char *)in->data, in->len), 4);
	put_le(out, in->len, 4);
}

/* RFC 8878: a frame without a size, with a window of 128 KiB. */
static inline void zstd_begin(struct strbuf *out)
{
	strbuf_append_bytes(out, "\x28\xb5\x2f\xfd\0\x38", 6);
}

/* One block: raw bytes, or one byte many times over. */
static inline void zstd_block(struct strbuf *out, const char *data, size_t len, bool repeat,
			      bool last)
{
	put_le(out, (uint64_t)len << 3 | (repeat ? 2U : 0U) | (last ? 1U : 0U), 3);
	strbuf_append_bytes(out, data, repeat ? 1 : len);
}

static inline void zstd_of(const struct strbuf *in, struct strbuf *out)
{
	zstd_begin(out);
	for (size_t i = 0, n; i < in->len; i += n) {
		n = in->len - i < 100000 ? in->len - i : 100000;
		zstd_block(out, in->data + i, n, false, i + n == in->len);
	}
}

/* Hands out a buffer in pieces. */
struct pieces {
	const char *data;
	size_t len, piece;
};

static inline int pieces_read(void *cookie, const void **ret_data, size_t *ret_len,
			      struct error *err)
{
	struct pieces *p = cookie;
	size_t n = p->len < p->piece ? p->len : p->piece;

	(void)err;
	*ret_data = p->data;
	*ret_len = n;
	p->data += n;
	p->len -= n;
	return 0;
}

static inline struct pieces pieces_of(const struct strbuf *b, size_t piece)
{
	return (struct pieces){.data = b->data, .len = b->len, .piece = piece};
}

static inline struct archive_budget plenty(void)
{
	return (struct archive_budget){.bytes_max = (uint64_t)1 << 30,
				       .entries_max = 100000,
				       .deadline_ms = archive_deadline(60000)};
}
