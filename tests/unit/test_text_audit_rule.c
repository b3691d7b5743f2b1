// SPDX-License-Identifier: Apache-2.0
/*
 * One line of a rules file: every spelling comes to one normal form, and what auditctl 3.0.9
 * refuses is refused, at the column where it stands. The row of a spelling's table is in its name.
 */
#include "harden/text/audit_line.h"

#include "tests/unit/random_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void parse(const char *text, struct audit_line *line)
{
	AUTO(error) struct error err = {0};

	assert_int_equal(audit_line_parse(text, strlen(text), 7, line, &err), 0);
	assert_int_equal(line->line, 7);
}

struct good_case {
	const char *name, *in;
	enum rule_kind kind;
	const char *out; /* the canonical line */
};

#define PATH_LINE "-a always,exit -S all -F path=/x/f -F perm=wa -k docker"

static const struct good_case good[] = {
	{"-w with -p", "-w /x/f -p wa -k docker", RULE_WATCH, "-w /x/f -p wa -k docker"},
	{"-w without -p: rwxa", "-w /x/f -k docker", RULE_WATCH, "-w /x/f -p rwxa -k docker"},
	{"-p letters in any order", "-w /x/f -p awxr", RULE_WATCH, "-w /x/f -p rwxa"},
	{"-p in capitals", "-w /x/f -p WA", RULE_WATCH, "-w /x/f -p wa"},
	{"a field perm beside -w", "-w /x/f -F perm=wa", RULE_WATCH, "-w /x/f -p rwxa -F perm=wa"},
	{"the last -p counts", "-w /x/f -p r -p wa", RULE_WATCH, "-w /x/f -p wa"},
	{"-w with a slash at the end", "-w /x/f/ -p wa -k docker", RULE_WATCH,
	 "-w /x/f -p wa -k docker"},
	{"-w with many slashes", "-w /x/f/// -p wa", RULE_WATCH, "-w /x/f -p wa"},
	{"-w of the root", "-w / -p wa", RULE_WATCH, "-w / -p wa"},
	{"arguments attached", "-w/x/f -pwa -kdocker", RULE_WATCH, "-w /x/f -p wa -k docker"},
	{"exit,always", "-a exit,always -F path=/x/f -F perm=war -k docker", RULE_PATH,
	 "-a always,exit -S all -F path=/x/f -F perm=rwa -k docker"},
	{"-S all and key as a field", "-a always,exit -S all -F path=/x/f -F perm=wa -F key=docker",
	 RULE_PATH, PATH_LINE},
	{"no -S is -S all", "-a always,exit -F path=/x/f -F perm=aw -k docker", RULE_PATH,
	 PATH_LINE},
	{"fields with capitals", "-a always,exit -F PATH=/x/f -F Perm=WA -k docker", RULE_PATH,
	 PATH_LINE},
	{"many blanks", "-a  always,exit   -F path=/x/f -F perm=wa -k docker  ", RULE_PATH,
	 PATH_LINE},
	{"indented", "   -a always,exit -F path=/x/f -F perm=wa -k docker", RULE_PATH, PATH_LINE},
	{"dir= keeps its slash", "-a always,exit -F dir=/x/d/ -F perm=wa -k docker", RULE_DIR,
	 "-a always,exit -S all -F dir=/x/d/ -F perm=wa -k docker"},
	{"arch with -S all", "-a always,exit -F arch=b64 -S all -F path=/x/f -F perm=wa", RULE_PATH,
	 "-a always,exit -F arch=b64 -S all -F path=/x/f -F perm=wa"},
	{"arch without -S", "-a always,exit -F arch=b64 -F path=/x/f -F perm=wa", RULE_PATH,
	 "-a always,exit -F arch=b64 -S all -F path=/x/f -F perm=wa"},
	{"arch by name", "-a always,exit -F arch=x86_64 -F path=/x/f -F perm=wa", RULE_PATH,
	 "-a always,exit -F arch=x86_64 -S all -F path=/x/f -F perm=wa"},
	{"two keys", "-w /x/f -p wa -k a -k b", RULE_WATCH, "-w /x/f -p wa -k a -k b"},
	{"no perm", "-a always,exit -F path=/x/f -k docker", RULE_PATH,
	 "-a always,exit -S all -F path=/x/f -k docker"},
	{"perm before path", "-a always,exit -F perm=wa -F path=/x/f -k docker", RULE_PATH,
	 "-a always,exit -S all -F perm=wa -F path=/x/f -k docker"},
	{"-p behind -a", "-a always,exit -F path=/x/f -p wa", RULE_PATH,
	 "-a always,exit -S all -F path=/x/f -F perm=wa"},
	{"-A", "-A always,exit -F path=/x/f -F perm=wa", RULE_PATH,
	 "-A always,exit -S all -F path=/x/f -F perm=wa"},
	{"never", "-a never,exit -F path=/x/f -F perm=wa -k docker", RULE_PATH,
	 "-a never,exit -S all -F path=/x/f -F perm=wa -k docker"},
	{"system calls, sorted, once", "-a always,exit -F arch=b64 -S openat,open -S open -F uid=0",
	 RULE_NO_PATH, "-a always,exit -F arch=b64 -S open,openat -F uid=0"},
	{"a system call and all", "-a always,exit -S open -S all -F uid=0", RULE_NO_PATH,
	 "-a always,exit -S all -F uid=0"},
	{"-S before -a", "-S open -a always,exit", RULE_NO_PATH, "-a always,exit -S open"},
	{"every operator",
	 "-a always,exit -S open -F auid>=1000 -F uid<=9 -F gid!=3 -F a0&=3 -F a1&4 -F a2<5 -F "
	 "a3>6",
	 RULE_NO_PATH,
	 "-a always,exit -S open -F auid>=1000 -F uid<=9 -F gid!=3 -F a0&=3 -F a1&4 -F a2<5 -F "
	 "a3>6"},
	{"negative values", "-a always,exit -S open -F exit=-EACCES -F a0=-13 -F auid!=-1",
	 RULE_NO_PATH, "-a always,exit -S open -F exit=-EACCES -F a0=-13 -F auid!=-1"},
	{"-C", "-a always,exit -S open -C auid!=obj_uid -k own", RULE_NO_PATH,
	 "-a always,exit -S open -C auid!=obj_uid -k own"},
	{"a blank in a path", "-w /x/a\\ b -p wa", RULE_WATCH, "-w /x/a\\ b -p wa"},
	{"a backslash in a path", "-w /x/a\\\\b -p wa", RULE_WATCH, "-w /x/a\\\\b -p wa"},
	{"never,task", "-a never,task", RULE_NO_PATH, "-a never,task"},
	{"exclude", "-a always,exclude -F msgtype=CWD", RULE_NO_PATH,
	 "-a always,exclude -F msgtype=CWD"},
	{"filesystem", "-a never,filesystem -F fstype=tracefs", RULE_NO_PATH,
	 "-a never,filesystem -F fstype=tracefs"},
	{"quotes are part of a key", "-w /x/f -p wa -k \"docker\"", RULE_WATCH,
	 "-w /x/f -p wa -k \"docker\""},
};

static void test_spellings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		AUTO(audit_line) struct audit_line line = {0};
		AUTO(error) struct error err = {0};
		AUTO_FREE char *out = NULL;

		parse(good[i].in, &line);
		if (line.kind == LINE_WRONG)
			fail_msg("%s: %s", good[i].name, line.problem);
		assert_int_equal(audit_rule_print(&line.rule, &out, &err), 0);
		if (line.kind != LINE_RULE || line.rule.kind != good[i].kind)
			fail_msg("%s: kind %d of rule %d", good[i].name, (int)line.kind,
				 (int)line.rule.kind);
		if (strcmp(out, good[i].out) != 0)
			fail_msg("%s: %s", good[i].name, out);
	}
}

struct bad_case {
	const char *name, *in;
	unsigned column;
	const char *problem; /* part of it */
};

static const struct bad_case bad[] = {
	{"quoted path of -w", "-w \"/x/f\" -p wa", 4, "quotes are not understood"},
	{"single quotes", "-w '/x/f' -p wa", 4, "quotes are not understood"},
	{"quoted path of a field", "-a always,exit -F path=\"/x\" -F perm=wa", 19,
	 "quotes are not understood"},
	{"comment behind a rule", "-w /x/f -p wa # mine", 15, "comment cannot follow"},
	{"comment glued to the key", "-w /x/f -p wa -k early# a comment", 25,
	 "a is a word without an option"},
	{"TAB before a comment", "\t# text", 1, "TAB"},
	{"TAB between words", "-w\t/x/f -p wa", 3, "must start with '/'"},
	{"CRLF behind -p", "-w /x/f -p wa\r", 12, "carriage return"},
	{"CRLF alone", "\r", 1, "carriage return"},
	{"CRLF behind -e", "-e 1\r", 4, "carriage return"},
	{"relative path", "-w x/f -p wa", 4, "must start with '/'"},
	{"bad permission", "-w /x/f -p wq", 12, "permission wq"},
	{"bad permission in a field", "-a always,exit -F path=/x -F perm=q", 30, "permission q"},
	{"too many permissions", "-w /x/f -p rwxaw", 12, "permission rwxaw"},
	{"two words as a key", "-w /x/f -k two words", 16, "words is a word without an option"},
	{"two words in quotes", "-w /x/f -k \"two words\"", 17, "without an option"},
	{"-p before -w", "-p wa -w /x/f", 4, "-p needs a watch"},
	{"-k before -w", "-k docker -w /x/f", 4, "-k needs a watch"},
	{"-F before -a", "-F path=/x -a always,exit", 4, "-a ACTION,LIST"},
	{"two watches", "-w /x -w /y", 10, "-w cannot be given"},
	{"-w behind -a", "-a always,exit -w /x", 19, "-w cannot be given"},
	{"two lists", "-a always,exit -a always,exit", 19, "only one"},
	{"no comma", "-a exit -F path=/x", 4, "expected ACTION,LIST"},
	{"unknown list", "-a always,entry -F path=/x", 4, "expected ACTION,LIST"},
	{"two actions", "-a always,never", 4, "expected ACTION,LIST"},
	{"unknown field", "-a always,exit -F paht=/x", 19, "unknown field paht"},
	{"no operator", "-a always,exit -F path", 19, "no operator"},
	{"no value", "-a always,exit -F path=", 19, "value is missing"},
	{"no name", "-a always,exit -F =3", 19, "name is missing"},
	{"arch behind -S", "-a always,exit -S all -F arch=b64", 26, "before -S"},
	{"arch of nowhere", "-a always,exit -F arch=b128", 19, "no value for field arch"},
	{"path with another operator", "-a always,exit -F path!=/x", 19, "takes only ="},
	{"path and dir", "-a always,exit -F path=/x -F dir=/y", 30, "one path or dir"},
	{"path on the task list", "-a always,task -F path=/x", 19, "exit list"},
	{"msgtype on the exit list", "-a always,exit -F msgtype=CWD", 19, "exclude"},
	{"path on the exclude list", "-a never,exclude -F path=/x", 21, "exclude list"},
	{"-S on the exclude list", "-a never,exclude -S all", 21, "only the exit list"},
	{"-S on the task list", "-a never,task -S all", 18, "only the exit list"},
	{"success by word", "-a always,exit -S all -F success=yes", 26, "no value for field"},
	{"-C of unlike fields", "-a always,exit -C uid=gid", 19, "cannot compare"},
	{"system call in quotes", "-a always,exit -S \"open\"", 19, "unknown system call"},
	{"option nobody knows", "-a always,exit -x", 16, "not known"},
	{"long option nobody knows", "--nonsense", 1, "not known"},
	{"argument missing", "-w", 1, "needs an argument"},
	{"-D with more", "-D now", 4, "-D stands alone"},
	{"-e 3", "-e 3", 4, "expected 0, 1 or 2"},
	{"-f yes", "-f yes", 4, "expected 0, 1 or 2"},
	{"-b many", "-b many", 4, "expected a number"},
	{"--backlog_wait_time many", "--backlog_wait_time many", 1, "expected a number"},
	{"nested file", "-R /etc/other", 4, "cannot stand"},
	{"-i with more", "-i -c", 4, "without an option"},
	{"a word", "hello", 1, "hello is a word without an option"},
	{"only a dash", "-", 1, "- is a word"},
	{"key on the task list", "-a never,task -F uid=0 -k x", 27, "-k needs"},
	{"key field alone", "-a never,task -F key=x", 1, "a key needs"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		AUTO(audit_line) struct audit_line line = {0};

		parse(bad[i].in, &line);
		if (line.kind != LINE_WRONG)
			fail_msg("%s: taken", bad[i].name);
		if (line.column != bad[i].column || !strstr(line.problem, bad[i].problem))
			fail_msg("%s: %u: %s", bad[i].name, line.column, line.problem);
	}
}

struct control_case {
	const char *in;
	enum audit_line_kind kind;
	char control;
	const char *argument;
};

static const struct control_case controls[] = {
	{"", LINE_BLANK, '\0', NULL},
	{"   ", LINE_BLANK, '\0', NULL},
	{"# text", LINE_COMMENT, '\0', NULL},
	{"   ## text", LINE_COMMENT, '\0', NULL},
	{"-D", LINE_CONTROL, 'D', NULL},
	{"-D -k docker", LINE_CONTROL, 'D', "docker"},
	{"-b 8192", LINE_CONTROL, 'b', "8192"},
	{"-f 1", LINE_CONTROL, 'f', "1"},
	{"-e 2", LINE_CONTROL, 'e', "2"},
	{"-r 100", LINE_CONTROL, 'r', "100"},
	{"-i", LINE_CONTROL, 'i', NULL},
	{"-c", LINE_CONTROL, 'c', NULL},
	{"-s", LINE_CONTROL, 'l', NULL},
	{"-l -k docker", LINE_CONTROL, 'l', NULL},
	{"--backlog_wait_time 60000", LINE_CONTROL, '-', "60000"},
	{"--backlog_wait_time=60000", LINE_CONTROL, '-', "60000"},
	{"--loginuid-immutable", LINE_CONTROL, '-', NULL},
	{"--reset-lost", LINE_CONTROL, '-', NULL},
	{"-a exit,possible -F path=/x", LINE_CONTROL, 'p', NULL},
	{"-W /x/f -p wa", LINE_DELETE, '\0', NULL},
	{"-d always,exit -F path=/x/f", LINE_DELETE, '\0', NULL},
};

static void test_other_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(controls); i++) {
		const struct control_case *c = &controls[i];
		AUTO(audit_line) struct audit_line line = {0};

		parse(c->in, &line);
		if (line.kind != c->kind || line.control != c->control ||
		    !str_equal(line.argument, c->argument))
			fail_msg("%s: kind %d, control %c, argument %s", c->in, (int)line.kind,
				 line.control ? line.control : '-',
				 line.argument ? line.argument : "none");
	}
}

static void test_carriage_return_in_key(void **state)
{
	AUTO(audit_line) struct audit_line line = {0};

	(void)state;
	parse("-w /x/f -p wa -k docker\r", &line);
	assert_int_equal(line.kind, LINE_RULE);
	assert_string_equal(line.rule.keys.items[0], "docker\r");
	assert_non_null(strstr(line.remark, "carriage return"));
}

struct same_case {
	const char *name, *a, *b;
	bool same; /* when a watch came to a path */
};

static const struct same_case sames[] = {
	{"-w is -a path", "-w /x -p wa -k docker",
	 "-a always,exit -F path=/x -F perm=wa -F key=docker", true},
	{"-S all makes no difference", "-a always,exit -S all -F path=/x -F perm=wa",
	 "-a exit,always -F path=/x -F perm=aw", true},
	{"another order of fields", "-w /x -p wa", "-a always,exit -F perm=wa -F path=/x", false},
	{"another key", "-w /x -p wa -k a", "-w /x -p wa -k b", false},
	{"a wider perm", "-w /x -p wa", "-w /x -p rwa", false},
	{"an arch", "-w /x -p wa", "-a always,exit -F arch=b64 -F path=/x -F perm=wa", false},
	{"arch by another name", "-a always,exit -F arch=b64 -F path=/x -F perm=wa",
	 "-a always,exit -F arch=x86_64 -F path=/x -F perm=wa", true},
	{"a slash more", "-a always,exit -F dir=/x/ -F perm=wa",
	 "-a always,exit -F dir=/x -F perm=wa", false},
	{"dir and path", "-a always,exit -F dir=/x -F perm=wa",
	 "-a always,exit -F path=/x -F perm=wa", false},
	{"never and always", "-a never,exit -F path=/x -F perm=wa",
	 "-a always,exit -F path=/x -F perm=wa", false},
	{"system calls in another order", "-a always,exit -S open,close -F uid=0",
	 "-a always,exit -S close -S open -F uid=0", true},
	{"two keys", "-w /x -p wa -k a -k b", "-w /x -p wa -k b -k a", false},
};

static void test_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sames); i++) {
		AUTO(audit_line) struct audit_line a = {0};
		AUTO(audit_line) struct audit_line b = {0};
		enum rule_kind x, y;

		parse(sames[i].a, &a);
		parse(sames[i].b, &b);
		x = a.rule.kind == RULE_WATCH ? RULE_PATH : a.rule.kind;
		y = b.rule.kind == RULE_WATCH ? RULE_PATH : b.rule.kind;
		if (audit_rule_same(&a.rule, x, &b.rule, y) != sames[i].same)
			fail_msg("%s", sames[i].name);
	}
}

static void test_canonical_line(void **state)
{
	AUTO(error) struct error err = {0};
	AUTO_FREE char *line = NULL;
	AUTO_FREE char *dir = NULL;
	AUTO_FREE char *none = NULL;

	(void)state;
	assert_int_equal(audit_rule_line(RULE_PATH, "/usr/sbin/dockerd", RULE_WRITE | RULE_ATTR,
					 "docker", &line, &err),
			 0);
	assert_string_equal(line,
			    "-a always,exit -S all -F path=/usr/sbin/dockerd -F perm=wa -k docker");
	assert_int_equal(
		audit_rule_line(RULE_DIR, "/var/my docker", RULE_ALL_PERMS, NULL, &dir, &err), 0);
	assert_string_equal(dir, "-a always,exit -S all -F dir=/var/my\\ docker -F perm=rwxa");
	assert_int_equal(audit_rule_line(RULE_PATH, "/x\ny", RULE_WRITE, NULL, &none, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
}

/* Whatever comes in, a rule that was understood prints to a line that means the same. */
static void test_random_lines(void **state)
{
	static const char *const pieces[] = {
		"-w",	     "-a",	"always,exit", "exit,never", "-F",	   "path=/x/a",
		"dir=/x",    "perm=wa", "-p",	       "wa",	     "-k",	   "docker",
		"-S",	     "open",	"all",	       "arch=b64",   "auid>=1000", "-C",
		"uid!=euid", "/x/f",	"-D",	       "#",	     "\t",	   "\\ ",
		"\"",	     "-e",	"2",	       "--",	     "-i",	   "key=a",
		"-A",	     "-d",	"-W",	       "\r"};
	struct random r = {20};
	size_t rules = 0;

	(void)state;
	for (int n = 0; n < 20000; n++) {
		AUTO(strbuf) struct strbuf b = {0};
		AUTO(audit_line) struct audit_line first = {0};
		AUTO(audit_line) struct audit_line again = {0};
		AUTO(error) struct error err = {0};
		AUTO_FREE char *out = NULL;
		enum rule_kind kind;

		if (n % 4)
			strbuf_append(&b, n % 8 > 4 ? "-w /x/f " : "-a always,exit ");
		for (unsigned i = random_below(&r, 7); i > 0; i--)
			strbuf_appendf(&b, "%s%s", pieces[random_below(&r, ARRAY_SIZE(pieces))],
				       random_below(&r, 9) ? " " : "");
		parse(strbuf_text(&b), &first);
		if (first.kind != LINE_RULE || first.rule.list != LIST_EXIT)
			continue;
		rules++;
		assert_int_equal(audit_rule_print(&first.rule, &out, &err), 0);
		parse(out, &again);
		if (again.kind != LINE_RULE)
			fail_msg("%s: %s: %s", strbuf_text(&b), out, again.problem);
		kind = first.rule.kind;
		if (first.rule.path && strchr(out, '\r'))
			continue;
		if (!audit_rule_same(&first.rule, kind, &again.rule, again.rule.kind))
			fail_msg("%s: %s", strbuf_text(&b), out);
	}
	assert_true(rules > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spellings),    cmocka_unit_test(test_refused),
		cmocka_unit_test(test_other_lines),  cmocka_unit_test(test_carriage_return_in_key),
		cmocka_unit_test(test_same),	     cmocka_unit_test(test_canonical_line),
		cmocka_unit_test(test_random_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
