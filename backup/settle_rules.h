// SPDX-License-Identifier: Apache-2.0
/*
 * Settle's part for audit rules: what is written against what the kernel holds. Loading rules stops
 * nothing, so no --restart policy forbids it.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/host/change_audit.h"
#include "harden/host/host.h"
#include "harden/model/document.h"

/*
 * Adds the step load-rules to a plan that has none although rules that are written, and will still
 * be, are not loaded. A host that is not live needs none.
 */
int settle_rules_step(struct host *host, struct plan *plan, struct error *err);

/*
 * Loads what is missing on a live host whose files are as its stage says. changed: rules files were
 * changed, so rules that are no longer written have to go as well, and rules that cannot be loaded
 * are an error, each named with its place; the kernel then holds what it held before. Else they
 * were no better before, and are only added to pending, as is what only a reboot can do, and what a
 * kernel that cannot be asked may lack. *ret_load: empty before; for audit_load_undo(), also after
 * an error.
 */
int settle_rules_load(struct host *host, bool changed, struct audit_load *ret_load,
		      struct strv *pending, struct error *err);
