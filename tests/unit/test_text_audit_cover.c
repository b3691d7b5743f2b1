// SPDX-License-Identifier: Apache-2.0
/*
 * What merged rules mean for an object: covered or not, by which rule, what shadows it, and what
 * switches auditing off.
 */
#include "tests/unit/audit_rules_fixture.h"

struct cover_case {
	const char *name;
	const char *text;
	const char *object;
	bool is_dir;
	const char *have, *written; /* of the needed permissions */
	const char *by;		    /* lines that count: "1 2" */
	const char *flags;	    /* "shallow", "subset", "shadow N", "maybe N", "near why" */
};

#define DOCKERD "/usr/sbin/dockerd"
#define OURS(path) "-a always,exit -S all -F path=" path " -F perm=wa -k docker\n"

static const struct cover_case covers[] = {
	{"nothing", "", DOCKERD, false, "", "", "", ""},
	{"exact", W(DOCKERD), DOCKERD, false, "wa", "wa", "1", ""},
	{"B21: CIS's own form, exit,always and war",
	 "-a exit,always -F path=/etc/docker -F perm=war -k docker\n", "/etc/docker", true, "wa",
	 "wa", "1", "shallow"},
	{"B21: exit,always on a file", "-a exit,always -F path=" DOCKERD " -F perm=war -k docker\n",
	 DOCKERD, false, "wa", "wa", "1", ""},
	{"-w of a directory is deep", W("/etc/docker"), "/etc/docker", true, "wa", "wa", "1", ""},
	{"dir= with a slash", "-a always,exit -F dir=/etc/docker/ -F perm=wa\n", "/etc/docker",
	 true, "wa", "wa", "1", ""},
	{"A25: a longer name covers nothing", W("/usr/bin/containerd-shim-runc-v2"),
	 "/usr/bin/containerd", false, "", "", "", ""},
	{"A25: nor does a shorter one", W("/usr/bin/containerd"),
	 "/usr/bin/containerd-shim-runc-v2", false, "", "", "", ""},
	{"A27: a file in it covers no directory", W("/etc/docker/daemon.json"), "/etc/docker", true,
	 "", "", "", ""},
	{"a dir above covers a file", "-a always,exit -F dir=/etc/docker -F perm=wa\n",
	 "/etc/docker/daemon.json", false, "wa", "wa", "1", ""},
	{"a path above does not", "-a always,exit -F path=/etc/docker -F perm=wa\n",
	 "/etc/docker/daemon.json", false, "", "", "", ""},
	{"a dir beside does not", "-a always,exit -F dir=/var/lib/docker -F perm=wa\n",
	 "/var/lib/docker2", true, "", "", "", ""},
	{"dir=/ covers all", "-a always,exit -F dir=/ -F perm=wa\n", DOCKERD, false, "wa", "wa",
	 "1", ""},
	{"section 4: a link in a parent", W("/var/run/docker.sock"), "/run/docker.sock", false,
	 "wa", "wa", "1", ""},
	{"more permissions pass", "-w " DOCKERD " -p rwxa\n", DOCKERD, false, "wa", "wa", "1", ""},
	{"fewer do not", "-w " DOCKERD " -p x\n", DOCKERD, false, "", "", "",
	 "near lacks a permission"},
	{"two rules together", "-w " DOCKERD " -p w\n-w " DOCKERD " -p a\n", DOCKERD, false, "wa",
	 "wa", "1 2", ""},
	{"no perm records all", "-a always,exit -S all -F path=" DOCKERD "\n", DOCKERD, false, "wa",
	 "wa", "1", ""},
	{"b64 only", "-a always,exit -F arch=b64 -S all -F path=" DOCKERD " -F perm=wa\n", DOCKERD,
	 false, "", "", "1", "near records only 64-bit system calls"},
	{"b64 with its b32 twin",
	 "-a always,exit -F arch=b64 -S all -F path=" DOCKERD " -F perm=wa\n"
	 "-a always,exit -F arch=b32 -S all -F path=" DOCKERD " -F perm=wa\n",
	 DOCKERD, false, "wa", "wa", "1 2", ""},
	{"a subset of calls that serves",
	 "-a always,exit -S open,openat,chmod,fchmodat,fchownat,setxattr -F path=" DOCKERD "\n",
	 DOCKERD, false, "wa", "wa", "1", "subset"},
	{"a subset that does not", "-a always,exit -S unlink -F path=" DOCKERD " -F perm=wa\n",
	 DOCKERD, false, "", "", "", "near lists too few system calls"},
	{"further fields", "-a always,exit -F path=" DOCKERD " -F perm=wa -F auid>=1000\n", DOCKERD,
	 false, "", "", "", "near has further conditions"},
	{"a never rule covers nothing", "-a never,exit -F path=" DOCKERD " -F perm=wa\n", DOCKERD,
	 false, "", "", "", ""},
	{"section 5: never path before",
	 "-a never,exit -F path=" DOCKERD " -F perm=wa\n" W(DOCKERD), DOCKERD, false, "", "wa", "2",
	 "shadow 1"},
	{"section 5: never dir of a parent before", "-a never,exit -F dir=/usr/sbin\n" W(DOCKERD),
	 DOCKERD, false, "", "wa", "2", "shadow 1"},
	{"section 5: never uid=0 before", "-a never,exit -S all -F uid=0\n" W(DOCKERD), DOCKERD,
	 false, "", "wa", "2", "shadow 1"},
	{"section 5: never of everything", "-a never,exit -S all\n" W(DOCKERD), DOCKERD, false, "",
	 "wa", "2", "shadow 1"},
	{"section 5: never openat before", "-a never,exit -F arch=b64 -S openat\n" W(DOCKERD),
	 DOCKERD, false, "a", "wa", "2", "shadow 1"},
	{"section 5: never of another call", "-a never,exit -F arch=b64 -S adjtimex\n" W(DOCKERD),
	 DOCKERD, false, "wa", "wa", "2", ""},
	{"section 5: never of another perm", "-a never,exit -F dir=/usr -F perm=x\n" W(DOCKERD),
	 DOCKERD, false, "wa", "wa", "2", ""},
	{"section 5: the same behind is harmless", W(DOCKERD) "-a never,exit -F path=" DOCKERD "\n",
	 DOCKERD, false, "wa", "wa", "1", ""},
	{"section 5: -A puts it before", W(DOCKERD) "-A never,exit -F path=" DOCKERD "\n", DOCKERD,
	 false, "", "wa", "1", "shadow 2"},
	{"section 5: another uid is harmless", "-a never,exit -S all -F uid=12345\n" W(DOCKERD),
	 DOCKERD, false, "wa", "wa", "2", ""},
	{"section 5: another user is harmless", "-a never,exit -S all -F uid=chrony\n" W(DOCKERD),
	 DOCKERD, false, "wa", "wa", "2", ""},
	{"section 5: euid by name", "-a never,exit -S all -F euid=root\n" W(DOCKERD), DOCKERD,
	 false, "", "wa", "2", "shadow 1"},
	{"section 5: auid unset", "-a never,exit -S all -F auid=unset\n" W(DOCKERD), DOCKERD, false,
	 "", "wa", "2", "shadow 1"},
	{"section 5: auid>=1000 may", "-a never,exit -S all -F auid>=1000\n" W(DOCKERD), DOCKERD,
	 false, "wa", "wa", "2", "maybe 1"},
	{"section 5: exe may", "-a never,exit -S all -F exe=/usr/bin/dpkg\n" W(DOCKERD), DOCKERD,
	 false, "wa", "wa", "2", "maybe 1"},
	{"section 5: b32 may", "-a never,exit -F arch=b32 -S all\n" W(DOCKERD), DOCKERD, false,
	 "wa", "wa", "2", "maybe 1"},
	{"section 5: never below a directory may",
	 "-a never,exit -F dir=/var/lib/docker/overlay2\n" W("/var/lib/docker"), "/var/lib/docker",
	 true, "wa", "wa", "2", "maybe 1"},
	{"section 5: never of another path", "-a never,exit -F path=/etc/passwd\n" W(DOCKERD),
	 DOCKERD, false, "wa", "wa", "2", ""},
	{"section 5: an earlier always is fine",
	 "-a always,exit -F dir=/usr -F perm=wa -k other\n" W(DOCKERD), DOCKERD, false, "wa", "wa",
	 "1 2", ""},
	{"a rule behind the stop is only written", "nonsense\n" W(DOCKERD), DOCKERD, false, "",
	 "wa", "2", ""},
	{"C17: our own line", OURS(DOCKERD), DOCKERD, false, "wa", "wa", "1", ""},
	{"C29: names of long ago", W("/usr/bin/docker-containerd") W("/usr/bin/docker-runc"),
	 DOCKERD, false, "", "", "", ""},
	{"the task list covers nothing", "-a always,task\n", DOCKERD, false, "", "", "", ""},
};

static char *flags_of(const struct audit_cover *c)
{
	if (c->shadow)
		return str_format("shadow %u", c->shadow->where.line);
	if (c->maybe_shadow)
		return str_format("maybe %u", c->maybe_shadow->where.line);
	if (c->near && c->written != (RULE_WRITE | RULE_ATTR))
		return str_format("near %s", c->near_why);
	return strdup(c->shallow ? "shallow" : c->subset ? "subset" : "");
}

static void test_cover(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(covers); i++) {
		const struct cover_case *k = &covers[i];
		const char *const texts[] = {k->text, NULL};
		struct audit_object object = {k->object, k->is_dir, RULE_WRITE | RULE_ATTR};
		AUTO(audit_cover) struct audit_cover c = {0};
		AUTO(merged) struct merged m = {0};
		AUTO(strbuf) struct strbuf by = {0};
		AUTO(error) struct error err = {0};
		AUTO_FREE char *flags = NULL;
		char have[5], written[5];

		merge_all(&m, texts, MERGE_AUGENRULES);
		assert_int_equal(audit_cover_find(&m.rules, &object, &c, &err), 0);
		for (size_t n = 0; n < c.len; n++)
			strbuf_appendf(&by, "%s%u", n ? " " : "", c.by[n]->where.line);
		flags = flags_of(&c);
		if (strcmp(audit_perms_text(c.have, have), k->have) != 0 ||
		    strcmp(audit_perms_text(c.written, written), k->written) != 0 ||
		    strcmp(by.len ? by.data : "", k->by) != 0 ||
		    strncmp(flags, k->flags, strlen(k->flags)) != 0 || !*flags != !*k->flags)
			fail_msg("%s: have %s, written %s, by %s, %s", k->name, have, written,
				 by.len ? by.data : "", flags);
	}
}

struct switch_case {
	const char *name, *text;
	unsigned no_task, excluded, maybe_no_task, maybe_excluded, disabled; /* lines, 0: none */
};

static const struct switch_case switches[] = {
	{"nothing", W("/etc/a"), 0, 0, 0, 0, 0},
	{"section 5: never,task", "-D\n-a never,task\n", 2, 0, 0, 0, 0},
	{"task,never", "-a task,never\n", 1, 0, 0, 0, 0},
	{"never,task of one user", "-a never,task -F uid=1\n", 0, 0, 1, 0, 0},
	{"always,task", "-a always,task\n", 0, 0, 0, 0, 0},
	{"section 5: exclude SYSCALL", "-a always,exclude -F msgtype=SYSCALL\n", 0, 1, 0, 0, 0},
	{"exclude PATH", "-a never,exclude -F msgtype=PATH\n", 0, 1, 0, 0, 0},
	{"exclude by number", "-a always,exclude -F msgtype=1300\n", 0, 1, 0, 0, 0},
	{"exclude a range", "-a always,exclude -F msgtype>=1300 -F msgtype<=1399\n", 0, 1, 0, 1, 0},
	{"exclude CWD", "-a always,exclude -F msgtype=CWD\n", 0, 0, 0, 1, 0},
	{"exclude another", "-a always,exclude -F msgtype=CRYPTO_KEY_USER\n", 0, 0, 0, 0, 0},
	{"exclude all others", "-a always,exclude -F msgtype!=USER_LOGIN\n", 0, 1, 0, 1, 0},
	{"exclude of one user", "-a always,exclude -F msgtype=SYSCALL -F uid=33\n", 0, 0, 0, 1, 0},
	{"behind the stop", "nonsense\n-a never,task\n", 0, 0, 0, 0, 0},
	{"deleted again", "-a never,task\n-d never,task\n", 0, 0, 0, 0, 0},
	{"-e 0", "-e 0\n", 0, 0, 0, 0, 1},
	{"-e 0, then -e 2", "-e 0\n-e 2\n", 0, 0, 0, 0, 0},
	{"-e 1, then -e 0", "-e 1\n-e 0\n", 0, 0, 0, 0, 2},
};

static unsigned line_of(const struct audit_loaded *l)
{
	return l ? l->where.line : 0;
}

static void test_switches(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		const struct switch_case *c = &switches[i];
		const char *const texts[] = {c->text, NULL};
		AUTO(merged) struct merged m = {0};

		merge_all(&m, texts, MERGE_AUGENRULES);
		if (line_of(m.rules.no_task) != c->no_task ||
		    line_of(m.rules.excluded) != c->excluded ||
		    line_of(m.rules.maybe_no_task) != c->maybe_no_task ||
		    line_of(m.rules.maybe_excluded) != c->maybe_excluded ||
		    (m.rules.disabled ? m.rules.disabled_at.line : 0) != c->disabled)
			fail_msg("%s", c->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cover),
		cmocka_unit_test(test_switches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
