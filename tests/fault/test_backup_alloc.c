// SPDX-License-Identifier: Apache-2.0
/*
 * Memory gives out at the Nth allocation, for every N, in commit, rollback, recover and the reading
 * verbs: the host is old or new, and recover brings back the old.
 *
 * The allocator of the process is replaced (glibc allows that), so this does not go together with
 * AddressSanitizer, which replaces it too: there each job runs once without a fault. Undo wants
 * memory like everything else; where it finds none, recover does it later.
 */
#include "tests/fault/walk.h"

#include "harden/text/digest.h"

#if !defined(__SANITIZE_ADDRESS__)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
	return gate_fails(ENOMEM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return gate_fails(ENOMEM) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return gate_fails(ENOMEM) ? NULL : __libc_realloc(old, size);
}
#endif

static void test_one_allocation_fails(void **state)
{
	(void)state;
	for (size_t j = 0; j < ARRAY_SIZE(jobs); j++)
		walk(j, 1, 20);
}

/* So many in a row that the undo meets them too. */
static void test_many_allocations_fail(void **state)
{
	(void)state;
	for (size_t j = 0; j < ARRAY_SIZE(jobs); j++)
		walk(j, 40, 20);
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
