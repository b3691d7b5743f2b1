// SPDX-License-Identifier: Apache-2.0
/*
 * One run of harden over one host: the recipe with the site's decisions, the host, the stage that
 * lies over it, and the facts. plan, audit, explain and apply all work on a session.
 *
 * Calling order: session_open(), then plan_build() or audit_run(), then session_done(). Texts of
 * recipes, site file and templates are read by the caller (cli), which also checks whose they are.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/host/host.h"
#include "harden/model/control.h"
#include "harden/model/document.h"

/* A text with the name that messages call it by. Borrowed. */
struct source_text {
	const char *name;
	const struct blob *bytes;
};

/* Which engine answers for the containers. */
struct engine_request {
	const char *url; /* NULL: this host's own */
	bool tls;	 /* TCP means TLS */
	const char *cert_path;
	bool content; /* images are looked into */
};

/* A Dockerfile that is looked at instead of a host; root is its directory then. */
struct build_request {
	const char *file;    /* as the user wrote it */
	const char *path;    /* inside the root */
	const char *context; /* NULL: not known */
};

struct session_request {
	const char *root; /* NULL: the machine's own */
	bool force_live;
	const char *state_dir; /* of our own records, NULL: where they are by default */
	const struct source_text *recipes;
	size_t recipes_len;
	/* So many of them hold every control that can be selected; the others are read only when
	 * the site or the command line names what those do not have. 0: all. */
	size_t recipes_enough;
	const struct source_text *site; /* NULL: none */
	const struct strv *only, *skip, *set, *accept;
	const char *only_by; /* what the user gave only by, for messages; NULL: --only */
	int level;	     /* 1, 2; 0: the site file's, else 2 */
	const struct engine_request *engine; /* NULL: sections that need an engine are left out, and
						the running daemon is not asked either */
	const char
		*image; /* only controls of images, and this one alone: a name of the engine's or an
			      archive (image_is_file(), which needs no engine); NULL: all */
	const struct build_request *build; /* NULL: a host is looked at */
	const char *today;		   /* YYYY-MM-DD, decides which waivers still count */
	/* Reads a template by its name; called while evaluating. Errors: RECIPE, SYS. */
	int (*read_template)(void *cookie, const char *name, struct blob **ret_bytes,
			     struct error *err);
	void *cookie;
};

struct session {
	const struct session_request *request; /* borrowed for the session's life */
	struct recipe recipe;
	struct strv restart; /* the site's restart command, empty: none */
	struct host host;
	struct stage stage; /* host.stage points here, unless a plan looks at what consent adds */
	struct facts facts;
	size_t left_out;	   /* selected controls that need an engine, and there is none */
	unsigned facts_generation; /* stage.generation that facts were taken at */
	struct timespec started;
};

/* ret_session must not be moved afterwards (host.stage points into it). */
int session_open(const struct session_request *request, struct session *ret_session,
		 struct error *err);
/* Takes the facts anew if the stage has moved since. */
int session_facts(struct session *s, struct error *err);
/* Adds what the chosen engine says of itself; nothing when none is to be asked. */
int session_engine_facts(struct session *s, struct error *err);
/* Fills recipe.sha256. */
int session_recipe_digest(struct session *s, struct error *err);
/* Fills a document's head: benchmark, host, digest, times. */
int session_head(struct session *s, bool digest, struct document_head *ret_head, struct error *err);
/* Whether a waiver of the whole control counts today. */
bool control_waived(const struct control *control);
void session_done(struct session *s);
