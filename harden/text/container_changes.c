// SPDX-License-Identifier: Apache-2.0
/*
 * From GET /containers/ID/changes to a list of tmpfs. A change has a path and a kind: 0 modified, 1
 * added, 2 deleted; a directory counts as modified when anything in it is. A tmpfs begins empty, so it
 * may only stand where the image has nothing that is needed: over a directory that the container made
 * itself, or in the places that are meant for what does not last (Filesystem Hierarchy Standard 3.0).
 */
#include "harden/text/container_edit.h"

#define ADDED 1
#define NAMED_MAX 6

/* whole: the directory itself; else the one below it that was written to. */
static const struct scratch {
	const char *path;
	bool whole;
} scratch[] = {
	{"/tmp", true},	     {"/var/tmp", true},    {"/run", true},	 {"/var/run", true},
	{"/var/lock", true}, {"/var/cache", false}, {"/var/log", false}, {"/var/spool", false},
};

/* What the engine puts there itself. */
static const char *const engine_paths[] = {
	"/dev",	      "/proc",	       "/sys",
	"/etc/hosts", "/etc/hostname", "/etc/resolv.conf",
	"/etc/mtab",  "/.dockerenv",   "/run/.containerenv",
};

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && (path[len] == '/' || !path[len]);
}

static const char *path_of(const struct value *changes, size_t i)
{
	return value_get_text(changes->members[i].value, "Path");
}

static bool is_added(const struct value *changes, const char *path, size_t len)
{
	for (size_t i = 0; i < value_len(changes); i++) {
		const struct value *kind = value_get(changes->members[i].value, "Kind");
		const char *p = path_of(changes, i);

		if (p && strlen(p) == len && strncmp(p, path, len) == 0)
			return kind && kind->kind == VALUE_INTEGER && kind->integer == ADDED;
	}
	return false;
}

static bool is_leaf(const struct value *changes, const char *path)
{
	for (size_t i = 0; i < value_len(changes); i++) {
		const char *p = path_of(changes, i);

		if (p && strlen(p) > strlen(path) && is_below(p, path))
			return false;
	}
	return true;
}

/* Of the engine's making: its own files, and the points where something is mounted. */
static bool is_engines(const char *path, const struct value *mounts)
{
	for (size_t i = 0; i < ARRAY_SIZE(engine_paths); i++)
		if (is_below(path, engine_paths[i]))
			return true;
	for (size_t i = 0; i < value_len(mounts); i++) {
		const char *target = value_get_text(mounts->members[i].value, "Destination");

		if (target && (is_below(target, path) || is_below(path, target)))
			return true;
	}
	return false;
}

/* The length of the topmost part of path that the container added; 0: none. */
static size_t topmost_added(const struct value *changes, const char *path)
{
	for (const char *end = path + 1; *end; end++)
		if (*end == '/' && is_added(changes, path, (size_t)(end - path)))
			return (size_t)(end - path);
	return is_added(changes, path, strlen(path)) ? strlen(path) : 0;
}

/* Where a tmpfs goes for this path, "" when none may; NULL when out of memory. */
static char *tmpfs_for(const struct value *changes, const char *path)
{
	size_t top = topmost_added(changes, path), len = strlen(path);

	for (size_t i = 0; i < ARRAY_SIZE(scratch); i++) {
		if (!is_below(path, scratch[i].path) || strcmp(path, scratch[i].path) == 0)
			continue;
		if (scratch[i].whole)
			return strdup(scratch[i].path);
		return top && top < len ? strndup(path, top)
					: strndup(path, (size_t)(strrchr(path, '/') - path));
	}
	return top && top < len ? strndup(path, top) : strdup("");
}

static int note_rest(const struct strv *rest, struct strv *notes, struct error *err)
{
	AUTO(strbuf) struct strbuf names = {0};

	for (size_t i = 0; i < rest->len && i < NAMED_MAX; i++)
		strbuf_appendf(&names, "%s%s", i ? ", " : "", rest->items[i]);
	if (rest->len > NAMED_MAX)
		strbuf_appendf(&names, " and %zu more", rest->len - NAMED_MAX);
	if (!strbuf_text(&names))
		return error_nomem(err);
	return rest->len ? strv_addf(notes, err,
				     "it also wrote %s: a tmpfs would hide what the image has "
				     "there, so give it a volume",
				     names.data)
			 : 0;
}

/* Leaves out what lies below another of the list, which is sorted. */
static int keep_topmost(const struct strv *all, struct strv *paths, struct error *err)
{
	for (size_t i = 0; i < all->len; i++) {
		bool covered = false;

		for (size_t k = 0; k < paths->len && !covered; k++)
			covered = is_below(all->items[i], paths->items[k]);
		if (!covered && strv_add(paths, all->items[i], err) < 0)
			return -1;
	}
	return 0;
}

int changes_tmpfs(const struct value *changes, const struct value *mounts, struct strv *paths,
		  struct strv *notes, struct error *err)
{
	AUTO(strv) struct strv all = {0}, rest = {0};

	for (size_t i = 0; i < value_len(changes); i++) {
		const char *path = path_of(changes, i);
		AUTO_FREE char *tmpfs = NULL;

		if (!path || *path != '/' || is_engines(path, mounts) || !is_leaf(changes, path))
			continue;
		tmpfs = tmpfs_for(changes, path);
		if (!tmpfs)
			return error_nomem(err);
		if (strv_add_once(*tmpfs ? &all : &rest, *tmpfs ? tmpfs : path, err) < 0)
			return -1;
	}
	strv_sort(&all);
	if (keep_topmost(&all, paths, err) < 0)
		return -1;
	return note_rest(&rest, notes, err);
}
