// SPDX-License-Identifier: Apache-2.0
/*
 * Running another program: absolute path, argument array, no shell, /dev/null as input, a short
 * environment, a time limit, and what it said kept for the message. Only on a live host, only what
 * belongs to the host's own services (augenrules, systemctl, dockerd).
 *
 *	AUTO(command_result) struct command_result said = {0};
 *	if (command_run(&command, &said, err) < 0 || command_check(&command, &said, err) < 0)
 *		return -1;
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

#include <sys/types.h>

#define COMMAND_OUTPUT_MAX (64u << 10) /* bytes kept of each stream: the last ones */

struct command {
	const char *const *argv; /* argv[0]: absolute path; NULL-ended */
	unsigned seconds;	 /* time limit; then its whole process group is killed */
	int pass_fd;		 /* stays open in the child under the same number; 0: none */
	uid_t uid;		 /* 0: as we are; else this user without further groups */
	gid_t gid;
};

struct command_result {
	bool timed_out;
	int status;	  /* exit status; 128 + N when signal N ended it */
	char *out, *said; /* its standard output and error, never NULL after a run */
};

/*
 * Starts it and waits. A program that fails is no error here: look at the result. What it leaves
 * running must send its output elsewhere: nobody reads it once the program itself has ended.
 * Errors: UNSAFE (the program is not root's, or others can write it), SYS (it cannot be started).
 */
int command_run(const struct command *command, struct command_result *ret_result,
		struct error *err);
/* The same outcome as an error: SYS with exit status or time limit and the last lines it said. */
int command_check(const struct command *command, const struct command_result *result,
		  struct error *err);
void command_result_done(struct command_result *result);
