// SPDX-License-Identifier: Apache-2.0
/*
 * Small host trees from one text, for the tests of dockerd's configuration. A line "@/path" begins
 * a file, "@/path 0600" gives its mode, "@/path/" is a directory, "@/path -> target" a link.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harden/host/host.h"
#include "harden/host/look_dockerd.h"
#include "harden/model/stage.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Debian 12's docker.io: unit that reads /etc/default/docker, dockerd, version 20.10. */
#define TREE_DPKG(version)                                                                         \
	"@/var/lib/dpkg/status\nPackage: docker.io\nStatus: install ok "                           \
	"installed\nVersion: " version "\n\n"
#define TREE_BINARY "@/usr/sbin/dockerd 0755\nELF\n"
#define TREE_UNIT                                                                                  \
	"@/usr/lib/systemd/system/docker.service\n"                                                \
	"[Unit]\nDescription=Docker\n\n[Service]\nType=notify\n"                                   \
	"EnvironmentFile=-/etc/default/docker\n"                                                   \
	"ExecStart=/usr/sbin/dockerd -H fd:// "                                                    \
	"--containerd=/run/containerd/containerd.sock $DOCKER_OPTS\n"                              \
	"ExecReload=/bin/kill -s HUP $MAINPID\n"
#define TREE_SOCKET                                                                                \
	"@/usr/lib/systemd/system/docker.socket\n[Socket]\nListenStream=/run/docker.sock\n"        \
	"SocketMode=0660\nSocketUser=root\nSocketGroup=docker\n"
#define TREE_DEBIAN TREE_DPKG("20.10.24+dfsg1-1+b3") TREE_BINARY TREE_UNIT TREE_SOCKET
#define TREE_26 TREE_DPKG("26.1.5+dfsg1-9") TREE_BINARY TREE_UNIT TREE_SOCKET
#define TREE_28 TREE_DPKG("28.5.2-1") TREE_BINARY TREE_UNIT TREE_SOCKET
#define JSON_AT "@/etc/docker/daemon.json\n"

struct tree {
	char path[64];
	struct stage stage;
	struct host host;
};

static inline void tree_parents(const char *root, const char *path)
{
	char full[512];

	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		(void)snprintf(full, sizeof(full), "%s%.*s", root, (int)(p - path), path);
		(void)mkdir(full, 0755);
	}
}

/* One "@" entry; returns where the next one begins. */
static inline const char *tree_entry(const char *root, const char *spec)
{
	size_t line = strcspn(spec, "\n");
	char head[512], full[600];
	const char *body = spec + line + (spec[line] == '\n'), *next = body;
	char *arrow, *blank;
	FILE *f;

	assert_true(spec[0] == '@' && line < sizeof(head));
	(void)snprintf(head, sizeof(head), "%.*s", (int)line - 1, spec + 1);
	while (*next && !(*next == '@' && (next == body || next[-1] == '\n')))
		next++;
	arrow = strstr(head, " -> ");
	blank = strchr(head, ' ');
	if (blank)
		*blank = '\0';
	tree_parents(root, head);
	(void)snprintf(full, sizeof(full), "%s%s", root, head);
	if (arrow) {
		assert_int_equal(symlink(arrow + 4, full), 0);
		return next;
	}
	if (head[strlen(head) - 1] == '/') {
		(void)mkdir(full, 0755);
		return next;
	}
	f = fopen(full, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(body, 1, (size_t)(next - body), f), (size_t)(next - body));
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(full, blank ? (mode_t)strtoul(blank + 1, NULL, 8) : 0644), 0);
	return next;
}

static inline void tree_open(struct tree *t, const char *spec)
{
	struct error err = {0};

	umask(022);
	*t = (struct tree){0};
	(void)snprintf(t->path, sizeof(t->path), "/tmp/harden-unit-XXXXXX");
	assert_non_null(mkdtemp(t->path));
	assert_int_equal(chmod(t->path, 0755), 0);
	while (*spec)
		spec = tree_entry(t->path, spec);
	if (host_open(t->path, false, &t->stage, &t->host, &err) < 0)
		fail_msg("%s", error_message(&err));
}

static inline int tree_remove_one(const char *path, const struct stat *st, int type,
				  struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void tree_close(struct tree *t)
{
	host_done(&t->host);
	stage_done(&t->stage);
	(void)nftw(t->path, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The staged text of a path, NULL if nothing is staged for it. */
static inline const char *tree_staged(const struct tree *t, const char *path)
{
	const struct staged_file *f = stage_find(&t->stage, path);

	return f && f->after.content ? f->after.content->data : NULL;
}
