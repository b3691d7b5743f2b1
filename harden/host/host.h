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
struct questions;    /* look_question.h */
struct build;	     /* look_build.h */
struct audit_kernel; /* look_audit_kernel.h */
struct daemon_now;   /* look_daemon.h */

/*
 * Asked what a file held at an earlier moment; whoever keeps records of changes answers. As
 * backup_past_content() (backup/past.h): 1 known, 0 not, -1 error.
 */
typedef int host_past(void *cookie, const char *path, struct timespec when,
		      struct blob **ret_content, struct error *err);

struct host {
	int root_fd;	     /* O_PATH|O_DIRECTORY, owned */
	char *root;	     /* as the user wrote it, "/" for the machine's own; for messages */
	bool offline;	     /* --root was given */
	bool live;	     /* our root is the machine's, see look_live.h; in doubt false */
	bool not_live;	     /* it is known not to be; in doubt false, too */
	bool engine_none;    /* the API of the running daemon is not asked (--engine none) */
	const char *proc;    /* borrowed: "/proc"; tests put a directory of their own here */
	struct stage *stage; /* borrowed; never NULL */

	/* caches, made on first use, dropped by host_done(); dockerd when stage->generation moves */
	struct look_cache *cache; /* files of the host as first seen */
	struct parsed_units *units;
	struct users *users;
	struct packages *packages;
	struct dockerd *dockerd;
	unsigned dockerd_generation;
	struct audit_files *audit;
	unsigned audit_generation;   /* the stage's when it was made */
	size_t audit_staged;	     /* files staged then */
	struct questions *questions; /* about the engine's objects; NULL: there is none to ask */
	struct audit_kernel *audit_kernel; /* only of a live host */
	struct daemon_now *daemon;	   /* of the host without the stage */
	struct build *build;		   /* a Dockerfile is looked at, not a host */

	host_past *past; /* NULL: nobody keeps records */
	void *past_cookie;
};

/* root NULL: the machine's own "/". Errors: SYS with the directory's name. */
int host_open(const char *root, bool force_live, struct stage *stage, struct host *ret_host,
	      struct error *err);
void host_done(struct host *host);
