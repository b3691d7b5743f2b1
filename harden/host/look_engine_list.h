// SPDX-License-Identifier: Apache-2.0
/*
 * Which objects of a kind there are: names and ids, in the order of judging. For look_engine_*.c.
 */
#pragma once

#include "harden/host/look_engine_parts.h"

struct engine_entry {
	char *id, *name;
	struct blob *body; /* of a kind whose list holds whole objects, else NULL */
};

struct engine_entries {
	struct engine_entry *items;
	size_t len, cap;
};

/* Asks for the list, or takes the ids that fetch names. Errors: as engine_fetch(). */
int engine_entries_read(struct engine *engine, const struct engine_fetch *fetch,
			struct engine_entries *ret_entries, struct error *err);
void engine_entries_done(struct engine_entries *entries);
