// SPDX-License-Identifier: Apache-2.0
/*
 * A table of paths that exist, and texts merged over it: what the tests of merging and of coverage
 * share.
 */
#pragma once

#include "harden/text/audit_cover.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* What exists: a slash at the end marks a directory. */
static const char *const existing[] = {"/",
				       "/etc/",
				       "/etc/docker/",
				       "/etc/docker/daemon.json",
				       "/usr/",
				       "/usr/sbin/",
				       "/usr/sbin/dockerd",
				       "/usr/bin/",
				       "/usr/bin/containerd-shim-runc-v2",
				       "/usr/bin/containerd",
				       "/var/",
				       "/var/lib/",
				       "/var/lib/docker/",
				       "/var/lib/docker/overlay2/",
				       "/run/",
				       "/run/docker.sock",
				       NULL};

static bool exists(const char *path, bool *ret_dir)
{
	size_t n = strlen(path);

	for (size_t i = 0; existing[i]; i++) {
		size_t len = strlen(existing[i]);

		*ret_dir = existing[i][len - 1] == '/';
		if (len > 1 && *ret_dir)
			len--;
		if (n == len && strncmp(path, existing[i], n) == 0)
			return true;
	}
	*ret_dir = false;
	return false;
}

/* /var/run is a link to /run, as on every host. */
static int place(void *cookie, const char *path, struct audit_place *ret_place, struct error *err)
{
	AUTO_FREE char *copy = strdup(path);
	AUTO_FREE char *parent = NULL;
	char *slash;
	bool dir;

	(void)cookie;
	assert_non_null(copy);
	for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/'; n--)
		copy[n - 1] = '\0';
	ret_place->path = strncmp(copy, "/var/run/", 9) == 0 ? strdup(copy + 4) : strdup(copy);
	ret_place->exists = exists(ret_place->path, &ret_place->is_directory);
	parent = strdup(ret_place->path);
	slash = strrchr(parent, '/');
	slash[slash == parent] = '\0';
	ret_place->parent_exists = exists(parent, &dir) && dir;
	return ret_place->path ? 0 : error_nomem(err);
}

static const struct audit_view view = {.place = place};

#define TEXTS_MAX 4

struct merged {
	struct audit_text texts[TEXTS_MAX];
	struct audit_text *list[TEXTS_MAX];
	size_t len;
	struct audit_rules rules;
};

static __attribute__((unused)) void merge_all(struct merged *m, const char *const *contents,
					      enum audit_merge how)
{
	static const char *const names[] = {"1.rules", "2.rules", "3.rules", "4.rules"};
	AUTO(error) struct error err = {0};

	*m = (struct merged){0};
	for (; m->len < TEXTS_MAX && contents[m->len]; m->len++) {
		const char *text = contents[m->len];

		assert_int_equal(audit_text_parse(names[m->len], text, strlen(text),
						  &m->texts[m->len], &err),
				 0);
		m->list[m->len] = &m->texts[m->len];
	}
	assert_int_equal(audit_rules_merge(m->list, m->len, how, &view, &m->rules, &err), 0);
}

static __attribute__((unused)) void merged_done(struct merged *m)
{
	audit_rules_done(&m->rules);
	for (size_t i = 0; i < m->len; i++)
		audit_text_done(&m->texts[i]);
}

#define W(path) "-w " path " -p wa -k x\n"
