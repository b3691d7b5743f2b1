// SPDX-License-Identifier: Apache-2.0
/*
 * One ExecStart= value as the command that systemd runs (systemd.service(5), "Command lines").
 *
 * Words are split and unquoted, prefixes (-@:+!) taken off, ";" ends the first command, %% is %.
 * $NAME as a word of its own becomes the variable's words (none when it is unset), ${NAME} is
 * put in place without splitting, $$ is $. Every argument knows the bytes it can be edited at: a
 * word of $NAME stands in the file that sets the variable, everything else in the unit.
 */
#pragma once

#include "harden/text/mapped.h"

/* A variable of the service's environment. The last of a name counts. */
struct exec_variable {
	const char *name;
	const struct mapped *value;
	unsigned source; /* number of the file its value stands in, the caller's */
};

struct exec_arg {
	char *text;
	unsigned source;
	struct span span; /* with its quotes */
};

struct exec_line {
	char *binary;	       /* without prefixes, "" when the value is empty */
	struct exec_arg *args; /* without the program name */
	size_t len, cap;
	unsigned commands; /* how many the value holds */
};

/* Errors: FORMAT (quotes, escapes: systemd ignores such a line), NOMEM. */
int exec_line_parse(const struct mapped *value, unsigned source, const struct exec_variable *vars,
		    size_t vars_len, struct exec_line *ret_line, struct error *err);
/* Adds the words of one variable as a shell does for an unquoted $NAME in an init script. */
int exec_line_add_words(struct exec_line *line, const struct mapped *value, unsigned source,
			enum mapped_split how, struct error *err);
void exec_line_done(struct exec_line *line);
