// SPDX-License-Identifier: Apache-2.0
/*
 * Asking another program of the live host: one that only shows something (systemctl show), by its
 * absolute path, with an argument array, no shell, /dev/null as input and next to no environment.
 * What changes anything is run by harden/host/change_command.c and nowhere else.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

#define LOOK_COMMAND_MAX (256u << 10) /* bytes of output */

/*
 * Runs argv (argv[0] absolute, NULL-ended) and appends what it prints to *ret_out. When the time is
 * over, its whole process group is killed. Errors: SYS (cannot be started, exit status other than
 * 0 with the last line of its standard error, time limit), FORMAT (over the cap), NOMEM.
 */
int look_command(const char *const *argv, unsigned milliseconds, struct strbuf *ret_out,
		 struct error *err);
