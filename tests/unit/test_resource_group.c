// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `group` (rows A30 and C22 of what other tools get wrong), and its codec.
 */
#include "harden/text/group_line.h"
#include "tests/unit/resource_fixture.h"

extern const struct resource_type resource_group;

#define PASSWD                                                                                     \
	"@/etc/passwd\nroot:x:0:0:r:/root:/bin/sh\nbob:x:1000:1000::/h:/bin/sh\n"                  \
	"ci:x:1001:998::/h:/bin/sh\nbroken line\n:x:1:998::\n"
#define GROUP(members)                                                                             \
	"@/etc/group\nroot:x:0:\ndocker2:x:997:eve\ndocker:x:998:" members "\nz:x:5:\n"
#define GSHADOW(text) "@/etc/gshadow 0640\nroot:*::\ndocker:!:" text "\nz:!::\n"
#define NAME(name, members) "{\"name\":\"" name "\",\"members\":[" members "]}"

static const struct group_case {
	const char *name, *tree, *entry;
	enum status status;
	const char *says, *group, *gshadow, *refused;
} cases[] = {
	{.name = "nobody is in it",
	 .tree = "@/etc/passwd\nroot:x:0:0::/:\n" GROUP(""),
	 .entry = NAME("docker", ""),
	 .status = STATUS_PASS},
	{.name = "no such group",
	 .tree = PASSWD "@/etc/group\nroot:x:0:\n",
	 .entry = NAME("docker", "\"bob\""),
	 .status = STATUS_NOT_APPLICABLE,
	 .says = "absent"},
	{.name = "no list: a person decides",
	 .tree = "@/etc/passwd\n" GROUP("bob"),
	 .entry = NAME("docker", ""),
	 .status = STATUS_MANUAL,
	 .says = "a person has to say"},
	{.name = "all trusted",
	 .tree = "@/etc/passwd\n" GROUP("bob,alice"),
	 .entry = NAME("docker", "\"alice\",\"bob\""),
	 .status = STATUS_PASS},
	{.name = "A30 a stranger beside a trusted user",
	 .tree = "@/etc/passwd\n" GROUP("bob,eve") GSHADOW(":bob,eve"),
	 .entry = NAME("docker", "\"bob\""),
	 .status = STATUS_FAIL,
	 .says = "user eve is in group docker",
	 .group = "root:x:0:\ndocker2:x:997:eve\ndocker:x:998:bob\nz:x:5:\n",
	 .gshadow = "root:*::\ndocker:!::bob\nz:!::\n"},
	{.name = "names are compared whole",
	 .tree = "@/etc/passwd\n" GROUP("bobby,bob,bo") GSHADOW(":bobby,bob,bo"),
	 .entry = NAME("docker", "\"bob\""),
	 .status = STATUS_FAIL,
	 .group = "root:x:0:\ndocker2:x:997:eve\ndocker:x:998:bob\nz:x:5:\n",
	 .gshadow = "root:*::\ndocker:!::bob\nz:!::\n"},
	{.name = "root may",
	 .tree = "@/etc/passwd\n" GROUP("root"),
	 .entry = NAME("docker", "\"bob\""),
	 .status = STATUS_PASS},
	{.name = "who may put users in",
	 .tree = "@/etc/passwd\n" GROUP("bob") GSHADOW("eve:bob"),
	 .entry = NAME("docker", "\"bob\""),
	 .status = STATUS_FAIL,
	 .says = "user eve administers group docker",
	 .gshadow = "root:*::\ndocker:!::bob\nz:!::\n"},
	{.name = "C22 a primary group is a person's to change",
	 .tree = PASSWD GROUP("bob"),
	 .entry = NAME("docker", "\"bob\""),
	 .status = STATUS_FAIL,
	 .says = "user ci has group docker as primary group",
	 .refused = "user ci has docker as primary group"},
	{.name = "by number",
	 .tree = "@/etc/passwd\n" GROUP("bob,eve"),
	 .entry = NAME("998", "\"bob\""),
	 .status = STATUS_FAIL,
	 .says = "user eve is in group docker",
	 .group = "root:x:0:\ndocker2:x:997:eve\ndocker:x:998:bob\nz:x:5:\n"},
};

static void check_file(const struct group_case *c, const struct tree *t, const char *path,
		       const char *expected)
{
	const char *text = tree_staged(t, path);

	if (!expected != !text || (text && strcmp(text, expected) != 0))
		fail_msg("%s: %s becomes\n%s", c->name, path, text ? text : "nothing");
}

static void members_are_judged_and_taken_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct group_case *c = &cases[i];
		void *spec = resource_load(&resource_group, c->name, c->entry);
		struct tree t;

		tree_open(&t, c->tree);
		resource_run(&resource_group, c->name, &t, spec, c->status, c->says, true);
		check_file(c, &t, "/etc/group", c->group);
		check_file(c, &t, "/etc/gshadow", c->gshadow);
		if (c->refused ? !stage_refuses(&t.stage, c->refused) : t.stage.by_hand_len != 0)
			fail_msg("%s: %s", c->name,
				 t.stage.by_hand_len ? t.stage.by_hand[0].reason : "not by hand");
		resource_group.spec_free(spec);
		tree_close(&t);
	}
}

static void other_bytes_of_group_files_stay(void **state)
{
	static const struct {
		const char *name, *in, *drop, *out;
		bool admins;
	} edits[] = {
		{"only member", "docker:x:1:eve\n", "eve", "docker:x:1:\n", false},
		{"no line end", "docker:x:1:a,eve", "eve", "docker:x:1:a", false},
		{"first", "docker:x:1:eve,a\n", "eve", "docker:x:1:a\n", false},
		{"twice", "docker:x:1:eve,a,eve\n", "eve", "docker:x:1:a\n", false},
		{"odd commas of others stay", "docker:x:1:a,,b,\n", "eve", "docker:x:1:a,,b,\n",
		 false},
		{"short line", "docker:x:1\n", "eve", "docker:x:1\n", false},
		{"another group", "xdocker:x:1:eve\ndockerx:x:2:eve\n", "eve",
		 "xdocker:x:1:eve\ndockerx:x:2:eve\n", false},
		{"admins", "docker:!:eve,b:eve,c\n", "eve", "docker:!:b:c\n", true},
		{"admins are no field of group(5)", "docker:eve:eve:eve\n", "eve",
		 "docker:eve:eve:\n", false},
		{"comment lines", "# docker:x:1:eve\ndocker:x:1:eve\n#\n", "eve",
		 "# docker:x:1:eve\ndocker:x:1:\n#\n", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		AUTO_PTR(blob) struct blob *in = blob_new(edits[i].in, strlen(edits[i].in));
		AUTO_PTR(blob) struct blob *out = NULL;
		AUTO(strv) struct strv drop = {0};

		assert_int_equal(strv_add(&drop, edits[i].drop, NULL), 0);
		assert_int_equal(
			group_drop_members(in, "docker", &drop, edits[i].admins, &out, NULL), 0);
		if (strcmp(out->data, edits[i].out) != 0)
			fail_msg("%s: %s", edits[i].name, out->data);
	}
}

/* What stands behind a NUL byte is kept too. */
static void a_nul_byte_cuts_nothing(void **state)
{
	static const char text[] = "docker:x:1:eve\nz:x:2:\0rest\n";
	AUTO_PTR(blob) struct blob *in = blob_new(text, sizeof(text) - 1);
	AUTO_PTR(blob) struct blob *out = NULL;
	AUTO(strv) struct strv drop = {0};

	(void)state;
	assert_int_equal(strv_add(&drop, "eve", NULL), 0);
	assert_int_equal(group_drop_members(in, "docker", &drop, false, &out, NULL), 0);
	assert_int_equal(out->len, in->len - 3);
	assert_memory_equal(out->data, "docker:x:1:\nz:x:2:\0rest\n", out->len);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_judged_and_taken_out),
		cmocka_unit_test(other_bytes_of_group_files_stay),
		cmocka_unit_test(a_nul_byte_cuts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
