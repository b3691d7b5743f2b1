// SPDX-License-Identifier: Apache-2.0
/*
 * Unified diffs: named cases byte by byte; random pairs that a reader of hunks of our own, and in
 * part patch(1), must turn from before into after; texts that differ too much for a fine diff.
 */
#include "harden/text/diff.h"

#include "tests/unit/random_text.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define HEAD "--- a/etc/f\n+++ b/etc/f\n"

struct diff_case {
	const char *name, *before, *after;
	unsigned context;
	const char *out;
};

static const struct diff_case cases[] = {
	{"equal", "a\n", "a\n", 3, ""},
	{"both absent", NULL, NULL, 3, ""},
	{"new file", NULL, "a\nb\n", 3, "--- /dev/null\n+++ b/etc/f\n@@ -0,0 +1,2 @@\n+a\n+b\n"},
	{"new empty file", NULL, "", 3, "--- /dev/null\n+++ b/etc/f\n"},
	{"deleted", "a\n", NULL, 3, "--- a/etc/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"},
	{"filled", "", "a\n", 3, HEAD "@@ -0,0 +1 @@\n+a\n"},
	{"changed line", "a\nb\nc\n", "a\nB\nc\n", 3, HEAD "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"},
	{"no context", "a\nb\nc\n", "a\nB\nc\n", 0, HEAD "@@ -2 +2 @@\n-b\n+B\n"},
	{"inserted, no context", "a\nc\n", "a\nb\nc\n", 0, HEAD "@@ -1,0 +2 @@\n+b\n"},
	{"context is cut", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nX\n6\n7\n8\n9\n", 1,
	 HEAD "@@ -4,3 +4,3 @@\n 4\n-5\n+X\n 6\n"},
	{"two hunks", "1\n2\n3\n4\n5\n", "X\n2\n3\n4\nY\n", 1,
	 HEAD "@@ -1,2 +1,2 @@\n-1\n+X\n 2\n@@ -4,2 +4,2 @@\n 4\n-5\n+Y\n"},
	{"near changes are one hunk", "1\n2\n3\n4\n", "X\n2\n3\nY\n", 1,
	 HEAD "@@ -1,4 +1,4 @@\n-1\n+X\n 2\n 3\n-4\n+Y\n"},
	{"no final newline on both", "a\nb", "A\nb", 3,
	 HEAD "@@ -1,2 +1,2 @@\n-a\n+A\n b\n\\ No newline at end of file\n"},
	{"final newline added", "a", "a\n", 3,
	 HEAD "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"},
	{"final newline removed", "a\n", "a", 3,
	 HEAD "@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n"},
	{"added behind one that looks alike", "{\n}\n", "{\n}\n{\n}\n", 3,
	 HEAD "@@ -1,2 +1,4 @@\n {\n }\n+{\n+}\n"},
	{"a replacement stays together", "a\nb\na\nc\n", "X\na\nc\n", 3,
	 HEAD "@@ -1,4 +1,3 @@\n-a\n-b\n+X\n a\n c\n"},
	{"CRLF is content", "a\r\n", "a\n", 3, HEAD "@@ -1 +1 @@\n-a\r\n+a\n"},
};

static struct blob *blob_of(const char *text)
{
	return text ? blob_new(text, strlen(text)) : NULL;
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct diff_case *c = &cases[i];
		AUTO_PTR(blob) struct blob *before = blob_of(c->before), *after = blob_of(c->after);
		AUTO(strbuf) struct strbuf out = {0};

		assert_int_equal(diff_unified(before, after, "/etc/f", c->context, &out, NULL), 0);
		if (strcmp(strbuf_text(&out), c->out) != 0)
			fail_msg("%s:\n%s\ninstead of\n%s", c->name, strbuf_text(&out), c->out);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *path, *head;
	} names[] = {
		{"etc/f", "--- a/etc/f\n+++ b/etc/f\n"},
		{"/a b", "--- a/a b\t\n+++ b/a b\t\n"},
		{"/a\nb", "--- \"a/a\\012b\"\n+++ \"b/a\\012b\"\n"},
		{"/a\"\033", "--- \"a/a\\042\\033\"\n+++ \"b/a\\042\\033\"\n"},
	};
	AUTO_PTR(blob) struct blob *before = blob_of("a\n"), *after = blob_of("b\n");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO(strbuf) struct strbuf out = {0};

		assert_int_equal(diff_unified(before, after, names[i].path, 3, &out, NULL), 0);
		if (!str_starts(out.data, names[i].head))
			fail_msg("%s", out.data);
	}
}

static void test_binary(void **state)
{
	AUTO_PTR(blob) struct blob *before = blob_new("a\0b", 3), *after = blob_of("b\n");
	AUTO(strbuf) struct strbuf out = {0};

	(void)state;
	assert_int_equal(diff_unified(before, after, "/x", 3, &out, NULL), 0);
	assert_string_equal(out.data, "Binary files a/x and b/x differ\n");
	out.len = 0;
	assert_int_equal(diff_unified(NULL, before, "/x", 3, &out, NULL), 0);
	assert_string_equal(out.data, "Binary files /dev/null and b/x differ\n");
}

static void test_display(void **state)
{
	static const char in[] = "a\tb\n\033[31m\r\x7f\xff\xc2\x9b\xe2\x80\xae\xc3\xa4";
	AUTO(strbuf) struct strbuf out = {0};

	(void)state;
	assert_int_equal(diff_display(in, sizeof(in) - 1, &out, NULL), 0);
	assert_string_equal(out.data, "a\tb\n\\x1B[31m\\x0D\\x7F\\xFF\\u{009B}\\u{202E}\xc3\xa4");
}

static struct blob *random_lines(struct random *r, unsigned count)
{
	static const char *const lines[] = {"a\n",  "b\n", "c\n",  "}\n",
					    "},\n", "\n",  "-x\n", "+y\n"};
	AUTO(strbuf) struct strbuf b = {0};

	for (unsigned i = 0; i < count; i++)
		strbuf_append(&b, random_of(r, lines, ARRAY_SIZE(lines)));
	if (random_below(r, 4) == 0)
		strbuf_append(&b, "end");
	return blob_from_strbuf(&b);
}

/* Some lines dropped, some added. */
static struct blob *random_change(struct random *r, const struct blob *from)
{
	AUTO(strbuf) struct strbuf b = {0};
	unsigned rate = 2 + random_below(r, 20);

	for (const char *p = from->data, *end = p + from->len; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t len = newline ? (size_t)(newline - p) + 1 : (size_t)(end - p);

		if (random_below(r, rate) == 0)
			strbuf_append(&b, random_below(r, 2) ? "new\n" : "a\n");
		if (random_below(r, rate) != 0)
			strbuf_append_bytes(&b, p, len);
		p += len;
	}
	return blob_from_strbuf(&b);
}

/* The after side of a whole diff (context over everything), minus the marks. */
static void apply_whole(const char *diff, char drop, struct strbuf *out)
{
	const char *p = strstr(diff, "@@ -");

	p = p ? strchr(p, '\n') + 1 : "";
	while (*p) {
		const char *next = strchr(p, '\n') + 1;
		bool no_newline = *next == '\\';

		if (*p != drop)
			strbuf_append_bytes(out, p + 1, (size_t)(next - p) - 1 - no_newline);
		p = no_newline ? strchr(next, '\n') + 1 : next;
	}
}

static void check_pair(const struct blob *before, const struct blob *after)
{
	AUTO(strbuf) struct strbuf diff = {0};
	AUTO(strbuf) struct strbuf old = {0};
	AUTO(strbuf) struct strbuf new = {0};

	assert_int_equal(diff_unified(before, after, "f", 1000000, &diff, NULL), 0);
	if (blob_equal(before, after)) {
		assert_int_equal(diff.len, 0);
		return;
	}
	apply_whole(diff.data, '+', &old);
	apply_whole(diff.data, '-', &new);
	if (strcmp(strbuf_text(&old), before->data) != 0 ||
	    strcmp(strbuf_text(&new), after->data) != 0)
		fail_msg("wrong diff:\n%s\nof\n%s\nand\n%s", diff.data, before->data, after->data);
}

static void test_random_pairs(void **state)
{
	struct random r = {31337};

	(void)state;
	for (int i = 0; i < 4000; i++) {
		AUTO_PTR(blob) struct blob *before = random_lines(&r, random_below(&r, 30));
		AUTO_PTR(blob)
		struct blob *after = random_below(&r, 3) ? random_change(&r, before)
							 : random_lines(&r, random_below(&r, 30));

		check_pair(before, after);
	}
}

/* Thousands of lines that have nothing in common, and more lines than are compared one by one. */
static void test_coarse(void **state)
{
	struct random r = {5};

	(void)state;
	for (int i = 0; i < 2; i++) {
		AUTO(strbuf) struct strbuf a = {0};
		AUTO(strbuf) struct strbuf b = {0};
		AUTO_PTR(blob) struct blob *before = NULL, *after = NULL;

		for (int j = 0; j < (i ? 15000 : 1500); j++) {
			strbuf_appendf(&a, "a%u\n", random_below(&r, 1000));
			strbuf_appendf(&b, "%c%u\n", i && j % 2 ? 'a' : 'b',
				       random_below(&r, 1000));
		}
		before = blob_from_strbuf(&a);
		after = blob_from_strbuf(&b);
		check_pair(before, after);
	}
}

static void write_file(int dir, const char *name, const char *data, size_t len)
{
	AUTO_CLOSE int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
}

/* patch(1) in the directory; returns its exit status. */
static int run_patch(const char *dir)
{
	const char *const argv[] = {"patch", "--silent", "--fuzz=0", "--no-backup-if-mismatch",
				    "-p1",   "-d",	 dir,	     "-i",
				    "diff",  NULL};
	const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
	int status;
	pid_t pid;

	assert_int_equal(posix_spawnp(&pid, "patch", NULL, NULL, (char *const *)argv,
				      (char *const *)environment),
			 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_file(int dir, const struct blob *expected)
{
	AUTO_CLOSE int fd = openat(dir, "f", O_RDONLY | O_CLOEXEC);
	char data[4096];
	ssize_t n = fd < 0 ? 0 : read(fd, data, sizeof(data)); /* patch removes emptied files */

	assert_int_equal(n, (ssize_t)expected->len);
	assert_memory_equal(data, expected->data, expected->len);
}

static void test_patch_accepts(void **state)
{
	char path[] = "/tmp/harden-diff-XXXXXX";
	AUTO_CLOSE int dir = mkdtemp(path) ? open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC) : -1;
	struct random r = {99};

	(void)state;
	assert_true(dir >= 0);
	for (int i = 0; i < 150; i++) {
		AUTO_PTR(blob) struct blob *before = random_lines(&r, random_below(&r, 60));
		AUTO_PTR(blob) struct blob *after = random_change(&r, before);
		AUTO(strbuf) struct strbuf diff = {0};

		if (blob_equal(before, after))
			continue;
		assert_int_equal(diff_unified(before, after, "f", i % 4, &diff, NULL), 0);
		write_file(dir, "f", before->data, before->len);
		write_file(dir, "diff", diff.data, diff.len);
		if (run_patch(path) != 0)
			fail_msg("patch refuses:\n%s\nof\n%s", diff.data, before->data);
		check_file(dir, after);
	}
	(void)unlinkat(dir, "f", 0);	/* may be gone */
	(void)unlinkat(dir, "diff", 0); /* cleaning up */
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),	      cmocka_unit_test(test_names),
		cmocka_unit_test(test_binary),	      cmocka_unit_test(test_display),
		cmocka_unit_test(test_random_pairs),  cmocka_unit_test(test_coarse),
		cmocka_unit_test(test_patch_accepts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
