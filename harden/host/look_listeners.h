// SPDX-License-Identifier: Apache-2.0
/*
 * Where dockerd's API listens, and whether its TCP listeners ask clients for a certificate.
 *
 * Hosts come from -H or the key hosts (moby opts/hosts.go, ParseHost: a text without scheme is
 * tcp); fd:// are the sockets that docker.socket hands over (ListenStream=), which may be TCP too.
 *
 * TLS (moby daemon/command/daemon.go, 20.10 to 29): on when tls is true or tlsverify is set at all,
 * even to false; clients are verified unless tlsverify is set to false. DOCKER_TLS_VERIFY in the
 * environment switches nothing on. Default paths below ~/.docker ($DOCKER_CERT_PATH) count only
 * when a flag switches TLS on.
 */
#pragma once

#include "harden/host/look_dockerd.h"

enum listener_kind { LISTENER_UNIX, LISTENER_TCP, LISTENER_OTHER };

struct listener {
	enum listener_kind kind;
	char *text;	/* as written: "tcp://0.0.0.0:2375", "2375" */
	char *address;	/* a path, or HOST:PORT */
	bool activated; /* by docker.socket, through fd:// */
	char *source;
};

struct listeners {
	struct listener *items;
	size_t len, cap;
};

/* Errors: FORMAT (dockerd.problem), NOMEM. */
int look_listeners(const struct dockerd *d, struct listeners *ret_listeners, struct error *err);
void listeners_done(struct listeners *listeners);

struct daemon_tls {
	bool on, verify;
	char *cacert, *cert, *key; /* effective paths, NULL: none */
	char *source;		   /* what decides */
};

/* Errors: FORMAT (dockerd.problem), NOMEM. */
int look_tls(const struct dockerd *d, struct daemon_tls *ret_tls, struct error *err);
void daemon_tls_done(struct daemon_tls *tls);

/* Whether one element of hosts ("tcp://...", ":2375") is a TCP listener. */
bool host_is_tcp(const char *text);
