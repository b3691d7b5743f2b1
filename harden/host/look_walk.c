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
	char *text, *rest;  /* what is still to walk is rest, in text of our own */
	struct strbuf path; /* canonical, of what was reached */
	struct node
		*node; /* the host's node there, NULL: not on the host, nor its parent perhaps */
	const struct file_state *state; /* the state that counts there */
	struct walk out;
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

/* The next component, NULL: none. Cut out of the text where it stands. */
static char *next_component(char **rest)
{
	char *name = *rest + strspn(*rest, "/");

	if (!*name)
		return NULL;
	*rest = name + strcspn(name, "/");
	if (**rest)
		*(*rest)++ = '\0';
	return name;
}

static bool has_more(const struct walker *w)
{
	return w->rest[strspn(w->rest, "/")] != '\0';
}

static int go_to_root(struct walker *w, struct error *err)
{
	w->path.len = 0;
	strbuf_append_char(&w->path, '/');
	w->node = w->host->cache->nodes[0];
	w->state = state_at(w->host, "/", w->node);
	return w->path.failed ? error_nomem(err) : 0;
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

/* Goes on at a link's target, from the link's directory. */
static int follow_link(struct walker *w, const struct file_state *link, struct error *err)
{
	char *text;

	if (++w->links > LINKS_MAX)
		return error_set(err, ERROR_UNSAFE, 0, "more than %d links on the way to %s",
				 LINKS_MAX, w->path.data);
	w->out.through_link = true;
	text = str_format("%s/%s", link->link, w->rest);
	if (!text)
		return error_nomem(err);
	free(w->text);
	w->text = w->rest = text;
	return text[0] == '/' ? go_to_root(w, err) : 0;
}

/* The host's node at a canonical path, NULL when a parent is absent there. */
static int find_node(struct host *host, const char *path, struct node **ret_node, struct error *err)
{
	AUTO_FREE char *text = strdup(path);
	struct node *node = host->cache->nodes[0];
	char *rest = text, *name;

	if (!text)
		return error_nomem(err);
	while (node && (name = next_component(&rest))) {
		if (node->state.kind != FILE_DIRECTORY)
			node = NULL;
		else if (node_child(host, node, name, &node, err) < 0)
			return -1;
	}
	*ret_node = node;
	return 0;
}

static int step_up(struct walker *w, struct error *err)
{
	char *slash = strrchr(w->path.data, '/');

	w->path.len = slash == w->path.data ? 1 : (size_t)(slash - w->path.data);
	w->path.data[w->path.len] = '\0';
	if (find_node(w->host, w->path.data, &w->node, err) < 0)
		return -1;
	w->state = state_at(w->host, w->path.data, w->node);
	return 0;
}

/* Looks at the directory that was reached, and at name in it. */
static int step_down(struct walker *w, const char *name, bool follow_last, struct error *err)
{
	const struct file_state *state;
	struct node *node = NULL;
	size_t len = w->path.len;

	if (w->node && w->node->state.kind == FILE_DIRECTORY &&
	    node_child(w->host, w->node, name, &node, err) < 0)
		return -1;
	w->out.parent_exists = w->state->kind == FILE_DIRECTORY;
	if (w->out.parent_exists && check_directory(w, w->path.data, w->state, err) < 0)
		return -1;
	if (len > 1)
		strbuf_append_char(&w->path, '/');
	strbuf_append(&w->path, name);
	if (w->path.failed)
		return error_nomem(err);
	state = state_at(w->host, w->path.data, node);
	if (w->out.parent_exists && state->kind == FILE_LINK && (follow_last || has_more(w))) {
		if (check_link(w, w->path.data, state, err) < 0)
			return -1;
		w->path.len = len;
		w->path.data[len] = '\0';
		return follow_link(w, state, err);
	}
	w->node = node;
	w->state = state;
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
	free(w->text);
	strbuf_done(&w->path);
	walk_done(&w->out);
}

static int walk_all(struct walker *w, bool follow_last, struct error *err)
{
	char *name;

	w->out.parent_exists = true;
	if (open_root(w->host, err) < 0 || go_to_root(w, err) < 0)
		return -1;
	while ((name = next_component(&w->rest))) {
		int r = 0;

		if (strcmp(name, "..") == 0)
			r = step_up(w, err);
		else if (strcmp(name, ".") != 0)
			r = step_down(w, name, follow_last, err);
		if (r < 0)
			return -1;
	}
	w->out.node = w->node;
	return strbuf_take(&w->path, &w->out.path, err);
}

int walk_path(struct host *host, const char *path, bool follow_last, struct walk *ret_walk,
	      struct error *err)
{
	AUTO(walker) struct walker w = {.host = host};

	if (path[0] != '/')
		return error_set(err, ERROR_INTERNAL, 0, "%s is no absolute path", path);
	w.text = w.rest = strdup(path);
	if (!w.text)
		return error_nomem(err);
	if (walk_all(&w, follow_last, err) < 0) {
		error_resource(err, path);
		return w.out.through_link ? error_wrap(err, "look at %s", path) : -1;
	}
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
