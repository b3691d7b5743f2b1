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

/* The name of a file that is gone, in the directory where it was. */
static char *resolve_gone(const char *file, const char *slash, struct error *err)
{
	AUTO_FREE char *parent = !slash		 ? strdup(".")
				 : slash == file ? strdup("/")
						 : strndup(file, (size_t)(slash - file));
	AUTO_FREE char *dir = parent ? realpath(parent, NULL) : NULL;
	char *path = dir ? path_join(dir, slash ? slash + 1 : file) : NULL;

	if (parent && !dir)
		(void)error_set(err, ERROR_SYS, errno, "open %s", parent);
	else if (!path)
		(void)error_nomem(err);
	return path;
}

/* The file with the links of its path followed; NULL with err. */
static char *resolve(const char *file, struct error *err)
{
	const char *slash = strrchr(file, '/');
	char *path = realpath(file, NULL);

	if (path)
		return path;
	if (errno == ENOENT && (slash ? slash[1] : *file))
		return resolve_gone(file, slash, err);
	(void)error_set(err, ERROR_SYS, errno, "open %s", file);
	return NULL;
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

static int find_place(struct options *o, struct error *err)
{
	AUTO_FREE char *path = resolve(o->dockerfile, err);
	const char *slash;

	if (!path) {
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

int build_place(struct options *o, struct error *err)
{
	if (check_options(o, err) < 0) {
		error_next(err, "harden %s --help lists its options", o->verb->name);
		return -1;
	}
	return o->dockerfile ? find_place(o, err) : 0;
}
