// SPDX-License-Identifier: Apache-2.0
/*
 * Whom a recipe, site file or template may come from. Who can write one decides what root does to
 * this host, so it must be root's and nobody else may write it. Pure: the caller has opened the
 * file and passes its fstat.
 */
#pragma once

#include "harden/base/error.h"

#include <sys/stat.h>

/*
 * Any write bit of group or others is refused, root's group too: with an ACL the group bits are
 * its mask, so a named user may be behind them. Errors: UNSAFE with file and what to do.
 */
int trust_check(const struct stat *st, const char *file, struct error *err);
