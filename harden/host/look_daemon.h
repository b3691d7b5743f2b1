// SPDX-License-Identifier: Apache-2.0
/*
 * The daemon of a live host as it runs now: its process, what it was started with, and what its API
 * says of itself. Looked at once and kept in host->daemon until daemon_forget().
 *
 * What a key is in the running daemon, best witness first: what the API shows of it (daemon_shown());
 * a flag of the real command line; the file that it was started with, if nobody changed the file
 * since. That no dockerd runs is a state (process.pid 0), that its API cannot be asked is kept in
 * unasked: neither is an error.
 *
 * "Changed since" goes by the times of the content and of the inode's birth: chmod alone is no change,
 * a file put in place by rename with an old time is one. Where a file system keeps no birth time, the
 * time of any change counts.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/host/look_dockerd.h"
#include "harden/host/look_process.h"
#include "harden/host/look_systemd.h"

struct host;
struct engine;

struct daemon_container {
	char *name;
	bool running, on_bridge; /* on the default bridge */
	pid_t pid;		 /* 0: it does not run */
	char *log_driver;	 /* its own, kept since it was created */
	struct value *log_opts;	 /* map, may be NULL */
	bool privileges_asked;	 /* created with no-new-privileges=false on purpose */
	bool privileges_gained;	 /* runs without no_new_privs */
};

struct daemon_now {
	struct process process;
	struct systemd systemd;
	struct dockerd *view; /* what it was started with; NULL: none runs */
	char *file_moved;     /* why what its file says may not be in force; NULL: it is */
	bool file_past; /* view->config is what the file held when the daemon began (host->past) */

	/* the API's answers; NULL: not asked or not there */
	struct value *info, *version, *bridge;
	char *asked;	      /* URL they came from, NULL: not asked */
	struct error unasked; /* why not; code NONE: it was, or shall not be (--engine none) */
	struct engine *engine;

	/* filled by daemon_containers() */
	bool containers_seen;
	struct daemon_container *containers;
	size_t len, cap;
};

/* *ret is borrowed from host. Errors: SYS (may not look: "run as root"), UNSAFE, NOMEM; INTERNAL for
 * a host that is not live. */
int look_daemon(struct host *host, const struct daemon_now **ret, struct error *err);
/* Before another look, when the daemon may have been told or restarted. */
void daemon_forget(struct host *host);
void daemon_now_free(struct daemon_now *now);

/* Containers of every state, sorted by name, asked for on first use. Errors: REMOTE, FORMAT, NOMEM. */
int daemon_containers(struct host *host, const struct daemon_container **ret_items, size_t *ret_len,
		      struct error *err);

/*
 * The running value of a key or dotted path. ret_setting->source says the witness. *ret_doubt, NULL
 * or borrowed: why this may not be what runs (the file moved, nothing shows the key). Errors: as
 * dockerd_setting().
 */
int daemon_setting(const struct daemon_now *now, const char *path, struct setting *ret_setting,
		   const char **ret_doubt, struct error *err);

/* What the API's answers show of a key: 1 with *ret_value and *ret_source (constant), 0 nothing. */
int daemon_shown(const struct daemon_now *now, const char *key, struct value **ret_value,
		 const char **ret_source, struct error *err);
/* The engine's own version as /version says it, else the installed one's; may be NULL. */
const char *daemon_version(const struct daemon_now *now);
/* Whether stopping this daemon leaves containers alone. */
bool daemon_restores_live(const struct daemon_now *now);

/* A TCP socket that dockerd listens on. */
struct daemon_port {
	char *address; /* "127.0.0.1:2375", "[::]:2376" */
	unsigned port;
};

struct daemon_ports {
	struct daemon_port *items;
	size_t len, cap;
};

/* By inode: what dockerd's network namespace listens on and dockerd holds. Errors: SYS, NOMEM. */
int look_daemon_ports(struct host *host, pid_t pid, struct daemon_ports *ret_ports,
		      struct error *err);
void daemon_ports_done(struct daemon_ports *ports);
