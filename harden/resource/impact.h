// SPDX-License-Identifier: Apache-2.0
/*
 * What a staged change of dockerd's configuration does to the containers of this host, by name:
 * which stop, which lose each other on the default bridge, which keep an old setting until they are
 * started or created anew, which vanish from view. Beside the recipe's general impact text.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/host/host.h"

/*
 * Adds lines to the impact of staged files. Nothing on a host that is not live, where no dockerd
 * runs, and where nothing of dockerd is staged. Containers that cannot be asked for are said so in
 * a line. Errors: NOMEM.
 */
int impact_name(struct host *host, struct error *err);
