// SPDX-License-Identifier: Apache-2.0
/*
 * The public looks: one file, one directory, and whether a change of it can be made. What is
 * costly (flags of the inode, the mount) is looked at only when something is to be staged.
 */
#include "harden/host/look_file.h"

#include "harden/host/look_walk.h"

/* The host's own state with what was asked for: content and ACLs. */
static int fill_host(struct host *host, struct node *node, unsigned flags, struct look *look,
		     struct error *err)
{
	if (!node || node->state.kind == FILE_ABSENT)
		return 0;
	if (node_load(host, node, flags & LOOK_CONTENT, err) < 0)
		return -1;
	return file_state_copy(&look->host, &node->state, err);
}

/* A staged change of metadata alone has no content of its own: the host's bytes stay. */
static int fill_state(struct host *host, struct look *look, struct error *err)
{
	const struct staged_file *staged = stage_find(host->stage, look->path);

	if (!look->parent_exists)
		return 0;
	if (!staged)
		return file_state_copy(&look->state, &look->host, err);
	if (file_state_copy(&look->state, &staged->after, err) < 0)
		return -1;
	if (look->state.kind == FILE_REGULAR && look->host.kind == FILE_REGULAR &&
	    !look->state.content)
		look->state.content = blob_ref(look->host.content);
	return 0;
}

int look_file(struct host *host, const char *path, unsigned flags, struct look *ret_look,
	      struct error *err)
{
	AUTO(walk) struct walk walk = {0};
	AUTO(look) struct look look = {0};

	if (walk_path(host, path, !(flags & LOOK_NOFOLLOW), &walk, err) < 0)
		return -1;
	look.path = take_ptr(&walk.path);
	look.parent_exists = walk.parent_exists;
	look.through_link = walk.through_link;
	look.unsafe = take_ptr(&walk.unsafe);
	look.unsafe_why = take_ptr(&walk.unsafe_why);
	if (fill_host(host, walk.node, flags, &look, err) < 0 || fill_state(host, &look, err) < 0)
		return -1;
	*ret_look = look;
	look = (struct look){0};
	return 0;
}

void look_done(struct look *look)
{
	free(look->path);
	file_state_done(&look->state);
	file_state_done(&look->host);
	free(look->unsafe);
	free(look->unsafe_why);
	*look = (struct look){0};
}

/* Names on the host; the stage's come on top. */
static int host_names(struct host *host, struct node *node, struct strv *names, struct error *err)
{
	const struct strv *there;

	if (!node)
		return 0;
	return node_names(host, node, &there, err) < 0 ? -1 : strv_copy(names, there, err);
}

static void drop_name(struct strv *names, const char *name)
{
	for (size_t i = 0; i < names->len; i++)
		if (strcmp(names->items[i], name) == 0) {
			free(names->items[i]);
			names->items[i] = names->items[--names->len];
			return;
		}
}

static int staged_names(const struct stage *stage, const char *dir, struct strv *names,
			struct error *err)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	for (size_t i = 0; i < stage->len; i++) {
		const struct staged_file *f = &stage->files[i];

		if (strncmp(f->path, dir, n) != 0 || f->path[n] != '/' || !f->path[n + 1] ||
		    strchr(f->path + n + 1, '/'))
			continue;
		if (f->after.kind == FILE_ABSENT)
			drop_name(names, f->path + n + 1);
		else if (f->before.kind == FILE_ABSENT &&
			 strv_add_once(names, f->path + n + 1, err) < 0)
			return -1;
	}
	return 0;
}

int look_directory(struct host *host, const char *path, struct strv *ret_names, struct error *err)
{
	AUTO(walk) struct walk walk = {0};
	AUTO(strv) struct strv names = {0};

	if (walk_path(host, path, true, &walk, err) < 0 ||
	    host_names(host, walk.node, &names, err) < 0 ||
	    staged_names(host->stage, walk.path, &names, err) < 0)
		return -1;
	strv_sort(&names);
	*ret_names = names;
	names = (struct strv){0};
	return 0;
}

/* The nearest existing ancestor: what does not exist yet will lie in it. */
static int ancestor_obstacle(struct host *host, const struct look *look,
			     const struct obstacle **ret_obstacle, struct error *err)
{
	AUTO_FREE char *path = strdup(look->path);
	char *slash;

	while (path && (slash = strrchr(path, '/'))) {
		AUTO(walk) struct walk walk = {0};

		slash[slash == path] = '\0';
		if (walk_path(host, path, false, &walk, err) < 0)
			return -1;
		if (!walk.node || walk.node->state.kind == FILE_ABSENT) {
			if (slash == path)
				return 0;
			continue;
		}
		if (node_obstacle(host, walk.node, err) < 0)
			return -1;
		*ret_obstacle = walk.node->obstacle;
		return 0;
	}
	return path ? 0 : error_nomem(err);
}

static bool is_replaced(const struct look *look, const struct file_state *after)
{
	return look->host.kind != after->kind || look->host.kind == FILE_LINK ||
	       (after->content && !blob_equal(look->host.content, after->content));
}

/*
 * Why this file cannot be changed, if so. A replacement is a rename: it also changes the directory,
 * whose flags count too, and does not cover a mount point, as container engines make of single files
 * (EBUSY). A file that is neither regular nor a directory is reached through its directory.
 */
static int find_obstacle(struct host *host, const struct look *look, bool replaced,
			 const struct obstacle **ret_obstacle, struct error *err)
{
	static const struct obstacle linked = {
		"has more than one link, so a change would reach other names too",
		"find the other names (find -samefile) and make it a file of its own"};
	static const struct obstacle mount_point = {"is a mount point of its own",
						    "make the change where the mount comes from"};
	AUTO(walk) struct walk walk = {0};
	enum file_kind kind = look->host.kind;

	*ret_obstacle = NULL;
	if (kind == FILE_REGULAR && look->host.nlink > 1)
		*ret_obstacle = &linked;
	else if (kind == FILE_REGULAR || kind == FILE_DIRECTORY) {
		if (walk_path(host, look->path, false, &walk, err) < 0 ||
		    node_obstacle(host, walk.node, err) < 0)
			return -1;
		*ret_obstacle = walk.node->obstacle;
		if (!*ret_obstacle && replaced && walk.node->is_mount_point)
			*ret_obstacle = &mount_point;
		if (!replaced)
			return 0;
	}
	return *ret_obstacle ? 0 : ancestor_obstacle(host, look, ret_obstacle, err);
}

static int block(struct host *host, const struct look *look, const struct obstacle *obstacle,
		 struct error *err)
{
	if (obstacle)
		return stage_block(host->stage, look->path, err, obstacle->next, "%s %s",
				   look->path, obstacle->why);
	return stage_block(host->stage, look->path, err,
			   "make that directory root's and not writable by others, then run again",
			   "%s on the way to it %s", look->unsafe, look->unsafe_why);
}

/* Content and links of other kinds of files are nothing we make. */
static bool kind_allows(const struct look *look, const struct file_state *after)
{
	return look->host.kind != FILE_OTHER &&
	       (look->host.kind == FILE_ABSENT || after->kind == FILE_ABSENT ||
		look->host.kind == after->kind);
}

int look_stage(struct host *host, const struct look *look, const struct file_state *after,
	       struct stage_how how, struct error *err)
{
	const struct obstacle *obstacle = NULL;

	if (file_state_same(&look->state, after))
		return stage_put(host->stage, look->path, &look->host, after, how, err);
	if (!kind_allows(look, after))
		return stage_block(host->stage, look->path, err, "look at what it is and why",
				   "%s is a %s", look->path, file_kind_name(look->host.kind));
	if (!look->parent_exists && after->kind != FILE_ABSENT)
		return stage_block(host->stage, look->path, err,
				   "find out why it is missing, and make it",
				   "the directory of %s does not exist", look->path);
	if (!look->unsafe &&
	    find_obstacle(host, look, is_replaced(look, after), &obstacle, err) < 0)
		return -1;
	if (look->unsafe || obstacle)
		return block(host, look, obstacle, err);
	return stage_put(host->stage, look->path, &look->host, after, how, err);
}
