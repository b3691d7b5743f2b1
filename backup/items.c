// SPDX-License-Identifier: Apache-2.0
/*
 * The net effect of undoing one or several runs. An original that is missing from the store leaves
 * its content NULL here; undoing it will fail with the reason.
 */
#include "backup/items.h"

#include "harden/host/change_walk.h"

static struct backup_item *find_item(struct backup_result *result, const char *path)
{
	for (size_t i = 0; i < result->items_len; i++)
		if (str_equal(result->items[i].path, path))
			return &result->items[i];
	return NULL;
}

#if !defined(__clang__)
#pragma GCC diagnostic push
/* gcc 12 loses what is stored in an array that came through vec_reserve()'s void ** */
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
/* Takes path, also on failure. */
static int new_item(char *path, struct backup_result *result, struct error *err)
{
	if (!path)
		return error_nomem(err);
	if (vec_reserve((void **)&result->items, &result->items_cap, result->items_len,
			sizeof(*result->items), err) < 0) {
		free(path);
		return -1;
	}
	result->items[result->items_len++] = (struct backup_item){.path = path};
	return 0;
}

#if !defined(__clang__)
#pragma GCC diagnostic pop
#endif

static int add_intent(const struct intent *intent, struct backup_result *result, struct error *err)
{
	struct backup_item *item = find_item(result, intent->path);

	if (!item) {
		if (new_item(strdup(intent->path), result, err) < 0)
			return -1;
		item = &result->items[result->items_len - 1];
	}
	file_record_done(&item->restored);
	if (file_record_copy(&item->restored, &intent->before, err) < 0)
		return -1;
	if (intent->promise > item->promise)
		item->promise = intent->promise;
	item->actions |= intent->actions;
	return 0;
}

int items_add(struct backup *b, const struct run *run, struct backup_result *result,
	      struct error *err)
{
	(void)b; /* looked at by items_finish() */
	for (size_t i = 0; i < run->len; i++)
		if (add_intent(&run->intents[i], result, err) < 0)
			return -1;
	return 0;
}

static const char *action_of(const struct backup_item *item)
{
	if (item->restored.kind == FILE_ABSENT)
		return "delete";
	if (item->present.kind == FILE_ABSENT)
		return "create";
	return file_record_difference(&item->restored, &item->present) &&
			       (!str_equal(item->restored.sha256, item->present.sha256) ||
				!str_equal(item->restored.link, item->present.link))
		       ? "modify"
		       : "metadata";
}

/* Returns 1 when there is something to restore. */
static int fill_item(struct backup *b, struct backup_item *item, struct error *err)
{
	AUTO(error) struct error ignored = {0};
	struct stat seen;

	if (file_observe(b->root_fd, item->path, OBSERVE_DIGEST, &item->present, &seen, err) < 0)
		return -1;
	if (!file_record_difference(&item->restored, &item->present) &&
	    xattrs_equal(&item->restored.xattrs, &item->present.xattrs))
		return 0;
	item->action = action_of(item);
	if (str_equal(item->action, "metadata"))
		return 1;
	if (item->present.kind == FILE_REGULAR)
		(void)file_content(b->root_fd, item->path, &seen, &item->present_content,
				   &ignored); /* too large to show */
	if (item->restored.kind == FILE_REGULAR)
		(void)store_get(&b->store, item->restored.sha256, &item->restored_content,
				&ignored); /* undoing it will say why */
	return 1;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct backup_item *)a)->path, ((const struct backup_item *)b)->path);
}

int items_finish(struct backup *b, struct backup_result *result, struct error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < result->items_len; i++) {
		int r = fill_item(b, &result->items[i], err);

		if (r < 0)
			return -1;
		if (r == 0)
			backup_item_done(&result->items[i]);
		else if (i != kept++) {
			result->items[kept - 1] = result->items[i];
			result->items[i] = (struct backup_item){0};
		}
	}
	result->items_len = kept;
	if (kept)
		qsort(result->items, kept, sizeof(*result->items), by_path);
	return 0;
}
