// SPDX-License-Identifier: Apache-2.0
/*
 * Single values of a large JSON text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harden/text/json.h"
#include "harden/text/json_pick.h"

static const char text[] =
	"{ \"Id\": \"x\", \"Skip\": [1, {\"HostConfig\": {\"Memory\": 1}}, \"}\"],\n"
	"  \"HostConfig\": {\"Binds\": [\"{\\\"\"], \"Memory\": 9223372036854771712,\n"
	"\t\"RestartPolicy\" : {\"Name\":\"always\", \"MaximumRetryCount\": 0}, \"Empty\": {}},\n"
	"  \"Memory\": 5, \"HostConfigs\": {\"Memory\": 6}, \"Spec\": null }";

static char *pick(const char *const *paths, size_t len, const char *data)
{
	const struct strv list = {.items = (char **)(void *)paths, .len = len};
	AUTO_PTR(value) struct value *map = NULL;
	char *out = NULL;

	if (json_pick(data, strlen(data), "F", &list, &map, NULL) == 0)
		assert_int_equal(json_to_text(map, &out, NULL), 0);
	return out;
}

static void test_pick(void **state)
{
	static const char *const paths[] = {
		"HostConfig.Memory",
		"HostConfig.RestartPolicy",
		"HostConfig.Empty",
		"HostConfig.Absent",
		"Spec",
		"Spec.X",
		"HostConfig.Binds.X",
		"Id.X",
		"HostConfig.Memory.deeper",
		"Skip",
	};
	AUTO_FREE char *got = pick(paths, ARRAY_SIZE(paths), text);

	(void)state;
	assert_string_equal(
		got, "{\"Skip\":[1,{\"HostConfig\":{\"Memory\":1}},\"}\"],"
		     "\"HostConfig.Memory\":9223372036854771712,"
		     "\"HostConfig.RestartPolicy\":{\"Name\":\"always\",\"MaximumRetryCount\":0},"
		     "\"HostConfig.Empty\":{},\"Spec\":null}");
}

static void test_broken(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"1",
		"{",
		"{\"a\"",
		"{\"a\":",
		"{\"a\":1",
		"{\"a\":{",
		"{\"a\":{\"b\"",
		"{\"a\":{\"b\":[1,2",
		"{\"a\":1",
		"{a:1}",
		"{\"a\" 1}",
		"{\"a\":1 \"b\":2}",
		"{\"a\":{\"b\":1x}}",
	};
	static const char *const paths[] = {"a.b"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO_FREE char *got = pick(paths, 1, texts[i]);

		if (got)
			fail_msg("%s: %s", texts[i], got);
	}
}

static void test_locate(void **state)
{
	size_t start, end;
	AUTO_FREE char *found = NULL;

	(void)state;
	assert_int_equal(
		json_locate(text, strlen(text), "HostConfig.RestartPolicy", &start, &end, NULL), 1);
	found = strndup(text + start, end - start);
	assert_string_equal(found, "{\"Name\":\"always\", \"MaximumRetryCount\": 0}");
	assert_int_equal(json_locate(text, strlen(text), "Nothing", &start, &end, NULL), 0);
	assert_int_equal(json_locate("[", 1, "Nothing", &start, &end, NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pick),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_locate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
