// SPDX-License-Identifier: Apache-2.0
/*
 * What root trusts later must have been root's all the time: a state directory of another owner or
 * one that others may enter is refused, never repaired, since what lies in it could be anybody's.
 */
#include "harden/host/change_state.h"

#include "harden/host/change_sysops.h"
#include "harden/host/change_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>

#define TEMP_NAME ".tmp-new" /* one writer at a time, so one name will do */

static int check_private(int fd, const char *shown, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set(err, ERROR_SYS, errno, "look at %s", shown);
	if (st.st_uid != geteuid()) {
		(void)error_set(err, ERROR_UNSAFE, 0, "the state directory %s belongs to uid %u",
				shown, st.st_uid);
		error_next(err, "give another one with --state-dir");
		return -1;
	}
	if (st.st_mode & 077) {
		(void)error_set(err, ERROR_UNSAFE, 0,
				"the state directory %s is open to others (mode %04o)", shown,
				st.st_mode & 07777);
		error_next(err, "look whether its files are yours, then chmod 0700 %s", shown);
		return -1;
	}
	return 0;
}

static int open_component(int dir, const char *name, bool last, unsigned flags)
{
	int how = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

	if (last || !(flags & STATE_FOLLOW_PARENTS))
		how |= O_NOFOLLOW;
	if (!last)
		how = (how & ~O_RDONLY) | O_PATH;
	return openat(dir, name, how);
}

static int make_component(int dir, const char *name, bool last, const char *path, struct error *err)
{
	AUTO_CLOSE int fd = -1, parent = -1;
	char fd_name[FD_PATH_SIZE];

	if (sysops->mkdir(dir, name, 0700) < 0)
		return errno == EEXIST ? 0 : error_set(err, ERROR_SYS, errno, "create %s", path);
	parent = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0 || sysops->sync(parent) < 0)
		return error_set(err, ERROR_SYS, errno, "sync the directory of %s", path);
	if (last)
		return 0;
	fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	fd_path(fd_name, fd);
	if (fd < 0 || sysops->chmod(fd_name, 0755) < 0) /* whatever the umask */
		return error_set(err, ERROR_SYS, errno, "set the mode of %s", path);
	return 0;
}

static int refuse_component(const char *path, struct error *err)
{
	if (errno == ELOOP || errno == ENOTDIR)
		return error_set(err, ERROR_UNSAFE, 0,
				 "the state directory %s is a link or no directory", path);
	return error_set(err, ERROR_SYS, errno, "open the state directory %s", path);
}

/* One step on the way; *dir is replaced. Returns 1, or 0 when missing. */
static int state_step(int *dir, const char *name, bool last, const char *path, unsigned flags,
		      struct error *err)
{
	int next = open_component(*dir, name, last, flags);

	if (next < 0 && errno == ENOENT) {
		if (!(flags & STATE_CREATE))
			return 0;
		if (make_component(*dir, name, last, path, err) < 0)
			return -1;
		next = open_component(*dir, name, last, flags);
	}
	if (next < 0)
		return refuse_component(path, err);
	if (*dir >= 0)
		(void)close(*dir); /* read only */
	*dir = next;
	return 1;
}

static int start_of(int base, const char *path, int *ret_fd, struct error *err)
{
	if (base == AT_FDCWD)
		*ret_fd = open(path[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	else
		*ret_fd = fcntl(base, F_DUPFD_CLOEXEC, 3);
	return *ret_fd < 0 ? error_set(err, ERROR_SYS, errno, "open %s", path) : 0;
}

int state_open(int base, const char *path, const char *shown, unsigned flags, int *ret_fd,
	       struct error *err)
{
	AUTO_CLOSE int dir = -1;
	AUTO(strv) struct strv parts = {0};

	if (start_of(base, path, &dir, err) < 0 || strv_split(&parts, path, "/", err) < 0)
		return -1;
	if (parts.len == 0)
		return error_set(err, ERROR_USAGE, 0, "\"%s\" cannot be the state directory",
				 shown);
	for (size_t i = 0; i < parts.len; i++) {
		int r = state_step(&dir, parts.items[i], i + 1 == parts.len, shown, flags, err);

		if (r <= 0)
			return r;
	}
	if (check_private(dir, shown, err) < 0)
		return -1;
	*ret_fd = take_fd(&dir);
	return 1;
}

int state_lock(int fd, const char *shown, struct error *err)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return error_set(err, ERROR_BUSY, 0,
				 "another harden is at work: it holds the lock of %s", shown);
	return error_set(err, ERROR_SYS, errno, "lock %s", shown);
}

int state_subdir(int dir, const char *name, bool create, int *ret_fd, struct error *err)
{
	int fd;

	if (create && sysops->mkdir(dir, name, 0700) < 0 && errno != EEXIST)
		return error_set(err, ERROR_SYS, errno, "create %s in the state directory", name);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_set(err, ERROR_SYS, errno, "open %s in the state directory", name);
	*ret_fd = fd;
	return 1;
}

int state_list(int dir, struct strv *ret_names, struct error *err)
{
	AUTO_CLOSEDIR DIR *stream = NULL;
	AUTO(strv) struct strv names = {0};
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, ERROR_SYS, errno, "list the state directory");
	stream = fdopendir(fd);
	if (!stream) {
		(void)close(fd);
		return error_set(err, ERROR_SYS, errno, "list the state directory");
	}
	for (struct dirent *e; (errno = 0, e = readdir(stream));) {
		if (str_equal(e->d_name, ".") || str_equal(e->d_name, ".."))
			continue;
		if (strv_add(&names, e->d_name, err) < 0)
			return -1;
	}
	if (errno)
		return error_set(err, ERROR_SYS, errno, "list the state directory");
	strv_sort(&names);
	*ret_names = names;
	names = (struct strv){0};
	return 0;
}

int state_read(int dir, const char *name, size_t cap, struct blob **ret_content, struct error *err)
{
	AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	AUTO_FREE char *buffer = NULL;
	struct stat st;
	size_t len = 0;
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, ERROR_SYS, errno, "open %s in the state directory", name);
	if (!S_ISREG(st.st_mode) || (size_t)st.st_size > cap)
		return error_set(err, ERROR_FORMAT, 0, "%s in the state directory is not ours",
				 name);
	buffer = malloc((size_t)st.st_size + 1);
	if (!buffer)
		return error_nomem(err);
	while (len < (size_t)st.st_size &&
	       (n = read(fd, buffer + len, (size_t)st.st_size - len)) != 0) {
		if (n < 0)
			return error_set(err, ERROR_SYS, errno, "read %s in the state directory",
					 name);
		len += (size_t)n;
	}
	*ret_content = blob_new(buffer, len);
	return *ret_content ? 1 : error_nomem(err);
}

uint64_t state_size(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : (uint64_t)st.st_size;
}

static int write_bytes(int fd, const char *data, size_t len, struct error *err)
{
	while (len > 0) {
		ssize_t n = sysops->write(fd, data, len);

		if (n < 0)
			return error_set(err, ERROR_SYS, errno, "write to the state directory");
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int state_write(int dir, const char *name, const void *data, size_t len, struct error *err)
{
	AUTO_CLOSE int fd = -1;
	struct stat st;

	/* one that was left by a run that was cut off; usually there is none */
	if (fstatat(dir, TEMP_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    sysops->unlink(dir, TEMP_NAME, 0) < 0)
		return error_set(err, ERROR_SYS, errno, "remove an unfinished file");
	fd = sysops->create(dir, TEMP_NAME, O_WRONLY, 0600);
	if (fd < 0)
		return error_set(err, ERROR_SYS, errno, "create a file in the state directory");
	if (write_bytes(fd, data, len, err) < 0)
		goto fail;
	if (sysops->sync(fd) < 0 || sysops->rename(dir, TEMP_NAME, name) < 0) {
		(void)error_set(err, ERROR_SYS, errno, "write to the state directory");
		goto fail;
	}
	return state_sync(dir, err);
fail:
	(void)sysops->unlink(dir, TEMP_NAME, 0); /* the next writer removes it else */
	return -1;
}

int state_append_open(int dir, const char *name, bool create, int *ret_fd, struct error *err)
{
	int fd = create ? sysops->create(dir, name, O_WRONLY | O_APPEND, 0600)
			: sysops->append(dir, name);

	if (fd < 0)
		return error_set(err, ERROR_SYS, errno, "open %s in the state directory", name);
	*ret_fd = fd;
	return 0;
}

int state_append(int fd, off_t *end, const void *data, size_t len, bool sync, struct error *err)
{
	if (write_bytes(fd, data, len, err) < 0)
		goto fail;
	if (sync && sysops->sync(fd) < 0) {
		(void)error_set(err, ERROR_SYS, errno, "sync the journal");
		goto fail;
	}
	*end += (off_t)len;
	return 0;
fail:
	(void)sysops->truncate(fd, *end); /* else the reader ignores the torn line */
	return -1;
}

int state_cut(int fd, off_t len, struct error *err)
{
	if (sysops->truncate(fd, len) < 0)
		return error_set(err, ERROR_SYS, errno, "cut the journal's torn end");
	return 0;
}

int state_sync(int dir, struct error *err)
{
	if (sysops->sync(dir) < 0)
		return error_set(err, ERROR_SYS, errno, "sync the state directory");
	return 0;
}

int state_remove(int dir, const char *name, bool directory, struct error *err)
{
	if (sysops->unlink(dir, name, directory ? AT_REMOVEDIR : 0) < 0 && errno != ENOENT)
		return error_set(err, ERROR_SYS, errno, "remove %s from the state directory", name);
	return 0;
}

int state_random(char *ret_hex, size_t n, struct error *err)
{
	unsigned char bytes[32];

	if (n > sizeof(bytes) || getrandom(bytes, n, 0) != (ssize_t)n)
		return error_set(err, ERROR_SYS, errno, "get random bytes");
	for (size_t i = 0; i < n; i++)
		(void)snprintf(ret_hex + 2 * i, 3, "%02x", bytes[i]); /* always fits */
	return 0;
}

uint32_t state_login_uid(void)
{
	AUTO_CLOSE int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
	char text[16];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return (uint32_t)-1;
	text[n] = '\0';
	return (uint32_t)strtoul(text, NULL, 10);
}
