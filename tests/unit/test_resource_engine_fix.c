// SPDX-License-Identifier: Apache-2.0
/*
 * The fix of an engine entry: what is staged, with which values before, and what is left to a person.
 */
#include "tests/unit/engine_run_fixture.h"

static void stage_entry(struct run *r, const char *entry)
{
	AUTO(error) struct error err = {0};
	void *spec = resource_load(&resource_engine, entry, entry), *seen = NULL;

	r->stage.control = "5.29";
	if (resource_engine.inspect(spec, &r->host, &seen, &err) < 0 ||
	    resource_engine.stage(spec, seen, &r->host, &err) < 0)
		fail_msg("%s: %s", entry, error_message(&err));
	resource_engine.seen_free(seen);
	resource_engine.spec_free(spec);
}

static void expect_field(const struct stage *stage, size_t i, const char *path, const char *before,
			 const char *after, const char *back)
{
	const struct field_edit *f = update_field(&stage->updates[i].update, path);
	AUTO_FREE char *b = NULL, *a = NULL, *k = NULL;

	assert_non_null(f);
	assert_int_equal(json_to_text(f->before, &b, NULL), 0);
	assert_int_equal(json_to_text(f->after, &a, NULL), 0);
	assert_string_equal(b, before);
	assert_string_equal(a, after);
	assert_int_equal(json_to_text(field_target(f), &k, NULL), 0);
	assert_string_equal(k, back);
}

#define ALL "\"each\":\"container\",\"violation\":\"\\\"bad\\\"\","

static void a_fix_is_staged_with_the_values_before(void **state)
{
	struct run r;

	(void)state;
	run_begin(&r);
	fake_add(&r.engine, "container", "big",
		 "{\"Name\":\"/"
		 "big\",\"HostConfig\":{\"Memory\":9223372036854771712,\"MemorySwap\":-1,"
		 "\"PidsLimit\":null,\"RestartPolicy\":{\"Name\":\"always\",\"MaximumRetryCount\":"
		 "0}}}");
	fake_add(&r.engine, "container", "bare", "{\"Name\":\"/bare\",\"HostConfig\":{}}");
	stage_entry(&r,
		    "{" ALL "\"fix\":{\"container-update\":{\"Memory\":\"6291456\","
		    "\"MemorySwap\":\"6291456\",\"PidsLimit\":\"5\",\"CpuShares\":\"2\","
		    "\"RestartPolicy\":{\"Name\":\"on-failure\",\"MaximumRetryCount\":\"5\"}}}}");
	assert_int_equal(r.stage.updates_len, 2);
	assert_string_equal(r.stage.updates[0].update.name, "bare");
	assert_string_equal(r.stage.updates[1].update.id, "big");
	expect_field(&r.stage, 1, "HostConfig.Memory", "9223372036854771712", "6291456",
		     "9223372036854771712");
	expect_field(&r.stage, 1, "HostConfig.MemorySwap", "-1", "6291456", "-1");
	expect_field(&r.stage, 1, "HostConfig.PidsLimit", "null", "5", "null");
	expect_field(&r.stage, 1, "HostConfig.CpuShares", "null", "2", "1024");
	expect_field(&r.stage, 1, "HostConfig.RestartPolicy.Name", "\"always\"", "\"on-failure\"",
		     "\"always\"");
	expect_field(&r.stage, 0, "HostConfig.RestartPolicy.Name", "null", "\"on-failure\"",
		     "\"no\"");
	expect_field(&r.stage, 0, "HostConfig.Memory", "null", "6291456", "9223372036854771712");
	assert_int_equal(r.stage.updates[0].impact.len, 2); /* what does not come back */
	assert_int_equal(r.stage.updates[1].impact.len, 1);
	run_end(&r);
}

static void a_fix_of_a_swarm(void **state)
{
	struct run r;

	(void)state;
	run_begin(&r);
	r.engine.daemon = value_map();
	fake_open(&r.engine, &r.host, r.library);
	fake_add(&r.engine, "swarm", "swarm",
		 "{\"ID\":\"s1\",\"Spec\":{\"CAConfig\":{\"ForceRotate\":2},\"EncryptionConfig\":{}"
		 "}}");
	fake_add(&r.engine, "service", "web", "{\"ID\":\"web\",\"Spec\":{\"TaskTemplate\":{}}}");
	stage_entry(&r,
		    "{\"each\":\"swarm\",\"violation\":\"\\\"bad\\\"\",\"fix\":{\"swarm-update\":"
		    "{\"CAConfig\":{\"NodeCertExpiry\":\"30d\"},"
		    "\"EncryptionConfig\":{\"AutoLockManagers\":\"true\"}}}}");
	stage_entry(&r,
		    "{\"each\":\"swarm\",\"violation\":\"\\\"old\\\"\",\"fix\":{\"swarm-rotate\":"
		    "{\"ca\":\"true\",\"unlock-key\":\"false\"}}}");
	stage_entry(
		&r,
		"{\"each\":\"service\",\"violation\":\"\\\"bad\\\"\",\"fix\":{\"service-update\":"
		"{\"Resources\":{\"Limits\":{\"Pids\":\"7\"}}}}}");
	assert_int_equal(r.stage.updates_len, 2);
	assert_string_equal(r.stage.updates[0].update.id, "s1");
	assert_int_equal(r.stage.updates[0].update.len, 3);
	expect_field(&r.stage, 0, "Spec.CAConfig.NodeCertExpiry", "null", "2592000000000000",
		     "null");
	expect_field(&r.stage, 0, "Spec.EncryptionConfig.AutoLockManagers", "null", "true", "null");
	expect_field(&r.stage, 0, "Spec.CAConfig.ForceRotate", "2", "3", "2");
	assert_true(update_field(&r.stage.updates[0].update, "Spec.CAConfig.ForceRotate")->stays);
	expect_field(&r.stage, 1, "Spec.TaskTemplate.Resources.Limits.Pids", "null", "7", "null");
	run_end(&r);
}

/* Nothing is staged, and the reason or what to do is said. */
static void expect_left(const char *container, const char *entry, const char *says)
{
	struct run r;
	const char *said = "";

	run_begin(&r);
	fake_add(&r.engine, "container", "web", container);
	stage_entry(&r, entry);
	assert_true(stage_is_empty(&r.stage));
	if (r.stage.by_hand_len)
		said = r.stage.by_hand[0].next ? r.stage.by_hand[0].next
					       : r.stage.by_hand[0].reason;
	if (!strstr(said, says))
		fail_msg("%s: %s", entry, said);
	run_end(&r);
}

static void what_a_fix_leaves_to_a_person(void **state)
{
	static const char pids[] = "{" ALL "\"fix\":{\"container-update\":{\"PidsLimit\":\"5\"}}}";

	(void)state;
	expect_left("{\"Name\":\"/web\",\"HostConfig\":{}}",
		    "{" ALL
		    "\"fix\":{\"container-update\":{\"Memory\":\"0\",\"MemorySwap\":\"0\"}}}",
		    "choose a value for container-update.Memory: the recipe's is 0");
	expect_left("{\"Name\":\"/web\",\"Config\":{\"Labels\":"
		    "{\"com.docker.swarm.service.name\":\"s\"}}}",
		    pids, "docker service update");
	expect_left(
		"{\"Name\":\"/web\",\"Config\":{\"Labels\":{\"io.kubernetes.pod.name\":\"s\"}}}",
		pids, "Kubernetes");
	expect_left("{\"Name\":\"/web\"}",
		    "{\"each\":\"container\",\"violation\":\"{resource: \\\"container db\\\", "
		    "message: \\\"is "
		    "another\\\"}\",\"fix\":{\"container-update\":{\"PidsLimit\":\"5\"}}}",
		    "is another");
}

static void what_goes_is_staged_with_what_it_is(void **state)
{
	static const char entry[] =
		"{\"each\":\"image\",\"review\":\"\\\"old\\\"\",\"fix\":{\"image-remove\":"
		"{\"unused\":\"true\"}}}";
	struct run r;

	(void)state;
	run_begin(&r);
	fake_add(&r.engine, "image", "i1", "{\"Id\":\"i1\",\"RepoTags\":[],\"Size\":5}");
	stage_entry(&r, entry);
	assert_true(stage_is_empty(&r.stage)); /* a container uses it */
	assert_non_null(strstr(r.stage.by_hand[0].next, "a container still uses it"));
	r.engine.unused = true;
	stage_entry(&r, entry);
	assert_int_equal(r.stage.updates_len, 1);
	assert_true(r.stage.updates[0].update.removes);
	assert_int_equal(r.stage.updates[0].update.kind, UPDATE_IMAGE);
	expect_field(&r.stage, 0, "Size", "5", "5", "5");
	assert_int_equal(r.stage.updates[0].impact.len, 1);
	run_end(&r);
}

static void an_engine_that_is_not_ours_is_not_changed(void **state)
{
	struct run r;

	(void)state;
	run_begin(&r);
	r.engine.unchangeable = "it is far away";
	fake_open(&r.engine, &r.host, r.library);
	fake_add(&r.engine, "container", "web", "{\"Name\":\"/web\"}");
	stage_entry(&r, "{" ALL "\"fix\":{\"container-update\":{\"PidsLimit\":\"5\"}}}");
	assert_true(stage_is_empty(&r.stage));
	assert_int_equal(r.stage.blocked_len, 1);
	assert_string_equal(r.stage.blocked[0].resource, "engine");
	assert_non_null(strstr(r.stage.blocked[0].reason, "it is far away"));
	run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fix_is_staged_with_the_values_before),
		cmocka_unit_test(a_fix_of_a_swarm),
		cmocka_unit_test(what_a_fix_leaves_to_a_person),
		cmocka_unit_test(what_goes_is_staged_with_what_it_is),
		cmocka_unit_test(an_engine_that_is_not_ours_is_not_changed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
