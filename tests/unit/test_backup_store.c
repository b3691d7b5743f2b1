// SPDX-License-Identifier: Apache-2.0
/*
 * The store, and what verify and prune make of it.
 */
#include "tests/unit/backup_fixture.h"

#include "backup/journal.h"
#include "backup/state.h"
#include "backup/store.h"

struct fixture {
	struct world w;
	struct runs runs;
	char object[160]; /* the path of daemon.json's original in the tree */
	char sha256[65];
};

static void set_conf(struct world *w, const char *content)
{
	struct wish wish = {
		"/etc/docker/daemon.json", FILE_REGULAR, 0640, 0, 0, content, false, PHASE_CONFIG};
	struct stage stage = {0};

	stage_wish(w, &stage, &wish);
	assert_int_equal(world_commit(w, &stage), BACKUP_DONE);
	stage_done(&stage);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	AUTO_PTR(backup) struct backup *b = NULL;

	world_make(&f->w);
	set_conf(&f->w, "{\"a\": 1}\n");
	b = world_open(&f->w, BACKUP_READ);
	assert_int_equal(backup_history(b, &f->runs, NULL), 0);
	memcpy(f->sha256, f->runs.items[0].intents[0].before.sha256, sizeof(f->sha256));
	(void)snprintf(f->object, sizeof(f->object), "/var/lib/harden/store/%.2s/%s", f->sha256,
		       f->sha256 + 2);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	runs_done(&f->runs);
	world_drop(&f->w);
	free(f);
	return 0;
}

static size_t broken(struct fixture *f, const char *words)
{
	AUTO(backup_check) struct backup_check check = {0};
	AUTO_PTR(backup) struct backup *b = world_open(&f->w, BACKUP_READ);

	assert_int_equal(backup_verify(b, &check, NULL), 0);
	for (size_t i = 0; i < check.broken.len; i++)
		if (!strstr(check.broken.items[i], words) ||
		    !strstr(check.broken.items[i], "/etc/docker/daemon.json"))
			fail_msg("%s", check.broken.items[i]);
	return check.broken.len;
}

static void test_verify(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(broken(f, ""), 0);
	put_file(&f->w, f->object, "{\"debug\": truE}\n", 0600, 0, 0);
	assert_int_equal(broken(f, "is damaged"), 1);
	assert_int_equal(unlink(at(&f->w, f->object)), 0);
	assert_int_equal(broken(f, "is missing"), 1);
	put_directory(&f->w, f->object, 0700, 0);
	assert_int_equal(broken(f, "is not ours"), 1);
	assert_int_equal(rmdir(at(&f->w, f->object)), 0);
	assert_int_equal(symlink("/etc/passwd", at(&f->w, f->object)), 0);
	assert_int_equal(broken(f, "open"), 1); /* a link is not followed */
}

/* A damaged original is written anew when the same bytes are backed up again. */
static void test_damage_is_mended(void **state)
{
	struct fixture *f = *state;
	AUTO_PTR(backup) struct backup *b = world_open(&f->w, BACKUP_WRITE);
	AUTO_PTR(blob) struct blob *content = blob_new("{\"debug\": true}\n", 16), *got = NULL;
	char sha256[65];

	put_file(&f->w, f->object, "damage", 0600, 0, 0);
	put_file(&f->w, "/var/lib/harden/store/README", "", 0600, 0, 0);
	assert_int_equal(store_put(&b->store, content, sha256, NULL), 0);
	assert_string_equal(sha256, f->sha256);
	assert_int_equal(store_get(&b->store, sha256, &got, NULL), 0);
	assert_true(blob_equal(got, content));
}

static void prune(struct fixture *f, struct prune_options options, size_t runs, size_t objects)
{
	AUTO(prune_result) struct prune_result result = {0};
	AUTO_PTR(backup) struct backup *b = world_open(&f->w, BACKUP_WRITE);
	AUTO(error) struct error err = {0};

	if (backup_prune(b, &options, &result, &err) < 0)
		fail_msg("%s", error_message(&err));
	assert_int_equal(result.runs.len, runs);
	assert_int_equal(result.objects, objects);
	assert_int_equal(result.bytes > 0, objects > 0);
}

static void roll_back(struct fixture *f)
{
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = world_open(&f->w, BACKUP_WRITE);
	struct rollback_options options = {0};

	assert_int_equal(backup_rollback(b, &options, &world_info, &result, NULL), 0);
	assert_int_equal(result.outcome, BACKUP_DONE);
}

static void test_prune_keeps_what_is_needed(void **state)
{
	struct fixture *f = *state;
	AUTO(strv) struct strv named = {0};

	set_conf(&f->w, "{\"a\": 2}\n");
	prune(f, (struct prune_options){0}, 0, 0); /* both stand */
	roll_back(f);
	prune(f, (struct prune_options){.dry_run = true}, 1, 1);
	prune(f, (struct prune_options){.keep_days = 1}, 0, 0); /* too young */
	prune(f, (struct prune_options){0}, 1, 1);
	prune(f, (struct prune_options){0}, 0, 0);
	assert_int_equal(broken(f, ""), 0);
	assert_int_equal(strv_add(&named, f->runs.items[0].id, NULL), 0);
	prune(f, (struct prune_options){.runs = &named}, 1, 1); /* asked for, though it stands */
}

/* A run of long ago goes also when a number of days is kept. */
static void test_prune_by_age(void **state)
{
	struct fixture *f = *state;
	char from[64];

	roll_back(f);
	(void)snprintf(from, sizeof(from), "/var/lib/harden/runs/%s", f->runs.items[0].id);
	assert_int_equal(
		rename(at(&f->w, from), at(&f->w, "/var/lib/harden/runs/20200101T000000Z-0000")),
		0);
	prune(f, (struct prune_options){.keep_days = 30}, 1, 1);
}

static void test_prune_refuses(void **state)
{
	struct fixture *f = *state;
	AUTO_PTR(backup) struct backup *b = world_open(&f->w, BACKUP_WRITE);
	AUTO(prune_result) struct prune_result result = {0};
	AUTO(strv) struct strv named = {0};
	AUTO(error) struct error err = {0};
	AUTO(journal) struct journal j = {.fd = -1};
	struct prune_options options = {.runs = &named};

	assert_int_equal(strv_add(&named, "nosuchrun", NULL), 0);
	assert_int_equal(backup_prune(b, &options, &result, &err), -1);
	assert_int_equal(err.code, ERROR_USAGE);
	strv_done(&named);
	assert_int_equal(strv_add(&named, f->runs.items[0].id, NULL), 0);
	{
		AUTO(run) struct run run = {0};

		assert_int_equal(journal_read(b->runs_fd, named.items[0], &run, NULL), 1);
		assert_int_equal(journal_reopen(b->runs_fd, &run, &j, NULL), 0);
		assert_int_equal(journal_mark(&j, "undo-begin", "rollback", NULL), 0);
	}
	assert_int_equal(backup_prune(b, &options, &result, &err), -1);
	assert_non_null(strstr(error_message(&err), "is undoing"));
}

/* What --force put aside is kept as long as the run's record is. */
static void test_prune_keeps_forced(void **state)
{
	struct fixture *f = *state;
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	struct rollback_options options = {.force = true};

	put_file(&f->w, "/etc/docker/daemon.json", "mine\n", 0640, 0, 0);
	b = world_open(&f->w, BACKUP_WRITE);
	assert_int_equal(backup_rollback(b, &options, &world_info, &result, NULL), 0);
	b = (backup_free(b), NULL);
	prune(f, (struct prune_options){.keep_days = 1}, 0, 0);
	prune(f, (struct prune_options){0}, 1, 2);
}

#define case_of(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(test_verify),
		case_of(test_damage_is_mended),
		case_of(test_prune_keeps_what_is_needed),
		case_of(test_prune_by_age),
		case_of(test_prune_refuses),
		case_of(test_prune_keeps_forced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
