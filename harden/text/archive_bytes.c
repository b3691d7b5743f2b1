// SPDX-License-Identifier: Apache-2.0
/*
 * What can be said of an archive without the library: its first bytes, and what reading it costs.
 */
#include "harden/text/archive.h"

#include <string.h>
#include <time.h>

static long long now_ms(void)
{
	struct timespec t = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail on Linux */
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

long long archive_deadline(long milliseconds)
{
	return now_ms() + milliseconds;
}

int archive_spend(struct archive_budget *b, const char *name, uint64_t bytes, uint64_t entries,
		  struct error *err)
{
	b->bytes += bytes;
	b->entries += entries;
	if (b->bytes > b->bytes_max)
		return error_set(err, ERROR_FORMAT, 0, "%s: it holds more than %llu MiB", name,
				 (unsigned long long)b->bytes_max >> 20);
	if (b->entries > b->entries_max)
		return error_set(err, ERROR_FORMAT, 0, "%s: it holds more than %llu files", name,
				 (unsigned long long)b->entries_max);
	if (now_ms() > b->deadline_ms)
		return error_set(err, ERROR_FORMAT, 0, "%s: reading it takes too long", name);
	return 0;
}

static bool has_magic(const unsigned char *p, size_t len, const char *magic, size_t n)
{
	return len >= n && memcmp(p, magic, n) == 0;
}

/* The checksum of a tar header, which is all that an archive older than POSIX has to show. */
static bool is_header(const unsigned char *p)
{
	unsigned long sum = 8 * ' ', said = 0;
	size_t i = 148;

	for (size_t k = 0; k < 512; k++)
		sum += k >= 148 && k < 156 ? 0 : p[k];
	while (i < 156 && p[i] == ' ')
		i++;
	for (; i < 156 && p[i] >= '0' && p[i] <= '7'; i++)
		said = said * 8 + (p[i] - '0');
	return said == sum;
}

enum archive_kind archive_sniff(const void *data, size_t len)
{
	static const unsigned char zeros[ARCHIVE_SNIFF];
	const unsigned char *p = data;

	if (has_magic(p, len, "\x1f\x8b", 2))
		return ARCHIVE_IS_GZIP;
	if (has_magic(p, len, "\x28\xb5\x2f\xfd", 4))
		return ARCHIVE_IS_ZSTD;
	if (has_magic(p, len, "\xfd\x37zXZ", 5))
		return ARCHIVE_IS_XZ;
	if (has_magic(p, len, "BZh", 3))
		return ARCHIVE_IS_BZIP2;
	if (len < ARCHIVE_SNIFF)
		return ARCHIVE_IS_OTHER;
	if (memcmp(p + 257, "ustar", 5) == 0 || is_header(p))
		return ARCHIVE_IS_TAR;
	return memcmp(p, zeros, sizeof(zeros)) == 0 ? ARCHIVE_IS_TAR : ARCHIVE_IS_OTHER;
}
