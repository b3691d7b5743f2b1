// SPDX-License-Identifier: Apache-2.0
/*
 * An authorization plugin by its name: where it announces itself, and whether it would decide.
 * dockerd refuses to start without one that it is told to use.
 *
 * Facts: moby pkg/plugins/discovery.go, discovery_unix.go (places of a socket, a .spec with a URL,
 * a .json with Addr), pkg/plugins/plugins.go (POST /Plugin.Activate is answered by {"Implements":
 * ["authz"]}), plugin/v2/plugin.go (managed plugins: D/plugins/ID/config.json, seen with 20.10).
 */
#pragma once

#include "harden/host/look_dockerd.h"

struct plugin {
	char *path; /* where it was found, NULL: nowhere */
	char *why;  /* what keeps dockerd from using it, NULL: nothing that we know */
};

/*
 * On a live host a plugin behind a unix socket is asked, as dockerd does, what it implements: 2 s to
 * connect, 5 s for all. Without libcurl it is not. Errors: SYS, FORMAT (daemon.json), NOMEM.
 */
int look_plugin(struct host *host, const struct dockerd *d, const char *name,
		struct plugin *ret_plugin, struct error *err);
void plugin_done(struct plugin *plugin);

/* look_plugin_ask.c: *ret_why as in struct plugin. Errors: NOMEM. */
int plugin_activate(const char *socket, char **ret_why, struct error *err);
