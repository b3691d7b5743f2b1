// SPDX-License-Identifier: Apache-2.0
/*
 * Rules as a kernel 6.18 gave them back after auditctl 3.0.9 had loaded the line beside them, on
 * x86_64, and the names that these lines use.
 */
#pragma once

#include "harden/text/audit_kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <linux/audit.h>

enum mask { ALL, CALLS };

/* -1 in calls: none is set. */
struct record {
	unsigned flags, action;
	enum mask mask;
	int calls[4];
	unsigned count;
	struct {
		unsigned id, op, value;
	} fields[5];
	const char *buf;
};

static const struct loaded_case {
	const char *line;
	struct record record;
} recorded[] = {
	{"-w /etc/passwd -p wa -k docker",
	 {4,
	  2,
	  ALL,
	  {},
	  3,
	  {{105, 0x40000000, 11u}, {106, 0x40000000, 10u}, {210, 0x40000000, 6u}},
	  "/etc/passwddocker"}},
	{"-w /etc/passwd -k docker",
	 {4,
	  2,
	  ALL,
	  {},
	  3,
	  {{105, 0x40000000, 11u}, {106, 0x40000000, 15u}, {210, 0x40000000, 6u}},
	  "/etc/passwddocker"}},
	{"-w /etc/passwd -p awxr -k docker",
	 {4,
	  2,
	  ALL,
	  {},
	  3,
	  {{105, 0x40000000, 11u}, {106, 0x40000000, 15u}, {210, 0x40000000, 6u}},
	  "/etc/passwddocker"}},
	{"-w /etc/docker -p wa -k docker",
	 {4,
	  2,
	  ALL,
	  {},
	  3,
	  {{107, 0x40000000, 11u}, {106, 0x40000000, 10u}, {210, 0x40000000, 6u}},
	  "/etc/dockerdocker"}},
	{"-w /etc/docker/ -p wa -k docker",
	 {4,
	  2,
	  ALL,
	  {},
	  3,
	  {{107, 0x40000000, 11u}, {106, 0x40000000, 10u}, {210, 0x40000000, 6u}},
	  "/etc/dockerdocker"}},
	{"-w /etc/docker/absent -p wa -k docker",
	 {4,
	  2,
	  ALL,
	  {},
	  3,
	  {{105, 0x40000000, 18u}, {106, 0x40000000, 10u}, {210, 0x40000000, 6u}},
	  "/etc/docker/absentdocker"}},
	{"-a exit,always -F path=/etc/passwd -F perm=war -k docker",
	 {4,
	  2,
	  ALL,
	  {},
	  3,
	  {{105, 0x40000000, 11u}, {106, 0x40000000, 14u}, {210, 0x40000000, 6u}},
	  "/etc/passwddocker"}},
	{"-a always,exit -S all -F path=/etc/passwd -F perm=wa -F key=docker",
	 {4,
	  2,
	  ALL,
	  {},
	  3,
	  {{105, 0x40000000, 11u}, {106, 0x40000000, 10u}, {210, 0x40000000, 6u}},
	  "/etc/passwddocker"}},
	{"-a always,exit -F dir=/etc/docker/ -F perm=wa",
	 {4, 2, ALL, {}, 2, {{107, 0x40000000, 12u}, {106, 0x40000000, 10u}}, "/etc/docker/"}},
	{"-a always,exit -F dir=/etc/passwd -F perm=wa",
	 {4, 2, ALL, {}, 2, {{107, 0x40000000, 11u}, {106, 0x40000000, 10u}}, "/etc/passwd"}},
	{"-a always,exit -F arch=b64 -S all -F path=/etc/passwd -F perm=wa",
	 {4,
	  2,
	  ALL,
	  {},
	  3,
	  {{11, 0x40000000, 3221225534u}, {105, 0x40000000, 11u}, {106, 0x40000000, 10u}},
	  "/etc/passwd"}},
	{"-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa",
	 {4,
	  2,
	  ALL,
	  {},
	  3,
	  {{11, 0x40000000, 3221225534u}, {105, 0x40000000, 11u}, {106, 0x40000000, 10u}},
	  "/etc/passwd"}},
	{"-a always,exit -F arch=b32 -S open,openat,openat2 -F path=/etc/passwd -F perm=wa",
	 {4,
	  2,
	  CALLS,
	  {5, 295, 437},
	  3,
	  {{11, 0x40000000, 1073741827u}, {105, 0x40000000, 11u}, {106, 0x40000000, 10u}},
	  "/etc/passwd"}},
	{"-a always,exit -F arch=b64 -S open -S openat -S 452 -F path=/etc/passwd",
	 {4,
	  2,
	  CALLS,
	  {2, 257, 452},
	  2,
	  {{11, 0x40000000, 3221225534u}, {105, 0x40000000, 11u}},
	  "/etc/passwd"}},
	{"-a always,exit -F path=/etc/passwd -F perm=wa -k a -k b",
	 {4,
	  2,
	  ALL,
	  {},
	  3,
	  {{105, 0x40000000, 11u}, {106, 0x40000000, 10u}, {210, 0x40000000, 3u}},
	  "/etc/passwda\x01"
	  "b"}},
	{"-a always,exit -S all -F path=/etc/passwd -k docker",
	 {4, 2, ALL, {}, 2, {{105, 0x40000000, 11u}, {210, 0x40000000, 6u}}, "/etc/passwddocker"}},
	{"-a never,exit -F path=/etc/passwd -F perm=wa -k docker",
	 {4,
	  0,
	  ALL,
	  {},
	  3,
	  {{105, 0x40000000, 11u}, {106, 0x40000000, 10u}, {210, 0x40000000, 6u}},
	  "/etc/passwddocker"}},
	{"-a always,exit -F perm=wa -F path=/etc/passwd -k docker",
	 {4,
	  2,
	  ALL,
	  {},
	  3,
	  {{106, 0x40000000, 10u}, {105, 0x40000000, 11u}, {210, 0x40000000, 6u}},
	  "/etc/passwddocker"}},
	{"-a never,task", {1, 0, CALLS, {-1}, 0, {}, ""}},
	{"-a never,task -F auid=unset", {1, 0, CALLS, {-1}, 1, {{9, 0x40000000, 4294967295u}}, ""}},
	{"-a never,exit -F uid=root", {4, 0, ALL, {}, 1, {{1, 0x40000000, 0u}}, ""}},
	{"-a never,exit -S all -F auid!=-1 -F gid=root -F euid>=1000",
	 {4,
	  0,
	  ALL,
	  {},
	  3,
	  {{9, 0x30000000, 4294967295u}, {5, 0x40000000, 0u}, {2, 0x60000000, 1000u}},
	  ""}},
	{"-a always,exclude -F msgtype=CWD", {5, 2, ALL, {}, 1, {{12, 0x40000000, 1307u}}, ""}},
	{"-a always,exclude -F msgtype>=SYSCALL -F msgtype<=1399",
	 {5, 2, ALL, {}, 2, {{12, 0x60000000, 1300u}, {12, 0x50000000, 1399u}}, ""}},
	{"-a never,user -F uid=0", {0, 0, ALL, {}, 1, {{1, 0x40000000, 0u}}, ""}},
	{"-a always,exit -S all -F exit=-EPERM -F success=0",
	 {4, 2, ALL, {}, 2, {{103, 0x40000000, 4294967295u}, {104, 0x40000000, 0u}}, ""}},
	{"-a always,exit -S all -F exit=EACCES -F a0&=0x10 -F a1=-1",
	 {4,
	  2,
	  ALL,
	  {},
	  3,
	  {{103, 0x40000000, 13u}, {200, 0x48000000, 16u}, {201, 0x40000000, 4294967295u}},
	  ""}},
	{"-a always,exit -S all -F filetype=file -F exe=/bin/true -F devmajor=8 -F inode=12",
	 {4,
	  2,
	  ALL,
	  {},
	  4,
	  {{108, 0x40000000, 32768u},
	   {112, 0x40000000, 9u},
	   {100, 0x40000000, 8u},
	   {102, 0x40000000, 12u}},
	  "/bin/true"}},
	{"-a always,exit -S all -C obj_uid!=auid -F auid>=1000 -F sessionid=3 -k cmp",
	 {4,
	  2,
	  ALL,
	  {},
	  4,
	  {{111, 0x30000000, 5u},
	   {9, 0x60000000, 1000u},
	   {25, 0x40000000, 3u},
	   {210, 0x40000000, 3u}},
	  "cmp"}},
	{"-a always,exit -S all -C gid=egid -F pers=8 -F saddr_fam=2",
	 {4,
	  2,
	  ALL,
	  {},
	  3,
	  {{111, 0x40000000, 20u}, {10, 0x40000000, 8u}, {113, 0x40000000, 2u}},
	  ""}},
	{"-a always,exit -S all -F subj_type=ab -F obj_role=cde -F exe=/bin/true -k t",
	 {4,
	  2,
	  ALL,
	  {},
	  4,
	  {{15, 0x40000000, 2u},
	   {20, 0x40000000, 3u},
	   {112, 0x40000000, 9u},
	   {210, 0x40000000, 1u}},
	  "abcde/bin/truet"}},
	{"-a never,filesystem -F fstype=tracefs",
	 {6, 0, ALL, {}, 1, {{26, 0x40000000, 1953653091u}}, ""}},
	{"-A always,exit -S all -F path=/etc/passwd -F perm=wa -k docker",
	 {4,
	  2,
	  ALL,
	  {},
	  3,
	  {{105, 0x40000000, 11u}, {106, 0x40000000, 10u}, {210, 0x40000000, 6u}},
	  "/etc/passwddocker"}},
};

static inline struct blob *bytes_of(const struct record *r)
{
	size_t text = strlen(r->buf);
	AUTO_FREE struct audit_rule_data *data = calloc(1, sizeof(*data) + text);

	assert_non_null(data);
	data->flags = r->flags;
	data->action = r->action;
	data->field_count = r->count;
	for (size_t i = 0; i < ARRAY_SIZE(r->calls); i++)
		if (r->calls[i] > 0)
			data->mask[r->calls[i] / 32] |= 1u << r->calls[i] % 32;
	if (r->mask == ALL) {
		memset(data->mask, 0xff, sizeof(data->mask));
		data->mask[AUDIT_BITMASK_SIZE - 1] = 0xffff;
	}
	for (size_t i = 0; i < r->count; i++) {
		data->fields[i] = r->fields[i].id;
		data->fieldflags[i] = r->fields[i].op;
		data->values[i] = r->fields[i].value;
	}
	data->buflen = (uint32_t)text;
	memcpy(data->buf, r->buf, text);
	return blob_new(data, sizeof(*data) + text);
}

/* The few system calls that the lines name, on x86_64 and i386; 452 is too new for libaudit. */
static const char *syscall_name(void *cookie, unsigned number, enum rule_arch arch)
{
	static const struct {
		unsigned b64, b32;
		const char *name;
	} calls[] = {{2, 5, "open"}, {257, 295, "openat"}, {437, 437, "openat2"}};

	(void)cookie;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (number == (arch == ARCH_B32 ? calls[i].b32 : calls[i].b64))
			return calls[i].name;
	return NULL;
}

static int root_id(void *cookie, const char *name, uint32_t *ret_id)
{
	(void)cookie;
	*ret_id = 0;
	return strcmp(name, "root") == 0 ? 0 : -1;
}

static int message_type(void *cookie, const char *name, uint32_t *ret_type)
{
	(void)cookie;
	*ret_type = strcmp(name, "CWD") == 0 ? 1307 : 1300;
	return strcmp(name, "CWD") == 0 || strcmp(name, "SYSCALL") == 0 ? 0 : -1;
}

static int error_number(void *cookie, const char *name, uint32_t *ret_errno)
{
	(void)cookie;
	*ret_errno = strcmp(name, "EPERM") == 0 ? 1 : 13;
	return strcmp(name, "EPERM") == 0 || strcmp(name, "EACCES") == 0 ? 0 : -1;
}

static const struct audit_names kernel_names = {
	.syscall = syscall_name,
	.user = root_id,
	.group = root_id,
	.message_type = message_type,
	.error_number = error_number,
};
