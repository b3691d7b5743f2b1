// SPDX-License-Identifier: Apache-2.0
/*
 * All of rules.d together: order, glue, hoisting, what stops the load, what covers an object, what
 * shadows it. The view is a table of paths that exist; the facts are in the cases' names.
 */
#include "harden/text/audit_cover.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* What exists: a slash at the end marks a directory. */
static const char *const existing[] = {"/",
				       "/etc/",
				       "/etc/docker/",
				       "/etc/docker/daemon.json",
				       "/usr/",
				       "/usr/sbin/",
				       "/usr/sbin/dockerd",
				       "/usr/bin/",
				       "/usr/bin/containerd-shim-runc-v2",
				       "/usr/bin/containerd",
				       "/var/",
				       "/var/lib/",
				       "/var/lib/docker/",
				       "/var/lib/docker/overlay2/",
				       "/run/",
				       "/run/docker.sock",
				       NULL};

static bool exists(const char *path, bool *ret_dir)
{
	size_t n = strlen(path);

	for (size_t i = 0; existing[i]; i++) {
		size_t len = strlen(existing[i]);

		*ret_dir = existing[i][len - 1] == '/';
		if (len > 1 && *ret_dir)
			len--;
		if (n == len && strncmp(path, existing[i], n) == 0)
			return true;
	}
	*ret_dir = false;
	return false;
}

/* /var/run is a link to /run, as on every host. */
static int place(void *cookie, const char *path, struct audit_place *ret_place, struct error *err)
{
	AUTO_FREE char *copy = strdup(path);
	AUTO_FREE char *parent = NULL;
	char *slash;
	bool dir;

	(void)cookie;
	assert_non_null(copy);
	for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/'; n--)
		copy[n - 1] = '\0';
	ret_place->path = strncmp(copy, "/var/run/", 9) == 0 ? strdup(copy + 4) : strdup(copy);
	ret_place->exists = exists(ret_place->path, &ret_place->is_directory);
	parent = strdup(ret_place->path);
	slash = strrchr(parent, '/');
	slash[slash == parent] = '\0';
	ret_place->parent_exists = exists(parent, &dir) && dir;
	return ret_place->path ? 0 : error_nomem(err);
}

static const struct audit_view view = {.place = place};

#define TEXTS_MAX 4

struct merged {
	struct audit_text texts[TEXTS_MAX];
	struct audit_text *list[TEXTS_MAX];
	size_t len;
	struct audit_rules rules;
};

static void merge_all(struct merged *m, const char *const *contents, enum audit_merge how)
{
	static const char *const names[] = {"1.rules", "2.rules", "3.rules", "4.rules"};
	AUTO(error) struct error err = {0};

	*m = (struct merged){0};
	for (; m->len < TEXTS_MAX && contents[m->len]; m->len++) {
		const char *text = contents[m->len];

		assert_int_equal(audit_text_parse(names[m->len], text, strlen(text),
						  &m->texts[m->len], &err),
				 0);
		m->list[m->len] = &m->texts[m->len];
	}
	assert_int_equal(audit_rules_merge(m->list, m->len, how, &view, &m->rules, &err), 0);
}

static void merged_done(struct merged *m)
{
	audit_rules_done(&m->rules);
	for (size_t i = 0; i < m->len; i++)
		audit_text_done(&m->texts[i]);
}

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

#define W(path) "-w " path " -p wa -k x\n"

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
		cmocka_unit_test(test_merge),	 cmocka_unit_test(test_plain),
		cmocka_unit_test(test_order),	 cmocka_unit_test(test_cover),
		cmocka_unit_test(test_switches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
