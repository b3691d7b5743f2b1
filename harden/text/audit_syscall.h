// SPDX-License-Identifier: Apache-2.0
/*
 * Which system calls a permission stands for (the kernel's include/asm-generic/audit_write.h,
 * audit_dir_write.h, audit_change_attr.h, audit_read.h and audit_match_perm()).
 */
#pragma once

#include "harden/text/audit_rule.h"

/* Permissions that one of these calls can need; a number may need any: *ret_unsure. */
unsigned audit_syscalls_touch(const struct strv *names, bool *ret_unsure);
/* Permissions of which the list has the calls that programs really use: openat for w; fchmodat,
 * fchownat and setxattr for a; execve for x. */
unsigned audit_syscalls_serve(const struct strv *names);
