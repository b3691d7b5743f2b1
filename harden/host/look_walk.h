// SPDX-License-Identifier: Apache-2.0
/*
 * The walk behind look_file.h, and its cache: each file of the host is looked at once per session,
 * so that all passes of a plan and the evidence of an audit come from one snapshot. Private to
 * harden/host/look_*.
 */
#pragma once

#include "harden/host/host.h"
#include "harden/host/look_file.h"

/* A file of the host by its canonical path, as it was when it was first looked at. */
struct node {
	char *path;
	struct node *parent;	 /* NULL: the root */
	struct file_state state; /* of the host; content and ACLs only after node_read(), _acls() */
	int fd;			 /* O_PATH of a directory, opened on demand; -1 */
	bool acls_read;
};

struct look_cache {
	struct node **nodes; /* sorted by path */
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
int node_read(struct host *host, struct node *node, struct error *err);
int node_acls(struct host *host, struct node *node, struct error *err);
void look_cache_free(struct look_cache *cache);
