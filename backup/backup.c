// SPDX-License-Identifier: Apache-2.0
/*
 * Opening the state directory, and the results as data.
 */
#include "backup/backup.h"

#include "backup/state.h"
#include "harden/host/change_state.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>

#define STATE_DEFAULT "var/lib/harden"

void backup_free(struct backup *b)
{
	if (!b)
		return;
	store_done(&b->store);
	if (b->runs_fd >= 0)
		(void)close(b->runs_fd); /* read only */
	if (b->state_fd >= 0)
		(void)close(b->state_fd); /* gives the lock back */
	free(b->state_dir);
	free(b->shown);
	free(b);
}

const char *backup_state_dir(const struct backup *b)
{
	return b->shown;
}

static struct backup *new_backup(int root_fd, const char *root, const char *state_dir,
				 enum backup_access access)
{
	AUTO_PTR(backup) struct backup *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->root_fd = root_fd;
	b->state_fd = b->runs_fd = b->store.dir = -1;
	b->access = access;
	b->below_root = !state_dir;
	b->state_dir = strdup(state_dir ? state_dir : STATE_DEFAULT);
	if (state_dir)
		b->shown = strdup(state_dir);
	else
		b->shown = str_format("%s%s" STATE_DEFAULT, root, str_ends(root, "/") ? "" : "/");
	return b->state_dir && b->shown ? take_ptr(&b) : NULL;
}

/* Opens the state directory and what is in it. Returns 1, or 0 when there is none. */
static int open_state(struct backup *b, bool create, struct error *err)
{
	unsigned flags = (create ? STATE_CREATE : 0) | (b->below_root ? 0 : STATE_FOLLOW_PARENTS);
	AUTO_CLOSE int fd = -1;
	int r = state_open(b->below_root ? b->root_fd : AT_FDCWD, b->state_dir, b->shown, flags,
			   &fd, err);

	if (r <= 0)
		return r;
	if (b->access == BACKUP_WRITE && state_lock(fd, b->shown, err) < 0)
		return -1;
	if ((b->runs_fd < 0 && state_subdir(fd, "runs", create, &b->runs_fd, err) < 0) ||
	    (b->store.dir < 0 && store_open(fd, create, &b->store, err) < 0))
		return -1;
	if (create && state_sync(fd, err) < 0)
		return -1;
	b->state_fd = take_fd(&fd);
	return 1;
}

int backup_open(int root_fd, const char *root, const char *state_dir, enum backup_access access,
		struct backup **ret_backup, struct error *err)
{
	AUTO_PTR(backup) struct backup *b = new_backup(root_fd, root, state_dir, access);

	if (!b)
		return error_nomem(err);
	if (open_state(b, false, err) < 0) {
		error_resource(err, b->shown);
		return -1;
	}
	*ret_backup = take_ptr(&b);
	return 0;
}

int backup_make_state(struct backup *b, struct error *err)
{
	if (b->state_fd < 0)
		return open_state(b, true, err) < 0 ? -1 : 0;
	if (b->runs_fd >= 0 && b->store.dir >= 0)
		return 0;
	if ((b->runs_fd < 0 && state_subdir(b->state_fd, "runs", true, &b->runs_fd, err) < 0) ||
	    (b->store.dir < 0 && store_open(b->state_fd, true, &b->store, err) < 0))
		return -1;
	return state_sync(b->state_fd, err);
}

int backup_run_ids(const struct backup *b, struct strv *ret_ids, struct error *err)
{
	AUTO(strv) struct strv names = {0}, ids = {0};

	if (b->runs_fd >= 0 && state_list(b->runs_fd, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++)
		if (journal_is_id(names.items[i]) && strv_add(&ids, names.items[i], err) < 0)
			return -1;
	*ret_ids = ids;
	ids = (struct strv){0};
	return 0;
}

int backup_history(struct backup *b, struct runs *ret_runs, struct error *err)
{
	AUTO(strv) struct strv ids = {0};
	AUTO(runs) struct runs runs = {0};

	if (backup_run_ids(b, &ids, err) < 0)
		return -1;
	for (size_t i = ids.len; i > 0; i--) {
		int r;

		if (vec_reserve((void **)&runs.items, &runs.cap, runs.len, sizeof(*runs.items),
				err) < 0)
			return -1;
		r = journal_read(b->runs_fd, ids.items[i - 1], &runs.items[runs.len], err);
		if (r < 0)
			return -1;
		runs.len += r > 0;
	}
	*ret_runs = runs;
	runs = (struct runs){0};
	return 0;
}

static void notes_done(struct backup_notes *notes)
{
	for (size_t i = 0; i < notes->len; i++) {
		free(notes->items[i].path);
		free(notes->items[i].text);
	}
	free(notes->items);
	*notes = (struct backup_notes){0};
}

int note_add(struct backup_notes *notes, const char *path, struct error *err, const char *format,
	     ...)
{
	struct backup_note note = {0};
	va_list args;
	int n;

	if (vec_reserve((void **)&notes->items, &notes->cap, notes->len, sizeof(note), err) < 0)
		return -1;
	va_start(args, format);
	n = vasprintf(&note.text, format, args);
	va_end(args);
	if (n < 0)
		return error_nomem(err);
	note.path = strdup(path);
	if (!note.path) {
		free(note.text);
		return error_nomem(err);
	}
	notes->items[notes->len++] = note;
	return 0;
}

void backup_item_done(struct backup_item *item)
{
	free(item->path);
	file_record_done(&item->present);
	file_record_done(&item->restored);
	blob_free(item->present_content);
	blob_free(item->restored_content);
	*item = (struct backup_item){0};
}

void backup_result_done(struct backup_result *r)
{
	strv_done(&r->runs);
	error_done(&r->error);
	notes_done(&r->conflicts);
	notes_done(&r->stands);
	notes_done(&r->kept);
	notes_done(&r->notes);
	strv_done(&r->warnings);
	for (size_t i = 0; i < r->items_len; i++)
		backup_item_done(&r->items[i]);
	free(r->items);
	for (size_t i = 0; i < r->objects_len; i++) {
		free(r->objects[i].resource);
		free(r->objects[i].diff);
	}
	free(r->objects);
	*r = (struct backup_result){0};
}
