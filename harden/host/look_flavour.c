// SPDX-License-Identifier: Apache-2.0
/*
 * Kinds by what they leave in the file system, rootless daemons by their processes. The snap keeps
 * its settings in its own directories and a mount namespace of its own, Docker Desktop runs the
 * engine in a virtual machine, a rootless daemon belongs to its user.
 */
#include "harden/host/look_flavour.h"

#include "harden/host/host.h"
#include "harden/host/look_daemon.h"
#include "harden/host/look_facts_parts.h"
#include "harden/host/look_users.h"

static const char *const snap[] = {"/snap/docker/current", NULL};
static const char *const desktop[] = {"/opt/docker-desktop",
				      "/usr/lib/systemd/user/docker-desktop.service", NULL};
static const char *const containerd[] = {"/usr/bin/containerd", "/usr/local/bin/containerd", NULL};

static const struct kind {
	const char *name, *const *paths;
	const char *what;
} kinds[] = {
	{"snap", snap,
	 "Docker is a snap here: its daemon.json is /var/snap/docker/current/config/daemon.json, "
	 "and "
	 "it is not managed"},
	{"desktop", desktop,
	 "Docker Desktop runs the engine in a virtual machine of its own, which is not managed"},
	{"containerd", containerd,
	 "only containerd is here, perhaps as a node of Kubernetes: there is no dockerd to judge"},
};

void flavour_done(struct flavour *f)
{
	free(f->what);
	strv_done(&f->beside);
	*f = (struct flavour){0};
}

static int add_rootless(struct host *host, pid_t pid, uid_t uid, struct flavour *f,
			struct error *err)
{
	AUTO_FREE char *user = NULL;

	if (look_user_name(host, uid, &user, err) < 0)
		return -1;
	return strv_addf(&f->beside, err,
			 "a rootless dockerd of user %s runs here (pid %ld); it is not managed",
			 user, (long)pid);
}

static int look_rootless(struct host *host, struct flavour *f, struct error *err)
{
	AUTO_FREE pid_t *pids = NULL;
	size_t len;

	if (look_processes(host, "dockerd", &pids, &len, err) < 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		AUTO(error) struct error ignored = {0};
		uid_t uid;

		if (process_euid(host, pids[i], &uid, &ignored) > 0 && uid != 0 &&
		    add_rootless(host, pids[i], uid, f, err) < 0)
			return -1;
	}
	return 0;
}

static int take_kind(struct flavour *f, const char *name, const char *what, const char *found,
		     struct error *err)
{
	f->name = name;
	f->found = found;
	f->what = strdup(what);
	return f->what ? 0 : error_nomem(err);
}

static int look_kind(struct host *host, const struct dockerd *d, const struct kind *kind,
		     struct flavour *f, struct error *err)
{
	AUTO_FREE char *path = NULL;
	bool managed = d->package || (d->installed && kind->paths != snap);

	if (look_first(host, kind->paths, &path, err) < 0)
		return -1;
	if (!path)
		return 0;
	if (!managed && !f->name)
		return take_kind(f, kind->name, kind->what, kind->paths[0], err);
	if (kind->paths == containerd || f->name)
		return 0;
	return strv_addf(&f->beside, err, "%s (%s)", kind->what, path);
}

static int fill(struct host *host, const struct dockerd *d, struct flavour *f, struct error *err)
{
	if (look_rootless(host, f, err) < 0)
		return -1;
	if (f->beside.len && !d->installed &&
	    take_kind(f, "rootless", f->beside.items[0], "/proc", err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (look_kind(host, d, &kinds[i], f, err) < 0)
			return -1;
	return 0;
}

int look_flavour(struct host *host, const struct dockerd *d, struct flavour *ret_flavour,
		 struct error *err)
{
	AUTO(flavour) struct flavour f = {0};

	if (host->live && fill(host, d, &f, err) < 0)
		return -1;
	*ret_flavour = f;
	f = (struct flavour){0};
	return 0;
}
