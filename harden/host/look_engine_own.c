// SPDX-License-Identifier: Apache-2.0
/*
 * Where this host's own engine is.
 */
#include "harden/host/look_engine.h"
#include "harden/host/look_listeners.h"

bool engine_url_is_remote(const char *url)
{
	return !str_starts(url, "unix://");
}

int engine_own_url(struct host *host, char **ret_url, char **ret_source, struct error *err)
{
	AUTO(listeners) struct listeners list = {0};
	const struct dockerd *d;

	if (look_dockerd(host, &d, err) < 0 || look_listeners(d, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.len; i++) {
		AUTO_FREE char *url = NULL, *source = NULL;

		if (list.items[i].kind != LISTENER_UNIX)
			continue;
		url = str_format("unix://%s", list.items[i].address);
		source = strdup(list.items[i].source);
		if (!url || !source)
			return error_nomem(err);
		*ret_url = take_ptr(&url);
		*ret_source = take_ptr(&source);
		return 0;
	}
	*ret_url = NULL;
	*ret_source = strdup("dockerd has no unix listener");
	return *ret_source ? 0 : error_nomem(err);
}
