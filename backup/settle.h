// SPDX-License-Identifier: Apache-2.0
/*
 * What the services have to do for changed files to be in force, in the order in which it has to be
 * done: daemon-reload, load audit rules, reload docker, restart docker. Derived from the changes
 * each time, never recorded, for the plan to show; settle_live.h does what is missing.
 *
 * A change asks through its action bits and its promise (stage.h). A restart makes a reload
 * unnecessary.
 */
#pragma once

#include "harden/model/document.h"
#include "harden/model/stage.h"

/* Adds plan->services for a stage, because[] sorted by path. not_live: there are none. */
int settle_steps(const struct stage *stage, bool not_live, struct plan *plan, struct error *err);
