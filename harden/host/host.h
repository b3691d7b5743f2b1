// SPDX-License-Identifier: Apache-2.0
/*
 * The host being looked at: one root descriptor, the stage that lies over it, and what has been
 * found out so far. `--root DIR` and the machine itself differ only by the descriptor and live.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/model/fact.h"
#include "harden/model/stage.h"

struct users;	     /* look_users.h */
struct dockerd;	     /* look_dockerd.h */
struct packages;     /* look_packages.h */
struct look_cache;   /* look_walk.h */
struct audit_files;  /* look_audit.h */
struct audit_kernel; /* look_audit_kernel.h */

struct host {
	int root_fd;	     /* O_PATH|O_DIRECTORY, owned */
	char *root;	     /* as the user wrote it, "/" for the machine's own; for messages */
	bool offline;	     /* --root was given */
	bool live;	     /* our root is the machine's, see look_live.c */
	const char *proc;    /* borrowed: "/proc"; tests put a directory of their own here */
	struct stage *stage; /* borrowed; never NULL */

	/* caches, made on first use, dropped by host_done(); dockerd when stage->generation moves */
	struct look_cache *cache; /* files of the host as first seen */
	struct users *users;
	struct packages *packages;
	struct dockerd *dockerd;
	unsigned dockerd_generation;
	struct audit_files *audit;
	unsigned audit_generation;	   /* the stage's when it was made */
	size_t audit_staged;		   /* files staged then */
	struct audit_kernel *audit_kernel; /* only of a live host */
};

/* root NULL: the machine's own "/". Errors: SYS with the directory's name. */
int host_open(const char *root, bool force_live, struct stage *stage, struct host *ret_host,
	      struct error *err);
void host_done(struct host *host);
