// SPDX-License-Identifier: Apache-2.0
/*
 * What services have to do for changes to be in force, as a plan shows it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backup/settle.h"

struct given {
	const char *path;
	unsigned actions;
	enum promise promise;
};

static const struct {
	const char *name;
	struct given given[4];
	const char *steps;
} cases[] = {
	{"nothing", {{"/a", 0, PROMISE_NOW}}, ""},
	{"rules",
	 {{"/etc/audit/rules.d/a", ACTION_LOAD_RULES, PROMISE_LOAD_RULES}},
	 "auditd.service load-rules /etc/audit/rules.d/a\n"},
	{"a reload", {{"/d", ACTION_RELOAD_DOCKER, PROMISE_RELOAD}}, "docker.service reload /d\n"},
	{"a restart makes a reload unnecessary",
	 {{"/d", ACTION_RELOAD_DOCKER, PROMISE_RELOAD}, {"/e", 0, PROMISE_RESTART}},
	 "docker.service restart /d /e\n"},
	{"all in order",
	 {{"/u", ACTION_DAEMON_RELOAD | ACTION_RESTART_DOCKER, PROMISE_RESTART_STOPPED},
	  {"/r", ACTION_LOAD_RULES, PROMISE_REBOOT},
	  {"/c", 0, PROMISE_RECREATE}},
	 "docker.service daemon-reload /u\nauditd.service load-rules /r\n"
	 "docker.service restart /u\n"},
};

static void make(const struct given *given, struct staged_file *files, size_t *len)
{
	for (*len = 0; *len < 4 && given[*len].path; (*len)++) {
		const struct given *g = &given[*len];

		files[*len] = (struct staged_file){.path = (char *)(uintptr_t)g->path,
						   .actions = g->actions,
						   .promise = g->promise};
	}
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct staged_file files[4];
		struct stage stage = {.files = files};
		AUTO(plan) struct plan plan = {0};
		AUTO(strbuf) struct strbuf steps = {0};

		make(cases[i].given, files, &stage.len);
		assert_int_equal(settle_steps(&stage, false, &plan, NULL), 0);
		for (size_t s = 0; s < plan.services_len; s++) {
			strbuf_appendf(&steps, "%s %s", plan.services[s].unit,
				       plan.services[s].action);
			for (size_t k = 0; k < plan.services[s].because.len; k++)
				strbuf_appendf(&steps, " %s", plan.services[s].because.items[k]);
			strbuf_append_char(&steps, '\n');
		}
		if (!str_equal(strbuf_text(&steps), cases[i].steps))
			fail_msg("%s: %s", cases[i].name, strbuf_text(&steps));
	}
}

static void test_offline(void **state)
{
	struct staged_file file = {.path = (char *)(uintptr_t) "/d",
				   .actions = ACTION_RESTART_DOCKER};
	struct stage stage = {.files = &file, .len = 1};
	AUTO(plan) struct plan plan = {0};

	(void)state;
	assert_int_equal(settle_steps(&stage, true, &plan, NULL), 0);
	assert_int_equal(plan.services_len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_offline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
