// SPDX-License-Identifier: Apache-2.0
/*
 * Who creates a unix socket, and with which owner, group and mode: what is written decides how the
 * socket looks after its next creation, whatever chmod(1) made of it meanwhile.
 *
 * docker.socket: SocketUser=, SocketGroup=, SocketMode= with systemd's defaults root, root, 0666
 * (systemd.socket(5)). dockerd itself: root, its `group` key, 0660 (moby pkg/sockets). containerd:
 * [grpc] uid and gid, 0660 (containerd v1.6 sys/socket_unix.go).
 */
#pragma once

#include "harden/base/error.h"
#include "harden/host/host.h"

#include <sys/types.h>

enum socket_creator { CREATOR_NONE, CREATOR_UNIT, CREATOR_DOCKERD, CREATOR_CONTAINERD };

struct socket_origin {
	enum socket_creator creator; /* NONE: nothing we know of */
	char *source;		     /* the file that decides: unit, daemon.json, config.toml */
	char *unit;		     /* "docker.socket", of CREATOR_UNIT */
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

/* path: canonical. Errors: as look_dockerd() and look_containerd(). */
int look_socket_origin(struct host *host, const char *path, struct socket_origin *ret_origin,
		       struct error *err);
void socket_origin_done(struct socket_origin *origin);
