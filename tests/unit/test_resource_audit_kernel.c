// SPDX-License-Identifier: Apache-2.0
/*
 * The running part of `audit-rule`: written and loaded rules beside each other, on a host that
 * claims to be live with a kernel that the case describes.
 */
#include "tests/unit/audit_kernel_fixture.h"
#include "tests/unit/resource_fixture.h"

#include "harden/host/look_audit_kernel.h"

extern const struct resource_type resource_audit_rule;

#define HOST                                                                                       \
	"@/etc/audit/rules.d/audit.rules 0640\n-D\n"                                               \
	"@/usr/sbin/augenrules 0755\nx\n@/etc/docker/daemon.json\n{}\n"
#define OURS                                                                                       \
	"@/etc/audit/rules.d/50-harden-docker.rules 0640\n"                                        \
	"\n-a always,exit -S all -F dir=/etc/docker -F perm=wa -k docker\n"
#define ENTRY "{\"path\":\"/etc/docker\"}"
#define LOADED "-w /etc/docker -p wa -k docker\n"
#define LOAD "load the rules (augenrules --load)"

static const struct kernel_case {
	const char *name;
	const char *tree;
	const char *loaded; /* lines, in match order */
	unsigned enabled;
	bool boot_off;
	const char *problem;
	enum status status;
	const char *says;
	const char *says_not;
	bool running;
} cases[] = {
	{"loaded", HOST OURS, LOADED, 1, false, NULL, STATUS_PASS, "loaded rules:1", NULL, true},
	{"loaded by a rule of the directory above", HOST OURS,
	 "-a always,exit -S all -F dir=/etc -F perm=rwxa\n", 1, false, NULL, STATUS_PASS,
	 "loaded rules:1", NULL, true},
	{"written only", HOST OURS, "", 1, false, NULL, STATUS_FAIL,
	 "no loaded audit rule covers /etc/docker for w and a: " LOAD, "start auditd", true},
	{"written only, and off", HOST OURS, "", 0, false, NULL, STATUS_FAIL,
	 LOAD " and start auditd", NULL, true},
	{"loaded and off", HOST OURS, LOADED, 0, false, NULL, STATUS_FAIL,
	 "no change of /etc/docker is recorded: auditing is switched off", "load the rules", true},
	{"loaded and locked", HOST OURS, LOADED, 2, false, NULL, STATUS_PASS, "enabled 2", NULL,
	 true},
	{"written only, and locked", HOST OURS, "", 2, false, NULL, STATUS_FAIL,
	 "locked (-e 2) until a reboot", LOAD, true},
	{"audit=0", HOST OURS, "", 0, true, NULL, STATUS_FAIL,
	 "started with audit=0: take that off its command line and reboot", LOAD, true},
	{"loaded only", HOST, LOADED, 1, false, NULL, STATUS_FAIL, "no audit rule covers",
	 "no loaded audit rule", true},
	{"neither", HOST, "", 1, false, NULL, STATUS_FAIL, "it has to be written, then loaded",
	 NULL, true},
	{"A27: a file in it", HOST OURS, "-w /etc/docker/daemon.json -p wa -k docker\n", 1, false,
	 NULL, STATUS_FAIL, "no loaded audit rule covers /etc/docker", NULL, true},
	{"A25: a longer name", HOST OURS, "-w /etc/docker-shim -p wa -k docker\n", 1, false, NULL,
	 STATUS_FAIL, "no loaded audit rule covers /etc/docker", NULL, true},
	{"a never rule is no watch", HOST OURS,
	 "-a never,exit -F dir=/etc/docker -F perm=wa -k docker\n", 1, false, NULL, STATUS_FAIL,
	 "no loaded audit rule covers /etc/docker", NULL, true},
	{"a never rule before it", HOST OURS, "-a never,exit -S all -F uid=0\n" LOADED, 1, false,
	 NULL, STATUS_FAIL, "loaded rules:1: this loaded rule comes first, so w and a of", NULL,
	 true},
	{"a never rule behind it", HOST OURS, LOADED "-a never,exit -S all -F uid=0\n", 1, false,
	 NULL, STATUS_PASS, "loaded rules:1", NULL, true},
	{"never,task", HOST OURS, LOADED "-a never,task\n", 1, false, NULL, STATUS_FAIL,
	 "loaded rules:2:1: no system call of any process is recorded", NULL, true},
	{"exclude", HOST OURS, LOADED "-a always,exclude -F msgtype=SYSCALL\n", 1, false, NULL,
	 STATUS_FAIL, "loaded rules:2:1: the records of system calls", NULL, true},
	{"fewer permissions", HOST OURS, "-w /etc/docker -p w -k docker\n", 1, false, NULL,
	 STATUS_FAIL, "(loaded rules:1 lacks a permission): " LOAD, NULL, true},
	{"not to be looked at", HOST OURS, "", 1, false, "the right is missing; run as root",
	 STATUS_ERROR, "could not be looked at: the right is missing; run as root", NULL, false},
	{"not to be looked at, and not written", HOST, "", 1, false, "the right is missing",
	 STATUS_FAIL, "could not be looked at", "no loaded audit rule", false},
	{"absent object", HOST "@/usr/sbin/auditctl 0755\nx\n", LOADED, 1, false, NULL, STATUS_FAIL,
	 "no audit rule covers", NULL, true},
};

static void load_line(struct tree *t, struct audit_kernel *kernel, const char *text, size_t len)
{
	AUTO(audit_line) struct audit_line line = {0};
	AUTO(audit_rule) struct audit_rule form = {0};
	struct error err = {0};

	assert_int_equal(audit_line_parse(text, len, 1, &line, &err), 0);
	assert_int_equal(line.kind, LINE_RULE);
	if (line.rule.path)
		assert_int_equal(look_audit_place_now(&t->host, line.rule.path, &line.place, &err),
				 0);
	assert_int_equal(audit_kernel_form(&line.rule, audit_line_decided(&line), &kernel_names,
					   &form, &err),
			 0);
	assert_int_equal(audit_kernel_add(&kernel->loaded, &form, &err), 0);
}

static int place(void *cookie, const char *path, struct audit_place *ret_place, struct error *err)
{
	return look_audit_place_now(cookie, path, ret_place, err);
}

/* As if the kernel had been asked. */
static void put_kernel(struct tree *t, const struct kernel_case *c)
{
	struct audit_kernel *kernel = calloc(1, sizeof(*kernel));
	struct audit_view view = {place, &t->host};
	struct error err = {0};

	assert_non_null(kernel);
	kernel->state = (struct audit_state){.enabled = c->enabled, .failure = 1, .pid = 7};
	kernel->boot_off = c->boot_off;
	if (c->problem)
		assert_non_null(kernel->problem = strdup(c->problem));
	for (const char *line = c->loaded; *line; line = strchr(line, '\n') + 1)
		load_line(t, kernel, line, strcspn(line, "\n"));
	assert_int_equal(audit_kernel_finish(&kernel->loaded, &view, &err), 0);
	t->host.live = true;
	t->host.audit_kernel = kernel;
}

static void judge(const struct kernel_case *c, struct tree *t, const void *spec)
{
	AUTO(judgement) struct judgement j = {0};
	struct error err = {0};
	void *seen = NULL;

	if (resource_audit_rule.inspect(spec, &t->host, &seen, &err) < 0 ||
	    resource_audit_rule.judge(spec, seen, &j, &err) < 0)
		fail_msg("%s: %s", c->name, error_message(&err));
	if (j.status != c->status || !resource_says(&j, c->says) ||
	    (c->says_not && resource_says(&j, c->says_not)) || j.running != c->running)
		fail_msg("%s: %s, running %d, %s", c->name, status_name(j.status), j.running,
			 j.findings_len ? j.findings[j.findings_len - 1].message : "no finding");
	resource_audit_rule.seen_free(seen);
}

static void each_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tree t;
		void *spec = resource_load(&resource_audit_rule, cases[i].name, ENTRY);

		tree_open(&t, cases[i].tree);
		put_kernel(&t, &cases[i]);
		judge(&cases[i], &t, spec);
		resource_audit_rule.spec_free(spec);
		tree_close(&t);
	}
}

/* What is written is not written again because it is not loaded; off is left to a person, once. */
static void nothing_is_staged_for_what_is_not_loaded(void **state)
{
	void *spec = resource_load(&resource_audit_rule, "stage", ENTRY);

	(void)state;
	for (size_t i = 2; i < 6; i++) {
		struct tree t;

		tree_open(&t, cases[i].tree);
		put_kernel(&t, &cases[i]);
		for (int twice = 0; twice < 2; twice++)
			(void)resource_run(&resource_audit_rule, cases[i].name, &t, spec,
					   cases[i].status, NULL, true);
		assert_int_equal(t.stage.len, 0);
		assert_int_equal(t.stage.blocked_len, 0);
		assert_int_equal(t.stage.by_hand_len, cases[i].enabled ? 0 : 1);
		tree_close(&t);
	}
	resource_audit_rule.spec_free(spec);
}

static void a_tree_has_no_running_part(void **state)
{
	void *spec = resource_load(&resource_audit_rule, "tree", ENTRY);
	struct kernel_case c = {"tree", NULL,	     "",	  0,	    false,
				NULL,	STATUS_PASS, "50-harden", "kernel", false};
	struct tree t;

	(void)state;
	tree_open(&t, HOST OURS);
	judge(&c, &t, spec);
	assert_null(t.host.audit_kernel);
	resource_audit_rule.spec_free(spec);
	tree_close(&t);
}

struct missing_case {
	const char *name, *rules, *loaded;
	bool needs_load;
	const char *why_not;
	unsigned enabled;
	const char *problem;
};

#define RULES "@/usr/sbin/augenrules 0755\nx\n@/etc/audit/rules.d/a.rules\n-D\n"
#define NO_CLEAR "@/usr/sbin/augenrules 0755\nx\n@/etc/audit/rules.d/a.rules\n"
#define A "-w /etc/docker -p wa -k a\n"
#define B "-a never,exit -S all -F uid=root\n"
#define C "-a always,exit -F arch=b64 -S openat -F auid=unset -k c\n"

static const struct missing_case missing[] = {
	{"nothing written", RULES, "", false, NULL, 1, NULL},
	{"all are there", RULES A B C, A B C, false, NULL, 1, NULL},
	{"one is not", RULES A B C, A B, true, NULL, 1, NULL},
	{"more than written", RULES A, A B C, false, NULL, 1, NULL},
	{"another order", RULES B A, A B, true, NULL, 1, NULL},
	{"another order that only a boot can mend", NO_CLEAR B A, A B, false, NULL, 1, NULL},
	{"another order, to be locked", RULES B A "-e 2\n", A B, false, NULL, 1, NULL},
	{"orders of two lists are apart", RULES A "-a never,task\n" C, "-a never,task\n" A C, false,
	 NULL, 1, NULL},
	{"another key", RULES A, "-w /etc/docker -p wa -k b\n", true, NULL, 1, NULL},
	{"loaded before the directory was made", RULES "-w /etc/docker -p wa\n",
	 "-a always,exit -S all -F path=/etc/docker -F perm=wa\n", false, NULL, 1, NULL},
	{"a name nobody has", RULES A "-a never,exit -S all -F uid=nobody-here\n", A, false, NULL,
	 1, NULL},
	{"behind the line that stops the load", RULES A "-w relative -p wa\n" B, A, false, NULL, 1,
	 NULL},
	{"a name that only libaudit knows", RULES A "-a always,exclude -F msgtype=CWD\n", A, false,
	 NULL, 1, NULL},
	{"locked", RULES A, "", true, "locked", 2, NULL},
	{"locked and complete", RULES A, A, false, "locked", 2, NULL},
	{"not to be looked at", RULES A, "", false, "no right", 1, "no right"},
};

static void what_is_missing_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
		const struct missing_case *c = &missing[i];
		AUTO_FREE char *tree = str_format("@/etc/docker/daemon.json\n{}\n%s", c->rules);
		struct kernel_case kernel = {
			.loaded = c->loaded, .enabled = c->enabled, .problem = c->problem};
		struct error err = {0};
		struct tree t;
		const char *why_not;
		bool needs;

		tree_open(&t, tree);
		put_kernel(&t, &kernel);
		if (audit_kernel_missing(&t.host, &needs, &why_not, &err) < 0)
			fail_msg("%s: %s", c->name, error_message(&err));
		if (needs != c->needs_load || !why_not != !c->why_not ||
		    (why_not && !strstr(why_not, c->why_not)))
			fail_msg("%s: needs_load %d, %s", c->name, needs, why_not ? why_not : "");
		t.host.live = false;
		assert_int_equal(audit_kernel_missing(&t.host, &needs, &why_not, &err), 0);
		assert_false(needs);
		assert_null(why_not);
		tree_close(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case),
		cmocka_unit_test(nothing_is_staged_for_what_is_not_loaded),
		cmocka_unit_test(a_tree_has_no_running_part),
		cmocka_unit_test(what_is_missing_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
