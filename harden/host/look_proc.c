// SPDX-License-Identifier: Apache-2.0
/*
 * Reading below /proc. A process that ends meanwhile gives ENOENT or, from a descriptor that was
 * opened before, ESRCH.
 */
#include "harden/host/look_proc.h"

#include "harden/host/host.h"

#include <errno.h>
#include <fcntl.h>

static char *full_name(const struct host *host, const char *name)
{
	return str_format("%s/%s", host->proc, name);
}

static bool is_gone(int sys)
{
	return sys == ENOENT || sys == ESRCH || sys == ENOTDIR;
}

/* 0 for what is gone, else -1 with the reason. */
static int failed(const char *what, const char *path, int sys, struct error *err)
{
	if (is_gone(sys))
		return 0;
	(void)error_set(err, ERROR_SYS, sys, "%s %s", what, path);
	error_resource(err, path);
	if (sys == EACCES || sys == EPERM)
		error_next(err, "run as root");
	return -1;
}

int proc_read(struct host *host, const char *name, struct strbuf *ret_text, struct error *err)
{
	AUTO_FREE char *path = full_name(host, name);
	AUTO_CLOSE int fd = -1;
	size_t before = ret_text->len;

	if (!path)
		return error_nomem(err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return failed("open", path, errno, err);
	if (strbuf_read(ret_text, fd, 0, PROC_READ_MAX) < 0)
		return errno == EFBIG ? error_set(err, ERROR_FORMAT, 0, "%s has more than %u bytes",
						  path, PROC_READ_MAX)
				      : failed("read", path, errno, err);
	if (ret_text->failed)
		return error_nomem(err);
	return ret_text->len > before;
}

int proc_link(struct host *host, const char *name, char **ret_target, struct error *err)
{
	AUTO_FREE char *path = full_name(host, name);
	char target[4096];
	ssize_t n;

	if (!path)
		return error_nomem(err);
	n = readlink(path, target, sizeof(target));
	if (n < 0)
		return failed("read the link", path, errno, err);
	*ret_target = strndup(target, (size_t)n);
	return *ret_target ? 1 : error_nomem(err);
}

int proc_list(struct host *host, const char *name, struct strv *ret_names, struct error *err)
{
	AUTO_FREE char *path = full_name(host, name);
	AUTO_CLOSEDIR DIR *dir = NULL;
	const struct dirent *entry;

	if (!path)
		return error_nomem(err);
	dir = opendir(path);
	if (!dir)
		return failed("open", path, errno, err);
	for (errno = 0; (entry = readdir(dir)); errno = 0)
		if (entry->d_name[0] != '.' && strv_add(ret_names, entry->d_name, err) < 0)
			return -1;
	return errno ? failed("list", path, errno, err) : 0;
}
