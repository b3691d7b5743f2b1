// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `file`. Ids in the names are rows of the list of what other tools get wrong:
 * modes compared as decimal numbers, fixes that open files, sockets whose fix does not last.
 */
#include "tests/unit/resource_fixture.h"

extern const struct resource_type resource_file;

#define USERS                                                                                      \
	"@/etc/passwd\nroot:x:0:0:r:/root:/bin/sh\nalice:x:1000:1000::/h:/bin/sh\n"                \
	"@/etc/group\nroot:x:0:\ndocker:x:998:alice\nssl-cert:x:110:\nalice:x:1000:\n"
#define CONFIG USERS "@/etc/docker/daemon.json\n{}\n"
#define MODE_644 "{\"path\":\"/etc/docker/daemon.json\",\"mode-at-most\":\"0644\"}"
#define MODE_755 "{\"path\":\"/etc/docker\",\"kind\":\"directory\",\"mode-at-most\":\"0755\"}"
#define MODE_444 "{\"path\":\"/etc/docker/daemon.json\",\"mode-at-most\":\"0444\"}"
#define MODE_400 "{\"path\":\"/etc/docker/daemon.json\",\"mode-at-most\":\"0400\"}"

/* Modes: what passes, and what becomes of what does not. */
static void modes_are_compared_by_bits(void **state)
{
	static const struct {
		const char *name, *entry, *path;
		mode_t mode, after;
		const char *says;
	} cases[] = {
		{"equal", MODE_644, "/etc/docker/daemon.json", 0644, 0644, NULL},
		{"A20 others may write", MODE_644, "/etc/docker/daemon.json", 0626, 0604,
		 "everybody may write it"},
		{"A20 less as a number", MODE_644, "/etc/docker/daemon.json", 0477, 0444,
		 "at most 0644"},
		{"A20 less as a number, 0577", MODE_644, "/etc/docker/daemon.json", 0577, 0444,
		 "is 0577"},
		{"A24 0377 for 0444", MODE_444, "/etc/docker/daemon.json", 0377, 0044, "is 0377"},
		{"B15 stricter than 0444", MODE_444, "/etc/docker/daemon.json", 0400, 0400, NULL},
		{"B16 0600 for 0644", MODE_644, "/etc/docker/daemon.json", 0600, 0600, NULL},
		{"B16 0700 for 0755", MODE_755, "/etc/docker", 0700, 0700, NULL},
		{"nobody at all for 0400", MODE_400, "/etc/docker/daemon.json", 0000, 0000, NULL},
		{"C7 0600 for 0400", MODE_400, "/etc/docker/daemon.json", 0600, 0400, "is 0600"},
		{"C23 0660 is not opened", MODE_644, "/etc/docker/daemon.json", 0660, 0640,
		 "its group may write it"},
		{"group may write", MODE_755, "/etc/docker", 0775, 0755, "its group may write it"},
		{"everybody may write", MODE_755, "/etc/docker", 0777, 0755,
		 "everybody may write it"},
		{"setuid", MODE_644, "/etc/docker/daemon.json", 04644, 0644, "setuid or setgid"},
		{"setgid of a directory", MODE_755, "/etc/docker", 02755, 0755, "setuid or setgid"},
		{"sticky", MODE_755, "/etc/docker", 01755, 0755, "is 1755"},
		{"execute", MODE_644, "/etc/docker/daemon.json", 0755, 0644, "is 0755"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *spec = resource_load(&resource_file, cases[i].name, cases[i].entry);
		const struct staged_file *staged;
		struct tree t;

		tree_open(&t, CONFIG);
		tree_mode(&t, cases[i].path, cases[i].mode);
		resource_run(&resource_file, cases[i].name, &t, spec,
			     cases[i].says ? STATUS_FAIL : STATUS_PASS, cases[i].says, true);
		staged = stage_find(&t.stage, cases[i].path);
		if (!cases[i].says != !staged || (staged && staged->after.mode != cases[i].after))
			fail_msg("%s: becomes %04o", cases[i].name,
				 staged ? (unsigned)staged->after.mode : (unsigned)cases[i].mode);
		if (staged && (staged->after.mode & ~staged->before.mode))
			fail_msg("%s: a bit was added", cases[i].name);
		resource_settled(&resource_file, cases[i].name, &t, spec);
		resource_file.spec_free(spec);
		tree_close(&t);
	}
}

static void owners_are_compared_by_number(void **state)
{
	static const struct {
		const char *name, *entry;
		uid_t uid;
		gid_t gid;
		mode_t mode;
		uid_t after_uid;
		gid_t after_gid;
		mode_t after_mode;
		const char *says;
	} cases[] = {
		{"root's",
		 "{\"path\":\"/etc/docker/daemon.json\",\"owner\":\"root\",\"group\":\"root\"}", 0,
		 0, 0644, 0, 0, 0644, NULL},
		{"a user's",
		 "{\"path\":\"/etc/docker/daemon.json\",\"owner\":\"root\",\"group\":\"root\"}",
		 1000, 1000, 0600, 0, 0, 0600, "belongs to user alice, not root"},
		{"nobody has this number",
		 "{\"path\":\"/etc/docker/daemon.json\",\"owner\":\"root\",\"group\":\"root\"}",
		 4711, 0, 0644, 0, 0, 0644, "belongs to user 4711, not root"},
		{"the second group passes",
		 "{\"path\":\"/etc/docker/daemon.json\",\"group\":[\"docker\",\"root\"]}", 0, 0,
		 0644, 0, 0, 0644, NULL},
		{"the first group is the fix",
		 "{\"path\":\"/etc/docker/daemon.json\",\"group\":[\"docker\",\"root\"]}", 0, 110,
		 0640, 0, 998, 0640, "belongs to group ssl-cert, not docker"},
		{"owner by number", "{\"path\":\"/etc/docker/daemon.json\",\"owner\":\"1000\"}", 0,
		 0, 0644, 1000, 0, 0644, "belongs to user root, not 1000"},
		{"a set-id program of a user does not become root's",
		 "{\"path\":\"/etc/docker/daemon.json\",\"owner\":\"root\"}", 1000, 0, 04755, 0, 0,
		 0755, "belongs to user alice"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *spec = resource_load(&resource_file, cases[i].name, cases[i].entry);
		const struct staged_file *f;
		struct tree t;

		tree_open(&t, CONFIG);
		tree_owner(&t, "/etc/docker/daemon.json", cases[i].uid, cases[i].gid);
		tree_mode(&t, "/etc/docker/daemon.json", cases[i].mode);
		resource_run(&resource_file, cases[i].name, &t, spec,
			     cases[i].says ? STATUS_FAIL : STATUS_PASS, cases[i].says, true);
		f = stage_find(&t.stage, "/etc/docker/daemon.json");
		if (!cases[i].says != !f || (f && (f->after.uid != cases[i].after_uid ||
						   f->after.gid != cases[i].after_gid ||
						   f->after.mode != cases[i].after_mode)))
			fail_msg("%s: becomes %u:%u %04o", cases[i].name, f ? f->after.uid : 0,
				 f ? f->after.gid : 0, f ? (unsigned)f->after.mode : 0);
		resource_settled(&resource_file, cases[i].name, &t, spec);
		resource_file.spec_free(spec);
		tree_close(&t);
	}
}

static void unknown_names_are_told(void **state)
{
	static const struct {
		const char *name, *entry;
		enum error_code code;
		const char *says;
	} cases[] = {
		{"user", "{\"path\":\"/etc/docker\",\"owner\":\"nosuch\"}", ERROR_FORMAT,
		 "/etc/passwd: there is no user nosuch"},
		{"all groups", "{\"path\":\"/etc/docker\",\"group\":[\"nosuch\",\"nor\"]}",
		 ERROR_FORMAT, "/etc/group: there is no group"},
		{"one of the groups", "{\"path\":\"/etc/docker\",\"group\":[\"nosuch\",\"root\"]}",
		 ERROR_NONE, NULL},
		{"nothing is there", "{\"path\":\"/nothing\",\"owner\":\"nosuch\"}", ERROR_NONE,
		 NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *spec = resource_load(&resource_file, cases[i].name, cases[i].entry);
		struct error err = {0};
		struct tree t;

		tree_open(&t, CONFIG);
		if (resource_error(&resource_file, &t, spec, &err) != cases[i].code ||
		    (cases[i].says && !strstr(error_message(&err), cases[i].says)))
			fail_msg("%s: %s", cases[i].name, error_message(&err));
		if (cases[i].says)
			assert_non_null(err.next);
		error_done(&err);
		resource_file.spec_free(spec);
		tree_close(&t);
	}
}

static void what_is_absent_does_not_apply(void **state)
{
	static const struct {
		const char *name, *entry;
		enum status status;
		const char *says, *refused;
	} cases[] = {
		{"B19 absent", "{\"path\":\"/etc/default/docker\",\"mode-at-most\":\"0644\"}",
		 STATUS_NOT_APPLICABLE, "absent", NULL},
		{"absent, but it must be there",
		 "{\"path\":\"/etc/default/docker\",\"mode-at-most\":\"0644\",\"when\":\"always\"}",
		 STATUS_FAIL, "/etc/default/docker does not exist", "does not exist"},
		{"one of two",
		 "{\"path\":[\"/etc/default/docker\",\"/etc/docker\"],"
		 "\"mode-at-most\":\"0755\"}",
		 STATUS_PASS, "/etc/docker", NULL},
		{"no directory of a tree",
		 "{\"path\":\"/etc/certs.d/**\",\"mode-at-most\":\"0444\"}", STATUS_NOT_APPLICABLE,
		 "absent", NULL},
		{"empty directory of a tree",
		 "{\"path\":\"/etc/docker/e/**\",\"mode-at-most\":\"0444\"}", STATUS_PASS,
		 "no file matches", NULL},
		{"another kind",
		 "{\"path\":\"/etc/docker/e\",\"kind\":\"file\",\"mode-at-most\":\"0755\"}",
		 STATUS_FAIL, "is a directory, not a file", "is a directory, not a file"},
		{"switched off by a link to a device",
		 "{\"path\":\"/etc/off\",\"mode-at-most\":\"0644\"}", STATUS_NOT_APPLICABLE,
		 "device", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *spec = resource_load(&resource_file, cases[i].name, cases[i].entry);
		struct tree t;

		tree_open(&t, CONFIG "@/etc/docker/e/\n@/etc/off -> /dev/null\n@/dev/\n");
		assert_int_equal(mkfifo(tree_path(&t, "/dev/null"), 0666), 0);
		resource_run(&resource_file, cases[i].name, &t, spec, cases[i].status,
			     cases[i].says, true);
		if (t.stage.len || (cases[i].refused ? !stage_refuses(&t.stage, cases[i].refused)
						     : t.stage.blocked_len != 0))
			fail_msg("%s: %zu staged, %s", cases[i].name, t.stage.len,
				 t.stage.blocked_len ? t.stage.blocked[0].reason : "not refused");
		resource_file.spec_free(spec);
		tree_close(&t);
	}
}

#define CERTS                                                                                      \
	USERS "@/etc/docker/certs.d/r.example:5000/ca.crt 0644\nc\n"                               \
	      "@/etc/docker/certs.d/r.example:5000/client.cert 0444\nc\n"                          \
	      "@/etc/docker/certs.d/r.example:5000/client.key 0666\nk\n"                           \
	      "@/etc/docker/certs.d/.hidden/ca.crt 0602\nc\n"                                      \
	      "@/etc/docker/certs.d/deep/er/ca.crt 0646\nc\n"
#define TREE_444 "{\"path\":\"/etc/docker/certs.d/**\",\"mode-at-most\":\"0444\"}"

/* A24, B17, C25: every regular file of the tree whatever its name, and no directory. */
static void trees_are_searched_to_their_files(void **state)
{
	static const struct {
		const char *path;
		mode_t mode;
	} after[] = {
		{"/etc/docker/certs.d/.hidden/ca.crt", 0400},
		{"/etc/docker/certs.d/deep/er/ca.crt", 0444},
		{"/etc/docker/certs.d/odd [name]*/a b\n.crt", 0400},
		{"/etc/docker/certs.d/r.example:5000/ca.crt", 0444},
		{"/etc/docker/certs.d/r.example:5000/client.key", 0444},
	};
	void *spec = resource_load(&resource_file, "tree", TREE_444);
	struct tree t;

	(void)state;
	tree_open(&t, CERTS);
	tree_file(&t, "/etc/docker/certs.d/odd [name]*/a b\n.crt", 0622);
	assert_int_equal(
		resource_run(&resource_file, "tree", &t, spec, STATUS_FAIL, "client.key", true),
		ARRAY_SIZE(after));
	assert_int_equal(t.stage.len, ARRAY_SIZE(after));
	for (size_t i = 0; i < ARRAY_SIZE(after); i++) {
		assert_string_equal(t.stage.files[i].path, after[i].path);
		assert_int_equal(t.stage.files[i].after.mode, after[i].mode);
	}
	resource_settled(&resource_file, "tree", &t, spec);
	resource_file.spec_free(spec);
	tree_close(&t);
}

/* Links in a tree count by their targets; one that leads out of the tree is left alone. */
static void links_in_a_tree_count_by_their_target(void **state)
{
	void *spec = resource_load(&resource_file, "links", TREE_444);
	struct tree t;

	(void)state;
	tree_open(&t, USERS "@/etc/docker/certs.d/a/ca.crt -> ../real.crt\n"
			    "@/etc/docker/certs.d/real.crt 0646\nc\n"
			    "@/etc/docker/certs.d/b/redhat-ca.crt -> /etc/rhsm/ca/x.pem\n"
			    "@/etc/docker/certs.d/c -> /etc/rhsm/ca\n"
			    "@/etc/docker/certs.d/circle -> .\n"
			    "@/etc/docker/certs.d/root -> /\n"
			    "@/etc/docker/certs.d/gone -> /nowhere\n"
			    "@/etc/rhsm/ca/x.pem 0666\nc\n");
	resource_run(&resource_file, "links", &t, spec, STATUS_FAIL, "/etc/rhsm/ca/x.pem is 0666",
		     true);
	assert_int_equal(t.stage.len, 1);
	assert_string_equal(t.stage.files[0].path, "/etc/docker/certs.d/real.crt");
	assert_true(stage_refuses(&t.stage, "is a link to a file of another place"));
	resource_file.spec_free(spec);
	tree_close(&t);
}

static void globs_match_by_component(void **state)
{
	static const char entry[] =
		"{\"path\":\"/etc/docker/certs.d/*/*.key\",\"mode-at-most\":\"0400\"}";
	void *spec = resource_load(&resource_file, "glob", entry);
	struct tree t;

	(void)state;
	tree_open(&t, CERTS "@/etc/docker/certs.d/top.key 0666\nk\n"
			    "@/etc/docker/certs.d/a/deep/x.key 0666\nk\n");
	assert_int_equal(resource_run(&resource_file, "glob", &t, spec, STATUS_FAIL, NULL, true),
			 1);
	assert_int_equal(t.stage.len, 1);
	assert_string_equal(t.stage.files[0].path, "/etc/docker/certs.d/r.example:5000/client.key");
	assert_int_equal(t.stage.files[0].after.mode, 0400);
	resource_file.spec_free(spec);
	tree_close(&t);
}

/* A path from a configuration may hold what looks like a pattern. */
static void a_name_that_exists_is_no_pattern(void **state)
{
	static const char entry[] =
		"{\"path\":\"/etc/docker/odd [k]*.pem\",\"mode-at-most\":\"0400\"}";
	void *spec = resource_load(&resource_file, "odd", entry);
	struct tree t;

	(void)state;
	tree_open(&t, CONFIG);
	tree_file(&t, "/etc/docker/odd [k]*.pem", 0644);
	tree_file(&t, "/etc/docker/odd k.pem", 0644);
	resource_run(&resource_file, "odd", &t, spec, STATUS_FAIL, "odd [k]*.pem", true);
	assert_int_equal(t.stage.len, 1);
	assert_string_equal(t.stage.files[0].path, "/etc/docker/odd [k]*.pem");
	resource_file.spec_free(spec);
	tree_close(&t);
}

static void thousands_of_files_are_judged(void **state)
{
	void *spec = resource_load(&resource_file, "many", TREE_444);
	struct tree t;

	(void)state;
	tree_open(&t, USERS "@/etc/docker/certs.d/r/\n");
	for (int i = 0; i < 3000; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "/etc/docker/certs.d/r/%d.crt", i);
		tree_file(&t, path, i ? 0444 : 0644);
	}
	assert_int_equal(
		resource_run(&resource_file, "many", &t, spec, STATUS_FAIL, "r/0.crt", true), 1);
	assert_int_equal(t.stage.len, 1);
	resource_file.spec_free(spec);
	tree_close(&t);
}

/* With an ACL the group bits are the mask, so the mode bounds its named entries too. */
static void acls_are_bounded_by_the_mode(void **state)
{
	static const struct tree_acl acl[] = ACL_OF(6, 4, 6);
	void *spec = resource_load(&resource_file, "acl", MODE_644);
	const struct staged_file *f;
	struct tree t;

	(void)state;
	tree_open(&t, CONFIG);
	tree_acl(&t, "/etc/docker/daemon.json", "system.posix_acl_access", acl, ARRAY_SIZE(acl));
	resource_run(&resource_file, "acl", &t, spec, STATUS_FAIL, "is 0660", true);
	f = stage_find(&t.stage, "/etc/docker/daemon.json");
	assert_non_null(f);
	assert_int_equal(f->after.mode, 0640);
	assert_non_null(f->after.acl); /* entries stay, without rights beyond the mask */
	resource_settled(&resource_file, "acl", &t, spec);
	resource_file.spec_free(spec);
	tree_close(&t);
}

static void a_default_acl_is_noted(void **state)
{
	static const struct tree_acl acl[] = ACL_OF(6, 4, 6);
	void *spec = resource_load(&resource_file, "default acl", MODE_755);
	struct tree t;

	(void)state;
	tree_open(&t, CONFIG);
	tree_acl(&t, "/etc/docker", "system.posix_acl_default", acl, ARRAY_SIZE(acl));
	resource_run(&resource_file, "default acl", &t, spec, STATUS_PASS, "default ACL", true);
	assert_int_equal(t.stage.len, 0);
	resource_file.spec_free(spec);
	tree_close(&t);
}

/* A key that another service reads through its group is left to a person, other files are not. */
static void a_shared_key_is_left_alone(void **state)
{
	static const struct {
		const char *name, *entry;
		gid_t gid;
		mode_t mode;
		bool blocked;
	} keys[] = {
#define KEY "{\"path\":\"/etc/docker/daemon.json\",\"unless-shared\":true,"
		{"mode", KEY "\"mode-at-most\":\"0400\"}", 110, 0640, true},
		{"group", KEY "\"group\":\"root\"}", 110, 0640, true},
		{"stricter", KEY "\"group\":\"root\"}", 110, 0440, true},
		{"everybody may read it", KEY "\"mode-at-most\":\"0400\"}", 110, 0644, false},
		{"root's group", KEY "\"mode-at-most\":\"0400\"}", 0, 0640, false},
		{"the group may not", KEY "\"group\":\"root\"}", 110, 0600, false},
		{"not asked", "{\"path\":\"/etc/docker/daemon.json\",\"group\":\"root\"}", 110,
		 0640, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		void *spec = resource_load(&resource_file, keys[i].name, keys[i].entry);
		struct tree t;

		tree_open(&t, CONFIG);
		tree_owner(&t, "/etc/docker/daemon.json", 0, keys[i].gid);
		tree_mode(&t, "/etc/docker/daemon.json", keys[i].mode);
		resource_run(&resource_file, keys[i].name, &t, spec, STATUS_FAIL, NULL, true);
		if (stage_refuses(&t.stage, "group ssl-cert may read") != keys[i].blocked ||
		    t.stage.len == keys[i].blocked)
			fail_msg("%s: %zu staged", keys[i].name, t.stage.len);
		resource_file.spec_free(spec);
		tree_close(&t);
	}
}

/* A file below a directory that somebody else can write is blocked until that is secured. */
static void a_way_is_secured_first(void **state)
{
	void *file = resource_load(&resource_file, "file", MODE_644);
	void *dir = resource_load(&resource_file, "dir", MODE_755);
	struct tree t;

	(void)state;
	tree_open(&t, CONFIG);
	tree_mode(&t, "/etc/docker", 0777);
	tree_mode(&t, "/etc/docker/daemon.json", 0666);
	resource_run(&resource_file, "unsafe", &t, file, STATUS_FAIL, "/etc/docker on the way",
		     true);
	assert_true(
		stage_refuses(&t.stage, "/etc/docker on the way to it is writable by everybody"));
	assert_int_equal(t.stage.len, 0);
	resource_run(&resource_file, "dir", &t, dir, STATUS_FAIL, NULL, true);
	stage_new_pass(&t.stage);
	resource_run(&resource_file, "secured", &t, file, STATUS_FAIL, NULL, true);
	assert_int_equal(t.stage.blocked_len, 0);
	assert_int_equal(t.stage.len, 2);
	assert_int_equal(stage_find(&t.stage, "/etc/docker")->phase, PHASE_SECURE);
	resource_file.spec_free(file);
	resource_file.spec_free(dir);
	tree_close(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes_are_compared_by_bits),
		cmocka_unit_test(owners_are_compared_by_number),
		cmocka_unit_test(unknown_names_are_told),
		cmocka_unit_test(what_is_absent_does_not_apply),
		cmocka_unit_test(trees_are_searched_to_their_files),
		cmocka_unit_test(links_in_a_tree_count_by_their_target),
		cmocka_unit_test(globs_match_by_component),
		cmocka_unit_test(a_name_that_exists_is_no_pattern),
		cmocka_unit_test(thousands_of_files_are_judged),
		cmocka_unit_test(acls_are_bounded_by_the_mode),
		cmocka_unit_test(a_default_acl_is_noted),
		cmocka_unit_test(a_way_is_secured_first),
		cmocka_unit_test(a_shared_key_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
