// SPDX-License-Identifier: Apache-2.0
/*
 * Every key of dockerd's daemon.json and every flag of its command line: name, JSON type, default,
 * life span, reload behaviour. Source: moby daemon/config/config.go, daemon/command/config.go and
 * config_unix.go of 17.06 to 29.7, checked against dockerd 20.10.24 and 26.1.5.
 *
 * Versions are the engine's own ("20.10", "28.5.2"); a NULL version means that it is unknown, and
 * then the newest behaviour is assumed where a default changed and a key of no fixed life span is
 * taken as known.
 */
#pragma once

#include "harden/model/value.h"

enum daemon_type {
	DAEMON_BOOL,
	DAEMON_INTEGER,
	DAEMON_TEXT,
	DAEMON_SIZE, /* a number of bytes or a text such as 64M */
	DAEMON_TEXT_LIST,
	DAEMON_MAP_LIST,
	DAEMON_TEXT_MAP, /* object of texts; as a flag NAME=VALUE, repeated */
	DAEMON_MAP,
};

enum daemon_reload {
	RELOAD_NO,
	RELOAD_YES,	   /* SIGHUP takes it over; an absent key goes back to the default */
	RELOAD_IF_PRESENT, /* SIGHUP takes it over, but an absent key keeps the old value */
};

enum daemon_placement {
	FILE_KEY,      /* a key of daemon.json */
	FILE_IGNORED,  /* accepted there because a flag has that name, and then ignored */
	FILE_REJECTED, /* dockerd refuses to start on it */
};

struct daemon_key {
	const char *name;
	enum daemon_type type;
	const char *fallback; /* default as text; NULL: "", empty list or map; "null": unset */
	const char *newer_fallback, *newer_since;
	const char *since;   /* first version that has it, NULL: older than 17.06 */
	const char *removed; /* first version that refuses it, NULL: none */
	enum daemon_reload reload;
	const char *flag; /* without --, NULL: file only */
	char shorthand;	  /* 0: none */
	bool repeatable;  /* the flag may stand several times and accumulates */
	enum daemon_placement placement;
};

extern const struct daemon_key daemon_keys[]; /* sorted by name */
extern const size_t daemon_keys_len;

/* NULL if there is no such key. */
const struct daemon_key *daemon_key_find(const char *name);
const struct daemon_key *daemon_key_by_flag(const char *flag, size_t len);
const struct daemon_key *daemon_key_by_shorthand(char letter);
/* The key of daemon.json nearest to a word, NULL if none is near. */
const char *daemon_key_nearest(const char *word);

/* <0, 0, >0 by numeric parts: 20.10.24 < 23.0. Whatever follows the numbers is ignored. */
int engine_version_compare(const char *a, const char *b);
/* Whether version is at least minimum; an unknown (NULL) version is. */
bool engine_at_least(const char *version, const char *minimum);
/* Whether daemon.json of that version may hold the key. */
bool daemon_key_available(const struct daemon_key *key, const char *version);
/* The default value; NULL when out of memory. */
struct value *daemon_key_default(const struct daemon_key *key, const char *version);
/* Whether a JSON value has the type dockerd wants (null is accepted for every type). */
bool daemon_key_accepts(const struct daemon_key *key, const struct value *v);
/* "true or false", "a number", "a text", "a list of texts", ... */
const char *daemon_type_name(enum daemon_type type);
/* strconv.ParseBool of Go: 1 t T TRUE true True and their opposites. */
bool daemon_parse_bool(const char *text, bool *ret_value);
