// SPDX-License-Identifier: Apache-2.0
/*
 * Engines that are not managed here: recognised on a live host, said, and judged by nobody.
 */
#include "tests/unit/proc_fixture.h"

#include "harden/host/look_flavour.h"
#include "tests/unit/resource_fixture.h"

extern const struct resource_type resource_daemon;

struct flavour_case {
	const char *name, *tree;
	struct fake_process process;
	const char *flavour; /* NULL: none */
	const char *beside;  /* part of a sentence, NULL: nobody is beside */
	enum status status;  /* of a control of section 2 */
};

#define ROOTLESS                                                                                   \
	{                                                                                          \
		.pid = 7, .exe = "/home/alice/bin/dockerd", .args = "dockerd", .uid = 1000         \
	}
#define USERS "@/etc/passwd\nroot:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n"
#define SNAP "@/snap/docker/current/bin/dockerd 0755\nELF\n"
#define DESKTOP "@/opt/docker-desktop/bin/com.docker.backend 0755\nELF\n"
#define CONTAINERD "@/usr/bin/containerd 0755\nELF\n"

static const struct flavour_case cases[] = {
	{"nothing", USERS, {0}, NULL, NULL, STATUS_NOT_APPLICABLE},
	{"Debian's own", USERS TREE_DEBIAN CONTAINERD, {0}, NULL, NULL, STATUS_FAIL},
	{"a snap", USERS SNAP, {0}, "snap", NULL, STATUS_MANUAL},
	{"a snap beside a package",
	 USERS TREE_DEBIAN SNAP,
	 {0},
	 NULL,
	 "Docker is a snap here",
	 STATUS_FAIL},
	{"Docker Desktop", USERS DESKTOP, {0}, "desktop", NULL, STATUS_MANUAL},
	{"rootless alone", USERS, ROOTLESS, "rootless", "runs here (pid 7)", STATUS_MANUAL},
	{"rootless beside rootful", USERS TREE_DEBIAN, ROOTLESS, NULL, "a rootless dockerd of user",
	 STATUS_FAIL},
	{"containerd alone", USERS CONTAINERD, {0}, "containerd", NULL, STATUS_NOT_APPLICABLE},
};

static void check_control(const struct flavour_case *c, struct tree *t)
{
	void *spec =
		resource_load(&resource_daemon, c->name, "{\"key\": \"icc\", \"equals\": false}");

	(void)resource_run(&resource_daemon, c->name, t, spec, c->status,
			   c->status == STATUS_MANUAL ? "managed" : NULL, false);
	resource_daemon.spec_free(spec);
}

static void is_recognised(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct flavour_case *c = &cases[i];
		AUTO(flavour) struct flavour f = {0};
		struct error err = {0};
		const struct dockerd *d;
		struct tree t;

		tree_open(&t, c->tree);
		proc_live(&t);
		if (c->process.pid)
			proc_add(&t, &c->process);
		if (look_dockerd(&t.host, &d, &err) < 0 || look_flavour(&t.host, d, &f, &err) < 0)
			fail_msg("%s: %s", c->name, error_message(&err));
		if (!str_equal(f.name, c->flavour))
			fail_msg("%s: is %s", c->name, f.name ? f.name : "nothing");
		if ((c->beside != NULL) != (f.beside.len > 0) ||
		    (c->beside && !strstr(f.beside.items[0], c->beside)))
			fail_msg("%s: beside it %s", c->name,
				 f.beside.len ? f.beside.items[0] : "nobody");
		check_control(c, &t);
		tree_close(&t);
	}
}

static void a_tree_has_none(void **state)
{
	AUTO(flavour) struct flavour f = {0};
	struct error err = {0};
	const struct dockerd *d;
	struct tree t;

	(void)state;
	tree_open(&t, USERS SNAP DESKTOP);
	assert_int_equal(look_dockerd(&t.host, &d, &err), 0);
	assert_int_equal(look_flavour(&t.host, d, &f, &err), 0);
	assert_null(f.name);
	assert_int_equal(f.beside.len, 0);
	tree_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_recognised),
		cmocka_unit_test(a_tree_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
