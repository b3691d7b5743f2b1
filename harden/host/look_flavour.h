// SPDX-License-Identifier: Apache-2.0
/*
 * Which kind of Docker a live host has, where it is one that is not managed here: found, said, and
 * left alone. A tree has no such kinds: there what is installed decides.
 */
#pragma once

#include "harden/host/look_dockerd.h"

struct flavour {
	const char *name;   /* "snap", "desktop", "rootless", "containerd"; NULL: none of them */
	char *what;	    /* a sentence about it, NULL with name */
	const char *found;  /* by what, constant; NULL with name */
	struct strv beside; /* sentences about engines that run beside, whatever name is */
};

/* Errors: SYS, NOMEM. */
int look_flavour(struct host *host, const struct dockerd *d, struct flavour *ret_flavour,
		 struct error *err);
void flavour_done(struct flavour *f);
