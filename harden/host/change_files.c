// SPDX-License-Identifier: Apache-2.0
/*
 * Order matters here. Owner and mode: first the mode that old and new have in common, then the
 * owner, then attributes (an ACL sets mode bits too), then the final mode, as chown(2) clears the
 * set-id bits; so nobody has more access in between than before or after [systemd tmpfiles].
 * Replacing: the sibling is complete and synced before it gets the name, and the target is looked
 * at once more just before that.
 */
#include "harden/host/change_files.h"

#include "harden/host/change_sysops.h"
#include "harden/host/change_xattr.h"

#include <errno.h>
#include <fcntl.h>

static int conflict(const struct file_change *c, struct error *err)
{
	return error_set(err, ERROR_CONFLICT, 0, "%s changed since it was looked at", c->path);
}

/* The way to the file, through safe directories that exist. */
static int open_way(int root_fd, const char *path, struct place *ret_place, struct error *err)
{
	int r = place_open(root_fd, path, WALK_SAFE, ret_place, err);

	if (r == 0)
		return error_set(err, ERROR_CONFLICT, 0, "the directory of %s does not exist",
				 path);
	return r < 0 ? -1 : 0;
}

static int sync_directory(const struct place *place, const char *path, struct error *err)
{
	AUTO_CLOSE int fd = openat(place->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || sysops->sync(fd) < 0)
		return error_set(err, ERROR_DURABILITY, errno, "sync the directory of %s", path);
	return 0;
}

static int check_target(const struct place *place, const struct file_change *c, struct error *err)
{
	struct stat now;

	if (fstatat(place->dir, place->name, &now, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return error_set(err, ERROR_SYS, errno, "look at %s", c->path);
		return c->from->kind == FILE_ABSENT ? 0 : conflict(c, err);
	}
	if (c->from->kind == FILE_ABSENT || !seen_same(&now, c->seen))
		return conflict(c, err);
	if (S_ISREG(now.st_mode) && now.st_nlink > 1)
		return error_set(err, ERROR_UNSAFE, 0, "%s has %lu links", c->path,
				 (unsigned long)now.st_nlink);
	return 0;
}

static int set_mode(int fd, const char *path, mode_t mode, struct error *err)
{
	char name[FD_PATH_SIZE];

	fd_path(name, fd);
	if (sysops->chmod(name, mode) < 0)
		return error_set(err, ERROR_SYS, errno, "set the mode of %s", path);
	return 0;
}

/* Owner, attributes and mode of the file behind fd, which is no link. */
static int set_metadata(int fd, const char *path, const struct file_record *to, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set(err, ERROR_SYS, errno, "look at %s", path);
	if (st.st_uid != to->uid || st.st_gid != to->gid) {
		mode_t narrow = st.st_mode & to->mode & 07777;

		if (narrow != (st.st_mode & 07777) && set_mode(fd, path, narrow, err) < 0)
			return -1;
		if (sysops->chown(fd, to->uid, to->gid) < 0)
			return error_set(err, ERROR_SYS, errno, "set the owner of %s", path);
	}
	if (xattrs_apply(fd, path, &to->xattrs, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return error_set(err, ERROR_SYS, errno, "look at %s", path);
	return (st.st_mode & 07777) == to->mode ? 0 : set_mode(fd, path, to->mode, err);
}

static int set_time(int fd, const struct file_change *c, struct error *err)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, c->to->mtime};
	char name[FD_PATH_SIZE];

	fd_path(name, fd);
	if (c->times && sysops->utimens(name, times) < 0)
		return error_set(err, ERROR_SYS, errno, "set the time of %s", c->path);
	return 0;
}

static int write_all(int fd, const struct file_change *c, struct error *err)
{
	size_t done = 0;

	while (c->content && done < c->content->len) {
		ssize_t n = sysops->write(fd, c->content->data + done, c->content->len - done);

		if (n < 0)
			return error_set(err, ERROR_SYS, errno, "write the new %s", c->path);
		done += (size_t)n;
	}
	return 0;
}

static int make_file(const struct place *place, const struct file_change *c, struct error *err)
{
	AUTO_CLOSE int fd = sysops->create(place->dir, c->temp, O_WRONLY, 0600);

	if (fd < 0)
		return error_set(err, ERROR_SYS, errno, "create %s beside %s", c->temp, c->path);
	if (write_all(fd, c, err) < 0 || set_metadata(fd, c->path, c->to, err) < 0 ||
	    set_time(fd, c, err) < 0)
		return -1;
	if (sysops->sync(fd) < 0)
		return error_set(err, ERROR_SYS, errno, "sync the new %s", c->path);
	return 0;
}

static int make_link(const struct place *place, const struct file_change *c, struct error *err)
{
	AUTO_CLOSE int fd = -1;

	if (sysops->symlink(c->to->link, place->dir, c->temp) < 0)
		return error_set(err, ERROR_SYS, errno, "create %s beside %s", c->temp, c->path);
	fd = openat(place->dir, c->temp, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || sysops->chown(fd, c->to->uid, c->to->gid) < 0)
		return error_set(err, ERROR_SYS, errno, "set the owner of %s", c->path);
	return 0;
}

/* Gives the finished sibling the name; what is new must not cover what somebody else just made. */
static int take_name(const struct place *place, const struct file_change *c, struct error *err)
{
	int r;

	if (check_target(place, c, err) < 0)
		return -1;
	if (c->from->kind == FILE_ABSENT) {
		r = sysops->rename_new(place->dir, c->temp, place->name);
		if (r < 0 && errno == EEXIST)
			return conflict(c, err);
		if (r < 0 && (errno == EINVAL || errno == ENOSYS)) /* not on this file system */
			r = sysops->rename(place->dir, c->temp, place->name);
	} else {
		r = sysops->rename(place->dir, c->temp, place->name);
	}
	return r < 0 ? error_set(err, ERROR_SYS, errno, "put the new %s in place", c->path) : 0;
}

static int replace(const struct place *place, const struct file_change *c, struct error *err)
{
	bool is_link = c->to->kind == FILE_LINK;

	if (check_target(place, c, err) < 0) /* before anything is written */
		return -1;
	if ((is_link ? make_link(place, c, err) : make_file(place, c, err)) < 0 ||
	    take_name(place, c, err) < 0) {
		/* Best effort: the journal knows the name, undo removes it if this cannot. */
		(void)sysops->unlink(place->dir, c->temp, 0);
		return -1;
	}
	return sync_directory(place, c->path, err);
}

/* Syncs the file behind an O_PATH fd; sockets and the like live in memory and have no sync. */
static int sync_file(int fd, const char *path, enum file_kind kind, struct error *err)
{
	char name[FD_PATH_SIZE];
	AUTO_CLOSE int content = -1;

	if (kind != FILE_REGULAR && kind != FILE_DIRECTORY)
		return 0;
	fd_path(name, fd);
	content = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (content < 0 || sysops->sync(content) < 0)
		return error_set(err, ERROR_DURABILITY, errno, "sync %s", path);
	return 0;
}

static int change_metadata(const struct place *place, const struct file_change *c,
			   struct error *err)
{
	AUTO_CLOSE int fd = openat(place->dir, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat now;

	if (fd < 0 && errno == ENOENT)
		return conflict(c, err);
	if (fd < 0 || fstat(fd, &now) < 0)
		return error_set(err, ERROR_SYS, errno, "open %s", c->path);
	if (!seen_same(&now, c->seen))
		return conflict(c, err);
	if (S_ISREG(now.st_mode) && now.st_nlink > 1)
		return error_set(err, ERROR_UNSAFE, 0, "%s has %lu links", c->path,
				 (unsigned long)now.st_nlink);
	if (c->to->kind == FILE_LINK) {
		if (sysops->chown(fd, c->to->uid, c->to->gid) < 0)
			return error_set(err, ERROR_SYS, errno, "set the owner of %s", c->path);
		return sync_directory(place, c->path, err);
	}
	if (set_metadata(fd, c->path, c->to, err) < 0 || set_time(fd, c, err) < 0)
		return -1;
	return sync_file(fd, c->path, c->to->kind, err);
}

static int make_directory(const struct place *place, const struct file_change *c, struct error *err)
{
	AUTO_CLOSE int fd = -1;

	if (sysops->mkdir(place->dir, place->name, 0700) < 0)
		return errno == EEXIST ? conflict(c, err)
				       : error_set(err, ERROR_SYS, errno, "create %s", c->path);
	fd = openat(place->dir, place->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, ERROR_SYS, errno, "open %s", c->path);
	if (set_metadata(fd, c->path, c->to, err) < 0 ||
	    sync_file(fd, c->path, FILE_DIRECTORY, err) < 0)
		return -1;
	return sync_directory(place, c->path, err);
}

static int remove_file(const struct place *place, const struct file_change *c, struct error *err)
{
	int flags = c->from->kind == FILE_DIRECTORY ? AT_REMOVEDIR : 0;

	if (check_target(place, c, err) < 0)
		return -1;
	if (sysops->unlink(place->dir, place->name, flags) < 0) {
		if (flags && (errno == ENOTEMPTY || errno == EEXIST))
			return 1;
		return error_set(err, ERROR_SYS, errno, "remove %s", c->path);
	}
	return sync_directory(place, c->path, err);
}

static bool is_replaceable(enum file_kind kind)
{
	return kind == FILE_REGULAR || kind == FILE_LINK || kind == FILE_ABSENT;
}

static bool same_content(const struct file_change *c)
{
	return c->from->kind == c->to->kind && !c->content &&
	       (c->to->kind != FILE_LINK || str_equal(c->from->link, c->to->link));
}

int change_file(int root_fd, const struct file_change *change, struct error *err)
{
	const struct file_change *c = change;
	AUTO(place) struct place place = {0};

	if (open_way(root_fd, c->path, &place, err) < 0)
		return -1;
	if (c->to->kind == FILE_ABSENT)
		return c->from->kind == FILE_ABSENT ? 0 : remove_file(&place, c, err);
	if (c->to->kind == FILE_DIRECTORY && c->from->kind == FILE_ABSENT)
		return make_directory(&place, c, err);
	if (same_content(c))
		return change_metadata(&place, c, err);
	if (is_replaceable(c->from->kind) && is_replaceable(c->to->kind))
		return replace(&place, c, err);
	return error_set(err, ERROR_UNSAFE, 0, "%s is a %s and does not become a %s", c->path,
			 file_kind_name(c->from->kind), file_kind_name(c->to->kind));
}

int change_remove_temp(int root_fd, const char *path, const char *temp, struct error *err)
{
	AUTO(place) struct place place = {0};
	int r = place_open(root_fd, path, WALK_ANY, &place, err);
	struct stat st;

	if (r <= 0)
		return r;
	if (fstatat(place.dir, temp, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return 0;
	if (sysops->unlink(place.dir, temp, 0) < 0 && errno != ENOENT)
		return error_set(err, ERROR_SYS, errno, "remove %s beside %s", temp, path);
	return sync_directory(&place, path, err);
}
