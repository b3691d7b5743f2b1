// SPDX-License-Identifier: Apache-2.0
/*
 * What a file held at a moment: before two runs, between them, after them, and when somebody else
 * or an undo came between.
 */
#include "tests/unit/backup_fixture.h"

#include "backup/past.h"

#define CONFIG "/etc/docker/daemon.json"

static struct timespec now(void)
{
	struct timespec t;

	/* files take their times from a slower clock, and journals count seconds */
	(void)usleep(20000);
	assert_int_equal(clock_gettime(CLOCK_REALTIME, &t), 0);
	(void)usleep(1050000);
	return t;
}

static void change(struct world *w, const char *path, const char *content)
{
	struct wish wish = {
		path,	     content ? FILE_REGULAR : FILE_ABSENT, 0644, 0, 0, content, false,
		PHASE_CONFIG};
	AUTO(stage) struct stage stage = {0};

	stage_wish(w, &stage, &wish);
	assert_int_equal(world_commit(w, &stage), BACKUP_DONE);
}

/* "?": not known, "-": absent, else the content. */
static void held(struct world *w, const char *path, struct timespec when, const char *expected)
{
	AUTO_PTR(backup) struct backup *b = world_open(w, BACKUP_READ);
	AUTO_PTR(blob) struct blob *content = NULL;
	struct error err = {0};
	int r = backup_past_content(b, path, when, &content, &err);

	if (r < 0)
		fail_msg("%s", error_message(&err));
	assert_string_equal(r == 0 ? "?" : content ? content->data : "-", expected);
}

static void rollback(struct world *w)
{
	AUTO_PTR(backup) struct backup *b = world_open(w, BACKUP_WRITE);
	AUTO(backup_result) struct backup_result result = {0};
	struct rollback_options options = {0};

	assert_int_equal(backup_rollback(b, &options, &world_info, &result, NULL), 0);
	assert_int_equal(result.outcome, BACKUP_DONE);
}

static void two_runs(void **state)
{
	struct timespec first, second, third;
	struct world w;

	(void)state;
	world_make(&w);
	first = now();
	held(&w, CONFIG, first, "?");
	change(&w, CONFIG, "{\"a\": 1}\n");
	second = now();
	change(&w, CONFIG, "{\"b\": 2}\n");
	third = now();
	held(&w, CONFIG, first, "{\"debug\": true}\n");
	held(&w, CONFIG, second, "{\"a\": 1}\n");
	held(&w, CONFIG, third, "?"); /* nobody has changed it since: it is what it is */
	held(&w, "/etc/plain.conf", first, "?");
	world_drop(&w);
}

static void made_and_removed(void **state)
{
	struct timespec first, second;
	struct world w;

	(void)state;
	world_make(&w);
	first = now();
	change(&w, "/etc/docker/new.json", "{}\n");
	second = now();
	change(&w, "/etc/docker/new.json", NULL);
	held(&w, "/etc/docker/new.json", first, "-");
	held(&w, "/etc/docker/new.json", second, "{}\n");
	world_drop(&w);
}

static void somebody_else_between(void **state)
{
	struct timespec first;
	struct world w;

	(void)state;
	world_make(&w);
	first = now();
	put_file(&w, CONFIG, "{\"theirs\": 1}\n", 0644, 0, 0);
	assert_int_equal(utimensat(AT_FDCWD, at(&w, CONFIG), NULL, 0), 0);
	change(&w, CONFIG, "{\"ours\": 1}\n");
	held(&w, CONFIG, first, "?");
	world_drop(&w);
}

/* A run of the same second may have come before the moment: it is no witness. */
static void in_one_second(void **state)
{
	struct timespec t;
	struct world w;

	(void)state;
	world_make(&w);
	change(&w, CONFIG, "{\"a\": 1}\n");
	assert_int_equal(clock_gettime(CLOCK_REALTIME, &t), 0);
	held(&w, CONFIG, t, "?");
	world_drop(&w);
}

static void undone_between(void **state)
{
	struct timespec first;
	struct world w;

	(void)state;
	world_make(&w);
	change(&w, CONFIG, "{\"a\": 1}\n");
	first = now();
	rollback(&w);
	held(&w, CONFIG, first, "?");
	change(&w, CONFIG, "{\"b\": 2}\n");
	held(&w, CONFIG, first, "?");
	world_drop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_runs),
		cmocka_unit_test(made_and_removed),
		cmocka_unit_test(somebody_else_between),
		cmocka_unit_test(in_one_second),
		cmocka_unit_test(undone_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
