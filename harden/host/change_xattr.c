// SPDX-License-Identifier: Apache-2.0
/*
 * Extended attributes by /proc/self/fd/N: the f* calls refuse O_PATH descriptors, and a path would
 * follow whatever stands there by now.
 */
#include "harden/host/change_xattr.h"

#include "harden/host/change_sysops.h"
#include "harden/host/change_walk.h"

#include <errno.h>
#include <sys/xattr.h>

/* Largest list and value the kernel hands out (XATTR_LIST_MAX, XATTR_SIZE_MAX). */
#define XATTR_MAX 65536

static bool is_ours(const char *name)
{
	return !str_equal(name, "security.ima") && !str_equal(name, "security.evm");
}

static int read_one(const char *path, const char *name, const char *attribute, char *buffer,
		    struct xattrs *x, struct error *err)
{
	AUTO_PTR(blob) struct blob *value = NULL;
	ssize_t n = getxattr(path, attribute, buffer, XATTR_MAX);

	if (n < 0 && errno == ENODATA)
		return 0; /* gone since it was listed */
	if (n < 0)
		return error_set(err, ERROR_SYS, errno, "read attribute %s of %s", attribute, name);
	value = blob_new(buffer, (size_t)n);
	if (!value)
		return error_nomem(err);
	return xattrs_set(x, attribute, value, err);
}

int xattrs_read(int fd, const char *name, struct xattrs *ret_x, struct error *err)
{
	AUTO_FREE char *names = NULL, *buffer = NULL;
	struct xattrs x = {0};
	char path[FD_PATH_SIZE];
	ssize_t n;

	fd_path(path, fd);
	n = listxattr(path, NULL, 0); /* most files have none */
	if (n == 0 || (n < 0 && errno == ENOTSUP)) {
		*ret_x = x;
		return 0;
	}
	names = malloc(XATTR_MAX + 1);
	buffer = malloc(XATTR_MAX);
	if (!names || !buffer)
		return error_nomem(err);
	n = listxattr(path, names, XATTR_MAX);
	if (n < 0)
		return error_set(err, ERROR_SYS, errno, "list the attributes of %s", name);
	names[n] = '\0';
	for (const char *a = names; a < names + n; a += strlen(a) + 1) {
		if (is_ours(a) && read_one(path, name, a, buffer, &x, err) < 0) {
			xattrs_done(&x);
			return -1;
		}
	}
	*ret_x = x;
	return 0;
}

static bool may_remove(const char *name)
{
	return !str_starts(name, "security.") || str_equal(name, "security.capability");
}

static int remove_others(const char *path, const char *name, const struct xattrs *have,
			 const struct xattrs *wanted, struct error *err)
{
	for (size_t i = 0; i < have->len; i++) {
		const char *a = have->items[i].name;

		if (xattrs_get(wanted, a) || !may_remove(a))
			continue;
		if (sysops->removexattr(path, a) < 0 && errno != ENODATA)
			return error_set(err, ERROR_SYS, errno, "remove attribute %s of %s", a,
					 name);
	}
	return 0;
}

int xattrs_apply(int fd, const char *name, const struct xattrs *wanted, struct error *err)
{
	struct xattrs have = {0};
	char path[FD_PATH_SIZE];
	int r;

	if (xattrs_read(fd, name, &have, err) < 0)
		return -1;
	fd_path(path, fd);
	r = remove_others(path, name, &have, wanted, err);
	for (size_t i = 0; r == 0 && i < wanted->len; i++) {
		const struct xattr *x = &wanted->items[i];

		if (blob_equal(xattrs_get(&have, x->name), x->value))
			continue;
		if (sysops->setxattr(path, x->name, x->value->data, x->value->len) < 0)
			r = error_set(err, ERROR_SYS, errno, "set attribute %s of %s", x->name,
				      name);
	}
	xattrs_done(&have);
	return r;
}
