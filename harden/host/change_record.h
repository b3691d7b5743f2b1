// SPDX-License-Identifier: Apache-2.0
/*
 * A file as backup records and restores it: struct file_state (model/stage.h) with a digest in
 * place of the bytes, all attributes, and the time of a regular file.
 */
#pragma once

#include "harden/host/change_xattr.h"
#include "harden/model/stage.h"
#include "harden/text/digest.h"

struct file_record {
	enum file_kind kind;
	mode_t mode; /* 07777 bits */
	uid_t uid;
	gid_t gid;
	struct timespec mtime;	      /* of a regular file */
	char sha256[DIGEST_HEX_SIZE]; /* of a regular file; "" when not looked at */
	char *link;		      /* target text of a link */
	struct xattrs xattrs;
};

int file_record_copy(struct file_record *to, const struct file_record *from, struct error *err);
void file_record_done(struct file_record *r);

/*
 * What rollback compares: kind, owner, group, mode, link target, ACLs, and the digest where both
 * have one. Other attributes and times are left out, as relabelling or a backup program may touch
 * them rightly.
 */
bool file_record_same(const struct file_record *a, const struct file_record *b);
/* The same to the last attribute, and for a regular file the time: nothing needs undoing. */
bool file_record_equal(const struct file_record *a, const struct file_record *b);
/* In words what makes present differ from expected: "its content", "its owner", ... */
const char *file_record_difference(const struct file_record *expected,
				   const struct file_record *present);

/*
 * What the file will be: after as staged over what before has on disk. Attributes of before stay,
 * except ACLs, which come from after; the access ACL is as the kernel keeps it beside after's mode.
 * The digest is of after's content, or before's when the content does not change.
 */
int file_record_promise(const struct file_record *before, const struct file_state *after,
			struct file_record *ret_promise, struct error *err);
