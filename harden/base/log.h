// SPDX-License-Identifier: Apache-2.0
/*
 * The system log: one line for each apply, rollback and recover on a live host, so that who changed
 * it can be told without our state directory. Nothing else is logged; what the user sees is cli's.
 */
#pragma once

/* Notes a line (facility auth, level notice, as "harden[PID]"). Cannot fail; control characters
 * are shown as "?". */
void log_event(const char *format, ...) __attribute__((format(printf, 1, 2)));
