// SPDX-License-Identifier: Apache-2.0
/*
 * Rules that switch recording off whatever else is loaded: `never,task` takes the record of every
 * process forked after it, `exclude` of SYSCALL or PATH drops the record itself.
 */
#pragma once

#include "harden/text/audit_rules.h"

/* Fills no_task, excluded and their maybe_ twins from the rules that are reached. */
void audit_switches_find(struct audit_rules *rules);
