// SPDX-License-Identifier: Apache-2.0
/*
 * The only writer to the Engine API. An engine is opened and looked at by look_engine.h; here one
 * request that changes something is sent to it. What an answer of success is worth is the caller's
 * to find out: engines accept and ignore fields that they cannot change.
 */
#pragma once

#include "harden/host/look_engine.h"
#include "harden/text/update_request.h"

/* The object has moved since it was read (its version): read it again. */
#define ENGINE_STALE 3

/*
 * Sends the request. 0, ENGINE_GONE (404), ENGINE_STALE, or -1 with the engine's own message. After
 * -1 it is not known whether it took effect.
 */
int change_engine_send(struct engine *engine, const struct update_request *request,
		       struct error *err);
