// SPDX-License-Identifier: Apache-2.0
/*
 * A control (one recommendation of a benchmark) as a recipe says it, a recipe as a set of them,
 * and what the site file decides about each. Text with ${...} is not expanded here: facts come
 * later, so that lint needs no host.
 */
#pragma once

#include "harden/base/str.h"
#include "harden/model/value.h"

enum control_type { CONTROL_AUTOMATED, CONTROL_MANUAL };

/* An exception of the site: not fixed, reported as waived until its date has passed. */
struct waiver {
	char *reason, *owner;
	char *until;	  /* YYYY-MM-DD, the last day it counts; NULL: no end */
	struct strv only; /* resources (containers, paths) it is limited to; empty: all */
	bool expired;	  /* until has passed: it no longer counts */
};

/* A person's word for what no program can check. */
struct attestation {
	char *by, *on, *until, *evidence;
	bool expired; /* until has passed: it no longer counts */
};

struct control {
	char *id;	       /* "2.10" */
	char *key;	       /* stable name of ours, "daemon.icc" */
	char *title, *section; /* section: the id without its last part, "1.1" */
	int level;	       /* 1 or 2 */
	enum control_type type;
	char *why, *impact, *remedy;
	bool consent;	       /* what it stages waits for consent */
	struct value *ensure;  /* list of resource entries, each a map {TYPE: {...}} */
	struct value *aliases; /* map of edition to its id there, NULL: the same everywhere */
	char *file;	       /* where it stands */
	unsigned line, column;

	/* decided by site file and command line */
	bool selected, accepted;
	struct waiver *waiver;
	struct attestation *attestation;
};

struct variable {
	char *name, *help;
	enum variable_type {
		VARIABLE_TEXT,
		VARIABLE_INTEGER,
		VARIABLE_BOOL,
		VARIABLE_LIST,
		VARIABLE_MAP
	} type;
	struct value *value; /* default, then site file, then --set */
	char *source;	     /* "default", "/etc/harden/harden.yaml:3", "--set" */
};

struct recipe {
	char *benchmark, *version;
	struct control *controls; /* in order of their ids, numerically by part */
	size_t len, cap;
	struct variable *vars;
	size_t vars_len, vars_cap;
	char *sha256; /* over all recipe texts in order; NULL until asked for */
};

struct control *recipe_control(const struct recipe *recipe, const char *id);
struct variable *recipe_variable(const struct recipe *recipe, const char *name);
/* Orders "2.2" before "2.10": numeric by part. <0, 0, >0. */
int control_id_compare(const char *a, const char *b);
/* Whether selector is the id itself or a section it lies in: "3" and "1.1" select whole sections. */
bool control_id_matches(const char *selector, const char *id);
/* Adds id, unless it is there or NULL, so that the list stays in the order of control_id_compare. */
int control_ids_add(struct strv *ids, const char *id, struct error *err);
/* Whether a waiver limited to some resources names this one: "container web" is that, or "web". */
bool waiver_names(const struct waiver *waiver, const char *resource);
void control_done(struct control *control);
void recipe_done(struct recipe *recipe);
