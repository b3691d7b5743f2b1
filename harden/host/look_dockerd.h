// SPDX-License-Identifier: Apache-2.0
/*
 * The configuration dockerd starts with, as it is written on disk: how it is started (systemd unit
 * with drop-ins and environment files, or an init script), its flags with the place each can be
 * edited at, the daemon.json it reads, its version, and from these the effective value of every
 * key: flag, else file, else the default of that version.
 *
 * The view is taken through the stage and cached in host->dockerd until the stage changes.
 *
 * Facts: moby daemon/config/config.go and cmd/dockerd (20.10 to 29.7), Debian's docker.io 20.10
 * unit, moby contrib/init/{systemd,sysvinit-debian,openrc}. The upstream unit reads no environment
 * file: /etc/default/docker means nothing there.
 */
#pragma once

#include "harden/host/look_unit.h"
#include "harden/model/daemon_keys.h"
#include "harden/text/exec_line.h"
#include "harden/text/pflag.h"
#include "harden/text/shell_env.h"

#include <stdint.h>

enum dockerd_start {
	START_NONE, /* nothing starts dockerd here */
	START_SYSTEMD,
	START_SYSVINIT, /* /etc/init.d/docker, sources /etc/default/docker */
	START_OPENRC,	/* /etc/init.d/docker with openrc-run, /etc/conf.d/docker */
};

/* An environment file that was read. */
struct dockerd_env {
	char *path; /* links resolved */
	struct blob *content;
	struct shell_env env;
};

struct dockerd {
	bool installed; /* a dockerd binary, a unit or a package is there */
	char *package;	/* "docker.io", "docker-ce", "moby-engine", NULL */
	char *version;	/* the engine's, "20.10.24"; NULL: unknown */
	char *binary;	/* the file of the ExecStart word, links resolved; NULL: absent */
	enum dockerd_start start;
	struct unit_set service, socket;

	/* sources of flags: numbers below service.len are service.files, the rest env */
	struct dockerd_env *env;
	size_t env_len, env_cap;
	const struct unit_entry *exec; /* the ExecStart that counts, borrowed; NULL: none */
	struct exec_line line;	       /* its arguments, each with its source */
	struct pflags flags;	       /* pflag.word is an index into line.args */

	char *config_path;    /* links resolved; whether it exists says config_content */
	bool config_unsafe;   /* a stranger can turn a link on the way: config_path is as written */
	char *config_written; /* as a flag names it, or /etc/docker/daemon.json */
	bool config_named;    /* by --config-file */
	struct blob *config_content; /* NULL: absent */
	struct value *config;	     /* a map, empty when absent; NULL when it is broken */

	/*
	 * Why dockerd would not start, first one; code ERROR_NONE when it would. The others and
	 * what dockerd silently ignores are notes.
	 */
	struct error problem;
	struct strv notes;
};

/* *ret is borrowed from host and lives until the stage changes. Errors: SYS, NOMEM, UNSAFE; a
 * broken configuration is no error but dockerd.problem. */
int look_dockerd(struct host *host, const struct dockerd **ret, struct error *err);
/* An empty one for look_running.c, which fills it by itself. NULL when out of memory. */
struct dockerd *dockerd_new(void);
void dockerd_free(struct dockerd *d);
DEFINE_AUTO_PTR(dockerd)

/* Where the bytes of a source stand. */
const char *dockerd_source_path(const struct dockerd *d, unsigned source);
const struct blob *dockerd_source_content(const struct dockerd *d, unsigned source);
/* Where argument number arg (of line.args) stands in its file, both from 1. */
void dockerd_arg_place(const struct dockerd *d, size_t arg, unsigned *ret_line,
		       unsigned *ret_column);
unsigned dockerd_arg_line(const struct dockerd *d, size_t arg);
/* NULL for an environment file. */
const struct unit_file *dockerd_source_unit(const struct dockerd *d, unsigned source);

enum setting_from { FROM_DEFAULT, FROM_FILE, FROM_FLAG };

struct setting {
	const struct daemon_key *key;
	struct value *value; /* effective; a null value when nothing is set and no default exists */
	enum setting_from from;
	char *source; /* "docker.service ExecStart --icc=false (/lib/...:13)",
			 "/etc/docker/daemon.json:3:10", "default of 20.10.24" */
};

/*
 * The effective value at path: a key or a dotted path into one ("log-opts.syslog-address").
 * Errors: FORMAT (the configuration is broken, dockerd.problem), INTERNAL (no such key).
 */
int dockerd_setting(const struct dockerd *d, const char *path, struct setting *ret_setting,
		    struct error *err);
void setting_done(struct setting *setting);
/* Text of an effective text key, NULL when empty, unset or broken; *ret_text is owned. */
int dockerd_text(const struct dockerd *d, const char *key, char **ret_text, struct error *err);
/* True when the effective value is the boolean true. */
bool dockerd_true(const struct dockerd *d, const char *key);
/* Whether one of the flags sets that key. */
bool dockerd_has_flag(const struct dockerd *d, const char *key);
