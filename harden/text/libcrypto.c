// SPDX-License-Identifier: Apache-2.0
/*
 * One handle for the process; it stays open.
 */
#include "harden/text/libcrypto.h"

#include "harden/base/str.h"

#include <dlfcn.h>
#include <stdint.h>

/* openssl/crypto.h, unchanged since 1.1.0 */
#define INIT_NO_LOAD_CONFIG 0x80u

/* The one thing that outlives a call. One thread only. */
static void *library;

static int open_library(const char *use, struct error *err)
{
	static const char *const names[] = {"libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so"};
	const char *why;

	for (size_t i = 0; i < ARRAY_SIZE(names) && !library; i++)
		library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (library)
		return 0;
	why = dlerror();
	(void)error_set(err, ERROR_SYS, 0, "open libcrypto, %s: %s", use, why ? why : "not found");
	error_resource(err, "libcrypto.so.3");
	error_next(err, "install OpenSSL's library (Debian: libssl3)");
	return -1;
}

static int find(const char *name, void *ret_function, struct error *err)
{
	void *address = dlsym(library, name);

	if (!address) {
		(void)error_set(err, ERROR_SYS, 0, "find %s in libcrypto", name);
		error_next(err, "install OpenSSL 1.1.1 or newer (Debian: libssl3)");
		return -1;
	}
	memcpy(ret_function, &address, sizeof(address));
	return 0;
}

int libcrypto_open(const struct libcrypto_symbol *symbols, size_t len, const char *use,
		   void *functions, struct error *err)
{
	int (*init)(uint64_t options, const void *settings);

	if (open_library(use, err) < 0 || find("OPENSSL_init_crypto", &init, err) < 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (find(symbols[i].name, (char *)functions + symbols[i].offset, err) < 0)
			return -1;
	(void)init(INIT_NO_LOAD_CONFIG, NULL); /* if it fails, so does what is called next */
	return 0;
}
