// SPDX-License-Identifier: Apache-2.0
/*
 * What the files of look_question.h share.
 */
#pragma once

#include "harden/host/host.h"
#include "harden/host/look_engine.h"
#include "harden/host/look_question.h"
#include "harden/text/jq.h"

struct questions {
	struct engine_access access; /* url, cert_path, image and library are owned */
	struct object_source source;
	bool opened;	      /* or tried to */
	struct error problem; /* why it could not be opened */
	struct question **items;
	size_t len, cap;
};

/* Opens the source on first use; a failure stays. */
int questions_source(struct host *host, struct questions *all, struct error *err);
/* Answers every question that is not answered yet. */
int questions_pass(struct host *host, struct questions *all, struct error *err);

/* Shares resource and actual; secrets in message are masked. */
int result_find(struct question_result *result, enum finding_kind kind, struct blob *resource,
		const char *message, struct value *actual, bool allowed, struct error *err);
/*
 * Counts an object with what its evidence was, of which *ret_same is a copy for findings to share:
 * borrowed, NULL when too many different ones were seen before.
 */
int result_see(struct question_result *result, const char *name, const struct value *value,
	       struct value **ret_same, struct error *err);
void result_done(struct question_result *result);

/* What is known of an object beside its own answer, for allowlists and extra members. */
struct object_facts {
	int64_t pid;	      /* of the first process; 0: it does not run */
	struct strv sources;  /* of mounts */
	struct strv images;   /* names of its image, or of itself */
	struct strv services; /* of compose or a swarm, "SERVICE" and "PROJECT/SERVICE" */
	struct strv execs;    /* ids */
	int64_t layers, size; /* of an image; 0: not known */
	const char *driver, *upper, *lower; /* where an image lies; borrowed, may be NULL */
	const struct value *labels;	    /* borrowed */
};

/* A jq text that gives what facts_read() reads. */
extern const char object_facts_text[];
int object_facts_read(const struct value *v, struct object_facts *ret, struct error *err);
void object_facts_done(struct object_facts *facts);
/* Whether an allowlist names the object. */
bool allowlist_has(const struct allowlist *allow, const char *name,
		   const struct object_facts *facts);

/*
 * The members below .Harden of a container that do not come from the API. root_dir: the engine's
 * DockerRootDir. What cannot be looked at is told in .Harden.Problems, by the word of a recipe.
 */
int look_container(const char *id, const char *root_dir, unsigned also,
		   const struct object_facts *facts, const char *endpoint, struct value *harden,
		   struct error *err);
/* What this host's files say of its own daemon: $daemon. */
int look_daemon_object(struct host *host, const char *root_dir, const char *socket,
		       struct value **ret, struct error *err);
