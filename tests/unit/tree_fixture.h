// SPDX-License-Identifier: Apache-2.0
/*
 * Owners, modes, sockets and ACLs in the trees of dockerd_fixture.h. The tests that use it run as
 * root.
 */
#pragma once

#include "tests/unit/dockerd_fixture.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

/* "PATH" inside the tree as a path of the machine; the text is overwritten by the next call. */
static inline const char *tree_path(const struct tree *t, const char *path)
{
	static char full[512];

	assert_true(snprintf(full, sizeof(full), "%s%s", t->path, path) < (int)sizeof(full));
	return full;
}

static inline void tree_mode(const struct tree *t, const char *path, mode_t mode)
{
	assert_int_equal(chmod(tree_path(t, path), mode), 0);
}

static inline void tree_owner(const struct tree *t, const char *path, uid_t uid, gid_t gid)
{
	assert_int_equal(lchown(tree_path(t, path), uid, gid), 0);
}

/* A file whose name tree_open() cannot say. */
static inline void tree_file(const struct tree *t, const char *path, mode_t mode)
{
	int fd;

	tree_parents(t->path, path);
	fd = open(tree_path(t, path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x\n", 2), 2);
	assert_int_equal(close(fd), 0);
	tree_mode(t, path, mode);
}

/* A listening socket's file; nobody listens. */
static inline void tree_socket(const struct tree *t, const char *path, mode_t mode)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_true(snprintf(address.sun_path, sizeof(address.sun_path), "%s", tree_path(t, path)) <
		    (int)sizeof(address.sun_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(close(fd), 0);
	tree_mode(t, path, mode);
}

struct tree_acl {
	uint16_t tag, perm;
	uint32_t id;
};

#define ACL_NOBODY 0xffffffffU
/* user::rw-, user:1000:PERM, group::GROUP, mask::MASK, other::--- */
#define ACL_OF(perm, group, mask)                                                                  \
	{                                                                                          \
		{0x01, 6, ACL_NOBODY}, {0x02, perm, 1000}, {0x04, group, ACL_NOBODY},              \
			{0x10, mask, ACL_NOBODY}, {0x20, 0, ACL_NOBODY},                           \
	}

/* The raw value of the attribute; both structs are little endian like the machines we test on. */
static inline size_t acl_bytes(const struct tree_acl *acl, size_t len, char *ret_bytes)
{
	uint32_t version = 2;

	memcpy(ret_bytes, &version, sizeof(version));
	memcpy(ret_bytes + sizeof(version), acl, len * sizeof(*acl));
	return sizeof(version) + len * sizeof(*acl);
}

static inline void tree_acl(const struct tree *t, const char *path, const char *attribute,
			    const struct tree_acl *acl, size_t len)
{
	char bytes[256];
	size_t n = acl_bytes(acl, len, bytes);

	assert_int_equal(setxattr(tree_path(t, path), attribute, bytes, n, 0), 0);
}

static inline void tree_stage(struct tree *t, const char *path, struct file_state after)
{
	struct file_state before = {0};
	struct error err = {0};

	if (stage_put(&t->stage, path, &before, &after, (struct stage_how){0}, &err) < 0)
		fail_msg("stage %s: %s", path, error_message(&err));
}
