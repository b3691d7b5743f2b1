// SPDX-License-Identifier: Apache-2.0
/*
 * Scalars of a recipe: what is a date, a mode, an id, and what only looks like one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harden/base/str.h"
#include "harden/recipe/scalar.h"

struct case_of {
	const char *text;
	bool expected;
};

static void check_all(bool (*test)(const char *text), const struct case_of *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (test(cases[i].text) != cases[i].expected)
			fail_msg("\"%s\" should be %s", cases[i].text,
				 cases[i].expected ? "good" : "bad");
}

static void dates(void **state)
{
	static const struct case_of cases[] = {
		{"2026-11-24", true},	{"2024-02-29", true},  {"2000-02-29", true},
		{"1970-01-01", true},	{"9999-12-31", true},  {"2023-02-29", false},
		{"2100-02-29", false},	{"2026-04-31", false}, {"2026-13-01", false},
		{"2026-00-10", false},	{"2026-01-00", false}, {"2026-1-1", false},
		{"1969-12-31", false},	{"26-01-01", false},   {"2026/01/01", false},
		{"2026-01-01T", false}, {"", false},	       {"tomorrow!!", false},
		{"2026-01-0a", false},	{"2026-+1-01", false},
	};

	(void)state;
	check_all(scalar_date, cases, ARRAY_SIZE(cases));
}

static void ids(void **state)
{
	static const struct case_of cases[] = {
		{"2.10", true},
		{"3", true},
		{"1.1.18", true},
		{"0.1", true},
		{"", false},
		{".", false},
		{"2.", false},
		{".2", false},
		{"2..1", false},
		{"02.1", false},
		{"2.x", false},
		{"-2", false},
		{"2.1 ", false},
		{"1.2.3.4.5.6.7.8", true},
		{"1.2.3.4.5.6.7.8.9", false},
		{"1234567890", false},
	};

	(void)state;
	check_all(scalar_id, cases, ARRAY_SIZE(cases));
}

static void names(void **state)
{
	static const struct case_of keys[] = {
		{"daemon.icc", true}, {"file.docker-service.owner", true},
		{"x", true},	      {"Daemon", false},
		{"daemon.", false},   {".icc", false},
		{"a..b", false},      {"2.2", false},
		{"", false},	      {"a_b", false},
	};
	static const struct case_of vars[] = {
		{"trusted_users", true}, {"a1", true}, {"1a", false}, {"a-b", false},
		{"a.b", false},		 {"", false},  {"A", false},
	};
	static const struct case_of files[] = {
		{"motd", true},	    {"a.conf", true}, {"../motd", false},
		{".hidden", false}, {"a/b", false},   {"", false},
	};

	(void)state;
	check_all(scalar_name, keys, ARRAY_SIZE(keys));
	check_all(scalar_variable, vars, ARRAY_SIZE(vars));
	check_all(scalar_file_name, files, ARRAY_SIZE(files));
}

static void modes(void **state)
{
	static const struct {
		const char *text;
		int mode;
	} cases[] = {
		{"0644", 0644}, {"644", 0644}, {"07777", 07777}, {"0000", 0}, {"1777", 01777},
		{"0888", -1},	{"44", -1},    {"77777", -1},	 {"", -1},    {"0o644", -1},
		{"-644", -1},	{"0644 ", -1}, {"u=rw", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned mode = 0;
		bool good = scalar_mode(cases[i].text, &mode);

		if (good != (cases[i].mode >= 0) || (good && mode != (unsigned)cases[i].mode))
			fail_msg("mode \"%s\"", cases[i].text);
	}
}

static void integers(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int64_t integer;
	} cases[] = {
		{"0", true, 0},
		{"-5", true, -5},
		{"4096", true, 4096},
		{"9223372036854775807", true, INT64_MAX},
		{"-9223372036854775808", true, INT64_MIN},
		{"9223372036854775808", false, 0},
		{"", false, 0},
		{"-", false, 0},
		{"+1", false, 0},
		{"1.0", false, 0},
		{"0x10", false, 0},
		{" 1", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t integer = 0;

		if (scalar_integer(cases[i].text, &integer) != cases[i].good ||
		    integer != cases[i].integer)
			fail_msg("integer \"%s\"", cases[i].text);
	}
}

static void booleans(void **state)
{
	bool b = false;

	(void)state;
	assert_true(scalar_bool("true", &b) && b);
	assert_true(scalar_bool("false", &b) && !b);
	assert_false(scalar_bool("yes", &b));
	assert_false(scalar_bool("True", &b));
	assert_false(scalar_bool("", &b));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates), cmocka_unit_test(ids),	     cmocka_unit_test(names),
		cmocka_unit_test(modes), cmocka_unit_test(integers), cmocka_unit_test(booleans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
