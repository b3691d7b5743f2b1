// SPDX-License-Identifier: Apache-2.0
/*
 * A build without libarchive: no archive opens, so that nothing behind it is reached.
 */
#include "harden/text/archive.h"

#define UNREACHED "an archive of a build without libarchive"

int tar_open(const char *name, struct byte_source source, struct archive_budget *budget,
	     struct tar **ret_tar, struct error *err)
{
	(void)source;
	(void)budget;
	(void)ret_tar; /* never set */
	(void)error_set(err, ERROR_SYS, 0, "read %s: this harden was built without libarchive",
			name);
	error_next(err, "use a build with it");
	return -1;
}

int tar_next(struct tar *tar, struct tar_entry *ret_entry, struct error *err)
{
	(void)tar;
	(void)ret_entry;
	return error_set(err, ERROR_INTERNAL, 0, UNREACHED);
}

int tar_read(struct tar *tar, void *buffer, size_t len, size_t *ret_len, struct error *err)
{
	(void)tar;
	(void)buffer;
	(void)len;
	*ret_len = 0;
	return error_set(err, ERROR_INTERNAL, 0, UNREACHED);
}

void tar_free(struct tar *tar)
{
	(void)tar; /* there is none */
}
