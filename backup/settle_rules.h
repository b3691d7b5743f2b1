// SPDX-License-Identifier: Apache-2.0
/*
 * Settle's part for audit rules: what is written against what the kernel holds. Loading rules stops
 * nothing, so no --restart policy forbids it.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/host/host.h"
#include "harden/model/document.h"

/*
 * Adds the step load-rules to a plan that has none although rules that are written, and will still
 * be, are not loaded. A host that is not live needs none.
 */
int settle_rules_step(struct host *host, struct plan *plan, struct error *err);

/*
 * Loads what is missing on a live host whose files are as its stage says. changed: rules files were
 * changed, so rules that are no longer written have to go as well. What only a reboot can do is
 * added to pending. Errors: the kernel could not be asked, or rules are not loaded, each named with
 * its place; then it holds what it held before.
 */
int settle_rules_load(struct host *host, bool changed, struct strv *pending, struct error *err);
