// SPDX-License-Identifier: Apache-2.0
/*
 * Missing directories, one by one from the top: each is looked at again once the one above it is
 * staged, because an absent parent hides what the path below it resolves to.
 */
#include "harden/resource/parents.h"

#include "harden/host/look_file.h"

#include <string.h>

static int stage_directory(struct host *host, const char *path, struct error *err)
{
	static const struct stage_how how = {.phase = PHASE_CREATE, .promise = PROMISE_NOW};
	AUTO(look) struct look look = {0};

	if (look_file(host, path, 0, &look, err) < 0)
		return -1;
	if (look.state.kind != FILE_ABSENT)
		return 0;
	if (!look.parent_exists) {
		if (parents_stage(host, look.path, err) < 0)
			return -1;
		look_done(&look);
		look = (struct look){0};
		if (look_file(host, path, 0, &look, err) < 0)
			return -1;
	}
	return look_stage(host, &look, &(struct file_state){.kind = FILE_DIRECTORY, .mode = 0755},
			  how, err);
}

int parents_stage(struct host *host, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *parent = NULL;

	if (!slash || slash == path)
		return 0;
	parent = strndup(path, (size_t)(slash - path));
	if (!parent)
		return error_nomem(err);
	return stage_directory(host, parent, err);
}
