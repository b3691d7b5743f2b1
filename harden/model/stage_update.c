// SPDX-License-Identifier: Apache-2.0
/*
 * Updates on the overlay: several controls edit fields of one object, and it is one request in the
 * end.
 */
#include "harden/model/stage_update.h"

#include "harden/model/control.h"

/* The swarm and its services before what they replace, containers before the images they use. */
static const int ranks[] = {
	[UPDATE_SWARM] = 0,
	[UPDATE_SERVICE] = 1,
	[UPDATE_CONTAINER] = 2,
	[UPDATE_IMAGE] = 3,
};

static int update_order(const struct update *a, const struct update *b)
{
	int order;

	if (a->kind != b->kind)
		return ranks[a->kind] - ranks[b->kind];
	order = strcmp(a->name, b->name);
	return order ? order : strcmp(a->id, b->id);
}

static size_t slot_of(const struct stage *stage, const struct update *u, bool *ret_found)
{
	size_t low = 0, high = stage->updates_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = update_order(&stage->updates[middle].update, u);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_found = false;
	return low;
}

struct staged_update *stage_find_update(const struct stage *stage, const struct update *object)
{
	bool found;
	size_t slot = slot_of(stage, object, &found);

	return found ? &stage->updates[slot] : NULL;
}

static void staged_update_done(struct staged_update *s)
{
	update_done(&s->update);
	strv_done(&s->controls);
	strv_done(&s->impact);
}

static int is_waived(const struct stage *stage, const struct update *object, struct error *err)
{
	AUTO_FREE char *resource = NULL;

	if (!stage->waiver)
		return 0;
	resource = update_resource(object);
	return resource ? waiver_names(stage->waiver, resource) : error_nomem(err);
}

static int new_entry(struct stage *stage, const struct update *object, size_t slot,
		     struct error *err)
{
	struct staged_update s = {0};

	if (vec_reserve((void **)&stage->updates, &stage->updates_cap, stage->updates_len,
			sizeof(s), err) < 0 ||
	    update_copy(&s.update, object, err) < 0)
		return -1;
	memmove(&stage->updates[slot + 1], &stage->updates[slot],
		(stage->updates_len - slot) * sizeof(s));
	stage->updates[slot] = s;
	stage->updates_len++;
	stage->updates[slot].generation = ++stage->generation;
	return 0;
}

static int note_who(const struct stage *stage, struct staged_update *s, const char *impact,
		    struct error *err)
{
	if (control_ids_add(&s->controls, stage->control, err) < 0 ||
	    (stage->impact && strv_add_once(&s->impact, stage->impact, err) < 0))
		return -1;
	return impact ? strv_add_once(&s->impact, impact, err) : 0;
}

int stage_edit_object(struct stage *stage, const struct stage_edit *edit, struct error *err)
{
	const struct update identity = {
		.kind = edit->object->kind,
		.id = edit->object->id,
		.name = edit->object->name,
		.removes = edit->object->removes,
	};
	struct staged_update *s;
	bool found;
	size_t slot;
	int r = is_waived(stage, &identity, err);

	if (r)
		return r < 0 ? -1 : 0;
	slot = slot_of(stage, &identity, &found);
	if (!found && !identity.removes && field_same(edit->field->before, edit->field->after))
		return 0;
	if (!found && new_entry(stage, &identity, slot, err) < 0)
		return -1;
	s = &stage->updates[slot];
	if (identity.removes && !s->update.removes) {
		s->update.removes = true; /* there is nothing left to edit */
		s->generation = ++stage->generation;
	}
	r = update_edit(&s->update, edit->field, err);
	if (r < 0)
		return -1;
	if (r > 0)
		s->generation = ++stage->generation;
	return note_who(stage, s, edit->impact, err);
}

int stage_copy_updates(struct stage *to, const struct stage *from, struct error *err)
{
	for (size_t i = 0; i < from->updates_len; i++) {
		const struct staged_update *s = &from->updates[i];

		if (new_entry(to, &s->update, i, err) < 0 ||
		    strv_copy(&to->updates[i].controls, &s->controls, err) < 0 ||
		    strv_copy(&to->updates[i].impact, &s->impact, err) < 0)
			return -1;
	}
	return 0;
}

void stage_free_updates(struct stage *stage)
{
	for (size_t i = 0; i < stage->updates_len; i++)
		staged_update_done(&stage->updates[i]);
	free(stage->updates);
}
