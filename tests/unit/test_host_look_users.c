// SPDX-License-Identifier: Apache-2.0
/*
 * Users, groups and packages of a tree: by its own files, whatever the machine has.
 */
#include "harden/host/look_packages.h"
#include "harden/host/look_users.h"
#include "tests/unit/tree_fixture.h"

#define TREE                                                                                       \
	"@/etc/passwd\nroot:x:0:0:r:/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\n"                    \
	"alice:x:1000:1000::/h:/bin/sh\n+nis::::::\nbroken\nneg:x:-1:1::/:\nbig:x:4294967295:1::/" \
	":\n"                                                                                      \
	"huge:x:99999999999999999999:1::/:\nnum:x:12x:1::/:\nlast:x:1001:998::/:/bin/sh"           \
	"\n@/etc/group\nroot:x:0:\ndocker:x:998:alice,bob\nalice:x:1000:\nshort:x:7\n"             \
	"@/etc/gshadow 0640\ndockers:!:eve:\ndocker:!:carol,dave:alice,bob\n"

static void names_become_numbers(void **state)
{
	static const struct {
		const char *name;
		bool group;
		long id; /* -1: nobody has that name */
	} cases[] = {
		{"root", false, 0},    {"alice", false, 1000}, {"last", false, 1001},
		{"4711", false, 4711}, {"bob", false, -1},     {"neg", false, -1},
		{"big", false, -1},    {"huge", false, -1},    {"num", false, -1},
		{"broken", false, -1}, {"", false, -1},	       {"4294967295", false, -1},
		{"-1", false, -1},     {"docker", true, 998},  {"root", true, 0},
		{"short", true, -1},   {"daemon", true, -1},   {"0", true, 0},
	};
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = {0};
		uid_t uid = 0;
		gid_t gid = 0;
		int r = cases[i].group ? look_gid(&t.host, cases[i].name, &gid, &err)
				       : look_uid(&t.host, cases[i].name, &uid, &err);

		if (cases[i].id < 0 ? r == 0 || err.code != ERROR_FORMAT || !err.next
				    : r < 0 || (long)uid + (long)gid != cases[i].id)
			fail_msg("%s: %d, %s", cases[i].name, r, error_message(&err));
		error_done(&err);
	}
	tree_close(&t);
}

static void numbers_become_names(void **state)
{
	AUTO_FREE char *root = NULL, *alice = NULL, *nobody = NULL, *docker = NULL, *none = NULL;
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	assert_int_equal(look_user_name(&t.host, 0, &root, NULL), 0);
	assert_int_equal(look_user_name(&t.host, 1000, &alice, NULL), 0);
	assert_int_equal(look_user_name(&t.host, 65534, &nobody, NULL), 0);
	assert_int_equal(look_group_name(&t.host, 998, &docker, NULL), 0);
	assert_int_equal(look_group_name(&t.host, 5, &none, NULL), 0);
	assert_string_equal(root, "root"); /* the first of two */
	assert_string_equal(alice, "alice");
	assert_string_equal(nobody, "65534"); /* the machine knows that user, the tree does not */
	assert_string_equal(docker, "docker");
	assert_string_equal(none, "5");
	tree_close(&t);
}

static void a_tree_without_files_has_root(void **state)
{
	AUTO_FREE char *name = NULL;
	struct error err = {0};
	uid_t uid = 1;
	struct tree t;

	(void)state;
	tree_open(&t, "@/x\n1\n");
	assert_int_equal(look_uid(&t.host, "root", &uid, NULL), 0);
	assert_int_equal(uid, 0);
	assert_int_equal(look_uid(&t.host, "alice", &uid, &err), -1);
	assert_non_null(strstr(error_message(&err), "/etc/passwd: there is no user alice"));
	error_done(&err);
	assert_int_equal(look_user_name(&t.host, 1000, &name, NULL), 0);
	assert_string_equal(name, "1000");
	tree_close(&t);
}

static void members_come_from_three_files(void **state)
{
	static const char *const names[] = {"docker", "998"};
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO(group_members) struct group_members m = {0};

		assert_int_equal(look_group_members(&t.host, names[i], &m, NULL), 0);
		assert_true(m.exists);
		assert_int_equal(m.gid, 998);
		assert_string_equal(m.name, "docker");
		assert_int_equal(m.listed.len, 2);
		assert_string_equal(m.listed.items[1], "bob");
		assert_int_equal(m.primary.len, 1);
		assert_string_equal(m.primary.items[0], "last");
		assert_int_equal(m.admins.len, 2);
		assert_string_equal(m.admins.items[0], "carol");
	}
	tree_close(&t);
}

static void an_absent_group_has_nobody(void **state)
{
	AUTO(group_members) struct group_members m = {0};
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	assert_int_equal(look_group_members(&t.host, "nosuch", &m, NULL), 0);
	assert_false(m.exists);
	assert_int_equal(m.listed.len + m.primary.len + m.admins.len, 0);
	tree_close(&t);
}

/* gshadow is root's: others still learn the rest. */
static void admins_need_root(void **state)
{
	AUTO(group_members) struct group_members m = {0};
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	tree_mode(&t, "/etc/gshadow", 0600);
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(look_group_members(&t.host, "docker", &m, NULL), 0);
	assert_int_equal(seteuid(0), 0);
	assert_true(m.admins_unknown);
	assert_int_equal(m.listed.len, 2);
	tree_close(&t);
}

/* The machine's own root: NSS answers. */
static void the_machine_is_asked_by_nss(void **state)
{
	AUTO(stage) struct stage stage = {0};
	AUTO_FREE char *name = NULL;
	struct host host;
	struct error err = {0};
	uid_t uid = 1;

	(void)state;
	assert_int_equal(host_open(NULL, false, &stage, &host, NULL), 0);
	assert_false(host.offline);
	assert_int_equal(look_uid(&host, "root", &uid, NULL), 0);
	assert_int_equal(uid, 0);
	assert_int_equal(look_user_name(&host, 4000000000U, &name, NULL), 0);
	assert_string_equal(name, "4000000000");
	assert_int_equal(look_uid(&host, "no such user", &uid, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	error_done(&err);
	host_done(&host);
}

#define STANZA(name, status, version)                                                              \
	"Package: " name "\nStatus: " status "\nArchitecture: amd64\nVersion: " version            \
	"\nDescription: x\n Package: docker-ce\n Version: 9\n\n"

static void packages_are_found_by_whole_names(void **state)
{
	static const char *const docker[] = {"docker-ce", "docker.io", NULL};
	static const struct {
		const char *name, *tree, *version;
	} cases[] = {
		{"no database", "@/x\n1\n", NULL},
		{"empty", "@/var/lib/dpkg/status\n", NULL},
		{"installed",
		 "@/var/lib/dpkg/status\n" STANZA("docker.io", "install ok installed", "20.10-1"),
		 "20.10-1"},
		{"epoch",
		 "@/var/lib/dpkg/status\n" STANZA("docker-ce", "install ok installed", "5:26.1-1"),
		 "5:26.1-1"},
		{"held",
		 "@/var/lib/dpkg/status\n" STANZA("docker.io", "hold ok installed", "20.10-1"),
		 "20.10-1"},
		{"triggers pending",
		 "@/var/lib/dpkg/status\n" STANZA("docker.io", "install ok triggers-pending", "2"),
		 "2"},
		{"removed, configuration left",
		 "@/var/lib/dpkg/status\n" STANZA("docker.io", "deinstall ok config-files", "2"),
		 NULL},
		{"not installed",
		 "@/var/lib/dpkg/status\n" STANZA("docker.io", "unknown ok not-installed", "2"),
		 NULL},
		{"only a name that begins alike",
		 "@/var/lib/dpkg/status\n" STANZA("docker.io-doc", "install ok installed", "2"),
		 NULL},
		{"the first wanted name counts",
		 "@/var/lib/dpkg/status\n" STANZA("docker.io", "install ok installed", "1")
			 STANZA("docker-ce", "install ok installed", "2"),
		 "2"},
		{"a removed first name does not",
		 "@/var/lib/dpkg/status\n" STANZA("docker-ce", "deinstall ok config-files", "2")
			 STANZA("docker.io", "install ok installed", "1"),
		 "1"},
		{"cut off",
		 "@/var/lib/dpkg/status\nPackage: docker.io\nStatus: install ok installed", NULL},
		{"fields of the next package do not count",
		 "@/var/lib/dpkg/status\nPackage: docker.io\n\n" STANZA("x", "install ok installed",
									"3"),
		 NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_FREE char *version = NULL;
		struct tree t;

		tree_open(&t, cases[i].tree);
		assert_int_equal(look_package_version(&t.host, docker, &version, NULL), 0);
		if (!str_equal(version, cases[i].version))
			fail_msg("%s: %s", cases[i].name, version ? version : "none");
		tree_close(&t);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_numbers),
		cmocka_unit_test(numbers_become_names),
		cmocka_unit_test(a_tree_without_files_has_root),
		cmocka_unit_test(members_come_from_three_files),
		cmocka_unit_test(an_absent_group_has_nobody),
		cmocka_unit_test(admins_need_root),
		cmocka_unit_test(the_machine_is_asked_by_nss),
		cmocka_unit_test(packages_are_found_by_whole_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
