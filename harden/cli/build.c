// SPDX-License-Identifier: Apache-2.0
/*
 * From --dockerfile to root, path and state directory. A Dockerfile is the user's own, so what is
 * kept to undo a change of it lies with the user's own state, and no uid 0 is needed.
 */
#include "harden/cli/build.h"

#include "harden/text/digest.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#define DIGEST_SHOWN 12 /* digits: enough to tell a user's Dockerfiles apart */

static int check_options(const struct options *o, struct error *err)
{
	const char *other = o->root ? "root" : o->engine ? "engine" : o->live ? "live" : NULL;

	if (o->context && !o->dockerfile)
		return error_set(err, ERROR_USAGE, 0, "--context goes with --dockerfile");
	if (o->dockerfile && other)
		return error_set(err, ERROR_USAGE, 0,
				 "--%s does not go with --dockerfile: no host is looked at", other);
	return 0;
}

/* The file with the links of its path followed; one that is gone keeps its name. */
static int resolve(const char *file, char **ret_path, struct error *err)
{
	AUTO_FREE char *path = realpath(file, NULL), *parent = NULL, *dir = NULL;
	const char *slash = strrchr(file, '/');

	if (path) {
		*ret_path = take_ptr(&path);
		return 0;
	}
	if (errno != ENOENT || !(slash ? slash[1] : *file))
		return error_set(err, ERROR_SYS, errno, "open %s", file);
	parent = !slash		 ? strdup(".")
		 : slash == file ? strdup("/")
				 : strndup(file, (size_t)(slash - file));
	if (!parent)
		return error_nomem(err);
	dir = realpath(parent, NULL);
	if (!dir)
		return error_set(err, ERROR_SYS, errno, "open %s", parent);
	*ret_path = path_join(dir, slash ? slash + 1 : file);
	return *ret_path ? 0 : error_nomem(err);
}

static int choose_state_dir(struct options *o, const char *path, struct error *err)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char digest[DIGEST_HEX_SIZE];

	if (o->state_dir)
		return 0;
	if (digest_sha256(path, strlen(path), digest, err) < 0)
		return -1;
	if (state && *state == '/')
		home = NULL;
	else if (home && *home == '/')
		state = "/.local/state";
	else
		return error_set(err, ERROR_USAGE, 0,
				 "neither XDG_STATE_HOME nor HOME says where to keep originals: "
				 "give --state-dir DIR");
	o->state_dir = str_format("%s%s/harden/dockerfile/%.100s-%.*s", home ? home : "", state,
				  strrchr(path, '/') + 1, DIGEST_SHOWN, digest);
	return o->state_dir ? 0 : error_nomem(err);
}

int build_place(struct options *o, struct error *err)
{
	AUTO_FREE char *path = NULL;
	const char *slash;

	if (check_options(o, err) < 0) {
		error_next(err, "harden %s --help lists its options", o->verb->name);
		return -1;
	}
	if (!o->dockerfile)
		return 0;
	if (resolve(o->dockerfile, &path, err) < 0) {
		error_resource(err, o->dockerfile);
		error_next(err, "--dockerfile takes the path of a Dockerfile");
		return -1;
	}
	if (choose_state_dir(o, path, err) < 0)
		return -1;
	slash = strrchr(path, '/');
	o->build_path = strdup(slash);
	o->root = slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
	return o->build_path && o->root ? 0 : error_nomem(err);
}
