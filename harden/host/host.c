// SPDX-License-Identifier: Apache-2.0
/*
 * Opening the host: one descriptor, and whether it is alive.
 */
#include "harden/host/host.h"

#include "harden/host/look_audit.h"
#include "harden/host/look_audit_kernel.h"
#include "harden/host/look_build.h"
#include "harden/host/look_daemon.h"
#include "harden/host/look_dockerd.h"
#include "harden/host/look_live.h"
#include "harden/host/look_packages.h"
#include "harden/host/look_question.h"
#include "harden/host/look_users.h"
#include "harden/host/look_walk.h"

#include <errno.h>
#include <fcntl.h>

int host_open(const char *root, bool force_live, struct stage *stage, struct host *ret_host,
	      struct error *err)
{
	const char *dir = root ? root : "/";
	enum live live;
	struct host host = {.offline = root != NULL, .proc = "/proc", .stage = stage};

	host.root_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (host.root_fd < 0) {
		(void)error_set(err, ERROR_SYS, errno, "open the host's root %s", dir);
		error_resource(err, dir);
		error_next(err, "--root takes the directory that holds the host's etc, usr, var");
		return -1;
	}
	host.root = strdup(dir);
	if (!host.root) {
		(void)close(host.root_fd);
		return error_nomem(err);
	}
	live = host.offline ? LIVE_NO : force_live ? LIVE_YES : look_live();
	host.live = live == LIVE_YES;
	host.not_live = live == LIVE_NO;
	*ret_host = host;
	return 0;
}

void host_done(struct host *host)
{
	questions_free(host->questions);
	build_free(host->build);
	users_free(host->users);
	packages_free(host->packages);
	dockerd_free(host->dockerd);
	audit_files_free(host->audit);
	audit_kernel_free(host->audit_kernel);
	daemon_now_free(host->daemon);
	parsed_units_free(host->units);
	look_cache_free(host->cache);
	if (host->root_fd >= 0)
		(void)close(host->root_fd); /* O_PATH: nothing to lose */
	free(host->root);
	*host = (struct host){.root_fd = -1};
}
