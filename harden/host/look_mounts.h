// SPDX-License-Identifier: Apache-2.0
/*
 * What is mounted: on the machine by /proc/self/mountinfo, on a tree by its fstab and .mount units.
 */
#pragma once

#include "harden/host/host.h"
#include "harden/text/mountinfo.h"

/* The mounts of the running machine. Errors: SYS. Not for a tree (INTERNAL). */
int look_mounts(struct host *host, struct mounts *ret_mounts, struct error *err);
/*
 * Whether fstab or a .mount unit mounts something at point. *ret_source is where that stands, NULL
 * when nothing does. Errors: SYS.
 */
int look_mount_written(struct host *host, const char *point, char **ret_source, struct error *err);
