// SPDX-License-Identifier: Apache-2.0
/*
 * Lists in pieces: however the bytes are cut, the elements are the same, and so is the mistake.
 */
#include "harden/text/json_split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct split_case {
	const char *text, *member;
	const char *elements; /* each in <>; NULL: a mistake */
	const char *mistake;
};

static const struct split_case cases[] = {
	{"[]", NULL, "", NULL},
	{" [ \n ] \t", NULL, "", NULL},
	{"null", NULL, "", NULL},
	{" null\n", NULL, "", NULL},
	{"[1]", NULL, "<1>", NULL},
	{"[1 , \"a,]\" ,{\"b\":[1,2]},[[]]]", NULL, "<1><\"a,]\"><{\"b\":[1,2]}><[[]]>", NULL},
	{"[\"\\\"]\",\"\\\\\",\"\\\\\\\"[\"]", NULL, "<\"\\\"]\"><\"\\\\\"><\"\\\\\\\"[\">", NULL},
	{"[{\"a\":\"}\"}]", NULL, "<{\"a\":\"}\"}>", NULL},
	{"[1,]", NULL, "<1><>", NULL},
	{"[,1]", NULL, "<><1>", NULL},
	{"{\"v\":[1,2]}", "v", "<1><2>", NULL},
	{"{ \"a\" : [7,{\"v\":[8]}] , \"v\" : [ 1 ] , \"b\":{} }\n", "v", "<1>", NULL},
	{"{\"v\":null,\"w\":[1]}", "v", "", NULL},
	{"{\"w\":{\"v\":[1]}}", "v", "", NULL},
	{"{\"w\":\"v\",\"x\":[1]}", "v", "", NULL},
	{"{\"x\":[{\"v\":1}],\"y\":\"\\\"v\\\":[3]\",\"v\":[2]}", "v", "<2>", NULL},
	{"{}", "v", "", NULL},
	{"", NULL, NULL, "there is no text"},
	{" \n", NULL, NULL, "there is no text"},
	{"nul", NULL, NULL, "this is no list"},
	{"\"[]\"", NULL, NULL, "this is no list"},
	{"{\"a\":1}", NULL, NULL, "this is a map"},
	{"[1", NULL, NULL, "is cut off"},
	{"[\"1]", NULL, NULL, "is cut off"},
	{"[\"\\\"]", NULL, NULL, "is cut off"},
	{"[[1]", NULL, NULL, "is cut off"},
	{"[{]", NULL, NULL, "is cut off"},
	{"[1}", NULL, NULL, "closes that was not opened"},
	{"]", NULL, NULL, "closes that was not opened"},
	{"[]]", NULL, NULL, "closes that was not opened"},
	{"[][]", NULL, NULL, "something follows"},
	{"[] x", NULL, NULL, "something follows"},
	{"[1] {}", NULL, NULL, "something follows"},
	{"{\"v\":[1]} 2", "v", NULL, "something follows"},
	{"{\"v\":[1]", "v", NULL, "is cut off"},
	{"{\"v\":[1]]", "v", NULL, "closes that was not opened"},
	{"{\"v\":{}}", "v", NULL, "this is a map"},
	{"{\"v\":\"x\"}", "v", NULL, "the member is no list"},
	{"{\"v\":3,\"w\":[1]}", "v", NULL, "the member is no list"},
	{"{\"v\":[],\"v\":[1]}", "v", NULL, "is there twice"},
	{"[{\"v\":[1]}]", "v", NULL, "this is a list"},
	{"null", "v", NULL, "this is no list"},
	{"[1,\"0123456789012345678901234567890\"]", NULL, NULL, "larger than is read"},
	{"[0123456789012345678901234567890]", NULL, NULL, "larger than is read"},
};

static int take(void *cookie, const char *text, size_t len, struct error *err)
{
	struct strbuf *out = cookie;

	(void)err;
	strbuf_append_char(out, '<');
	strbuf_append_bytes(out, text, len);
	strbuf_append_char(out, '>');
	return 0;
}

/* Feeds in pieces of that size. */
static int split(const struct split_case *c, size_t piece, struct strbuf *out, struct error *err)
{
	struct json_split s = {
		.file = "f", .member = c->member, .max = 30, .take = take, .cookie = out};
	size_t len = strlen(c->text);
	int r = 0;

	for (size_t at = 0; at < len && r == 0; at += piece)
		r = json_split_feed(&s, c->text + at, len - at < piece ? len - at : piece, err);
	if (r == 0)
		r = json_split_end(&s, err);
	json_split_done(&s);
	return r;
}

static void check(const struct split_case *c, size_t piece)
{
	AUTO(strbuf) struct strbuf out = {0};
	AUTO(error) struct error err = {0};
	int r = split(c, piece, &out, &err);

	if (c->elements && (r != 0 || strcmp(strbuf_text(&out), c->elements) != 0))
		fail_msg("%s by %zu: %d, %s, %s", c->text, piece, r, strbuf_text(&out),
			 error_message(&err));
	if (!c->elements &&
	    (r != -1 || err.code != ERROR_FORMAT || !strstr(error_message(&err), c->mistake)))
		fail_msg("%s by %zu: %d, %s, expected %s", c->text, piece, r, error_message(&err),
			 c->mistake);
}

static void test_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t piece = 1; piece <= strlen(cases[i].text) + 1; piece++)
			check(&cases[i], piece);
}

static int refuse_second(void *cookie, const char *text, size_t len, struct error *err)
{
	size_t *seen = cookie;

	(void)text;
	(void)len;
	return ++*seen == 2 ? error_set(err, ERROR_CONFLICT, 0, "enough") : 0;
}

static void test_stop(void **state)
{
	AUTO(error) struct error err = {0};
	size_t seen = 0;
	struct json_split s = {.file = "f", .max = 30, .take = refuse_second, .cookie = &seen};

	(void)state;
	assert_int_equal(json_split_feed(&s, "[1,2,3]", 7, &err), -1);
	assert_int_equal(err.code, ERROR_CONFLICT);
	assert_int_equal(seen, 2);
	assert_int_equal(s.count, 2);
	json_split_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
