// SPDX-License-Identifier: Apache-2.0
/*
 * All of rules.d together: order, glue, hoisting, what stops the load. The facts are in the cases'
 * names.
 */
#include "tests/unit/audit_rules_fixture.h"

/* "1.rules:2 1.rules:3": where the loaded rules stand, in match order; "!" marks unreached ones. */
static char *places(const struct merged *m)
{
	AUTO(strbuf) struct strbuf b = {0};
	AUTO(error) struct error err = {0};
	char *text;

	strbuf_append(&b, "");
	for (size_t i = 0; i < m->rules.len; i++)
		strbuf_appendf(&b, "%s%s%s:%u", i ? " " : "", m->rules.items[i].reached ? "" : "!",
			       m->rules.items[i].where.file, m->rules.items[i].where.line);
	assert_int_equal(strbuf_take(&b, &text, &err), 0);
	return text;
}

struct merge_case {
	const char *name;
	const char *texts[TEXTS_MAX];
	const char *loaded;
	const char *stop; /* "1.rules:2:4 why", part of it; NULL: nothing stops */
};

static const struct merge_case merges[] = {
	{"files in the given order", {W("/etc/a"), W("/etc/b")}, "1.rules:1 2.rules:1", NULL},
	{"comments and blanks", {"# c\n\n   \n  # d\n" W("/etc/a")}, "1.rules:5", NULL},
	{"section 3: a leaf may be absent", {W("/etc/none")}, "1.rules:1", NULL},
	{"section 3: path= with an absent leaf",
	 {"-a always,exit -F path=/run/containerd -F perm=wa\n"},
	 "1.rules:1",
	 NULL},
	{"section 3: parent absent, -w",
	 {W("/etc/none/x") W("/etc/a")},
	 "!1.rules:2",
	 "1.rules:1:4 the path's directory does not exist"},
	{"section 3: parent absent, path=",
	 {"-a always,exit -F path=/etc/none/x -F perm=wa\n"},
	 "",
	 "1.rules:1:19 the path's directory does not exist"},
	{"section 3: dir= of an absent directory",
	 {"-a always,exit -F dir=/run/containerd\n"},
	 "",
	 "1.rules:1:19 the directory does not exist"},
	{"section 3: early boot, containerd's socket",
	 {W("/run/containerd/containerd.sock")},
	 "",
	 "1.rules:1:4 the path's directory"},
	{"section 3: early boot, docker's socket",
	 {W("/run/docker.sock") "-w /var/run/docker.sock -p r\n"},
	 "1.rules:1 1.rules:2",
	 NULL},
	{"section 3: no /etc/sysconfig on Debian (C20)",
	 {W("/etc/sysconfig/docker") W("/etc/a"), W("/etc/b")},
	 "!1.rules:2 !2.rules:1",
	 "1.rules:1:4 the path's directory"},
	{"section 3: relative path", {W("etc/a")}, "", "1.rules:1:4 the path must start with '/'"},
	{"section 3: bad perm", {"-w /etc/a -p q\n"}, "", "1.rules:1:14 permission q"},
	{"section 3: quoted path", {"-w \"/etc/a\"\n"}, "", "quotes are not understood"},
	{"section 3: trailing comment", {"-w /etc/a -p wa # text\n"}, "", "comment cannot follow"},
	{"section 3: TAB and a comment", {"\t# text\n" W("/etc/a")}, "!1.rules:2", "TAB"},
	{"section 3: CRLF is part of the key", {"-w /etc/a -p wa -k x\r\n"}, "1.rules:1", NULL},
	{"section 1: path=DIR/ is refused",
	 {"-a always,exit -F path=/etc/docker/\n"},
	 "",
	 "path= cannot end in a slash"},
	{"section 1: dir=DIR/ is taken",
	 {"-a always,exit -F dir=/etc/docker/\n"},
	 "1.rules:1",
	 NULL},
	{"section 1: dir=FILE is taken",
	 {"-a always,exit -F dir=/etc/docker/daemon.json\n"},
	 "1.rules:1",
	 NULL},
	{"the first error stops the load",
	 {W("/etc/a") "nonsense\n" W("/etc/b"), W("/etc/c")},
	 "1.rules:1 !1.rules:3 !2.rules:1",
	 "1.rules:2:1 nonsense"},
	{"-i goes on", {"-i\n" W("/etc/a") "nonsense\n" W("/etc/b")}, "1.rules:2 1.rules:4", NULL},
	{"-c goes on", {"-c\nnonsense\n", W("/etc/b")}, "2.rules:1", NULL},
	{"-i acts from its line on", {"nonsense\n-i\n" W("/etc/b")}, "!1.rules:3", "1.rules:1:1"},
	{"a duplicate stops the load",
	 {W("/etc/a"), W("/etc/a") W("/etc/b")},
	 "1.rules:1 !2.rules:2",
	 "2.rules:1:1 the same rule is given at 1.rules:1"},
	{"a duplicate in another spelling",
	 {W("/etc/a"), "-a exit,always -F path=/etc/a -F perm=aw -F key=x\n"},
	 "1.rules:1",
	 "the same rule is given at 1.rules:1"},
	{"another key is no duplicate",
	 {W("/etc/a") "-w /etc/a -p wa -k y\n"},
	 "1.rules:1 1.rules:2",
	 NULL},
	{"a watch that is a dir now",
	 {W("/etc/docker") "-a always,exit -F dir=/etc/docker -F perm=wa -k x\n"},
	 "1.rules:1",
	 "the same rule"},
	{"-A comes first, the last one before",
	 {W("/etc/a") "-A always,exit -F path=/etc/b\n"
		      "-A always,exit -F path=/etc/c\n"},
	 "1.rules:3 1.rules:2 1.rules:1",
	 NULL},
	{"a bare -D is hoisted", {W("/etc/a") "-D\n" W("/etc/b")}, "1.rules:1 1.rules:3", NULL},
	{"-D with a blank stays (mawk)", {W("/etc/a") "-D \n" W("/etc/b")}, "1.rules:3", NULL},
	{"an indented -D stays (mawk)", {W("/etc/a") "  -D\n" W("/etc/b")}, "1.rules:3", NULL},
	{"-D -k deletes by key",
	 {W("/etc/a") "-w /etc/b -p wa -k why\n-D -k x\n"},
	 "1.rules:2",
	 NULL},
	{"-W deletes", {W("/etc/a") W("/etc/b") "-W /etc/a -p wa -k x\n"}, "1.rules:2", NULL},
	{"-d deletes another spelling",
	 {W("/etc/a") "-d exit,always -F path=/etc/a -F perm=wa -k x\n"},
	 "",
	 NULL},
	{"-d of what is not there",
	 {"-d always,exit -F path=/etc/a\n" W("/etc/b")},
	 "!1.rules:2",
	 "no such rule to delete"},
	{"deleted and given again",
	 {W("/etc/a") "-W /etc/a -p wa -k x\n" W("/etc/a")},
	 "1.rules:3",
	 NULL},
	{"a bad -b is hoisted and stops all",
	 {W("/etc/a") "-b many\n"},
	 "!1.rules:1",
	 "1.rules:2:4 expected a number"},
	{"only the last -b counts", {W("/etc/a") "-b many\n", "-b 8192\n"}, "1.rules:1", NULL},
	{"a bad -e comes last",
	 {"-e 9\n" W("/etc/a")},
	 "1.rules:2",
	 "1.rules:1:4 expected 0, 1 or 2"},
	{"an indented -e stays in the middle",
	 {"  -e 9\n" W("/etc/a")},
	 "!1.rules:2",
	 "1.rules:1:6 expected"},
	{"glued to the next file",
	 {"-w /etc/a -p wa -k early", W("/etc/b")},
	 "",
	 "1.rules:1:28 /etc/b is a word without"},
	{"glued to a comment",
	 {"-w /etc/a -p wa -k early", "# a comment\n" W("/etc/b")},
	 "!2.rules:2",
	 "a is a word without"},
	{"glued to an empty line",
	 {"-w /etc/a -p wa -k early", "\n" W("/etc/b")},
	 "1.rules:1 2.rules:2",
	 NULL},
	{"a comment swallows what is glued to it",
	 {W("/etc/a") "# end", W("/etc/b") W("/etc/c")},
	 "1.rules:1 2.rules:2",
	 NULL},
	{"glued twice",
	 {"-w /etc/a", " -p wa", " -k x\n" W("/etc/b")},
	 "1.rules:1 3.rules:2",
	 NULL},
	{"the last file without a newline",
	 {W("/etc/a") "-w /etc/b -p wa"},
	 "1.rules:1 1.rules:2",
	 NULL},
	{"an empty file between", {W("/etc/a"), "", W("/etc/b")}, "1.rules:1 3.rules:1", NULL},
};

static void test_merge(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(merges); i++) {
		const struct merge_case *c = &merges[i];
		AUTO(merged) struct merged m = {0};
		AUTO_FREE char *loaded = NULL;
		AUTO_FREE char *stop = NULL;

		merge_all(&m, c->texts, MERGE_AUGENRULES);
		loaded = places(&m);
		if (strcmp(loaded, c->loaded) != 0)
			fail_msg("%s: loaded %s", c->name, loaded);
		if (m.rules.stopped)
			stop = str_format("%s:%u:%u %s", m.rules.stop.file, m.rules.stop.line,
					  m.rules.stop.column, m.rules.stop_why);
		if (!c->stop != !stop || (stop && !strstr(stop, c->stop)))
			fail_msg("%s: %s", c->name, stop ? stop : "nothing stops");
	}
}

/* audit.rules is read as it is: nothing is hoisted. */
static void test_plain(void **state)
{
	static const char *const texts[] = {W("/etc/a") "-D\n" W("/etc/b") "-b 100\n", NULL};
	AUTO(merged) struct merged m = {0};
	AUTO_FREE char *loaded = NULL;

	(void)state;
	merge_all(&m, texts, MERGE_PLAIN);
	loaded = places(&m);
	assert_string_equal(loaded, "1.rules:3");
}

static void test_order(void **state)
{
	static const char *const sorted[] = {
		"1.rules",	     "9.rules",	   "10.rules",
		"010-b.rules",	     "10-a.rules", "50-harden-docker.rules",
		"99-finalize.rules", "A.rules",	   "audit.rules",
		"docker.rules",	     "zz.rules"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sorted); k++) {
			int r = audit_order(sorted[i], sorted[k]);
			int by_index = (i > k) - (i < k);

			if (strncmp(sorted[i], "010", 3) == 0 || strncmp(sorted[k], "010", 3) == 0)
				continue;
			if ((r > 0) - (r < 0) != by_index)
				fail_msg("%s and %s: %d", sorted[i], sorted[k], r);
		}
	assert_true(audit_is_rules_name("audit.rules"));
	assert_false(audit_is_rules_name("audit.rules.bak"));
	assert_false(audit_is_rules_name(".hidden.rules"));
	assert_false(audit_is_rules_name("my file.rules"));
	assert_false(audit_is_rules_name("README"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
