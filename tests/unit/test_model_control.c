// SPDX-License-Identifier: Apache-2.0
/*
 * Ids of controls: numeric order by part, sections.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harden/model/control.h"

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void compare(void **state)
{
	static const struct {
		const char *a, *b;
		int order;
	} cases[] = {
		{"2.2", "2.10", -1},	 {"2.10", "2.2", 1},
		{"2.2", "2.2", 0},	 {"2.1", "2.10", -1},
		{"1.1.9", "1.1.10", -1}, {"1.2.1", "1.1.18", 1},
		{"2", "2.1", -1},	 {"10", "9.99", 1},
		{"2.02", "2.2", 0},	 {"2.0", "2.00", 0},
		{"2.0", "2.1", -1},	 {"99999999999999999999", "100000000000000000000", -1},
		{"", "1", -1},		 {"", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int order = control_id_compare(cases[i].a, cases[i].b);

		if (sign(order) != cases[i].order)
			fail_msg("%s against %s gives %d", cases[i].a, cases[i].b, order);
	}
}

static void matches(void **state)
{
	static const struct {
		const char *selector, *id;
		bool expected;
	} cases[] = {
		{"3", "3.1", true},
		{"1.1", "1.1.3", true},
		{"2.1", "2.1", true},
		{"2.1", "2.10", false},
		{"1", "10.1", false},
		{"2.10", "2.1", false},
		{"", "2.1", false},
		{"2.", "2.1", false},
		{"daemon", "daemon.icc", true},
		{"daem", "daemon.icc", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (control_id_matches(cases[i].selector, cases[i].id) != cases[i].expected)
			fail_msg("%s for %s", cases[i].selector, cases[i].id);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(compare),
		cmocka_unit_test(matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
