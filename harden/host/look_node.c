// SPDX-License-Identifier: Apache-2.0
/*
 * Nodes: single files of the host, looked at once and kept. Descriptors of directories are kept
 * too, up to a number that leaves room for everything else.
 */
#include "harden/host/look_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#define OPEN_MAX_KEPT 256
#define FD_PATH_SIZE 32

static void node_free(struct node *node)
{
	if (node->fd >= 0)
		(void)close(node->fd); /* O_PATH: nothing to lose */
	file_state_done(&node->state);
	strv_done(&node->names);
	free(node->children);
	free(node->path);
	free(node);
}

void look_cache_free(struct look_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < cache->len; i++)
		node_free(cache->nodes[i]);
	free(cache->nodes);
	free(cache);
}

/* Index of dir's child, or where it would stand. */
static size_t child_slot(const struct node *dir, const char *name, bool *ret_found)
{
	size_t low = 0, high = dir->children_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(dir->children[middle]->name, name);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_found = false;
	return low;
}

static enum file_kind kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
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

static void fill_state(struct file_state *state, const struct stat *st)
{
	*state = (struct file_state){
		.kind = kind_of(st->st_mode),
		.mode = st->st_mode & 07777,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.dev = st->st_dev,
		.ino = st->st_ino,
		.nlink = st->st_nlink,
		.size = st->st_size,
		.mtime = st->st_mtim,
		.ctime = st->st_ctim,
	};
}

static int look_error(const char *what, const char *path, struct error *err)
{
	int sys = errno;

	(void)error_set(err, ERROR_SYS, sys, "%s %s", what, path);
	error_resource(err, path);
	if (sys == EACCES || sys == EPERM)
		error_next(err, "run as root");
	return -1;
}

static int read_link(int dir, const char *name, struct node *node, struct error *err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1);

	if (n < 0)
		return look_error("read the link", node->path, err);
	target[n] = '\0';
	node->state.link = strdup(target);
	return node->state.link ? 0 : error_nomem(err);
}

/* Looks at an entry for the first time. fstatat with AT_SYMLINK_NOFOLLOW opens nothing. */
static int stat_node(int dir, const char *name, struct node *node, struct error *err)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT || errno == ENAMETOOLONG)
			return 0;
		return look_error("look at", node->path, err);
	}
	fill_state(&node->state, &st);
	return node->state.kind == FILE_LINK ? read_link(dir, name, node, err) : 0;
}

/* A node that nobody holds yet, looked at. */
static struct node *node_new(struct host *host, struct node *dir, const char *name,
			     struct error *err)
{
	struct node *node;
	int fd;

	if (node_fd(host, dir, &fd, err) < 0)
		return NULL;
	node = calloc(1, sizeof(*node));
	if (node) {
		node->parent = dir;
		node->fd = -1;
		node->path = path_join(dir->path, name);
	}
	if (!node || !node->path) {
		(void)error_nomem(err);
		free(node);
		return NULL;
	}
	node->name = strrchr(node->path, '/') + 1;
	if (stat_node(fd, name, node, err) < 0) {
		node_free(node);
		return NULL;
	}
	return node;
}

int node_child(struct host *host, struct node *dir, const char *name, struct node **ret_node,
	       struct error *err)
{
	struct look_cache *cache = host->cache;
	struct node *node;
	bool found;
	size_t slot = child_slot(dir, name, &found);

	if (found) {
		*ret_node = dir->children[slot];
		return 0;
	}
	if (vec_reserve((void **)&cache->nodes, &cache->cap, cache->len, sizeof(*cache->nodes),
			err) < 0 ||
	    vec_reserve((void **)&dir->children, &dir->children_cap, dir->children_len,
			sizeof(struct node *), err) < 0)
		return -1;
	node = node_new(host, dir, name, err);
	if (!node)
		return -1;
	memmove(&dir->children[slot + 1], &dir->children[slot],
		(dir->children_len - slot) * sizeof(struct node *));
	dir->children[slot] = node;
	dir->children_len++;
	cache->nodes[cache->len++] = node;
	*ret_node = node;
	return 0;
}

/* Too many descriptors kept: all but the root's go, they are opened again when needed. */
static void close_kept(struct look_cache *cache)
{
	for (size_t i = 0; i < cache->len; i++)
		if (cache->nodes[i]->fd >= 0) {
			(void)close(cache->nodes[i]->fd);
			cache->nodes[i]->fd = -1;
		}
	cache->open = 0;
}

static int changed(const struct node *node, struct error *err)
{
	(void)error_set(err, ERROR_CONFLICT, 0, "%s was exchanged while it was looked at",
			node->path);
	error_resource(err, node->path);
	error_next(err, "find out who changes it, then run again");
	return -1;
}

/* O_PATH of a node by its name in its parent: nothing is opened yet, whatever stands there now. */
static int open_path(struct host *host, struct node *node, int *ret_fd, struct error *err)
{
	AUTO_CLOSE int fd = -1;
	struct stat st;
	int dir;

	if (node_fd(host, node->parent, &dir, err) < 0)
		return -1;
	fd = openat(dir, node->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return changed(node, err);
	if (fd < 0 || fstat(fd, &st) < 0)
		return look_error("open", node->path, err);
	/* a number alone says little: the next file made often gets that of the last one removed */
	if (st.st_dev != node->state.dev || st.st_ino != node->state.ino ||
	    kind_of(st.st_mode) != node->state.kind || st.st_uid != node->state.uid)
		return changed(node, err);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Without /proc neither bytes nor attributes can be reached by descriptor. */
static int proc_error(const char *what, const char *path, struct error *err)
{
	bool no_proc = errno == ENOENT;

	(void)look_error(what, path, err);
	if (no_proc)
		error_next(err, "mount /proc");
	return -1;
}

/*
 * The same inode opened for reading. A name could be swapped for a device or a fifo between a look
 * and an open, what a descriptor holds cannot.
 */
static int reopen(int fd, const struct node *node, int *ret_fd, struct error *err)
{
	char name[FD_PATH_SIZE];

	if (node->state.kind == FILE_DIRECTORY) {
		*ret_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return *ret_fd < 0 ? look_error("open", node->path, err) : 0;
	}
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	*ret_fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return *ret_fd < 0 ? proc_error("open", node->path, err) : 0;
}

int node_fd(struct host *host, struct node *node, int *ret_fd, struct error *err)
{
	if (!node->parent) {
		*ret_fd = host->root_fd;
		return 0;
	}
	if (node->fd < 0) {
		int fd;

		if (open_path(host, node, &fd, err) < 0)
			return -1;
		if (host->cache->open >= OPEN_MAX_KEPT)
			close_kept(host->cache);
		node->fd = fd;
		host->cache->open++;
	}
	*ret_fd = node->fd;
	return 0;
}

int node_open(struct host *host, struct node *node, int *ret_fd, struct error *err)
{
	AUTO_CLOSE int fd = -1;

	if (!node->parent)
		return reopen(host->root_fd, node, ret_fd, err);
	if (open_path(host, node, &fd, err) < 0)
		return -1;
	return reopen(fd, node, ret_fd, err);
}

/* Of the file behind an O_PATH descriptor. */
static int read_content(int path_fd, struct node *node, struct error *err)
{
	AUTO(strbuf) struct strbuf text = {0};
	AUTO_CLOSE int fd = -1;

	if (reopen(path_fd, node, &fd, err) < 0)
		return -1;
	if (strbuf_read(&text, fd, (size_t)node->state.size, LOOK_CONTENT_MAX) < 0) {
		if (errno != EFBIG)
			return look_error("read", node->path, err);
		(void)error_set(err, ERROR_FORMAT, 0, "%s is larger than %u bytes", node->path,
				LOOK_CONTENT_MAX);
		error_resource(err, node->path);
		error_next(err, "no such file should be; look at what wrote it");
		return -1;
	}
	node->state.content = blob_from_strbuf(&text);
	return node->state.content ? 0 : error_nomem(err);
}

/* No such attribute, and no such thing on this filesystem or object: none. */
static int read_acl(const char *fd_path, const char *name, const char *path, struct blob **ret_acl,
		    struct error *err)
{
	char value[4096]; /* 8 bytes an entry: far more than any real ACL */
	ssize_t n = getxattr(fd_path, name, value, sizeof(value));

	if (n < 0) {
		if (errno == ENODATA || errno == ENOTSUP)
			return 0;
		return proc_error("read the ACL of", path, err);
	}
	*ret_acl = blob_new(value, (size_t)n);
	return *ret_acl ? 0 : error_nomem(err);
}

static int read_acls(int path_fd, struct node *node, struct error *err)
{
	char fd_path[FD_PATH_SIZE];

	(void)snprintf(fd_path, sizeof(fd_path), "/proc/self/fd/%d", path_fd);
	if (read_acl(fd_path, "system.posix_acl_access", node->path, &node->state.acl, err) < 0)
		return -1;
	if (node->state.kind == FILE_DIRECTORY &&
	    read_acl(fd_path, "system.posix_acl_default", node->path, &node->state.default_acl,
		     err) < 0)
		return -1;
	node->acls_read = true;
	return 0;
}

int node_load(struct host *host, struct node *node, bool content, struct error *err)
{
	bool wants_acls = !node->acls_read, wants_content;
	AUTO_CLOSE int own = -1;
	int fd;

	if (node->state.kind == FILE_ABSENT || node->state.kind == FILE_LINK)
		return 0;
	wants_content = content && node->state.kind == FILE_REGULAR && !node->state.content;
	if (!wants_acls && !wants_content)
		return 0;
	if (node->state.kind == FILE_DIRECTORY) {
		if (node_fd(host, node, &fd, err) < 0)
			return -1;
	} else {
		if (open_path(host, node, &own, err) < 0)
			return -1;
		fd = own;
	}
	if (wants_acls && read_acls(fd, node, err) < 0)
		return -1;
	return wants_content ? read_content(fd, node, err) : 0;
}

int node_names(struct host *host, struct node *node, const struct strv **ret_names,
	       struct error *err)
{
	AUTO(strv) struct strv names = {0};
	AUTO_CLOSEDIR DIR *dir = NULL;
	struct dirent *entry;
	int fd;

	*ret_names = &node->names;
	if (node->names_read || node->state.kind != FILE_DIRECTORY)
		return 0;
	if (node_open(host, node, &fd, err) < 0)
		return -1;
	dir = fdopendir(fd);
	if (!dir) {
		(void)close(fd);
		return error_set(err, ERROR_SYS, errno, "read the directory %s", node->path);
	}
	while (errno = 0, (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    strv_add(&names, entry->d_name, err) < 0)
			return -1;
	if (errno)
		return error_set(err, ERROR_SYS, errno, "read the directory %s", node->path);
	node->names = names;
	names = (struct strv){0};
	node->names_read = true;
	return 0;
}

static const struct obstacle *find_obstacle(int fd)
{
	static const struct obstacle read_only = {
		"lies on a read-only mount",
		"make the change where the mount comes from, or remount it writable"};
	static const struct obstacle immutable = {
		"has the immutable flag",
		"find out who set it (lsattr), then clear it with chattr -i"};
	static const struct obstacle append_only = {
		"has the append-only flag",
		"find out who set it (lsattr), then clear it with chattr -a"};
	struct statvfs vfs;
	int flags = 0;

	if (fstatvfs(fd, &vfs) == 0 && (vfs.f_flag & ST_RDONLY))
		return &read_only;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return NULL; /* this filesystem has no such flags */
	return flags & FS_IMMUTABLE_FL ? &immutable : flags & FS_APPEND_FL ? &append_only : NULL;
}

/* Older kernels do not tell: the rename will. */
static bool is_mount_root(int fd)
{
	struct statx stx;

	return statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &stx) == 0 &&
	       (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

int node_obstacle(struct host *host, struct node *node, struct error *err)
{
	AUTO_CLOSE int fd = -1;

	if (node->obstacle_looked)
		return 0;
	if (node_open(host, node, &fd, err) < 0)
		return -1;
	node->obstacle = find_obstacle(fd);
	node->is_mount_point = is_mount_root(fd);
	node->obstacle_looked = true;
	return 0;
}
