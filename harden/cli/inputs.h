// SPDX-License-Identifier: Apache-2.0
/*
 * Our own input files: recipes, site file, templates. Found, read, and checked for whose they are:
 * what root acts on must be root's and not writable by others.
 */
#pragma once

#include "harden/cli/context.h"
#include "harden/engine/session.h"

struct inputs {
	char *data_dir; /* holds recipes/ and templates/ */
	bool must_be_ours;
	struct source_text *recipes;
	struct blob **recipe_bytes;
	size_t recipes_len;
	struct source_text site; /* bytes NULL: there is none */
	struct blob *site_bytes;
	char *site_name;
	struct engine_request engine;
	struct build_request build; /* borrows from the options */
	char *engine_certs;	    /* engine.cert_path, when it is ours */
	bool has_engine;
	char today[11]; /* YYYY-MM-DD, local time */
};

/* Errors: RECIPE or SYS with the file's name and what to do. */
int inputs_read(const struct options *options, struct inputs *ret_inputs, struct error *err);
/*
 * The site file alone, for verbs that look at no recipe. Errors: as inputs_read().
 */
int inputs_read_site(const struct options *options, struct inputs *ret_inputs, struct error *err);
/* The request that session_open() takes; borrows from both. */
void inputs_request(const struct inputs *inputs, const struct options *options,
		    struct session_request *ret_request);
/* The jq definitions that engine entries may use. */
int inputs_library(const struct inputs *inputs, struct blob **ret_bytes, struct error *err);
/* Reads any file named on the command line (lint). */
int inputs_file(const char *path, struct blob **ret_bytes, struct error *err);
void inputs_done(struct inputs *inputs);
