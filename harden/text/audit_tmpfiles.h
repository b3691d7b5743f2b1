// SPDX-License-Identifier: Apache-2.0
/*
 * Directories that systemd-tmpfiles makes at boot (tmpfiles.d(5)): /run is empty then, and audit
 * rules load right after it.
 */
#pragma once

#include "harden/base/str.h"

struct tmpfiles_directory {
	char *path; /* without slashes at the end */
	unsigned line;
};

struct tmpfiles {
	struct tmpfiles_directory *items; /* in file order */
	size_t len, cap;
};

/*
 * Lines of type d, D, v, q, Q with any modifier; %t is /run, a path with another specifier is
 * passed over, as are lines of other types. Errors: NOMEM only.
 */
int tmpfiles_parse(const char *data, size_t len, struct tmpfiles *ret_tmpfiles, struct error *err);
void tmpfiles_done(struct tmpfiles *t);
