// SPDX-License-Identifier: Apache-2.0
/*
 * Reading archives: plain and compressed, whole and hostile, within bounds.
 */
#include "tests/unit/tar_fixture.h"

static int read_all(const struct strbuf *b, size_t piece, struct archive_budget *budget,
		    struct strbuf *told, struct error *err)
{
	struct pieces p = pieces_of(b, piece);
	AUTO_PTR(tar) struct tar *tar = NULL;
	struct tar_entry e;
	int r;

	if (tar_open("x.tar", (struct byte_source){pieces_read, &p}, budget, &tar, err) < 0)
		return -1;
	while ((r = tar_next(tar, &e, err)) > 0) {
		char data[16];
		size_t len;

		if (tar_read(tar, data, sizeof(data), &len, err) < 0)
			return -1;
		strbuf_appendf(told, "%s %d %o %llu%s%s%s [%.*s]\n", e.path, e.kind, e.mode,
			       (unsigned long long)e.size, e.target ? " -> " : "",
			       e.target ? e.target : "", e.capabilities ? " caps" : "", (int)len,
			       data);
	}
	return r;
}

static void tells(const struct strbuf *b, size_t piece, const char *expected)
{
	struct archive_budget budget = plenty();
	AUTO(error) struct error err = {0};
	AUTO(strbuf) struct strbuf told = {0};

	if (read_all(b, piece, &budget, &told, &err) < 0)
		fail_msg("%s", error_message(&err));
	assert_string_equal(strbuf_text(&told), expected);
}

static void refuses(const struct strbuf *b, struct archive_budget budget, const char *why)
{
	AUTO(error) struct error err = {0};
	AUTO(strbuf) struct strbuf told = {0};

	assert_int_equal(read_all(b, 4096, &budget, &told, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	if (!strstr(error_message(&err), why))
		fail_msg("'%s' lacks '%s'", error_message(&err), why);
}

static void some_files(struct strbuf *b)
{
	tar_header(b, "bin/", '5', 0755, 0, NULL);
	tar_text(b, "bin/su", 04755, "a program of some length");
	tar_header(b, "bin/su2", '1', 0, 0, "bin/su");
	tar_header(b, "bin/sh", '2', 0777, 0, "su");
	tar_pax(b, "SCHILY.xattr.security.capability", "\1\0\0\2\0", 5);
	tar_text(b, "bin/ping", 0755, "p");
	tar_pax(b, "path", "caf\xc3\xa9/x", 7);
	tar_text(b, "short", 0600, "");
	tar_header(b, "dev/null", '3', 0666, 0, NULL);
	tar_end(b);
}

static const char some_told[] = "bin/ 1 755 0 []\n"
				"bin/su 0 4755 24 [a program of som]\n"
				"bin/su2 3 0 0 -> bin/su []\n"
				"bin/sh 2 777 0 -> su []\n"
				"bin/ping 0 755 1 caps [p]\n"
				"caf\xc3\xa9/x 0 600 0 []\n"
				"dev/null 4 666 0 []\n";

static void entries_are_told(void **state)
{
	static const size_t pieces[] = {1, 7, 511, 512, 513, 65536};
	AUTO(strbuf) struct strbuf b = {0}, gz = {0}, zst = {0};

	(void)state;
	some_files(&b);
	gzip_of(&b, &gz);
	zstd_of(&b, &zst);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		tells(&b, pieces[i], some_told);
		tells(&gz, pieces[i], some_told);
		tells(&zst, pieces[i], some_told);
	}
}

static void empty_archives(void **state)
{
	AUTO(strbuf) struct strbuf b = {0}, gz = {0};

	(void)state;
	tar_end(&b);
	gzip_of(&b, &gz);
	tells(&b, 4096, "");
	tells(&gz, 4096, "");
}

static void what_is_no_archive(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		const char *why;
	} rows[] = {
		{"", 0, "x.tar is no tar archive"},
		{"#!/bin/sh\n", 10, "x.tar is no tar archive"},
		{"\x1f\x8b", 2, "x.tar: unpack it"},
		{"\x1f\x8b\x08\0\0\0\0\0\0\x03\x07", 11, "x.tar: unpack it"},
		{"\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff", 9, "x.tar: unpack it"},
		{"\xfd\x37zXZ\0", 6, "compressed by xz, which is not read"},
		{"BZh91AY", 7, "compressed by bzip2, which is not read"},
	};
	AUTO(strbuf) struct strbuf inner = {0}, once = {0}, twice = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(strbuf) struct strbuf b = {0};

		strbuf_append_bytes(&b, rows[i].data, rows[i].len);
		refuses(&b, plenty(), rows[i].why);
	}
	/* one level is undone, no more: that is how bombs are built */
	some_files(&inner);
	gzip_of(&inner, &once);
	gzip_of(&once, &twice);
	refuses(&twice, plenty(), "x.tar is no tar archive");
}

static void cut_off_everywhere(void **state)
{
	AUTO(strbuf) struct strbuf whole = {0};

	(void)state;
	tar_text(&whole, "a", 0644, "some bytes");
	tar_text(&whole, "b", 0644, "more");
	for (size_t cut = 513; cut < whole.len; cut += 101) {
		struct strbuf b = {.data = whole.data, .len = cut};

		if (cut == 1024)
			continue; /* between two entries: whoever lists them notices */
		refuses(&b, plenty(), "x.tar: read it: ");
	}
}

/* What goes in is small, what comes out is not. */
static void bombs_end_at_the_budget(void **state)
{
	AUTO(strbuf) struct strbuf header = {0}, bomb = {0};
	struct archive_budget budget = plenty();

	(void)state;
	budget.bytes_max = 64 << 20;
	tar_header(&header, "zeros", '0', 0644, (uint64_t)7 << 30, NULL);
	zstd_begin(&bomb);
	zstd_block(&bomb, header.data, header.len, false, false);
	for (int i = 0; i < 60000; i++) /* 7.3 GiB */
		zstd_block(&bomb, "\0", 128 << 10, true, i == 59999);
	assert_true(bomb.len < 300000);
	refuses(&bomb, budget, "holds more than 64 MiB");
	budget = plenty();
	budget.bytes_max = (uint64_t)1 << 40;
	budget.deadline_ms = archive_deadline(50);
	refuses(&bomb, budget, "takes too long");
}

static void entries_end_at_the_budget(void **state)
{
	AUTO(strbuf) struct strbuf b = {0};
	struct archive_budget budget = plenty();

	(void)state;
	for (int i = 0; i < 20; i++)
		tar_text(&b, "a", 0644, "");
	tar_end(&b);
	budget.entries_max = 19;
	refuses(&b, budget, "more than 19 files");
}

/* A name, a pax record, a sparse map of any size is no reason to hold it in memory. */
static void headers_end_somewhere(void **state)
{
	AUTO(strbuf) struct strbuf name = {0}, pax = {0}, sparse = {0}, map = {0};

	(void)state;
	tar_header(&name, "././@LongLink", 'L', 0644, (uint64_t)200 << 20, NULL);
	for (int i = 0; i < 20 << 10; i++)
		tar_bytes(&name, "a long name ..........................................", 50);
	refuses(&name, plenty(), "x.tar: ");

	tar_header(&pax, "PaxHeaders/x", 'x', 0644, (uint64_t)200 << 20, NULL);
	for (int i = 0; i < 20 << 10; i++)
		tar_bytes(&pax, "200 path=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 50);
	refuses(&pax, plenty(), "x.tar: ");

	strbuf_append(&map, "4000000\n");
	for (int i = 0; i < 2000000; i++)
		strbuf_append(&map, "1\n1\n");
	tar_pax(&sparse, "GNU.sparse.major", "1", 1);
	sparse.len -= 1024; /* both records in one header */
	{
		static const char records[] = "22 GNU.sparse.major=1\n"
					      "22 GNU.sparse.minor=0\n"
					      "21 GNU.sparse.name=x\n"
					      "33 GNU.sparse.realsize=100000000\n";
		tar_header(&sparse, "PaxHeaders/x", 'x', 0644, sizeof(records) - 1, NULL);
		tar_bytes(&sparse, records, sizeof(records) - 1);
	}
	tar_header(&sparse, "x", '0', 0644, map.len, NULL);
	tar_bytes(&sparse, map.data, map.len);
	tar_end(&sparse);
	refuses(&sparse, plenty(), "the header of an entry is larger");
}

static void broken_headers(void **state)
{
	AUTO(strbuf) struct strbuf b = {0};

	(void)state;
	tar_text(&b, "a", 0644, "x");
	tar_text(&b, "b", 0644, "x");
	b.data[1024 + 110] ^= 1; /* the second header's owner: its checksum is wrong */
	tar_end(&b);
	refuses(&b, plenty(), "x.tar: read it: ");
}

static int failing_read(void *cookie, const void **ret_data, size_t *ret_len, struct error *err)
{
	int *left = cookie;
	static const char zeros[512];

	*ret_data = zeros;
	*ret_len = sizeof(zeros);
	return (*left)-- > 0 ? 0 : error_set(err, ERROR_REMOTE, 0, "the engine went away");
}

/* The source's own words reach whoever asked. */
static void sources_may_fail(void **state)
{
	(void)state;
	for (int after = 0; after < 2; after++) {
		struct archive_budget budget = plenty();
		AUTO(error) struct error err = {0};
		AUTO_PTR(tar) struct tar *tar = NULL;
		struct tar_entry e;
		int left = after, r = tar_open("x.tar", (struct byte_source){failing_read, &left},
					       &budget, &tar, &err);

		assert_int_equal(r < 0 ? r : tar_next(tar, &e, &err), -1);
		assert_int_equal(err.code, ERROR_REMOTE);
		assert_string_equal(error_message(&err), "the engine went away");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_told),
		cmocka_unit_test(empty_archives),
		cmocka_unit_test(what_is_no_archive),
		cmocka_unit_test(cut_off_everywhere),
		cmocka_unit_test(bombs_end_at_the_budget),
		cmocka_unit_test(entries_end_at_the_budget),
		cmocka_unit_test(headers_end_somewhere),
		cmocka_unit_test(broken_headers),
		cmocka_unit_test(sources_may_fail),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
