// SPDX-License-Identifier: Apache-2.0
/*
 * Audit rules as the kernel holds them (struct audit_rule_data of linux/audit.h) in the same normal
 * form as written ones, so that coverage, shadowing and comparison are judged by one code.
 *
 * A loaded rule says numbers where a line says names: uid=0, msgtype=1300, exit=-1. Its form here
 * has the numbers, and names only for system calls. A written rule is brought to that form before
 * the two are compared.
 *
 * Facts: audit-userspace v3.0.9 lib/libaudit.c, src/auditctl-listing.c; the kernel's auditfilter.c
 * (audit_krule_to_data). Numbers are in the machine's byte order.
 */
#pragma once

#include "harden/text/audit_rule.h"

/* What depends on the machine and its users; each returns -1 (NULL) for what it does not know. */
struct audit_names {
	const char *(*syscall)(void *cookie, unsigned number, enum rule_arch arch); /* constant */
	int (*user)(void *cookie, const char *name, uint32_t *ret_uid);
	int (*group)(void *cookie, const char *name, uint32_t *ret_gid);
	int (*message_type)(void *cookie, const char *name, uint32_t *ret_type);
	int (*error_number)(void *cookie, const char *name, uint32_t *ret_errno);
	void *cookie;
};

/*
 * Bytes of one rule to its form; kind is RULE_PATH or RULE_DIR, never RULE_WATCH.
 * Errors: FORMAT (lengths that do not fit: not what a kernel says), NOMEM.
 */
int audit_kernel_decode(const void *data, size_t len, const struct audit_names *names,
			struct audit_rule *ret_rule, struct error *err);
/*
 * The form that a written rule has once it is loaded; kind: what a watch came to. 0, or 1 when a
 * name in it is not known here, so that nothing can be said.
 */
int audit_kernel_form(const struct audit_rule *written, enum rule_kind kind,
		      const struct audit_names *names, struct audit_rule *ret_rule,
		      struct error *err);
/*
 * The bytes of a rule that names a path and at most perm, for all system calls: what
 * harden writes. 1: it is another rule, only auditctl can load it.
 */
int audit_kernel_encode(const struct audit_rule *rule, enum rule_kind kind, struct blob **ret_bytes,
			struct error *err);
