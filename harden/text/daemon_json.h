// SPDX-License-Identifier: Apache-2.0
/*
 * What dockerd says to a daemon.json before it starts: keys it does not know, types it does not
 * take, keys that are also flags; and what it swallows without using it.
 *
 * dockerd flattens objects by one level before it looks at names (moby daemon/config/config.go,
 * configValuesSet), except log-opts, runtimes, default-ulimits, features, builder and a few more:
 * so an unknown object passes when every inner name is known, and is then ignored.
 */
#pragma once

#include "harden/model/daemon_keys.h"
#include "harden/text/pflag.h"

struct daemon_json_check {
	const char *file;    /* for messages */
	const char *version; /* of the engine, NULL: unknown */
	const struct pflags *flags;
};

/*
 * problems: reasons not to start, "FILE:LINE:COLUMN: ..."; notes: what is ignored. Both are
 * appended to. Errors: NOMEM only.
 */
int daemon_json_check(const struct daemon_json_check *check, const struct value *config,
		      struct strv *problems, struct strv *notes, struct error *err);

/*
 * Whether dockerd of that version can read the bytes at all: an empty file and a byte order mark
 * are refused before 23.0. NULL: it can; else a constant text.
 */
const char *daemon_json_unreadable(const char *data, size_t len, const char *version);
