// SPDX-License-Identifier: Apache-2.0
/*
 * The functions of libarchive that we use, by name. The one thing that outlives a call.
 */
#include "harden/text/archive_library.h"

#include "harden/base/str.h"

#include <dlfcn.h>

#define SYMBOL(member)                                                                             \
	{                                                                                          \
		"archive_" #member, offsetof(struct archive_library, member)                       \
	}

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
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

static struct archive_library library;

static const struct archive_library *missing(const char *why, struct error *err)
{
	(void)error_set(err, ERROR_SYS, 0, "open libarchive, which reads layers of images: %s",
			why ? why : "not found");
	error_resource(err, "libarchive.so.13");
	error_next(err, "install libarchive 3.3.3 or newer (Debian: libarchive13)");
	return NULL;
}

const struct archive_library *archive_library(struct error *err)
{
	struct archive_library lib = {0};

	if (library.handle)
		return &library;
	lib.handle = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
	if (!lib.handle)
		return missing(dlerror(), err);
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		void *address = dlsym(lib.handle, symbols[i].name);

		if (!address) {
			(void)dlclose(lib.handle); /* it was of no use */
			return missing(symbols[i].name, err);
		}
		memcpy((char *)&lib + symbols[i].offset, &address, sizeof(address));
	}
	library = lib;
	return &library;
}
