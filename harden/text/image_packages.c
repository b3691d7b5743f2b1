// SPDX-License-Identifier: Apache-2.0
/*
 * Each of these databases is lines; a package begins at a line of a known beginning.
 */
#include "harden/text/image_packages.h"

#include <fnmatch.h>

#define NAME_MAX_BYTES 200

struct package_database {
	const char *path; /* as of fnmatch(3), a star is no slash */
	const char *manager;
	const char *name;   /* what stands before a name; NULL: it is not read */
	bool next_line;	    /* the name is the line behind it */
	const char *status; /* a line that tells whether it is there, and how it ends then */
	const char *installed;
};

static const struct package_database databases[] = {
	{"var/lib/dpkg/status", "dpkg", "Package:", false, "Status:", " installed"},
	{"var/lib/dpkg/status.d/*.md5sums", NULL, NULL, false, NULL, NULL},
	{"var/lib/dpkg/status.d/*", "dpkg", "Package:", false, "Status:", " installed"},
	{"lib/apk/db/installed", "apk", "P:", false, NULL, NULL},
	{"usr/lib/apk/db/installed", "apk", "P:", false, NULL, NULL},
	{"var/lib/pacman/local/*/desc", "pacman", "%NAME%", true, NULL, NULL},
	{"var/lib/rpm/Packages", "rpm", NULL, false, NULL, NULL},
	{"var/lib/rpm/Packages.db", "rpm", NULL, false, NULL, NULL},
	{"var/lib/rpm/rpmdb.sqlite", "rpm", NULL, false, NULL, NULL},
	{"usr/lib/sysimage/rpm/Packages", "rpm", NULL, false, NULL, NULL},
	{"usr/lib/sysimage/rpm/Packages.db", "rpm", NULL, false, NULL, NULL},
	{"usr/lib/sysimage/rpm/rpmdb.sqlite", "rpm", NULL, false, NULL, NULL},
};

const struct package_database *packages_find(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(databases); i++)
		if (fnmatch(databases[i].path, path, FNM_PATHNAME) == 0)
			return databases[i].manager ? &databases[i] : NULL;
	return NULL;
}

const char *packages_manager(const struct package_database *database)
{
	return database->manager;
}

bool packages_readable(const struct package_database *database)
{
	return database->name != NULL;
}

static bool is_name(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z') ||
		      (p[i] >= '0' && p[i] <= '9') || strchr("+-._@:~", p[i])))
			return false;
	return len > 0 && len <= NAME_MAX_BYTES;
}

static void trim(const char **p, size_t *len)
{
	while (*len && (**p == ' ' || **p == '\t')) {
		(*p)++;
		(*len)--;
	}
	while (*len && ((*p)[*len - 1] == ' ' || (*p)[*len - 1] == '\t' || (*p)[*len - 1] == '\r'))
		(*len)--;
}

static bool begins(const char *line, size_t len, const char *with)
{
	size_t n = with ? strlen(with) : 0;

	return n && len >= n && memcmp(line, with, n) == 0;
}

static bool ends(const char *line, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(line + len - n, with, n) == 0;
}

/* Takes a package out again that its status says is gone. */
static void forget_last(struct strv *names, size_t from)
{
	if (names->len > from)
		free(names->items[--names->len]);
}

static int take_name(const char *p, size_t len, struct strv *names, struct error *err)
{
	char name[NAME_MAX_BYTES + 1];

	trim(&p, &len);
	if (!is_name(p, len))
		return error_set(err, ERROR_FORMAT, 0, "a name in it is no package's");
	memcpy(name, p, len);
	name[len] = '\0';
	return strv_add(names, name, err);
}

int packages_read(const struct package_database *d, const char *data, size_t len,
		  struct strv *names, struct error *err)
{
	size_t paragraph = names->len;
	bool due = false;

	while (d->name && len) {
		const char *newline = memchr(data, '\n', len), *line = data;
		size_t n = newline ? (size_t)(newline - data) : len, skip = strlen(d->name);

		data += n + (newline != NULL);
		len -= n + (newline != NULL);
		n -= n && line[n - 1] == '\r';
		if (!n)
			paragraph = names->len;
		if (due || (begins(line, n, d->name) && !d->next_line)) {
			skip = due ? 0 : skip;
			if (take_name(line + skip, n - skip, names, err) < 0)
				return -1;
		}
		due = !due && d->next_line && begins(line, n, d->name);
		if (begins(line, n, d->status) && !ends(line, n, d->installed))
			forget_last(names, paragraph);
	}
	return 0;
}
