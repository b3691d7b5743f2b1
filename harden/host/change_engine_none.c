// SPDX-License-Identifier: Apache-2.0
/*
 * Without libcurl no engine can be opened, and none be changed.
 */
#include "harden/host/change_engine.h"

int change_engine_send(struct engine *engine, const struct update_request *request,
		       struct error *err)
{
	(void)engine;
	(void)request;
	return error_set(err, ERROR_INTERNAL, 0, "built without libcurl");
}
