// SPDX-License-Identifier: Apache-2.0
/*
 * Writing the report file beside its name first. The sibling's name is random, so that in a
 * directory others may write to nobody can be there first.
 */
#include "harden/host/output.h"

#include "harden/base/str.h"
#include "harden/host/change_state.h"
#include "harden/host/change_sysops.h"
#include "harden/host/change_walk.h"

#include <errno.h>
#include <fcntl.h>

struct output {
	const char *path; /* as the user gave it */
	int dir;
	const char *name; /* last component, points into path */
	bool exists;
	struct stat old;
};

static void output_done(struct output *o)
{
	if (o->dir >= 0)
		(void)close(o->dir); /* O_PATH: nothing to lose */
}

static int open_directory(struct output *o, struct error *err)
{
	const char *slash = strrchr(o->path, '/');
	AUTO_FREE char *dir = NULL;

	o->name = slash ? slash + 1 : o->path;
	if (!*o->name || str_equal(o->name, ".") || str_equal(o->name, ".."))
		return error_set(err, ERROR_USAGE, 0, "--output %s names no file", o->path);
	dir = slash ? strndup(o->path, slash == o->path ? 1 : (size_t)(slash - o->path))
		    : strdup(".");
	if (!dir)
		return error_nomem(err);
	o->dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (o->dir < 0)
		return error_set(err, ERROR_SYS, errno, "write --output %s", o->path);
	return 0;
}

static int look(struct output *o, struct error *err)
{
	if (fstatat(o->dir, o->name, &o->old, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return error_set(err, ERROR_SYS, errno, "look at --output %s", o->path);
		return 0;
	}
	o->exists = true;
	if (S_ISLNK(o->old.st_mode) || S_ISDIR(o->old.st_mode)) {
		(void)error_set(err, ERROR_UNSAFE, 0, "--output %s is a %s", o->path,
				file_kind_name(file_kind_of(o->old.st_mode)));
		error_next(err, "name a file, or leave --output out for standard output");
		return -1;
	}
	return 0;
}

static int write_bytes(int fd, const struct output *o, const char *data, size_t len,
		       struct error *err)
{
	while (len > 0) {
		ssize_t n = sysops->write(fd, data, len);

		if (n < 0)
			return error_set(err, ERROR_SYS, errno, "write --output %s", o->path);
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A device or fifo. */
static int write_through(const struct output *o, const char *data, size_t len, struct error *err)
{
	AUTO_CLOSE int fd = openat(o->dir, o->name, O_WRONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, ERROR_SYS, errno, "open --output %s", o->path);
	return write_bytes(fd, o, data, len, err);
}

static int dress(int fd, const struct output *o, struct error *err)
{
	char name[FD_PATH_SIZE];

	if (!o->exists)
		return 0;
	fd_path(name, fd);
	if (sysops->chown(fd, o->old.st_uid, o->old.st_gid) < 0 ||
	    sysops->chmod(name, o->old.st_mode & 0777) < 0)
		return error_set(err, ERROR_SYS, errno, "keep owner and mode of --output %s",
				 o->path);
	return 0;
}

static int replace(const struct output *o, const char *data, size_t len, struct error *err)
{
	AUTO_CLOSE int fd = -1;
	char random[17], temp[32] = ".harden-";

	if (state_random(random, 8, err) < 0)
		return -1;
	memcpy(temp + strlen(temp), random, sizeof(random));
	fd = sysops->create(o->dir, temp, O_WRONLY, 0600);
	if (fd < 0)
		return error_set(err, ERROR_SYS, errno, "write --output %s", o->path);
	if (write_bytes(fd, o, data, len, err) < 0 || dress(fd, o, err) < 0)
		goto fail;
	if (sysops->sync(fd) < 0 || sysops->rename(o->dir, temp, o->name) < 0) {
		(void)error_set(err, ERROR_SYS, errno, "write --output %s", o->path);
		goto fail;
	}
	return 0;
fail:
	(void)sysops->unlink(o->dir, temp, 0); /* the first error is the one to tell */
	return -1;
}

int output_write(const char *path, const void *data, size_t len, struct error *err)
{
	AUTO(output) struct output o = {.path = path, .dir = -1};

	if (open_directory(&o, err) < 0 || look(&o, err) < 0)
		return -1;
	if (o.exists && !S_ISREG(o.old.st_mode))
		return write_through(&o, data, len, err);
	return replace(&o, data, len, err);
}

int output_check(const char *path, struct error *err)
{
	AUTO(output) struct output o = {.path = path, .dir = -1};

	return open_directory(&o, err) < 0 ? -1 : look(&o, err);
}
