// SPDX-License-Identifier: Apache-2.0
/*
 * Whether this host is a swarm node, by the state that dockerd keeps in its data directory
 * (D/swarm/docker-state.json, moby daemon/cluster/cluster.go; with userns-remap below D/UID.GID).
 * Both places are looked at: a stopped daemon that is reconfigured may come up with either.
 */
#pragma once

#include "harden/host/look_dockerd.h"

/* *ret_path: the state file that says so, NULL: no swarm node. Errors: FORMAT, SYS, NOMEM. */
int look_swarm(struct host *host, const struct dockerd *d, char **ret_path, struct error *err);
