// SPDX-License-Identifier: Apache-2.0
/*
 * The swarm state file. `docker swarm leave` removes it, so a file with content is a membership.
 */
#include "harden/host/look_swarm.h"

static int is_state(struct host *host, const char *path, char **ret_path, struct error *err)
{
	AUTO(look) struct look look = {0};

	if (look_file(host, path, 0, &look, err) < 0)
		return -1;
	if (look.state.kind != FILE_REGULAR || look.state.size == 0)
		return 0;
	*ret_path = strdup(look.path);
	return *ret_path ? 0 : error_nomem(err);
}

int look_swarm(struct host *host, const struct dockerd *d, char **ret_path, struct error *err)
{
	AUTO_FREE char *root = NULL, *path = NULL, *pattern = NULL, *found = NULL;
	AUTO(strv) struct strv remapped = {0};

	if (dockerd_text(d, "data-root", &root, err) < 0)
		return -1;
	path = str_format("%s/swarm/docker-state.json", root ? root : "/var/lib/docker");
	pattern = str_format("%s/[0-9]*.[0-9]*/swarm/docker-state.json",
			     root ? root : "/var/lib/docker");
	if (!path || !pattern)
		return error_nomem(err);
	if (is_state(host, path, &found, err) < 0)
		return -1;
	if (!found && look_glob(host, pattern, &remapped, err) < 0)
		return -1;
	for (size_t i = 0; i < remapped.len && !found; i++)
		if (is_state(host, remapped.items[i], &found, err) < 0)
			return -1;
	*ret_path = take_ptr(&found);
	return 0;
}
