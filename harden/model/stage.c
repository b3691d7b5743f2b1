// SPDX-License-Identifier: Apache-2.0
/*
 * The overlay. Files are kept sorted by path, so that a look is a binary search and the plan comes
 * out the same whatever the order in which resources staged.
 *
 * One entry may be staged by several resources, of which some looked at the metadata only. The
 * entry therefore learns: content that a later look brings completes the first before, and a later
 * put of metadata alone keeps the content that is staged already.
 */
#include "harden/model/stage.h"

#include "harden/model/control.h"
#include "harden/model/stage_update.h"

#include <stdarg.h>
#include <stdio.h>

int file_state_copy(struct file_state *to, const struct file_state *from, struct error *err)
{
	struct file_state copy = *from;

	copy.link = from->link ? strdup(from->link) : NULL;
	if (from->link && !copy.link)
		return error_nomem(err);
	(void)blob_ref(copy.content); /* the references are those in copy */
	(void)blob_ref(copy.acl);
	(void)blob_ref(copy.default_acl);
	*to = copy;
	return 0;
}

void file_state_done(struct file_state *s)
{
	blob_free(s->content);
	blob_free(s->acl);
	blob_free(s->default_acl);
	free(s->link);
	*s = (struct file_state){0};
}

bool file_state_same(const struct file_state *a, const struct file_state *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == FILE_ABSENT)
		return true;
	if (a->uid != b->uid || a->gid != b->gid)
		return false;
	if (a->kind == FILE_LINK) /* a link's mode is always 0777 and means nothing */
		return str_equal(a->link, b->link);
	if (a->mode != b->mode || !blob_equal(a->acl, b->acl) ||
	    !blob_equal(a->default_acl, b->default_acl))
		return false;
	return !a->content || !b->content || blob_equal(a->content, b->content);
}

const char *file_kind_name(enum file_kind kind)
{
	static const char *const names[] = {
		[FILE_ABSENT] = "absent", [FILE_REGULAR] = "file",  [FILE_DIRECTORY] = "directory",
		[FILE_LINK] = "link",	  [FILE_SOCKET] = "socket", [FILE_OTHER] = "device",
	};

	return names[kind];
}

/* Index of the entry for path, or where it would stand. */
static size_t find_slot(const struct stage *stage, const char *path, bool *ret_found)
{
	size_t low = 0, high = stage->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(stage->files[middle].path, path);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_found = false;
	return low;
}

struct staged_file *stage_find(const struct stage *stage, const char *path)
{
	bool found;
	size_t i = find_slot(stage, path, &found);

	return found ? &stage->files[i] : NULL;
}

static void staged_file_done(struct staged_file *file)
{
	free(file->path);
	file_state_done(&file->before);
	file_state_done(&file->after);
	strv_done(&file->controls);
	strv_done(&file->impact);
}

/*
 * The phase when several resources ask. Securing a directory that exists comes first whoever else
 * wants its mode; a directory of ours is made with the first creations, before what lies in it;
 * else the later phase counts, as the order of content decides and metadata can come late.
 */
static enum stage_phase phase_merge(const struct staged_file *file, enum stage_phase phase)
{
	if (file->before.kind == FILE_ABSENT && file->after.kind == FILE_DIRECTORY)
		return PHASE_CREATE;
	if (file->before.kind == FILE_ABSENT && phase < PHASE_CREATE)
		phase = PHASE_CREATE;
	if (file->before.kind == FILE_DIRECTORY &&
	    (file->phase == PHASE_SECURE || phase == PHASE_SECURE))
		return PHASE_SECURE;
	return file->phase > phase ? file->phase : phase;
}

static void note_how(struct staged_file *file, struct stage_how how)
{
	file->phase = phase_merge(file, how.phase);
	if (how.promise > file->promise)
		file->promise = how.promise;
	file->actions |= how.actions;
}

static int note_who(const struct stage *stage, struct staged_file *file, struct error *err)
{
	if (control_ids_add(&file->controls, stage->control, err) < 0)
		return -1;
	return stage->impact ? strv_add_once(&file->impact, stage->impact, err) : 0;
}

static void remove_entry(struct stage *stage, struct staged_file *file)
{
	size_t i = (size_t)(file - stage->files);

	staged_file_done(file);
	memmove(file, file + 1, (stage->len - i - 1) * sizeof(*file));
	stage->len--;
}

static int insert_entry(struct stage *stage, size_t slot, const char *path,
			const struct file_state *before, const struct file_state *after,
			struct stage_how how, struct error *err)
{
	struct staged_file file = {.path = strdup(path), .phase = how.phase};

	if (!file.path) {
		(void)error_nomem(err);
		goto fail;
	}
	if (file_state_copy(&file.before, before, err) < 0 ||
	    file_state_copy(&file.after, after, err) < 0 || note_who(stage, &file, err) < 0 ||
	    vec_reserve((void **)&stage->files, &stage->cap, stage->len, sizeof(file), err) < 0)
		goto fail;
	note_how(&file, how);
	memmove(&stage->files[slot + 1], &stage->files[slot], (stage->len - slot) * sizeof(file));
	stage->files[slot] = file;
	stage->len++;
	stage->files[slot].generation = ++stage->generation;
	return 0;
fail:
	staged_file_done(&file);
	return -1;
}

/* Content that one side of an earlier put did not read, or a later one does not mention. */
static void complete_content(struct staged_file *file, const struct file_state *before,
			     struct file_state *after)
{
	if (file->before.kind == FILE_REGULAR && !file->before.content)
		file->before.content = blob_ref(before->content);
	if (after->kind == FILE_REGULAR && file->after.kind == FILE_REGULAR && !after->content)
		after->content = blob_ref(file->after.content);
}

static int update_entry(struct stage *stage, struct staged_file *file,
			const struct file_state *before, const struct file_state *after,
			struct stage_how how, struct error *err)
{
	struct file_state next;
	bool content_is_new;

	if (file_state_copy(&next, after, err) < 0)
		return -1;
	complete_content(file, before, &next);
	content_is_new = next.content && !file->after.content &&
			 !blob_equal(next.content, file->before.content);
	if (file_state_same(&file->before, &next)) {
		file_state_done(&next);
		remove_entry(stage, file);
		stage->generation++;
		return 0;
	}
	if (note_who(stage, file, err) < 0) {
		file_state_done(&next);
		return -1;
	}
	if (content_is_new || !file_state_same(&file->after, &next))
		file->generation = ++stage->generation;
	file_state_done(&file->after);
	file->after = next;
	note_how(file, how);
	return 0;
}

int stage_put(struct stage *stage, const char *path, const struct file_state *before,
	      const struct file_state *after, struct stage_how how, struct error *err)
{
	bool found;
	size_t slot = find_slot(stage, path, &found);
	const struct file_state *first = found ? &stage->files[slot].before : before;

	if (first->kind == FILE_REGULAR && after->kind == FILE_REGULAR && after->content &&
	    !first->content && !before->content)
		return error_set(err, ERROR_INTERNAL, 0,
				 "stage %s: new content, but the old one was not read", path);
	if (found)
		return update_entry(stage, &stage->files[slot], before, after, how, err);
	if (file_state_same(before, after))
		return 0;
	return insert_entry(stage, slot, path, before, after, how, err);
}

bool stage_is_empty(const struct stage *stage)
{
	return !stage->len && !stage->updates_len;
}

static void blocked_done(struct blocked *b)
{
	strv_done(&b->controls);
	free(b->resource);
	free(b->reason);
	free(b->next);
}

static int add_blocked(struct stage *stage, const char *resource, const char *reason,
		       const char *next, struct error *err)
{
	struct blocked b = {0};

	b.resource = strdup(resource);
	b.reason = strdup(reason);
	b.next = next ? strdup(next) : NULL;
	if (!b.resource || !b.reason || (next && !b.next)) {
		(void)error_nomem(err);
		goto fail;
	}
	if (control_ids_add(&b.controls, stage->control, err) < 0 ||
	    vec_reserve((void **)&stage->blocked, &stage->blocked_cap, stage->blocked_len,
			sizeof(b), err) < 0)
		goto fail;
	stage->blocked[stage->blocked_len++] = b;
	return 0;
fail:
	blocked_done(&b);
	return -1;
}

int stage_block(struct stage *stage, const char *resource, struct error *err, const char *next,
		const char *reason_format, ...)
{
	AUTO_FREE char *reason = NULL;
	va_list args;
	int n;

	va_start(args, reason_format);
	n = vasprintf(&reason, reason_format, args);
	va_end(args);
	if (n < 0) {
		reason = NULL;
		return error_nomem(err);
	}
	for (size_t i = 0; i < stage->blocked_len; i++) {
		struct blocked *b = &stage->blocked[i];

		if (str_equal(b->resource, resource) && str_equal(b->reason, reason))
			return control_ids_add(&b->controls, stage->control, err);
	}
	return add_blocked(stage, resource, reason, next, err);
}

static void by_hand_done(struct by_hand *b)
{
	free(b->control);
	free(b->reason);
	free(b->next);
}

int stage_by_hand(struct stage *stage, const char *reason, const char *next, struct error *err)
{
	struct by_hand b = {0};

	for (size_t i = 0; i < stage->by_hand_len; i++)
		if (str_equal(stage->by_hand[i].control, stage->control) &&
		    str_equal(stage->by_hand[i].reason, reason))
			return 0;
	if (vec_reserve((void **)&stage->by_hand, &stage->by_hand_cap, stage->by_hand_len,
			sizeof(b), err) < 0)
		return -1;
	b.control = stage->control ? strdup(stage->control) : NULL;
	b.reason = strdup(reason);
	b.next = next ? strdup(next) : NULL;
	if ((stage->control && !b.control) || !b.reason || (next && !b.next)) {
		by_hand_done(&b);
		return error_nomem(err);
	}
	stage->by_hand[stage->by_hand_len++] = b;
	return 0;
}

void stage_new_pass(struct stage *stage)
{
	for (size_t i = 0; i < stage->blocked_len; i++)
		blocked_done(&stage->blocked[i]);
	for (size_t i = 0; i < stage->by_hand_len; i++)
		by_hand_done(&stage->by_hand[i]);
	stage->blocked_len = 0;
	stage->by_hand_len = 0;
}

static int copy_files(struct stage *to, const struct stage *from, struct error *err)
{
	for (size_t i = 0; i < from->len; i++) {
		const struct staged_file *f = &from->files[i];
		struct stage_how how = {f->phase, f->promise, f->actions};

		if (insert_entry(to, to->len, f->path, &f->before, &f->after, how, err) < 0 ||
		    strv_copy(&to->files[i].controls, &f->controls, err) < 0 ||
		    strv_copy(&to->files[i].impact, &f->impact, err) < 0)
			return -1;
	}
	return 0;
}

static int copy_lists(struct stage *to, const struct stage *from, struct error *err)
{
	for (size_t i = 0; i < from->blocked_len; i++) {
		const struct blocked *b = &from->blocked[i];

		if (add_blocked(to, b->resource, b->reason, b->next, err) < 0 ||
		    strv_copy(&to->blocked[i].controls, &b->controls, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < from->by_hand_len; i++) {
		const struct by_hand *b = &from->by_hand[i];

		to->control = b->control;
		if (stage_by_hand(to, b->reason, b->next, err) < 0)
			return -1;
	}
	return 0;
}

int stage_copy(struct stage *to, const struct stage *from, struct error *err)
{
	struct stage copy = {0};

	if (copy_files(&copy, from, err) < 0 || stage_copy_updates(&copy, from, err) < 0 ||
	    copy_lists(&copy, from, err) < 0) {
		stage_done(&copy);
		return -1;
	}
	copy.control = from->control;
	copy.impact = from->impact;
	copy.waiver = from->waiver;
	copy.generation = from->generation;
	*to = copy;
	return 0;
}

void stage_done(struct stage *stage)
{
	stage_new_pass(stage);
	for (size_t i = 0; i < stage->len; i++)
		staged_file_done(&stage->files[i]);
	stage_free_updates(stage);
	free(stage->files);
	free(stage->blocked);
	free(stage->by_hand);
	*stage = (struct stage){0};
}

/* Directories that exist go first whatever asked for them: they guard what lies inside. */
static enum stage_phase commit_phase(const struct staged_file *file)
{
	bool is_guard = file->before.kind == FILE_DIRECTORY && file->after.kind == FILE_DIRECTORY;

	return is_guard ? PHASE_SECURE : file->phase;
}

/* Removals end a phase, children before their parents; all else goes parents first. */
static int commit_order(const void *a, const void *b)
{
	const struct staged_file *x = *(struct staged_file *const *)a;
	const struct staged_file *y = *(struct staged_file *const *)b;
	bool x_goes = x->after.kind == FILE_ABSENT, y_goes = y->after.kind == FILE_ABSENT;

	if (commit_phase(x) != commit_phase(y))
		return commit_phase(x) < commit_phase(y) ? -1 : 1;
	if (x_goes != y_goes)
		return x_goes ? 1 : -1;
	return x_goes ? strcmp(y->path, x->path) : strcmp(x->path, y->path);
}

int stage_ordered(const struct stage *stage, struct staged_file ***ret_files, struct error *err)
{
	struct staged_file **files = calloc(stage->len + 1, sizeof(struct staged_file *));

	if (!files)
		return error_nomem(err);
	for (size_t i = 0; i < stage->len; i++)
		files[i] = &stage->files[i];
	qsort(files, stage->len, sizeof(*files), commit_order);
	*ret_files = files;
	return 0;
}
