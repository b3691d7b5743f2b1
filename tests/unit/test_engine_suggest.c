// SPDX-License-Identifier: Apache-2.0
/*
 * Real answers of the Engine API, judged by the shipped recipe, to what suggest writes. The texts that
 * must come out are in tests/data/engine/suggest; what came out instead is written to suggest.got in
 * the working directory.
 */
#include "tests/unit/shipped_fixture.h"

#include "harden/engine/suggest.h"
#include "harden/report/suggest.h"

#include <stdio.h>
#include <unistd.h>

#define MEMORY "memory_limit=67108864"

/* One container as object and as answers; its image is busybox's. */
static void add_container(struct fake_engine *e, const char *sample, const char *changes,
			  struct strbuf *list)
{
	AUTO_PTR(value) struct value *v = read_sample(sample);
	AUTO_FREE char *json = to_json(v);
	const char *id = value_get_text(v, "Id"), *name = value_get_text(v, "Name");
	AUTO_FREE char *path = str_format("/containers/%s/json", id);
	AUTO_FREE char *changes_path = str_format("/containers/%s/changes", id);
	AUTO_FREE char *image_path = str_format("/images/%s/json", value_get_text(v, "Image"));
	AUTO_PTR(value) struct value *image = read_sample("image-bb1-inspect.json");
	AUTO_FREE char *image_json = to_json(image->members[0].value);

	fake_add(e, "container", sample, json);
	e->objects[e->len - 1].id = strdup(sample);
	e->objects[e->len - 1].name = strdup(name + 1);
	fake_answer(e, path, json);
	fake_answer(e, image_path, image_json);
	if (changes)
		fake_answer(e, changes_path, changes);
	strbuf_appendf(list, "%s{\"Id\": \"%s\", \"Names\": [\"%s/a-link\", \"%s\"]}",
		       list->len > 1 ? ", " : "", id, name, name);
}

static void make_world(struct fake_engine *e, const char *samples, const char *changes)
{
	AUTO(strbuf) struct strbuf list = {0};
	AUTO(strv) struct strv names = {0};
	AUTO_PTR(value) struct value *info = read_sample("info-swarm-manager.json");

	strbuf_append(&list, "[");
	assert_int_equal(strv_split(&names, samples, " ", NULL), 0);
	for (size_t i = 0; i < names.len; i++)
		add_container(e, names.items[i], changes, &list);
	strbuf_append(&list, "]");
	fake_answer(e, "/containers/json?all=1", list.data);
	e->info = to_json(info);
	e->daemon = value_map();
	e->harden = value_map();
}

static void free_world(struct fake_engine *e)
{
	for (size_t i = 0; i < e->len; i++) {
		free((char *)e->objects[i].id);
		free((char *)e->objects[i].name);
	}
	fake_done(e);
}

static int no_template(void *cookie, const char *name, struct blob **ret, struct error *err)
{
	(void)cookie;
	(void)ret;
	return error_set(err, ERROR_RECIPE, 0, "no template %s", name);
}

struct asking {
	const char *samples, *changes, *containers, *set;
	bool compose;
};

/* 0 with the suggestions, or -1. */
static int ask(const struct asking *a, struct suggestions *ret, struct error *err)
{
	AUTO(session) struct session s = {0};
	AUTO(strv) struct strv set = {0}, containers = {0}, none = {0};
	AUTO_FREE char *root = fixture_path("engine/suggest");
	struct fake_engine engine = {0};
	struct source_text texts[2];
	struct suggest_request how = {.containers = &containers, .compose = a->compose};
	const struct session_request request = {.root = root,
						.recipes = texts,
						.recipes_len = 2,
						.only = &none,
						.skip = &none,
						.set = &set,
						.accept = &none,
						.today = "2026-11-25",
						.read_template = no_template};
	int r;

	for (size_t i = 0; i < 2; i++)
		texts[i] = (struct source_text){recipes[i], recipe_bytes[i]};
	assert_int_equal(strv_split(&containers, a->containers ? a->containers : "", " ", NULL), 0);
	assert_int_equal(strv_split(&set, a->set ? a->set : "", " ", NULL), 0);
	make_world(&engine, a->samples, a->changes);
	if (session_open(&request, &s, err) < 0)
		fail_msg("%s", error_message(err));
	fake_open(&engine, &s.host, library);
	for (size_t i = 0; i < s.recipe.len; i++)
		s.recipe.controls[i].selected = s.recipe.controls[i].id[0] >= '4';
	r = suggest_run(&s, &how, ret, err);
	free_world(&engine);
	return r;
}

static void write_got(const char *name, const char *text)
{
	FILE *f = fopen("suggest.got", "ae");

	assert_non_null(f);
	assert_true(fprintf(f, "==> %s\n%s", name, text) >= 0);
	assert_int_equal(fclose(f), 0);
}

#define CHANGES                                                                                    \
	"[{\"Path\": \"/tmp\", \"Kind\": 0}, {\"Path\": \"/tmp/x\", \"Kind\": 1}, {\"Path\": "     \
	"\"/srv\", \"Kind\": 1}, {\"Path\": \"/srv/x\", \"Kind\": 1}, {\"Path\": \"/app\", "       \
	"\"Kind\": 0}, {\"Path\": \"/app/db\", \"Kind\": 1}]"

static const struct {
	const char *file;
	struct asking ask;
} goldens[] = {
	{"bad.run", {"container-bad.json", CHANGES, NULL, MEMORY, false}},
	{"bad.compose", {"container-bad.json", CHANGES, NULL, MEMORY, true}},
	{"default.run", {"container-default.json", "null", NULL, NULL, false}},
	{"hardened.compose", {"container-hardened.json", NULL, NULL, NULL, true}},
	{"rich.run", {"suggest/rich.json", CHANGES, NULL, MEMORY, false}},
	{"rich.compose", {"suggest/rich.json", CHANGES, NULL, MEMORY, true}},
	{"several.compose",
	 {"container-edge-v6priv.json suggest/shop-web.json suggest/shop-db.json "
	  "container-swarm-task.json",
	  CHANGES, NULL, NULL, true}},
};

static void texts_are_these(void **state)
{
	size_t wrong = 0;

	(void)state;
	(void)unlink("suggest.got");
	for (size_t i = 0; i < ARRAY_SIZE(goldens); i++) {
		AUTO(suggestions) struct suggestions all = {0};
		AUTO(strbuf) struct strbuf out = {0};
		AUTO(error) struct error err = {0};
		AUTO_FREE char *path = str_format("engine/suggest/%s", goldens[i].file);
		size_t len;
		AUTO_FREE char *expected = fixture_read(path, &len);

		if (ask(&goldens[i].ask, &all, &err) < 0 || suggest_text(&all, &out, &err) < 0)
			fail_msg("%s: %s", goldens[i].file, error_message(&err));
		assert_null(strstr(strbuf_text(&out), "hunter2"));
		if (strcmp(strbuf_text(&out), expected) == 0)
			continue;
		wrong++;
		write_got(goldens[i].file, strbuf_text(&out));
	}
	if (wrong)
		fail_msg("%zu differ: see suggest.got", wrong);
}

static void containers_are_named(void **state)
{
	AUTO(suggestions) struct suggestions all = {0}, none = {0};
	AUTO(error) struct error err = {0};
	const struct asking by_id = {"container-bad.json container-default.json", NULL, "5b27519e",
				     NULL, false};
	const struct asking unknown = {"container-bad.json", NULL, "rt-bad web", NULL, false};

	(void)state;
	if (ask(&by_id, &all, &err) < 0)
		fail_msg("%s", error_message(&err));
	assert_int_equal(all.len, 1);
	assert_int_equal(all.groups[0].len, 1);
	assert_string_equal(all.groups[0].items[0].container, "rt-bad");
	assert_int_equal(ask(&unknown, &none, &err), -1);
	assert_string_equal(error_message(&err), "the engine has no container web");
	assert_string_equal(err.next, "docker ps --all lists them");
}

static void the_json_has_the_same_text(void **state)
{
	AUTO(suggestions) struct suggestions all = {0};
	AUTO(strbuf) struct strbuf out = {0}, text = {0};
	AUTO(error) struct error err = {0};
	AUTO_PTR(value) struct value *v = NULL;
	const struct asking how = {"container-bad.json container-swarm-task.json", CHANGES, NULL,
				   NULL, false};
	const struct value *document, *container, *control;

	(void)state;
	if (ask(&how, &all, &err) < 0 || suggest_json(&all, &out, &err) < 0 ||
	    suggest_run_lines(&all.groups[0], &text, &err) < 0 ||
	    json_read(out.data, out.len, "json", &v, &err) < 0)
		fail_msg("%s", error_message(&err));
	assert_string_equal(value_get_text(v, "schema"), "harden.suggest/1");
	assert_string_equal(value_get_text(v, "as"), "run");
	assert_int_equal(value_len(value_get(v, "left_out")), 1);
	document = value_get(v, "documents")->members[0].value;
	assert_string_equal(value_get_text(document, "text"), text.data);
	container = value_get(document, "containers")->members[0].value;
	assert_string_equal(value_get_text(container, "name"), "rt-bad");
	control = value_get(container, "controls")->members[0].value;
	assert_string_equal(value_get_text(control, "control"), "4.1");
	assert_true(value_get(control, "by_hand")->boolean);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_these),
		cmocka_unit_test(containers_are_named),
		cmocka_unit_test(the_json_has_the_same_text),
	};

	return cmocka_run_group_tests(tests, read_shipped, free_shipped);
}
