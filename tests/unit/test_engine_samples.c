// SPDX-License-Identifier: Apache-2.0
/*
 * Real answers of the Engine API (tests/data/engine, its README says where they are from) through
 * the recipe's controls of sections 4 to 7. expected.tsv has a row for each sample and a column
 * for each control: pass, fail, manual, na, error; "-" where the sample lacks what the control
 * needs. What came out instead is written to expected.got in the working directory.
 */
#include "tests/unit/shipped_fixture.h"

#include "harden/engine/audit.h"

#include <stdio.h>
#include <unistd.h>

#define CELLS_MAX 64

static void add_value(struct fake_engine *e, const char *kind, const char *name,
		      const struct value *v)
{
	AUTO_FREE char *json = to_json(v);

	fake_add(e, kind, name, json);
}

/* The object itself, or each of a list. */
static void add_sample(struct fake_engine *e, const char *kind, const char *sample)
{
	AUTO_PTR(value) struct value *v = read_sample(sample);

	if (v->kind != VALUE_LIST)
		add_value(e, kind, sample, v);
	for (size_t i = 0; v->kind == VALUE_LIST && i < v->len; i++)
		add_value(e, kind, sample, v->members[i].value);
}

static void add_part(struct fake_engine *e, size_t part, const char *sample)
{
	AUTO_PTR(value) struct value *v = read_sample(sample);

	e->objects[e->len - 1].answers[part] = to_json(v);
}

/* A command in a container of its own, which runs as uid 1000, but as root where nobody said more. */
static void add_exec(struct fake_engine *e, const char *sample)
{
	AUTO_PTR(value) struct value *exec = read_sample(sample);
	AUTO_PTR(value) struct value *container = read_sample("container-default.json");

	assert_int_equal(
		value_set(container, "Id", value_text(value_get_text(exec, "ContainerID")), NULL),
		0);
	assert_int_equal(value_set(value_get(container, "Config"), "User",
				   value_text(strstr(sample, "created") ? "0:0" : "1000"), NULL),
			 0);
	add_value(e, "exec", sample, exec);
	add_value(e, "container", "the container", container);
	add_part(e, 1, "container-top.json");
}

static bool begins(const char *sample, const char *prefix)
{
	return str_starts(sample, prefix) ||
	       (str_starts(sample, "podman/") && str_starts(sample + strlen("podman/"), prefix));
}

static void add_image(struct fake_engine *e, const char *sample)
{
	AUTO_FREE char *history = strdup(sample);
	char *end = strstr(history, "-inspect.json");

	add_sample(e, "image", sample);
	e->content = read_sample("content-plain.json");
	if (strstr(sample, "bb1") || str_starts(sample, "podman/")) {
		e->objects[e->len - 1].answers[1] = strdup("[]");
		return;
	}
	assert_non_null(end);
	(void)snprintf(end, strlen("-inspect.json") + 1, "-history.json");
	add_part(e, 1, history);
}

/* Lists instead of inspected objects: enough for what counts images. */
static void add_images(struct fake_engine *e, const char *sample)
{
	AUTO_PTR(value) struct value *list = read_sample("containers-list.json");

	add_sample(e, "image", sample);
	for (size_t i = 0; i < list->len; i++) {
		struct value *one = list->members[i].value;
		const char *id = value_get_text(one, "ImageID");

		assert_int_equal(value_set(one, "Image", value_text(id), NULL), 0);
		add_value(e, "container", sample, one);
	}
}

static void add_container(struct fake_engine *e, const char *sample)
{
	AUTO_PTR(value) struct value *all = read_sample("harden.json");

	add_sample(e, "container", sample);
	add_part(e, 1, "container-top.json");
	e->harden = value_copy(value_get(all, sample));
}

static const struct {
	const char *prefix, *kind;
	void (*add)(struct fake_engine *e, const char *sample); /* NULL: as kind */
} samples[] = {
	{"container-", "container", add_container},
	{"image-", "image", add_image},
	{"images-list", "image", add_images},
	{"exec-", "exec", add_exec},
	{"network", "network", NULL},
	{"nodes", "node", NULL},
	{"services", "service", NULL},
	{"secrets", "secret", NULL},
	{"swarm-docker-state", NULL, NULL},
	{"swarm-", "swarm", NULL},
	{"info", NULL, NULL},
};

/* /info: the sample itself, Podman's, or a host in or outside of a swarm. */
static void add_info(struct fake_engine *e, const char *sample)
{
	bool swarm = strstr(sample, "swarm") || begins(sample, "nodes") ||
		     begins(sample, "services") || begins(sample, "secrets");
	AUTO_PTR(value)
	struct value *info = read_sample(str_starts(sample, "podman/") ? "podman/info.json"
								       : "info-swarm-manager.json");

	if (!swarm || strcmp(sample, "info-swarm-inactive.json") == 0)
		assert_int_equal(
			value_set(info, "Swarm", read_sample("info-swarm-inactive.json"), NULL), 0);
	e->info = to_json(info);
	e->no_swarm = !swarm;
}

static void make_world(struct fake_engine *e, const char *sample)
{
	add_info(e, sample);
	e->daemon = value_map();
	assert_int_equal(value_set(e->daemon, "Socket", value_text("/srv/dk/docker.sock"), NULL),
			 0);
	assert_int_equal(value_set(e->daemon, "ContentTrust", value_list(), NULL), 0);
	assert_int_equal(
		value_set(e->daemon, "State", read_sample("swarm-docker-state.json"), NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		if (!begins(sample, samples[i].prefix))
			continue;
		if (samples[i].add)
			samples[i].add(e, sample);
		else if (samples[i].kind)
			add_sample(e, samples[i].kind, sample);
		return;
	}
	fail_msg("%s: what is it?", sample);
}

static int no_template(void *cookie, const char *name, struct blob **ret, struct error *err)
{
	(void)cookie;
	(void)ret;
	return error_set(err, ERROR_RECIPE, 0, "no template %s", name);
}

/* RFC 7386: null removes. Members that begin with # are not the object's. */
static void merge(struct value *into, const struct value *patch)
{
	for (size_t i = 0; i < patch->len; i++) {
		const char *key = patch->members[i].key;
		const struct value *v = patch->members[i].value;
		struct value *old = value_get(into, key);

		if (key[0] == '#')
			continue;
		if (v->kind == VALUE_MAP && old && old->kind == VALUE_MAP)
			merge(old, v);
		else if (v->kind == VALUE_NULL)
			(void)value_unset(into, key);
		else
			assert_int_equal(value_set(into, key, value_copy(v), NULL), 0);
	}
}

static void merge_json(char **json, const struct value *patch)
{
	AUTO_PTR(value) struct value *v = NULL;

	if (!*json || !patch)
		return;
	assert_int_equal(json_read(*json, strlen(*json), "sample", &v, NULL), 0);
	merge(v, patch);
	free(*json);
	*json = to_json(v);
}

/* #top, #history: the object's other answer; #info, #daemon: the engine's; #pick: one of a list;
 * #content: what is in the image, #unread: nothing can be told of it. */
static void patch_world(struct fake_engine *e, const struct value *patch)
{
	const struct value *part = value_get(patch, "#top"), *pick = value_get(patch, "#pick");

	if (!part)
		part = value_get(patch, "#history");
	if (part) {
		free(e->objects[0].answers[1]);
		e->objects[0].answers[1] = part->kind == VALUE_NULL ? NULL : to_json(part);
	}
	if (e->len)
		merge_json(&e->objects[0].answers[0], patch);
	merge_json(&e->info, value_get(patch, "#info"));
	if (e->content && value_get(patch, "#content"))
		merge(e->content, value_get(patch, "#content"));
	if (e->content && value_get(patch, "#unread")) { /* its layers cannot be looked at */
		value_free(e->content);
		e->content = NULL;
	}
	if (value_get(patch, "#daemon"))
		merge(e->daemon, value_get(patch, "#daemon"));
	for (size_t i = 0; pick && i < e->len; i++)
		if ((int64_t)i != pick->integer)
			e->objects[i].kind = "none";
}

static void audit_sample(const char *sample, const char *only, const struct value *patch,
			 struct session *s, const struct session_request *r, struct audit *ret)
{
	AUTO(error) struct error err = {0};
	struct fake_engine engine = {0};

	make_world(&engine, sample);
	if (patch)
		patch_world(&engine, patch);
	if (session_open(r, s, &err) < 0)
		fail_msg("%s", error_message(&err));
	fake_open(&engine, &s->host, library);
	for (size_t i = 0; i < s->recipe.len; i++)
		s->recipe.controls[i].selected = only ? strcmp(s->recipe.controls[i].id, only) == 0
						      : s->recipe.controls[i].id[0] >= '4';
	if (audit_run(s, false, ret, NULL, &err) < 0)
		fail_msg("%s: %s", sample, error_message(&err));
	fake_done(&engine);
}

static const char *cell_of(const struct audit *audit, const char *id)
{
	for (size_t i = 0; i < audit->len; i++) {
		enum status status = audit->verdicts[i].judgement.status;

		if (strcmp(audit->verdicts[i].control->id, id) == 0)
			return status == STATUS_NOT_APPLICABLE ? "na" : status_name(status);
	}
	return "missing";
}

static void explain(const struct audit *audit, const char *id)
{
	for (size_t i = 0; i < audit->len; i++) {
		const struct judgement *j = &audit->verdicts[i].judgement;

		if (strcmp(audit->verdicts[i].control->id, id) != 0)
			continue;
		for (size_t k = 0; k < j->findings_len; k++)
			print_error("#   ! %s\n", j->findings[k].message);
		for (size_t k = 0; k < j->notes.len; k++)
			print_error("#   * %s\n", j->notes.items[k]);
		for (size_t k = 0; k < j->evidence_len; k++) {
			AUTO_FREE char *text = to_json(j->evidence[k].value);

			print_error("#   . %s: %s\n", j->evidence[k].source, text);
		}
	}
}

static struct session_request request_of(const char *root, const struct strv *none)
{
	static struct source_text texts[2];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		texts[i] = (struct source_text){recipes[i], recipe_bytes[i]};
	return (struct session_request){
		.root = root,
		.recipes = texts,
		.recipes_len = ARRAY_SIZE(texts),
		.only = none,
		.skip = none,
		.set = none,
		.accept = none,
		.today = "2026-11-25",
		.read_template = no_template,
	};
}

static size_t compare_row(const struct strv *ids, const struct strv *row, const char *root,
			  FILE *got)
{
	AUTO(strv) struct strv none = {0};
	const struct session_request request = request_of(root, &none);
	AUTO(session) struct session s = {0};
	AUTO(audit) struct audit audit = {0};
	size_t wrong = 0;

	audit_sample(row->items[0], NULL, NULL, &s, &request, &audit);
	(void)fprintf(got, "%s", row->items[0]);
	for (size_t i = 1; i < ids->len; i++) {
		const char *cell = cell_of(&audit, ids->items[i]);
		const char *wanted = i < row->len ? row->items[i] : "";

		(void)fprintf(got, "\t%s", strcmp(wanted, "-") == 0 ? "-" : cell);
		if (strcmp(wanted, "-") == 0 || strcmp(wanted, cell) == 0)
			continue;
		print_error("# %s: %s is %s, expected %s\n", row->items[0], ids->items[i], cell,
			    wanted);
		explain(&audit, ids->items[i]);
		wrong++;
	}
	(void)fprintf(got, "\n");
	return wrong;
}

static void every_sample_has_its_verdicts(void **state)
{
	size_t len, wrong = 0;
	AUTO_FREE char *table = fixture_read(SAMPLES "expected.tsv", &len);
	AUTO(strv) struct strv lines = {0}, ids = {0};
	char root[] = "/tmp/harden-samples-XXXXXX";
	FILE *got = fopen("expected.got", "we");

	(void)state;
	assert_non_null(got);
	assert_non_null(mkdtemp(root));
	assert_int_equal(strv_split(&lines, table, "\n", NULL), 0);
	assert_int_equal(strv_split(&ids, lines.items[0], "\t", NULL), 0);
	assert_int_equal(ids.len, 1 + 55);
	(void)fprintf(got, "%s\n", lines.items[0]);
	for (size_t i = 1; i < lines.len; i++) {
		AUTO(strv) struct strv row = {0};

		assert_int_equal(strv_split(&row, lines.items[i], "\t", NULL), 0);
		wrong += compare_row(&ids, &row, root, got);
	}
	assert_int_equal(fclose(got), 0);
	assert_int_equal(rmdir(root), 0);
	assert_int_equal(wrong, 0);
	assert_int_equal(unlink("expected.got"), 0);
}

/* Whether anything that is said holds the text. */
static bool audit_says(const struct audit *audit, const char *text)
{
	const struct judgement *j = &audit->verdicts[0].judgement;

	for (size_t i = 0; i < j->findings_len; i++)
		if (strstr(j->findings[i].message, text))
			return true;
	for (size_t i = 0; i < j->notes.len; i++)
		if (strstr(j->notes.items[i], text))
			return true;
	for (size_t i = 0; i < j->evidence_len; i++) {
		AUTO_FREE char *value = to_json(j->evidence[i].value);

		if (strstr(value, text))
			return true;
	}
	return false;
}

/* row, control, verdict, sample, patch, says ("-": anything; "!TEXT": never that) */
static size_t compare_peer(const struct strv *row, const char *root)
{
	AUTO(strv) struct strv none = {0};
	const struct session_request request = request_of(root, &none);
	AUTO(session) struct session s = {0};
	AUTO(audit) struct audit audit = {0};
	AUTO_PTR(value) struct value *patch = NULL;
	const char *says, *cell;

	assert_int_equal(row->len, 6);
	says = row->items[5];
	if (json_read(row->items[4], strlen(row->items[4]), row->items[0], &patch, NULL) < 0)
		fail_msg("%s: %s", row->items[0], row->items[4]);
	audit_sample(row->items[3], row->items[1], patch, &s, &request, &audit);
	cell = cell_of(&audit, row->items[1]);
	if (strcmp(cell, row->items[2]) == 0 &&
	    (strcmp(says, "-") == 0 ||
	     (says[0] == '!' ? !audit_says(&audit, says + 1) : audit_says(&audit, says))))
		return 0;
	print_error("# %s: %s is %s, expected %s and \"%s\": %s\n", row->items[0], row->items[1],
		    cell, row->items[2], says, row->items[4]);
	explain(&audit, row->items[1]);
	return 1;
}

static void compare_table(const char *name, size_t least)
{
	size_t len, wrong = 0;
	AUTO_FREE char *table = fixture_read(name, &len);
	AUTO(strv) struct strv lines = {0};
	char root[] = "/tmp/harden-samples-XXXXXX";

	assert_non_null(mkdtemp(root));
	assert_int_equal(strv_split(&lines, table, "\n", NULL), 0);
	assert_true(lines.len > least);
	for (size_t i = 1; i < lines.len; i++) {
		AUTO(strv) struct strv row = {0};

		assert_int_equal(strv_split(&row, lines.items[i], "\t", NULL), 0);
		wrong += compare_peer(&row, root);
	}
	assert_int_equal(rmdir(root), 0);
	assert_int_equal(wrong, 0);
}

static void what_peers_get_wrong_is_right(void **state)
{
	(void)state;
	compare_table(SAMPLES "peers.tsv", 50);
}

/* 4.3, 4.8, 4.10, and secrets in steps of a build that other controls quote. */
static void what_is_in_images_is_judged(void **state)
{
	(void)state;
	compare_table(SAMPLES "content.tsv", 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_has_its_verdicts),
		cmocka_unit_test(what_peers_get_wrong_is_right),
		cmocka_unit_test(what_is_in_images_is_judged),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, read_shipped, free_shipped);
}
