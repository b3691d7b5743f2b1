// SPDX-License-Identifier: Apache-2.0
/*
 * The directories above a file that is to be created.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/host/host.h"

/*
 * Stages every missing directory above path, root:root 0755, outermost first. path need not be
 * canonical. What cannot be made is blocked on the stage, with the reason. Errors: as look_file().
 */
int parents_stage(struct host *host, const char *path, struct error *err);
