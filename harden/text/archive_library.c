// SPDX-License-Identifier: Apache-2.0
/*
 * The functions of libarchive that we use, by name. The one thing that outlives a call.
 */
#include "harden/text/archive_library.h"

#include "harden/base/library.h"
#include "harden/base/str.h"

#define SYMBOL(member)                                                                             \
	{                                                                                          \
		"archive_" #member, offsetof(struct archive_library, member)                       \
	}

static const struct library_symbol symbols[] = {
	SYMBOL(read_new),
	SYMBOL(read_append_filter),
	SYMBOL(read_support_format_tar),
	SYMBOL(read_support_format_raw),
	SYMBOL(read_open),
	SYMBOL(read_next_header),
	SYMBOL(read_data),
	SYMBOL(read_data_block),
	SYMBOL(read_data_skip),
	SYMBOL(read_free),
	SYMBOL(error_string),
	SYMBOL(set_error),
	SYMBOL(entry_pathname),
	SYMBOL(entry_hardlink),
	SYMBOL(entry_symlink),
	SYMBOL(entry_filetype),
	SYMBOL(entry_perm),
	SYMBOL(entry_uid),
	SYMBOL(entry_gid),
	SYMBOL(entry_size),
	SYMBOL(entry_xattr_reset),
	SYMBOL(entry_xattr_next),
};

const struct archive_library *archive_library(struct error *err)
{
	static const char *const files[] = {"libarchive.so.13", NULL};
	static struct library library = {
		.files = files,
		.purpose = "libarchive, which reads layers of images",
		.next = "install libarchive 3.3.3 or newer (Debian: libarchive13)",
	};
	static struct archive_library functions;

	return library_open(&library, symbols, ARRAY_SIZE(symbols), &functions, err) < 0
		       ? NULL
		       : &functions;
}
