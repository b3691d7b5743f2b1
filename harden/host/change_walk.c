// SPDX-License-Identifier: Apache-2.0
/*
 * Walking and observing. The digest is taken in pieces, so that a large file whose mode changes
 * does not have to fit into memory.
 */
#include "harden/host/change_walk.h"

#include "harden/host/change_xattr.h"
#include "harden/text/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#define PIECE 65536

void fd_path(char path[FD_PATH_SIZE], int fd)
{
	(void)snprintf(path, FD_PATH_SIZE, "/proc/self/fd/%d", fd); /* an int always fits */
}

enum file_kind file_kind_of(mode_t st_mode)
{
	switch (st_mode & S_IFMT) {
	case S_IFREG:
		return FILE_REGULAR;
	case S_IFDIR:
		return FILE_DIRECTORY;
	case S_IFLNK:
		return FILE_LINK;
	case S_IFSOCK:
		return FILE_SOCKET;
	default:
		return FILE_OTHER;
	}
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool seen_same(const struct stat *a, const struct stat *b)
{
	if (a->st_dev != b->st_dev || a->st_ino != b->st_ino ||
	    (a->st_mode & S_IFMT) != (b->st_mode & S_IFMT))
		return false;
	/* what goes on inside a directory or behind a socket changes their times rightly */
	return !S_ISREG(a->st_mode) ||
	       (a->st_size == b->st_size && a->st_nlink == b->st_nlink &&
		same_time(&a->st_mtim, &b->st_mtim) && same_time(&a->st_ctim, &b->st_ctim));
}

bool seen_matches(const struct stat *seen, const struct file_state *state)
{
	if (file_kind_of(seen->st_mode) != state->kind || seen->st_dev != state->dev ||
	    seen->st_ino != state->ino || seen->st_uid != state->uid || seen->st_gid != state->gid)
		return false;
	if (state->kind != FILE_LINK && (seen->st_mode & 07777) != state->mode)
		return false;
	return state->kind != FILE_REGULAR ||
	       (seen->st_size == state->size && seen->st_nlink == state->nlink &&
		same_time(&seen->st_mtim, &state->mtime) &&
		same_time(&seen->st_ctim, &state->ctime));
}

/* So far is the part of path that was walked, for messages. */
static int check_trust(const struct stat *st, const char *path, size_t so_far, struct error *err)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return error_set(err, ERROR_UNSAFE, 0, "%.*s on the way to %s is owned by uid %u",
				 (int)so_far, path, path, st->st_uid);
	if (st->st_mode & 022)
		return error_set(err, ERROR_UNSAFE, 0,
				 "%.*s on the way to %s is writable by others (mode %04o)",
				 (int)so_far, path, path, st->st_mode & 07777);
	return 0;
}

/* One directory further; *dir is replaced. Returns 1, or 0 when it does not exist. */
static int step(int *dir, const char *name, const char *path, size_t so_far, enum walk_trust trust,
		struct error *err)
{
	AUTO_CLOSE int next = openat(*dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int old;

	if (next < 0 && errno == ENOENT)
		return 0;
	if (next < 0 && errno == ENOTDIR)
		return error_set(err, ERROR_CONFLICT, 0,
				 "%.*s on the way to %s is no directory any more", (int)so_far,
				 path, path);
	if (next < 0 || fstat(next, &st) < 0)
		return error_set(err, ERROR_SYS, errno, "open %.*s", (int)so_far, path);
	if (trust == WALK_SAFE && check_trust(&st, path, so_far, err) < 0)
		return -1;
	old = *dir;
	*dir = take_fd(&next);
	(void)close(old); /* O_PATH: nothing to lose */
	return 1;
}

int place_open(int root_fd, const char *path, enum walk_trust trust, struct place *ret_place,
	       struct error *err)
{
	AUTO_CLOSE int dir = fcntl(root_fd, F_DUPFD_CLOEXEC, 3);
	const char *at = path + 1;
	size_t n;

	if (dir < 0)
		return error_set(err, ERROR_SYS, errno, "walk to %s", path);
	for (; at[n = strcspn(at, "/")]; at += n + 1) {
		AUTO_FREE char *name = strndup(at, n);
		int r;

		if (!name)
			return error_nomem(err);
		r = step(&dir, name, path, (size_t)(at - path) + n, trust, err);
		if (r <= 0)
			return r;
	}
	ret_place->name = strdup(at);
	if (!ret_place->name)
		return error_nomem(err);
	ret_place->dir = take_fd(&dir);
	return 1;
}

void place_done(struct place *place)
{
	if (place->name)
		(void)close(place->dir); /* O_PATH: nothing to lose */
	free(place->name);
	*place = (struct place){0};
}

static int reopen(int fd, const char *path, struct error *err)
{
	char name[FD_PATH_SIZE];
	int content;

	fd_path(name, fd);
	content = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (content < 0)
		return error_set(err, ERROR_SYS, errno, "open %s", path);
	return content;
}

static int digest_file(int fd, const char *path, char ret_hex[DIGEST_HEX_SIZE], struct error *err)
{
	AUTO_CLOSE int content = reopen(fd, path, err);
	AUTO_FREE char *buffer = malloc(PIECE);
	AUTO(digest) struct digest d = {0};
	ssize_t n;

	if (content < 0)
		return -1;
	if (!buffer)
		return error_nomem(err);
	if (digest_begin(&d, err) < 0)
		return -1;
	while ((n = read(content, buffer, PIECE)) > 0)
		if (digest_add(&d, buffer, (size_t)n, err) < 0)
			return -1;
	if (n < 0)
		return error_set(err, ERROR_SYS, errno, "read %s", path);
	return digest_end(&d, ret_hex, err);
}

static int read_target(int fd, const char *path, char **ret_link, struct error *err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(fd, "", target, sizeof(target));

	if (n < 0)
		return error_set(err, ERROR_SYS, errno, "read the link %s", path);
	*ret_link = strndup(target, (size_t)n);
	return *ret_link ? 0 : error_nomem(err);
}

static int observe_more(int fd, const char *path, unsigned flags, struct file_record *r,
			struct error *err)
{
	if (r->kind == FILE_LINK)
		return read_target(fd, path, &r->link, err);
	if (r->kind == FILE_REGULAR && (flags & OBSERVE_DIGEST) &&
	    digest_file(fd, path, r->sha256, err) < 0)
		return -1;
	return xattrs_read(fd, path, &r->xattrs, err);
}

static int observe_fd(int fd, const char *path, unsigned flags, struct file_record *ret_record,
		      struct stat *ret_seen, struct error *err)
{
	struct file_record r = {0};
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set(err, ERROR_SYS, errno, "look at %s", path);
	r.kind = file_kind_of(st.st_mode);
	r.mode = st.st_mode & 07777;
	r.uid = st.st_uid;
	r.gid = st.st_gid;
	r.mtime = st.st_mtim;
	if (observe_more(fd, path, flags, &r, err) < 0) {
		file_record_done(&r);
		return -1;
	}
	*ret_record = r;
	if (ret_seen)
		*ret_seen = st;
	return 0;
}

/* O_PATH of the file itself. Returns -1 without an error set when it does not exist. */
static int open_target(int root_fd, const char *path, bool *ret_absent, struct error *err)
{
	AUTO(place) struct place place = {0};
	int r = place_open(root_fd, path, WALK_ANY, &place, err);
	int fd;

	*ret_absent = r == 0;
	if (r <= 0)
		return -1;
	fd = openat(place.dir, place.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	*ret_absent = fd < 0 && errno == ENOENT;
	if (fd < 0 && !*ret_absent)
		return error_set(err, ERROR_SYS, errno, "open %s", path);
	return fd;
}

int file_observe(int root_fd, const char *path, unsigned flags, struct file_record *ret_record,
		 struct stat *ret_seen, struct error *err)
{
	bool absent;
	AUTO_CLOSE int fd = open_target(root_fd, path, &absent, err);

	if (fd < 0 && !absent)
		return -1;
	if (fd >= 0)
		return observe_fd(fd, path, flags, ret_record, ret_seen, err);
	*ret_record = (struct file_record){.kind = FILE_ABSENT};
	if (ret_seen)
		*ret_seen = (struct stat){0};
	return 0;
}

static int read_all(int fd, const char *path, size_t size, struct blob **ret_content,
		    struct error *err)
{
	AUTO_FREE char *buffer = malloc(size + 1);
	size_t len = 0;
	ssize_t n = 0;

	if (!buffer)
		return error_nomem(err);
	while (len < size + 1 && (n = read(fd, buffer + len, size + 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		return error_set(err, ERROR_SYS, errno, "read %s", path);
	if (len != size)
		return error_set(err, ERROR_CONFLICT, 0, "%s changes while it is read", path);
	*ret_content = blob_new(buffer, len);
	return *ret_content ? 0 : error_nomem(err);
}

int file_content(int root_fd, const char *path, const struct stat *seen, struct blob **ret_content,
		 struct error *err)
{
	bool absent;
	AUTO_CLOSE int fd = open_target(root_fd, path, &absent, err);
	AUTO_CLOSE int content = -1;
	struct stat st;

	if (fd < 0 && !absent)
		return -1;
	if (fd < 0 || fstat(fd, &st) < 0 || !seen_same(&st, seen) || !S_ISREG(st.st_mode))
		return error_set(err, ERROR_CONFLICT, 0, "%s changed since it was looked at", path);
	if ((size_t)st.st_size > FILE_CONTENT_MAX)
		return error_set(err, ERROR_FORMAT, 0, "%s is over %u MiB", path,
				 FILE_CONTENT_MAX >> 20);
	content = reopen(fd, path, err);
	return content < 0 ? -1 : read_all(content, path, (size_t)st.st_size, ret_content, err);
}
