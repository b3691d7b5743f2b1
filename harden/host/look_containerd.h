// SPDX-License-Identifier: Apache-2.0
/*
 * containerd's configuration as far as the controls need it: its socket with the owner that
 * containerd gives it, its files, its state directory.
 *
 * Source: containerd 1.6 cmd/containerd/command/main.go and services/server/config/config.go:
 * --config or /etc/containerd/config.toml, which may import others by globs relative to itself;
 * of a plain value the last import counts. The socket is made with mode 0660 and [grpc] uid, gid.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

#include <sys/types.h>

struct host;

struct containerd {
	bool unit;	   /* containerd.service is there (and not masked) */
	char *config;	   /* NULL: there is none */
	struct strv files; /* config and its imports, links resolved */
	char *address;	   /* [grpc] address, --address, or the default */
	char *address_source;
	char *state; /* state, --state, or /run/containerd */
	char *state_source;
	uid_t uid; /* of the socket */
	gid_t gid;
};

/* Errors: FORMAT (config.toml, "FILE:LINE: ..."), SYS, NOMEM. */
int look_containerd(struct host *host, struct containerd *ret, struct error *err);
void containerd_done(struct containerd *c);
