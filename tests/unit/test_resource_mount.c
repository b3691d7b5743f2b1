// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `mount` on trees, and what counts as a filesystem of one's own on a machine (row
 * B24 of what other tools get wrong, and dockerd's bind of its data root onto itself).
 */
#include "harden/text/mountinfo.h"
#include "tests/unit/resource_fixture.h"

extern const struct resource_type resource_mount;

#define ENTRY(path) "{\"path\":\"" path "\",\"own\":true}"
#define DOCKER ENTRY("/var/lib/docker")
#define UNIT(options)                                                                              \
	"@/etc/systemd/system/var-lib-docker.mount\n[Mount]\nWhat=/dev/sdb1\n"                     \
	"Where=/var/lib/docker\nType=xfs\n" options
#define WANTED                                                                                     \
	"@/etc/systemd/system/local-fs.target.wants/var-lib-docker.mount -> "                      \
	"../var-lib-docker.mount\n"

static void what_is_written_decides_on_a_tree(void **state)
{
	static const struct {
		const char *name, *tree, *entry;
		enum status status;
		const char *says;
	} cases[] = {
		{"nothing", "@/etc/hostname\nx\n", DOCKER, STATUS_FAIL, "neither fstab nor"},
		{"fstab", "@/etc/fstab\n# x\n/dev/vg/d /var/lib/docker xfs nodev 0 2\n", DOCKER,
		 STATUS_PASS, "/etc/fstab"},
		{"fstab, slash at the end", "@/etc/fstab\nUUID=1 /var/lib/docker/ ext4\n", DOCKER,
		 STATUS_PASS, NULL},
		{"fstab, escapes", "@/etc/fstab\nUUID=1 /srv/my\\040docker ext4\n",
		 ENTRY("/srv/my docker"), STATUS_PASS, NULL},
		{"B24 data root moved", "@/etc/fstab\nUUID=1 /var/lib/docker ext4\n",
		 ENTRY("/srv/containers"), STATUS_FAIL, "/srv/containers has no filesystem"},
		{"only /var", "@/etc/fstab\nUUID=1 /var ext4\n", DOCKER, STATUS_FAIL, "neither"},
		{"a directory above that is Docker's", "@/etc/fstab\nUUID=1 /var/lib/docker ext4\n",
		 ENTRY("/var/lib/docker/data"), STATUS_PASS, NULL},
		{"commented out", "@/etc/fstab\n#UUID=1 /var/lib/docker ext4\n", DOCKER,
		 STATUS_FAIL, NULL},
		{"bind", "@/etc/fstab\n/srv/d /var/lib/docker none rw,bind 0 0\n", DOCKER,
		 STATUS_FAIL, "bind of another directory"},
		{"memory", "@/etc/fstab\ntmpfs /var/lib/docker tmpfs size=1g\n", DOCKER,
		 STATUS_FAIL, "memory"},
		{"noauto", "@/etc/fstab\nUUID=1 /var/lib/docker ext4 noauto\n", DOCKER, STATUS_FAIL,
		 "nothing mounts it at boot"},
		{"unit", UNIT("") WANTED, DOCKER, STATUS_PASS, "var-lib-docker.mount"},
		{"unit that nothing wants", UNIT(""), DOCKER, STATUS_FAIL,
		 "nothing mounts it at boot"},
		{"unit, bind", UNIT("Options=rw,rbind\n") WANTED, DOCKER, STATUS_FAIL, "bind"},
		{"masked unit", "@/etc/systemd/system/var-lib-docker.mount -> /dev/null\n", DOCKER,
		 STATUS_FAIL, "neither"},
		{"data root behind a link",
		 "@/etc/fstab\nUUID=1 /data/docker ext4\n@/var/lib/docker -> /data/docker\n",
		 DOCKER, STATUS_PASS, "/data/docker"},
		{"no question", "@/etc/hostname\nx\n", "{\"path\":\"/x\",\"own\":\"true\"}",
		 STATUS_FAIL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *spec = resource_load(&resource_mount, cases[i].name, cases[i].entry);
		struct tree t;

		tree_open(&t, cases[i].tree);
		resource_run(&resource_mount, cases[i].name, &t, spec, cases[i].status,
			     cases[i].says, true);
		assert_int_equal(t.stage.len, 0);
		resource_mount.spec_free(spec);
		tree_close(&t);
	}
}

#define ROOT "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"

static void device_numbers_decide_on_a_machine(void **state)
{
	static const struct {
		const char *name, *table, *path;
		enum mount_own own;
		const char *point;
	} cases[] = {
		{"own partition", ROOT "30 22 254:16 / /var/lib/docker rw - xfs /dev/vdb rw\n",
		 "/var/lib/docker", OWN_YES, "/var/lib/docker"},
		{"no mount", ROOT, "/var/lib/docker", OWN_SHARED, "/"},
		{"dockerd's bind onto itself",
		 ROOT
		 "30 22 254:0 /var/lib/docker /var/lib/docker rw shared:1 - ext4 /dev/vda rw\n",
		 "/var/lib/docker", OWN_BIND, "/var/lib/docker"},
		{"bind of the filesystem around it",
		 ROOT "30 22 254:16 / /var rw - ext4 /dev/vdb rw\n"
		      "31 30 254:16 /x /var/lib/docker rw - ext4 /dev/vdb rw\n",
		 "/var/lib/docker", OWN_BIND, "/var/lib/docker"},
		{"only /var", ROOT "30 22 254:16 / /var rw - ext4 /dev/vdb rw\n", "/var/lib/docker",
		 OWN_SHARED, "/var"},
		{"btrfs subvolume",
		 "22 1 0:25 /@ / rw - btrfs /dev/sda rw\n"
		 "30 22 0:25 /@docker /var/lib/docker rw - btrfs /dev/sda rw\n",
		 "/var/lib/docker", OWN_SUBVOLUME, "/var/lib/docker"},
		{"another btrfs",
		 "22 1 0:25 /@ / rw - btrfs /dev/sda rw\n"
		 "30 22 0:26 / /var/lib/docker rw - btrfs /dev/sdb rw\n",
		 "/var/lib/docker", OWN_YES, "/var/lib/docker"},
		{"zfs dataset", ROOT "30 22 0:50 / /var/lib/docker rw - zfs tank/docker rw\n",
		 "/var/lib/docker", OWN_YES, "/var/lib/docker"},
		{"tmpfs", ROOT "30 22 0:51 / /var/lib/docker rw - tmpfs tmpfs rw\n",
		 "/var/lib/docker", OWN_MEMORY, "/var/lib/docker"},
		{"parent that is Docker's",
		 ROOT "30 22 254:16 / /var/lib/docker rw - xfs /dev/vdb rw\n",
		 "/var/lib/docker/data", OWN_YES, "/var/lib/docker"},
		{"the last of stacked mounts",
		 ROOT "30 22 254:16 / /var/lib/docker rw - xfs /dev/vdb rw\n"
		      "31 30 0:51 / /var/lib/docker rw - tmpfs none rw\n",
		 "/var/lib/docker", OWN_MEMORY, "/var/lib/docker"},
		{"names that begin alike",
		 ROOT "30 22 254:16 / /var/lib/docker2 rw - xfs /dev/vdb rw\n", "/var/lib/docker",
		 OWN_SHARED, "/"},
		{"a path that begins like a mount",
		 ROOT "30 22 254:16 / /var/lib/docker rw - xfs /dev/vdb rw\n", "/var/lib/docker2",
		 OWN_SHARED, "/"},
		{"escapes", ROOT "30 22 254:16 / /srv/a\\040b\\134docker rw - xfs /dev/vdb rw\n",
		 "/srv/a b\\docker", OWN_YES, "/srv/a b\\docker"},
		{"a chroot's table", "30 22 254:16 / /proc rw - proc proc rw\n", "/var/lib/docker",
		 OWN_SHARED, NULL},
		{"optional fields",
		 "22 1 254:0 / / rw shared:1 master:2 propagate_from:3 - ext4 d rw\n", "/x",
		 OWN_SHARED, "/"},
		{"malformed lines", "x\n1 2 3\n\n22 1 a:b / / rw - ext4 d rw\n" ROOT, "/x",
		 OWN_SHARED, "/"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(mounts) struct mounts mounts = {0};
		const struct mount *m;
		enum mount_own own;

		assert_int_equal(mountinfo_parse(cases[i].table, &mounts, NULL), 0);
		own = mounts_own(&mounts, cases[i].path, &m);
		if (own != cases[i].own || !m != !cases[i].point ||
		    (m && strcmp(m->point, cases[i].point) != 0))
			fail_msg("%s: %d by the mount at %s", cases[i].name, (int)own,
				 m ? m->point : "nowhere");
	}
}

static void options_are_whole_words(void **state)
{
	struct mount m = {.options = (char *)"rw,bindx,xbind,noauto"};

	(void)state;
	assert_false(mount_has_option(&m, "bind"));
	assert_true(mount_has_option(&m, "rw"));
	assert_true(mount_has_option(&m, "noauto"));
	assert_false(mount_has_option(&m, "auto"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_decides_on_a_tree),
		cmocka_unit_test(device_numbers_decide_on_a_machine),
		cmocka_unit_test(options_are_whole_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
