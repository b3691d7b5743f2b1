// SPDX-License-Identifier: Apache-2.0
/*
 * Memory gives out at the Nth allocation, for every N, in commit, rollback, recover and the reading
 * verbs: the host is old or new, and recover brings back the old.
 *
 * The allocator of the process is replaced (glibc allows that), so this does not go together with
 * AddressSanitizer, which replaces it too: there each job runs once without a fault. Undo wants
 * memory like everything else; where it finds none, recover does it later.
 */
#include "tests/unit/backup_fixture.h"

#include "harden/text/digest.h"

#define STEP_MAX 20000

static struct {
	bool counting, fired;
	unsigned calls, at;
	unsigned span; /* how many allocations fail in a row */
} memory;

#if !defined(__SANITIZE_ADDRESS__)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

static bool gives_out(void)
{
	if (!memory.counting)
		return false;
	memory.calls++;
	if (!memory.at || memory.calls < memory.at || memory.calls >= memory.at + memory.span)
		return false;
	memory.fired = true;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return gives_out() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return gives_out() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return gives_out() ? NULL : __libc_realloc(old, size);
}
#endif

struct scene {
	struct world w;
	struct stage stage;
	char *before;
};

/* 0: came through; else the call failed, or its outcome says so. */
typedef int job(struct scene *s);

static int open_backup(struct scene *s, enum backup_access access, struct backup **b)
{
	return backup_open(s->w.root, s->w.dir, NULL, access, b, NULL);
}

static int job_commit(struct scene *s)
{
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	AUTO(error) struct error err = {0};

	if (open_backup(s, BACKUP_WRITE, &b) < 0 ||
	    backup_commit(b, &s->stage, &world_info, &result, &err) < 0)
		return -1;
	return result.outcome == BACKUP_DONE ? 0 : -1;
}

static int rollback_with(struct scene *s, struct rollback_options options)
{
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	AUTO(error) struct error err = {0};

	if (open_backup(s, BACKUP_WRITE, &b) < 0 ||
	    backup_rollback(b, &options, &world_info, &result, &err) < 0)
		return -1;
	return result.outcome == BACKUP_DONE ? 0 : -1;
}

static int job_rollback(struct scene *s)
{
	return rollback_with(s, (struct rollback_options){.all = true, .force = true});
}

static int job_dry_run(struct scene *s)
{
	return rollback_with(s, (struct rollback_options){.dry_run = true});
}

static int job_recover(struct scene *s)
{
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	AUTO(error) struct error err = {0};

	if (open_backup(s, BACKUP_WRITE, &b) < 0 ||
	    backup_recover(b, &world_info, &result, &err) < 0)
		return -1;
	return result.outcome == BACKUP_INCOMPLETE ? -1 : 0;
}

static int job_read(struct scene *s)
{
	AUTO(runs) struct runs runs = {0};
	AUTO(backup_check) struct backup_check check = {0};
	AUTO(prune_result) struct prune_result pruned = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	AUTO(error) struct error err = {0};
	struct prune_options options = {.dry_run = true};

	if (open_backup(s, BACKUP_READ, &b) < 0 || backup_history(b, &runs, &err) < 0 ||
	    backup_verify(b, &check, &err) < 0 || backup_prune(b, &options, &pruned, &err) < 0)
		return -1;
	return check.broken.len ? -1 : 0;
}

/* Runs the job with memory giving out; whether it did. */
static bool run_job(struct scene *s, job *run, unsigned step, unsigned span, const char *name)
{
	int r;

	memory.calls = 0;
	memory.fired = false;
	memory.at = step;
	memory.span = span;
	memory.counting = true;
	r = run(s);
	memory.counting = false;
	if (!memory.fired && r < 0)
		fail_msg("%s fails by itself", name);
	return memory.fired;
}

static void scene_make(struct scene *s)
{
	world_make(&s->w);
	world_stage(&s->w, &s->stage);
	s->before = world_listing(&s->w);
}

static void scene_drop(struct scene *s)
{
	stage_done(&s->stage);
	free(s->before);
	world_drop(&s->w);
}

/* Whatever happened: with memory back, recover and rollback lead to the old tree. */
static void finish(struct scene *s, const char *name, unsigned step)
{
	AUTO_FREE char *now = NULL;

	(void)job_recover(s);  /* what is forced is refused here */
	(void)job_rollback(s); /* nothing to undo, or the run came through */
	now = world_listing(&s->w);
	if (strcmp(now, s->before) != 0)
		fail_msg("%s at allocation %u:\n%s", name, step, now);
}

/* Leaves a run that was cut off: recorded and secured, with every change made. */
static void cut_off(struct scene *s)
{
	AUTO(runs) struct runs runs = {0};
	AUTO_PTR(backup) struct backup *b = world_open(&s->w, BACKUP_READ);
	AUTO_FREE char *text = NULL;
	char path[128];

	assert_int_equal(backup_history(b, &runs, NULL), 0);
	(void)snprintf(path, sizeof(path), "/var/lib/harden/runs/%s/journal", runs.items[0].id);
	text = get_file(&s->w, path);
	*strstr(text, "{\"record\":\"commit\"") = '\0';
	put_file(&s->w, path, text, 0600, 0, 0);
}

static void no_preparation(struct scene *s)
{
	(void)s; /* the job starts from the fresh tree */
}

static void committed(struct scene *s)
{
	assert_int_equal(job_commit(s), 0);
}

static void committed_and_cut_off(struct scene *s)
{
	committed(s);
	cut_off(s);
}

static void committed_and_changed(struct scene *s)
{
	committed(s);
	put_file(&s->w, "/etc/open/inner/conf", "mine\n", 0644, 0, 0);
}

static void committed_and_undone(struct scene *s)
{
	committed_and_changed(s);
	assert_int_equal(job_rollback(s), 0);
}

static const struct {
	const char *name;
	void (*prepare)(struct scene *s);
	job *run;
	bool reads; /* the same tree will do for every step */
} jobs[] = {
	{"commit", no_preparation, job_commit, false},
	{"rollback", committed, job_rollback, false},
	{"forced rollback", committed_and_changed, job_rollback, false},
	{"recover", committed_and_cut_off, job_recover, false},
	{"dry run", committed, job_dry_run, true},
	{"reading", committed, job_read, true},
	{"reading what is undone", committed_and_undone, job_read, true},
};

/* Every allocation at first, then a sample: they repeat for each file. */
static unsigned next_step(unsigned step)
{
	return step < 200 ? 1 : 1 + step / 40;
}

static void walk(size_t j, unsigned span)
{
	bool fired = true, made = false;
	struct scene s = {0};
	unsigned step;

	for (step = 1; fired; step += next_step(step) * (span > 1 ? 4 : 1)) {
		assert_true(step < STEP_MAX);
		if (!made) {
			scene_make(&s);
			jobs[j].prepare(&s);
			made = true;
		}
		fired = run_job(&s, jobs[j].run, step, span, jobs[j].name);
		if (!jobs[j].reads || !fired) {
			finish(&s, jobs[j].name, step);
			scene_drop(&s);
			s = (struct scene){0};
			made = false;
		}
	}
#if !defined(__SANITIZE_ADDRESS__)
	assert_true(step > 100); /* the allocator was really ours */
#endif
}

static void test_one_allocation_fails(void **state)
{
	(void)state;
	for (size_t j = 0; j < ARRAY_SIZE(jobs); j++)
		walk(j, 1);
}

/* So many in a row that the undo meets them too. */
static void test_many_allocations_fail(void **state)
{
	(void)state;
	for (size_t j = 0; j < ARRAY_SIZE(jobs); j++)
		walk(j, 40);
}

/* Digests and times keep what they allocate at their first use. */
static void warm_up(void)
{
	struct scene s = {0};
	char sha256[DIGEST_HEX_SIZE];

	scene_make(&s);
	if (digest_sha256("", 0, sha256, NULL) < 0 || job_commit(&s) < 0 || job_read(&s) < 0)
		die("warm up");
	(void)job_rollback(&s); /* the jobs test it */
	scene_drop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_allocation_fails),
		cmocka_unit_test(test_many_allocations_fail),
	};
	int failed;

	(void)world_in_memory(8192); /* slower without */
	warm_up();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_leave_memory();
	return failed;
}
