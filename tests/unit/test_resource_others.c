// SPDX-License-Identifier: Apache-2.0
/*
 * The resource types `template`, `augeas` and `manual` (row A31 of what other tools get wrong).
 */
#include "tests/unit/resource_fixture.h"

extern const struct resource_type resource_template, resource_augeas, resource_manual;

static const struct content_case {
	const char *name, *tree, *entry;
	const struct resource_type *type;
	enum status status;
	const char *says, *file, *text, *refused;
	mode_t mode;
} cases[] = {
#define ISSUE                                                                                      \
	"{\"path\":\"/etc/issue.net\",\"source\":\"i\",\"content\":\"ours\\n\",\"mode\":\"0644\"}"
	{.name = "template, absent",
	 .tree = "@/etc/x\n1\n",
	 .entry = ISSUE,
	 .type = &resource_template,
	 .status = STATUS_FAIL,
	 .says = "/etc/issue.net does not exist",
	 .file = "/etc/issue.net",
	 .text = "ours\n",
	 .mode = 0644},
	{.name = "template, as it is",
	 .tree = "@/etc/issue.net 0644\nours\n",
	 .entry = ISSUE,
	 .type = &resource_template,
	 .status = STATUS_PASS},
	{.name = "template, stricter",
	 .tree = "@/etc/issue.net 0600\nours\n",
	 .entry = ISSUE,
	 .type = &resource_template,
	 .status = STATUS_PASS},
	{.name = "template, another text",
	 .tree = "@/etc/issue.net 0600\nDebian\n",
	 .entry = ISSUE,
	 .type = &resource_template,
	 .status = STATUS_FAIL,
	 .says = "is not what the template i says",
	 .file = "/etc/issue.net",
	 .text = "ours\n",
	 .mode = 0600},
	{.name = "template, wider",
	 .tree = "@/etc/issue.net 0666\nours\n",
	 .entry = ISSUE,
	 .type = &resource_template,
	 .status = STATUS_FAIL,
	 .says = "0666",
	 .file = "/etc/issue.net",
	 .text = "ours\n",
	 .mode = 0644},
	{.name = "template, no directory",
	 .tree = "@/usr/x\n1\n",
	 .entry = ISSUE,
	 .type = &resource_template,
	 .status = STATUS_FAIL,
	 .refused = "does not exist"},
	{.name = "template, a directory",
	 .tree = "@/etc/issue.net/\n",
	 .entry = ISSUE,
	 .type = &resource_template,
	 .status = STATUS_FAIL,
	 .refused = "is a directory"},

#define SYSCTL                                                                                     \
	"{\"path\":\"/etc/sysctl.d/60-h.conf\",\"lens\":\"Sysctl.lns\",\"node\":\"kernel.a\","     \
	"\"value\":1}"
#define SSHD                                                                                       \
	"{\"path\":\"/etc/ssh/sshd_config\",\"lens\":\"Sshd.lns\",\"node\":\"UsePAM\","            \
	"\"value\":\"yes\",\"when\":\"exists\"}"
#define NO_NODE "{\"path\":\"/etc/s\",\"lens\":\"Sysctl.lns\",\"node\":\"kernel.a\"}"
	{.name = "augeas, new file",
	 .tree = "@/etc/sysctl.d/\n",
	 .entry = SYSCTL,
	 .type = &resource_augeas,
	 .status = STATUS_FAIL,
	 .says = "does not set kernel.a to \"1\"",
	 .file = "/etc/sysctl.d/60-h.conf",
	 .text = "kernel.a = 1\n",
	 .mode = 0644},
	{.name = "augeas, another value",
	 .tree = "@/etc/sysctl.d/60-h.conf 0600\nkernel.a=0\n",
	 .entry = SYSCTL,
	 .type = &resource_augeas,
	 .status = STATUS_FAIL,
	 .says = "sets kernel.a to \"0\", not \"1\"",
	 .file = "/etc/sysctl.d/60-h.conf",
	 .text = "kernel.a=1\n",
	 .mode = 0600},
	{.name = "augeas, as it is",
	 .tree = "@/etc/sysctl.d/60-h.conf\nkernel.a=1\n",
	 .entry = SYSCTL,
	 .type = &resource_augeas,
	 .status = STATUS_PASS,
	 .says = "1"},
	{.name = "augeas, no directory",
	 .tree = "@/etc/x\n1\n",
	 .entry = SYSCTL,
	 .type = &resource_augeas,
	 .status = STATUS_FAIL,
	 .refused = "does not exist"},
	{.name = "augeas, no such file here",
	 .tree = "@/etc/x\n1\n",
	 .entry = SSHD,
	 .type = &resource_augeas,
	 .status = STATUS_NOT_APPLICABLE,
	 .says = "absent"},
	{.name = "augeas, a directory",
	 .tree = "@/etc/ssh/sshd_config/\n",
	 .entry = SSHD,
	 .type = &resource_augeas,
	 .status = STATUS_FAIL,
	 .says = "is a directory, not a file",
	 .refused = "is a directory"},
	{.name = "augeas, must not be there",
	 .tree = "@/etc/s\nb=1\nkernel.a=1\n",
	 .entry = NO_NODE,
	 .type = &resource_augeas,
	 .status = STATUS_FAIL,
	 .says = "should not be there",
	 .file = "/etc/s",
	 .text = "b=1\n",
	 .mode = 0644},
	{.name = "augeas, is not there",
	 .tree = "@/etc/s\nb=1\n",
	 .entry = NO_NODE,
	 .type = &resource_augeas,
	 .status = STATUS_PASS},

#define VERSION(minimum, facts)                                                                    \
	"{\"ask\":\"Is it new?\",\"evidence\":[\"docker.version\"],\"fact\":\"docker.version\","   \
	"\"at-least\":\"" minimum "\",\"facts\":{" facts "}}"
#define IS(version) "\"docker.version\":\"" version "\""
	{.name = "manual, a question",
	 .tree = "@/x\n1\n",
	 .type = &resource_manual,
	 .entry = "{\"ask\":\"Who did?\",\"evidence\":[\"host.os\"],"
		  "\"facts\":{\"host.os\":\"Debian\"}}",
	 .status = STATUS_MANUAL,
	 .says = "Who did?"},
	{.name = "manual, its evidence",
	 .tree = "@/x\n1\n",
	 .type = &resource_manual,
	 .entry = "{\"ask\":\"Who did?\",\"evidence\":[\"host.os\"],"
		  "\"facts\":{\"host.os\":\"Debian\"}}",
	 .status = STATUS_MANUAL,
	 .says = "Debian"},
	{.name = "A31 no minimum: nobody knows",
	 .tree = "@/x\n1\n",
	 .type = &resource_manual,
	 .entry = VERSION("", IS("17.03")),
	 .status = STATUS_MANUAL,
	 .says = "Is it new?"},
	{.name = "A31 older",
	 .tree = "@/x\n1\n",
	 .type = &resource_manual,
	 .entry = VERSION("20.10.24", IS("17.03")),
	 .status = STATUS_FAIL,
	 .says = "17.03, older than 20.10.24"},
	{.name = "manual, numbers not texts",
	 .tree = "@/x\n1\n",
	 .type = &resource_manual,
	 .entry = VERSION("9.0", IS("20.10.24")),
	 .status = STATUS_PASS},
	{.name = "manual, third part",
	 .tree = "@/x\n1\n",
	 .type = &resource_manual,
	 .entry = VERSION("20.10.24", IS("20.10.3")),
	 .status = STATUS_FAIL},
	{.name = "manual, equal with a suffix",
	 .tree = "@/x\n1\n",
	 .type = &resource_manual,
	 .entry = VERSION("20.10.24", IS("20.10.24+dfsg1")),
	 .status = STATUS_PASS},
	{.name = "manual, fewer parts",
	 .tree = "@/x\n1\n",
	 .type = &resource_manual,
	 .entry = VERSION("26.1", IS("26.1.0")),
	 .status = STATUS_PASS},
	{.name = "manual, version unknown",
	 .tree = "@/x\n1\n",
	 .type = &resource_manual,
	 .entry = VERSION("26.1", ""),
	 .status = STATUS_MANUAL,
	 .says = "is not known"},
};

static void check_staged(const struct content_case *c, const struct tree *t)
{
	const struct staged_file *f = c->file ? stage_find(&t->stage, c->file) : NULL;
	const char *text = c->file ? tree_staged(t, c->file) : NULL;

	if (c->file && (!text || strcmp(text, c->text) != 0 || f->after.mode != c->mode))
		fail_msg("%s: %s becomes %04o\n%s", c->name, c->file,
			 f ? (unsigned)f->after.mode : 0, text ? text : "nothing");
	if (!c->file && t->stage.len)
		fail_msg("%s: %s is staged", c->name, t->stage.files[0].path);
	if (c->refused ? !stage_refuses(&t->stage, c->refused) : t->stage.blocked_len != 0)
		fail_msg("%s: %s", c->name,
			 t->stage.blocked_len ? t->stage.blocked[0].reason : "not refused");
}

static void entries_are_judged_and_staged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct content_case *c = &cases[i];
		void *spec = resource_load(c->type, c->name, c->entry);
		struct tree t;

		tree_open(&t, c->tree);
		resource_run(c->type, c->name, &t, spec, c->status, c->says, true);
		check_staged(c, &t);
		if (c->file)
			resource_settled(c->type, c->name, &t, spec);
		c->type->spec_free(spec);
		tree_close(&t);
	}
}

/* A text that the lens does not read is the host's mistake: with its place, and nothing staged. */
static void a_broken_file_is_told(void **state)
{
	void *spec = resource_load(&resource_augeas, "broken", SYSCTL);
	struct error err = {0};
	struct tree t;

	(void)state;
	tree_open(&t, "@/etc/sysctl.d/60-h.conf\nkernel.b=1\nnonsense here\n");
	assert_int_equal(resource_error(&resource_augeas, &t, spec, &err), ERROR_FORMAT);
	assert_non_null(strstr(error_message(&err), "/etc/sysctl.d/60-h.conf:2:"));
	assert_string_equal(err.resource, "/etc/sysctl.d/60-h.conf");
	error_done(&err);
	resource_augeas.spec_free(spec);
	tree_close(&t);
}

static void every_type_is_listed_once(void **state)
{
	static const char *const names[] = {"audit-rule", "augeas",  "daemon", "dockerfile",
					    "engine",	  "file",    "group",  "manual",
					    "mount",	  "template"};
	size_t n = 0;

	(void)state;
	while (resource_types[n])
		n++;
	assert_int_equal(n, ARRAY_SIZE(names));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct resource_type *type = resource_type_find(names[i]);

		assert_non_null(type);
		assert_true(type->load && type->spec_free && type->inspect && type->seen_free &&
			    type->judge && type->schema.summary && type->schema.keys);
	}
	assert_null(resource_type_find("nosuch"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_judged_and_staged),
		cmocka_unit_test(a_broken_file_is_told),
		cmocka_unit_test(every_type_is_listed_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
