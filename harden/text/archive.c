// SPDX-License-Identifier: Apache-2.0
/*
 * Two libarchive readers in a row where there is compression: one that only unpacks, and one that
 * reads tar. So every unpacked block passes through on_read(), which can count and stop: a reader
 * that did both would let a few bytes of a bomb become gigabytes before it asked for more. Filters
 * are named, not guessed, since guessing goes on through any number of them.
 */
#include "harden/text/archive.h"

#include "harden/base/str.h"
#include "harden/text/archive_library.h"

#include <errno.h>
#include <string.h>

/* One libarchive reader over a source. */
struct stage {
	struct archive *archive;
	struct byte_source source;
	char head[ARCHIVE_SNIFF]; /* what was read to see what it is */
	size_t head_len;
	const void *rest; /* what came with the head's last bytes */
	size_t rest_len;
	struct tar *tar;
	bool counts; /* its bytes are those of the budget */
	bool ended;
};

struct tar {
	const struct archive_library *lib;
	char *name;
	struct archive_budget *budget;
	struct stage unpack, read; /* unpack.archive NULL: it is plain */
	struct error problem;	   /* raised below libarchive */
	bool has_entry, in_header;
	size_t header_bytes;
};

/* The next bytes of a stage's input: first those that were looked at. */
static int take_input(struct stage *s, const void **ret_data, size_t *ret_len, struct error *err)
{
	if (s->head_len) {
		*ret_data = s->head;
		*ret_len = s->head_len;
		s->head_len = 0;
		return 0;
	}
	if (s->rest_len) {
		*ret_data = s->rest;
		*ret_len = s->rest_len;
		s->rest_len = 0;
		return 0;
	}
	*ret_len = 0;
	if (s->ended)
		return 0;
	if (s->source.read(s->source.cookie, ret_data, ret_len, err) < 0)
		return -1;
	s->ended = *ret_len == 0;
	return 0;
}

static int count(struct stage *s, size_t len)
{
	struct tar *t = s->tar;

	if (!s->counts)
		return 0;
	if (t->in_header && (t->header_bytes += len) > ARCHIVE_HEADER_MAX)
		return error_set(&t->problem, ERROR_FORMAT, 0,
				 "%s: the header of an entry is larger than %zu bytes", t->name,
				 ARCHIVE_HEADER_MAX);
	return archive_spend(t->budget, t->name, len, 0, &t->problem);
}

static la_ssize_t on_read(struct archive *archive, void *cookie, const void **ret_data)
{
	struct stage *s = cookie;
	size_t len = 0;

	if (s->tar->problem.code == ERROR_NONE &&
	    take_input(s, ret_data, &len, &s->tar->problem) == 0 && count(s, len) == 0)
		return (la_ssize_t)len;
	s->tar->lib->set_error(archive, EIO, "stopped");
	return ARCHIVE_FATAL;
}

/* What libarchive says went wrong, or what we raised below it. */
static int failed(struct tar *t, struct archive *archive, const char *doing, struct error *err)
{
	const char *why = t->lib->error_string(archive);

	if (t->problem.code != ERROR_NONE) {
		error_copy(err, &t->problem);
		return -1;
	}
	(void)error_set(err, ERROR_FORMAT, 0, "%s: %s: %s", t->name, doing, why ? why : "damaged");
	error_next(err, "save the image again: the archive is cut off or damaged");
	return -1;
}

/* Fills the head, so that it can be seen what follows. */
static int look_ahead(struct stage *s, struct error *err)
{
	while (s->head_len < sizeof(s->head) && !s->ended) {
		const void *data = NULL;
		size_t len = 0, part;

		if (s->source.read(s->source.cookie, &data, &len, err) < 0)
			return -1;
		s->ended = len == 0;
		part = len < sizeof(s->head) - s->head_len ? len : sizeof(s->head) - s->head_len;
		if (part)
			memcpy(s->head + s->head_len, data, part);
		s->head_len += part;
		s->rest = part < len ? (const char *)data + part : NULL;
		s->rest_len = len - part;
	}
	return 0;
}

static int begin(struct stage *s, int filter, struct error *err)
{
	struct tar *t = s->tar;
	const struct archive_library *lib = t->lib;
	int bad;

	s->archive = lib->read_new();
	if (!s->archive)
		return error_nomem(err);
	bad = filter == ARCHIVE_FILTER_NONE ? lib->read_support_format_tar(s->archive)
					    : lib->read_support_format_raw(s->archive);
	/* a warning: the library would start another program for it */
	if (bad == ARCHIVE_OK && filter != ARCHIVE_FILTER_NONE &&
	    lib->read_append_filter(s->archive, filter) != ARCHIVE_OK)
		return error_set(err, ERROR_SYS, 0,
				 "%s: this libarchive cannot undo its compression by itself",
				 t->name);
	if (bad != ARCHIVE_OK || lib->read_open(s->archive, s, NULL, on_read, NULL) != ARCHIVE_OK)
		return failed(t, s->archive,
			      filter == ARCHIVE_FILTER_NONE ? "open it" : "unpack it", err);
	return 0;
}

/* The unpacked bytes, as a source for the tar reader. */
static int read_unpacked(void *cookie, const void **ret_data, size_t *ret_len, struct error *err)
{
	struct stage *s = cookie;
	la_int64_t offset;
	int r = s->tar->lib->read_data_block(s->archive, ret_data, ret_len, &offset);

	if (r == ARCHIVE_EOF)
		*ret_len = 0;
	else if (r != ARCHIVE_OK)
		return failed(s->tar, s->archive, "unpack it", err);
	return 0;
}

static int unpack(struct tar *t, int filter, struct error *err)
{
	struct archive_entry *entry;

	if (begin(&t->unpack, filter, err) < 0)
		return -1;
	if (t->lib->read_next_header(t->unpack.archive, &entry) != ARCHIVE_OK)
		return failed(t, t->unpack.archive, "unpack it", err);
	t->read.source = (struct byte_source){.read = read_unpacked, .cookie = &t->unpack};
	return look_ahead(&t->read, err);
}

static int not_read(const struct tar *t, const char *what, const char *program, struct error *err)
{
	(void)error_set(err, ERROR_FORMAT, 0, "%s is compressed by %s, which is not read here",
			t->name, what);
	error_next(err, "unpack it first: %s -d", program);
	return -1;
}

/* Finds out what the source holds; afterwards read.head begins a tar. */
static int undo_compression(struct tar *t, struct byte_source source, struct error *err)
{
	enum archive_kind kind;

	t->unpack.source = source;
	if (look_ahead(&t->unpack, err) < 0)
		return -1;
	kind = archive_sniff(t->unpack.head, t->unpack.head_len);
	if (kind == ARCHIVE_IS_XZ)
		return not_read(t, "xz", "xz", err);
	if (kind == ARCHIVE_IS_BZIP2)
		return not_read(t, "bzip2", "bzip2", err);
	if (kind == ARCHIVE_IS_GZIP || kind == ARCHIVE_IS_ZSTD) {
		if (unpack(t, kind == ARCHIVE_IS_GZIP ? ARCHIVE_FILTER_GZIP : ARCHIVE_FILTER_ZSTD,
			   err) < 0)
			return -1;
		kind = archive_sniff(t->read.head, t->read.head_len);
	} else {
		t->read = t->unpack; /* head and rest with it */
		t->unpack = (struct stage){.tar = t};
		t->read.counts = true;
	}
	if (kind == ARCHIVE_IS_TAR)
		return 0;
	(void)error_set(err, ERROR_FORMAT, 0, "%s is no tar archive", t->name);
	error_next(err, "name an archive that docker save or podman save wrote");
	return -1;
}

int tar_open(const char *name, struct byte_source source, struct archive_budget *budget,
	     struct tar **ret_tar, struct error *err)
{
	__attribute__((cleanup(tar_free_ptr))) struct tar *t = calloc(1, sizeof(*t));

	if (!t || !(t->name = strdup(name)))
		return error_nomem(err);
	t->lib = archive_library(err);
	if (!t->lib)
		return -1;
	t->budget = budget;
	t->unpack.tar = t->read.tar = t;
	t->read.counts = true;
	if (undo_compression(t, source, err) < 0 || begin(&t->read, ARCHIVE_FILTER_NONE, err) < 0)
		return -1;
	*ret_tar = take_ptr(&t);
	return 0;
}

void tar_free(struct tar *t)
{
	if (!t)
		return;
	if (t->read.archive)
		(void)t->lib->read_free(t->read.archive); /* read only */
	if (t->unpack.archive)
		(void)t->lib->read_free(t->unpack.archive);
	error_done(&t->problem);
	free(t->name);
	free(t);
}

static bool has_capabilities(const struct archive_library *lib, struct archive_entry *e)
{
	const char *name = NULL;
	const void *value;
	size_t len;

	for (int n = lib->entry_xattr_reset(e); n > 0; n--)
		if (lib->entry_xattr_next(e, &name, &value, &len) == ARCHIVE_OK &&
		    str_equal(name, "security.capability"))
			return true;
	return false;
}

static void fill_entry(const struct archive_library *lib, struct archive_entry *e,
		       struct tar_entry *ret)
{
	unsigned type = lib->entry_filetype(e);

	*ret = (struct tar_entry){
		.path = lib->entry_pathname(e),
		.kind = type == AE_IFREG   ? TAR_FILE
			: type == AE_IFDIR ? TAR_DIRECTORY
			: type == AE_IFLNK ? TAR_SYMLINK
					   : TAR_OTHER,
		.mode = lib->entry_perm(e) & 07777,
		.uid = lib->entry_uid(e),
		.gid = lib->entry_gid(e),
		.capabilities = has_capabilities(lib, e),
	};
	if (lib->entry_hardlink(e)) {
		ret->kind = TAR_HARDLINK;
		ret->target = lib->entry_hardlink(e);
	} else if (ret->kind == TAR_SYMLINK) {
		ret->target = lib->entry_symlink(e);
	} else if (ret->kind == TAR_FILE) {
		ret->size = lib->entry_size(e) > 0 ? (uint64_t)lib->entry_size(e) : 0;
	}
}

/* A warning is about a name that the locale cannot show: its bytes are there all the same. */
int tar_next(struct tar *t, struct tar_entry *ret_entry, struct error *err)
{
	struct archive_entry *e;
	int r;

	if (t->has_entry && t->lib->read_data_skip(t->read.archive) < ARCHIVE_WARN)
		return failed(t, t->read.archive, "read it", err);
	t->in_header = true;
	t->header_bytes = 0;
	r = t->lib->read_next_header(t->read.archive, &e);
	t->in_header = false;
	t->has_entry = r == ARCHIVE_OK || r == ARCHIVE_WARN;
	if (r == ARCHIVE_EOF && t->problem.code == ERROR_NONE)
		return 0; /* one block of zeros is enough for it, even if the next cannot be read */
	if (!t->has_entry)
		return failed(t, t->read.archive, "read it", err);
	if (archive_spend(t->budget, t->name, 0, 1, err) < 0)
		return -1;
	fill_entry(t->lib, e, ret_entry);
	if (!ret_entry->path ||
	    ((ret_entry->kind == TAR_SYMLINK || ret_entry->kind == TAR_HARDLINK) &&
	     !ret_entry->target))
		return error_set(err, ERROR_FORMAT, 0, "%s: an entry has no name", t->name);
	return 1;
}

int tar_read(struct tar *t, void *buffer, size_t len, size_t *ret_len, struct error *err)
{
	size_t got = 0;

	while (got < len) {
		la_ssize_t n = t->lib->read_data(t->read.archive, (char *)buffer + got, len - got);

		if (n < 0)
			return failed(t, t->read.archive, "read it", err);
		if (n == 0)
			break;
		got += (size_t)n;
	}
	*ret_len = got;
	return 0;
}
