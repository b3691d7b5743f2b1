// SPDX-License-Identifier: Apache-2.0
/*
 * jq expressions: compiled together, run by choice, stopped when they do not end, and blind to
 * everything but their input.
 */
#include "harden/text/jq.h"
#include "harden/text/json.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#define TEXTS_MAX 8

/* Runs all texts on the input; the results as compact JSON. Caller frees. */
static char *run_limited(const char *library, const char *const *texts, const char *input,
			 long limit_ms)
{
	AUTO(error) struct error err = {0};
	AUTO_PTR(queries) struct queries *queries = NULL;
	AUTO_PTR(jq_data) struct jq_data *data = NULL, *env = NULL;
	AUTO_PTR(value) struct value *results = NULL, *map = value_map();
	AUTO_PTR(blob) struct blob *blob = library ? blob_new(library, strlen(library)) : NULL;
	static const char *const names[] = {"with", NULL};
	bool wanted[TEXTS_MAX];
	size_t count = 0;
	char *text = NULL;

	for (; texts[count]; count++)
		wanted[count] = true;
	assert_int_equal(value_set(map, "with", value_text("W"), &err), 0);
	assert_int_equal(jq_data_from(map, &env, &err), 0);
	if (queries_compile(blob, names, texts, count, &queries, &err) < 0)
		fail_msg("%s", error_message(&err));
	if (limit_ms)
		queries_limit(queries, limit_ms);
	assert_int_equal(jq_data_parse(input, strlen(input), "input", &data, &err), 0);
	if (queries_run(queries, env, wanted, data, &results, &err) < 0)
		fail_msg("%s", error_message(&err));
	assert_int_equal(json_to_text(results, &text, &err), 0);
	return text;
}

static void runs(const char *library, const char *program, const char *input, const char *expected)
{
	const char *const texts[] = {program, NULL};
	AUTO_FREE char *got = run_limited(library, texts, input, 0);

	if (strcmp(got, expected) != 0)
		fail_msg("%s on %s: %s, expected %s", program, input, got, expected);
}

static void results_come_as_values(void **state)
{
	(void)state;
	runs(NULL, ".a", "{\"a\":1}", "[[1]]");
	runs(NULL, ".a[]", "{\"a\":[1,\"x\",null,true,{\"b\":2}]}",
	     "[[1,\"x\",null,true,{\"b\":2}]]");
	runs(NULL, "empty", "1", "[[]]");
	runs(NULL, "{b:1,a:2}", "1", "[[{\"a\":2,\"b\":1}]]");
	runs(NULL, ".", "9007199254740991", "[[9007199254740991]]");
	runs(NULL, ".", "1.5", "[[1.5]]");
	runs(NULL, ".", "\"a\\u0000b\"",
	     "[[\"a\xef\xbf\xbd"
	     "b\"]]");
	runs(NULL, "nan", "1", "[[null]]");
	runs(NULL, "$with", "1", "[[\"W\"]]");
	runs("def twice: . * 2;", "twice", "4", "[[8]]");
	runs(NULL, "def f: 1; f, 2 # a remark", "0", "[[1,2]]");
	runs(NULL, "[range(3000)] | length, (range(3000) | empty)", "0", "[[3000]]");
}

static void an_error_is_a_text(void **state)
{
	static const char *const texts[] = {"error(\"cannot look\")", "1", "error({a: 1})", ".a.b",
					    NULL};
	AUTO_FREE char *got = run_limited(NULL, texts, "{\"a\":3}", 0);

	(void)state;
	assert_string_equal(got, "[\"cannot look\",[1],\"{\\\"a\\\":1}\","
				 "\"Cannot index number with string \\\"b\\\"\"]");
}

/* Its memory and time are bounded by the number of results and by the clock. */
static void what_does_not_end_is_stopped(void **state)
{
	static const char *const texts[] = {
		"1", "def f: f; f", "2", "[limit(3; repeat(7))]", "last(range(1e12))", NULL};
	static const char *const many[] = {"repeat(1)", NULL};
	struct timespec before, after;
	AUTO_FREE char *got = NULL, *counted = NULL;

	(void)state;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &before), 0);
	got = run_limited(NULL, texts, "0", 1000);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &after), 0);
	assert_string_equal(got, "[[1],\"this expression took more than 1 seconds\",[2],[[7,7,7]],"
				 "\"this expression took more than 1 seconds\"]");
	assert_in_range(after.tv_sec - before.tv_sec, 2, 10);
	counted = run_limited(NULL, many, "0", 0);
	assert_int_equal(strlen(counted), 2 * JQ_RESULTS + 3);
}

/* Nothing of the process, the disk or another input is seen, and nothing is ended or printed. */
static void it_sees_only_its_input(void **state)
{
	char home[] = "/tmp/harden-jq-XXXXXX", path[64];
	AUTO_FREE char *saved = strdup(getenv("HOME") ? getenv("HOME") : "/");
	AUTO_CLOSE int fd = -1;

	(void)state;
	assert_non_null(mkdtemp(home));
	(void)snprintf(path, sizeof(path), "%s/.jq", home);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "def length: 99;", 15), 15);
	assert_int_equal(setenv("HOME", home, 1), 0);
	runs(NULL, "length", "[1]", "[[1]]");
	runs(NULL, "env", "0", "[[{}]]");
	runs(NULL, "$ENV", "0", "[[{}]]");
	runs(NULL, "input", "0", "[\"there is no further input\"]");
	runs(NULL, "inputs", "0", "[[]]");
	runs(NULL, "\"x\" | halt_error", "0", "[\"x\"]");
	runs(NULL, "halt", "0", "[\"halt\"]");
	runs(NULL, "\"x\" | debug, stderr", "0", "[[\"x\",\"x\"]]");
	runs(NULL, "\"m\" | modulemeta", "0", "[\"there are no modules\"]");
	runs(NULL, "get_search_list", "0", "[[[]]]");
	assert_int_equal(setenv("HOME", saved, 1), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(home), 0);
}

static void hostile_input_is_read_or_refused(void **state)
{
	AUTO(error) struct error err = {0};
	AUTO_PTR(jq_data) struct jq_data *data = NULL;
	char deep[2001];

	(void)state;
	memset(deep, '[', 2000);
	deep[2000] = '\0';
	assert_int_equal(jq_data_parse(deep, 2000, "GET /x", &data, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	assert_non_null(strstr(error_message(&err), "GET /x"));
	error_done(&err);
	assert_int_equal(jq_data_parse("{\"a\":", 5, "GET /x", &data, &err), -1);
	error_done(&err);
	assert_int_equal(jq_data_parse("", 0, "GET /x", &data, &err), -1);
	error_done(&err);
	assert_int_equal(jq_data_parse("1 2", 3, "GET /x", &data, &err), -1);
	runs(NULL, ".", "9223372036854775807", "[[9.2233720368547758e18]]");
	runs(NULL, "length", "\"\xff\xfe\"", "[[2]]");
	runs(NULL, ".a", "{\"a\":1,\"a\":2}", "[[2]]");
}

struct reports {
	struct strbuf text;
};

static void keep_report(void *cookie, size_t index, unsigned line, unsigned column,
			const char *message)
{
	struct reports *r = cookie;

	strbuf_appendf(&r->text, "%zu:%u:%u: %s\n", index, line, column, message);
}

static void checks(const char *library, const char *const *texts, const char *expected)
{
	AUTO(error) struct error err = {0};
	AUTO_PTR(blob) struct blob *blob = library ? blob_new(library, strlen(library)) : NULL;
	struct reports reports = {0};
	size_t count = 0;

	while (texts[count])
		count++;
	if (queries_check(blob, jq_no_names, texts, count, keep_report, &reports, &err) < 0)
		strbuf_appendf(&reports.text, "error: %s\n", error_message(&err));
	assert_string_equal(strbuf_text(&reports.text), expected);
	strbuf_done(&reports.text);
}

static void mistakes_have_a_place(void **state)
{
	static const char *const good[] = {".", "def a: 1; a", NULL};
	static const char *const unknown[] = {"1", ".a | foo(1)", "2", "3\n | $zz\n | bar", NULL};
	static const char *const syntax[] = {"1", ".a |\n @{", "2", NULL};
	static const char *const open[] = {"select((.a)", NULL};
	static const char *const closed[] = {"1) | (2", NULL};
	static const char *const import[] = {"import \"m\" as m; 1", NULL};
	static const char *const nothing[] = {"1", "", NULL};
	static const char *const of_library[] = {"1", "lib", NULL};

	(void)state;
	checks("def lib: 1;", good, "");
	checks(NULL, unknown,
	       "1:1:6: foo/1 is not defined\n3:2:4: $zz is not defined\n"
	       "3:3:4: bar/0 is not defined\n");
	checks("\n\n\n", syntax, "1:2:0: syntax error, unexpected INVALID_CHARACTER\n");
	checks(NULL, open, "0:1:0: syntax error, unexpected $end\n");
	checks(NULL, closed, "");
	checks(NULL, import, "0:1:0: syntax error, unexpected import\n");
	checks(NULL, nothing, "1:1:0: syntax error, unexpected ')'\n");
	checks("def a: 1;\ndef lib: c;", of_library,
	       "1:1:0: c/0 is not defined, in line 2 of the library of definitions\n");
	checks("def a: 1;\ndef b: @{;", good,
	       "error: the library of definitions:2: syntax error, unexpected "
	       "INVALID_CHARACTER\n");
}

/* Several programs, compiled behind us: each result where its text stands, each mistake told. */
static void programs_are_compiled_behind(void **state)
{
	static const char *const names[] = {NULL};
	static const char *const texts[] = {".a", ".b", ".c", "helper", ".a + .b"};
	static const char *const wrong[] = {".a", ".b", "nobody", ".c", "."};
	static const unsigned program_of[] = {0, 1, 2, 1, 0};
	AUTO_PTR(blob) struct blob *library = blob_new("def helper: 7;", 14);
	AUTO_PTR(jq_data) struct jq_data *data = NULL, *env = NULL;
	AUTO_PTR(value) struct value *map = value_map();
	char **environment = environ;
	AUTO(error) struct error err = {0};
	bool wanted[5] = {true, false, true, true, true};

	(void)state;
	assert_int_equal(jq_data_from(map, &env, &err), 0);
	assert_int_equal(jq_data_parse("{\"a\":1,\"b\":2,\"c\":3}", 19, "input", &data, &err), 0);
	for (int round = 0; round < 2; round++) {
		AUTO_PTR(queries) struct queries *q = NULL;
		AUTO_PTR(value) struct value *results = NULL;
		AUTO_FREE char *text = NULL;

		assert_int_equal(queries_start(library, names, round ? wrong : texts, program_of, 5,
					       &q, &err),
				 0);
		if (round) {
			assert_int_equal(queries_run(q, env, wanted, data, &results, &err), -1);
			assert_int_equal(err.code, ERROR_RECIPE);
			assert_non_null(strstr(error_message(&err), "nobody"));
			assert_int_equal(queries_wait(q, &err), -1);
			continue;
		}
		assert_int_equal(queries_run(q, env, wanted, data, &results, &err), 0);
		assert_int_equal(json_to_text(results, &text, &err), 0);
		assert_string_equal(text, "[[1],null,[3],[7],[3]]");
		assert_true(queries_are_ready(q, 0) && queries_are_ready(q, 2));
		assert_int_equal(queries_wait(q, &err), 0);
	}
	assert_ptr_equal(environ, environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_come_as_values),
		cmocka_unit_test(an_error_is_a_text),
		cmocka_unit_test(what_does_not_end_is_stopped),
		cmocka_unit_test(it_sees_only_its_input),
		cmocka_unit_test(hostile_input_is_read_or_refused),
		cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(programs_are_compiled_behind),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
