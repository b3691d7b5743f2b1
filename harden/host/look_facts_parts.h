// SPDX-License-Identifier: Apache-2.0
/*
 * The steps of look_facts(), for its own files only.
 */
#pragma once

#include "harden/host/look_dockerd.h"
#include "harden/model/fact.h"

int facts_of_docker(struct host *host, struct facts *facts, struct error *err);
/* Those that depend on flags and daemon.json: unknown when they are broken. */
int facts_of_daemon(struct host *host, const struct dockerd *d, struct facts *facts,
		    struct error *err);
int facts_of_containerd(struct host *host, const struct dockerd *d, struct facts *facts,
			struct error *err);
int facts_of_host(struct host *host, struct facts *facts, struct error *err);

/* The first of these paths that exists, links resolved; NULL if none does. */
int look_first(struct host *host, const char *const *paths, char **ret_path, struct error *err);
/* PROGRAM in the usual directories, links resolved; NULL if it is nowhere. */
int look_program(struct host *host, const char *program, char **ret_path, struct error *err);
/* path with its links resolved as far as it exists. */
int look_resolved(struct host *host, const char *path, char **ret_path, struct error *err);
/* A copy of a problem for each of the facts that it makes unknown; names end with NULL. */
int facts_all_unknown(struct facts *facts, const char *const *names, const struct error *problem,
		      struct error *err);
