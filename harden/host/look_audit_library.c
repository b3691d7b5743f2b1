// SPDX-License-Identifier: Apache-2.0
/*
 * Requests and their replies. A reply is matched by its sequence number; the kernel ends a list of
 * rules with NLMSG_DONE.
 */
#include "harden/host/look_audit_library.h"

#include "harden/base/library.h"

#include <errno.h>
#include <unistd.h>

int audit_library_refused(int sys, const char *what, struct error *err)
{
	static const struct {
		int sys;
		const char *why, *next;
	} refusals[] = {
		{EPERM, "the right CAP_AUDIT_CONTROL is missing", "run as root"},
		{EACCES, "the right CAP_AUDIT_CONTROL is missing", "run as root"},
		{ECONNREFUSED, "nobody listens: this is a container, or audit=0 was given at boot",
		 "run harden on the machine itself"},
		{EPROTONOSUPPORT, "this kernel was built without audit (CONFIG_AUDIT)",
		 "boot a kernel that has it"},
	};

	if (sys == EINVAL || sys == EAFNOSUPPORT) /* what older kernels say of the protocol */
		sys = EPROTONOSUPPORT;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		if (refusals[i].sys != sys)
			continue;
		(void)error_set(err, ERROR_SYS, 0, "%s: %s", what, refusals[i].why);
		error_next(err, "%s", refusals[i].next);
		return -1;
	}
	return error_set(err, ERROR_SYS, sys, "%s", what);
}

#ifndef HAVE_AUDIT

int audit_library_connect(int *ret_fd, struct error *err)
{
	(void)ret_fd;
	(void)error_set(err, ERROR_SYS, 0, "ask the kernel: this build leaves out libaudit");
	error_next(err, "build it with libaudit (Debian: libaudit-dev)");
	return -1;
}

int audit_library_state(int fd, struct audit_state *ret_state, struct error *err)
{
	(void)fd;
	(void)ret_state;
	return error_set(err, ERROR_INTERNAL, 0, "no connection to audit");
}

int audit_library_rules(int fd,
			int (*each)(void *cookie, const void *data, size_t len, struct error *err),
			void *cookie, struct error *err)
{
	(void)fd;
	(void)each;
	(void)cookie;
	return error_set(err, ERROR_INTERNAL, 0, "no connection to audit");
}

static const char *no_call(void *cookie, unsigned number, enum rule_arch arch)
{
	(void)cookie;
	(void)number;
	(void)arch;
	return NULL;
}

static int no_number(void *cookie, const char *name, uint32_t *ret_number)
{
	(void)cookie;
	(void)name;
	*ret_number = 0;
	return -1;
}

void audit_library_names(struct audit_names *names)
{
	names->syscall = no_call;
	names->message_type = names->error_number = no_number;
}

void *audit_library_symbol(const char *name)
{
	(void)name;
	return NULL;
}

#else

#include <libaudit.h>
#include <poll.h>

#define REPLY_MS 5000 /* the kernel answers at once, unless it is about to die */

struct functions {
	int (*open)(void);
	int (*get_reply)(int fd, struct audit_reply *rep, reply_t block, int peek);
	int (*request_status)(int fd);
	int (*request_rules)(int fd);
	int (*detect_machine)(void);
	const char *(*syscall_to_name)(int number, int machine);
	int (*name_to_msg_type)(const char *name);
	int (*name_to_errno)(const char *name);
	void (*set_message_mode)(message_t mode, debug_message_t debug);
};

static const struct library_symbol symbols[] = {
	{"audit_open", offsetof(struct functions, open)},
	{"audit_get_reply", offsetof(struct functions, get_reply)},
	{"audit_request_status", offsetof(struct functions, request_status)},
	{"audit_request_rules_list_data", offsetof(struct functions, request_rules)},
	{"audit_detect_machine", offsetof(struct functions, detect_machine)},
	{"audit_syscall_to_name", offsetof(struct functions, syscall_to_name)},
	{"audit_name_to_msg_type", offsetof(struct functions, name_to_msg_type)},
	{"audit_name_to_errno", offsetof(struct functions, name_to_errno)},
	{"set_aumessage_mode", offsetof(struct functions, set_message_mode)},
};

static const char *const files[] = {"libaudit.so.1", NULL};

/* What outlives a call. */
static struct library audit = {
	.files = files,
	.purpose = "libaudit, which reads loaded audit rules",
	.next = "install the audit library (Debian: libaudit1)",
};
static struct functions library;

static int open_library(struct error *err)
{
	if (library_open(&audit, symbols, ARRAY_SIZE(symbols), &library, err) < 0)
		return -1;
	library.set_message_mode(MSG_QUIET, DBG_NO);
	return 0;
}

void *audit_library_symbol(const char *name)
{
	return library_find(&audit, name);
}

int audit_library_connect(int *ret_fd, struct error *err)
{
	if (open_library(err) < 0)
		return -1;
	*ret_fd = library.open();
	if (*ret_fd < 0)
		return audit_library_refused(errno, "connect to the kernel's audit", err);
	return 0;
}

/* The next reply to request seq. */
static int next_reply(int fd, int seq, struct audit_reply *reply, struct error *err)
{
	for (;;) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		int n = poll(&wait, 1, REPLY_MS);

		if (n == 0)
			return error_set(err, ERROR_SYS, ETIMEDOUT, "read from the kernel's audit");
		if (n > 0)
			n = library.get_reply(fd, reply, GET_REPLY_NONBLOCKING, 0);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return error_set(err, ERROR_SYS, errno, "read from the kernel's audit");
		if (n > 0 && reply->nlh->nlmsg_seq == (unsigned)seq)
			return 0;
	}
}

static bool is_refusal(const struct audit_reply *reply)
{
	return reply->type == NLMSG_ERROR && reply->error->error;
}

int audit_library_state(int fd, struct audit_state *ret_state, struct error *err)
{
	static const char what[] = "ask the kernel how audit is set";
	AUTO_FREE struct audit_reply *reply = calloc(1, sizeof(*reply));
	int seq = library.request_status(fd);

	if (!reply)
		return error_nomem(err);
	if (seq < 0)
		return audit_library_refused(-seq, what, err);
	do {
		if (next_reply(fd, seq, reply, err) < 0)
			return -1;
		if (is_refusal(reply))
			return audit_library_refused(-reply->error->error, what, err);
	} while (reply->type != AUDIT_GET);
	*ret_state = (struct audit_state){
		.enabled = reply->status->enabled,
		.failure = reply->status->failure,
		.backlog_limit = reply->status->backlog_limit,
		.lost = reply->status->lost,
		.pid = reply->status->pid,
	};
	return 0;
}

int audit_library_rules(int fd,
			int (*each)(void *cookie, const void *data, size_t len, struct error *err),
			void *cookie, struct error *err)
{
	static const char what[] = "ask the kernel for the loaded audit rules";
	AUTO_FREE struct audit_reply *reply = calloc(1, sizeof(*reply));
	int seq = library.request_rules(fd);

	if (!reply)
		return error_nomem(err);
	if (seq < 0)
		return audit_library_refused(-seq, what, err);
	for (;;) {
		if (next_reply(fd, seq, reply, err) < 0)
			return -1;
		if (is_refusal(reply))
			return audit_library_refused(-reply->error->error, what, err);
		if (reply->type == NLMSG_DONE)
			return 0;
		if (reply->type == AUDIT_LIST_RULES &&
		    each(cookie, reply->ruledata, NLMSG_PAYLOAD(reply->nlh, 0), err) < 0)
			return -1;
	}
}

/* The machine whose 32-bit programs run too. */
static int machine_of(enum rule_arch arch)
{
	static const struct {
		int wide, narrow;
	} twins[] = {{MACH_86_64, MACH_X86},
		     {MACH_PPC64, MACH_PPC},
		     {MACH_S390X, MACH_S390},
		     {MACH_AARCH64, MACH_ARM}};
	int machine = library.detect_machine();

	for (size_t i = 0; arch == ARCH_B32 && i < ARRAY_SIZE(twins); i++)
		if (twins[i].wide == machine)
			return twins[i].narrow;
	return machine;
}

static const char *name_of_call(void *cookie, unsigned number, enum rule_arch arch)
{
	(void)cookie;
	return audit.handle ? library.syscall_to_name((int)number, machine_of(arch)) : NULL;
}

static int number_of_type(void *cookie, const char *name, uint32_t *ret_type)
{
	int n = audit.handle ? library.name_to_msg_type(name) : -1;

	(void)cookie;
	*ret_type = (uint32_t)n;
	return n > 0 ? 0 : -1;
}

static int number_of_errno(void *cookie, const char *name, uint32_t *ret_errno)
{
	int n = audit.handle ? library.name_to_errno(name) : -1;

	(void)cookie;
	*ret_errno = (uint32_t)n;
	return n > 0 ? 0 : -1;
}

void audit_library_names(struct audit_names *names)
{
	names->syscall = name_of_call;
	names->message_type = number_of_type;
	names->error_number = number_of_errno;
}

#endif
