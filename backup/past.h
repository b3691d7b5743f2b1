// SPDX-License-Identifier: Apache-2.0
/*
 * What a file held at a moment, as far as the runs tell: each kept what it found. A daemon that was
 * started before a change of ours runs with what the file held then.
 */
#pragma once

#include "backup/backup.h"

/*
 * 1: *ret_content is what path held at that moment, NULL when it was absent. 0: not known (no run
 * since, somebody else's change between, a run undone since). Errors: SYS, FORMAT, NOMEM.
 */
int backup_past_content(struct backup *b, const char *path, struct timespec when,
			struct blob **ret_content, struct error *err);
