// SPDX-License-Identifier: Apache-2.0
/*
 * libcrypto, opened on first use: linking it would cost every run several milliseconds of start-up.
 * Who needs it has a struct of function pointers and a table of their names. Its configuration file
 * is not read, since nothing in it may change what an answer is, and OPENSSL_CONF must not choose
 * code that runs as root.
 */
#pragma once

#include "harden/base/error.h"

#include <stddef.h>

struct libcrypto_symbol {
	const char *name;
	size_t offset; /* of the pointer in the struct */
};

/*
 * Fills the pointers of functions. use: what for, for the message ("which makes the digests").
 * Errors: SYS, the library or one of the functions is not there.
 */
int libcrypto_open(const struct libcrypto_symbol *symbols, size_t len, const char *use,
		   void *functions, struct error *err);
