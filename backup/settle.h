// SPDX-License-Identifier: Apache-2.0
/*
 * What the services have to do for changed files to be in force, in the order in which it has to be
 * done: daemon-reload, load audit rules, reload docker, restart docker. Derived from the changes
 * each time, never recorded. For now settle only tells; nothing here touches a service.
 *
 * A change asks through its action bits and its promise (stage.h). A restart makes a reload
 * unnecessary.
 */
#pragma once

#include "backup/backup.h"
#include "harden/model/document.h"

/* Adds plan->services for a stage, because[] sorted by path. offline: there are none. */
int settle_steps(const struct stage *stage, bool offline, struct plan *plan, struct error *err);
/* Adds to plan->pending what waits after a commit, one line each; nothing unless live. */
int settle_pending(const struct stage *stage, bool live, struct plan *plan, struct error *err);
/* Likewise after a rollback or recover. */
int settle_pending_items(const struct backup_item *items, size_t len, bool live,
			 struct strv *pending, struct error *err);
