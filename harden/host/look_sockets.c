// SPDX-License-Identifier: Apache-2.0
/*
 * The three creators, asked one after the other.
 */
#include "harden/host/look_sockets.h"

#include "harden/host/look_containerd.h"
#include "harden/host/look_dockerd.h"
#include "harden/host/look_listeners.h"
#include "harden/host/look_users.h"

#include <stdlib.h>

#define SYSTEMD_SOCKET_MODE 0666
#define DAEMON_SOCKET_MODE 0660

/* Whether two paths stand for one file: links in their directories are resolved. */
static int same_path(struct host *host, const char *path, const char *other, bool *ret_same,
		     struct error *err)
{
	AUTO(look) struct look look = {0};

	if (look_file(host, other, LOOK_NOFOLLOW, &look, err) < 0)
		return -1;
	*ret_same = strcmp(look.path, path) == 0;
	return 0;
}

static mode_t parse_mode(const char *text)
{
	char *end;
	unsigned long mode = text ? strtoul(text, &end, 8) : SYSTEMD_SOCKET_MODE;

	return text && (*end || end == text) ? SYSTEMD_SOCKET_MODE : (mode_t)(mode & 07777);
}

/* Whose file decides: the last one that sets any of the three, else the unit itself. */
static const char *deciding_file(const struct unit_set *set)
{
	static const char *const keys[] = {"SocketMode", "SocketUser", "SocketGroup"};

	for (size_t i = set->len; i-- > 0;)
		for (size_t k = 0; k < set->files[i].unit->len; k++)
			for (size_t n = 0; n < ARRAY_SIZE(keys); n++)
				if (strcmp(set->files[i].unit->entries[k].key, keys[n]) == 0)
					return set->files[i].path;
	return set->files[0].path;
}

static int from_unit(struct host *host, const struct unit_set *set, struct socket_origin *o,
		     struct error *err)
{
	const char *user = unit_set_text(set, "Socket", "SocketUser");
	const char *group = unit_set_text(set, "Socket", "SocketGroup");

	o->creator = CREATOR_UNIT;
	o->mode = parse_mode(unit_set_text(set, "Socket", "SocketMode"));
	if (user && *user && look_uid(host, user, &o->uid, err) < 0)
		return error_wrap(err, "%s SocketUser", set->name);
	if (group && *group && look_gid(host, group, &o->gid, err) < 0)
		return error_wrap(err, "%s SocketGroup", set->name);
	o->source = strdup(deciding_file(set));
	o->unit = strdup(set->name);
	return o->source && o->unit ? 0 : error_nomem(err);
}

static int from_dockerd(struct host *host, const struct dockerd *d, struct socket_origin *o,
			struct error *err)
{
	AUTO_FREE char *group = NULL;

	o->creator = CREATOR_DOCKERD;
	o->mode = DAEMON_SOCKET_MODE;
	if (dockerd_text(d, "group", &group, err) < 0)
		return -1;
	if (group && look_gid(host, group, &o->gid, err) < 0)
		return error_wrap(err, "dockerd's group");
	o->source = strdup(d->config_path);
	return o->source ? 0 : error_nomem(err);
}

/* The API socket. 1: it is one. */
static int ask_dockerd(struct host *host, const char *path, struct socket_origin *o,
		       struct error *err)
{
	AUTO(listeners) struct listeners listeners = {0};
	const struct dockerd *d;

	if (look_dockerd(host, &d, err) < 0)
		return -1;
	if (!d->installed)
		return 0;
	if (look_listeners(d, &listeners, err) < 0)
		return -1;
	for (size_t i = 0; i < listeners.len; i++) {
		const struct listener *l = &listeners.items[i];
		bool same = false;
		int r;

		if (l->kind != LISTENER_UNIX)
			continue;
		if (same_path(host, path, l->address, &same, err) < 0)
			return -1;
		if (!same)
			continue;
		r = l->activated && d->socket.len ? from_unit(host, &d->socket, o, err)
						  : from_dockerd(host, d, o, err);
		return r < 0 ? -1 : 1;
	}
	return 0;
}

static int ask_containerd(struct host *host, const char *path, struct socket_origin *o,
			  struct error *err)
{
	AUTO(containerd) struct containerd c = {0};
	bool same = false;

	if (look_containerd(host, &c, err) < 0)
		return -1;
	if (!c.unit || !c.address)
		return 0;
	if (same_path(host, path, c.address, &same, err) < 0)
		return -1;
	if (!same)
		return 0;
	o->creator = CREATOR_CONTAINERD;
	o->uid = c.uid;
	o->gid = c.gid;
	o->mode = DAEMON_SOCKET_MODE;
	o->source = strdup(c.config ? c.config : c.address_source);
	return o->source ? 1 : error_nomem(err);
}

int look_socket_origin(struct host *host, const char *path, struct socket_origin *ret_origin,
		       struct error *err)
{
	AUTO(socket_origin) struct socket_origin o = {0};
	int r = ask_dockerd(host, path, &o, err);

	if (r == 0)
		r = ask_containerd(host, path, &o, err);
	if (r < 0)
		return -1;
	*ret_origin = o;
	o = (struct socket_origin){0};
	return 0;
}

void socket_origin_done(struct socket_origin *origin)
{
	free(origin->source);
	free(origin->unit);
	*origin = (struct socket_origin){0};
}
