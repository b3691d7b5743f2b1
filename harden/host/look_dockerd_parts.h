// SPDX-License-Identifier: Apache-2.0
/*
 * The steps of look_dockerd(), for its own files only: how dockerd is started, and what it reads.
 */
#pragma once

#include "harden/host/look_dockerd.h"

/* service, socket, env, exec, line, flags, start. */
int dockerd_look_start(struct host *host, struct dockerd *d, struct error *err);
/* config_path, config_content, config; needs flags and version. */
int dockerd_look_config(struct host *host, struct dockerd *d, struct error *err);

/*
 * Notes a reason for dockerd not to start: the first becomes d->problem with its resource, the
 * others are notes. next may be NULL.
 */
int dockerd_problem(struct dockerd *d, const char *resource, const char *next, struct error *err,
		    const char *format, ...) __attribute__((format(printf, 5, 6)));
