// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `mount`: a directory has a filesystem of its own. Never changed by us.
 *
 * Three things look like a mount and are none: dockerd binds its data root onto itself when the
 * parent mount is not shared (moby daemon/daemon_unix.go; field 4 of mountinfo is then not "/"), a
 * btrfs subvolume shares the space of its filesystem, and a tmpfs is memory.
 */
#include "harden/host/look_file.h"
#include "harden/host/look_mounts.h"
#include "harden/resource/type.h"

#include <stdlib.h>

static const struct key keys[] = {
	{.key = "path", .kind = KEY_PATH, .required = true, .summary = "the directory"},
	{.key = "own", .kind = KEY_BOOL, .required = true,
	 .summary = "true: it must have a filesystem of its own"},
	{.key = NULL},
};

struct mount_spec {
	char *path;
	bool own;
};

struct mount_seen {
	char *path;    /* links resolved */
	char *written; /* where the mount is written down, NULL: nowhere */
	bool machine;  /* the fields below are those of the running machine */
	char *point, *type, *source;
	bool own, bind, memory, subvolume;
};

static void mount_spec_free(void *p)
{
	struct mount_spec *spec = p;

	free(spec->path);
	free(spec);
}

static int mount_load(const struct value *entry, const char *file, void **ret_spec,
		      struct error *err)
{
	struct mount_spec *spec = calloc(1, sizeof(*spec));
	const char *path = value_get_text(entry, "path");

	(void)file; /* every mistake was found by the key table */
	if (!spec)
		return error_nomem(err);
	spec->own = str_equal(value_get_text(entry, "own"), "true");
	spec->path = strdup(path ? path : "");
	if (!spec->path) {
		mount_spec_free(spec);
		return error_nomem(err);
	}
	*ret_spec = spec;
	return 0;
}

static void mount_seen_free(void *p)
{
	struct mount_seen *seen = p;

	free(seen->path);
	free(seen->written);
	free(seen->point);
	free(seen->type);
	free(seen->source);
	free(seen);
}

static bool same_device(const struct mount *a, const struct mount *b)
{
	return a && b && a->major == b->major && a->minor == b->minor;
}

/* The mount that would show path if the one at path were not there. */
static const struct mount *below(const struct mounts *m, const char *path)
{
	AUTO_FREE char *parent = strdup(path);
	char *slash = parent ? strrchr(parent, '/') : NULL;

	if (!slash)
		return NULL;
	slash[slash == parent] = '\0';
	return mounts_covering(m, parent);
}

/*
 * A mount at path, or at a directory above it that serves nothing but Docker (/var/lib/docker for
 * /var/lib/docker/data); /, /var and the like are shared with the system.
 */
static bool is_dedicated(const char *point, const char *path)
{
	return strcmp(point, path) == 0 || strstr(point, "docker") != NULL;
}

static int look_machine(struct host *host, struct mount_seen *seen, struct error *err)
{
	AUTO(mounts) struct mounts mounts = {0};
	const struct mount *m, *root;

	if (look_mounts(host, &mounts, err) < 0)
		return -1;
	m = mounts_covering(&mounts, seen->path);
	root = mounts_covering(&mounts, "/");
	if (!m)
		return error_set(err, ERROR_FORMAT, 0, "no mount covers %s", seen->path);
	seen->machine = true;
	seen->point = strdup(m->point);
	seen->type = strdup(m->type);
	seen->source = strdup(m->source);
	if (!seen->point || !seen->type || !seen->source)
		return error_nomem(err);
	seen->memory = strcmp(m->type, "tmpfs") == 0 || strcmp(m->type, "ramfs") == 0;
	seen->bind = same_device(m, root) || same_device(m, below(&mounts, m->point));
	seen->subvolume = seen->bind && strcmp(m->type, "btrfs") == 0;
	seen->own = is_dedicated(m->point, seen->path) && !seen->bind && !seen->memory &&
		    strcmp(m->point, "/") != 0;
	return 0;
}

static int inspect(const struct mount_spec *spec, struct host *host, struct mount_seen *seen,
		   struct error *err)
{
	AUTO(look) struct look look = {0};

	if (look_file(host, spec->path, 0, &look, err) < 0)
		return -1;
	seen->path = take_ptr(&look.path);
	if (look_mount_written(host, seen->path, &seen->written, err) < 0)
		return -1;
	return host->offline ? 0 : look_machine(host, seen, err);
}

static int mount_inspect(const void *spec, struct host *host, void **ret_seen, struct error *err)
{
	struct mount_seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return error_nomem(err);
	if (inspect(spec, host, seen, err) < 0) {
		mount_seen_free(seen);
		return -1;
	}
	*ret_seen = seen;
	return 0;
}

static const char *why_not(const struct mount_seen *seen)
{
	if (seen->memory)
		return "it lies in memory";
	if (seen->subvolume)
		return "a btrfs subvolume shares the space of its filesystem";
	if (strcmp(seen->point, seen->path) == 0)
		return "the mount there is a bind of the same filesystem";
	return "it lies on a filesystem that serves others too";
}

static int judge_machine(const struct mount_seen *seen, struct judgement *j, struct error *err)
{
	if (judgement_evidence(j,
			       value_textf("%s on %s type %s", seen->source, seen->point,
					   seen->type),
			       err, "/proc/self/mountinfo") < 0)
		return -1;
	if (!seen->own)
		return judgement_find(j, seen->path, PART_RUNNING, value_text("own filesystem"),
				      value_text(seen->point), err,
				      "%s has no filesystem of its own: %s", seen->path,
				      why_not(seen));
	if (!seen->written)
		return judgement_note(j, err, "%s is mounted, but neither fstab nor a unit says so: "
					      "it is gone after the next boot", seen->point);
	return 0;
}

static int mount_judge(const void *p, const void *q, struct judgement *j, struct error *err)
{
	const struct mount_spec *spec = p;
	const struct mount_seen *seen = q;

	if (!spec->own)
		return 0;
	judgement_raise(j, STATUS_PASS);
	if (judgement_evidence(j, value_text(seen->written ? seen->written : "nowhere"), err,
			       "mount of %s is written in", seen->path) < 0)
		return -1;
	if (seen->machine)
		return judge_machine(seen, j, err);
	if (!seen->written)
		return judgement_find(j, seen->path, PART_WRITTEN, value_text("own filesystem"),
				      value_null(), err, "%s has no filesystem of its own: neither "
				      "fstab nor a mount unit names it", seen->path);
	return 0;
}

const struct resource_type resource_mount = {
	.schema = {
		.name = "mount",
		.summary = "a directory with a filesystem of its own",
		.keys = keys,
		.traits = TYPE_OFFLINE,
	},
	.load = mount_load,
	.spec_free = mount_spec_free,
	.inspect = mount_inspect,
	.seen_free = mount_seen_free,
	.judge = mount_judge,
};
