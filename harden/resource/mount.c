// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `mount`: a directory has a filesystem of its own. Never changed by us.
 *
 * Three things look like a mount and are none: dockerd binds its data root onto itself when the
 * parent mount is not shared (moby daemon/daemon_unix.go; field 4 of mountinfo is then not "/"), a
 * btrfs subvolume shares the space of its filesystem, and a tmpfs is memory.
 */
#include "harden/host/look_daemon.h"
#include "harden/host/look_file.h"
#include "harden/host/look_mounts.h"
#include "harden/resource/type.h"

#include <stdlib.h>

static const struct key keys[] = {
	{.key = "path", .kind = KEY_PATH, .required = true, .summary = "the directory"},
	{.key = "own",
	 .kind = KEY_BOOL,
	 .required = true,
	 .summary = "true: it must have a filesystem of its own"},
	{.key = NULL},
};

struct mount_spec {
	char *path;
	bool own;
};

struct mount_seen {
	char *path; /* links resolved */
	struct written_mount
		written; /* at point, on a tree at path or a dedicated directory above */
	bool machine;	 /* the fields below are those of the running machine */
	char *point, *type, *source;
	enum mount_own verdict;
	bool live;
	char *elsewhere; /* where the running daemon keeps its data instead; NULL: here, or none */
	enum mount_own elsewhere_verdict;
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
	const struct value *own = value_get(entry, "own");

	(void)file; /* every mistake was found by the key table */
	if (!spec)
		return error_nomem(err);
	spec->own = own && (own->kind == VALUE_BOOL ? own->boolean
						    : str_equal(value_as_text(own), "true"));
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
	written_mount_done(&seen->written);
	free(seen->elsewhere);
	free(seen->point);
	free(seen->type);
	free(seen->source);
	free(seen);
}

static bool is_at_or_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (!path[n] || path[n] == '/');
}

/*
 * The running daemon may still be at an older data root than the one that is written. With
 * userns-remap it shows D/UID.GID, which is still D.
 */
static int look_elsewhere(struct host *host, const struct mounts *mounts, const char *path,
			  struct mount_seen *seen, struct error *err)
{
	AUTO_FREE char *root = NULL;
	const struct daemon_now *now;
	const struct dockerd *written;
	const struct mount *covering;
	const char *shown;

	if (look_dockerd(host, &written, err) < 0)
		return -1;
	if (look_daemon(host, &now, NULL) < 0 ||
	    dockerd_text(written, "data-root", &root, NULL) < 0 || !str_equal(root, path))
		return 0; /* nothing to say of directories that are not the data root */
	shown = value_get_text(now->info, "DockerRootDir");
	if (!shown || is_at_or_below(shown, seen->path))
		return 0;
	seen->elsewhere_verdict = mounts_own(mounts, shown, &covering);
	seen->elsewhere = strdup(shown);
	return seen->elsewhere ? 0 : error_nomem(err);
}

static int look_machine(struct host *host, const char *path, struct mount_seen *seen,
			struct error *err)
{
	AUTO(mounts) struct mounts mounts = {0};
	const struct mount *m;

	if (look_mounts(host, &mounts, err) < 0)
		return -1;
	seen->verdict = mounts_own(&mounts, seen->path, &m);
	if (!m)
		return 0; /* a chroot on no mount point: what is written decides, as on a tree */
	seen->machine = true;
	seen->live = host->live;
	if (host->live && look_elsewhere(host, &mounts, path, seen, err) < 0)
		return -1;
	seen->point = strdup(m->point);
	seen->type = strdup(m->type);
	seen->source = strdup(m->source);
	if (!seen->point || !seen->type || !seen->source)
		return error_nomem(err);
	return 0;
}

/* The mount written for path itself, or for a dedicated directory above it. */
static int look_written(struct host *host, struct mount_seen *seen, struct error *err)
{
	AUTO_FREE char *point = strdup(seen->path);
	char *slash;

	while (point && (slash = strrchr(point, '/')) && point[1]) {
		if (mount_is_dedicated(point, seen->path) &&
		    look_mount_written(host, point, &seen->written, err) < 0)
			return -1;
		if (seen->written.source)
			return 0;
		slash[slash == point] = '\0';
	}
	return point ? 0 : error_nomem(err);
}

static int inspect(const struct mount_spec *spec, struct host *host, struct mount_seen *seen,
		   struct error *err)
{
	AUTO(look) struct look look = {0};
	AUTO(error) struct error why = {0};

	if (look_file(host, spec->path, 0, &look, err) < 0)
		return -1;
	seen->path = take_ptr(&look.path);
	if (look_written(host, seen, err) < 0)
		return -1;
	if (host->offline || look_machine(host, spec->path, seen, &why) == 0)
		return 0;
	if (!host->live && why.code == ERROR_SYS)
		return 0; /* an image build without /proc is as a tree */
	error_move(err, &why);
	return -1;
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

static const char *const why_not[] = {
	[OWN_SHARED] = "it lies on a filesystem that serves others too",
	[OWN_BIND] = "the mount there is a bind of the same filesystem",
	[OWN_SUBVOLUME] = "a btrfs subvolume shares the space of its filesystem",
	[OWN_MEMORY] = "it lies in memory",
};

static int judge_elsewhere(const struct mount_seen *seen, struct judgement *j, struct error *err)
{
	if (judgement_evidence(j, value_text(seen->elsewhere), err,
			       "running dockerd: GET /info DockerRootDir") < 0)
		return -1;
	if (seen->elsewhere_verdict == OWN_YES)
		return 0;
	return judgement_find(j, seen->elsewhere, PART_RUNNING, value_text("own filesystem"),
			      value_text(seen->elsewhere), err,
			      "the running dockerd keeps its data in %s still, which has no "
			      "filesystem of its own (%s): restart docker",
			      seen->elsewhere, why_not[seen->elsewhere_verdict]);
}

static int judge_machine(const struct mount_seen *seen, struct judgement *j, struct error *err)
{
	j->running |= seen->live;
	if (seen->elsewhere && judge_elsewhere(seen, j, err) < 0)
		return -1;
	if (judgement_evidence(
		    j, value_textf("%s on %s type %s", seen->source, seen->point, seen->type), err,
		    "/proc/self/mountinfo") < 0)
		return -1;
	if (seen->verdict != OWN_YES)
		return judgement_find(j, seen->path, PART_RUNNING, value_text("own filesystem"),
				      value_text(seen->point), err,
				      "%s has no filesystem of its own: %s", seen->path,
				      why_not[seen->verdict]);
	if (!seen->written.source || !seen->written.at_boot)
		return judgement_note(j, err,
				      "%s is mounted, but neither fstab nor a unit does so at boot",
				      seen->point);
	return 0;
}

static int judge_written(const struct mount_seen *seen, struct judgement *j, struct error *err)
{
	const struct written_mount *w = &seen->written;
	const char *why = !w->source ? "neither fstab nor a mount unit names it"
			  : w->bind  ? "the mount there is a bind of another directory"
			  : mount_type_is_memory(w->type) ? "it lies in memory"
			  : !w->at_boot			  ? "nothing mounts it at boot"
							  : NULL;

	if (!why)
		return 0;
	return judgement_find(j, seen->path, PART_WRITTEN, value_text("own filesystem"),
			      value_text(w->source), err, "%s has no filesystem of its own: %s",
			      seen->path, why);
}

static int mount_judge(const void *p, const void *q, struct judgement *j, struct error *err)
{
	const struct mount_spec *spec = p;
	const struct mount_seen *seen = q;

	if (!spec->own)
		return 0;
	judgement_raise(j, STATUS_PASS);
	if (judgement_evidence(j,
			       value_text(seen->written.source ? seen->written.source : "nowhere"),
			       err, "mount of %s is written in", seen->path) < 0)
		return -1;
	return seen->machine ? judge_machine(seen, j, err) : judge_written(seen, j, err);
}

const struct resource_type resource_mount = {
	.schema =
		{
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
