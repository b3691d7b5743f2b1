// SPDX-License-Identifier: Apache-2.0
/*
 * A run forwards and back: what commit promises is there, what rollback promises is back, and what
 * somebody else changed stops both.
 */
#include "tests/unit/backup_fixture.h"

#define assert_text(got, wanted)                                                                   \
	do {                                                                                       \
		AUTO_FREE char *got_ = (got);                                                      \
		assert_string_equal(got_, wanted);                                                 \
	} while (0)

struct fixture {
	struct world w;
	struct stage stage;
	char *before;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	world_make(&f->w);
	world_stage(&f->w, &f->stage);
	f->before = world_listing(&f->w);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	stage_done(&f->stage);
	world_drop(&f->w);
	free(f->before);
	free(f);
	return 0;
}

static void roll_back(struct fixture *f, const struct rollback_options *options,
		      struct backup_result *result)
{
	AUTO(error) struct error err = {0};
	AUTO_PTR(backup) struct backup *b = world_open(&f->w, BACKUP_WRITE);

	if (backup_rollback(b, options, &world_info, result, &err) < 0)
		fail_msg("%s", error_message(&err));
}

static void test_there_and_back(void **state)
{
	struct fixture *f = *state;
	AUTO(backup_result) struct backup_result result = {0};
	struct stat st;

	assert_int_equal(world_commit(&f->w, &f->stage), BACKUP_DONE);
	assert_text(get_file(&f->w, "/etc/docker/daemon.json"),
		    "{\"debug\": true, \"icc\": false}\n");
	assert_int_equal(lstat(at(&f->w, "/run/docker.sock"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(st.st_gid, 7);
	assert_int_equal(lstat(at(&f->w, "/etc/old.conf"), &st), -1);
	roll_back(f, &(struct rollback_options){0}, &result);
	if (result.outcome != BACKUP_DONE)
		fail_msg("%s", error_message(&result.error));
	assert_text(world_listing(&f->w), f->before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_there_and_back, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
