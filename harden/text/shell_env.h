// SPDX-License-Identifier: Apache-2.0
/*
 * Environment files: NAME=VALUE lines that systemd reads (EnvironmentFile=, systemd.exec(5)) or
 * that an init script sources as shell (/etc/default/docker, /etc/conf.d/docker).
 *
 * systemd: comments with # or ; at the start of a line, a value goes on over an escaped line end,
 * quotes only where a value or a piece of it begins, no expansion. Names that are none are ignored.
 * Shell: `export` before the name, quotes anywhere, a blank ends the value, $NAME and ${NAME} of
 * earlier lines are expanded. Anything else of the shell (conditions, commands) is not understood:
 * its first line is reported and the values count as far as they were read.
 */
#pragma once

#include "harden/text/mapped.h"

enum shell_env_mode { SHELL_ENV_SYSTEMD, SHELL_ENV_SOURCED };

struct shell_env_entry {
	char *name;
	struct mapped value;
	unsigned line;
};

struct shell_env {
	struct shell_env_entry *entries; /* in file order; the last of a name counts */
	size_t len, cap;
	unsigned not_understood; /* first line that is more than an assignment, 0: none */
};

/* Errors: NOMEM only. */
int shell_env_parse(const char *data, size_t len, enum shell_env_mode mode,
		    struct shell_env *ret_env, struct error *err);
/* The last entry of that name, NULL if there is none. */
const struct shell_env_entry *shell_env_find(const struct shell_env *env, const char *name);
void shell_env_done(struct shell_env *env);
