// SPDX-License-Identifier: Apache-2.0
/*
 * The walk behind look_file.h, and its cache: each file of the host is looked at once per session,
 * so that all passes of a plan and the evidence of an audit come from one snapshot. Private to
 * harden/host/look_*.
 */
#pragma once

#include "harden/host/host.h"
#include "harden/host/look_file.h"

/* Why a file of the host cannot be changed, and what a person can do about it. Constants. */
struct obstacle {
	const char *why, *next;
};

/* A file of the host by its canonical path, as it was when it was first looked at. */
struct node {
	char *path;
	const char *name;	 /* the end of path */
	struct node *parent;	 /* NULL: the root */
	struct file_state state; /* of the host; content and ACLs only after node_load() */
	int fd;			 /* O_PATH of a directory, opened on demand; -1 */
	bool acls_read;
	struct node **children; /* of a directory: those looked at, sorted by name */
	size_t children_len, children_cap;
	struct strv names; /* of a directory, after node_names() */
	bool names_read;
	const struct obstacle *obstacle; /* after node_obstacle(); NULL: none */
	bool obstacle_looked, is_mount_point;
};

struct look_cache {
	struct node **nodes; /* all of them, as they were looked at: the root first */
	size_t len, cap;
	size_t open; /* descriptors held */
};

/* How a path was walked. */
struct walk {
	char *path;	   /* canonical, also of what is absent */
	struct node *node; /* NULL: not on the host, nor its parent perhaps */
	bool parent_exists, through_link;
	char *unsafe, *unsafe_why;
};

/* Errors: SYS, UNSAFE (too many links), NOMEM. */
int walk_path(struct host *host, const char *path, bool follow_last, struct walk *ret_walk,
	      struct error *err);
void walk_done(struct walk *walk);

/* The entry name of directory node; kind FILE_ABSENT when there is none. Borrowed. */
int node_child(struct host *host, struct node *dir, const char *name, struct node **ret_node,
	       struct error *err);
/* Borrowed O_PATH descriptor of a directory. */
int node_fd(struct host *host, struct node *node, int *ret_fd, struct error *err);
/* A descriptor of its own for reading a directory or regular file: the same inode as was seen, else
 * CONFLICT. */
int node_open(struct host *host, struct node *node, int *ret_fd, struct error *err);
/* The ACLs of a file that is no link, and a regular file's bytes if content; each once. */
int node_load(struct host *host, struct node *node, bool content, struct error *err);
/* The names in a directory, unsorted, without "." and ".."; none in anything else. Borrowed. */
int node_names(struct host *host, struct node *node, const struct strv **ret_names,
	       struct error *err);
/*
 * Looks at what may keep a regular file or directory from being changed: a read-only mount and
 * inode flags go to node->obstacle, a mount on the name itself to node->is_mount_point.
 */
int node_obstacle(struct host *host, struct node *node, struct error *err);
void look_cache_free(struct look_cache *cache);
