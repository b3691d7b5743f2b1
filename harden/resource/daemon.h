// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `daemon`, for its own files only: one key of dockerd's configuration, judged by
 * its effective value (unit flag, else daemon.json, else the default of that engine version) and
 * written only if that differs.
 *
 * A key is fixed where it stands: a flag in the unit, drop-in or environment file that holds it
 * (daemon_flag.c), everything else in daemon.json (daemon_file.c), never in both. What would keep
 * dockerd from starting is refused first (daemon_refuse.c).
 */
#pragma once

#include "harden/host/look_dockerd.h"
#include "harden/resource/type.h"

struct daemon_spec;
struct daemon_seen;

/* What shall be written. */
struct daemon_want {
	enum { WANT_NONE, WANT_ABSENT, WANT_VALUE } kind;
	struct value *value;	   /* owned; of WANT_VALUE */
	const char *reason, *next; /* of WANT_NONE: why a person has to do it */
};
void daemon_want_done(struct daemon_want *want);

/* An operator of the recipe: how to judge, and what would make it right. */
struct daemon_operator {
	const char *name;
	/*
	 * Adds violations and evidence to seen. Operators with a look of their own (files behind a
	 * value) do it here; what they found is data in seen, so that judging stays pure.
	 */
	int (*look)(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		    struct daemon_seen *seen, struct error *err);
	/* NULL: never by itself, unless the recipe gives a fix. */
	int (*fix)(const struct daemon_spec *spec, const struct setting *now,
		   struct daemon_want *want, struct error *err);
	bool converts; /* its argument is a value of the key's type */
};
extern const struct daemon_operator daemon_operators[]; /* ends with a NULL name */

enum daemon_fix { FIX_BY_OPERATOR, FIX_NONE, FIX_ABSENT, FIX_VALUE };

struct daemon_spec {
	char *path; /* the key as the recipe says it, dotted */
	const struct daemon_key *key;
	bool nested; /* path goes into the key's value */
	const struct daemon_operator *op;
	struct value *arg;
	enum daemon_fix fix;
	struct value *fix_value;
	struct strv allow;
	struct value *opts; /* map or NULL */
	bool forwarded, remove_tcp, accept_data_reset;
	char *tlscacert, *tlscert, *tlskey; /* NULL: not given */
	struct value *when, *unless;	    /* maps or NULL */
	bool unless_swarm, review;
};

struct daemon_violation {
	char *resource, *message;
	struct value *expected, *actual;
};

struct daemon_seen {
	char *not_applicable; /* why, NULL: it applies */
	bool unmanaged;	      /* for it is another engine's, which a person has to look at */
	struct evidence *evidence;
	size_t evidence_len, evidence_cap;
	struct daemon_violation *violations;
	size_t len, cap;
	struct strv notes;
	struct setting now;
	bool manual; /* a person must judge what was found */

	/* the running part, on a live host (daemon_running.h) */
	bool running_looked;
	struct daemon_violation *running; /* differences from what is written */
	size_t running_len, running_cap;
	const char *running_next; /* what a person does about the first; constant */
	struct error unlooked; /* why it could not be looked at; code NONE: it was, or none runs */
};

/* Takes expected and actual in every case. */
int daemon_violate(struct daemon_seen *seen, const char *resource, struct value *expected,
		   struct value *actual, struct error *err, const char *format, ...)
	__attribute__((format(printf, 6, 7)));
/* The same for the running part. */
int daemon_differ(struct daemon_seen *seen, struct value *expected, struct value *actual,
		  struct error *err, const char *format, ...) __attribute__((format(printf, 5, 6)));
void daemon_seen_done(struct daemon_seen *seen);
/* Takes value in every case. */
int daemon_evidence(struct daemon_seen *seen, struct value *value, struct error *err,
		    const char *source_format, ...) __attribute__((format(printf, 4, 5)));

/* A file behind a setting: "FILE:LINE" without the line, for findings. */
const char *daemon_resource(const struct dockerd *d, const struct setting *s);
/* The recipe's text as a value of the key's type; NULL with err filled when it is none. */
struct value *daemon_typed(const struct daemon_key *key, const struct value *v, struct error *err);
/* Equality as dockerd sees it: log levels without regard to case. */
bool daemon_equal(const struct daemon_key *key, const struct value *a, const struct value *b);

/* daemon_special.c and daemon_security.c: operators with rules of their own. */
int daemon_look_remote(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		       struct daemon_seen *seen, struct error *err);
int daemon_look_tcp(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		    struct daemon_seen *seen, struct error *err);
int daemon_look_ulimits(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
			struct daemon_seen *seen, struct error *err);
int daemon_look_mapped(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		       struct daemon_seen *seen, struct error *err);
int daemon_look_plugin(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		       struct daemon_seen *seen, struct error *err);
int daemon_look_confined(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
			 struct daemon_seen *seen, struct error *err);

/* Why subordinate ids for that user are not usable, NULL in *ret_why: they are. */
int daemon_check_mapping(struct host *host, const char *remap, char **ret_why, struct error *err);
/* Whether a log option is one of the driver's; drivers that are plugins take any. */
bool daemon_log_opt_known(const char *driver, const char *option);
/* Whether dockerd has that log driver in itself. */
bool daemon_log_is_builtin(const char *driver);
/* Why a ulimit makes containers fail, NULL: it does not. A constant text. */
const char *daemon_ulimit_fault(const char *key, const struct value *v);
/* Whether logs of that driver leave the host; *ret_why (constant) says why not. */
bool daemon_log_is_remote(const char *driver, const struct value *opts, bool forwarded,
			  const char **ret_why);

/*
 * daemon_refuse.c: lists the control as blocked when path = want would keep dockerd from starting
 * or containers from running. Returns 1 when refused, 0 when not.
 */
int daemon_refuse(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		  const struct daemon_want *want, struct error *err);

/* daemon_write.c: stages path = want, where it stands. */
int daemon_write(struct host *host, const char *path, const struct daemon_want *want,
		 struct error *err);
/* daemon_flag.c: changes or takes away the flags of a key; *ret_to_file: the value still has to go
 * to daemon.json. d must not be used afterwards. */
int daemon_write_flags(struct host *host, const struct dockerd *d, const struct daemon_key *key,
		       const struct daemon_want *want, bool *ret_to_file, struct error *err);
/* daemon_file.c */
int daemon_write_file(struct host *host, const struct dockerd *d, const struct daemon_key *key,
		      const char *path, const struct daemon_want *want, struct error *err);
/* When a change of that key is in force. */
struct stage_how daemon_how(const struct dockerd *d, const struct daemon_key *key, bool flag);

/* daemon_tcp.c: the fixes of verified-tcp. */
int daemon_stage_tcp(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		     struct error *err);
