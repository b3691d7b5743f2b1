// SPDX-License-Identifier: Apache-2.0
/*
 * Values by augeas lenses: only the value changes, and what a lens cannot keep is refused.
 */
#include "harden/text/augeas.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void only_the_value_changes(void **state)
{
	static const struct {
		const char *name, *lens, *node, *value, *in, *out, *found;
	} cases[] = {
		{"absent file", "Sysctl.lns", "kernel.a", "1", NULL, "kernel.a = 1\n", ""},
		{"empty file", "Sysctl.lns", "kernel.a", "1", "", "kernel.a = 1\n", ""},
		{"changed in place", "Sysctl.lns", "kernel.a", "1",
		 "# c\n; d\n\nkernel.a=0\nkernel.b  =  2\n",
		 "# c\n; d\n\nkernel.a=1\nkernel.b  =  2\n", "0"},
		{"already so", "Sysctl.lns", "kernel.a", "1", "kernel.a   =1\n", "kernel.a   =1\n",
		 "1"},
		{"appended", "Sysctl.lns", "kernel.a", "1", "kernel.b=2\n",
		 "kernel.b=2\nkernel.a = 1\n", ""},
		{"every assignment", "Sysctl.lns", "kernel.a", "1", "kernel.a=0\nkernel.a=2\n",
		 "kernel.a=1\nkernel.a=1\n", "0,2"},
		{"removed", "Sysctl.lns", "kernel.a", NULL, "x=1\nkernel.a=0\ny=2\n", "x=1\ny=2\n",
		 "0"},
		{"nothing to remove", "Sysctl.lns", "kernel.a", NULL, "x=1\n", "x=1\n", ""},
		{"no newline at the end", "Sysctl.lns", "b", "2", "a=1\nb=3", "a=1\nb=2", "3"},
		{"sshd, other case", "Sshd.lns", "PermitEmptyPasswords", "no",
		 "Port 22\npermitemptypasswords yes\n", "Port 22\npermitemptypasswords no\n",
		 "yes"},
		{"sshd, before the first Match", "Sshd.lns", "PermitEmptyPasswords", "no",
		 "Port 22\nMatch User x\n  X11Forwarding no\n",
		 "Port 22\nPermitEmptyPasswords no\nMatch User x\n  X11Forwarding no\n", ""},
		{"sshd, commented out", "Sshd.lns", "PermitEmptyPasswords", "no",
		 "#PermitEmptyPasswords yes\n",
		 "#PermitEmptyPasswords yes\nPermitEmptyPasswords no\n", ""},
		{"shell variables", "Shellvars.lns", "DOCKER_OPTS", "\"--icc=false\"",
		 "# x\nexport A=1\nDOCKER_OPTS=\"\"\n",
		 "# x\nexport A=1\nDOCKER_OPTS=\"--icc=false\"\n", "\"\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_PTR(blob)
		struct blob *in = cases[i].in ? blob_new(cases[i].in, strlen(cases[i].in)) : NULL;
		struct augeas_edit edit = {"/f", cases[i].lens, cases[i].node, cases[i].value};
		AUTO(augeas_result) struct augeas_result result = {0};
		AUTO(strbuf) struct strbuf found = {0};
		AUTO(error) struct error err = {0};

		if (augeas_edit(in, &edit, &result, &err) < 0)
			fail_msg("%s: %s", cases[i].name, error_message(&err));
		for (size_t k = 0; k < result.found.len; k++)
			strbuf_appendf(&found, "%s%s", k ? "," : "", result.found.items[k]);
		if (result.refused || strcmp(result.after->data, cases[i].out) != 0 ||
		    strcmp(strbuf_text(&found), cases[i].found) != 0)
			fail_msg("%s: %s\nfound %s", cases[i].name,
				 result.refused ? result.refused : result.after->data,
				 strbuf_text(&found));
	}
}

static void what_a_lens_cannot_read_is_told_with_its_place(void **state)
{
	static const struct {
		const char *name, *lens, *node, *in;
		size_t len;
		enum error_code code;
		const char *says;
	} cases[] = {
		{"a word too many", "Sysctl.lns", "a", "a = 1\nfoo bar\n", 0, ERROR_FORMAT,
		 "/f:2:4: the lens Sysctl.lns"},
		{"a line without name", "Sysctl.lns", "a", "= 1\n", 0, ERROR_FORMAT, "/f:1:1:"},
		{"NUL byte", "Sysctl.lns", "a", "a=1\n\0b=2\n", 9, ERROR_FORMAT, "NUL byte"},
		{"no such lens", "Nosuch.lns", "a", "a=1\n", 0, ERROR_RECIPE, "Nosuch.lns"},
		{"no path expression", "Sysctl.lns", "a[", "a=1\n", 0, ERROR_RECIPE, "a["},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_PTR(blob)
		struct blob *in =
			blob_new(cases[i].in, cases[i].len ? cases[i].len : strlen(cases[i].in));
		struct augeas_edit edit = {"/f", cases[i].lens, cases[i].node, "1"};
		AUTO(augeas_result) struct augeas_result result = {0};
		AUTO(error) struct error err = {0};

		if (augeas_edit(in, &edit, &result, &err) == 0 || err.code != cases[i].code ||
		    !strstr(error_message(&err), cases[i].says))
			fail_msg("%s: %s", cases[i].name, error_message(&err));
	}
}

static void what_a_lens_cannot_write_is_refused(void **state)
{
	static const struct {
		const char *name, *node, *value;
	} cases[] = {
		{"value of two lines", "kernel.a", "1\n2"},
		{"node that the lens has not", "no such/node", "1"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_PTR(blob) struct blob *in = blob_new("a=1\n", 4);
		struct augeas_edit edit = {"/f", "Sysctl.lns", cases[i].node, cases[i].value};
		AUTO(augeas_result) struct augeas_result result = {0};
		AUTO(error) struct error err = {0};
		int r = augeas_edit(in, &edit, &result, &err);

		if (r == 0 ? !result.refused || result.after : err.code != ERROR_RECIPE)
			fail_msg("%s: %s", cases[i].name,
				 r == 0 && result.after ? result.after->data : error_message(&err));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_value_changes),
		cmocka_unit_test(what_a_lens_cannot_read_is_told_with_its_place),
		cmocka_unit_test(what_a_lens_cannot_write_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
