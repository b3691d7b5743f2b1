// SPDX-License-Identifier: Apache-2.0
/*
 * Patterns and trees in the staged view. Results are the paths as found, with links in them: who
 * looks at them sees by look.path where they lead.
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

static int found(struct strv *paths, const char *path, struct error *err)
{
	if (paths->len >= FOUND_MAX)
		return error_set(err, ERROR_UNSAFE, 0, "more than %d files match", FOUND_MAX);
	return strv_add(paths, path, err);
}

static int tree(struct host *host, const char *dir, int depth, bool linked, struct strv *paths,
		struct error *err);

/*
 * One entry of a tree. A link counts by what it leads to; of a directory behind one the files are
 * taken, but no directory in it: neither a circle nor a link to / makes this search the machine.
 */
static int tree_entry(struct host *host, const char *path, int depth, bool linked,
		      struct strv *paths, struct error *err)
{
	AUTO(look) struct look look = {0};
	bool is_link;

	if (look_file(host, path, LOOK_NOFOLLOW, &look, err) < 0)
		return -1;
	is_link = look.state.kind == FILE_LINK;
	if (is_link) {
		look_done(&look);
		if (look_file(host, path, 0, &look, err) < 0)
			return -1;
	}
	if (look.state.kind == FILE_DIRECTORY)
		return linked ? 0 : tree(host, path, depth + 1, is_link, paths, err);
	return look.state.kind == FILE_REGULAR ? found(paths, path, err) : 0;
}

/* Every regular file below dir. */
static int tree(struct host *host, const char *dir, int depth, bool linked, struct strv *paths,
		struct error *err)
{
	AUTO(strv) struct strv names = {0};

	if (depth > DEPTH_MAX)
		return error_set(err, ERROR_UNSAFE, 0, "%s is nested too deeply", dir);
	if (look_directory(host, dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++) {
		AUTO_FREE char *path = path_join(dir, names.items[i]);

		if (!path)
			return error_nomem(err);
		if (tree_entry(host, path, depth, linked, paths, err) < 0)
			return -1;
	}
	return 0;
}

/* Matches the components in rest, one of which is a pattern, below dir. */
static int expand(struct host *host, const char *dir, char **rest, size_t count, struct strv *paths,
		  struct error *err)
{
	AUTO(strv) struct strv names = {0};

	if (!count)
		return found(paths, dir, err);
	if (count == 1 && strcmp(rest[0], "**") == 0)
		return tree(host, dir, 0, false, paths, err);
	if (!is_pattern(rest[0])) {
		AUTO_FREE char *path = path_join(dir, rest[0]);
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
		path = path_join(dir, names.items[i]);
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
