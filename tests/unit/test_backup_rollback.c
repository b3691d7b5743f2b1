// SPDX-License-Identifier: Apache-2.0
/*
 * Rollback of one run, of an older one, of all; what it refuses, what --force puts aside, and what
 * history and the dry run tell.
 */
#include "tests/unit/backup_fixture.h"

#define assert_text(got, wanted)                                                                   \
	do {                                                                                       \
		AUTO_FREE char *got_ = (got);                                                      \
		assert_string_equal(got_, wanted);                                                 \
	} while (0)

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	world_make(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	world_drop(w);
	free(w);
	return 0;
}

/* One run that makes one file so. */
static void run_wish(struct world *w, const struct wish *wish)
{
	struct stage stage = {0};

	stage_wish(w, &stage, wish);
	assert_int_equal(world_commit(w, &stage), BACKUP_DONE);
	stage_done(&stage);
}

static void set_conf(struct world *w, const char *content)
{
	struct wish wish = {
		"/etc/docker/daemon.json", FILE_REGULAR, 0640, 0, 0, content, false, PHASE_CONFIG};

	run_wish(w, &wish);
}

static void set_plain(struct world *w, mode_t mode)
{
	struct wish wish = {"/etc/plain.conf", FILE_REGULAR, mode, 0, 0, NULL, false,
			    PHASE_METADATA};

	run_wish(w, &wish);
}

static int roll_back(struct world *w, struct rollback_options options, struct backup_result *result,
		     struct error *err)
{
	AUTO_PTR(backup)
	struct backup *b = world_open(w, options.dry_run ? BACKUP_READ : BACKUP_WRITE);

	*result = (struct backup_result){0};
	return backup_rollback(b, &options, &world_info, result, err);
}

static enum backup_outcome outcome_of(struct world *w, struct rollback_options options)
{
	AUTO(backup_result) struct backup_result result = {0};
	AUTO(error) struct error err = {0};

	if (roll_back(w, options, &result, &err) < 0)
		fail_msg("%s", error_message(&err));
	return result.outcome;
}

static void history(struct world *w, struct runs *runs)
{
	AUTO_PTR(backup) struct backup *b = world_open(w, BACKUP_READ);

	assert_int_equal(backup_history(b, runs, NULL), 0);
}

static void test_nothing(void **state)
{
	struct world *w = *state;
	AUTO(runs) struct runs runs = {0};

	assert_int_equal(outcome_of(w, (struct rollback_options){0}), BACKUP_NOTHING);
	assert_int_equal(outcome_of(w, (struct rollback_options){.all = true}), BACKUP_NOTHING);
	history(w, &runs);
	assert_int_equal(runs.len, 0);
}

static void test_history(void **state)
{
	struct world *w = *state;
	AUTO(runs) struct runs runs = {0};
	const struct intent *i;

	set_conf(w, "{}\n");
	set_plain(w, 0600);
	assert_int_equal(outcome_of(w, (struct rollback_options){0}), BACKUP_DONE);
	history(w, &runs);
	assert_int_equal(runs.len, 2);
	assert_true(strcmp(runs.items[0].id, runs.items[1].id) > 0); /* newest first */
	assert_string_equal(run_state_name(runs.items[0].state), "undone");
	assert_string_equal(runs.items[0].undone_why, "rollback");
	assert_non_null(runs.items[0].undone_time);
	assert_string_equal(run_state_name(runs.items[1].state), "standing");
	assert_string_equal(runs.items[1].verb, "apply");
	assert_string_equal(runs.items[1].recipe_sha256, "abc");
	assert_string_equal(runs.items[1].root, "/the/root");
	assert_int_equal(runs.items[1].uid, getuid());
	i = run_intent(&runs.items[1], "/etc/docker/daemon.json");
	assert_non_null(i);
	assert_string_equal(intent_action(i), "modify");
	assert_string_equal(i->controls.items[0], "1.1");
	assert_string_equal(intent_action(&runs.items[0].intents[0]), "metadata");
	assert_null(run_intent(&runs.items[0], "/none"));
}

static void test_all(void **state)
{
	struct world *w = *state;
	AUTO_FREE char *before = world_listing(w);

	set_conf(w, "{\"a\": 1}\n");
	set_conf(w, "{\"a\": 2}\n");
	set_plain(w, 0600);
	assert_int_equal(outcome_of(w, (struct rollback_options){.all = true}), BACKUP_DONE);
	assert_text(world_listing(w), before);
	assert_int_equal(outcome_of(w, (struct rollback_options){.all = true}), BACKUP_NOTHING);
}

static void test_older_run(void **state)
{
	struct world *w = *state;
	AUTO(runs) struct runs runs = {0};
	AUTO(backup_result) struct backup_result result = {0};

	set_conf(w, "{\"a\": 1}\n");
	set_plain(w, 0600);
	set_conf(w, "{\"a\": 2}\n");
	history(w, &runs);
	/* the oldest lies below the newest */
	assert_int_equal(
		roll_back(w, (struct rollback_options){.run = runs.items[2].id}, &result, NULL), 0);
	assert_int_equal(result.outcome, BACKUP_CONFLICT);
	assert_non_null(strstr(result.conflicts.items[0].text, runs.items[0].id));
	assert_text(get_file(w, "/etc/docker/daemon.json"), "{\"a\": 2}\n");
	/* the one in the middle touched something else */
	assert_int_equal(outcome_of(w, (struct rollback_options){.run = runs.items[1].id}),
			 BACKUP_DONE);
	assert_int_equal(outcome_of(w, (struct rollback_options){.run = runs.items[0].id}),
			 BACKUP_DONE);
	assert_text(get_file(w, "/etc/docker/daemon.json"), "{\"a\": 1}\n");
	assert_int_equal(outcome_of(w, (struct rollback_options){.run = runs.items[2].id}),
			 BACKUP_DONE);
	assert_text(get_file(w, "/etc/docker/daemon.json"), "{\"debug\": true}\n");
}

static void test_wrong_run(void **state)
{
	struct world *w = *state;
	AUTO(backup_result) struct backup_result result = {0};
	AUTO(runs) struct runs runs = {0};
	AUTO(error) struct error err = {0};

	assert_int_equal(roll_back(w, (struct rollback_options){.run = "x"}, &result, &err), -1);
	assert_int_equal(err.code, ERROR_USAGE);
	set_plain(w, 0600);
	assert_int_equal(outcome_of(w, (struct rollback_options){0}), BACKUP_DONE);
	history(w, &runs);
	assert_int_equal(
		roll_back(w, (struct rollback_options){.run = runs.items[0].id}, &result, &err),
		-1);
	assert_non_null(strstr(error_message(&err), "is undone already"));
}

static void test_changed_since(void **state)
{
	static const struct {
		const char *name, *difference;
		const char *path, *content;
		mode_t mode;
		uid_t uid;
	} cases[] = {
		{"bytes", "content", "/etc/docker/daemon.json", "{\"mine\": 1}\n", 0640, 0},
		{"owner", "owner", "/etc/docker/daemon.json", "{\"a\": 1}\n", 0640, 1000},
		{"mode", "mode", "/etc/docker/daemon.json", "{\"a\": 1}\n", 0600, 0},
		{"bytes where only the mode was ours", "content", "/etc/plain.conf", "mine\n", 0600,
		 0},
		{"removed", "presence", "/etc/plain.conf", NULL, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(backup_result) struct backup_result result = {0};
		AUTO_FREE char *before = NULL, *now = NULL;
		struct world w;

		world_make(&w);
		set_conf(&w, "{\"a\": 1}\n");
		set_plain(&w, 0600);
		if (cases[i].content)
			put_file(&w, cases[i].path, cases[i].content, cases[i].mode, cases[i].uid,
				 0);
		else
			assert_int_equal(unlink(at(&w, cases[i].path)), 0);
		before = world_listing(&w);
		assert_int_equal(
			roll_back(&w, (struct rollback_options){.all = true}, &result, NULL), 0);
		if (result.outcome != BACKUP_CONFLICT || result.conflicts.len != 1)
			fail_msg("%s: outcome %d", cases[i].name, (int)result.outcome);
		assert_string_equal(result.conflicts.items[0].path, cases[i].path);
		if (!strstr(result.conflicts.items[0].text, cases[i].difference))
			fail_msg("%s: %s", cases[i].name, result.conflicts.items[0].text);
		assert_int_equal(result.error.code, ERROR_CONFLICT);
		now = world_listing(&w);
		assert_string_equal(now, before); /* nothing was done */
		world_drop(&w);
	}
}

/* Changed between two runs: the newer run's before is not what the older left. */
static void test_changed_between(void **state)
{
	struct world *w = *state;

	set_conf(w, "{\"a\": 1}\n");
	put_file(w, "/etc/docker/daemon.json", "{\"mine\": 1}\n", 0640, 0, 0);
	set_conf(w, "{\"a\": 2}\n");
	assert_int_equal(outcome_of(w, (struct rollback_options){.all = true}), BACKUP_CONFLICT);
	assert_text(get_file(w, "/etc/docker/daemon.json"), "{\"a\": 2}\n");
	assert_int_equal(outcome_of(w, (struct rollback_options){0}), BACKUP_DONE);
	assert_text(get_file(w, "/etc/docker/daemon.json"), "{\"mine\": 1}\n");
}

static void test_force(void **state)
{
	struct world *w = *state;
	AUTO_FREE char *before = world_listing(w);
	AUTO(runs) struct runs runs = {0};
	AUTO(strbuf) struct strbuf store = {0};

	set_conf(w, "{\"a\": 1}\n");
	put_file(w, "/etc/docker/daemon.json", "{\"mine\": 1}\n", 0640, 0, 0);
	assert_int_equal(outcome_of(w, (struct rollback_options){.force = true}), BACKUP_DONE);
	assert_text(world_listing(w), before);
	history(w, &runs);
	assert_int_equal(runs.items[0].forced.len, 1);
	assert_true(str_starts(runs.items[0].forced.items[0], "/etc/docker/daemon.json "));
	list_below(at(w, "/var/lib/harden/store"), 0, &store);
	assert_non_null(strstr(strbuf_text(&store), "7b226d696e65223a20317d0a")); /* mine */
}

/* Put back by hand already: nothing stands in the way. */
static void test_undone_by_hand(void **state)
{
	struct world *w = *state;

	set_conf(w, "{\"a\": 1}\n");
	put_file(w, "/etc/docker/daemon.json", "{\"debug\": true}\n", 0640, 0, 0);
	assert_int_equal(setxattr(at(w, "/etc/docker/daemon.json"), XATTR_ACL, world_acl,
				  sizeof(world_acl), 0),
			 0);
	assert_int_equal(outcome_of(w, (struct rollback_options){0}), BACKUP_DONE);
	assert_text(get_file(w, "/etc/docker/daemon.json"), "{\"debug\": true}\n");
}

static void test_dry_run(void **state)
{
	struct world *w = *state;
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_FREE char *before = NULL;
	struct stage stage = {0};
	static const char *const wanted[][2] = {
		{"/etc/audit", "delete"},
		{"/etc/audit/rules.d", "delete"},
		{"/etc/audit/rules.d/h.rules", "delete"},
		{"/etc/docker/daemon.json", "modify"},
		{"/etc/link", "modify"},
		{"/etc/old.conf", "create"},
		{"/etc/open", "metadata"},
		{"/etc/open/inner/conf", "modify"},
		{"/etc/open/key.pem", "metadata"},
		{"/etc/plain.conf", "metadata"},
		{"/etc/suid", "metadata"},
		{"/run/docker.sock", "metadata"},
	};

	world_stage(w, &stage);
	assert_int_equal(world_commit(w, &stage), BACKUP_DONE);
	stage_done(&stage);
	before = world_listing(w);
	assert_int_equal(roll_back(w, (struct rollback_options){.dry_run = true}, &result, NULL),
			 0);
	assert_int_equal(result.outcome, BACKUP_DONE);
	assert_int_equal(result.items_len, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_string_equal(result.items[i].path, wanted[i][0]);
		assert_string_equal(result.items[i].action, wanted[i][1]);
	}
	assert_string_equal(result.items[3].present_content->data,
			    "{\"debug\": true, \"icc\": false}\n");
	assert_string_equal(result.items[3].restored_content->data, "{\"debug\": true}\n");
	assert_text(world_listing(w), before);
}

/* Two runs over one file are one item: from what is there to the oldest before. */
static void test_net_effect(void **state)
{
	struct world *w = *state;
	AUTO(backup_result) struct backup_result result = {0};

	set_conf(w, "{\"a\": 1}\n");
	set_conf(w, "{\"a\": 2}\n");
	assert_int_equal(roll_back(w, (struct rollback_options){.all = true, .dry_run = true},
				   &result, NULL),
			 0);
	assert_int_equal(result.items_len, 1);
	assert_string_equal(result.items[0].present_content->data, "{\"a\": 2}\n");
	assert_string_equal(result.items[0].restored_content->data, "{\"debug\": true}\n");
}

/* Before the first file is touched: half of a rollback would be worse than none. */
static void test_original_is_gone(void **state)
{
	struct world *w = *state;
	AUTO(backup_result) struct backup_result result = {0};
	AUTO(error) struct error err = {0};
	AUTO(runs) struct runs runs = {0};

	set_conf(w, "{\"a\": 1}\n");
	remove_tree(at(w, "/var/lib/harden/store"));
	assert_int_equal(roll_back(w, (struct rollback_options){0}, &result, &err), -1);
	assert_non_null(strstr(err.message, "an original is not as it was stored"));
	assert_non_null(strstr(err.next, "nothing was changed"));
	assert_text(get_file(w, "/etc/docker/daemon.json"), "{\"a\": 1}\n");
	history(w, &runs);
	assert_string_equal(run_state_name(runs.items[0].state), "standing");
}

#define case_of(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(test_nothing),
		case_of(test_history),
		case_of(test_all),
		case_of(test_older_run),
		case_of(test_wrong_run),
		cmocka_unit_test(test_changed_since),
		case_of(test_changed_between),
		case_of(test_force),
		case_of(test_undone_by_hand),
		case_of(test_dry_run),
		case_of(test_net_effect),
		case_of(test_original_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
