// SPDX-License-Identifier: Apache-2.0
/*
 * libcrypto (library.h). Who needs it has a struct of function pointers and a table of their names.
 * Its configuration file is not read, since nothing in it may change what an answer is, and
 * OPENSSL_CONF must not choose code that runs as root.
 */
#pragma once

#include "harden/base/library.h"

#include <stddef.h>

/* Fills the pointers of functions. Errors: SYS, the library or one of them is not there. */
int libcrypto_open(const struct library_symbol *symbols, size_t len, void *functions,
		   struct error *err);
