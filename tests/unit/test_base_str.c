// SPDX-License-Identifier: Apache-2.0
/*
 * Strings, buffers, lists, blobs and errors.
 */
#include "harden/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static void prefix_and_suffix(void **state)
{
	(void)state;
	assert_true(str_starts("docker.service", "docker"));
	assert_false(str_starts("dock", "docker"));
	assert_true(str_ends("a.rules", ".rules"));
	assert_false(str_ends("rules", ".rules"));
	assert_true(str_equal(NULL, NULL));
	assert_false(str_equal(NULL, ""));
}

static void nearest_name(void **state)
{
	static const char *const names[] = {"rollback", "recover", "history", "lint"};

	(void)state;
	assert_string_equal(str_nearest("rolback", names, 4), "rollback");
	assert_string_equal(str_nearest("lynt", names, 4), "lint");
	assert_null(str_nearest("zzzzzzzz", names, 4));
	assert_null(str_nearest("x", NULL, 0));
}

static void nearest_of_an_endless_word_is_none(void **state)
{
	static const char *const names[] = {"lint"};
	char word[200];

	(void)state;
	memset(word, 'l', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_null(str_nearest(word, names, 1));
}

static void buffer_grows(void **state)
{
	AUTO(strbuf) struct strbuf b = {0};
	AUTO_FREE char *text = NULL;

	(void)state;
	assert_string_equal(strbuf_text(&b), "");
	for (int i = 0; i < 1000; i++)
		strbuf_appendf(&b, "%d,", i % 10);
	assert_int_equal(b.len, 2000);
	strbuf_append_hex(&b, "\x00\xff", 2);
	assert_int_equal(strbuf_take(&b, &text, NULL), 0);
	assert_string_equal(text + 1996, "8,9,00ff");
	assert_int_equal(b.len, 0);
}

static void buffer_latches_what_cannot_be(void **state)
{
	AUTO(strbuf) struct strbuf b = {0};
	AUTO(error) struct error err = {0};
	char *text = NULL;

	(void)state;
	strbuf_append(&b, "kept");
	strbuf_append_bytes(&b, NULL, SIZE_MAX / 2);
	strbuf_append(&b, "lost");
	assert_null(strbuf_text(&b));
	assert_int_equal(strbuf_take(&b, &text, &err), -1);
	assert_null(text);
	assert_int_equal(err.code, ERROR_NOMEM);
}

/* Whether the size is known, unknown or told wrongly. */
static void buffer_reads_to_the_end(void **state)
{
	static const size_t told[] = {0, 1, 9999, 10000, 10001, 1 << 20};
	char data[10000];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i % 251);
	for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
		AUTO(strbuf) struct strbuf b = {0};
		AUTO_CLOSE int fd = memfd_create("test", MFD_CLOEXEC);

		assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		strbuf_append(&b, "before");
		assert_int_equal(strbuf_read(&b, fd, told[i], sizeof(data) + 6), 0);
		assert_int_equal(b.len, sizeof(data) + 6);
		assert_memory_equal(b.data, "before", 6);
		assert_memory_equal(b.data + 6, data, sizeof(data));
		assert_int_equal(b.data[b.len], 0);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_int_equal(strbuf_read(&b, fd, told[i], sizeof(data)), -1);
		assert_int_equal(errno, EFBIG);
	}
}

static void buffer_tells_why_it_cannot_read(void **state)
{
	AUTO(strbuf) struct strbuf b = {0};
	AUTO_CLOSE int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(strbuf_read(&b, fd, 0, 10), -1);
	assert_int_equal(errno, EISDIR);
	assert_string_equal(strbuf_text(&b), "");
}

static void lists_split_sort_and_copy(void **state)
{
	AUTO(strv) struct strv v = {0}, copy = {0};

	(void)state;
	assert_int_equal(strv_split(&v, " 2.2,, 1.1 3", ", ", NULL), 0);
	assert_int_equal(v.len, 3);
	assert_int_equal(strv_add_once(&v, "1.1", NULL), 0);
	assert_int_equal(v.len, 3);
	strv_sort(&v);
	assert_string_equal(v.items[0], "1.1");
	assert_string_equal(v.items[2], "3");
	assert_int_equal(strv_copy(&copy, &v, NULL), 0);
	assert_int_equal(strv_addf(&copy, NULL, "%d", 7), 0);
	assert_true(strv_has(&copy, "7"));
	assert_false(strv_has(&v, "7"));
	assert_int_equal(strv_take(&copy, NULL, NULL), -1);
}

static void blobs_are_shared(void **state)
{
	AUTO_PTR(blob) struct blob *a = blob_new("ab\0c", 4), *b = blob_new("ab\0d", 4);
	AUTO_PTR(blob) struct blob *same = blob_ref(a);
	AUTO(strbuf) struct strbuf empty = {0};
	AUTO_PTR(blob) struct blob *none = blob_from_strbuf(&empty);

	(void)state;
	assert_true(blob_equal(a, same));
	assert_false(blob_equal(a, b));
	assert_false(blob_equal(a, NULL));
	assert_true(blob_equal(NULL, NULL));
	assert_int_equal(a->refs, 2);
	assert_int_equal(none->len, 0);
	assert_null(blob_new("", SIZE_MAX));
	assert_null(blob_ref(NULL));
}

static void errors_gather_context(void **state)
{
	AUTO(error) struct error err = {0}, moved = {0};

	(void)state;
	assert_int_equal(error_set(&err, ERROR_SYS, ENOENT, "open %s", "/x"), -1);
	assert_string_equal(error_message(&err), "open /x: No such file or directory");
	assert_int_equal(error_wrap(&err, "control %s", "2.2"), -1);
	assert_string_equal(error_message(&err), "control 2.2: open /x: No such file or directory");
	error_resource(&err, "/x");
	error_resource(&err, "/farther");
	error_next(&err, "make %s", "it");
	error_next(&err, "something else");
	assert_string_equal(err.resource, "/x");
	assert_string_equal(err.next, "make it");
	error_copy(&moved, &err);
	assert_string_equal(error_message(&moved), error_message(&err));
	error_move(&moved, &err);
	assert_int_equal(err.code, ERROR_NONE);
	assert_int_equal(moved.sys, ENOENT);
	assert_string_equal(error_code_name(moved.code), "sys");
	assert_int_equal(error_set(NULL, ERROR_SYS, 0, "nobody listens"), -1);
	error_move(NULL, &moved);
	assert_null(moved.message);
	assert_string_equal(error_message(&(struct error){.code = ERROR_NOMEM}), "out of memory");
	assert_string_equal(error_message(&(struct error){.code = ERROR_BUSY}), "busy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefix_and_suffix),
		cmocka_unit_test(nearest_name),
		cmocka_unit_test(nearest_of_an_endless_word_is_none),
		cmocka_unit_test(buffer_grows),
		cmocka_unit_test(buffer_latches_what_cannot_be),
		cmocka_unit_test(buffer_reads_to_the_end),
		cmocka_unit_test(buffer_tells_why_it_cannot_read),
		cmocka_unit_test(lists_split_sort_and_copy),
		cmocka_unit_test(blobs_are_shared),
		cmocka_unit_test(errors_gather_context),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
