// SPDX-License-Identifier: Apache-2.0
/*
 * Layers as Docker's overlay2 driver keeps them: ROOT/overlay2/ID/diff. Below ROOT every directory is
 * opened by descriptor without following a link, so that nothing an image holds leads out of its
 * layer; files are opened only to be read, and only regular ones.
 *
 * Facts: kernel Documentation/filesystems/overlayfs (whiteouts are character devices 0:0, opaque
 * directories have an attribute; redirected directories and files without data lie elsewhere);
 * moby daemon/graphdriver/overlay2, whose LowerDir has the topmost layer first.
 */
#include "harden/host/look_image.h"

#include "harden/model/value.h"
#include "harden/text/image_content.h"
#include "harden/text/image_layer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define CACHED_PATHS_MAX 1000000 /* then all cached layers are dropped: 16 MiB */
#define OPEN_DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static void drop_layers(struct image_cache *cache)
{
	for (size_t i = 0; i < cache->len; i++) {
		free(cache->items[i].id);
		image_layer_free(cache->items[i].layer);
	}
	cache->len = 0;
}

void image_cache_done(struct image_cache *cache)
{
	drop_layers(cache);
	free(cache->items);
	*cache = (struct image_cache){0};
}

struct walker {
	struct image_layer *layer;
	struct archive_budget *budget;
	struct strbuf path; /* relative to the layer */
	bool elsewhere;	    /* a part of the layer lies where it cannot be told from here */
};

/* A short attribute of dir/name, or of dir itself (name NULL); "" when there is none. */
static void read_attribute(int dir, const char *name, const char *attribute, char *ret, size_t size)
{
	AUTO_FREE char *path =
		str_format("/proc/self/fd/%d%s%s", dir, name ? "/" : "", name ? name : "");
	ssize_t n = path ? (name ? lgetxattr(path, attribute, ret, size - 1)
				 : getxattr(path, attribute, ret, size - 1))
			 : -1;

	ret[n > 0 ? n : 0] = '\0';
}

static bool has_attribute(int dir, const char *name, const char *attribute)
{
	AUTO_FREE char *path =
		str_format("/proc/self/fd/%d%s%s", dir, name ? "/" : "", name ? name : "");

	return path && (name ? lgetxattr(path, attribute, NULL, 0)
			     : getxattr(path, attribute, NULL, 0)) >= 0;
}

static bool is_opaque(int dir)
{
	char value[8];

	read_attribute(dir, NULL, "trusted.overlay.opaque", value, sizeof(value));
	return strcmp(value, "y") == 0;
}

static int vanished(const struct walker *w, int sys, struct error *err)
{
	return error_set(err, ERROR_SYS, sys, "read %s%s", w->layer->name, w->path.data);
}

/* The first bytes of dir/name, the file that st is of. */
static int read_content(struct walker *w, int dir, const char *name, const struct stat *st,
			size_t wanted, struct error *err)
{
	AUTO_CLOSE int fd =
		openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	AUTO_FREE char *data = malloc(wanted);
	struct stat opened;
	size_t len = 0;
	ssize_t n = 0;

	if (!data)
		return error_nomem(err);
	if (fd < 0 || fstat(fd, &opened) < 0)
		return vanished(w, errno, err);
	if (opened.st_dev != st->st_dev || opened.st_ino != st->st_ino)
		return vanished(w, ESTALE, err);
	while (len < wanted && (n = read(fd, data + len, wanted - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		return vanished(w, errno, err);
	if (archive_spend(w->budget, w->layer->name, len, 0, err) < 0)
		return -1;
	return image_layer_content(w->layer, data, len, err);
}

static enum layer_kind kind_of(const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return LAYER_FILE;
	if (S_ISDIR(st->st_mode))
		return LAYER_DIRECTORY;
	return S_ISCHR(st->st_mode) && st->st_rdev == 0 ? LAYER_WHITEOUT : LAYER_OTHER;
}

static int walk(struct walker *w, int dir, struct error *err);

static int walk_directory(struct walker *w, int dir, const char *name, struct error *err)
{
	AUTO_CLOSE int fd = openat(dir, name, OPEN_DIRECTORY);
	const struct layer_entry opaque = {.path = w->path.data, .kind = LAYER_OPAQUE};
	size_t wanted;

	if (fd < 0)
		return vanished(w, errno, err);
	if (has_attribute(fd, NULL, "trusted.overlay.redirect"))
		w->elsewhere = true;
	if (is_opaque(fd) && image_layer_add(w->layer, &opaque, &wanted, err) < 0)
		return -1;
	return walk(w, take_fd(&fd), err);
}

static int walk_entry(struct walker *w, int dir, const char *name, struct error *err)
{
	struct layer_entry e = {.path = w->path.data};
	struct stat st;
	size_t wanted;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return vanished(w, errno, err);
	e.kind = kind_of(&st);
	e.mode = st.st_mode & 07777;
	e.uid = st.st_uid;
	e.gid = st.st_gid;
	e.size = st.st_size > 0 ? (uint64_t)st.st_size : 0;
	if (e.kind == LAYER_FILE) {
		e.capabilities = has_attribute(dir, name, "security.capability");
		if (e.size && !st.st_blocks && has_attribute(dir, name, "trusted.overlay.metacopy"))
			w->elsewhere = true;
	}
	if (archive_spend(w->budget, w->layer->name, 0, 1, err) < 0 ||
	    image_layer_add(w->layer, &e, &wanted, err) < 0)
		return -1;
	if (e.kind == LAYER_DIRECTORY)
		return walk_directory(w, dir, name, err);
	return wanted ? read_content(w, dir, name, &st, wanted, err) : 0;
}

/* Takes dir. Depth is bounded by image_layer_add(), which refuses deeper paths. */
static int walk(struct walker *w, int dir, struct error *err)
{
	AUTO_CLOSEDIR DIR *d = fdopendir(dir);
	const struct dirent *entry;
	size_t len = w->path.len;
	int r = 0;

	if (!d) {
		(void)close(dir); /* read only */
		return vanished(w, errno, err);
	}
	while (r == 0 && !w->elsewhere && (errno = 0, entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		strbuf_appendf(&w->path, "/%s", entry->d_name);
		r = strbuf_text(&w->path) ? walk_entry(w, dirfd(d), entry->d_name, err)
					  : error_nomem(err);
		w->path.len = len;
		if (!w->path.failed)
			w->path.data[len] = '\0';
	}
	return r < 0 ? r : errno && !w->elsewhere ? vanished(w, errno, err) : 0;
}

/* "ROOT/overlay2/ID/diff" is ID; NULL for any other path. */
static char *id_of(const char *root_dir, const char *path)
{
	AUTO_FREE char *begin = str_format("%s/overlay2/", root_dir);
	const char *id;
	size_t len;

	if (!begin || !str_starts(path, begin))
		return NULL;
	id = path + strlen(begin);
	len = strcspn(id, "/");
	return len && *id != '.' && strcmp(id + len, "/diff") == 0 ? strndup(id, len) : NULL;
}

/* Opens ROOT/overlay2/ID/diff step by step; -1: it is not to be read. */
static int open_layer(const char *root_dir, const char *id)
{
	/* the way to the root is the engine's own word, links and all */
	AUTO_CLOSE int root = open(root_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int driver = root < 0 ? -1 : openat(root, "overlay2", OPEN_DIRECTORY);
	AUTO_CLOSE int layer = driver < 0 ? -1 : openat(driver, id, OPEN_DIRECTORY);

	return layer < 0 ? -1 : openat(layer, "diff", OPEN_DIRECTORY);
}

static int read_layer(const char *root_dir, const char *id, struct archive_budget *budget,
		      struct image_layer **ret_layer, struct error *err)
{
	AUTO_FREE char *name = str_format("%s/overlay2/%s/diff", root_dir, id);
	AUTO_PTR(image_layer) struct image_layer *layer = NULL;
	struct walker w = {.budget = budget};
	int fd, r;

	if (!name || image_layer_new(name, &layer, err) < 0)
		return error_nomem(err);
	fd = open_layer(root_dir, id);
	if (fd < 0)
		return 1;
	w.layer = layer;
	r = is_opaque(fd) || has_attribute(fd, NULL, "trusted.overlay.redirect") ? 1 : 0;
	if (r == 0)
		r = walk(&w, fd, err);
	else
		(void)close(fd); /* read only */
	strbuf_done(&w.path);
	if (r == 0 && w.elsewhere)
		return 1;
	if (r == 0)
		*ret_layer = take_ptr(&layer);
	return r;
}

static int cached_layer(const char *root_dir, const char *id, struct image_cache *cache,
			struct archive_budget *budget, struct image_layer **ret_layer,
			struct error *err)
{
	struct cached_layer new = {0};
	int r;

	for (size_t i = 0; i < cache->len; i++)
		if (strcmp(cache->items[i].id, id) == 0) {
			*ret_layer = cache->items[i].layer;
			return 0;
		}
	r = read_layer(root_dir, id, budget, &new.layer, err);
	if (r)
		return r;
	new.id = strdup(id);
	if (!new.id ||
	    vec_reserve((void **)&cache->items, &cache->cap, cache->len, sizeof(new), err) < 0) {
		free(new.id);
		image_layer_free(new.layer);
		return error_nomem(err);
	}
	cache->items[cache->len++] = new;
	*ret_layer = new.layer;
	return 0;
}

static int add_id(const char *root_dir, const char *path, struct strv *ids, struct error *err)
{
	char *id = id_of(root_dir, path);

	return id ? strv_take(ids, id, err) : 1;
}

/* The ids of the layers, the topmost first. 1: they are not as we know them. */
static int layer_ids(const char *root_dir, const struct object_facts *facts, struct strv *ids,
		     struct error *err)
{
	AUTO(strv) struct strv lower = {0};
	int r = add_id(root_dir, facts->upper, ids, err);

	if (r == 0 && strv_split(&lower, facts->lower ? facts->lower : "", ":", err) < 0)
		return -1;
	for (size_t i = 0; r == 0 && i < lower.len; i++)
		r = add_id(root_dir, lower.items[i], ids, err);
	if (r == 0 && (ids->len != (size_t)facts->layers || ids->len > IMAGE_LAYERS_MAX))
		r = 1;
	return r;
}

static void shrink(struct image_cache *cache)
{
	size_t paths = 0;

	for (size_t i = 0; i < cache->len; i++)
		paths += cache->items[i].layer->paths.len;
	if (paths > CACHED_PATHS_MAX)
		drop_layers(cache);
}

int look_image_overlay(const char *root_dir, const struct object_facts *facts,
		       struct image_cache *cache, struct archive_budget *budget,
		       struct value **ret_content, struct error *err)
{
	AUTO(strv) struct strv ids = {0};
	AUTO_FREE struct image_layer **layers = NULL;
	int r;

	if (!str_equal(facts->driver, "overlay2") || !facts->upper || facts->layers <= 0)
		return 1;
	r = layer_ids(root_dir, facts, &ids, err);
	if (r)
		return r;
	shrink(cache);
	layers = calloc(ids.len, sizeof(*layers));
	if (!layers)
		return error_nomem(err);
	for (size_t i = 0; i < ids.len; i++) {
		r = cached_layer(root_dir, ids.items[i], cache, budget, &layers[ids.len - 1 - i],
				 err);
		if (r)
			return r;
	}
	return image_content(layers, ids.len, "overlay2", ret_content, err);
}
