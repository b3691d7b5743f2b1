// SPDX-License-Identifier: Apache-2.0
/*
 * From a stage to a run: what plan saw must be what is there, every change becomes an intent, and
 * the bytes that will be lost go into the store. Nothing of the host is changed here.
 */
#pragma once

#include "backup/state.h"

#include <sys/stat.h>

/*
 * Looks at every staged file (files: stage_ordered, len of them) and fills run->intents in that
 * order. Read only. Errors: CONFLICT, UNSAFE (several links, one kind to become another), SYS.
 */
int prepare_intents(const struct backup *b, struct staged_file *const *files, size_t len,
		    struct run *run, struct error *err);
/* Puts every original whose bytes will be lost into the store, synced. */
int prepare_originals(struct backup *b, struct staged_file *const *files, const struct run *run,
		      struct error *err);
/* The file is what plan saw, down to inode and times, and (digest) its bytes. */
int prepare_check(const struct backup *b, const struct staged_file *file, unsigned observe_flags,
		  struct file_record *ret_record, struct stat *ret_seen, struct error *err);
