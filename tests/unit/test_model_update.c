// SPDX-License-Identifier: Apache-2.0
/*
 * Updates as data: what is the same to the API, dotted paths, and the stage's one request an object.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harden/model/control.h"
#include "harden/model/stage.h"

static struct value *map(const char *key, struct value *v)
{
	struct value *m = value_map();

	assert_int_equal(value_set(m, key, v, NULL), 0);
	return m;
}

static void test_nothing_is_said_in_many_ways(void **state)
{
	struct value *nothing[] = {
		NULL,		value_null(), value_bool(false), value_integer(0),
		value_text(""), value_list(), value_map()};
	struct value *something[] = {value_bool(true), value_integer(-1), value_text("no"),
				     map("a", value_null())};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nothing); i++)
		for (size_t k = 0; k < ARRAY_SIZE(nothing); k++)
			assert_true(field_same(nothing[i], nothing[k]));
	for (size_t i = 0; i < ARRAY_SIZE(something); i++)
		for (size_t k = 0; k < ARRAY_SIZE(nothing); k++) {
			assert_false(field_same(something[i], nothing[k]));
			assert_false(field_same(nothing[k], something[i]));
		}
	for (size_t i = 0; i < ARRAY_SIZE(something); i++)
		for (size_t k = 0; k < ARRAY_SIZE(something); k++)
			assert_int_equal(field_same(something[i], something[k]), i == k);
	for (size_t i = 0; i < ARRAY_SIZE(nothing); i++)
		value_free(nothing[i]);
	for (size_t i = 0; i < ARRAY_SIZE(something); i++)
		value_free(something[i]);
}

static void test_paths(void **state)
{
	AUTO_PTR(value) struct value *v = map("a", value_null());
	AUTO(error) struct error err = {0};

	(void)state;
	assert_int_equal(field_set(v, "a.b.c", value_integer(1), NULL), 0);
	assert_int_equal(field_set(v, "a.d", value_integer(2), NULL), 0);
	assert_int_equal(field_get(v, "a.b.c")->integer, 1);
	assert_null(field_get(v, "a.b.x"));
	assert_null(field_get(v, "a.d.x"));
	assert_null(field_get(v, "x.b"));
	assert_int_equal(field_set(v, "a.d.x", value_integer(3), &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	field_unset(v, "a.x.y");
	field_unset(v, "a.b.c"); /* and b, which is empty then */
	assert_null(field_get(v, "a.b"));
	assert_non_null(field_get(v, "a.d"));
	field_unset(v, "a.d");
	assert_int_equal(value_len(v), 0);
}

static void edit(struct stage *stage, enum update_kind kind, const char *name, const char *path,
		 int64_t before, int64_t after)
{
	AUTO_PTR(value) struct value *b = before ? value_integer(before) : value_null();
	AUTO_PTR(value) struct value *a = value_integer(after);
	const struct update object = {.kind = kind, .id = (char *)name, .name = (char *)name};
	const struct field_edit field = {.path = (char *)path, .before = b, .after = a};
	const struct stage_edit what = {&object, &field, NULL};

	assert_int_equal(stage_edit_object(stage, &what, NULL), 0);
}

static void test_one_update_for_an_object(void **state)
{
	AUTO(stage) struct stage stage = {.control = "5.29", .impact = "may break"}, copy = {0};
	const struct staged_update *s;
	struct update db = {.kind = UPDATE_CONTAINER};
	unsigned generation;

	(void)state;
	assert_true(stage_is_empty(&stage));
	edit(&stage, UPDATE_CONTAINER, "web", "HostConfig.PidsLimit", 0, 100);
	stage.control = "5.11";
	stage.impact = NULL;
	edit(&stage, UPDATE_CONTAINER, "web", "HostConfig.Memory", 0, 1000);
	edit(&stage, UPDATE_CONTAINER, "db", "HostConfig.Memory", 0, 1000);
	edit(&stage, UPDATE_SERVICE, "web", "Spec.Memory", 0, 1000);
	edit(&stage, UPDATE_CONTAINER, "as it is", "HostConfig.Memory", 1000, 1000);
	assert_int_equal(stage.updates_len, 3);
	assert_false(stage_is_empty(&stage));
	assert_int_equal(stage.updates[0].update.kind, UPDATE_SERVICE);
	assert_string_equal(stage.updates[1].update.name, "db");
	s = &stage.updates[2];
	assert_int_equal(s->update.len, 2);
	assert_string_equal(s->update.fields[0].path, "HostConfig.Memory");
	assert_int_equal(update_field(&s->update, "HostConfig.PidsLimit")->after->integer, 100);
	assert_int_equal(s->controls.len, 2);
	assert_string_equal(s->controls.items[0], "5.11");
	assert_int_equal(s->impact.len, 1);
	generation = stage.generation;
	edit(&stage, UPDATE_CONTAINER, "web", "HostConfig.Memory", 0, 1000);
	assert_int_equal(stage.generation, generation);
	edit(&stage, UPDATE_CONTAINER, "web", "HostConfig.Memory", 0, 2000); /* two that fight */
	assert_true(stage.generation > generation);
	assert_int_equal(stage_copy(&copy, &stage, NULL), 0);
	assert_int_equal(copy.updates_len, 3);
	assert_string_equal(copy.updates[2].controls.items[1], "5.29");
	db.name = db.id = (char *)"db";
	assert_int_equal(stage_find_update(&copy, &db)->update.fields[0].after->integer, 1000);
	db.id = (char *)"another";
	assert_null(stage_find_update(&copy, &db));
}

static void test_a_waiver_spares_an_object(void **state)
{
	char *names[] = {(char *)"ci", (char *)"service db"};
	const struct waiver waiver = {.only = {.items = names, .len = 2}};
	AUTO(stage) struct stage stage = {.control = "5.29", .waiver = &waiver};

	(void)state;
	edit(&stage, UPDATE_CONTAINER, "ci", "HostConfig.PidsLimit", 0, 100);
	edit(&stage, UPDATE_CONTAINER, "db", "HostConfig.PidsLimit", 0, 100);
	edit(&stage, UPDATE_SERVICE, "db", "Spec.PidsLimit", 0, 100);
	assert_int_equal(stage.updates_len, 1);
	assert_string_equal(stage.updates[0].update.name, "db");
	assert_int_equal(stage.updates[0].update.kind, UPDATE_CONTAINER);
}

static void test_undone(void **state)
{
	AUTO_PTR(value) struct value *zero = value_integer(0), *most = value_integer(INT64_MAX);
	AUTO_PTR(value) struct value *five = value_integer(5);
	const struct field_edit exact = {.before = zero, .after = five};
	const struct field_edit near = {.before = zero, .after = five, .back = most};
	const struct field_edit never = {.before = zero, .after = five, .stays = true};

	(void)state;
	assert_ptr_equal(field_target(&exact), zero);
	assert_ptr_equal(field_target(&near), most);
	assert_true(field_is_undone(&exact, NULL));
	assert_false(field_is_undone(&exact, most));
	assert_true(field_is_undone(&near, zero) && field_is_undone(&near, most));
	assert_false(field_is_undone(&near, five));
	assert_true(field_is_undone(&never, five));
}

static void test_names(void **state)
{
	enum update_kind kind;
	AUTO_FREE char *web = update_resource(&(struct update){.name = (char *)"web"});
	AUTO_FREE char *swarm =
		update_resource(&(struct update){.kind = UPDATE_SWARM, .name = (char *)"swarm"});

	(void)state;
	assert_string_equal(web, "container web");
	assert_string_equal(swarm, "swarm");
	for (enum update_kind k = UPDATE_CONTAINER; k <= UPDATE_IMAGE; k++)
		assert_true(update_kind_find(update_kind_name(k), &kind) && kind == k);
	assert_false(update_kind_find("node", &kind));
	assert_false(update_kind_find(NULL, &kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_said_in_many_ways),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_one_update_for_an_object),
		cmocka_unit_test(test_a_waiver_spares_an_object),
		cmocka_unit_test(test_undone),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
