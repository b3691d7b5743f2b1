// SPDX-License-Identifier: Apache-2.0
/*
 * The site file: what this host's owner decides about a recipe - level, values of vars, and per
 * control accept, waive and attest. It is read without a recipe (its shape and dates), then
 * applied to one (its names).
 */
#pragma once

#include "harden/recipe/load.h"

struct site {
	char *file;
	int level;	    /* 0: the file says nothing */
	struct value *root; /* a map, or null for an empty file */
};

/* -1 with problems and err as recipe_load() fills them. An empty file decides nothing. */
int site_load(const struct recipe_text *text, struct site *ret_site, struct problems *problems,
	      struct error *err);
/*
 * Sets vars and per-control decisions of recipe. today is YYYY-MM-DD: a waiver or attestation
 * whose last day lies before it is kept and marked expired. Errors (problems and err): unknown
 * vars and controls with the nearest known name, values of another type, a control named twice.
 */
int site_apply(const struct site *site, struct recipe *recipe, const char *today,
	       struct problems *problems, struct error *err);
/* The command that restarts dockerd where systemd does not: added to ret_words, none when unset. */
int site_restart(const struct site *site, struct strv *ret_words, struct error *err);
void site_done(struct site *site);
