// SPDX-License-Identifier: Apache-2.0
/*
 * What the files of service.h share: the table of keys.
 */
#pragma once

#include "harden/text/service.h"

struct making {
	const struct value *container, *host, *config; /* host: HostConfig */
	const struct value *image;		       /* its Config; NULL: not known */
	const struct value *info;
	struct strv *notes;
	struct error *err;
};

/* Where a key comes from. */
enum row_kind {
	ROW_FLAG,     /* HostConfig.FIELD when it is true */
	ROW_SWITCH,   /* true or false when it is said */
	ROW_NUMBER,   /* an integer that is not 0 */
	ROW_POSITIVE, /* an integer above 0 */
	ROW_TEXT,     /* a text that is neither empty nor usual */
	ROW_IMAGE,    /* a text that differs from the image's */
	ROW_LIST,     /* texts */
	ROW_MAP,      /* a map of texts */
	ROW_MADE,     /* make() */
};

struct service_row {
	const char *key;  /* of a Compose service */
	const char *flag; /* of docker run, the first if there are several; NULL: none */
	enum row_kind kind;
	bool in_config; /* FIELD is a member of Config, not of HostConfig */
	const char *field;
	const char *usual; /* what the engine takes when nothing is said */
	bool run_only;
	/* 0 with *ret NULL: nothing to say. */
	int (*make)(const struct making *m, struct value **ret);
	/* Adds lines for a value that flag alone cannot say. */
	int (*say)(const struct value *v, struct value *lines, struct error *err);
};

extern const struct service_row service_rows[]; /* a NULL key ends it */

/* service_make.c */
int make_hostname(const struct making *m, struct value **ret);
int make_environment(const struct making *m, struct value **ret);
int make_labels(const struct making *m, struct value **ret);
int make_expose(const struct making *m, struct value **ret);
int make_ports(const struct making *m, struct value **ret);
int make_links(const struct making *m, struct value **ret);
int make_tmpfs(const struct making *m, struct value **ret);
int make_devices(const struct making *m, struct value **ret);
int make_gpus(const struct making *m, struct value **ret);
int make_security_opt(const struct making *m, struct value **ret);
int make_ulimits(const struct making *m, struct value **ret);
int make_cgroup(const struct making *m, struct value **ret);
int make_cpus(const struct making *m, struct value **ret);
int make_swappiness(const struct making *m, struct value **ret);
int make_blkio(const struct making *m, struct value **ret);
int make_entrypoint(const struct making *m, struct value **ret);
int make_command(const struct making *m, struct value **ret);

/* service_group.c: keys whose values are maps */
int make_volumes(const struct making *m, struct value **ret);
int make_network_mode(const struct making *m, struct value **ret);
int make_networks(const struct making *m, struct value **ret);
int make_logging(const struct making *m, struct value **ret);
int make_restart(const struct making *m, struct value **ret);
int make_grace(const struct making *m, struct value **ret);
int make_healthcheck(const struct making *m, struct value **ret);

/* service_run.c */
int say_network_mode(const struct value *v, struct value *lines, struct error *err);
int say_networks(const struct value *v, struct value *lines, struct error *err);
int say_volumes(const struct value *v, struct value *lines, struct error *err);
int say_ulimits(const struct value *v, struct value *lines, struct error *err);
int say_blkio(const struct value *v, struct value *lines, struct error *err);
int say_logging(const struct value *v, struct value *lines, struct error *err);
int say_grace(const struct value *v, struct value *lines, struct error *err);
int say_healthcheck(const struct value *v, struct value *lines, struct error *err);
int say_nothing(const struct value *v, struct value *lines, struct error *err);

/* The container has no network of its own: host's, another container's, or none. */
bool has_foreign_network(const struct value *host);
int64_t integer_of(const struct value *map, const char *key);
bool is_true(const struct value *map, const char *key);
