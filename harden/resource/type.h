// SPDX-License-Identifier: Apache-2.0
/*
 * The interface of a resource type. One file harden/resource/<type>.c ends with one
 * `const struct resource_type` listed in registry.c. A new type is that file, that line, a test
 * and a section of harden-recipe(5).
 *
 * The engine calls, for each entry of a control's ensure list:
 *	load -> inspect -> judge, and for a plan stage, then again until nothing more is staged.
 * There is no apply and no verify: the engine commits the stage, looks again and judges again.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/host/host.h"
#include "harden/model/fact.h"
#include "harden/model/schema.h"
#include "harden/model/stage.h"
#include "harden/model/verdict.h"

struct resource_type {
	struct type_schema schema;
	/*
	 * From an entry with every ${...} expanded and its keys already checked against
	 * schema.keys, to a typed spec. No I/O. Errors: RECIPE with FILE:LINE:COLUMN (file is the
	 * recipe's name). *ret_spec is released with spec_free.
	 */
	int (*load)(const struct value *entry, const char *file, void **ret_spec,
		    struct error *err);
	void (*spec_free)(void *spec);
	/*
	 * Optional: told of every entry that will be inspected, before any is, so that a type
	 * whose looks are dear can make them together. Errors: NOMEM, INTERNAL.
	 */
	int (*announce)(void *spec, struct host *host, struct error *err);
	/* Read-only look through the stage. Released with seen_free. Errors: SYS, FORMAT, UNSAFE. */
	int (*inspect)(const void *spec, struct host *host, void **ret_seen, struct error *err);
	void (*seen_free)(void *seen);
	/*
	 * Pure and total: evidence always, a finding per violation, none means compliant
	 * (status pass or not_applicable).
	 */
	int (*judge)(const void *spec, const void *seen, struct judgement *judgement,
		     struct error *err);
	/*
	 * Spec and seen to staged changes, through look_stage() and stage_block(), stage_by_hand().
	 * Called only where judge found something (or, with TYPE_STAGES_REVIEWS, is manual). NULL for a type that never changes anything.
	 */
	int (*stage)(const void *spec, const void *seen, struct host *host, struct error *err);
};

extern const struct resource_type *const resource_types[]; /* NULL-ended; registry.c */
const struct resource_type *resource_type_find(const char *name);
