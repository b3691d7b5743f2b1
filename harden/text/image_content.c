// SPDX-License-Identifier: Apache-2.0
/*
 * A record stands in the final tree if no layer above hides its path. A secret that was hidden is
 * still one: whoever has the image has all of its layers.
 */
#include "harden/text/image_content.h"

#include "harden/model/value.h"
#include "harden/text/image_layer.h"

#include <stdlib.h>

/* One record that counts, under its name. */
struct found {
	const struct layer_record *record;
	const char *path;
	size_t layer;
	bool removed;
};

struct finding_list {
	struct image_layer *const *layers;
	size_t layers_len;
	struct found *items;
	size_t len, cap;
};

static bool is_hidden(const struct finding_list *all, const char *path, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (image_layer_hides(all->layers[i], path))
			return true;
	return false;
}

static int add(struct finding_list *all, const struct layer_record *record, const char *path,
	       size_t layer, struct error *err)
{
	if (vec_reserve((void **)&all->items, &all->cap, all->len, sizeof(*all->items), err) < 0)
		return -1;
	all->items[all->len++] = (struct found){
		.record = record,
		.path = path,
		.layer = layer,
		.removed = is_hidden(all, path, layer + 1, all->layers_len),
	};
	return 0;
}

/* What a link of layer i leads to: the topmost file of that name below it. */
static int add_target(struct finding_list *all, const struct layer_record *link, size_t i,
		      struct error *err)
{
	for (size_t k = i; k-- > 0;) {
		const struct image_layer *below = all->layers[k];

		for (size_t r = 0; r < below->len; r++) {
			const struct layer_record *record = &below->records[r];

			if (record->kind <= RECORD_CAPABILITY &&
			    strcmp(record->path, link->target) == 0 &&
			    add(all, record, link->path, i, err) < 0)
				return -1;
		}
		if (image_layer_hides(below, link->target))
			return 0;
	}
	return 0;
}

static int collect(struct finding_list *all, struct error *err)
{
	for (size_t i = 0; i < all->layers_len; i++)
		for (size_t r = 0; r < all->layers[i]->len; r++) {
			const struct layer_record *record = &all->layers[i]->records[r];

			if ((record->kind == RECORD_LINK
				     ? add_target(all, record, i, err)
				     : add(all, record, record->path, i, err)) < 0)
				return -1;
		}
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : (x->layer > y->layer) - (x->layer < y->layer);
}

static struct value *rooted(const char *path)
{
	return value_textf("/%s", path);
}

static int add_setuid(struct value *list, const struct found *f, struct error *err)
{
	struct value *map = value_map();

	if (value_add(list, map, err) < 0 || value_set(map, "Path", rooted(f->path), err) < 0 ||
	    value_set(map, "Mode", value_textf("%04o", f->record->mode), err) < 0 ||
	    value_set(map, "Uid", value_integer(f->record->uid), err) < 0)
		return -1;
	return value_set(map, "Gid", value_integer(f->record->gid), err);
}

static int add_secret(struct value *list, const struct found *f, struct error *err)
{
	struct value *map = value_map();

	if (value_add(list, map, err) < 0 || value_set(map, "Path", rooted(f->path), err) < 0 ||
	    value_set(map, "Kind", value_text(f->record->what), err) < 0 ||
	    value_set(map, "Sure", value_bool(f->record->sure), err) < 0 ||
	    value_set(map, "Layer", value_integer((int64_t)f->layer), err) < 0)
		return -1;
	return value_set(map, "Removed", value_bool(f->removed), err);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All names of a manager, each once. */
static int add_names(const struct finding_list *all, const char *manager, struct value *map,
		     struct error *err)
{
	AUTO_FREE const char **names = NULL;
	struct value *list = value_list();
	size_t count = 0, n = 0;

	if (value_set(map, manager, list, err) < 0)
		return -1;
	for (size_t i = 0; i < all->len; i++)
		count += all->items[i].record->names.len;
	names = calloc(count + 1, sizeof(*names));
	if (!names)
		return error_nomem(err);
	for (size_t i = 0; i < all->len; i++) {
		const struct found *f = &all->items[i];

		for (size_t k = 0; k < f->record->names.len && !f->removed; k++)
			if (f->record->kind == RECORD_PACKAGES &&
			    strcmp(f->record->what, manager) == 0)
				names[n++] = f->record->names.items[k];
	}
	qsort(names, n, sizeof(*names), by_text);
	for (size_t i = 0; i < n; i++)
		if ((i == 0 || strcmp(names[i - 1], names[i]) != 0) &&
		    value_add(list, value_text(names[i]), err) < 0)
			return -1;
	return 0;
}

static bool has_text(const struct value *list, const char *text)
{
	for (size_t i = 0; i < value_len(list); i++)
		if (str_equal(value_as_text(list->members[i].value), text))
			return true;
	return false;
}

struct parts {
	struct value *setuid, *capabilities, *packages, *unread, *secrets;
};

static int add_found(const struct finding_list *all, const struct found *f, struct parts *p,
		     struct error *err)
{
	const char *what = f->record->what;

	if (f->removed && f->record->kind != RECORD_SECRET)
		return 0;
	switch (f->record->kind) {
	case RECORD_SETUID:
		return add_setuid(p->setuid, f, err);
	case RECORD_CAPABILITY:
		return value_add(p->capabilities, rooted(f->path), err);
	case RECORD_PACKAGES:
		return value_get(p->packages, what) ? 0 : add_names(all, what, p->packages, err);
	case RECORD_DATABASE:
		return has_text(p->unread, what) ? 0 : value_add(p->unread, value_text(what), err);
	case RECORD_SECRET:
		return add_secret(p->secrets, f, err);
	case RECORD_LINK:
		break;
	}
	return 0;
}

static int make_parts(struct value *content, struct parts *p, struct error *err)
{
	struct {
		const char *key;
		struct value **slot;
		struct value *v;
	} members[] = {
		{"Setuid", &p->setuid, value_list()},
		{"Capabilities", &p->capabilities, value_list()},
		{"Packages", &p->packages, value_map()},
		{"Unread", &p->unread, value_list()},
		{"Secrets", &p->secrets, value_list()},
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		*members[i].slot = members[i].v;
		if (value_set(content, members[i].key, members[i].v, err) < 0)
			r = -1; /* the others are taken all the same */
	}
	return r;
}

static int fill(struct finding_list *all, struct value *content, struct error *err)
{
	struct parts parts = {0};

	if (make_parts(content, &parts, err) < 0 || collect(all, err) < 0)
		return -1;
	if (all->len)
		qsort(all->items, all->len, sizeof(*all->items), by_path);
	for (size_t i = 0; i < all->len; i++)
		if (add_found(all, &all->items[i], &parts, err) < 0)
			return -1;
	return 0;
}

int image_content(struct image_layer *const *layers, size_t len, const char *source,
		  struct value **ret_content, struct error *err)
{
	struct finding_list all = {.layers = layers, .layers_len = len};
	AUTO_PTR(value) struct value *content = value_map();
	int r;

	if (!content || value_set(content, "Source", value_text(source), err) < 0 ||
	    value_set(content, "Layers", value_integer((int64_t)len), err) < 0)
		return error_nomem(err);
	r = fill(&all, content, err);
	free(all.items);
	if (r == 0)
		*ret_content = take_ptr(&content);
	return r;
}
