// SPDX-License-Identifier: Apache-2.0
/*
 * Finding a unit and its drop-ins. Names are collected first, each with the first directory that
 * has it, and only the files that count are read.
 */
#include "harden/host/look_unit.h"

#include "harden/host/host.h"

#include <stdlib.h>
#include <string.h>

static const char *const unit_dirs[] = {
	"/etc/systemd/system",	   "/run/systemd/system", "/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system", "/lib/systemd/system",
};

/* The directories that exist, links resolved, each once. */
static int find_dirs(struct host *host, struct strv *dirs, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_dirs); i++) {
		AUTO(look) struct look look = {0};

		if (look_file(host, unit_dirs[i], 0, &look, err) < 0)
			return -1;
		if (look.state.kind == FILE_DIRECTORY && strv_add_once(dirs, look.path, err) < 0)
			return -1;
	}
	return 0;
}

static void unit_file_done(struct unit_file *f)
{
	free(f->path);
	free(f->name);
	blob_free(f->content);
}

struct parsed_unit {
	struct blob *content; /* held, so that its address stays its own */
	struct unit unit;
};

struct parsed_units {
	struct parsed_unit **items;
	size_t len, cap;
};

static void parsed_unit_free(struct parsed_unit *p)
{
	blob_free(p->content);
	unit_done(&p->unit);
	free(p);
}

void parsed_units_free(struct parsed_units *units)
{
	if (!units)
		return;
	for (size_t i = 0; i < units->len; i++)
		parsed_unit_free(units->items[i]);
	free(units->items);
	free(units);
}

static struct parsed_unit *find_parsed(const struct parsed_units *units, const struct blob *content)
{
	for (size_t i = 0; i < units->len; i++)
		if (units->items[i]->content == content)
			return units->items[i];
	return NULL;
}

/* Units are looked at in each pass of a plan, and again whenever something else was staged. */
static int parse(struct host *host, struct blob *content, const struct unit **ret_unit,
		 struct error *err)
{
	struct parsed_units *units = host->units;
	struct parsed_unit *p;

	if (!units && !(units = host->units = calloc(1, sizeof(*units))))
		return error_nomem(err);
	p = find_parsed(units, content);
	if (!p) {
		if (vec_reserve((void **)&units->items, &units->cap, units->len,
				sizeof(struct parsed_unit *), err) < 0)
			return -1;
		p = calloc(1, sizeof(*p));
		if (!p)
			return error_nomem(err);
		if (unit_parse(content->data, content->len, &p->unit, err) < 0) {
			free(p);
			return -1;
		}
		p->content = blob_ref(content);
		units->items[units->len++] = p;
	}
	*ret_unit = &p->unit;
	return 0;
}

/* Reads one file of the set; returns 1 when it masks instead, 0 when read or absent. */
static int read_file(struct host *host, struct unit_set *set, const char *path, bool dropin,
		     bool *ret_found, struct error *err)
{
	AUTO(look) struct look look = {0};
	struct unit_file f = {.dropin = dropin};

	*ret_found = false;
	if (look_file(host, path, LOOK_NOFOLLOW | LOOK_CONTENT, &look, err) < 0)
		return -1;
	if (look.state.kind == FILE_LINK) {
		*ret_found = true;
		if (str_equal(look.state.link, "/dev/null"))
			return 1;
		look_done(&look);
		look = (struct look){0};
		if (look_file(host, path, LOOK_CONTENT, &look, err) < 0)
			return -1;
	}
	if (look.state.kind != FILE_REGULAR || !look.state.content)
		return 0;
	*ret_found = true;
	if (!look.state.content->len)
		return 1;
	f.path = strdup(look.path);
	f.name = strdup(strrchr(path, '/') + 1);
	f.content = blob_ref(look.state.content);
	if (!f.path || !f.name) {
		unit_file_done(&f);
		return error_nomem(err);
	}
	if (parse(host, f.content, &f.unit, err) < 0 ||
	    vec_reserve((void **)&set->files, &set->cap, set->len, sizeof(f), err) < 0) {
		unit_file_done(&f);
		return -1;
	}
	set->files[set->len++] = f;
	return 0;
}

static int find_fragment(struct host *host, struct unit_set *set, const struct strv *dirs,
			 struct error *err)
{
	for (size_t i = 0; i < dirs->len && !set->exists; i++) {
		AUTO_FREE char *path = str_format("%s/%s", dirs->items[i], set->name);
		int result;

		if (!path)
			return error_nomem(err);
		result = read_file(host, set, path, false, &set->exists, err);
		if (result < 0)
			return -1;
		set->masked = result == 1;
	}
	return 0;
}

struct dropin {
	char *name, *path;
};

static int compare_name(const void *name, const void *dropin)
{
	return strcmp(name, ((const struct dropin *)dropin)->name);
}

struct dropins {
	struct dropin *items;
	size_t len, cap;
};

static void dropins_done(struct dropins *d)
{
	for (size_t i = 0; i < d->len; i++) {
		free(d->items[i].name);
		free(d->items[i].path);
	}
	free(d->items);
}

static int compare_dropin(const void *a, const void *b)
{
	return strcmp(((const struct dropin *)a)->name, ((const struct dropin *)b)->name);
}

static bool has_dropin(const struct dropins *d, size_t len, const char *name)
{
	return len && bsearch(name, d->items, len, sizeof(*d->items), compare_name);
}

/* The *.conf of one directory whose names no higher directory has. */
static int collect_dropins(struct host *host, const char *dir, struct dropins *d, struct error *err)
{
	AUTO(strv) struct strv names = {0};
	size_t before = d->len;

	if (look_directory(host, dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++) {
		struct dropin item;

		if (!str_ends(names.items[i], ".conf") || has_dropin(d, before, names.items[i]))
			continue;
		if (vec_reserve((void **)&d->items, &d->cap, d->len, sizeof(item), err) < 0)
			return -1;
		item.name = strdup(names.items[i]);
		item.path = str_format("%s/%s", dir, names.items[i]);
		d->items[d->len++] = item;
		if (!item.name || !item.path)
			return error_nomem(err);
	}
	if (d->len)
		qsort(d->items, d->len, sizeof(*d->items), compare_dropin);
	return 0;
}

static int find_dropin_dirs(struct host *host, struct unit_set *set, const struct strv *dirs,
			    const char *base, struct dropins *d, struct error *err)
{
	for (size_t i = 0; i < dirs->len; i++) {
		AUTO_FREE char *path = str_format("%s/%s.d", dirs->items[i], base);
		AUTO(look) struct look look = {0};

		if (!path)
			return error_nomem(err);
		if (look_file(host, path, 0, &look, err) < 0)
			return -1;
		if (look.state.kind != FILE_DIRECTORY)
			continue;
		if (strv_add_once(&set->dirs, look.path, err) < 0 ||
		    collect_dropins(host, look.path, d, err) < 0)
			return -1;
	}
	return 0;
}

static int read_dropins(struct host *host, struct unit_set *set, const struct strv *dirs,
			struct error *err)
{
	AUTO(dropins) struct dropins d = {0};
	const char *type = strrchr(set->name, '.');

	if (find_dropin_dirs(host, set, dirs, set->name, &d, err) < 0 ||
	    (type && find_dropin_dirs(host, set, dirs, type + 1, &d, err) < 0))
		return -1;
	for (size_t i = 0; i < d.len; i++) {
		bool found;

		if (read_file(host, set, d.items[i].path, true, &found, err) < 0)
			return -1;
	}
	return 0;
}

int look_unit(struct host *host, const char *name, struct unit_set *ret_set, struct error *err)
{
	AUTO(unit_set) struct unit_set set = {.name = strdup(name)};
	AUTO(strv) struct strv dirs = {0};

	if (!set.name)
		return error_nomem(err);
	if (find_dirs(host, &dirs, err) < 0 || find_fragment(host, &set, &dirs, err) < 0)
		return -1;
	if (set.exists && !set.masked && read_dropins(host, &set, &dirs, err) < 0)
		return -1;
	*ret_set = set;
	set = (struct unit_set){0};
	return 0;
}

void unit_set_done(struct unit_set *set)
{
	for (size_t i = 0; i < set->len; i++)
		unit_file_done(&set->files[i]);
	free(set->files);
	free(set->name);
	strv_done(&set->dirs);
	*set = (struct unit_set){0};
}

int unit_set_settings(const struct unit_set *set, const char *section, const char *key,
		      struct unit_setting **ret_items, size_t *ret_len, struct error *err)
{
	AUTO_FREE struct unit_setting *items = NULL;
	size_t len = 0, cap = 0;

	for (size_t f = 0; f < set->len; f++) {
		const struct unit *unit = set->files[f].unit;

		for (size_t i = 0; i < unit->len; i++) {
			const struct unit_entry *e = &unit->entries[i];

			if (!str_equal(e->section, section) || !str_equal(e->key, key))
				continue;
			if (!e->value.len) {
				len = 0;
				continue;
			}
			if (vec_reserve((void **)&items, &cap, len, sizeof(*items), err) < 0)
				return -1;
			items[len++] = (struct unit_setting){(unsigned)f, e};
		}
	}
	*ret_items = take_ptr(&items);
	*ret_len = len;
	return 0;
}

const char *unit_set_text(const struct unit_set *set, const char *section, const char *key)
{
	for (size_t f = set->len; f-- > 0;) {
		const struct unit *unit = set->files[f].unit;

		for (size_t i = unit->len; i-- > 0;) {
			const struct unit_entry *e = &unit->entries[i];

			if (str_equal(e->section, section) && str_equal(e->key, key))
				return e->value.len ? e->value.text : NULL;
		}
	}
	return NULL;
}
