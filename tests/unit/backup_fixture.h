// SPDX-License-Identifier: Apache-2.0
/*
 * What the tests of backup share: a small host tree with one file of each kind that a run touches
 * (content, metadata, attributes, link, socket, unsafe directory, creation, removal), a stage over
 * it, and a listing of the tree that shows every byte and attribute that has to come back.
 *
 * The tree lies in a fresh directory below /tmp. Tests run as root: owners are part of it.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backup/backup.h"
#include "harden/base/str.h"
#include "harden/host/change_sysops.h"
#include "harden/model/stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#define HELPER __attribute__((unused)) static

struct world {
	char dir[128]; /* the host tree */
	int root;      /* O_PATH of it */
};

static const struct run_info world_info = {
	.verb = "apply", .version = "0.1", .recipe_sha256 = "abc", .root = "/the/root"};

/* An access ACL: user::rw-, user:65534:r--, group::r--, mask::r--, other::--- */
static const unsigned char world_acl[] = {
	2,    0,    0,	  0, /* version */
	0x01, 0,    6,	  0,	0xff, 0xff, 0xff, 0xff, 0x02, 0,    4,	  0,   0xfe, 0xff,
	0,    0,    0x04, 0,	4,    0,    0xff, 0xff, 0xff, 0xff, 0x10, 0,   4,    0,
	0xff, 0xff, 0xff, 0xff, 0x20, 0,    0,	  0,	0xff, 0xff, 0xff, 0xff};

HELPER void die(const char *what)
{
	fail_msg("%s: %s", what, strerror(errno));
}

/* The path below the tree, in one of a few static buffers. */
HELPER const char *at(const struct world *w, const char *path)
{
	static char buffers[4][512];
	static unsigned next;
	char *buffer = buffers[next++ % 4];

	(void)snprintf(buffer, sizeof(buffers[0]), "%s%s", w->dir, path);
	return buffer;
}

HELPER void put_file(const struct world *w, const char *path, const char *content, mode_t mode,
		     uid_t uid, gid_t gid)
{
	int fd = open(at(w, path), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	struct timespec times[2] = {{1500000000, 111}, {1500000001, 222333444}};

	if (fd < 0 || write(fd, content, strlen(content)) != (ssize_t)strlen(content) ||
	    fchown(fd, uid, gid) < 0 || fchmod(fd, mode) < 0 || futimens(fd, times) < 0)
		die(path);
	(void)close(fd);
}

HELPER void put_directory(const struct world *w, const char *path, mode_t mode, uid_t uid)
{
	if (mkdir(at(w, path), 0700) < 0 || chown(at(w, path), uid, uid) < 0 ||
	    chmod(at(w, path), mode) < 0)
		die(path);
}

HELPER void put_socket(const struct world *w, const char *path, mode_t mode)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", at(w, path));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(at(w, path), mode) < 0)
		die(path);
	(void)close(fd);
}

HELPER char *get_file(const struct world *w, const char *path)
{
	int fd = open(at(w, path), O_RDONLY);
	char *text = calloc(1, 65536);

	if (fd < 0 || !text || read(fd, text, 65535) < 0)
		die(path);
	(void)close(fd);
	return text;
}

/* Where trees are made. */
static char world_base[64] = "/tmp";

/*
 * Mounts a file system in memory, of so many KiB, for this process alone and makes trees there:
 * hundreds of runs that sync each step take minutes on a disk. Gives false where such a file system
 * keeps no user attributes (before Linux 6.6) or may not be mounted; trees then stay in /tmp.
 */
HELPER bool world_in_memory(unsigned kib)
{
	char options[32];

	(void)snprintf(world_base, sizeof(world_base), "/tmp/harden-memory-XXXXXX");
	(void)snprintf(options, sizeof(options), "size=%uk,mode=0755", kib);
	if (!mkdtemp(world_base))
		die("mkdtemp");
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("harden-test", world_base, "tmpfs", 0, options) == 0 &&
	    setxattr(world_base, "user.probe", "1", 1, 0) == 0)
		return true;
	(void)umount(world_base);
	(void)rmdir(world_base);
	(void)snprintf(world_base, sizeof(world_base), "/tmp");
	return false;
}

HELPER void world_leave_memory(void)
{
	if (str_equal(world_base, "/tmp"))
		return;
	(void)umount(world_base);
	(void)rmdir(world_base);
	(void)snprintf(world_base, sizeof(world_base), "/tmp");
}

HELPER void world_make(struct world *w)
{
	(void)umask(022);
	(void)snprintf(w->dir, sizeof(w->dir), "%s/harden-test-XXXXXX", world_base);
	if (!mkdtemp(w->dir))
		die("mkdtemp");
	put_directory(w, "/etc", 0755, 0);
	put_directory(w, "/etc/docker", 0755, 0);
	put_directory(w, "/etc/open", 0777, 1000);
	put_directory(w, "/etc/open/inner", 0755, 0);
	put_directory(w, "/run", 0755, 0);
	put_directory(w, "/var", 0755, 0);
	put_directory(w, "/var/lib", 0755, 0);
	put_file(w, "/etc/docker/daemon.json", "{\"debug\": true}\n", 0640, 0, 0);
	put_file(w, "/etc/plain.conf", "plain\n", 0666, 1000, 1000);
	put_file(w, "/etc/suid", "#!/bin/sh\n", 04755, 0, 0);
	put_file(w, "/etc/old.conf", "goes away\n", 0644, 0, 7);
	put_file(w, "/etc/open/key.pem", "secret\n", 0666, 1000, 1000);
	put_file(w, "/etc/open/inner/conf", "one\n", 0644, 0, 0);
	put_socket(w, "/run/docker.sock", 0666);
	if (symlink("old-target", at(w, "/etc/link")) < 0 ||
	    setxattr(at(w, "/etc/docker/daemon.json"), "user.note", "kept", 4, 0) < 0 ||
	    setxattr(at(w, "/etc/docker/daemon.json"), "system.posix_acl_access", world_acl,
		     sizeof(world_acl), 0) < 0)
		die("attributes");
	w->root = open(w->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->root < 0)
		die(w->dir);
}

HELPER void remove_tree(const char *path)
{
	DIR *dir = opendir(path);
	char name[1024];

	for (struct dirent *e; dir && (e = readdir(dir));) {
		if (str_equal(e->d_name, ".") || str_equal(e->d_name, ".."))
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (e->d_type == DT_DIR)
			remove_tree(name);
		else
			(void)unlink(name);
	}
	if (dir)
		(void)closedir(dir);
	(void)rmdir(path);
}

HELPER void world_drop(struct world *w)
{
	(void)close(w->root);
	remove_tree(w->dir);
}

/* Sorted by name, as a file system lists them in any order. */
static void list_attributes(const char *path, struct strbuf *out)
{
	char names[4096], value[4096];
	ssize_t n = llistxattr(path, names, sizeof(names));
	AUTO(strv) struct strv sorted = {0};

	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(names + i) + 1)
		assert_int_equal(strv_add(&sorted, names + i, NULL), 0);
	strv_sort(&sorted);
	for (size_t i = 0; i < sorted.len; i++) {
		ssize_t len = lgetxattr(path, sorted.items[i], value, sizeof(value));

		strbuf_appendf(out, " %s=", sorted.items[i]);
		strbuf_append_hex(out, value, len > 0 ? (size_t)len : 0);
	}
}

static void list_one(const char *path, const char *shown, struct strbuf *out)
{
	char text[4096];
	struct stat st;
	ssize_t n;

	if (lstat(path, &st) < 0)
		die(path);
	strbuf_appendf(out, "%s %06o %u:%u", shown, st.st_mode, st.st_uid, st.st_gid);
	if (S_ISREG(st.st_mode)) {
		int fd = open(path, O_RDONLY);

		n = read(fd, text, sizeof(text));
		(void)close(fd);
		strbuf_appendf(out, " %lld.%09ld ", (long long)st.st_mtim.tv_sec,
			       st.st_mtim.tv_nsec);
		strbuf_append_hex(out, text, n > 0 ? (size_t)n : 0);
	} else if (S_ISLNK(st.st_mode)) {
		n = readlink(path, text, sizeof(text));
		strbuf_append(out, " -> ");
		strbuf_append_bytes(out, text, n > 0 ? (size_t)n : 0);
	}
	list_attributes(path, out);
	strbuf_append_char(out, '\n');
}

static void list_below(const char *path, size_t skip, struct strbuf *out)
{
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		AUTO_FREE char *name = str_format("%s/%s", path, entries[i]->d_name);
		bool is_dot =
			str_equal(entries[i]->d_name, ".") || str_equal(entries[i]->d_name, "..");

		if (!name)
			die(path);
		if (!is_dot && !str_ends(name, "/var/lib/harden")) {
			list_one(name, name + skip, out);
			if (entries[i]->d_type == DT_DIR)
				list_below(name, skip, out);
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

/* Everything that has to come back: bytes, owners, modes, attributes, times of regular files. */
HELPER char *world_listing(const struct world *w)
{
	struct strbuf out = {0};
	char *text = NULL;

	list_below(w->dir, strlen(w->dir), &out);
	assert_int_equal(strbuf_take(&out, &text, NULL), 0);
	return text;
}

/* What look_file() gives: the file with its identity, and its bytes if it is a regular one. */
HELPER void world_look(const struct world *w, const char *path, struct file_state *s)
{
	char text[65536];
	struct stat st;
	ssize_t n;

	*s = (struct file_state){0};
	if (lstat(at(w, path), &st) < 0)
		return;
	s->kind = S_ISREG(st.st_mode)	 ? FILE_REGULAR
		  : S_ISDIR(st.st_mode)	 ? FILE_DIRECTORY
		  : S_ISLNK(st.st_mode)	 ? FILE_LINK
		  : S_ISSOCK(st.st_mode) ? FILE_SOCKET
					 : FILE_OTHER;
	s->mode = st.st_mode & 07777;
	s->uid = st.st_uid;
	s->gid = st.st_gid;
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	s->nlink = st.st_nlink;
	s->size = st.st_size;
	s->mtime = st.st_mtim;
	s->ctime = st.st_ctim;
	if (s->kind == FILE_LINK) {
		n = readlink(at(w, path), text, sizeof(text) - 1);
		text[n] = '\0';
		s->link = strdup(text);
		return;
	}
	n = getxattr(at(w, path), XATTR_ACL, text, sizeof(text));
	s->acl = n > 0 ? blob_new(text, (size_t)n) : NULL;
	n = getxattr(at(w, path), XATTR_DEFAULT_ACL, text, sizeof(text));
	s->default_acl = n > 0 ? blob_new(text, (size_t)n) : NULL;
	if (s->kind == FILE_REGULAR) {
		int fd = open(at(w, path), O_RDONLY);

		n = read(fd, text, sizeof(text));
		(void)close(fd);
		s->content = blob_new(text, (size_t)n);
	}
}

/* What to make of a file; NULL content keeps the bytes. */
struct wish {
	const char *path;
	enum file_kind kind;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	const char *content; /* or a link's target */
	bool drop_acl;
	enum stage_phase phase;
};

HELPER void stage_wish(const struct world *w, struct stage *stage, const struct wish *wish)
{
	AUTO(file_state) struct file_state before, after;
	struct stage_how how = {.phase = wish->phase};

	world_look(w, wish->path, &before);
	assert_int_equal(file_state_copy(&after, &before, NULL), 0);
	after.kind = wish->kind;
	after.mode = wish->mode;
	after.uid = wish->uid;
	after.gid = wish->gid;
	if (wish->drop_acl) {
		blob_free(after.acl);
		after.acl = NULL;
	}
	if (wish->kind == FILE_LINK) {
		free(after.link);
		after.link = strdup(wish->content);
	} else if (wish->content) {
		blob_free(after.content);
		after.content = blob_new(wish->content, strlen(wish->content));
	} else if (before.kind == FILE_REGULAR && wish->kind == FILE_REGULAR) {
		/* a look at metadata only: the bytes were not read */
		blob_free(before.content);
		blob_free(after.content);
		before.content = after.content = NULL;
	}
	stage->control = "1.1";
	assert_int_equal(stage_put(stage, wish->path, &before, &after, how, NULL), 0);
}

static const struct wish world_wishes[] = {
	{"/etc/docker/daemon.json", FILE_REGULAR, 0600, 0, 0, "{\"debug\": true, \"icc\": false}\n",
	 false, PHASE_CONFIG},
	{"/etc/plain.conf", FILE_REGULAR, 0644, 0, 0, NULL, false, PHASE_METADATA},
	{"/etc/suid", FILE_REGULAR, 0755, 0, 0, NULL, false, PHASE_METADATA},
	{"/etc/open", FILE_DIRECTORY, 0755, 0, 0, NULL, false, PHASE_SECURE},
	{"/etc/open/key.pem", FILE_REGULAR, 0600, 0, 0, NULL, false, PHASE_METADATA},
	{"/etc/open/inner/conf", FILE_REGULAR, 0644, 0, 0, "two\n", false, PHASE_FLAG},
	{"/run/docker.sock", FILE_SOCKET, 0660, 0, 7, NULL, false, PHASE_METADATA},
	{"/etc/audit", FILE_DIRECTORY, 0750, 0, 0, NULL, false, PHASE_CREATE},
	{"/etc/audit/rules.d", FILE_DIRECTORY, 0750, 0, 0, NULL, false, PHASE_CREATE},
	{"/etc/audit/rules.d/h.rules", FILE_REGULAR, 0640, 0, 4, "-w /x\n", false, PHASE_CREATE},
	{"/etc/link", FILE_LINK, 0777, 0, 0, "new-target", false, PHASE_FLAG},
	{"/etc/old.conf", FILE_ABSENT, 0, 0, 0, NULL, false, PHASE_FLAG},
};

HELPER void world_stage(const struct world *w, struct stage *stage)
{
	*stage = (struct stage){0};
	for (size_t i = 0; i < ARRAY_SIZE(world_wishes); i++)
		stage_wish(w, stage, &world_wishes[i]);
	assert_int_equal(stage->len, ARRAY_SIZE(world_wishes));
}

HELPER struct backup *world_open(const struct world *w, enum backup_access access)
{
	AUTO(error) struct error err = {0};
	struct backup *b = NULL;

	if (backup_open(w->root, w->dir, NULL, access, &b, &err) < 0)
		fail_msg("%s", error_message(&err));
	return b;
}

HELPER enum backup_outcome world_commit(const struct world *w, struct stage *stage)
{
	AUTO(error) struct error err = {0};
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = world_open(w, BACKUP_WRITE);

	if (backup_commit(b, stage, &world_info, &result, &err) < 0)
		fail_msg("%s", error_message(&err));
	return result.outcome;
}

/* Runs recover; fails unless it leaves nothing standing. */
HELPER enum backup_outcome world_recover(const struct world *w)
{
	AUTO(error) struct error err = {0};
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = world_open(w, BACKUP_WRITE);

	if (backup_recover(b, &world_info, &result, &err) < 0)
		fail_msg("%s", error_message(&err));
	if (result.outcome == BACKUP_INCOMPLETE)
		fail_msg("recover: %s", error_message(&result.error));
	return result.outcome;
}
