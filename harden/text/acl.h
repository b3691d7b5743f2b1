// SPDX-License-Identifier: Apache-2.0
/*
 * POSIX access ACLs as raw attribute values: linux/posix_acl_xattr.h, version 2, entries of tag
 * u16, perm u16, id u32, little endian. NULL or malformed values grant nothing.
 */
#pragma once

#include "harden/base/str.h"

#include <sys/types.h>

/* Whether a named user or group has effective rights (its own bits within the mask). */
bool acl_grants_named(const struct blob *acl);
/* The owning group's own bits (0-7), which without the ACL would be the mode's group bits. */
mode_t acl_group_bits(const struct blob *acl);
