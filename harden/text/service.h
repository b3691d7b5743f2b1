// SPDX-License-Identifier: Apache-2.0
/*
 * How a container is started, as the keys of a Compose service: the form between what the Engine API
 * says of a container and a docker run line or a Compose file that makes it anew. One table
 * (service.c) says where each key comes from and which option of docker run it is.
 *
 *	service_make(container, image, info, &service, err);	the container as it is
 *	service_hide(service, name, &commands, err);		what looks like a secret goes
 *	service_run_lines(service, &lines, err);		options of docker run
 *	service_override(before, after, &changes, err);		what a Compose override has to say
 *
 * Values are texts, integers, booleans, lists and maps as in Compose's schema, except a secret, which
 * is a map with SERVICE_SECRET: the name of the shell variable that has it (in a word of docker run also
 * SERVICE_BEFORE: the text in front of it). What the image says itself is left out, and so is what the
 * engine chooses when nothing is said.
 *
 * Pure: no function looks at the host. Errors: NOMEM, INTERNAL.
 * Facts: moby api/types (20.10 to 28), docker/cli opts, compose-spec 05-services and 13-merge.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/model/value.h"

#define SERVICE_SECRET "$"
#define SERVICE_BEFORE "before"

/*
 * container and image as GET /containers/ID/json and /images/ID/json give them; image and info may be
 * NULL: then nothing is known of them. notes takes what no key can say, as whole sentences.
 */
int service_make(const struct value *container, const struct value *image, const struct value *info,
		 struct value **ret_service, struct strv *notes, struct error *err);
/* Whether docker run has the key and Compose has not. */
bool service_is_run_only(const char *key);
/* The option of docker run that says the key; NULL for what stands behind the image. */
const char *service_flag(const char *key);

/*
 * Replaces values that look like secrets: a variable of the environment by its name alone, which takes
 * the value from the caller's environment; anything else by a variable. commands takes a line of sh for
 * each, which reads the value from the container called name and exports it. What no variable can stand
 * for stays masked.
 */
int service_hide(struct value *service, const char *name, struct strv *commands, struct error *err);

/*
 * A list of options, each a list of one or two words (texts or secrets), then one of the command's. The
 * second and further networks are not among them: docker run on engines before 25 takes one only.
 */
int service_run_lines(const struct value *service, struct value **ret_lines,
		      struct value **ret_command, struct error *err);
/* The options of docker network connect for one network of service. */
int service_network_words(const struct value *network, struct value *words, const char *alias_flag,
			  struct error *err);

/* How an override says a key. */
enum service_merge {
	SERVICE_PLAIN,	  /* Compose's own merging does it: scalars replace, lists append */
	SERVICE_OVERRIDE, /* !override: this instead of what the base says */
	SERVICE_RESET,	  /* !reset: as if the base said nothing */
};

struct service_change {
	char *key;
	enum service_merge merge;
	struct value *value; /* null with SERVICE_RESET */
};

struct service_changes {
	struct service_change *items;
	size_t len, cap;
};

/*
 * The keys that differ, in the table's order. A limit or restart policy that differs is also said below
 * deploy: Compose takes them from there first, and refuses two that are not equal.
 */
int service_override(const struct value *before, const struct value *after,
		     struct service_changes *changes, struct error *err);
void service_changes_done(struct service_changes *changes);
