// SPDX-License-Identifier: Apache-2.0
/*
 * What cannot be changed is found while planning: flags, links, mounts, unsafe ways.
 */
#include "harden/host/look_file.h"
#include "tests/unit/tree_fixture.h"

#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>

#define TREE                                                                                       \
	"@/etc/docker/daemon.json\n{}\n@/run/lock/x\n@/srv/data/file\nhello\n"                     \
	"@/etc/abs -> /srv/data/file\n"

static struct look look_at(struct tree *t, const char *path, unsigned flags)
{
	struct look look = {0};
	struct error err = {0};

	if (look_file(&t->host, path, flags, &look, &err) < 0)
		fail_msg("%s: %s", path, error_message(&err));
	return look;
}

static void expect_blocked(struct tree *t, const char *name, const char *path,
			   const char *new_content, const char *reason)
{
	struct file_state after;
	struct look look = look_at(t, path, LOOK_CONTENT);
	struct error err = {0};

	after = look.state;
	after.mode = 0600;
	if (after.kind == FILE_ABSENT)
		after.kind = FILE_REGULAR;
	if (new_content)
		after.content = blob_new(new_content, strlen(new_content));
	if (look_stage(&t->host, &look, &after, (struct stage_how){0}, &err) < 0)
		fail_msg("%s: %s", name, error_message(&err));
	if (new_content)
		blob_free(after.content);
	if (reason && (!t->stage.blocked_len || !strstr(t->stage.blocked[0].reason, reason) ||
		       !t->stage.blocked[0].next || t->stage.len))
		fail_msg("%s: %s, %zu staged", name,
			 t->stage.blocked_len ? t->stage.blocked[0].reason : "not blocked",
			 t->stage.len);
	if (!reason && (t->stage.blocked_len || t->stage.len != 1))
		fail_msg("%s: blocked: %s", name,
			 t->stage.blocked_len ? t->stage.blocked[0].reason : "not staged");
	look_done(&look);
}

static void set_flag(const struct tree *t, const char *path, int flag)
{
	int fd = open(tree_path(t, path), O_RDONLY | O_CLOEXEC), flags = 0;

	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, FS_IOC_GETFLAGS, &flags), 0);
	flags = flag ? flags | flag : flags & ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
	assert_int_equal(ioctl(fd, FS_IOC_SETFLAGS, &flags), 0);
	(void)close(fd);
}

static void what_cannot_be_changed_is_blocked(void **state)
{
	static const struct {
		const char *name, *flag_at;
		int flag;
		const char *path, *content, *reason;
	} cases[] = {
		{"plain", NULL, 0, "/srv/data/file", NULL, NULL},
		{"immutable, metadata", "/srv/data/file", FS_IMMUTABLE_FL, "/srv/data/file", NULL,
		 "immutable"},
		{"immutable, content", "/srv/data/file", FS_IMMUTABLE_FL, "/srv/data/file", "x",
		 "immutable"},
		{"append only", "/srv/data/file", FS_APPEND_FL, "/srv/data/file", "x",
		 "append-only"},
		{"directory immutable, content", "/srv/data", FS_IMMUTABLE_FL, "/srv/data/file",
		 "x", "immutable"},
		{"directory immutable, metadata", "/srv/data", FS_IMMUTABLE_FL, "/srv/data/file",
		 NULL, NULL},
		{"directory immutable, new file", "/srv/data", FS_IMMUTABLE_FL, "/srv/data/new",
		 "x", "immutable"},
		{"missing directory", NULL, 0, "/srv/none/new", "x", "does not exist"},
		{"below a file", NULL, 0, "/srv/data/file/new", "x", "does not exist"},
		{"device", NULL, 0, "/etc/fifo", NULL, "is a device"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tree t;

		tree_open(&t, TREE);
		assert_int_equal(mkfifo(tree_path(&t, "/etc/fifo"), 0644), 0);
		if (cases[i].flag_at)
			set_flag(&t, cases[i].flag_at, cases[i].flag);
		expect_blocked(&t, cases[i].name, cases[i].path, cases[i].content, cases[i].reason);
		if (cases[i].flag_at)
			set_flag(&t, cases[i].flag_at, 0);
		tree_close(&t);
	}
}

static void files_with_several_links_are_blocked(void **state)
{
	struct tree t;
	char name[512];

	(void)state;
	tree_open(&t, TREE);
	(void)snprintf(name, sizeof(name), "%s/etc/second", t.path);
	assert_int_equal(link(tree_path(&t, "/srv/data/file"), name), 0);
	expect_blocked(&t, "metadata", "/srv/data/file", NULL, "more than one link");
	stage_new_pass(&t.stage);
	expect_blocked(&t, "content", "/etc/second", "x", "more than one link");
	tree_close(&t);
}

static void unsafe_ways_are_blocked(void **state)
{
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	tree_owner(&t, "/srv/data", 1000, 1000);
	expect_blocked(&t, "directory of a user", "/etc/abs", NULL,
		       "/srv/data on the way to it is owned by uid 1000");
	tree_close(&t);
}

/* In a mount namespace of our own; the status tells which check failed. */
static int mount_checks(struct tree *t)
{
	char file[512], dir[512];

	(void)snprintf(file, sizeof(file), "%s", tree_path(t, "/srv/data/file"));
	(void)snprintf(dir, sizeof(dir), "%s", tree_path(t, "/run/lock"));
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return 1;
	if (mount(file, file, NULL, MS_BIND, NULL) < 0 ||
	    mount(dir, dir, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, dir, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0)
		return 2;
	host_done(&t->host); /* its descriptor sees the mounts of before */
	if (host_open(t->path, false, &t->stage, &t->host, NULL) < 0)
		return 3;
	expect_blocked(t, "mount point, content", "/srv/data/file", "x", "mount point of its own");
	stage_new_pass(&t->stage);
	expect_blocked(t, "read-only mount", "/run/lock/x", NULL, "read-only mount");
	stage_new_pass(&t->stage);
	expect_blocked(t, "read-only mount, new", "/run/lock/y", "y", "read-only mount");
	stage_new_pass(&t->stage);
	expect_blocked(t, "mount point, metadata", "/srv/data/file", NULL, NULL);
	return 0;
}

static void mounts_that_are_in_the_way_are_blocked(void **state)
{
	struct tree t;
	int status;
	pid_t child;

	(void)state;
	tree_open(&t, TREE);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(mount_checks(&t)); /* a failed check ends the child by longjmp: not 0 */
	assert_int_equal(waitpid(child, &status, 0), child);
	tree_close(&t);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_changed_is_blocked),
		cmocka_unit_test(files_with_several_links_are_blocked),
		cmocka_unit_test(unsafe_ways_are_blocked),
		cmocka_unit_test(mounts_that_are_in_the_way_are_blocked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
