// SPDX-License-Identifier: Apache-2.0
/*
 * Shared libraries that are opened on first use: all linked, they would cost every run several
 * milliseconds, and a host that needs none of them may lack them. This is the only place that loads
 * code. A library that was opened stays open. One thread only.
 */
#pragma once

#include "harden/base/error.h"

struct library {
	const char *const *files; /* "libjq.so.1", tried in this order; NULL-ended */
	const char *purpose;	  /* for the message: "libjq, which judges answers of the engine" */
	const char *next;	  /* what to install: "install jq's library (Debian: libjq1)" */
};

struct library_symbol {
	const char *name;
	size_t offset; /* of its pointer in the struct of functions */
};

/*
 * Opens it unless *handle is open, and fills the pointers of functions. Errors: SYS, the library or
 * one of the functions is not there; then it is closed again if it was opened by this call.
 */
int library_open(const struct library *library, const struct library_symbol *symbols, size_t len,
		 void **handle, void *functions, struct error *err);
/* One that may be missing. NULL: it is, or nothing is open. */
void *library_find(void *handle, const char *name);
