// SPDX-License-Identifier: Apache-2.0
/*
 * A change of an object that the engine keeps (a container, a service, the swarm, an image): which
 * fields become what, with the values before. Plain data: resources stage it (stage.h), plan prints
 * it, backup/ journals it, sends it, and takes it back.
 *
 * Of the API's fields null, absent, zero, false, empty text and empty list are one value, as clients
 * and versions differ in which of them they write.
 */
#pragma once

#include "harden/model/value.h"

enum update_kind { UPDATE_CONTAINER, UPDATE_SERVICE, UPDATE_SWARM, UPDATE_IMAGE };

/* One field. The values are never NULL: an absent one is the null value. */
struct field_edit {
	char *path; /* below the object as inspect shows it: "HostConfig.RestartPolicy.Name" */
	struct value *before, *after;
	/* What undoing asks for where the engine cannot be given before again; NULL: before. */
	struct value *back;
	bool stays; /* undoing leaves it: the old state does not come back (a rotated key) */
};

struct update {
	enum update_kind kind;
	char *id;		   /* as the API names it; of the swarm its ID */
	char *name;		   /* as people call it; of the swarm "swarm" */
	bool removes;		   /* the object goes, if its fields are still as before */
	struct field_edit *fields; /* sorted by path */
	size_t len, cap;
};

/* "container", "service", "swarm", "image"; and back (false: no such kind). */
const char *update_kind_name(enum update_kind kind);
bool update_kind_find(const char *name, enum update_kind *ret_kind);

/* Whether two values of a field mean the same; NULL counts as null. */
bool field_same(const struct value *a, const struct value *b);
/* What undoing the edit asks for. */
const struct value *field_target(const struct field_edit *edit);
/* Whether a present value needs no undoing. */
bool field_is_undone(const struct field_edit *edit, const struct value *present);

/* The value at a dotted path, NULL when absent. */
const struct value *field_get(const struct value *object, const char *path);
/* Sets it, making maps on the way. Takes v in every case. Error: FORMAT when one is no map. */
int field_set(struct value *object, const char *path, struct value *v, struct error *err);
/* Removes it, and maps on the way that become empty. */
void field_unset(struct value *object, const char *path);

struct field_edit *update_field(const struct update *u, const char *path);
/*
 * The field shall become edit->after. The values are copied; the first before stays. Returns 1 when
 * that alters the update, 0 when it says so already.
 */
int update_edit(struct update *u, const struct field_edit *edit, struct error *err);
/* "container web", or the kind alone where the name says no more; NULL: no memory. */
char *update_resource(const struct update *u);
int field_edit_copy(struct field_edit *to, const struct field_edit *from, struct error *err);
void field_edit_done(struct field_edit *edit);
int update_copy(struct update *to, const struct update *from, struct error *err);
void update_done(struct update *u);
