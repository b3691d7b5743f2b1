// SPDX-License-Identifier: Apache-2.0
/*
 * The user's --output FILE: whole or not at all. A regular file is replaced by a synced sibling
 * that takes over its mode and owner; a new one gets 0600, as reports tell what is weak on a host.
 * A device or fifo is written to. A link is refused: root must not be led to another file.
 */
#pragma once

#include "harden/base/error.h"

#include <stddef.h>

/* Errors: UNSAFE (a link, a directory), SYS. */
int output_write(const char *path, const void *data, size_t len, struct error *err);
/*
 * What can be told without changing anything: the directory is there and the name is no link. Asked
 * before an apply, whose report should not be lost. Errors as above.
 */
int output_check(const char *path, struct error *err);
