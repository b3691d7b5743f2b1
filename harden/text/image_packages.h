// SPDX-License-Identifier: Apache-2.0
/*
 * The databases of package managers in an image: which files they are, and the names in them.
 *
 * Facts: deb-control(5), dpkg(1) (status; status.d of distroless images), Alpine's apk-tools
 * (lib/apk/db/installed), pacman (local/PACKAGE/desc). That of rpm is a Berkeley, SQLite or ndb
 * file; it is noticed and not read.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

#define PACKAGES_FILE_MAX ((size_t)32 << 20) /* bytes; a desktop's status has 4 MiB */

struct package_database; /* one of a table */

/* The database that a file is, or a part of; NULL for any other. path is relative. */
const struct package_database *packages_find(const char *path);
const char *packages_manager(const struct package_database *database); /* "dpkg", "apk", ... */
/* Whether its names can be read. */
bool packages_readable(const struct package_database *database);
/* Adds the names in a file. Errors: FORMAT (a name that is none), NOMEM. */
int packages_read(const struct package_database *database, const char *data, size_t len,
		  struct strv *names, struct error *err);
