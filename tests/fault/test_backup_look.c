// SPDX-License-Identifier: Apache-2.0
/*
 * Looking fails at the Nth call, for every N: an open, a stat, a read, a list of attributes or names
 * ends with EIO, in commit, rollback, recover and the reading verbs. The changing calls fail in
 * test_backup_fault.c.
 *
 * The calls of the C library are replaced in this process. AddressSanitizer replaces them too: there
 * each job runs once without a fault, as it does in builds whose fortified names pass these by.
 */
#include "tests/fault/walk.h"

#include "harden/text/digest.h"

#include <dlfcn.h>
#include <sys/random.h>

#if !defined(__SANITIZE_ADDRESS__)
/* NEXT(read): the C library's. A pointer to a function goes through memory, as POSIX wants it. */
#define NEXT(name)                                                                                 \
	static __typeof__(&name) next;                                                             \
	if (!next)                                                                                 \
	*(void **)&next = dlsym(RTLD_NEXT, #name)

int openat(int dir, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	NEXT(openat);
	va_start(args, flags);
	if (flags & O_CREAT)
		mode = va_arg(args, mode_t);
	va_end(args);
	return !(flags & O_CREAT) && gate_fails(EIO) ? -1 : next(dir, name, flags, mode);
}

int open(const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	NEXT(open);
	va_start(args, flags);
	if (flags & O_CREAT)
		mode = va_arg(args, mode_t);
	va_end(args);
	return !(flags & O_CREAT) && gate_fails(EIO) ? -1 : next(name, flags, mode);
}

ssize_t read(int fd, void *data, size_t len)
{
	NEXT(read);
	return gate_fails(EIO) ? -1 : next(fd, data, len);
}

int fstat(int fd, struct stat *st)
{
	NEXT(fstat);
	return gate_fails(EIO) ? -1 : next(fd, st);
}

int fstatat(int dir, const char *name, struct stat *st, int flags)
{
	NEXT(fstatat);
	return gate_fails(EIO) ? -1 : next(dir, name, st, flags);
}

ssize_t readlinkat(int dir, const char *name, char *text, size_t size)
{
	NEXT(readlinkat);
	return gate_fails(EIO) ? -1 : next(dir, name, text, size);
}

ssize_t listxattr(const char *path, char *names, size_t size)
{
	NEXT(listxattr);
	return gate_fails(EIO) ? -1 : next(path, names, size);
}

ssize_t getxattr(const char *path, const char *name, void *value, size_t size)
{
	NEXT(getxattr);
	return gate_fails(EIO) ? -1 : next(path, name, value, size);
}

struct dirent *readdir(DIR *dir)
{
	NEXT(readdir);
	return gate_fails(EIO) ? NULL : next(dir);
}

ssize_t getrandom(void *data, size_t len, unsigned flags)
{
	NEXT(getrandom);
	return gate_fails(EIO) ? -1 : next(data, len, flags);
}
#endif

static void test_one_look_fails(void **state)
{
	(void)state;
	for (size_t j = 0; j < ARRAY_SIZE(jobs); j++)
		walk(j, 1, 10);
}

/* From one moment on nothing can be looked at for a while: undo meets it too. */
static void test_many_looks_fail(void **state)
{
	(void)state;
	for (size_t j = 0; j < ARRAY_SIZE(jobs); j++)
		walk(j, 30, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_look_fails),
		cmocka_unit_test(test_many_looks_fail),
	};
	char sha256[DIGEST_HEX_SIZE];
	int failed;

	(void)world_in_memory(8192);		    /* slower without */
	if (digest_sha256("", 0, sha256, NULL) < 0) /* opens its library */
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_leave_memory();
	return failed;
}
