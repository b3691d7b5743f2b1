// SPDX-License-Identifier: Apache-2.0
/*
 * Directories, patterns and trees in the staged view.
 */
#include "harden/host/look_file.h"
#include "tests/unit/tree_fixture.h"

#include <sys/resource.h>

#define TREE                                                                                       \
	"@/a/one.conf\n1\n@/a/two.conf\n2\n@/a/.hidden.conf\n3\n@/a/note.txt\n4\n"                 \
	"@/a/sub/deep.conf\n5\n@/a/sub/sub/x\n6\n@/b/one.conf\n7\n@/a/link.conf -> /b/one.conf\n"  \
	"@/a/gone.conf -> nowhere\n@/c -> /a\n@/circle/self -> .\n@/circle/up -> ..\n"             \
	"@/circle/f\n8\n"

static void joined(const struct strv *names, struct strbuf *out)
{
	strbuf_append(out, "");
	for (size_t i = 0; i < names->len; i++)
		strbuf_appendf(out, "%s%s", i ? " " : "", names->items[i]);
}

static void patterns_match_by_component(void **state)
{
	static const struct {
		const char *pattern, *found;
	} cases[] = {
		{"/a/*.conf", "/a/gone.conf /a/link.conf /a/one.conf /a/two.conf"},
		{"/a/.*.conf", "/a/.hidden.conf"},
		{"/*/one.conf", "/a/one.conf /b/one.conf /c/one.conf"},
		{"/a/[ot]*.conf", "/a/one.conf /a/two.conf"},
		{"/a/???.conf", "/a/one.conf /a/two.conf"},
		{"/a/one.conf", "/a/one.conf"},
		{"/a/none.conf", ""},
		{"/none/*.conf", ""},
		{"/a/one.conf/*", ""},
		{"/c/t*", "/c/two.conf"},
		{"/a/*/*", "/a/sub/deep.conf /a/sub/sub"},
		{"/a/[", ""},
		{"/a/sub/**", "/a/sub/deep.conf /a/sub/sub/x"},
		{"/a/**", "/a/.hidden.conf /a/link.conf /a/note.txt /a/one.conf /a/sub/deep.conf "
			  "/a/sub/sub/x /a/two.conf"},
		{"/none/**", ""},
		{"/a/one.conf/**", ""},
		{"/circle/**", "/circle/f /circle/self/f"},
	};
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(strv) struct strv found = {0};
		AUTO(strbuf) struct strbuf text = {0};
		struct error err = {0};

		if (look_glob(&t.host, cases[i].pattern, &found, &err) < 0)
			fail_msg("%s: %s", cases[i].pattern, error_message(&err));
		joined(&found, &text);
		if (strcmp(text.data, cases[i].found) != 0)
			fail_msg("%s: %s", cases[i].pattern, text.data);
	}
	tree_close(&t);
}

static void staged_names_are_listed(void **state)
{
	struct file_state file = {.kind = FILE_REGULAR, .mode = 0644};
	struct file_state gone = {.kind = FILE_ABSENT};
	AUTO(strv) struct strv names = {0}, found = {0}, fresh = {0};
	AUTO(strbuf) struct strbuf text = {0}, globbed = {0};
	struct look look;
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	tree_stage(&t, "/b/new.conf", file);
	tree_stage(&t, "/b/sub", (struct file_state){.kind = FILE_DIRECTORY, .mode = 0755});
	tree_stage(&t, "/b/sub/inner", file);
	tree_stage(&t, "/bb", file);
	tree_stage(&t, "/d", (struct file_state){.kind = FILE_DIRECTORY, .mode = 0755});
	tree_stage(&t, "/d/x", file);
	assert_int_equal(look_file(&t.host, "/b/one.conf", 0, &look, NULL), 0);
	assert_int_equal(look_stage(&t.host, &look, &gone, (struct stage_how){0}, NULL), 0);
	look_done(&look);
	assert_int_equal(look_directory(&t.host, "/b", &names, NULL), 0);
	joined(&names, &text);
	assert_string_equal(text.data, "new.conf sub");
	assert_int_equal(look_glob(&t.host, "/b/**", &found, NULL), 0);
	joined(&found, &globbed);
	assert_string_equal(globbed.data, "/b/new.conf /b/sub/inner");
	assert_int_equal(look_directory(&t.host, "/d", &fresh, NULL), 0);
	assert_int_equal(fresh.len, 1);
	tree_close(&t);
}

static void odd_directories_are_empty(void **state)
{
	static const char *const paths[] = {"/none", "/a/one.conf", "/a/one.conf/x"};
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		AUTO(strv) struct strv names = {0};

		assert_int_equal(look_directory(&t.host, paths[i], &names, NULL), 0);
		assert_int_equal(names.len, 0);
	}
	tree_close(&t);
}

/* Directories nested by a hostile user end in an error, not in exhausted memory. */
static void a_bottomless_tree_is_refused(void **state)
{
	AUTO(strv) struct strv found = {0};
	struct error err = {0};
	char path[512] = "/deep";
	struct tree t;

	(void)state;
	tree_open(&t, TREE);
	for (int i = 0; i < 60; i++)
		strncat(path, "/d", sizeof(path) - strlen(path) - 1);
	strncat(path, "/f", sizeof(path) - strlen(path) - 1);
	tree_file(&t, path, 0644);
	assert_int_equal(look_glob(&t.host, "/deep/**", &found, &err), -1);
	assert_int_equal(err.code, ERROR_UNSAFE);
	assert_non_null(strstr(error_message(&err), "nested too deeply"));
	error_done(&err);
	tree_close(&t);
}

/* More directories than descriptors are kept: they are opened again. */
static void many_directories_need_few_descriptors(void **state)
{
	AUTO(strv) struct strv found = {0};
	struct rlimit limit, few;
	struct look look;
	struct tree t;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	few = limit;
	few.rlim_cur = 400;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	tree_open(&t, TREE);
	for (int i = 0; i < 1100; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "/many/%04d/f", i);
		tree_file(&t, path, 0644);
	}
	assert_int_equal(look_glob(&t.host, "/many/**", &found, NULL), 0);
	assert_int_equal(found.len, 1100);
	assert_int_equal(look_file(&t.host, "/many/0000/f", LOOK_CONTENT, &look, NULL), 0);
	assert_string_equal(look.state.content->data, "x\n");
	look_done(&look);
	tree_close(&t);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_by_component),
		cmocka_unit_test(staged_names_are_listed),
		cmocka_unit_test(odd_directories_are_empty),
		cmocka_unit_test(a_bottomless_tree_is_refused),
		cmocka_unit_test(many_directories_need_few_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
