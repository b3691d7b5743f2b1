// SPDX-License-Identifier: Apache-2.0
/*
 * The extended attributes of a file: ACLs, labels, capabilities, what users put there. They are
 * recorded before a change, travel to the file that replaces the old one, and come back at undo.
 *
 * security.ima and security.evm are left out on both sides: the kernel derives them from content
 * and owner, so an old value would be wrong by definition. Other security.* attributes are never
 * removed from a new file (its label comes from the policy), except security.capability.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

#include <sys/types.h>

#define XATTR_ACL "system.posix_acl_access"
#define XATTR_DEFAULT_ACL "system.posix_acl_default"

struct xattr {
	char *name;
	struct blob *value;
};

struct xattrs {
	struct xattr *items; /* sorted by name */
	size_t len, cap;
};

/* The value of an attribute, NULL if absent; borrowed. */
struct blob *xattrs_get(const struct xattrs *x, const char *name);
/* Sets, or with NULL value removes. Takes a reference of value. */
int xattrs_set(struct xattrs *x, const char *name, struct blob *value, struct error *err);
int xattrs_copy(struct xattrs *to, const struct xattrs *from, struct error *err);
bool xattrs_equal(const struct xattrs *a, const struct xattrs *b);
void xattrs_done(struct xattrs *x);

/*
 * Reads all attributes of the file behind fd (O_PATH will do, a link has none of ours). A file
 * system without attributes gives an empty list. name is for messages. Errors: SYS.
 */
int xattrs_read(int fd, const char *name, struct xattrs *ret_x, struct error *err);
/* Makes the attributes of the file behind fd equal to wanted; one that is right is not touched. */
int xattrs_apply(int fd, const char *name, const struct xattrs *wanted, struct error *err);

/*
 * The ACL as chmod(2) to mode leaves it: entries of owner, mask and others follow the mode's bits
 * (acl(5)). An ACL without named entries and mask says no more than the mode: *ret_acl is NULL, as
 * the kernel drops it too. acl NULL gives NULL. Errors: FORMAT when acl is no version 2 ACL, NOMEM.
 */
int acl_with_mode(const struct blob *acl, mode_t mode, struct blob **ret_acl, struct error *err);
