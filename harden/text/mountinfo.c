// SPDX-License-Identifier: Apache-2.0
/*
 * Parsing mount tables. Blanks, tabs, newlines and backslashes in paths are written as \040, \011,
 * \012, \134.
 */
#include "harden/text/mountinfo.h"

#include <stdio.h>

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* In place. */
static void decode(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from == '\\' && is_octal(from[1]) && is_octal(from[2]) && is_octal(from[3])) {
			*to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 |
				       (from[3] - '0'));
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

static void mount_done(struct mount *m)
{
	free(m->root);
	free(m->point);
	free(m->type);
	free(m->source);
	free(m->options);
	*m = (struct mount){0};
}

static int add_mount(struct mounts *mounts, struct mount *m, struct error *err)
{
	if (!m->root || !m->point || !m->type || !m->source || !m->options) {
		mount_done(m);
		return error_nomem(err);
	}
	decode(m->root);
	decode(m->point);
	decode(m->source);
	for (size_t n = strlen(m->point); n > 1 && m->point[n - 1] == '/'; n--)
		m->point[n - 1] = '\0'; /* as people write it in fstab */
	if (vec_reserve((void **)&mounts->items, &mounts->cap, mounts->len, sizeof(*m), err) < 0) {
		mount_done(m);
		return -1;
	}
	mounts->items[mounts->len++] = *m;
	return 0;
}

/* 36 35 98:0 /root /point options - type source superoptions; optional fields before the dash */
static int add_mountinfo(struct mounts *mounts, const struct strv *f, struct error *err)
{
	struct mount m = {0};
	size_t dash = 6;

	while (dash < f->len && strcmp(f->items[dash], "-") != 0)
		dash++;
	if (dash + 2 >= f->len || sscanf(f->items[2], "%u:%u", &m.major, &m.minor) != 2)
		return 0;
	m.root = strdup(f->items[3]);
	m.point = strdup(f->items[4]);
	m.type = strdup(f->items[dash + 1]);
	m.source = strdup(f->items[dash + 2]);
	m.options = strdup(f->items[5]);
	return add_mount(mounts, &m, err);
}

static int add_fstab(struct mounts *mounts, const struct strv *f, struct error *err)
{
	struct mount m = {0};

	if (f->len < 3 || f->items[0][0] == '#' || f->items[1][0] != '/')
		return 0;
	m.root = strdup("/");
	m.point = strdup(f->items[1]);
	m.type = strdup(f->items[2]);
	m.source = strdup(f->items[0]);
	m.options = strdup(f->len > 3 ? f->items[3] : "defaults");
	return add_mount(mounts, &m, err);
}

static int parse(const char *text,
		 int (*add)(struct mounts *mounts, const struct strv *fields, struct error *err),
		 struct mounts *ret_mounts, struct error *err)
{
	AUTO(mounts) struct mounts mounts = {0};
	AUTO(strv) struct strv lines = {0};

	if (strv_split(&lines, text, "\n", err) < 0)
		return -1;
	for (size_t i = 0; i < lines.len; i++) {
		AUTO(strv) struct strv fields = {0};

		if (strv_split(&fields, lines.items[i], " \t", err) < 0 ||
		    (fields.len && add(&mounts, &fields, err) < 0))
			return -1;
	}
	*ret_mounts = mounts;
	mounts = (struct mounts){0};
	return 0;
}

int mountinfo_parse(const char *text, struct mounts *ret_mounts, struct error *err)
{
	return parse(text, add_mountinfo, ret_mounts, err);
}

int fstab_parse(const char *text, struct mounts *ret_mounts, struct error *err)
{
	return parse(text, add_fstab, ret_mounts, err);
}

const struct mount *mounts_covering(const struct mounts *m, const char *path)
{
	const struct mount *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < m->len; i++) {
		size_t n = strlen(m->items[i].point);

		if (n == 1)
			n = 0; /* "/" */
		if (strncmp(m->items[i].point, path, n) != 0 || (path[n] && path[n] != '/'))
			continue;
		if (!best || n >= best_len) {
			best = &m->items[i];
			best_len = n;
		}
	}
	return best;
}

const struct mount *mounts_at(const struct mounts *m, const char *point)
{
	for (size_t i = m->len; i-- > 0;)
		if (strcmp(m->items[i].point, point) == 0)
			return &m->items[i];
	return NULL;
}

bool mount_type_is_memory(const char *type)
{
	return str_equal(type, "tmpfs") || str_equal(type, "ramfs");
}

bool mount_is_dedicated(const char *point, const char *path)
{
	return strcmp(point, path) == 0 || strstr(strrchr(point, '/'), "docker") != NULL;
}

static bool same_device(const struct mount *a, const struct mount *b)
{
	return a && b && a->major == b->major && a->minor == b->minor;
}

/* The mount that would show the point of m if m were not there. */
static const struct mount *mount_below(const struct mounts *mounts, const struct mount *m)
{
	const struct mount *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < mounts->len; i++) {
		const char *point = mounts->items[i].point;
		size_t n = strcmp(point, "/") == 0 ? 0 : strlen(point);

		if (strcmp(point, m->point) == 0 || strncmp(point, m->point, n) != 0 ||
		    m->point[n] != '/' || (best && n < best_len))
			continue;
		best = &mounts->items[i];
		best_len = n;
	}
	return best;
}

enum mount_own mounts_own(const struct mounts *m, const char *path,
			  const struct mount **ret_covering)
{
	const struct mount *covering = mounts_covering(m, path);

	*ret_covering = covering;
	if (!covering)
		return OWN_SHARED;
	if (mount_type_is_memory(covering->type))
		return OWN_MEMORY;
	if (strcmp(covering->point, "/") == 0 || !mount_is_dedicated(covering->point, path))
		return OWN_SHARED;
	if (!same_device(covering, mounts_at(m, "/")) &&
	    !same_device(covering, mount_below(m, covering)))
		return OWN_YES;
	return strcmp(covering->type, "btrfs") == 0 ? OWN_SUBVOLUME : OWN_BIND;
}

bool mount_has_option(const struct mount *mount, const char *option)
{
	size_t n = strlen(option);

	for (const char *at = mount->options; *at;) {
		size_t len = strcspn(at, ",");

		if (len == n && memcmp(at, option, n) == 0)
			return true;
		at += len + (at[len] == ',');
	}
	return false;
}

void mounts_done(struct mounts *m)
{
	for (size_t i = 0; i < m->len; i++)
		mount_done(&m->items[i]);
	free(m->items);
	*m = (struct mounts){0};
}
