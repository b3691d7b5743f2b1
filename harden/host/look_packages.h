// SPDX-License-Identifier: Apache-2.0
/*
 * Versions of installed packages, from dpkg's database (/var/lib/dpkg/status, dpkg(1)). Nothing of
 * the host is executed.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/host/host.h"

/*
 * The version of the first of names that is installed, as the package has it
 * ("20.10.24+dfsg1-1+deb12u1+b6", epochs included). *ret_version NULL: none is, or there is no
 * such database (rpm's is not read). Errors: SYS (cannot be read), FORMAT (over the cap).
 */
int look_package_version(struct host *host, const char *const *names, char **ret_version,
			 struct error *err);
void packages_free(struct packages *packages);
