// SPDX-License-Identifier: Apache-2.0
/*
 * Walking a tree: links, unsafe ways, the stage, one snapshot.
 */
#include "harden/host/look_file.h"
#include "tests/unit/tree_fixture.h"

#include <errno.h>

#define TREE                                                                                       \
	"@/etc/docker/daemon.json\n{}\n"                                                           \
	"@/run/lock/x\n"                                                                           \
	"@/srv/data/file\nhello\n"                                                                 \
	"@/var/run -> /run\n"                                                                      \
	"@/etc/up -> ../../../../srv/data\n"                                                       \
	"@/etc/abs -> /srv/data/file\n"                                                            \
	"@/etc/dangling -> /nowhere/at/all\n"                                                      \
	"@/etc/loop -> loop2\n"                                                                    \
	"@/etc/loop2 -> loop\n"                                                                    \
	"@/etc/dot -> ./docker/../docker/./daemon.json\n"

static struct look look_at(struct tree *t, const char *path, unsigned flags)
{
	struct look look = {0};
	struct error err = {0};

	if (look_file(&t->host, path, flags, &look, &err) < 0)
		fail_msg("%s: %s", path, error_message(&err));
	return look;
}

static void paths_are_resolved_inside_the_root(void **state)
{
	static const struct {
		const char *name, *path;
		unsigned flags;
		const char *resolved;
		enum file_kind kind;
		bool through_link, parent_exists;
	} cases[] = {
		{"plain", "/etc/docker/daemon.json", 0, "/etc/docker/daemon.json", FILE_REGULAR,
		 false, true},
		{"slashes and dots", "//etc/./docker///daemon.json", 0, "/etc/docker/daemon.json",
		 FILE_REGULAR, false, true},
		{"dot dot", "/etc/docker/../docker/daemon.json", 0, "/etc/docker/daemon.json",
		 FILE_REGULAR, false, true},
		{"dot dot stays in the root", "/../../etc/docker", 0, "/etc/docker", FILE_DIRECTORY,
		 false, true},
		{"absolute link on the way", "/var/run/lock", 0, "/run/lock", FILE_DIRECTORY, true,
		 true},
		{"relative link cannot leave", "/etc/up/file", 0, "/srv/data/file", FILE_REGULAR,
		 true, true},
		{"absolute link at the end", "/etc/abs", 0, "/srv/data/file", FILE_REGULAR, true,
		 true},
		{"link itself", "/etc/abs", LOOK_NOFOLLOW, "/etc/abs", FILE_LINK, false, true},
		{"dots in a link", "/etc/dot", 0, "/etc/docker/daemon.json", FILE_REGULAR, true,
		 true},
		{"dangling link", "/etc/dangling", 0, "/nowhere/at/all", FILE_ABSENT, true, false},
		{"absent", "/etc/docker/key.json", 0, "/etc/docker/key.json", FILE_ABSENT, false,
		 true},
		{"absent parent", "/opt/x/y", 0, "/opt/x/y", FILE_ABSENT, false, false},
		{"below a file", "/srv/data/file/x", 0, "/srv/data/file/x", FILE_ABSENT, false,
		 false},
		{"dot dot behind an absent one", "/opt/../etc/docker", 0, "/etc/docker",
		 FILE_DIRECTORY, false, true},
		{"the root", "/", 0, "/", FILE_DIRECTORY, false, true},
	};
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct look look = look_at(&t, cases[i].path, cases[i].flags);

		if (strcmp(look.path, cases[i].resolved) != 0 || look.state.kind != cases[i].kind ||
		    look.through_link != cases[i].through_link ||
		    look.parent_exists != cases[i].parent_exists)
			fail_msg("%s: %s, a %s, link %d, parent %d", cases[i].name, look.path,
				 file_kind_name(look.state.kind), look.through_link,
				 look.parent_exists);
		look_done(&look);
	}
	tree_close(&t);
}

static void links_in_a_circle_are_refused(void **state)
{
	struct look look = {0};
	struct error err = {0};
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	assert_int_equal(look_file(&t.host, "/etc/loop", 0, &look, &err), -1);
	assert_int_equal(err.code, ERROR_UNSAFE);
	assert_non_null(strstr(error_message(&err), "/etc/loop"));
	error_done(&err);
	tree_close(&t);
}

static void unsafe_ways_are_named(void **state)
{
	static const struct {
		const char *name, *change, *path;
		uid_t uid;
		gid_t gid;
		mode_t mode;
		const char *unsafe, *why;
	} cases[] = {
		{"root's", "/etc/docker", "/etc/docker/daemon.json", 0, 0, 0755, NULL, NULL},
		{"stricter", "/etc/docker", "/etc/docker/daemon.json", 0, 0, 0700, NULL, NULL},
		{"owner", "/etc/docker", "/etc/docker/daemon.json", 1000, 0, 0755, "/etc/docker",
		 "owned by uid 1000"},
		{"everybody", "/etc/docker", "/etc/docker/daemon.json", 0, 0, 0777, "/etc/docker",
		 "everybody"},
		{"sticky", "/run/lock", "/run/lock/x", 0, 0, 01777, "/run/lock", "everybody"},
		{"group", "/etc/docker", "/etc/docker/daemon.json", 0, 27, 0775, "/etc/docker",
		 "group 27"},
		{"first of two", "/etc", "/etc/docker/daemon.json", 1000, 0, 0777, "/etc",
		 "owned by uid 1000"},
		{"way to a link", "/etc", "/etc/abs", 0, 0, 0777, "/etc", "everybody"},
		{"way behind a link", "/srv/data", "/etc/abs", 0, 0, 0777, "/srv/data",
		 "everybody"},
		{"link of a user", "/etc/abs", "/etc/abs", 1000, 1000, 0, "/etc/abs",
		 "link owned by uid 1000"},
		{"the file itself is no way", "/srv/data/file", "/srv/data/file", 1000, 1000, 0666,
		 NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct look look;
		struct tree t;

		tree_open(&t, TREE);
		tree_owner(&t, cases[i].change, cases[i].uid, cases[i].gid);
		if (cases[i].mode)
			tree_mode(&t, cases[i].change, cases[i].mode);
		look = look_at(&t, cases[i].path, 0);
		if (cases[i].unsafe ? !look.unsafe || strcmp(look.unsafe, cases[i].unsafe) != 0 ||
					      !strstr(look.unsafe_why, cases[i].why)
				    : look.unsafe != NULL)
			fail_msg("%s: %s %s", cases[i].name, look.unsafe ? look.unsafe : "safe",
				 look.unsafe ? look.unsafe_why : "");
		look_done(&look);
		tree_close(&t);
	}
}

static void what_is_staged_is_seen(void **state)
{
	struct file_state link = {.kind = FILE_LINK, .link = (char *)"/srv/data/file"};
	struct file_state file = {.kind = FILE_REGULAR, .mode = 0640};
	struct look look;
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	look = look_at(&t, "/opt/new/file", 0);
	assert_false(look.parent_exists);
	look_done(&look);
	file.content = blob_new("abc", 3);
	tree_stage(&t, "/opt", (struct file_state){.kind = FILE_DIRECTORY, .mode = 0755});
	tree_stage(&t, "/opt/new", (struct file_state){.kind = FILE_DIRECTORY, .mode = 0755});
	tree_stage(&t, "/opt/new/file", file);
	tree_stage(&t, "/opt/new/link", link);
	look = look_at(&t, "/opt/new/file", LOOK_CONTENT);
	assert_true(look.parent_exists);
	assert_int_equal(look.state.kind, FILE_REGULAR);
	assert_int_equal(look.host.kind, FILE_ABSENT);
	assert_string_equal(look.state.content->data, "abc");
	look_done(&look);
	look = look_at(&t, "/opt/new/link", LOOK_CONTENT);
	assert_string_equal(look.path, "/srv/data/file");
	assert_string_equal(look.state.content->data, "hello\n");
	look_done(&look);
	blob_free(file.content);
	tree_close(&t);
}

/* Changes that are staged of what the host has: owner of a directory, a removal, new bytes. */
static void staged_changes_count(void **state)
{
	struct file_state after;
	struct look look;
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	tree_mode(&t, "/etc/docker", 0777);
	look = look_at(&t, "/etc/docker/daemon.json", 0);
	assert_non_null(look.unsafe);
	look_done(&look);

	look = look_at(&t, "/etc/docker", 0);
	after = look.state;
	after.mode = 0755;
	assert_int_equal(look_stage(&t.host, &look, &after, (struct stage_how){0}, NULL), 0);
	look_done(&look);
	look = look_at(&t, "/etc/docker/daemon.json", LOOK_CONTENT);
	assert_null(look.unsafe);
	after = look.state;
	after.content = blob_new("{1}", 3);
	assert_int_equal(look_stage(&t.host, &look, &after, (struct stage_how){0}, NULL), 0);
	blob_free(after.content);
	look_done(&look);
	look = look_at(&t, "/etc/docker/daemon.json", LOOK_CONTENT);
	assert_string_equal(look.state.content->data, "{1}");
	assert_string_equal(look.host.content->data, "{}\n");
	after = (struct file_state){.kind = FILE_ABSENT};
	assert_int_equal(look_stage(&t.host, &look, &after, (struct stage_how){0}, NULL), 0);
	look_done(&look);
	look = look_at(&t, "/etc/docker/daemon.json", LOOK_CONTENT);
	assert_int_equal(look.state.kind, FILE_ABSENT);
	assert_null(look.state.content);
	look_done(&look);
	tree_close(&t);
}

/* Metadata that is staged says nothing about bytes: those of the host stay visible. */
static void staged_metadata_keeps_the_bytes(void **state)
{
	struct file_state after;
	struct look look;
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	look = look_at(&t, "/srv/data/file", 0);
	after = look.state;
	after.mode = 0600;
	assert_int_equal(look_stage(&t.host, &look, &after, (struct stage_how){0}, NULL), 0);
	look_done(&look);
	look = look_at(&t, "/srv/data/file", LOOK_CONTENT);
	assert_int_equal(look.state.mode, 0600);
	assert_int_equal(look.host.mode, 0644);
	assert_string_equal(look.state.content->data, "hello\n");
	look_done(&look);
	tree_close(&t);
}

static void a_session_sees_one_snapshot(void **state)
{
	AUTO(strv) struct strv before = {0}, after = {0};
	struct look look;
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	look = look_at(&t, "/srv/data/file", LOOK_CONTENT);
	look_done(&look);
	look = look_at(&t, "/etc/docker/new", 0);
	assert_int_equal(look.state.kind, FILE_ABSENT);
	look_done(&look);
	assert_int_equal(look_directory(&t.host, "/etc/docker", &before, NULL), 0);
	tree_mode(&t, "/srv/data/file", 0600);
	assert_int_equal(truncate(tree_path(&t, "/srv/data/file"), 1), 0);
	assert_int_equal(mkdir(tree_path(&t, "/etc/docker/new"), 0755), 0);
	look = look_at(&t, "/srv/data/file", LOOK_CONTENT);
	assert_int_equal(look.state.mode, 0644);
	assert_string_equal(look.state.content->data, "hello\n");
	look_done(&look);
	look = look_at(&t, "/etc/docker/new", 0);
	assert_int_equal(look.state.kind, FILE_ABSENT);
	look_done(&look);
	assert_int_equal(look_directory(&t.host, "/etc/docker", &after, NULL), 0);
	assert_int_equal(after.len, before.len);
	assert_false(strv_has(&after, "new"));
	tree_close(&t);
}

/* Between the look and the read somebody puts another file, a link or a fifo in its place. */
static void an_exchanged_file_is_a_conflict(void **state)
{
	static const char *const how[] = {"file", "link", "fifo", "nothing"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(how); i++) {
		struct look look;
		struct error err = {0};
		struct tree t;
		char other[512];

		tree_open(&t, TREE "@/srv/data/other\nsecret\n");
		look = look_at(&t, "/srv/data/file", 0);
		look_done(&look);
		(void)snprintf(other, sizeof(other), "%s/srv/data/other", t.path);
		if (i == 0)
			assert_int_equal(rename(other, tree_path(&t, "/srv/data/file")), 0);
		else
			assert_int_equal(unlink(tree_path(&t, "/srv/data/file")), 0);
		if (i == 1)
			assert_int_equal(symlink("other", tree_path(&t, "/srv/data/file")), 0);
		if (i == 2)
			assert_int_equal(mkfifo(tree_path(&t, "/srv/data/file"), 0644), 0);
		if (look_file(&t.host, "/srv/data/file", LOOK_CONTENT, &look, &err) == 0)
			fail_msg("%s: read %s", how[i],
				 look.state.content ? look.state.content->data : "nothing");
		if (err.code != ERROR_CONFLICT)
			fail_msg("%s: %s", how[i], error_message(&err));
		assert_string_equal(err.resource, "/srv/data/file");
		error_done(&err);
		tree_close(&t);
	}
}

static void odd_files_have_no_content(void **state)
{
	struct look look;
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	assert_int_equal(mkfifo(tree_path(&t, "/etc/fifo"), 0644), 0);
	tree_socket(&t, "/run/s", 0660);
	look = look_at(&t, "/etc/fifo", LOOK_CONTENT); /* would block if it were opened plainly */
	assert_int_equal(look.state.kind, FILE_OTHER);
	assert_null(look.state.content);
	look_done(&look);
	look = look_at(&t, "/run/s", LOOK_CONTENT);
	assert_int_equal(look.state.kind, FILE_SOCKET);
	assert_int_equal(look.state.mode, 0660);
	look_done(&look);
	look = look_at(&t, "/etc/docker", LOOK_CONTENT);
	assert_null(look.state.content);
	look_done(&look);
	tree_close(&t);
}

static void a_huge_file_is_not_read(void **state)
{
	struct look look = {0};
	struct error err = {0};
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	assert_int_equal(truncate(tree_path(&t, "/srv/data/file"), LOOK_CONTENT_MAX + 1), 0);
	assert_int_equal(look_file(&t.host, "/srv/data/file", LOOK_CONTENT, &look, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	assert_string_equal(err.resource, "/srv/data/file");
	error_done(&err);
	tree_close(&t);
}

static void acls_are_read(void **state)
{
	static const struct tree_acl acl[] = ACL_OF(6, 4, 6);
	struct look look;
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	tree_acl(&t, "/srv/data/file", "system.posix_acl_access", acl, ARRAY_SIZE(acl));
	tree_acl(&t, "/srv/data", "system.posix_acl_default", acl, ARRAY_SIZE(acl));
	look = look_at(&t, "/srv/data/file", 0);
	assert_non_null(look.state.acl);
	assert_int_equal(look.state.acl->len, 4 + sizeof(acl));
	assert_int_equal(look.state.mode, 0660); /* the group bits are the mask */
	look_done(&look);
	look = look_at(&t, "/srv/data", 0);
	assert_null(look.state.acl);
	assert_non_null(look.state.default_acl);
	look_done(&look);
	tree_close(&t);
}

/* As another user: what may not be searched or read says "run as root". */
static void missing_rights_are_told(void **state)
{
	static const struct {
		const char *name, *path;
		unsigned flags;
	} cases[] = {
		{"search", "/etc/docker/daemon.json", 0},
		{"read", "/srv/data/file", LOOK_CONTENT},
	};
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	tree_mode(&t, "/etc/docker", 0700);
	tree_mode(&t, "/srv/data/file", 0600);
	assert_int_equal(seteuid(65534), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct look look = {0};
		struct error err = {0};

		if (look_file(&t.host, cases[i].path, cases[i].flags, &look, &err) == 0)
			fail_msg("%s: it could be read", cases[i].name);
		assert_int_equal(err.code, ERROR_SYS);
		assert_int_equal(err.sys, EACCES);
		assert_string_equal(err.next, "run as root");
		assert_string_equal(err.resource, cases[i].path);
		error_done(&err);
	}
	assert_int_equal(seteuid(0), 0);
	tree_close(&t);
}

static void a_missing_root_is_told(void **state)
{
	struct stage stage = {0};
	struct host host;
	struct error err = {0};

	(void)state;
	assert_int_equal(host_open("/no/such/root", false, &stage, &host, &err), -1);
	assert_int_equal(err.code, ERROR_SYS);
	assert_string_equal(err.resource, "/no/such/root");
	assert_non_null(err.next);
	error_done(&err);
	assert_int_equal(host_open("/etc/passwd", false, &stage, &host, &err), -1);
	error_done(&err);
}

static void a_tree_is_never_live(void **state)
{
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	assert_true(t.host.offline);
	assert_false(t.host.live);
	host_done(&t.host);
	assert_int_equal(host_open(t.path, true, &t.stage, &t.host, NULL), 0);
	assert_false(t.host.live); /* --live speaks of the machine */
	tree_close(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_resolved_inside_the_root),
		cmocka_unit_test(links_in_a_circle_are_refused),
		cmocka_unit_test(unsafe_ways_are_named),
		cmocka_unit_test(what_is_staged_is_seen),
		cmocka_unit_test(staged_changes_count),
		cmocka_unit_test(staged_metadata_keeps_the_bytes),
		cmocka_unit_test(a_session_sees_one_snapshot),
		cmocka_unit_test(an_exchanged_file_is_a_conflict),
		cmocka_unit_test(odd_files_have_no_content),
		cmocka_unit_test(a_huge_file_is_not_read),
		cmocka_unit_test(acls_are_read),
		cmocka_unit_test(missing_rights_are_told),
		cmocka_unit_test(a_missing_root_is_told),
		cmocka_unit_test(a_tree_is_never_live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
