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
	void *handle;		  /* NULL: not open */
};

struct library_symbol {
	const char *name;
	size_t offset; /* of its pointer in the struct of functions */
};

/*
 * Opens it and fills the pointers of functions; does nothing when it is open. Errors: SYS, the
 * library or one of the functions is not there; then it is not open.
 */
int library_open(struct library *library, const struct library_symbol *symbols, size_t len,
		 void *functions, struct error *err);
/* More functions of one that is open. Errors: SYS. */
int library_fill(const struct library *library, const struct library_symbol *symbols, size_t len,
		 void *functions, struct error *err);
/* One that may be missing. NULL: it is, or the library is not open. */
void *library_find(const struct library *library, const char *name);
