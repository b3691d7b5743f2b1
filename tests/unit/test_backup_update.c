// SPDX-License-Identifier: Apache-2.0
/*
 * Updates in a journal: what they make of a run's state, damage, and an undo that cannot reach the
 * engine. What an engine does is in tests/engine/updates.py and tests/host/updates.py.
 */
#include "tests/unit/backup_fixture.h"

#include "backup/journal.h"
#include "backup/record_update.h"
#include "backup/update.h"
#include "harden/text/json.h"

#define MARK(name, more)                                                                           \
	"{\"record\":\"" name "\",\"time\":\"2026-11-25T10:00:00Z\",\"ms\":1,\"uid\":0,"           \
	"\"login_uid\":null" more "}\n"

static const char update_line[] =
	"{\"record\":\"update\",\"kind\":\"container\",\"id\":\"abc\",\"name\":\"web\","
	"\"removes\":false,\"engine\":\"AA:BB\",\"controls\":[\"5.11\",\"5.29\"],\"fields\":["
	"{\"path\":\"HostConfig.Memory\",\"before\":0,\"after\":8388608,"
	"\"back\":9223372036854771712},"
	"{\"path\":\"HostConfig.PidsLimit\",\"before\":null,\"after\":100},"
	"{\"path\":\"rotateManagerUnlockKey\",\"before\":null,\"after\":true,\"stays\":true}]}";

struct fixture {
	struct world w;
	char path[128]; /* of the journal */
	char *text;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	AUTO(runs) struct runs runs = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	struct stage stage;

	world_make(&f->w);
	world_stage(&f->w, &stage);
	assert_int_equal(world_commit(&f->w, &stage), BACKUP_DONE);
	stage_done(&stage);
	b = world_open(&f->w, BACKUP_READ);
	assert_int_equal(backup_history(b, &runs, NULL), 0);
	(void)snprintf(f->path, sizeof(f->path), "/var/lib/harden/runs/%s/journal",
		       runs.items[0].id);
	f->text = get_file(&f->w, f->path);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	world_drop(&f->w);
	free(f->text);
	free(f);
	return 0;
}

static void append(struct fixture *f, const char *lines)
{
	AUTO_FREE char *text = str_format("%s%s", f->text, lines);

	put_file(&f->w, f->path, text, 0600, 0, 0);
}

static enum run_state state_of(struct fixture *f)
{
	AUTO(runs) struct runs runs = {0};
	AUTO_PTR(backup) struct backup *b = world_open(&f->w, BACKUP_READ);

	assert_int_equal(backup_history(b, &runs, NULL), 0);
	return runs.items[0].state;
}

static enum run_state state_with(struct fixture *f, const char *lines)
{
	append(f, lines);
	return state_of(f);
}

static void test_states(void **state)
{
	struct fixture *f = *state;
	AUTO_FREE char *asked = str_format("%s\n", update_line);
	AUTO_FREE char *done = str_format("%s%s", asked, MARK("updated", ""));
	AUTO_FREE char *torn = strndup(asked, strlen(asked) / 2);
	AUTO_FREE char *undoing =
		str_format("%s%s%s", done, MARK("undo-begin", ",\"why\":\"rollback\""),
			   MARK("undo-updates", ",\"why\":\"rollback\""));
	AUTO_FREE char *undone = str_format("%s%s", undoing, MARK("undo-done", ""));
	AUTO_FREE char *failed = str_format(
		"%s%s%s", asked, MARK("undo-begin", ",\"why\":\"recover\""), MARK("undo-done", ""));

	assert_int_equal(state_with(f, asked), RUN_OPEN); /* it may have been asked for */
	assert_int_equal(state_with(f, done), RUN_STANDING);
	assert_int_equal(state_with(f, torn), RUN_STANDING); /* it cannot have been */
	assert_int_equal(state_with(f, undoing), RUN_UNDOING);
	assert_int_equal(state_with(f, undone), RUN_UNDONE);
	assert_int_equal(state_with(f, failed), RUN_FAILED);
}

static void test_read_and_written(void **state)
{
	AUTO_PTR(value) struct value *v = NULL, *again = NULL;
	AUTO_FREE char *text = NULL;
	struct update_intent intent = {0};

	(void)state;
	assert_int_equal(json_read(update_line, strlen(update_line), "t", &v, NULL), 0);
	assert_int_equal(update_intent_from_value(v, &intent, NULL), 0);
	assert_int_equal(intent.update.len, 3);
	assert_true(intent.update.fields[2].stays);
	assert_int_equal(field_target(&intent.update.fields[0])->integer, 9223372036854771712);
	again = update_intent_to_value(&intent);
	assert_int_equal(json_to_text(again, &text, NULL), 0);
	assert_string_equal(text, update_line);
	update_intent_done(&intent);
}

static void test_damaged(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{"\"kind\":\"container\"", "\"kind\":\"node\""},
		{"\"kind\":\"container\"", "\"king\":\"container\""},
		{"\"id\":\"abc\"", "\"id\":7"},
		{"\"name\":\"web\"", "\"nome\":\"web\""},
		{"\"engine\":\"AA:BB\"", "\"engine\":1"},
		{"\"controls\":[\"5.11\"", "\"controls\":[5"},
		{"\"fields\":[", "\"felds\":["},
		{"\"path\":\"HostConfig.Memory\"", "\"path\":8"},
		{"\"before\":0,", ""},
		{",\"after\":100", ""},
	};
	struct fixture *f = *state;
	char *commit = strstr(f->text, "{\"record\":\"commit\"");

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *hit = strstr(update_line, cases[i].from);
		AUTO_FREE char *line =
			str_format("%.*s%s%s\n", (int)(hit - update_line), update_line, cases[i].to,
				   hit + strlen(cases[i].from));

		if (state_with(f, line) != RUN_BROKEN)
			fail_msg("%s", line);
	}
	assert_non_null(commit);
	*commit = '\0';
	{
		AUTO_FREE char *line = str_format("%s\n", update_line);

		assert_int_equal(state_with(f, line), RUN_BROKEN); /* before the commit */
	}
}

/* Nobody can be asked: the files come back, and what stands is told; it may be tried again. */
static void test_without_an_engine(void **state)
{
	struct fixture *f = *state;
	AUTO_FREE char *asked = str_format("%s\n", update_line);
	AUTO_PTR(backup) struct backup *b = NULL;
	AUTO(backup_result) struct backup_result r = {0};
	const struct run_info info = {.verb = "recover", .version = "1", .root = "/"};
	struct stat st;

	append(f, asked);
	b = world_open(&f->w, BACKUP_WRITE);
	assert_int_equal(backup_recover(b, &info, &r, NULL), 0);
	assert_int_equal(r.outcome, BACKUP_INCOMPLETE);
	assert_int_equal(r.stands.len, 1);
	assert_string_equal(r.stands.items[0].path, "container web");
	assert_non_null(strstr(r.stands.items[0].text, "not a live host"));
	assert_string_equal(r.error.resource, "container web");
	assert_int_equal(lstat(at(&f->w, "/etc/audit"), &st), -1); /* made by the run */
	backup_result_done(&r);
	assert_int_equal(backup_recover(b, &info, &r, NULL), 0);
	assert_int_equal(r.outcome, BACKUP_INCOMPLETE);
	backup_free(take_ptr(&b));
	assert_int_equal(state_of(f), RUN_UNDOING);
}

static void test_rollback_without_an_engine(void **state)
{
	struct fixture *f = *state;
	AUTO_FREE char *done = str_format("%s\n%s", update_line, MARK("updated", ""));
	AUTO_PTR(backup) struct backup *b = NULL;
	AUTO(backup_result) struct backup_result r = {0};
	AUTO(error) struct error err = {0};
	const struct run_info info = {.verb = "rollback", .version = "1", .root = "/"};
	struct rollback_options options = {0};
	struct stat st;

	append(f, done);
	b = world_open(&f->w, BACKUP_WRITE);
	assert_int_equal(backup_rollback(b, &options, &info, &r, &err), -1);
	assert_int_equal(err.code, ERROR_REMOTE);
	assert_non_null(strstr(err.next, "--force"));
	assert_int_equal(lstat(at(&f->w, "/etc/audit"), &st), 0);
	options.force = true;
	assert_int_equal(backup_rollback(b, &options, &info, &r, NULL), 0);
	assert_int_equal(r.outcome, BACKUP_INCOMPLETE);
	assert_int_equal(lstat(at(&f->w, "/etc/audit"), &st), -1);
}

static void test_foreign(void **state)
{
	static const struct {
		const char *present, *foreign;
	} cases[] = {
		{"{\"HostConfig.Memory\":8388608,\"HostConfig.PidsLimit\":100}", NULL},
		{"{\"HostConfig.Memory\":0}", NULL},
		{"{\"HostConfig.Memory\":9223372036854771712,\"HostConfig.PidsLimit\":0}", NULL},
		{"{\"HostConfig.Memory\":8388608,\"HostConfig.PidsLimit\":7}",
		 "HostConfig.PidsLimit"},
		{"{\"HostConfig.Memory\":1}", "HostConfig.Memory"},
	};
	AUTO_PTR(value) struct value *v = NULL;
	struct update_intent intent = {0};

	(void)state;
	assert_int_equal(json_read(update_line, strlen(update_line), "t", &v, NULL), 0);
	assert_int_equal(update_intent_from_value(v, &intent, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_PTR(value) struct value *present = NULL;
		const char *foreign;

		assert_int_equal(
			json_read(cases[i].present, strlen(cases[i].present), "t", &present, NULL),
			0);
		foreign = update_foreign_field(&intent.update, present);
		if (!str_equal(foreign, cases[i].foreign))
			fail_msg("%s: %s", cases[i].present, foreign ? foreign : "none");
	}
	update_intent_done(&intent);
}

#define case_of(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(test_states),
		case_of(test_damaged),
		case_of(test_without_an_engine),
		case_of(test_rollback_without_an_engine),
		cmocka_unit_test(test_read_and_written),
		cmocka_unit_test(test_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
