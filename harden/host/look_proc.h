// SPDX-License-Identifier: Apache-2.0
/*
 * The one reader of what lies below /proc, by names relative to it ("812/cmdline"). host->proc is
 * where it begins, so that tests can give a directory of their own. Processes come and go: what is
 * not there (any more) is no error but a 0.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

struct host;

#define PROC_READ_MAX (4u << 20) /* bytes; a command line has 2 MiB at most */

/*
 * 1: the whole file, bytes of NUL included, is at the end of *ret_text. 0: it is not there, or empty,
 * as the command line of a process that has ended and was not waited for. Errors: SYS, FORMAT (over
 * the cap).
 */
int proc_read(struct host *host, const char *name, struct strbuf *ret_text, struct error *err);
/* 1: *ret_target is where the link leads, as the kernel says it. 0: not there. Errors: SYS. */
int proc_link(struct host *host, const char *name, char **ret_target, struct error *err);
/* Names in a directory, unsorted, without those that begin with a dot. 0 and none: not there. */
int proc_list(struct host *host, const char *name, struct strv *ret_names, struct error *err);
