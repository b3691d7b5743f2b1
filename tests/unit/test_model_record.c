// SPDX-License-Identifier: Apache-2.0
/*
 * Records: what differs, what a file will be once a mode and an ACL meet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harden/model/record.h"

#define ENTRY(tag, perm) tag, 0, perm, 0, 0xff, 0xff, 0xff, 0xff
#define VERSION 2, 0, 0, 0

static const unsigned char named[] = {
	VERSION,	ENTRY(0x01, 7), 0x02,	       0, 6, 0, 0xe8, 3, 0, 0,
	ENTRY(0x04, 5), ENTRY(0x10, 7), ENTRY(0x20, 5)};
static const unsigned char named_0640[] = {
	VERSION,	ENTRY(0x01, 6), 0x02,	       0, 6, 0, 0xe8, 3, 0, 0,
	ENTRY(0x04, 5), ENTRY(0x10, 4), ENTRY(0x20, 0)};
static const unsigned char base[] = {VERSION, ENTRY(0x01, 6), ENTRY(0x04, 4), ENTRY(0x20, 4)};
static const unsigned char version_1[] = {1, 0, 0, 0, ENTRY(0x01, 6)};
static const unsigned char torn[] = {VERSION, 1, 0, 6};

static void test_acl_with_mode(void **state)
{
	static const struct {
		const char *name;
		const unsigned char *acl;
		size_t len;
		const unsigned char *wanted; /* NULL: none */
		int result;
	} cases[] = {
		{"the mask follows the group bits", named, sizeof(named), named_0640, 0},
		{"no more than a mode", base, sizeof(base), NULL, 0},
		{"another version", version_1, sizeof(version_1), NULL, -1},
		{"half an entry", torn, sizeof(torn), NULL, -1},
		{"no version", torn, 2, NULL, -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_PTR(blob) struct blob *acl = blob_new(cases[i].acl, cases[i].len);
		AUTO_PTR(blob) struct blob *got = NULL;
		bool right = acl_with_mode(acl, 0640, &got, NULL) == cases[i].result;

		if (cases[i].wanted)
			right = right && got && got->len == cases[i].len &&
				memcmp(got->data, cases[i].wanted, got->len) == 0;
		else
			right = right && !got;
		if (!right)
			fail_msg("%s", cases[i].name);
	}
}

static void test_difference(void **state)
{
	static const struct {
		const char *wanted;
		struct file_record a, b;
	} cases[] = {
		{NULL, {.uid = 1}, {.uid = 2}},
		{"presence", {.kind = FILE_REGULAR}, {.kind = FILE_ABSENT}},
		{"kind", {.kind = FILE_ABSENT}, {.kind = FILE_REGULAR}},
		{"content",
		 {.kind = FILE_REGULAR, .sha256 = "a"},
		 {.kind = FILE_REGULAR, .sha256 = "b"}},
		{NULL, {.kind = FILE_REGULAR, .sha256 = "a"}, {.kind = FILE_REGULAR}},
		{"owner", {.kind = FILE_SOCKET}, {.kind = FILE_SOCKET, .uid = 1}},
		{"group", {.kind = FILE_LINK}, {.kind = FILE_LINK, .gid = 1}},
		{NULL, {.kind = FILE_LINK}, {.kind = FILE_LINK, .mode = 1}},
		{"mode", {.kind = FILE_SOCKET}, {.kind = FILE_SOCKET, .mode = 1}},
		{NULL, {.kind = FILE_REGULAR}, {.kind = FILE_REGULAR, .mtime.tv_sec = 1}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *got = file_record_difference(&cases[i].a, &cases[i].b);

		if (!str_equal(got, cases[i].wanted))
			fail_msg("case %zu: %s", i, got ? got : "none");
	}
	assert_false(file_record_equal(&cases[9].a, &cases[9].b)); /* the time counts here */
}

static void test_attributes(void **state)
{
	AUTO(xattrs) struct xattrs x = {0}, copy = {0};
	AUTO_PTR(blob) struct blob *one = blob_new("1", 1), *two = blob_new("2", 1);

	(void)state;
	assert_int_equal(xattrs_set(&x, "user.b", one, NULL), 0);
	assert_int_equal(xattrs_set(&x, "user.a", one, NULL), 0);
	assert_int_equal(xattrs_set(&x, "user.c", one, NULL), 0);
	assert_int_equal(xattrs_set(&x, "user.b", two, NULL), 0);
	assert_string_equal(x.items[0].name, "user.a");
	assert_true(blob_equal(xattrs_get(&x, "user.b"), two));
	assert_int_equal(xattrs_copy(&copy, &x, NULL), 0);
	assert_true(xattrs_equal(&x, &copy));
	assert_int_equal(xattrs_set(&x, "user.a", NULL, NULL), 0);
	assert_int_equal(xattrs_set(&x, "user.none", NULL, NULL), 0);
	assert_int_equal(x.len, 2);
	assert_null(xattrs_get(&x, "user.a"));
	assert_false(xattrs_equal(&x, &copy));
}

static void test_promise(void **state)
{
	AUTO(file_record)
	struct file_record before = {.kind = FILE_REGULAR, .mode = 0644}, promise = {0};
	AUTO(file_state) struct file_state after = {.kind = FILE_REGULAR, .mode = 0640};
	AUTO_PTR(blob)
	struct blob *note = blob_new("n", 1), *label = blob_new(named, sizeof(named));

	(void)state;
	memcpy(before.sha256, "abc", 4);
	assert_int_equal(xattrs_set(&before.xattrs, "user.note", note, NULL), 0);
	assert_int_equal(xattrs_set(&before.xattrs, XATTR_ACL, label, NULL), 0);
	after.acl = blob_ref(label);
	assert_int_equal(file_record_promise(&before, &after, &promise, NULL), 0);
	assert_int_equal(promise.mode, 0640);
	assert_string_equal(promise.sha256, "abc");
	assert_true(blob_equal(xattrs_get(&promise.xattrs, "user.note"), note));
	assert_int_equal(xattrs_get(&promise.xattrs, XATTR_ACL)->len, sizeof(named_0640));
	assert_memory_equal(xattrs_get(&promise.xattrs, XATTR_ACL)->data, named_0640,
			    sizeof(named_0640));
	file_record_done(&promise);
	after.kind = FILE_ABSENT;
	assert_int_equal(file_record_promise(&before, &after, &promise, NULL), 0);
	assert_int_equal(promise.kind, FILE_ABSENT);
	assert_int_equal(promise.xattrs.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_acl_with_mode),
		cmocka_unit_test(test_difference),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_promise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
