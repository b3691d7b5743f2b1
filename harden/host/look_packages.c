// SPDX-License-Identifier: Apache-2.0
/*
 * dpkg's status file: stanzas separated by empty lines, each with Package, Status and Version. One
 * pass finds where each stanza begins; only the wanted ones are read.
 */
#include "harden/host/look_packages.h"

#include "harden/host/look_file.h"

#define STATUS_FILE "/var/lib/dpkg/status"

struct stanza {
	const char *name;
	size_t len;
};

struct packages {
	struct blob *status; /* NULL: no database */
	struct stanza *items;
	size_t len, cap;
};

void packages_free(struct packages *packages)
{
	if (!packages)
		return;
	blob_free(packages->status);
	free(packages->items);
	free(packages);
}

static int add_stanza(struct packages *p, const char *name, struct error *err)
{
	if (vec_reserve((void **)&p->items, &p->cap, p->len, sizeof(*p->items), err) < 0)
		return -1;
	p->items[p->len++] = (struct stanza){.name = name, .len = strcspn(name, "\n")};
	return 0;
}

/* Line by line with memchr(3): several times faster than memmem(3) on a database of megabytes. */
static int index_stanzas(struct packages *p, struct error *err)
{
	static const char field[] = "Package: ";
	const char *line = p->status->data, *end = line + p->status->len;

	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));

		if (*line == 'P' && str_starts(line, field) &&
		    add_stanza(p, line + strlen(field), err) < 0)
			return -1;
		line = newline ? newline + 1 : end;
	}
	return 0;
}

static int load(struct host *host, struct error *err)
{
	AUTO(look) struct look look = {0};
	struct packages *p;

	if (host->packages)
		return 0;
	if (look_file(host, STATUS_FILE, LOOK_CONTENT, &look, err) < 0)
		return -1;
	p = calloc(1, sizeof(*p));
	if (!p)
		return error_nomem(err);
	p->status = blob_ref(look.state.content);
	if (p->status && index_stanzas(p, err) < 0) {
		packages_free(p);
		return -1;
	}
	host->packages = p;
	return 0;
}

/* The value of a field of the stanza that begins at text, NULL without. */
static const char *stanza_field(const char *text, const char *name, size_t *ret_len)
{
	size_t n = strlen(name);

	for (const char *line = text; line && *line && *line != '\n';) {
		if (strncmp(line, name, n) == 0) {
			*ret_len = strcspn(line + n, "\n");
			return line + n;
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return NULL;
}

/* Third word of Status (dpkg(1), "Package states"): its files are there in all of these. */
static bool is_installed(const char *status, size_t len)
{
	static const char *const states[] = {" installed", " triggers-awaited", " triggers-pending",
					     " half-configured", " unpacked"};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		size_t n = strlen(states[i]);

		if (len >= n && memcmp(status + len - n, states[i], n) == 0)
			return true;
	}
	return false;
}

static int installed_version(const struct stanza *s, char **ret_version, struct error *err)
{
	size_t status_len, version_len;
	const char *status = stanza_field(s->name, "Status: ", &status_len);
	const char *version = stanza_field(s->name, "Version: ", &version_len);

	if (!status || !version || !is_installed(status, status_len))
		return 0;
	*ret_version = strndup(version, version_len);
	return *ret_version ? 0 : error_nomem(err);
}

int look_package_version(struct host *host, const char *const *names, char **ret_version,
			 struct error *err)
{
	*ret_version = NULL;
	if (load(host, err) < 0)
		return -1;
	for (; *names; names++)
		for (size_t i = 0; i < host->packages->len; i++) {
			const struct stanza *s = &host->packages->items[i];

			if (s->len != strlen(*names) || memcmp(s->name, *names, s->len) != 0)
				continue;
			if (installed_version(s, ret_version, err) < 0)
				return -1;
			if (*ret_version)
				return 0;
		}
	return 0;
}
