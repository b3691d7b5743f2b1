// SPDX-License-Identifier: Apache-2.0
/*
 * Walking a path inside the root. The kernel never follows a link for us: links are read and
 * resolved here, so that an absolute target means the root's own file, ".." cannot leave it, and
 * each step can be asked whose it is. The stage is asked before the host at each step.
 */
#include "harden/host/look_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#define LINKS_MAX 40 /* as the kernel, path_resolution(7) */

struct walker {
	struct host *host;
	struct strv rest; /* components still to walk, the next one last */
	struct walk out;  /* out.node is the host's node at out.path all the way */
	unsigned links;
};

static const struct file_state absent = {.kind = FILE_ABSENT};

/* The state that counts at a canonical path: the stage's, else the host's. */
static const struct file_state *state_at(struct host *host, const char *path,
					 const struct node *node)
{
	const struct staged_file *staged = stage_find(host->stage, path);

	if (staged)
		return &staged->after;
	return node ? &node->state : &absent;
}

/* Pushes the components of path so that the first one is taken next. */
static int push_components(struct strv *rest, const char *path, struct error *err)
{
	AUTO(strv) struct strv parts = {0};

	if (strv_split(&parts, path, "/", err) < 0)
		return -1;
	while (parts.len)
		if (strv_take(rest, parts.items[--parts.len], err) < 0)
			return -1;
	return 0;
}

static bool is_ours(const struct host *host, uid_t uid)
{
	return uid == 0 || (host->offline && uid == geteuid());
}

static int mark_unsafe(struct walk *w, const char *path, const char *why, struct error *err)
{
	w->unsafe = strdup(path);
	w->unsafe_why = strdup(why);
	return w->unsafe && w->unsafe_why ? 0 : error_nomem(err);
}

/* A directory on the way; the first unsafe one is kept. The root itself is the user's word. */
static int check_directory(struct walker *w, const char *path, const struct file_state *dir,
			   struct error *err)
{
	char why[64];

	if (w->out.unsafe || strcmp(path, "/") == 0)
		return 0;
	if (!is_ours(w->host, dir->uid))
		(void)snprintf(why, sizeof(why), "is owned by uid %u", (unsigned)dir->uid);
	else if (dir->mode & 0002)
		(void)snprintf(why, sizeof(why), "is writable by everybody");
	else if (dir->mode & 0020)
		(void)snprintf(why, sizeof(why), "is writable by group %u", (unsigned)dir->gid);
	else
		return 0;
	return mark_unsafe(&w->out, path, why, err);
}

/* A link is swapped by whoever owns it or may write its directory; the latter is known already. */
static int check_link(struct walker *w, const char *path, const struct file_state *link,
		      struct error *err)
{
	char why[64];

	if (w->out.unsafe || is_ours(w->host, link->uid))
		return 0;
	(void)snprintf(why, sizeof(why), "is a link owned by uid %u", (unsigned)link->uid);
	return mark_unsafe(&w->out, path, why, err);
}

/* Cuts the last component off a canonical path, in place. */
static void to_parent(char *path)
{
	char *slash = strrchr(path, '/');

	slash[slash == path] = '\0';
}

/* Goes on at a link's target; the walk's path stays that of the link's directory. */
static int follow_link(struct walker *w, const struct file_state *link, struct error *err)
{
	if (++w->links > LINKS_MAX)
		return error_set(err, ERROR_UNSAFE, 0, "more than %d links on the way to %s",
				 LINKS_MAX, w->out.path);
	w->out.through_link = true;
	if (link->link[0] == '/') {
		free(w->out.path);
		w->out.path = strdup("/");
		if (!w->out.path)
			return error_nomem(err);
		w->out.node = w->host->cache->nodes[0];
	}
	return push_components(&w->rest, link->link, err);
}

/* The host's node at a canonical path, NULL when a parent is absent there. */
static int find_node(struct host *host, const char *path, struct node **ret_node, struct error *err)
{
	AUTO(strv) struct strv parts = {0};
	struct node *node = host->cache->nodes[0];

	if (strv_split(&parts, path, "/", err) < 0)
		return -1;
	for (size_t i = 0; i < parts.len && node; i++) {
		if (node->state.kind != FILE_DIRECTORY)
			node = NULL;
		else if (node_child(host, node, parts.items[i], &node, err) < 0)
			return -1;
	}
	*ret_node = node;
	return 0;
}

/* One component further. */
static int step(struct walker *w, bool follow_last, struct error *err)
{
	AUTO_FREE char *name = w->rest.items[--w->rest.len];
	AUTO_FREE char *path = NULL;
	const struct file_state *state;
	struct node *dir = w->out.node, *node = NULL;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		to_parent(w->out.path);
		return find_node(w->host, w->out.path, &w->out.node, err);
	}
	path = path_join(w->out.path, name);
	if (!path)
		return error_nomem(err);
	if (dir && dir->state.kind == FILE_DIRECTORY &&
	    node_child(w->host, dir, name, &node, err) < 0)
		return -1;
	state = state_at(w->host, w->out.path, dir);
	w->out.parent_exists = state->kind == FILE_DIRECTORY;
	if (w->out.parent_exists && check_directory(w, w->out.path, state, err) < 0)
		return -1;
	state = w->out.parent_exists ? state_at(w->host, path, node) : &absent;
	if (state->kind == FILE_LINK && (w->rest.len || follow_last)) {
		if (check_link(w, path, state, err) < 0)
			return -1;
		return follow_link(w, state, err);
	}
	free(w->out.path);
	w->out.path = take_ptr(&path);
	w->out.node = node;
	return 0;
}

static int open_root(struct host *host, struct error *err)
{
	struct look_cache *cache;
	struct node *root;
	struct stat st;

	if (host->cache)
		return 0;
	if (fstat(host->root_fd, &st) < 0)
		return error_set(err, ERROR_SYS, errno, "look at %s", host->root);
	cache = calloc(1, sizeof(*cache));
	root = calloc(1, sizeof(*root));
	if (!cache || !root || !(root->path = strdup("/")) ||
	    vec_reserve((void **)&cache->nodes, &cache->cap, 0, sizeof(struct node *), err) < 0) {
		if (root)
			free(root->path);
		free(root);
		free(cache);
		return error_nomem(err);
	}
	root->state = (struct file_state){
		.kind = FILE_DIRECTORY,
		.mode = st.st_mode & 07777,
		.uid = st.st_uid,
		.gid = st.st_gid,
		.dev = st.st_dev,
		.ino = st.st_ino,
		.nlink = st.st_nlink,
	};
	root->fd = -1;
	cache->nodes[cache->len++] = root;
	host->cache = cache;
	return 0;
}

static void walker_done(struct walker *w)
{
	strv_done(&w->rest);
	walk_done(&w->out);
}

static int walk_all(struct walker *w, const char *path, bool follow_last, struct error *err)
{
	if (open_root(w->host, err) < 0 || push_components(&w->rest, path, err) < 0)
		return -1;
	w->out.path = strdup("/");
	if (!w->out.path)
		return error_nomem(err);
	w->out.node = w->host->cache->nodes[0];
	w->out.parent_exists = true;
	while (w->rest.len) {
		if (step(w, follow_last, err) < 0) {
			error_resource(err, path);
			return w->out.through_link ? error_wrap(err, "look at %s", path) : -1;
		}
	}
	return 0;
}

int walk_path(struct host *host, const char *path, bool follow_last, struct walk *ret_walk,
	      struct error *err)
{
	AUTO(walker) struct walker w = {.host = host};

	if (path[0] != '/')
		return error_set(err, ERROR_INTERNAL, 0, "%s is no absolute path", path);
	if (walk_all(&w, path, follow_last, err) < 0)
		return -1;
	*ret_walk = w.out;
	w.out = (struct walk){0};
	return 0;
}

void walk_done(struct walk *walk)
{
	free(walk->path);
	free(walk->unsafe);
	free(walk->unsafe_why);
	*walk = (struct walk){0};
}
