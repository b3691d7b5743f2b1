// SPDX-License-Identifier: Apache-2.0
/*
 * The `fix` of an engine entry: one action of a closed list with its parameters, as staged edits of
 * the objects that violate the entry. Nothing here talks to the engine's writing side.
 *
 * Facts: what `docker update` really applies (moby daemon/container_unix.go), what cannot be set back
 * (a limit of 0 means "leave alone" there), and what a swarm's specs hold (moby api/types/swarm).
 */
#pragma once

#include "harden/host/look_question.h"
#include "harden/model/schema.h"
#include "harden/resource/type.h"

#define FIX_VALUES_MAX 32

struct fix_action {
	const char *name;
	enum update_kind kind;
	const char *below;  /* its parameters' paths begin with that in an object */
	const char *impact; /* NULL: none */
	/* The object goes: what it must still be when it does, and be shown by; NULL: it stays. */
	const char *const *guards;
};

/* A new secret or certificate: nothing brings the old one back. */
struct fix_rotation {
	const char *name, *path;
	bool counts; /* the field is counted up, and that does it */
	const char *impact;
};

struct fix_value {
	const struct key *leaf;
	char *path; /* in the object */
	struct value *after;
	const struct fix_rotation *rotation; /* NULL: none */
};

struct fix {
	const struct fix_action *action;
	struct fix_value values[FIX_VALUES_MAX];
	size_t len;
};

/* "container-update.Memory", ...: the leaves of the key `fix`. */
extern const struct key fix_leaves[];

/*
 * fix: a map of one action. question tells what the entry judges; the fields that staging needs are
 * added to what it keeps. Errors: RECIPE with FILE:LINE:COLUMN.
 */
int fix_load(const struct value *fix, const char *file, struct question *question,
	     struct fix **ret_fix, struct error *err);
void fix_free(struct fix *fix);
/* The value for a field of the object, NULL if it sets none there. */
const struct fix_value *fix_find(const struct fix *fix, const char *path);
/* Stages the edits of every violation of the answered question, or says why it cannot. */
int fix_stage(const struct fix *fix, const struct question *question, struct host *host,
	      struct error *err);
