// SPDX-License-Identifier: Apache-2.0
/*
 * Facts: what was found out about the host, by name ("docker.dockerd"), with the source it was
 * read from. harden/host fills them, recipe expansion reads them, `harden facts` prints them.
 *
 * A fact that could not be found out has value NULL and a problem; a control that needs it becomes
 * an error with that problem, never a pass. A fact that does not apply (no containerd installed)
 * has a null value or an empty list.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/model/value.h"

struct fact {
	char *name;
	char *source;	      /* "/lib/systemd/system/docker.service:12", "built-in default" */
	struct value *value;  /* NULL: unknown */
	struct error problem; /* why it is unknown */
};

struct facts {
	struct fact *items;
	size_t len, cap;
};

/* Replaces a fact of the same name. Takes value in every case; NULL value is out of memory. */
int facts_set(struct facts *f, const char *name, struct value *value, struct error *err,
	      const char *source_format, ...) __attribute__((format(printf, 5, 6)));
/* Marks a fact unknown; moves problem's content in. */
int facts_unknown(struct facts *f, const char *name, struct error *problem, struct error *err);
const struct fact *facts_find(const struct facts *f, const char *name);
/* The text value of a known fact, NULL otherwise. */
const char *facts_text(const struct facts *f, const char *name);
/* True for a known boolean true, a non-empty text or list; false otherwise. */
bool facts_true(const struct facts *f, const char *name);
void facts_done(struct facts *f);
