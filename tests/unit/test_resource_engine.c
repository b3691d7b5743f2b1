// SPDX-License-Identifier: Apache-2.0
/*
 * The engine type on small made engines: what is asked when, what counts as looked at, allowlists,
 * and answers that are broken, hostile or missing.
 */
#include "tests/unit/engine_run_fixture.h"

static void judge_into(struct run *r, const char *entry, struct judgement *j)
{
	void *spec = resource_load(&resource_engine, entry, entry), *seen = NULL;
	AUTO(error) struct error err = {0};

	if (resource_engine.inspect(spec, &r->host, &seen, &err) < 0 ||
	    resource_engine.judge(spec, seen, j, &err) < 0)
		fail_msg("%s: %s", entry, error_message(&err));
	resource_engine.seen_free(seen);
	resource_engine.spec_free(spec);
	assert_true(j->evidence_len > 0);
}

static void expect(struct run *r, const char *entry, enum status status, const char *says)
{
	AUTO(judgement) struct judgement j = {0};

	judge_into(r, entry, &j);
	if (j.status != status)
		fail_msg("%s: is %s, expected %s (%s)", entry, status_name(j.status),
			 status_name(status), j.findings_len ? j.findings[0].message : "");
	if (says && !resource_says(&j, says))
		fail_msg("%s: nothing says \"%s\" (%s)", entry, says,
			 j.findings_len ? j.findings[0].message
			 : j.notes.len	? j.notes.items[0]
					: "no finding");
}

static void two_containers(struct run *r)
{
	fake_add(&r->engine, "container", "web",
		 "{\"Id\":\"1\",\"Name\":\"/web\",\"Config\":{\"Image\":\"nginx:1\",\"Labels\":{"
		 "\"com.docker.compose.service\":\"front\",\"com.docker.compose.project\":\"shop\","
		 "\"tier\":\"a\"}},\"HostConfig\":{\"PidsLimit\":null}}");
	fake_add(&r->engine, "container", "db",
		 "{\"Id\":\"2\",\"Name\":\"/db\",\"Config\":{\"Image\":\"pg:9\"},"
		 "\"HostConfig\":{\"PidsLimit\":10}}");
}

#define PIDS "\"violation\":\"select((.HostConfig.PidsLimit//0)<=0)|\\\"no limit\\\"\""

static void each_object_is_judged(void **state)
{
	AUTO(judgement) struct judgement j = {0};
	struct run r;

	(void)state;
	run_begin(&r);
	two_containers(&r);
	expect(&r, "{\"each\":\"container\"," PIDS "}", STATUS_FAIL, "container web: no limit");
	expect(&r, "{\"each\":\"container\",\"violation\":\"empty\"}", STATUS_PASS,
	       "2 looked at, of 2");
	expect(&r, "{\"each\":\"container\",\"violation\":\"\\\"x\\\"\",\"select\":\"false\"}",
	       STATUS_NOT_APPLICABLE, "none to judge, of 2");
	expect(&r, "{\"each\":\"image\",\"violation\":\"\\\"x\\\"\"}", STATUS_NOT_APPLICABLE,
	       "of 0");
	expect(&r, "{\"each\":\"container\",\"review\":\"\\\"look\\\"\"}", STATUS_MANUAL,
	       "container web, container db: look");
	expect(&r, "{\"each\":\"container\",\"ask\":\"Who?\"}", STATUS_MANUAL, "Who?");
	expect(&r, "{\"each\":\"container\",\"violation\":\"error(\\\"cannot\\\")\"}", STATUS_ERROR,
	       "cannot");
	expect(&r, "{\"each\":\"container\",\"violation\":\"1\"}", STATUS_ERROR, "neither");
	expect(&r, "{\"each\":\"container\"," PIDS ",\"review\":\"error(\\\"cannot\\\")\"}",
	       STATUS_FAIL, "cannot");
	judge_into(&r, "{\"each\":\"container\"," PIDS ",\"evidence\":\".HostConfig\"}", &j);
	assert_int_equal(j.findings_len, 1);
	assert_string_equal(j.findings[0].resource, "container web");
	assert_int_equal(j.findings[0].part, PART_RUNNING);
	assert_non_null(j.findings[0].actual);
	assert_int_equal(j.evidence_len, 2);
	run_end(&r);
}

static void engine_and_variables_are_seen(void **state)
{
	struct run r;

	(void)state;
	run_begin(&r);
	two_containers(&r);
	expect(&r, "{\"each\":\"container\",\"when\":\".MemTotal>9\",\"violation\":\"\\\"x\\\"\"}",
	       STATUS_NOT_APPLICABLE, "does not apply");
	expect(&r,
	       "{\"each\":\"container\",\"when\":\"error(\\\"no\\\")\",\"violation\":\"empty\"}",
	       STATUS_ERROR, "no");
	expect(&r,
	       "{\"each\":\"container\",\"with\":{\"a\":\"7\"},\"violation\":"
	       "\"\\\"\\\\($with.a) \\\\($info.MemTotal) \\\\(named) \\\\($daemon)\\\"\"}",
	       STATUS_FAIL, "container db: 7 9 db null");
	expect(&r, "{\"each\":\"info\",\"violation\":\".DockerRootDir\"}", STATUS_FAIL, "info: /d");
	expect(&r, "{\"each\":\"daemon\",\"violation\":\"empty\"}", STATUS_ERROR,
	       "not this host's");
	run_end(&r);
}

static void what_is_gathered_is_judged_once(void **state)
{
	static const char two[] =
		"{\"gather\":{\"container\":\"named\",\"image\":\".Id\"},\"violation\":"
		"\"{resource:(\\\"container \\\"+.container[0]),message:\\\"\\\\(.container|length)"
		" and \\\\(.image|length)\\\"}\"}";
	struct run r;

	(void)state;
	run_begin(&r);
	expect(&r, two, STATUS_NOT_APPLICABLE, "none to judge");
	run_end(&r);
	run_begin(&r);
	two_containers(&r);
	expect(&r, two, STATUS_FAIL, "container web: 2 and 0");
	run_end(&r);
}

static void allowlists_turn_findings_into_notes(void **state)
{
	static const char *const allowed[] = {
		"{\"names\":\"web\"}",	     "{\"names\":[\"w*\"]}",	"{\"images\":\"nginx:*\"}",
		"{\"labels\":\"tier=a\"}",   "{\"labels\":[\"tier\"]}", "{\"services\":\"front\"}",
		"{\"services\":\"shop/*\"}",
	};
	static const char *const not_allowed[] = {"{\"names\":\"we\"}", "{\"images\":\"nginx\"}",
						  "{\"labels\":\"tier=b\"}", "{}"};
	struct run r;

	(void)state;
	run_begin(&r);
	two_containers(&r);
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		AUTO_FREE char *entry =
			str_format("{\"each\":\"container\"," PIDS ",\"allow\":%s}", allowed[i]);

		expect(&r, entry, STATUS_PASS, "container web is allowed: no limit");
	}
	for (size_t i = 0; i < ARRAY_SIZE(not_allowed); i++) {
		AUTO_FREE char *entry = str_format("{\"each\":\"container\"," PIDS ",\"allow\":%s}",
						   not_allowed[i]);

		expect(&r, entry, STATUS_FAIL, "container web: no limit");
	}
	expect(&r,
	       "{\"gather\":{\"container\":\"named\"},\"allow\":{\"names\":\"web\"},\"violation\":"
	       "\".container[]|{resource:(\\\"container \\\"+.),message:\\\"x\\\"}\"}",
	       STATUS_FAIL, "container web is allowed: x");
	run_end(&r);
}

/* Announced together, all questions take one list and one look at each object. */
static void one_pass_answers_all(void **state)
{
	static const char *const entries[] = {
		"{\"each\":\"container\"," PIDS "}",
		"{\"each\":\"container\",\"violation\":\"empty\"}",
		"{\"each\":\"container\",\"violation\":\"empty\"}",
		"{\"gather\":{\"container\":\".Id\"},\"violation\":\"empty\"}",
	};
	void *specs[ARRAY_SIZE(entries)];
	AUTO(error) struct error err = {0};
	struct run r;

	(void)state;
	run_begin(&r);
	two_containers(&r);
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		specs[i] = resource_load(&resource_engine, entries[i], entries[i]);
		assert_int_equal(resource_engine.announce(specs[i], &r.host, &err), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		expect(&r, entries[i], i ? STATUS_PASS : STATUS_FAIL, NULL);
	assert_int_equal(r.engine.fetches, 1);
	assert_int_equal(r.engine.fetched, 2);
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		resource_engine.spec_free(specs[i]);
	run_end(&r);
}

static void what_cannot_be_looked_at_never_passes(void **state)
{
	static const char entry[] = "{\"each\":\"container\",\"violation\":\"empty\"}";
	struct run r;

	(void)state;
	run_begin(&r);
	two_containers(&r);
	r.engine.objects[0].problem = "HTTP 500";
	expect(&r, entry, STATUS_ERROR, "HTTP 500");
	run_end(&r);
	run_begin(&r);
	r.engine.fail_kind = "container";
	expect(&r, entry, STATUS_ERROR, "it broke");
	run_end(&r);
	run_begin(&r);
	free(r.engine.info);
	r.engine.info = NULL;
	expect(&r, entry, STATUS_ERROR, "nothing at /info");
	run_end(&r);
	run_begin(&r);
	r.engine.no_swarm = true;
	expect(&r, "{\"each\":\"service\",\"violation\":\"empty\"}", STATUS_NOT_APPLICABLE,
	       "does not apply");
	run_end(&r);
}

static void hostile_answers_are_errors(void **state)
{
	static const struct {
		const char *json, *says;
	} cases[] = {
		{"", "no JSON"},      {"[]", "expected an object"},   {"{\"Id\":", "no JSON"},
		{"{} {}", "no JSON"}, {"null", "expected an object"},
	};
	static const char *const odd[] = {
		"{\"Config\":\"x\",\"State\":[],\"Mounts\":{\"a\":1},\"HostConfig\":7}",
		"{\"Config\":{\"Labels\":[1],\"Image\":{}},\"State\":\"on\",\"Mounts\":[1,null]}",
		"{\"State\":{\"Running\":true,\"Pid\":9223372036854775807},\"ExecIDs\":\"x\"}",
		"{\"Name\":\"\\u0000\\u001b[31m\",\"Config\":{\"Labels\":{\"a\\u0000\":\"b\"}}}",
	};
	struct run r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		run_begin(&r);
		fake_add(&r.engine, "container", "evil", cases[i].json);
		expect(&r, "{\"each\":\"container\",\"violation\":\"empty\"}", STATUS_ERROR,
		       cases[i].says);
		run_end(&r);
	}
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		run_begin(&r);
		fake_add(&r.engine, "container", "evil", odd[i]);
		expect(&r,
		       "{\"each\":\"container\",\"allow\":{\"labels\":\"q\"},\"also\":\"sources\","
		       "\"violation\":\"\\\"seen\\\"\"}",
		       STATUS_FAIL, "container evil: seen");
		run_end(&r);
	}
}

static void mistakes_of_recipes_have_a_place(void **state)
{
	static const struct {
		const char *entry, *says;
	} cases[] = {
		{"{\"violation\":\"empty\"}", "one of each and gather"},
		{"{\"each\":\"info\",\"gather\":{\"info\":\".\"},\"ask\":\"x\"}", "one of each"},
		{"{\"each\":\"info\"}", "needs violation, review or ask"},
		{"{\"gather\":{\"daemon\":\".\"},\"ask\":\"x\"}", "$daemon"},
		{"{\"each\":\"info\",\"ask\":\"x\",\"fix\":{\"a\":1,\"b\":2}}", "one action"},
		{"{\"each\":\"info\",\"ask\":\"x\",\"fix\":{\"a\":{}}}", "no action"},
		{"{\"each\":\"info\",\"ask\":\"x\",\"fix\":{\"swarm-update\":{}}}", "each: swarm"},
		{"{\"each\":\"swarm\",\"ask\":\"x\",\"fix\":{\"swarm-update\":{}}}", "nothing"},
		{"{\"each\":\"swarm\",\"ask\":\"x\",\"fix\":{\"swarm-update\":{\"CAConfig\":"
		 "{\"NodeCertExpiry\":\"9 days\"}}}}",
		 "90d or 48h"},
		{"{\"each\":\"container\",\"ask\":\"x\",\"fix\":{\"container-update\":"
		 "{\"Memory\":5}}}",
		 "together with MemorySwap"},
	};
	AUTO(error) struct error err = {0};
	struct run r;
	void *spec, *seen = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_PTR(value) struct value *v = NULL;

		assert_int_equal(json_read(cases[i].entry, strlen(cases[i].entry), "r", &v, NULL),
				 0);
		assert_int_equal(resource_engine.load(v, "r.yaml", &spec, &err), -1);
		assert_int_equal(err.code, ERROR_RECIPE);
		assert_non_null(strstr(error_message(&err), "r.yaml:1:"));
		if (!strstr(error_message(&err), cases[i].says))
			fail_msg("%s: %s", cases[i].entry, error_message(&err));
		error_done(&err);
	}
	run_begin(&r);
	spec = resource_load(&resource_engine, "jq",
			     "{\"each\":\"info\",\n\"violation\":\"nobody_knows\"}");
	assert_int_equal(resource_engine.inspect(spec, &r.host, &seen, &err), -1);
	assert_int_equal(err.code, ERROR_RECIPE);
	assert_string_equal(error_message(&err), "recipe:2:13: jq: nobody_knows/0 is not defined");
	resource_engine.spec_free(spec);
	run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_object_is_judged),
		cmocka_unit_test(engine_and_variables_are_seen),
		cmocka_unit_test(what_is_gathered_is_judged_once),
		cmocka_unit_test(allowlists_turn_findings_into_notes),
		cmocka_unit_test(one_pass_answers_all),
		cmocka_unit_test(what_cannot_be_looked_at_never_passes),
		cmocka_unit_test(hostile_answers_are_errors),
		cmocka_unit_test(mistakes_of_recipes_have_a_place),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
