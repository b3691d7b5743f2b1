// SPDX-License-Identifier: Apache-2.0
/*
 * Updates of the engine's objects: asking for them, comparing, taking them back. The engine is this
 * host's own, opened when the first update is at hand.
 */
#pragma once

#include "backup/undo.h"
#include "harden/host/look_engine.h"

struct update_engine {
	struct engine *engine;
	char *id; /* its ID, as /info says; NULL: it has none */
};

/* Errors: REMOTE (it does not answer, it has no unix socket), SYS, NOMEM. */
int update_engine_open(const struct run_info *info, struct update_engine *ret_engine,
		       struct error *err);
void update_engine_done(struct update_engine *e);

/* The object as it is now. 0, ENGINE_GONE, or -1. */
int update_read(const struct update_engine *e, const struct update *u, struct blob **ret_object,
		struct error *err);

/*
 * Brings one object where the update leads, or back. may_go is asked with the present values of the
 * fields before each request: 0 go on, 1 there is nothing to do, -1 no. Returns 0, ENGINE_GONE, or -1
 * also when the object is not as asked for afterwards.
 */
typedef int update_may_go(void *cookie, const struct value *present, struct error *err);
int update_ask(const struct update_engine *e, const struct update *u, bool back,
	       update_may_go *may_go, void *cookie, struct error *err);

/* Undoes the updates of a run, last one first; tells in result what stands. Whether all are undone. */
bool undo_updates(const struct undo *undo, struct backup_result *result);

/* Fields of the update that are neither as it left them nor as before: "HostConfig.Memory"; or NULL. */
const char *update_foreign_field(const struct update *u, const struct value *present);
/*
 * For a rollback of chosen runs, newest first: conflicts and what would be brought back, into result.
 * force: an engine that does not answer is no error. Errors: REMOTE, ...
 */
int update_compare(struct run *const *runs, size_t len, const struct run_info *info, bool force,
		   struct backup_result *result, struct error *err);
