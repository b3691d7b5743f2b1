// SPDX-License-Identifier: Apache-2.0
/*
 * Prune: forgetting runs, and what nobody needs any more.
 */
#include "backup/backup.h"

#include "backup/state.h"
#include "backup/verify.h"
#include "harden/host/change_state.h"

#define DAY (24 * 60 * 60)

void prune_result_done(struct prune_result *r)
{
	strv_done(&r->runs);
	*r = (struct prune_result){0};
}

static bool is_old(const struct run *run, unsigned keep_days)
{
	return keep_days == 0 || journal_id_time(run->id) + (time_t)keep_days * DAY < time(NULL);
}

static int check_named(const struct runs *runs, const struct strv *named, struct error *err)
{
	for (size_t i = 0; named && i < named->len; i++) {
		const struct run *run = runs_find(runs, named->items[i]);

		if (!run)
			return error_set(err, ERROR_USAGE, 0, "there is no run %s",
					 named->items[i]);
		if (run->state == RUN_OPEN || run->state == RUN_UNDOING) {
			(void)error_set(err, ERROR_USAGE, 0, "run %s is %s", run->id,
					run_state_name(run->state));
			error_next(err, "run harden recover first");
			return -1;
		}
	}
	return 0;
}

static bool goes(const struct run *run, const struct prune_options *options)
{
	if (options->runs && options->runs->len)
		return strv_has(options->runs, run->id);
	return (run->state == RUN_UNDONE || run->state == RUN_FAILED) &&
	       is_old(run, options->keep_days);
}

/* What a run that remains refers to, undone ones too: their bytes may be wanted by a person. */
static int add_needed(const struct run *run, struct strv *needed, struct error *err)
{
	for (size_t i = 0; i < run->len; i++)
		if (intent_needs_original(&run->intents[i]) &&
		    strv_add(needed, run->intents[i].before.sha256, err) < 0)
			return -1;
	for (size_t i = 0; i < run->forced.len; i++) {
		const char *sha256 = strrchr(run->forced.items[i], ' ');

		if (sha256 && strv_add(needed, sha256 + 1, err) < 0)
			return -1;
	}
	return 0;
}

static bool has_sorted(const struct strv *v, const char *text)
{
	size_t low = 0, high = v->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(v->items[middle], text);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static int prune_runs(struct backup *b, const struct runs *runs,
		      const struct prune_options *options, struct strv *needed, bool *ret_unknown,
		      struct prune_result *result, struct error *err)
{
	*ret_unknown = false;
	for (size_t i = 0; i < runs->len; i++) {
		const struct run *run = &runs->items[i];

		if (!goes(run, options)) {
			*ret_unknown = *ret_unknown || run->state == RUN_BROKEN;
			if (add_needed(run, needed, err) < 0)
				return -1;
			continue;
		}
		if (strv_add(&result->runs, run->id, err) < 0 ||
		    (!options->dry_run && journal_remove(b->runs_fd, run->id, err) < 0))
			return -1;
	}
	strv_sort(needed);
	return 0;
}

static int prune_objects(struct backup *b, const struct strv *needed, bool dry_run,
			 struct prune_result *result, struct error *err)
{
	AUTO(strv) struct strv objects = {0};

	if (store_list(&b->store, &objects, err) < 0)
		return -1;
	for (size_t i = 0; i < objects.len; i++) {
		const char *sha256 = objects.items[i];

		if (has_sorted(needed, sha256))
			continue;
		result->objects++;
		result->bytes += store_size(&b->store, sha256);
		if (!dry_run && store_remove(&b->store, sha256, err) < 0)
			return -1;
	}
	return 0;
}

int backup_prune(struct backup *b, const struct prune_options *options,
		 struct prune_result *ret_result, struct error *err)
{
	AUTO(runs) struct runs runs = {0};
	AUTO(strv) struct strv needed = {0};
	AUTO(prune_result) struct prune_result result = {0};
	bool unknown;

	if (backup_history(b, &runs, err) < 0 || check_named(&runs, options->runs, err) < 0 ||
	    prune_runs(b, &runs, options, &needed, &unknown, &result, err) < 0)
		return -1;
	/* a journal that cannot be read may need any of them */
	if (!unknown && prune_objects(b, &needed, options->dry_run, &result, err) < 0)
		return -1;
	*ret_result = result;
	result = (struct prune_result){0};
	return 0;
}
