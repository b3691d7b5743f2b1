// SPDX-License-Identifier: Apache-2.0
/*
 * The functions of libcurl that we use, by name. curl_multi_poll() came with 7.66 (2019).
 */
#include "harden/host/look_curl.h"

#include "harden/base/str.h"

#include <dlfcn.h>
#include <stddef.h>

#define SYMBOL(member)                                                                             \
	{                                                                                          \
		"curl_" #member, offsetof(struct curl_library, member)                             \
	}

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
	SYMBOL(global_init),	     SYMBOL(easy_init),	    SYMBOL(easy_setopt),
	SYMBOL(easy_getinfo),	     SYMBOL(easy_perform),  SYMBOL(easy_cleanup),
	SYMBOL(easy_strerror),	     SYMBOL(multi_init),    SYMBOL(multi_add_handle),
	SYMBOL(multi_remove_handle), SYMBOL(multi_perform), SYMBOL(multi_poll),
	SYMBOL(multi_info_read),     SYMBOL(multi_cleanup), SYMBOL(multi_strerror),
};

/* The one thing that outlives a call. One thread only. */
static struct curl_library library;

static int missing(const char *why, struct error *err)
{
	(void)error_set(err, ERROR_SYS, 0, "open libcurl, which asks the Engine API: %s",
			why ? why : "not found");
	error_resource(err, "libcurl.so.4");
	error_next(err, "install libcurl 7.66 or newer (Debian: libcurl4), or leave the controls "
			"that need it out with --engine none");
	return -1;
}

static int find_symbols(struct curl_library *lib, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		void *address = dlsym(lib->handle, symbols[i].name);

		if (!address)
			return missing(symbols[i].name, err);
		memcpy((char *)lib + symbols[i].offset, &address, sizeof(address));
	}
	if (lib->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return missing("it cannot set itself up", err);
	return 0;
}

int curl_library_open(const struct curl_library **ret_library, struct error *err)
{
	static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
	struct curl_library lib = {0};

	for (size_t i = 0; i < ARRAY_SIZE(names) && !library.handle && !lib.handle; i++)
		lib.handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!library.handle) {
		if (!lib.handle)
			return missing(dlerror(), err);
		if (find_symbols(&lib, err) < 0) {
			(void)dlclose(lib.handle); /* it was of no use */
			return -1;
		}
		library = lib;
	}
	*ret_library = &library;
	return 0;
}
