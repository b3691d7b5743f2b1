// SPDX-License-Identifier: Apache-2.0
/*
 * Names per permission.
 */
#include "harden/text/audit_syscall.h"

#include <ctype.h>

static const struct {
	const char *name;
	unsigned perms;
} calls[] = {
	{"open", RULE_READ | RULE_WRITE},
	{"openat", RULE_READ | RULE_WRITE},
	{"openat2", RULE_READ | RULE_WRITE},
	{"creat", RULE_WRITE},
	{"truncate", RULE_WRITE},
	{"truncate64", RULE_WRITE},
	{"ftruncate", RULE_WRITE},
	{"ftruncate64", RULE_WRITE},
	{"fallocate", RULE_WRITE},
	{"rename", RULE_WRITE},
	{"renameat", RULE_WRITE},
	{"renameat2", RULE_WRITE},
	{"mkdir", RULE_WRITE},
	{"mkdirat", RULE_WRITE},
	{"rmdir", RULE_WRITE},
	{"unlink", RULE_WRITE},
	{"unlinkat", RULE_WRITE},
	{"symlink", RULE_WRITE},
	{"symlinkat", RULE_WRITE},
	{"mknod", RULE_WRITE},
	{"mknodat", RULE_WRITE},
	{"acct", RULE_WRITE},
	{"swapon", RULE_WRITE},
	{"quotactl", RULE_WRITE | RULE_READ},
	{"bind", RULE_WRITE},
	{"socketcall", RULE_WRITE},
	{"link", RULE_WRITE | RULE_ATTR},
	{"linkat", RULE_WRITE | RULE_ATTR},
	{"chmod", RULE_ATTR},
	{"fchmod", RULE_ATTR},
	{"fchmodat", RULE_ATTR},
	{"fchmodat2", RULE_ATTR},
	{"chown", RULE_ATTR},
	{"fchown", RULE_ATTR},
	{"lchown", RULE_ATTR},
	{"fchownat", RULE_ATTR},
	{"chown32", RULE_ATTR},
	{"fchown32", RULE_ATTR},
	{"lchown32", RULE_ATTR},
	{"setxattr", RULE_ATTR},
	{"lsetxattr", RULE_ATTR},
	{"fsetxattr", RULE_ATTR},
	{"setxattrat", RULE_ATTR},
	{"removexattr", RULE_ATTR},
	{"lremovexattr", RULE_ATTR},
	{"fremovexattr", RULE_ATTR},
	{"removexattrat", RULE_ATTR},
	{"readlink", RULE_READ},
	{"readlinkat", RULE_READ},
	{"getxattr", RULE_READ},
	{"lgetxattr", RULE_READ},
	{"fgetxattr", RULE_READ},
	{"listxattr", RULE_READ},
	{"llistxattr", RULE_READ},
	{"flistxattr", RULE_READ},
	{"execve", RULE_EXEC},
	{"execveat", RULE_EXEC},
};

unsigned audit_syscalls_touch(const struct strv *names, bool *ret_unsure)
{
	unsigned perms = 0;

	*ret_unsure = false;
	for (size_t i = 0; i < names->len; i++) {
		*ret_unsure |= isdigit((unsigned char)names->items[i][0]) != 0;
		for (size_t k = 0; k < ARRAY_SIZE(calls); k++)
			if (strcmp(names->items[i], calls[k].name) == 0)
				perms |= calls[k].perms;
	}
	return *ret_unsure ? RULE_ALL_PERMS : perms;
}

unsigned audit_syscalls_serve(const struct strv *names)
{
	unsigned perms = 0;

	if (strv_has(names, "openat"))
		perms |= RULE_WRITE | RULE_READ;
	if (strv_has(names, "fchmodat") && strv_has(names, "fchownat") &&
	    strv_has(names, "setxattr"))
		perms |= RULE_ATTR;
	if (strv_has(names, "execve"))
		perms |= RULE_EXEC;
	return perms;
}
