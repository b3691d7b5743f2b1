// SPDX-License-Identifier: Apache-2.0
/*
 * What would have to be asked of the engine instead, so that a container made anew passes a control:
 * the edits of `suggest` in a recipe (harden-recipe(5)) on the answer of GET /containers/ID/json. The
 * edited answer is only ever made into text for a person (service.h); nothing is sent to an engine.
 *
 * Pure. Errors: NOMEM; RECIPE (an edit with a value it has no use for).
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/model/value.h"

/* The words of `suggest`, NULL-ended. */
extern const char *const container_edit_names[];

struct container_edit {
	const struct value *edits;   /* a map of words */
	const struct value *found;   /* list of what each finding is about; an item may be null */
	const struct value *changes; /* GET /containers/ID/changes; NULL: not known */
	const char *network;	     /* a name for a network of its own */
};

/* notes takes, as whole sentences, what the edits cannot do and what they cost. */
int container_edit(struct value *container, const struct container_edit *edit, struct strv *notes,
		   struct error *err);

/*
 * Takes away what the engine added by itself, because of something that may be edited away: SELinux's
 * label=disable, for what is privileged or shares the host's processes or IPC (moby daemon/create.go),
 * and the hostname of whose network or UTS namespace it shares.
 */
int container_forget_implied(struct value *container, struct error *err);

/*
 * From what a container changed in its root to the directories that need a tmpfs when the root is
 * read-only: directories it made, and the usual places for what need not last. What it changed of
 * its image, or put beside it, is not hidden by a tmpfs: notes names it. mounts: its Mounts.
 */
int changes_tmpfs(const struct value *changes, const struct value *mounts, struct strv *paths,
		  struct strv *notes, struct error *err);
