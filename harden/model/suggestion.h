// SPDX-License-Identifier: Apache-2.0
/*
 * What the verb suggest found: for each container, or service of a Compose project, how it is started
 * now and how it would have to be started, and for each failing control what was done about it or why
 * nothing can be. Plain data; the engine fills it, harden/report makes Compose files or docker run
 * lines of it.
 */
#pragma once

#include "harden/base/str.h"
#include "harden/model/value.h"

/* One failing control of a container. */
struct suggestion_step {
	char *control, *message; /* the finding, without the container's name */
	struct strv keys;	 /* of the service, that it changed; empty: left to a person */
	struct strv notes;	 /* what it costs, what a person has to decide */
};

struct suggestion {
	char *container, *image; /* its name; what the image is called there */
	char *service;		 /* of the Compose project; NULL: none */
	char *first_network;	 /* made anew for it; NULL: none */
	bool running, removes_itself, always_restarts;
	struct value *before, *after; /* services as of harden/text/service.h */
	struct suggestion_step *steps;
	size_t len, cap;
	struct strv notes;    /* what is not carried over */
	struct strv commands; /* lines of sh that have to run first: they fetch secrets */
};

/* What goes into one document. */
struct suggestion_group {
	char *project, *directory; /* of Compose; NULL: containers of no project */
	struct strv config_files;  /* of the project */
	char *environment_file;	   /* of the project; NULL: none was named */
	struct suggestion *items;  /* by service or name */
	size_t len, cap;
};

struct suggestions {
	bool compose; /* else docker run */
	struct suggestion_group *groups;
	size_t len, cap;
	struct strv
		left_out; /* whole sentences: containers that nothing is suggested for, and why */
};

/* Appends an empty one; NULL with err when out of memory. */
struct suggestion_step *suggestion_add_step(struct suggestion *s, const char *control,
					    const char *message, struct error *err);
struct suggestion *suggestion_group_add(struct suggestion_group *g, struct error *err);
/* The group of that project (NULL: of none), made if there is none. */
struct suggestion_group *suggestions_group(struct suggestions *all, const char *project,
					   struct error *err);
void suggestions_done(struct suggestions *all);
