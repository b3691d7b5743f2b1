// SPDX-License-Identifier: Apache-2.0
/*
 * From an update and the object as it is to the request that makes it so, and to the one that undoes
 * it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harden/text/json.h"
#include "harden/text/update_diff.h"
#include "harden/text/update_request.h"

static struct value *parse(const char *text)
{
	struct value *v = NULL;

	if (text)
		assert_int_equal(json_read(text, strlen(text), "t", &v, NULL), 0);
	return v;
}

static void edit(struct update *u, const char *path, const char *before, const char *after,
		 const char *back)
{
	struct field_edit e = {.path = (char *)path,
			       .before = parse(before),
			       .after = parse(after),
			       .back = parse(back)};

	assert_int_equal(update_edit(u, &e, NULL), 1);
	value_free(e.before);
	value_free(e.after);
	value_free(e.back);
}

static void expect(const struct update *u, bool back, const char *object, const char *path,
		   const char *body)
{
	AUTO_PTR(blob) struct blob *bytes = blob_new(object, strlen(object));
	AUTO(error) struct error err = {0};
	struct update_request r = {0};

	if (update_request(u, back, bytes, &r, &err) < 0)
		fail_msg("%s", error_message(&err));
	assert_string_equal(r.path, path);
	if (body)
		assert_string_equal(r.body, body);
	else
		assert_null(r.body);
	assert_string_equal(r.method, u->removes ? "DELETE" : "POST");
	update_request_done(&r);
}

static void refuses(const struct update *u, const char *object, enum error_code code)
{
	AUTO_PTR(blob) struct blob *bytes = blob_new(object, strlen(object));
	AUTO(error) struct error err = {0};
	struct update_request r = {0};

	assert_int_equal(update_request(u, false, bytes, &r, &err), -1);
	assert_int_equal(err.code, code);
}

#define UNLIMITED "9223372036854771712"

static void test_container(void **state)
{
	AUTO(update) struct update u = {.id = strdup("a/b"), .name = strdup("web")};

	(void)state;
	edit(&u, "HostConfig.Memory", "0", "6291456", UNLIMITED);
	edit(&u, "HostConfig.MemorySwap", "0", "6291456", UNLIMITED);
	edit(&u, "HostConfig.PidsLimit", "null", "5", NULL);
	edit(&u, "HostConfig.RestartPolicy.Name", "\"always\"", "\"on-failure\"", NULL);
	expect(&u, false,
	       "{\"HostConfig\":{\"Memory\":0,\"CpuShares\":7,\"RestartPolicy\":"
	       "{\"Name\":\"always\",\"MaximumRetryCount\":3}}}",
	       "/containers/a%2fb/update",
	       "{\"Memory\":6291456,\"MemorySwap\":6291456,\"PidsLimit\":5,"
	       "\"RestartPolicy\":{\"Name\":\"on-failure\",\"MaximumRetryCount\":3}}");
	expect(&u, true,
	       "{\"HostConfig\":{\"Memory\":6291456,\"MemorySwap\":6291456,\"PidsLimit\":5,"
	       "\"RestartPolicy\":{\"Name\":\"on-failure\",\"MaximumRetryCount\":3}}}",
	       "/containers/a%2fb/update",
	       "{\"Memory\":" UNLIMITED ",\"MemorySwap\":" UNLIMITED ",\"PidsLimit\":0,"
	       "\"RestartPolicy\":{\"Name\":\"always\",\"MaximumRetryCount\":3}}");
	/* what is undone already is not sent: 0 could become something else */
	expect(&u, true,
	       "{\"HostConfig\":{\"Memory\":0,\"MemorySwap\":0,\"PidsLimit\":5,"
	       "\"RestartPolicy\":{\"Name\":\"always\"}}}",
	       "/containers/a%2fb/update", "{\"PidsLimit\":0}");
}

static void test_service(void **state)
{
	AUTO(update)
	struct update u = {.kind = UPDATE_SERVICE, .id = strdup("s"), .name = strdup("web")};

	(void)state;
	edit(&u, "Spec.TaskTemplate.RestartPolicy.Condition", "\"any\"", "\"on-failure\"", NULL);
	edit(&u, "Spec.TaskTemplate.Resources.Limits.Pids", NULL, "5", NULL);
	expect(&u, false,
	       "{\"ID\":\"s\",\"Version\":{\"Index\":21},\"Spec\":{\"Name\":\"web\",\"Labels\":{},"
	       "\"TaskTemplate\":{\"RestartPolicy\":{\"Condition\":\"any\",\"Delay\":5000000000},"
	       "\"Resources\":null},\"Mode\":{\"Replicated\":{\"Replicas\":1}}},"
	       "\"PreviousSpec\":{}}",
	       "/services/s/update?version=21",
	       "{\"Name\":\"web\",\"Labels\":{},\"TaskTemplate\":{\"RestartPolicy\":"
	       "{\"Condition\":\"on-failure\",\"Delay\":5000000000},\"Resources\":{\"Limits\":"
	       "{\"Pids\":5}}},\"Mode\":{\"Replicated\":{\"Replicas\":1}}}");
	expect(&u, true,
	       "{\"ID\":\"s\",\"Version\":{\"Index\":30},\"Spec\":{\"Name\":\"web\","
	       "\"TaskTemplate\":{\"RestartPolicy\":{\"Condition\":\"on-failure\"},"
	       "\"Resources\":{\"Limits\":{\"Pids\":5}}}}}",
	       "/services/s/update?version=30",
	       "{\"Name\":\"web\",\"TaskTemplate\":{\"RestartPolicy\":{\"Condition\":\"any\"}}}");
	refuses(&u, "{\"Version\":{\"Index\":30}}", ERROR_FORMAT);
	refuses(&u, "{\"Spec\":{}}", ERROR_FORMAT);
	refuses(&u, "[", ERROR_FORMAT);
}

static void test_swarm(void **state)
{
	AUTO(update)
	struct update u = {.kind = UPDATE_SWARM, .id = strdup("id"), .name = strdup("swarm")};

	(void)state;
	edit(&u, "Spec.EncryptionConfig.AutoLockManagers", "false", "true", NULL);
	edit(&u, "rotateManagerUnlockKey", "null", "true", NULL);
	expect(&u, false,
	       "{\"ID\":\"id\",\"Version\":{\"Index\":10},\"Spec\":{\"Name\":\"default\","
	       "\"EncryptionConfig\":{\"AutoLockManagers\":false}}}",
	       "/swarm/update?version=10&rotateManagerUnlockKey=true",
	       "{\"Name\":\"default\",\"EncryptionConfig\":{\"AutoLockManagers\":true}}");
	/* the key that was there before does not come back, and nobody asks for a third one */
	expect(&u, true,
	       "{\"ID\":\"id\",\"Version\":{\"Index\":11},\"Spec\":{\"Name\":\"default\","
	       "\"EncryptionConfig\":{\"AutoLockManagers\":true}}}",
	       "/swarm/update?version=11",
	       "{\"Name\":\"default\",\"EncryptionConfig\":{\"AutoLockManagers\":false}}");
	refuses(&u, "{\"ID\":\"other\",\"Version\":{\"Index\":10},\"Spec\":{}}", ERROR_CONFLICT);
	refuses(&u, "{\"Version\":{\"Index\":10},\"Spec\":{}}", ERROR_CONFLICT);
}

static void test_removal(void **state)
{
	AUTO(update) struct update c = {.id = strdup("x"), .name = strdup("x"), .removes = true};
	AUTO(update)
	struct update i = {.kind = UPDATE_IMAGE,
			   .id = strdup("sha256:1"),
			   .name = strdup("x"),
			   .removes = true};

	(void)state;
	expect(&c, false, "{}", "/containers/x", NULL);
	expect(&i, false, "{}", "/images/sha256:1", NULL);
}

static void test_diff(void **state)
{
	AUTO_PTR(value) struct value *policy = parse("{\"Name\":\"no\"}");
	AUTO(strbuf) struct strbuf out = {0};

	(void)state;
	assert_int_equal(update_diff_field("A.B", NULL, policy, &out, NULL), 0);
	assert_string_equal(strbuf_text(&out), "-A.B: null\n+A.B: {\"Name\":\"no\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_container), cmocka_unit_test(test_service),
		cmocka_unit_test(test_swarm),	  cmocka_unit_test(test_removal),
		cmocka_unit_test(test_diff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
