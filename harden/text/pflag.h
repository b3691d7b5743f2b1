// SPDX-License-Identifier: Apache-2.0
/*
 * dockerd's command line by the rules of Go's pflag (spf13/pflag flag.go, parseArgs), driven by
 * the table in harden/model/daemon_keys.h.
 *
 * --name=value, --name value (not for bools), -X value, -Xvalue, -X=value, bundled bools (-Ds
 * overlay2); a bool alone is true; -- ends. The last of a plain flag wins, lists accumulate: that
 * is the caller's to apply, here every flag is kept in order with the words it took. What pflag
 * would refuse is kept with a problem, since dockerd then does not start.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/model/daemon_keys.h"

struct pflag {
	const struct daemon_key *key; /* NULL: no flag of dockerd's */
	char *name;		      /* as written, without dashes: "icc", "D" */
	char *value;		      /* "true" for a bool alone, NULL when missing */
	size_t word, words;	      /* which arguments it took: one or two */
	size_t bundle;		      /* position of its letter in a bundle of shorthands, else 0 */
	size_t bundle_len;	      /* letters of the word that are flags, 1 when not bundled */
	bool explicit_value;	      /* a bool written with =VALUE */
	char *problem;		      /* why dockerd refuses it, NULL: it does not */
};

struct pflags {
	struct pflag *items; /* in order */
	size_t len, cap;
	struct strv positional; /* dockerd takes none */
};

/* args without the program name. Errors: NOMEM only. */
int pflag_parse(const char *const *args, size_t count, struct pflags *ret_flags, struct error *err);
void pflags_done(struct pflags *flags);
