// SPDX-License-Identifier: Apache-2.0
/*
 * Patterns and trees in the staged view. Links are not followed while searching below the fixed
 * part of the pattern, so a link cannot widen a tree.
 */
#include "harden/host/look_file.h"

#include "harden/host/host.h"

#include <fnmatch.h>

#define DEPTH_MAX 32
#define FOUND_MAX 100000

static bool is_pattern(const char *text)
{
	return strpbrk(text, "*?[") != NULL;
}

static char *join(const char *dir, const char *name)
{
	return str_format("%s/%s", strcmp(dir, "/") == 0 ? "" : dir, name);
}

static int found(struct strv *paths, const char *path, struct error *err)
{
	if (paths->len >= FOUND_MAX)
		return error_set(err, ERROR_UNSAFE, 0, "more than %d files match", FOUND_MAX);
	return strv_add(paths, path, err);
}

/* Every regular file below dir. */
static int tree(struct host *host, const char *dir, int depth, struct strv *paths,
		struct error *err)
{
	AUTO(strv) struct strv names = {0};

	if (depth > DEPTH_MAX)
		return error_set(err, ERROR_UNSAFE, 0, "%s is nested too deeply", dir);
	if (look_directory(host, dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++) {
		AUTO_FREE char *path = join(dir, names.items[i]);
		AUTO(look) struct look look = {0};
		int r = 0;

		if (!path)
			return error_nomem(err);
		if (look_file(host, path, LOOK_NOFOLLOW, &look, err) < 0)
			return -1;
		if (look.state.kind == FILE_DIRECTORY)
			r = tree(host, path, depth + 1, paths, err);
		else if (look.state.kind == FILE_REGULAR)
			r = found(paths, path, err);
		if (r < 0)
			return -1;
	}
	return 0;
}

/* Matches the components in rest, one of which is a pattern, below dir. */
static int expand(struct host *host, const char *dir, char **rest, size_t count,
		  struct strv *paths, struct error *err)
{
	AUTO(strv) struct strv names = {0};

	if (!count)
		return found(paths, dir, err);
	if (count == 1 && strcmp(rest[0], "**") == 0)
		return tree(host, dir, 0, paths, err);
	if (!is_pattern(rest[0])) {
		AUTO_FREE char *path = join(dir, rest[0]);
		AUTO(look) struct look look = {0};

		if (!path)
			return error_nomem(err);
		if (look_file(host, path, 0, &look, err) < 0)
			return -1;
		return look.state.kind == FILE_ABSENT
			       ? 0
			       : expand(host, path, rest + 1, count - 1, paths, err);
	}
	if (look_directory(host, dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++) {
		AUTO_FREE char *path = NULL;

		if (fnmatch(rest[0], names.items[i], FNM_PERIOD) != 0)
			continue;
		path = join(dir, names.items[i]);
		if (!path)
			return error_nomem(err);
		if (expand(host, path, rest + 1, count - 1, paths, err) < 0)
			return -1;
	}
	return 0;
}

int look_glob(struct host *host, const char *pattern, struct strv *ret_paths, struct error *err)
{
	AUTO(strv) struct strv parts = {0}, paths = {0};

	if (strv_split(&parts, pattern, "/", err) < 0 ||
	    expand(host, "/", parts.items, parts.len, &paths, err) < 0)
		return -1;
	strv_sort(&paths);
	*ret_paths = paths;
	paths = (struct strv){0};
	return 0;
}
