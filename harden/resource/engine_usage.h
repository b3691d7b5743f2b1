// SPDX-License-Identifier: Apache-2.0
/*
 * What limits that are staged for containers would do to them as they run now.
 */
#pragma once

#include "harden/host/host.h"

/* Notes it as impact. An engine that does not tell is no error. Errors: NOMEM. */
int usage_name(struct host *host, struct error *err);
