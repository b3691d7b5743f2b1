// SPDX-License-Identifier: Apache-2.0
/*
 * A Dockerfile and the context it is built in: what harden looks at instead of a host. The host's
 * root is the Dockerfile's directory then, so that nothing above it can be reached; the context is a
 * root of its own.
 *
 * Calling order: build_open(), once; look_build() as often as one likes: it parses anew when the
 * stage has changed the file, and then lets go of the answers to questions (look_question.h), which
 * were about the old one.
 *
 * What expressions see of it: harden-recipe(5), "dockerfile".
 */
#pragma once

#include "harden/host/host.h"
#include "harden/host/look_question.h"
#include "harden/text/build_pattern.h"
#include "harden/text/dockerfile.h"

#define BUILD_FILES_MAX 50000 /* of a context; more are a problem that is told */

/* What a source of ADD or COPY is. */
enum build_kind {
	BUILD_UNKNOWN, /* there is no context to look at */
	BUILD_STAGE,   /* --from: of another stage or image */
	BUILD_HEREDOC,
	BUILD_VARIABLE, /* depends on a variable that the file does not tell */
	BUILD_URL,
	BUILD_GIT,
	BUILD_PATTERN,
	BUILD_IGNORED, /* by .dockerignore */
	BUILD_MISSING,
	BUILD_FILE,
	BUILD_DIRECTORY,
	BUILD_ARCHIVE, /* a file that ADD unpacks */
	BUILD_OTHER,   /* a socket, a device, ... */
	BUILD_KINDS,
};
const char *build_kind_name(enum build_kind kind); /* "file", "directory", "url", ... */

struct build_source {
	enum build_kind kind;
	char *text;
	char *pattern; /* a regular expression of the context's paths that it takes; NULL: none */
};

struct build_sources { /* of one instruction */
	struct build_source *items;
	size_t len, cap;
};

struct build {
	char *file;	    /* as the user wrote it: the name in messages and findings */
	char *path;	    /* inside the host's root */
	char *context;	    /* as the user wrote it, NULL: not given */
	struct host inside; /* the context; root_fd -1 without one */
	struct stage stage; /* of inside: always empty */

	struct blob *content; /* as staged; NULL: not looked at yet */
	struct dockerfile dockerfile;
	struct build_sources *sources; /* by instruction */
	bool listed;		       /* files and problem are filled */
	struct strv files;	       /* paths in the context that a build gets */
	struct error problem;	       /* why files is not whole */
};

/* context NULL: none. Errors: SYS (the context cannot be opened), NOMEM. */
int build_open(struct host *host, const char *file, const char *path, const char *context,
	       struct error *err);
void build_free(struct build *build);
/* Questions of this host are about its Dockerfile from now on. library as in engine_access. */
int build_questions(struct host *host, struct blob *library, struct error *err);
/*
 * *ret_build is borrowed. Errors: FORMAT (FILE:LINE:COLUMN, or it is no regular file), SYS, NOMEM.
 */
int look_build(struct host *host, const struct build **ret_build, struct error *err);

/* Whether COPY would do for all sources what ADD does; else *ret_why. */
bool build_is_plain(const struct build *build, size_t instruction, const char **ret_why);

/* Of look_build(): fills sources, and once files. */
int look_build_context(struct host *host, struct build *build, struct error *err);
/* Everything as expressions see it. */
int look_build_value(const struct build *build, struct value **ret_value, struct error *err);
