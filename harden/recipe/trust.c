// SPDX-License-Identifier: Apache-2.0
/*
 * The trust test of input files.
 */
#include "harden/recipe/trust.h"

int trust_check(const struct stat *st, const char *file, struct error *err)
{
	unsigned mode = st->st_mode & 07777;

	if (!S_ISREG(st->st_mode))
		(void)error_set(err, ERROR_UNSAFE, 0, "%s: not a regular file", file);
	else if (st->st_uid != 0)
		(void)error_set(err, ERROR_UNSAFE, 0,
				"%s: owned by uid %u; what root acts on must be root's", file,
				(unsigned)st->st_uid);
	else if (mode & 0022)
		(void)error_set(err, ERROR_UNSAFE, 0,
				"%s: mode %04o; what root acts on must not be writable by others",
				file, mode);
	else
		return 0;
	error_resource(err, file);
	error_next(err, "look at what it says, then: chown root:root %s; chmod go-w %s", file,
		   file);
	return -1;
}
