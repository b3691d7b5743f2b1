// SPDX-License-Identifier: Apache-2.0
/*
 * What dockerd itself says to a configuration before anything relies on it. Nothing is written: the
 * file is a copy in memory, without userns-remap (since 26.0 `dockerd --validate` makes the user
 * dockremap for it).
 *
 * Since 23.0 that is `dockerd --validate`. Older ones have no such option, but complain about their
 * configuration before they notice that they are not root: so they are started as nobody.
 *
 * What it says nothing to (a missing group, an unknown option of a log driver, ...) is judged
 * elsewhere.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/host/look_dockerd.h"

/*
 * 0: it would take it. 1: it refuses, *ret_why is what it said (free it). 2: it cannot be asked:
 * no dockerd binary, or a program of another name starts it. binary: used where the unit names
 * none (the running one's), may be NULL. Errors: SYS, UNSAFE (the binary is not root's).
 */
int validate_config(const struct dockerd *d, const char *binary, char **ret_why, struct error *err);
