// SPDX-License-Identifier: Apache-2.0
/*
 * A file as backup records and restores it: struct file_state (stage.h) with a digest in place of
 * the bytes, every extended attribute, and the time of a regular file.
 */
#pragma once

#include "harden/model/stage.h"

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
/* Sets, or with NULL value removes. Takes a reference of its own. */
int xattrs_set(struct xattrs *x, const char *name, struct blob *value, struct error *err);
int xattrs_copy(struct xattrs *to, const struct xattrs *from, struct error *err);
bool xattrs_equal(const struct xattrs *a, const struct xattrs *b);
void xattrs_done(struct xattrs *x);

struct file_record {
	enum file_kind kind;
	mode_t mode; /* 07777 bits */
	uid_t uid;
	gid_t gid;
	struct timespec mtime; /* of a regular file */
	char sha256[65];       /* of a regular file; "" when not looked at */
	char *link;	       /* target text of a link */
	struct xattrs xattrs;
};

int file_record_copy(struct file_record *to, const struct file_record *from, struct error *err);
void file_record_done(struct file_record *r);

/*
 * In words what makes present differ from expected ("content", "owner", "mode", "ACL", ...), NULL
 * if nothing does. This is what rollback compares; other attributes and times are left out, as
 * relabelling or a backup program may touch them rightly. Digests count where both have one.
 */
const char *file_record_difference(const struct file_record *expected,
				   const struct file_record *present);
/* The same to the last attribute, and for a regular file the time: nothing needs undoing. */
bool file_record_equal(const struct file_record *a, const struct file_record *b);

/*
 * What a file will be: after as staged over what before has on disk. Attributes of before stay,
 * except the ACLs, which come from after; the access ACL is as the kernel keeps it beside after's
 * mode. The digest is before's: the caller sets it where the content changes.
 */
int file_record_promise(const struct file_record *before, const struct file_state *after,
			struct file_record *ret_promise, struct error *err);

/*
 * An access ACL (acl(5), raw value, version 2) as chmod(2) to mode leaves it: the entries of owner,
 * mask and others follow the mode's bits. Without named entries and mask it says no more than the
 * mode, and *ret_acl is NULL as the kernel drops it too. acl NULL gives NULL.
 * Errors: FORMAT when it is no such ACL, NOMEM.
 */
int acl_with_mode(const struct blob *acl, mode_t mode, struct blob **ret_acl, struct error *err);
