// SPDX-License-Identifier: Apache-2.0
/*
 * The overlay: several puts of one file become one change, and the order of commit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harden/model/stage.h"

#define CONTENT(text) blob_new(text, strlen(text))

static const struct stage_how metadata = {.phase = PHASE_METADATA};
static const struct stage_how config = {
	.phase = PHASE_CONFIG, .promise = PROMISE_RESTART, .actions = ACTION_RESTART_DOCKER};

static struct file_state regular(mode_t mode, const char *content)
{
	return (struct file_state){
		.kind = FILE_REGULAR, .mode = mode, .content = content ? CONTENT(content) : NULL};
}

static void put(struct stage *stage, const char *path, struct file_state before,
		struct file_state after, struct stage_how how)
{
	assert_int_equal(stage_put(stage, path, &before, &after, how, NULL), 0);
	file_state_done(&before);
	file_state_done(&after);
}

static void test_two_controls_one_change(void **state)
{
	AUTO(stage) struct stage stage = {.control = "2.14", .impact = "may break"};
	struct staged_file *f;

	(void)state;
	put(&stage, "/a", regular(0644, "x"), regular(0644, "xy"), config);
	stage.control = "2.2";
	stage.impact = NULL;
	put(&stage, "/a", regular(0644, "x"), regular(0600, "xyz"), metadata);
	assert_int_equal(stage.len, 1);
	f = stage_find(&stage, "/a");
	assert_non_null(f);
	assert_string_equal(f->after.content->data, "xyz");
	assert_string_equal(f->before.content->data, "x");
	assert_int_equal(f->after.mode, 0600);
	assert_int_equal(f->phase, PHASE_CONFIG);
	assert_int_equal(f->promise, PROMISE_RESTART);
	assert_int_equal(f->actions, ACTION_RESTART_DOCKER);
	assert_int_equal(f->controls.len, 2);
	assert_string_equal(f->controls.items[0], "2.2"); /* 2.2 before 2.14 */
	assert_string_equal(f->controls.items[1], "2.14");
	assert_int_equal(f->impact.len, 1);
	assert_null(stage_find(&stage, "/b"));
}

static void test_nothing_changes(void **state)
{
	AUTO(stage) struct stage stage = {.control = "1"};
	unsigned generation;

	(void)state;
	put(&stage, "/a", regular(0644, "x"), regular(0644, "x"), config);
	assert_int_equal(stage.len, 0);
	assert_int_equal(stage.generation, 0);
	put(&stage, "/a", regular(0644, "x"), regular(0600, "x"), config);
	generation = stage.generation;
	stage.control = "2";
	put(&stage, "/a", regular(0644, "x"), regular(0600, "x"), config);
	assert_int_equal(stage.generation, generation); /* only who asked is noted */
	assert_int_equal(stage.files[0].controls.len, 2);
	put(&stage, "/a", regular(0644, "x"), regular(0644, "x"), config);
	assert_int_equal(stage.len, 0); /* back to before */
	assert_true(stage.generation > generation);
}

static void test_content_is_completed(void **state)
{
	AUTO(stage) struct stage stage = {.control = "1"};

	(void)state;
	put(&stage, "/a", regular(0644, NULL), regular(0600, NULL), metadata);
	put(&stage, "/a", regular(0644, "x"), regular(0600, "y"), config);
	assert_string_equal(stage.files[0].before.content->data, "x");
	assert_string_equal(stage.files[0].after.content->data, "y");
	put(&stage, "/a", regular(0644, NULL), regular(0400, NULL), metadata);
	assert_string_equal(stage.files[0].after.content->data, "y"); /* kept */
	assert_int_equal(stage.files[0].after.mode, 0400);
}

static void test_content_without_the_old_one(void **state)
{
	AUTO(stage) struct stage stage = {.control = "1"};
	AUTO(error) struct error err = {0};
	AUTO(file_state) struct file_state before = regular(0644, NULL), after = regular(0644, "y");

	(void)state;
	assert_int_equal(stage_put(&stage, "/a", &before, &after, config, &err), -1);
	assert_int_equal(err.code, ERROR_INTERNAL);
	assert_int_equal(stage.len, 0);
}

static void test_same(void **state)
{
	static const struct {
		const char *name;
		struct file_state a, b;
		bool same;
	} cases[] = {
		{"absent is absent", {.uid = 1}, {.uid = 2}, true},
		{"kind", {.kind = FILE_REGULAR}, {.kind = FILE_SOCKET}, false},
		{"owner", {.kind = FILE_SOCKET}, {.kind = FILE_SOCKET, .uid = 1}, false},
		{"group", {.kind = FILE_SOCKET}, {.kind = FILE_SOCKET, .gid = 1}, false},
		{"mode", {.kind = FILE_SOCKET}, {.kind = FILE_SOCKET, .mode = 1}, false},
		{"a link's mode", {.kind = FILE_LINK}, {.kind = FILE_LINK, .mode = 1}, true},
		{"identity", {.kind = FILE_SOCKET}, {.kind = FILE_SOCKET, .ino = 1}, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (file_state_same(&cases[i].a, &cases[i].b) != cases[i].same)
			fail_msg("%s", cases[i].name);
}

static void test_same_acl_and_target(void **state)
{
	AUTO(file_state) struct file_state a = {.kind = FILE_LINK, .link = strdup("x")};
	AUTO(file_state) struct file_state b = {.kind = FILE_LINK, .link = strdup("y")};
	AUTO(file_state) struct file_state c = {.kind = FILE_DIRECTORY, .acl = CONTENT("1")};
	AUTO(file_state)
	struct file_state d = {.kind = FILE_DIRECTORY, .default_acl = CONTENT("1")};
	AUTO(file_state) struct file_state e = {.kind = FILE_DIRECTORY};

	(void)state;
	assert_false(file_state_same(&a, &b));
	assert_false(file_state_same(&c, &e));
	assert_false(file_state_same(&d, &e));
	assert_true(file_state_same(&c, &c));
}

static void test_blocked_and_by_hand(void **state)
{
	AUTO(stage) struct stage stage = {.control = "3.2"};

	(void)state;
	assert_int_equal(stage_block(&stage, "/a", NULL, "mend it", "is %s", "immutable"), 0);
	assert_int_equal(stage_block(&stage, "/a", NULL, "mend it", "is %s", "immutable"), 0);
	assert_int_equal(stage_block(&stage, "/b", NULL, NULL, "is %s", "immutable"), 0);
	stage.control = "3.1";
	assert_int_equal(stage_block(&stage, "/a", NULL, "mend it", "is %s", "immutable"), 0);
	assert_int_equal(stage.blocked_len, 2);
	assert_string_equal(stage.blocked[0].reason, "is immutable");
	assert_int_equal(stage.blocked[0].controls.len, 2);
	assert_string_equal(stage.blocked[0].controls.items[0], "3.1");
	assert_int_equal(stage_by_hand(&stage, "choose", NULL, NULL), 0);
	assert_int_equal(stage_by_hand(&stage, "choose", NULL, NULL), 0);
	assert_int_equal(stage_by_hand(&stage, "decide", "so", NULL), 0);
	assert_int_equal(stage.by_hand_len, 2);
	put(&stage, "/a", regular(0644, "x"), regular(0600, "x"), metadata);
	stage_new_pass(&stage);
	assert_int_equal(stage.blocked_len + stage.by_hand_len, 0);
	assert_int_equal(stage.len, 1);
}

static void test_copy(void **state)
{
	AUTO(stage) struct stage stage = {.control = "1", .impact = "breaks"}, copy = {0};

	(void)state;
	put(&stage, "/b", regular(0644, "x"), regular(0600, "y"), config);
	put(&stage, "/a", regular(0644, "x"), regular(0600, "x"), metadata);
	assert_int_equal(stage_block(&stage, "/a", NULL, "next", "why"), 0);
	assert_int_equal(stage_by_hand(&stage, "choose", "so", NULL), 0);
	assert_int_equal(stage_copy(&copy, &stage, NULL), 0);
	assert_int_equal(copy.len, 2);
	assert_int_equal(copy.generation, stage.generation);
	assert_string_equal(copy.files[1].path, "/b");
	assert_string_equal(copy.files[1].after.content->data, "y");
	assert_int_equal(copy.files[1].actions, ACTION_RESTART_DOCKER);
	assert_string_equal(copy.files[1].controls.items[0], "1");
	assert_string_equal(copy.files[1].impact.items[0], "breaks");
	assert_int_equal(copy.blocked_len, 1);
	assert_string_equal(copy.blocked[0].next, "next");
	assert_int_equal(copy.by_hand_len, 1);
	assert_string_equal(copy.by_hand[0].control, "1");
}

static void test_order(void **state)
{
	static const struct {
		const char *path;
		enum file_kind before, after;
		enum stage_phase phase;
	} puts[] = {
		{"/z/daemon.json", FILE_REGULAR, FILE_REGULAR, PHASE_CONFIG},
		{"/gone", FILE_DIRECTORY, FILE_ABSENT, PHASE_FLAG},
		{"/gone/file", FILE_REGULAR, FILE_ABSENT, PHASE_FLAG},
		{"/a/unit", FILE_REGULAR, FILE_REGULAR, PHASE_FLAG},
		{"/made/file", FILE_ABSENT, FILE_REGULAR, PHASE_METADATA},
		{"/made", FILE_ABSENT, FILE_DIRECTORY, PHASE_CONFIG},
		{"/m", FILE_REGULAR, FILE_REGULAR, PHASE_METADATA},
		{"/d/open", FILE_DIRECTORY, FILE_DIRECTORY, PHASE_SECURE},
		{"/d", FILE_DIRECTORY, FILE_DIRECTORY, PHASE_METADATA},
	};
	static const char *const wanted[] = {"/d",	   "/d/open",	 "/m",
					     "/made",	   "/made/file", "/a/unit",
					     "/gone/file", "/gone",	 "/z/daemon.json"};
	AUTO(stage) struct stage stage = {.control = "1"};
	AUTO_FREE struct staged_file **files = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(puts); i++)
		put(&stage, puts[i].path, (struct file_state){.kind = puts[i].before, .mode = 0777},
		    (struct file_state){.kind = puts[i].after, .mode = 0700},
		    (struct stage_how){.phase = puts[i].phase});
	assert_int_equal(stage_ordered(&stage, &files, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_string_equal(files[i]->path, wanted[i]);
	assert_null(files[ARRAY_SIZE(wanted)]);
}

static void test_secure_wins_for_a_directory(void **state)
{
	AUTO(stage) struct stage stage = {.control = "1"};
	struct file_state before = {.kind = FILE_DIRECTORY, .mode = 0777};
	struct file_state after = {.kind = FILE_DIRECTORY, .mode = 0755};

	(void)state;
	put(&stage, "/d", before, after, metadata);
	put(&stage, "/d", before, after, (struct stage_how){.phase = PHASE_SECURE});
	assert_int_equal(stage.files[0].phase, PHASE_SECURE);
	put(&stage, "/d", before, after, config);
	assert_int_equal(stage.files[0].phase, PHASE_SECURE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_controls_one_change),
		cmocka_unit_test(test_nothing_changes),
		cmocka_unit_test(test_content_is_completed),
		cmocka_unit_test(test_content_without_the_old_one),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_same_acl_and_target),
		cmocka_unit_test(test_blocked_and_by_hand),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_secure_wins_for_a_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
