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

static int is_member(struct host *host, const char *root, char **ret_path, struct error *err)
{
	AUTO_FREE char *path = str_format("%s/swarm/docker-state.json", root);

	if (!path)
		return error_nomem(err);
	return is_state(host, path, ret_path, err);
}

static int is_remapped_member(struct host *host, const char *root, char **ret_path,
			      struct error *err)
{
	AUTO_FREE char *pattern = str_format("%s/[0-9]*.[0-9]*/swarm/docker-state.json", root);
	AUTO(strv) struct strv paths = {0};

	if (!pattern)
		return error_nomem(err);
	if (look_glob(host, pattern, &paths, err) < 0)
		return -1;
	for (size_t i = 0; i < paths.len && !*ret_path; i++)
		if (is_state(host, paths.items[i], ret_path, err) < 0)
			return -1;
	return 0;
}

int look_swarm(struct host *host, const struct dockerd *d, char **ret_path, struct error *err)
{
	AUTO_FREE char *root = NULL;
	char *found = NULL;

	if (dockerd_text(d, "data-root", &root, err) < 0)
		return -1;
	if (is_member(host, root ? root : "/var/lib/docker", &found, err) < 0 ||
	    (!found && is_remapped_member(host, root ? root : "/var/lib/docker", &found, err) < 0))
		return -1;
	*ret_path = found;
	return 0;
}
