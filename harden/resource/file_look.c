// SPDX-License-Identifier: Apache-2.0
/*
 * Looking at what a `file` entry names: paths, patterns, and for sockets whoever makes them.
 */
#include "harden/host/look_users.h"
#include "harden/resource/file.h"

#include <fnmatch.h>
#include <stdlib.h>

static void object_done(struct file_object *o)
{
	free(o->written);
	free(o->base);
	look_done(&o->look);
	socket_origin_done(&o->origin);
	free(o->user_name);
	free(o->group_name);
	free(o->origin_user);
	free(o->origin_group);
	*o = (struct file_object){0};
}

static void file_object_done(struct file_object *o)
{
	object_done(o);
}

void file_seen_free(void *p)
{
	struct file_seen *seen = p;

	for (size_t i = 0; i < seen->len; i++)
		object_done(&seen->items[i]);
	free(seen->items);
	free(seen->gids);
	free(seen->gid_names);
	free(seen);
}

/* The first group is needed; others that do not exist here simply cannot match. */
static int resolve_groups(const struct file_spec *spec, struct host *host, struct file_seen *seen,
			  struct error *err)
{
	AUTO(error) struct error problem = {0};

	seen->gids = calloc(spec->groups.len + 1, sizeof(*seen->gids));
	seen->gid_names = calloc(spec->groups.len + 1, sizeof(*seen->gid_names));
	if (!seen->gids || !seen->gid_names)
		return error_nomem(err);
	for (size_t i = 0; i < spec->groups.len; i++) {
		gid_t gid;

		if (look_gid(host, spec->groups.items[i], &gid, &problem) < 0) {
			if (problem.code != ERROR_FORMAT)
				break;
			continue;
		}
		seen->gids[seen->gids_len] = gid;
		seen->gid_names[seen->gids_len++] = spec->groups.items[i];
	}
	if (spec->groups.len && !seen->gids_len) {
		error_move(err, &problem);
		return -1;
	}
	return 0;
}

static int name_owners(struct host *host, struct file_object *o, struct error *err)
{
	const struct file_state *s = &o->look.state;

	if (look_user_name(host, s->uid, &o->user_name, err) < 0 ||
	    look_group_name(host, s->gid, &o->group_name, err) < 0)
		return -1;
	if (!o->origin.creator)
		return 0;
	if (look_user_name(host, o->origin.uid, &o->origin_user, err) < 0)
		return -1;
	return look_group_name(host, o->origin.gid, &o->origin_group, err);
}

static int look_object(const struct file_spec *spec, struct host *host, const char *path,
		       const char *base, struct file_seen *seen, struct error *err)
{
	AUTO(file_object) struct file_object o = {0};

	o.written = strdup(path);
	o.base = base ? strdup(base) : NULL;
	if (!o.written || (base && !o.base))
		return error_nomem(err);
	if (look_file(host, path, 0, &o.look, err) < 0)
		return -1;
	if (spec->kind == FILE_SOCKET && look_socket_origin(host, o.look.path, &o.origin, err) < 0)
		return -1;
	if (name_owners(host, &o, err) < 0 ||
	    vec_reserve((void **)&seen->items, &seen->cap, seen->len, sizeof(o), err) < 0)
		return -1;
	seen->items[seen->len++] = o;
	o = (struct file_object){0};
	return 0;
}

static bool is_excepted(const struct file_spec *spec, const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	for (size_t i = 0; i < spec->except.len; i++)
		if (fnmatch(spec->except.items[i], name, 0) == 0)
			return true;
	return false;
}

/* The directory that a pattern begins with, before the first component with a wildcard. */
static char *fixed_part(const char *pattern)
{
	size_t n = strcspn(pattern, "*?[");

	while (n > 1 && pattern[n - 1] != '/')
		n--;
	return strndup(pattern, n);
}

static int look_pattern(const struct file_spec *spec, struct host *host, const char *pattern,
			struct file_seen *seen, struct error *err)
{
	AUTO(strv) struct strv paths = {0};
	AUTO(look) struct look base = {0};
	AUTO_FREE char *fixed = fixed_part(pattern);

	if (!fixed)
		return error_nomem(err);
	if (look_file(host, fixed, 0, &base, err) < 0)
		return -1;
	if (base.state.kind != FILE_DIRECTORY)
		return 0;
	seen->tree = true;
	if (look_glob(host, pattern, &paths, err) < 0)
		return -1;
	for (size_t i = 0; i < paths.len; i++)
		if (!is_excepted(spec, paths.items[i]) &&
		    look_object(spec, host, paths.items[i], base.path, seen, err) < 0)
			return -1;
	return 0;
}

/* A path may come from a configuration: what exists under that very name is no pattern. */
static int look_path(const struct file_spec *spec, struct host *host, const char *path,
		     struct file_seen *seen, struct error *err)
{
	AUTO(look) struct look look = {0};

	if (!strpbrk(path, "*?["))
		return look_object(spec, host, path, NULL, seen, err);
	if (look_file(host, path, 0, &look, err) < 0)
		return -1;
	return look.state.kind != FILE_ABSENT ? look_object(spec, host, path, NULL, seen, err)
					      : look_pattern(spec, host, path, seen, err);
}

static bool anything_there(const struct file_seen *seen)
{
	for (size_t i = 0; i < seen->len; i++)
		if (seen->items[i].look.state.kind != FILE_ABSENT || seen->items[i].origin.creator)
			return true;
	return false;
}

/* Names are looked up only for what is there: a host without the object needs no such group. */
static int inspect_all(const struct file_spec *spec, struct host *host, struct file_seen *seen,
		       struct error *err)
{
	seen->offline = host->offline;
	seen->live = host->live;
	for (size_t i = 0; i < spec->paths.len; i++)
		if (look_path(spec, host, spec->paths.items[i], seen, err) < 0)
			return -1;
	if (!anything_there(seen))
		return 0;
	if (spec->owner && look_uid(host, spec->owner, &seen->uid, err) < 0)
		return -1;
	return resolve_groups(spec, host, seen, err);
}

int file_inspect(const void *p, struct host *host, void **ret_seen, struct error *err)
{
	struct file_seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return error_nomem(err);
	if (inspect_all(p, host, seen, err) < 0) {
		file_seen_free(seen);
		return -1;
	}
	*ret_seen = seen;
	return 0;
}
