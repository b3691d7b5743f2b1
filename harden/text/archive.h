// SPDX-License-Identifier: Apache-2.0
/*
 * Tar archives, plain or compressed by gzip or zstd, read once from front to back by libarchive.
 * Nothing is ever extracted: entries are told, and their bytes are handed out on request.
 *
 *	struct archive_budget budget = {.name = ..., .bytes_max = ..., ...};
 *	tar_open("x.tar", source, &budget, &tar, err)
 *	while ((r = tar_next(tar, &entry, err)) > 0)
 *		tar_read(tar, buffer, sizeof(buffer), &len, err) ...
 *	tar_free(tar)
 *
 * Bounds, whatever the archive says: of memory, one block of the source, one of the decompressor (a
 * zstd window of at most 128 MiB) and a header of ARCHIVE_HEADER_MAX bytes; of time and size, the
 * budget, which archives within archives share and which is looked at for each block. One level of
 * compression is undone, by the library itself and never by another program.
 *
 * Errors: FORMAT (no tar, cut off, damaged, over the budget), SYS (no libarchive), NOMEM, and those
 * of the source. Facts: libarchive 3.3.3 (zstd) to 3.7.
 */
#pragma once

#include "harden/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARCHIVE_HEADER_MAX ((size_t)4 << 20) /* bytes of one entry's headers, with long names */
#define ARCHIVE_SNIFF 512		     /* bytes that archive_sniff() wants to see */

/* Where bytes come from. */
struct byte_source {
	/* The next bytes, *ret_len 0 at the end. They stay until the next call. */
	int (*read)(void *cookie, const void **ret_data, size_t *ret_len, struct error *err);
	void *cookie;
};

/* What reading may cost; filled by the caller, spent by all readers that share it. */
struct archive_budget {
	uint64_t bytes_max, entries_max; /* after decompression, of all archives together */
	long long deadline_ms;		 /* of CLOCK_MONOTONIC */
	uint64_t bytes, entries;	 /* spent */
};

/* A deadline from now. */
long long archive_deadline(long milliseconds);
/* Spends; for those who read entries by other means. name is what is read, for messages. */
int archive_spend(struct archive_budget *budget, const char *name, uint64_t bytes, uint64_t entries,
		  struct error *err);

enum archive_kind {
	ARCHIVE_IS_OTHER,
	ARCHIVE_IS_TAR,
	ARCHIVE_IS_GZIP,
	ARCHIVE_IS_ZSTD,
	ARCHIVE_IS_XZ,	  /* not read */
	ARCHIVE_IS_BZIP2, /* not read */
};
/* What the first bytes say; len may be less than ARCHIVE_SNIFF only at the end of the data. */
enum archive_kind archive_sniff(const void *data, size_t len);

enum tar_kind { TAR_FILE, TAR_DIRECTORY, TAR_SYMLINK, TAR_HARDLINK, TAR_OTHER };

/* Texts are borrowed until the next call; bytes of names are as the archive has them. */
struct tar_entry {
	const char *path;
	enum tar_kind kind;
	const char *target; /* of both kinds of links */
	unsigned mode;	    /* 07777 */
	int64_t uid, gid;
	uint64_t size;
	bool capabilities; /* has the attribute security.capability */
};

struct tar;

/* name is copied; budget is borrowed. */
int tar_open(const char *name, struct byte_source source, struct archive_budget *budget,
	     struct tar **ret_tar, struct error *err);
/* 1 with the next entry, 0 at the end. */
int tar_next(struct tar *tar, struct tar_entry *ret_entry, struct error *err);
/* Bytes of the entry told last; fewer than len only at its end. */
int tar_read(struct tar *tar, void *buffer, size_t len, size_t *ret_len, struct error *err);
void tar_free(struct tar *tar);
static inline void tar_free_ptr(struct tar **tar)
{
	tar_free(*tar);
}
