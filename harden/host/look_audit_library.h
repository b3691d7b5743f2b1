// SPDX-License-Identifier: Apache-2.0
/*
 * libaudit, opened on first use: talking with the audit part of the kernel over netlink. Here only
 * what reads; change_audit.c takes the calls that change from audit_library_symbol().
 *
 * Facts: audit-userspace v3.0.9 lib/netlink.c, lib/libaudit.c; the same in 4.x. One thread only.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/text/audit_kernel.h"

/* struct audit_status of linux/audit.h, as far as we read it. */
struct audit_state {
	unsigned enabled; /* 0: nothing is recorded; 1; 2: rules cannot be changed until a reboot */
	unsigned failure, backlog_limit, lost;
	unsigned pid; /* of auditd; 0: none, records go to the kernel's log */
};

/*
 * *ret_fd: a connection, closed with close(2). Errors: SYS with why and the next step (no libaudit,
 * no right, a kernel without audit or started with audit=0).
 */
int audit_library_connect(int *ret_fd, struct error *err);
int audit_library_state(int fd, struct audit_state *ret_state, struct error *err);
/* Calls each for every loaded rule in match order, with its struct audit_rule_data. */
int audit_library_rules(int fd,
			int (*each)(void *cookie, const void *data, size_t len, struct error *err),
			void *cookie, struct error *err);
/* Fills syscall, message_type and error_number; users are the host's (look_users.h). */
void audit_library_names(struct audit_names *names);
/* A function of the library; connect first. NULL: it has none of this name. */
void *audit_library_symbol(const char *name);
/* What a refusal by the kernel (errno) means, as an error with the next step. */
int audit_library_refused(int sys, const char *what, struct error *err);
