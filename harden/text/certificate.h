// SPDX-License-Identifier: Apache-2.0
/*
 * Whether three PEM files are what a TLS server that verifies its clients can start with and be
 * reached by, before it is told to use them. By libcrypto (libcrypto.h).
 *
 * The CA is the one that signs the clients; the server's own certificate may come from another, so
 * that a chain from one to the other is not asked for.
 */
#pragma once

#include "harden/base/str.h"

#include <time.h>

struct pem_file {
	const char *path;	    /* for the reason */
	const struct blob *content; /* NULL is an empty one */
};

/*
 * 0: they are. 1: they are not, *ret_why says which and why ("the key /x is not that of the
 * certificate /y"); free it. Errors: SYS (no libcrypto), NOMEM.
 */
int certificate_check(const struct pem_file *ca, const struct pem_file *cert,
		      const struct pem_file *key, time_t now, char **ret_why, struct error *err);
