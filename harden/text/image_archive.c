// SPDX-License-Identifier: Apache-2.0
/*
 * The pass over the archive: what is JSON is kept, what is a tar is read as a layer, links are
 * remembered, and image_manifest.c puts it together.
 */
#include "harden/text/image_archive.h"

#include "harden/base/str.h"
#include "harden/model/value.h"
#include "harden/text/image_archive_parts.h"
#include "harden/text/image_tar.h"
#include "harden/text/json.h"

#include <ctype.h>
#include <stdlib.h>

#define LINKS_MAX 8 /* links on the way to a layer */
#define CHUNK 65536

void image_archive_free(struct image_archive *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->len; i++) {
		free(a->images[i].name);
		strv_done(&a->images[i].tags);
		free(a->images[i].id);
		free(a->images[i].digest);
		free(a->images[i].layers);
	}
	free(a->images);
	for (size_t i = 0; i < a->parts_len; i++) {
		free(a->parts[i].path);
		free(a->parts[i].target);
		value_free(a->parts[i].json);
		image_layer_free(a->parts[i].layer);
		error_done(&a->parts[i].problem);
	}
	free(a->parts);
	free(a);
}

/* "a/./b/../c" as "a/c"; NULL for what leads out, and for no memory. */
static char *plain_path(const char *dir, size_t dir_len, const char *path)
{
	AUTO_FREE char *joined = str_format("%.*s/%s", (int)dir_len, dir, path);
	AUTO(strv) struct strv words = {0};
	AUTO(strbuf) struct strbuf out = {0};
	char *text = NULL;
	size_t n = 0;

	if (!joined || strv_split(&words, joined, "/", NULL) < 0)
		return NULL;
	for (size_t i = 0; i < words.len; i++) {
		bool up = strcmp(words.items[i], "..") == 0;

		if (up && n == 0)
			return NULL;
		if (up)
			n--;
		else if (strcmp(words.items[i], ".") != 0) {
			char *word = words.items[n];

			words.items[n++] = words.items[i];
			words.items[i] = word;
		}
	}
	for (size_t i = 0; i < n; i++)
		strbuf_appendf(&out, "%s%s", i ? "/" : "", words.items[i]);
	return strbuf_take(&out, &text, NULL) < 0 ? NULL : text;
}

static int by_path(const void *a, const void *b)
{
	const struct archive_part *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* The last of those with that path. */
static struct archive_part *find_part(const struct image_archive *a, const char *path)
{
	size_t low = 0, high = a->parts_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(a->parts[middle].path, path) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && strcmp(a->parts[low - 1].path, path) == 0 ? &a->parts[low - 1] : NULL;
}

struct archive_part *archive_part_at(const struct image_archive *a, const char *path)
{
	AUTO_FREE char *plain = plain_path("", 0, path);
	struct archive_part *part = plain ? find_part(a, plain) : NULL;

	for (int hops = 0; part && part->target && hops < LINKS_MAX; hops++)
		part = find_part(a, part->target);
	return part && !part->target ? part : NULL;
}

/* Bytes of the entry that the outer reader is at. */
struct inner {
	struct tar *tar;
	char head[ARCHIVE_SNIFF];
	size_t head_len;
	char chunk[CHUNK];
};

static int read_inner(void *cookie, const void **ret_data, size_t *ret_len, struct error *err)
{
	struct inner *in = cookie;

	if (in->head_len) {
		*ret_data = in->head;
		*ret_len = in->head_len;
		in->head_len = 0;
		return 0;
	}
	*ret_data = in->chunk;
	return tar_read(in->tar, in->chunk, sizeof(in->chunk), ret_len, err);
}

struct reading {
	const char *name; /* of the archive */
	struct image_archive *archive;
	struct archive_budget *budget;
	size_t json_bytes;
};

static bool is_json(const char *head, size_t len)
{
	size_t i = 0;

	while (i < len && isspace((unsigned char)head[i]))
		i++;
	return i < len && (head[i] == '{' || head[i] == '[');
}

/* What is broken may be of no use to any image: it counts when it is needed. */
static int keep_json(struct reading *r, struct archive_part *part, struct inner *in, uint64_t size,
		     struct error *err)
{
	AUTO_FREE char *file = str_format("%s: %s", r->name, part->path);
	AUTO_FREE char *text = NULL;
	size_t len;

	if (!file)
		return error_nomem(err);
	if (size > ARCHIVE_JSON_MAX || (r->json_bytes += (size_t)size) > ARCHIVE_JSON_TOTAL_MAX) {
		(void)error_set(&part->problem, ERROR_FORMAT, 0, "%s: larger than is allowed",
				file);
		return 0;
	}
	text = malloc((size_t)size + 1);
	if (!text)
		return error_nomem(err);
	memcpy(text, in->head, in->head_len);
	if (tar_read(in->tar, text + in->head_len, (size_t)size - in->head_len, &len, err) < 0)
		return -1;
	if (json_read(text, in->head_len + len, file, &part->json, &part->problem) < 0 &&
	    part->problem.code == ERROR_NOMEM)
		return error_nomem(err);
	return 0;
}

static int take_file(struct reading *r, struct tar *tar, struct archive_part *part, uint64_t size,
		     struct error *err)
{
	AUTO_FREE char *file = str_format("%s: layer %s", r->name, part->path);
	AUTO_FREE struct inner *in = malloc(sizeof(*in));
	enum archive_kind kind;

	if (!in || !file)
		return error_nomem(err);
	in->tar = tar;
	if (tar_read(tar, in->head, sizeof(in->head), &in->head_len, err) < 0)
		return -1;
	kind = archive_sniff(in->head, in->head_len);
	if (kind == ARCHIVE_IS_OTHER && !is_json(in->head, in->head_len))
		return 0; /* VERSION, README */
	if (kind == ARCHIVE_IS_OTHER)
		return keep_json(r, part, in, size, err);
	return image_tar_read(file, (struct byte_source){.read = read_inner, .cookie = in},
			      r->budget, &part->layer, err);
}

static int take_link(struct reading *r, const struct tar_entry *e, struct archive_part *part,
		     struct error *err)
{
	const char *slash = strrchr(part->path, '/');
	bool symbolic = e->kind == TAR_SYMLINK && e->target[0] != '/';

	part->target = plain_path(part->path, symbolic && slash ? (size_t)(slash - part->path) : 0,
				  e->target);
	return part->target ? 0
			    : error_set(err, ERROR_FORMAT, 0, "%s: the link %s leads out of it",
					r->name, part->path);
}

static int take_entry(struct reading *r, struct tar *tar, const struct tar_entry *e,
		      struct error *err)
{
	struct image_archive *a = r->archive;
	struct archive_part *part;

	if (e->kind == TAR_DIRECTORY)
		return 0;
	if (vec_reserve((void **)&a->parts, &a->parts_cap, a->parts_len, sizeof(*a->parts), err) <
	    0)
		return -1;
	part = &a->parts[a->parts_len];
	*part = (struct archive_part){.path = plain_path("", 0, e->path), .order = a->parts_len};
	if (!part->path)
		return error_set(err, ERROR_FORMAT, 0,
				 "%s: the path of an entry leads out of it (..)", r->name);
	a->parts_len++;
	if (a->parts_len > PARTS_MAX)
		return error_set(err, ERROR_FORMAT, 0, "%s: it has more than %d entries", r->name,
				 PARTS_MAX);
	if (e->kind == TAR_FILE)
		return take_file(r, tar, part, e->size, err);
	if (e->kind == TAR_OTHER)
		return 0; /* found to be no layer, should one be said to be there */
	return take_link(r, e, part, err);
}

int image_archive_read(const char *name, struct byte_source source, struct archive_budget *budget,
		       struct image_archive **ret_archive, struct error *err)
{
	AUTO_PTR(image_archive) struct image_archive *archive = calloc(1, sizeof(*archive));
	AUTO_PTR(tar) struct tar *tar = NULL;
	struct reading r = {.name = name, .archive = archive, .budget = budget};
	struct tar_entry entry;
	int status;

	if (!archive)
		return error_nomem(err);
	if (tar_open(name, source, budget, &tar, err) < 0)
		return -1;
	while ((status = tar_next(tar, &entry, err)) > 0)
		if (take_entry(&r, tar, &entry, err) < 0)
			return -1;
	if (status < 0)
		return -1;
	if (archive->parts_len)
		qsort(archive->parts, archive->parts_len, sizeof(*archive->parts), by_path);
	if (archive_manifests(name, archive, err) < 0)
		return -1;
	*ret_archive = take_ptr(&archive);
	return 0;
}
