// SPDX-License-Identifier: Apache-2.0
/*
 * Reading and setting the extended attributes of a file: ACLs, labels, capabilities, what users
 * put there. They are recorded before a change, travel to the file that replaces the old one, and
 * come back at undo.
 *
 * security.ima and security.evm are left out on both sides: the kernel derives them from content
 * and owner, so an old value would be wrong by definition. Other security.* attributes are never
 * removed (a new file's label comes from the policy), except security.capability.
 */
#pragma once

#include "harden/model/record.h"

/*
 * Reads all attributes of the file behind fd (O_PATH will do, but not a link). A file system
 * without attributes gives an empty list. name is for messages. Errors: SYS, NOMEM.
 */
int xattrs_read(int fd, const char *name, struct xattrs *ret_x, struct error *err);
/* Makes the attributes of the file behind fd equal to wanted; one that is right is not touched. */
int xattrs_apply(int fd, const char *name, const struct xattrs *wanted, struct error *err);
