// SPDX-License-Identifier: Apache-2.0
/*
 * Rules as a kernel holds them: each is read to the form that the line has which loaded it, and
 * judged as that line would be.
 */
#include "harden/text/audit_kernel.h"

#include "harden/text/audit_kernel_rules.h"
#include "tests/unit/audit_kernel_fixture.h"
#include "tests/unit/audit_rules_fixture.h"

static void decode(const struct blob *bytes, struct audit_rule *ret_rule)
{
	AUTO(error) struct error err = {0};

	if (audit_kernel_decode(bytes->data, bytes->len, &kernel_names, ret_rule, &err) < 0)
		fail_msg("%s", error_message(&err));
}

/* A line, its watch decided as the fixture's host has it. */
static void read_line(const char *text, struct audit_line *ret_line)
{
	AUTO(error) struct error err = {0};

	assert_int_equal(audit_line_parse(text, strlen(text), 1, ret_line, &err), 0);
	if (ret_line->kind != LINE_RULE)
		fail_msg("%s: %s", text, ret_line->problem);
	if (ret_line->rule.path)
		assert_int_equal(place(NULL, ret_line->rule.path, &ret_line->place, &err), 0);
}

static void form_of(const char *text, struct audit_rule *ret_rule)
{
	AUTO(audit_line) struct audit_line line = {0};
	AUTO(error) struct error err = {0};

	read_line(text, &line);
	if (audit_kernel_form(&line.rule, audit_line_decided(&line), &kernel_names, ret_rule,
			      &err) != 0)
		fail_msg("%s: has no form", text);
}

static void test_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(recorded); i++) {
		AUTO_PTR(blob) struct blob *bytes = bytes_of(&recorded[i].record);
		AUTO(audit_rule) struct audit_rule loaded = {0}, written = {0};
		AUTO_FREE char *a = NULL;
		AUTO_FREE char *b = NULL;

		decode(bytes, &loaded);
		form_of(recorded[i].line, &written);
		assert_int_equal(audit_rule_print(&loaded, &a, NULL), 0);
		assert_int_equal(audit_rule_print(&written, &b, NULL), 0);
		if (!audit_rule_same(&loaded, loaded.kind, &written, written.kind))
			fail_msg("%s: loaded %s, written %s", recorded[i].line, a, b);
	}
}

/* No two lines of different meaning have one form. */
static void test_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(recorded); i++)
		for (size_t k = 0; k < ARRAY_SIZE(recorded); k++) {
			AUTO_PTR(blob) struct blob *a = bytes_of(&recorded[i].record);
			AUTO_PTR(blob) struct blob *b = bytes_of(&recorded[k].record);
			AUTO(audit_rule) struct audit_rule loaded = {0}, written = {0};

			decode(a, &loaded);
			form_of(recorded[k].line, &written);
			if (audit_rule_same(&loaded, loaded.kind, &written, written.kind) !=
			    blob_equal(a, b))
				fail_msg("%s and %s", recorded[i].line, recorded[k].line);
		}
}

/* What we write ourselves gives the kernel's own bytes; what we do not is left to auditctl. */
static void test_encode(void **state)
{
	size_t encoded = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(recorded); i++) {
		AUTO(audit_line) struct audit_line line = {0};
		AUTO(error) struct error err = {0};
		AUTO_PTR(blob) struct blob *want = bytes_of(&recorded[i].record);
		AUTO_PTR(blob) struct blob *bytes = NULL;
		int r;

		read_line(recorded[i].line, &line);
		r = audit_kernel_encode(&line.rule, audit_line_decided(&line), &bytes, &err);
		encoded += r == 0;
		if (line.rule.prepend && bytes) /* a kernel takes that flag off */
			bytes->data[offsetof(struct audit_rule_data, flags)] &=
				(char)~AUDIT_FILTER_PREPEND;
		if (r == 0 && !blob_equal(bytes, want))
			fail_msg("%s: other bytes", recorded[i].line);
		if (r != 0 && strncmp(line.text, "-w", 2) == 0)
			fail_msg("%s: not encoded", recorded[i].line);
	}
	assert_int_equal(encoded, 15);
}

static void test_texts(void **state)
{
	static const struct {
		size_t row; /* of recorded */
		const char *text;
	} texts[] = {
		{0, "-a always,exit -S all -F path=/etc/passwd -F perm=wa -k docker"},
		{3, "-a always,exit -S all -F dir=/etc/docker -F perm=wa -k docker"},
		{12, "-a always,exit -F arch=b32 -S open,openat,openat2 -F path=/etc/passwd -F "
		     "perm=wa"},
		{13, "-a always,exit -F arch=b64 -S 452,open,openat -F path=/etc/passwd"},
		{14, "-a always,exit -S all -F path=/etc/passwd -F perm=wa -k a -k b"},
		{16, "-a never,exit -S all -F path=/etc/passwd -F perm=wa -k docker"},
		{18, "-a never,task"},
		{28, "-a always,exit -S all -C auid!=obj_uid -F auid>=1000 -F sessionid=3 -k cmp"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO_PTR(blob) struct blob *bytes = bytes_of(&recorded[texts[i].row].record);
		AUTO(audit_rule) struct audit_rule rule = {0};
		AUTO_FREE char *text = NULL;

		decode(bytes, &rule);
		assert_int_equal(audit_rule_print(&rule, &text, NULL), 0);
		assert_string_equal(text, texts[i].text);
	}
}

/* What no kernel would say, and what a newer one may say. */
static void test_strange(void **state)
{
	static const struct record unknown = {
		4, 2, ALL, {0}, 2, {{105, 0x40000000, 4}, {999, 0x40000000, 7}}, "/etc"};
	AUTO_PTR(blob) struct blob *good = bytes_of(&recorded[0].record);
	AUTO_PTR(blob) struct blob *newer = bytes_of(&unknown);
	AUTO(audit_rule) struct audit_rule rule = {0};
	AUTO_FREE struct audit_rule_data *bad = malloc(good->len);

	(void)state;
	assert_non_null(bad);
	for (int n = 0; n < 5; n++) {
		AUTO(error) struct error err = {0};
		size_t len = n == 0 ? sizeof(*bad) - 1 : n == 1 ? 0 : good->len - (n == 2);

		memcpy(bad, good->data, good->len);
		bad->field_count = n == 3 ? AUDIT_MAX_FIELDS + 1 : bad->field_count;
		bad->values[0] = n == 4 ? 500 : bad->values[0];
		assert_int_equal(audit_kernel_decode(bad, len, &kernel_names, &rule, &err), -1);
		assert_int_equal(err.code, ERROR_FORMAT);
	}
	decode(newer, &rule);
	assert_int_equal(rule.extra, 1); /* a condition that we do not know covers nothing */
}

static void test_unknown_names(void **state)
{
	static const char *const lines[] = {
		"-a never,exit -S all -F uid=nobody-here",
		"-a never,exit -S all -F gid=nobody-here",
		"-a always,exclude -F msgtype=NEWER_THAN_US",
		"-a always,exit -S all -F exit=-ENEWER",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		AUTO(audit_line) struct audit_line line = {0};
		AUTO(audit_rule) struct audit_rule rule = {0};

		read_line(lines[i], &line);
		assert_int_equal(
			audit_kernel_form(&line.rule, RULE_NO_PATH, &kernel_names, &rule, NULL), 1);
	}
}

static void load_rows(const size_t *which, size_t len, struct audit_kernel_rules *loaded)
{
	AUTO(error) struct error err = {0};

	for (size_t i = 0; i < len; i++) {
		AUTO_PTR(blob) struct blob *bytes = bytes_of(&recorded[which[i]].record);
		AUTO(audit_rule) struct audit_rule rule = {0};

		decode(bytes, &rule);
		assert_int_equal(audit_kernel_add(loaded, &rule, &err), 0);
	}
	assert_int_equal(audit_kernel_finish(loaded, &view, &err), 0);
}

#define LOAD(loaded, ...)                                                                          \
	load_rows((const size_t[]){__VA_ARGS__},                                                   \
		  sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t), loaded)

static void cover_of(const struct audit_kernel_rules *loaded, const char *path, bool is_dir,
		     struct audit_cover *ret_cover)
{
	struct audit_object object = {path, is_dir, RULE_WRITE | RULE_ATTR};

	assert_int_equal(audit_cover_find(&loaded->rules, &object, ret_cover, NULL), 0);
}

/* The judges of written rules work on loaded ones: coverage, order, shadow, switches. */
static void test_judged(void **state)
{
	AUTO(audit_kernel_rules) struct audit_kernel_rules after = {0}, before = {0}, off = {0};
	AUTO(audit_cover) struct audit_cover file = {0}, dir = {0}, in_dir = {0}, shadowed = {0};

	(void)state;
	LOAD(&after, 0, 16, 3);
	cover_of(&after, "/etc/passwd", false, &file);
	assert_int_equal(file.have, RULE_WRITE | RULE_ATTR);
	assert_null(file.shadow); /* never behind always is harmless */
	assert_string_equal(file.by[0]->where.file, AUDIT_KERNEL_PLACE);
	assert_int_equal(file.by[0]->where.line, 1);
	cover_of(&after, "/etc/docker", true, &dir);
	assert_int_equal(dir.have, RULE_WRITE | RULE_ATTR);
	cover_of(&after, "/etc/docker/daemon.json", false, &in_dir);
	assert_int_equal(in_dir.have, RULE_WRITE | RULE_ATTR);
	assert_null(after.rules.no_task);
	LOAD(&before, 16, 0);
	cover_of(&before, "/etc/passwd", false, &shadowed);
	assert_int_equal(shadowed.have, 0);
	assert_int_equal(shadowed.written, RULE_WRITE | RULE_ATTR);
	assert_int_equal(shadowed.shadow->where.line, 1);
	LOAD(&off, 18, 19, 22, 23);
	assert_ptr_equal(off.rules.no_task, &off.rules.items[0]);
	assert_ptr_equal(off.rules.maybe_no_task, &off.rules.items[1]);
	assert_ptr_equal(off.rules.maybe_excluded, &off.rules.items[2]); /* CWD */
	assert_ptr_equal(off.rules.excluded, &off.rules.items[3]);
}

static bool holds(const struct audit_kernel_rules *loaded, const char *line)
{
	AUTO(audit_rule) struct audit_rule form = {0};

	size_t index;

	form_of(line, &form);
	return audit_kernel_find(loaded, &form, &index);
}

static void test_holds(void **state)
{
	AUTO(audit_kernel_rules) struct audit_kernel_rules loaded = {0}, listed = {0};

	(void)state;
	LOAD(&loaded, 0, 3, 20);
	assert_true(holds(&loaded, "-w /etc/passwd -p aw -k docker"));
	assert_true(holds(&loaded, "-a exit,always -F path=/etc/passwd -F perm=wa -k docker"));
	assert_true(holds(&loaded, "-w /etc/docker/ -p wa -k docker"));
	assert_true(holds(&loaded, "-a never,exit -S all -F uid=0"));
	assert_false(holds(&loaded, "-w /etc/passwd -p wa -k other"));
	assert_false(holds(&loaded, "-w /etc/passwd -p rwxa -k docker"));
	assert_false(holds(&loaded, "-a never,exit -F path=/etc/passwd -F perm=wa -k docker"));
	assert_false(holds(&loaded, "-a always,exit -F path=/etc/docker -F perm=wa -k docker"));
	assert_false(holds(&loaded, "-a always,exit -F perm=wa -F path=/etc/passwd -k docker"));
	/* auditctl 4 chooses the system calls where a line names none */
	LOAD(&listed, 12);
	assert_true(holds(&listed, "-a always,exit -F arch=b32 -F path=/etc/passwd -F perm=wa"));
	assert_false(holds(&listed, "-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa"));
	assert_false(holds(&listed, "-a always,exit -F path=/etc/passwd -F perm=wa"));
	assert_false(holds(&listed, "-a always,exit -F arch=b32 -S open -F path=/etc/passwd -F "
				    "perm=wa"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded), cmocka_unit_test(test_apart),
		cmocka_unit_test(test_encode),	 cmocka_unit_test(test_texts),
		cmocka_unit_test(test_strange),	 cmocka_unit_test(test_unknown_names),
		cmocka_unit_test(test_judged),	 cmocka_unit_test(test_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
