// SPDX-License-Identifier: Apache-2.0
/*
 * The list of facts. Some thirty entries, so a linear search is the right index.
 */
#include "harden/model/fact.h"

#include <stdarg.h>
#include <stdio.h>

static void fact_done(struct fact *fact)
{
	free(fact->name);
	free(fact->source);
	value_free(fact->value);
	error_done(&fact->problem);
	*fact = (struct fact){0};
}

/* The slot of that name, emptied, or a new one with the name set. */
static struct fact *fact_slot(struct facts *f, const char *name, struct error *err)
{
	struct fact *slot = (struct fact *)facts_find(f, name);
	char *copy = strdup(name);

	if (!copy) {
		(void)error_nomem(err);
		return NULL;
	}
	if (slot) {
		fact_done(slot);
	} else if (vec_reserve((void **)&f->items, &f->cap, f->len, sizeof(*f->items), err) < 0) {
		free(copy);
		return NULL;
	} else {
		slot = &f->items[f->len++];
	}
	*slot = (struct fact){.name = copy};
	return slot;
}

int facts_set(struct facts *f, const char *name, struct value *value, struct error *err,
	      const char *source_format, ...)
{
	struct fact *slot;
	va_list args;
	int n;

	if (!value)
		return error_nomem(err);
	slot = fact_slot(f, name, err);
	if (!slot) {
		value_free(value);
		return -1;
	}
	slot->value = value;
	va_start(args, source_format);
	n = vasprintf(&slot->source, source_format, args);
	va_end(args);
	if (n < 0) {
		slot->source = NULL;
		return error_nomem(err);
	}
	return 0;
}

int facts_unknown(struct facts *f, const char *name, struct error *problem, struct error *err)
{
	struct fact *slot = fact_slot(f, name, err);

	if (!slot)
		return -1;
	error_move(&slot->problem, problem);
	return 0;
}

const struct fact *facts_find(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->len; i++)
		if (strcmp(f->items[i].name, name) == 0)
			return &f->items[i];
	return NULL;
}

const char *facts_text(const struct facts *f, const char *name)
{
	const struct fact *fact = facts_find(f, name);

	return fact ? value_as_text(fact->value) : NULL;
}

bool facts_true(const struct facts *f, const char *name)
{
	const struct fact *fact = facts_find(f, name);
	const struct value *v = fact ? fact->value : NULL;

	if (!v)
		return false;
	if (v->kind == VALUE_BOOL)
		return v->boolean;
	if (v->kind == VALUE_TEXT)
		return v->text[0] != '\0';
	return value_len(v) > 0;
}

void facts_done(struct facts *f)
{
	for (size_t i = 0; i < f->len; i++)
		fact_done(&f->items[i]);
	free(f->items);
	*f = (struct facts){0};
}
