// SPDX-License-Identifier: Apache-2.0
/*
 * The functions of libcurl that we use, by name. curl_multi_poll() came with 7.66 (2019).
 */
#include "harden/host/look_curl.h"

#include "harden/base/library.h"
#include "harden/base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define SYMBOL(member)                                                                             \
	{                                                                                          \
		"curl_" #member, offsetof(struct curl_library, member)                             \
	}

static const struct library_symbol symbols[] = {
	SYMBOL(global_init),	     SYMBOL(easy_init),	    SYMBOL(easy_setopt),
	SYMBOL(easy_getinfo),	     SYMBOL(easy_perform),  SYMBOL(easy_cleanup),
	SYMBOL(easy_strerror),	     SYMBOL(multi_init),    SYMBOL(multi_add_handle),
	SYMBOL(multi_remove_handle), SYMBOL(multi_perform), SYMBOL(multi_poll),
	SYMBOL(multi_info_read),     SYMBOL(multi_cleanup), SYMBOL(multi_strerror),
};

int curl_library_open(const struct curl_library **ret_library, struct error *err)
{
	static const char *const files[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};
	static struct library library = {
		.files = files,
		.purpose = "libcurl, which asks the Engine API",
		.next = "install libcurl 7.66 or newer (Debian: libcurl4), or leave the controls "
			"that need it out with --engine none",
	};
	static struct curl_library functions;
	static bool ready;

	if (library_open(&library, symbols, ARRAY_SIZE(symbols), &functions, err) < 0)
		return -1;
	if (!ready && functions.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(err, ERROR_SYS, 0, "libcurl cannot set itself up");
	ready = true;
	*ret_library = &functions;
	return 0;
}
