// SPDX-License-Identifier: Apache-2.0
/*
 * Staged updates as changes of a plan: fields before and after.
 */
#include "harden/engine/change.h"

#include "harden/text/update_diff.h"

static struct value *copy_or_null(const struct value *v)
{
	return v ? value_copy(v) : value_null();
}

/* What the field is without this update; NULL when the earlier stage makes it so already. */
static const struct value *before_of(const struct field_edit *edit,
				     const struct staged_update *base)
{
	const struct field_edit *earlier = base ? update_field(&base->update, edit->path) : NULL;

	if (!earlier)
		return edit->before;
	return field_same(earlier->after, edit->after) ? NULL : earlier->after;
}

static int add_field(const struct field_edit *edit, const struct value *before, struct change *c,
		     struct strbuf *diff, struct error *err)
{
	if (value_set(c->fields_before, edit->path, copy_or_null(before), err) < 0)
		return -1;
	if (!c->fields_after) /* it goes */
		return update_diff_line('-', edit->path, before, diff, err);
	if (value_set(c->fields_after, edit->path, copy_or_null(edit->after), err) < 0)
		return -1;
	return update_diff_field(edit->path, before, edit->after, diff, err);
}

static int fill_change(const struct staged_update *s, const struct staged_update *base,
		       struct change *c, struct error *err)
{
	AUTO(strbuf) struct strbuf diff = {0};

	c->kind = update_kind_name(s->update.kind);
	c->action = s->update.removes ? "delete" : "update";
	c->resource = update_resource(&s->update);
	c->fields_before = value_map();
	c->fields_after = s->update.removes ? NULL : value_map();
	if (!c->resource || !c->fields_before || (!s->update.removes && !c->fields_after))
		return error_nomem(err);
	for (size_t i = 0; i < s->update.len; i++) {
		const struct value *before = before_of(&s->update.fields[i], base);

		if (before && add_field(&s->update.fields[i], before, c, &diff, err) < 0)
			return -1;
	}
	if (strv_copy(&c->impact, &s->impact, err) < 0)
		return -1;
	return strbuf_take(&diff, &c->diff, err);
}

int change_from_update(const struct staged_update *s, const struct staged_update *base,
		       const char *waits, struct plan *plan, struct error *err)
{
	AUTO(change) struct change change = {.consent = waits != NULL};

	if (fill_change(s, base, &change, err) < 0)
		return -1;
	if (!value_len(change.fields_before))
		return 0;
	if ((waits ? strv_add(&change.controls, waits, err)
		   : strv_copy(&change.controls, &s->controls, err)) < 0 ||
	    vec_reserve((void **)&plan->changes, &plan->cap, plan->len, sizeof(*plan->changes),
			err) < 0)
		return -1;
	plan->changes[plan->len++] = change;
	change = (struct change){0};
	return 0;
}
