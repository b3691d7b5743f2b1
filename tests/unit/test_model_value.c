// SPDX-License-Identifier: Apache-2.0
/*
 * Value trees, facts and judgements.
 */
#include "harden/model/fact.h"
#include "harden/model/value.h"
#include "harden/model/verdict.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct value *sample(void)
{
	struct value *map = value_map(), *list = value_list();

	assert_int_equal(value_set(map, "icc", value_bool(false), NULL), 0);
	assert_int_equal(value_set(map, "mtu", value_integer(1500), NULL), 0);
	assert_int_equal(value_set(map, "ratio", value_real(0.5), NULL), 0);
	assert_int_equal(value_add(list, value_textf("unix://%s", "/run/docker.sock"), NULL), 0);
	assert_int_equal(value_add(list, value_null(), NULL), 0);
	assert_int_equal(value_set(map, "hosts", list, NULL), 0);
	return map;
}

static void trees_are_copied_deeply(void **state)
{
	AUTO_PTR(value) struct value *a = sample(), *b = value_copy(a);

	(void)state;
	assert_true(value_equal(a, b));
	assert_int_equal(value_set(b, "mtu", value_integer(1400), NULL), 0);
	assert_false(value_equal(a, b));
	assert_int_equal(value_get(a, "mtu")->integer, 1500);
	assert_null(value_copy(NULL));
}

static void a_shared_tree_outlives_its_first_owner(void **state)
{
	AUTO_PTR(value) struct value *list = value_list(), *copy = NULL;
	struct value *child = value_text("kept"), *shared;

	(void)state;
	assert_int_equal(value_add(list, child, NULL), 0);
	shared = value_share(child);
	assert_ptr_equal(shared, child);
	copy = value_copy(list);
	value_free(take_ptr(&list));
	assert_string_equal(value_as_text(shared), "kept");
	value_free(value_share(shared));
	assert_string_equal(value_as_text(shared), "kept");
	value_free(shared);
	assert_string_equal(value_as_text(copy->members[0].value), "kept");
	assert_null(value_share(NULL));
}

static void order_of_keys_does_not_matter(void **state)
{
	AUTO_PTR(value) struct value *a = value_map(), *b = value_map();

	(void)state;
	assert_int_equal(value_set(a, "x", value_text("1"), NULL), 0);
	assert_int_equal(value_append(a, "y", value_text("2"), NULL), 0);
	assert_int_equal(value_append(b, "y", value_text("2"), NULL), 0);
	assert_false(value_equal(a, b));
	assert_int_equal(value_set(b, "x", value_text("1"), NULL), 0);
	assert_true(value_equal(a, b));
	assert_true(value_unset(b, "y"));
	assert_false(value_unset(b, "y"));
	assert_string_equal(value_get_text(b, "x"), "1");
	assert_int_equal(value_len(b), 1);
}

static void kinds_differ(void **state)
{
	AUTO_PTR(value)
	struct value *one = value_integer(1), *real = value_real(1.0), *text = value_text("1"),
		     *null = value_text(NULL);

	(void)state;
	assert_false(value_equal(one, real));
	assert_false(value_equal(one, text));
	assert_false(value_equal(null, NULL));
	assert_true(value_equal(NULL, NULL));
	assert_int_equal(null->kind, VALUE_NULL);
	assert_string_equal(value_kind_name(real->kind), "number");
	assert_null(value_as_text(one));
	assert_null(value_get(one, "x"));
	assert_int_equal(value_len(one), 0);
}

static void a_missing_child_is_no_memory(void **state)
{
	AUTO_PTR(value) struct value *map = value_map(), *list = value_list();

	(void)state;
	assert_int_equal(value_set(map, "x", NULL, NULL), -1);
	assert_int_equal(value_add(list, NULL, NULL), -1);
	assert_int_equal(value_append(map, "x", NULL, NULL), -1);
	assert_int_equal(value_len(map), 0);
}

static void facts_are_replaced_and_unknown(void **state)
{
	AUTO(facts) struct facts f = {0};
	AUTO(error) struct error problem = {0};

	(void)state;
	assert_int_equal(facts_set(&f, "docker.swarm", value_bool(false), NULL, "%s", "x"), 0);
	assert_false(facts_true(&f, "docker.swarm"));
	assert_int_equal(facts_set(&f, "docker.swarm", value_bool(true), NULL, "D/%d", 1), 0);
	assert_true(facts_true(&f, "docker.swarm"));
	assert_int_equal(f.len, 1);
	assert_string_equal(f.items[0].source, "D/1");
	(void)error_set(&problem, ERROR_FORMAT, 0, "daemon.json:1:1: no JSON");
	assert_int_equal(facts_unknown(&f, "docker.swarm", &problem, NULL), 0);
	assert_null(facts_find(&f, "docker.swarm")->value);
	assert_false(facts_true(&f, "docker.swarm"));
	assert_false(facts_true(&f, "docker.none"));
	assert_null(facts_text(&f, "docker.swarm"));
	assert_int_equal(facts_set(&f, "docker.group", value_text(""), NULL, "default"), 0);
	assert_false(facts_true(&f, "docker.group"));
	assert_int_equal(facts_set(&f, "docker.sockets", value_list(), NULL, "default"), 0);
	assert_false(facts_true(&f, "docker.sockets"));
	assert_int_equal(facts_set(&f, "x", NULL, NULL, "x"), -1);
}

static void judgements_only_rise(void **state)
{
	AUTO(judgement) struct judgement j = {0}, more = {0};

	(void)state;
	judgement_raise(&j, STATUS_PASS);
	assert_int_equal(judgement_find(&more, "/x", PART_RUNNING, NULL, value_bool(true), NULL,
					"%s is wrong", "x"),
			 0);
	assert_int_equal(judgement_evidence(&more, value_integer(1), NULL, "/x:%d", 3), 0);
	assert_int_equal(judgement_note(&more, NULL, "seen"), 0);
	assert_int_equal(judgement_note(&j, NULL, "seen"), 0);
	more.fixable = true;
	assert_int_equal(judgement_merge(&j, &more, NULL), 0);
	assert_int_equal(j.status, STATUS_FAIL);
	judgement_raise(&j, STATUS_ERROR);
	assert_int_equal(j.status, STATUS_FAIL);
	assert_int_equal(j.notes.len, 1);
	assert_true(j.fixable);
	assert_string_equal(j.findings[0].message, "x is wrong");
	assert_string_equal(j.evidence[0].source, "/x:3");
	assert_string_equal(part_name(j.findings[0].part), "running");
	assert_int_equal(judgement_evidence(&j, NULL, NULL, "nothing"), -1);
	assert_string_equal(status_name(STATUS_NOT_APPLICABLE), "not_applicable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_are_copied_deeply),
		cmocka_unit_test(a_shared_tree_outlives_its_first_owner),
		cmocka_unit_test(order_of_keys_does_not_matter),
		cmocka_unit_test(kinds_differ),
		cmocka_unit_test(a_missing_child_is_no_memory),
		cmocka_unit_test(facts_are_replaced_and_unknown),
		cmocka_unit_test(judgements_only_rise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
