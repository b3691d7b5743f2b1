// SPDX-License-Identifier: Apache-2.0
/*
 * The requests of the Engine API that an update comes to, from the object as it was read a moment
 * ago: bytes in, bytes out. Paths are without the API's version.
 *
 * A container takes the fields that change and leaves the others alone. A service and the swarm take
 * a whole spec, and zero what is not in it, so the spec that was read is sent back with the changes.
 * Source: moby api/server/router/{container,swarm}, seen on 20.10.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/model/update.h"

struct update_request {
	const char *method; /* "POST", "DELETE" */
	char *path;
	char *body; /* JSON; NULL: none */
};

/* Where the object is read: "/containers/ID/json". NULL: no memory. */
char *update_path(const struct update *u);
/*
 * The present values of the update's fields, a map by their paths, absent ones left out. Errors:
 * FORMAT, NOMEM, and CONFLICT when the object is another one (a swarm that was made anew).
 */
int update_present(const struct update *u, const struct blob *object, struct value **ret_map,
		   struct error *err);
/*
 * The request that makes the object so, or back: that undoes what of it is not undone yet. Errors:
 * FORMAT (no spec, no version), NOMEM.
 */
int update_request(const struct update *u, bool back, const struct blob *object,
		   struct update_request *ret_request, struct error *err);
void update_request_done(struct update_request *request);
/* Whether a field is a flag of the request and not part of the object: nothing shows it. */
bool update_is_flag(const struct field_edit *edit);
