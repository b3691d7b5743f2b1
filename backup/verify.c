// SPDX-License-Identifier: Apache-2.0
/*
 * Verify: whether the store still holds, whole, what the runs need to be undone.
 */
#include "backup/verify.h"

#include "harden/host/change_state.h"

void backup_check_done(struct backup_check *c)
{
	strv_done(&c->broken);
	*c = (struct backup_check){0};
}

bool intent_needs_original(const struct intent *i)
{
	return i->before.kind == FILE_REGULAR && intent_changes_content(i);
}

static bool may_be_undone(const struct run *run)
{
	return run->state == RUN_STANDING || run->state == RUN_OPEN || run->state == RUN_UNDOING;
}

int verify_run(struct backup *b, const struct run *run, struct backup_check *check,
	       struct error *err)
{
	for (size_t i = 0; i < run->len; i++) {
		const struct intent *intent = &run->intents[i];
		AUTO_PTR(blob) struct blob *content = NULL;
		AUTO(error) struct error bad = {0};

		if (!intent_needs_original(intent))
			continue;
		check->objects++;
		if (store_get(&b->store, intent->before.sha256, &content, &bad) < 0 &&
		    strv_addf(&check->broken, err, "run %s: %s: %s", run->id, intent->path,
			      error_message(&bad)) < 0)
			return -1;
	}
	return 0;
}

static int check_runs(struct backup *b, const struct runs *runs, struct backup_check *check,
		      struct error *err)
{
	for (size_t i = 0; i < runs->len; i++) {
		const struct run *run = &runs->items[i];

		check->runs++;
		if (run->state == RUN_BROKEN &&
		    strv_addf(&check->broken, err, "run %s: %s", run->id,
			      error_message(&run->problem)) < 0)
			return -1;
		if (may_be_undone(run) && verify_run(b, run, check, err) < 0)
			return -1;
	}
	return 0;
}

int backup_verify(struct backup *b, struct backup_check *ret_check, struct error *err)
{
	AUTO(runs) struct runs runs = {0};
	AUTO(backup_check) struct backup_check check = {0};

	if (backup_history(b, &runs, err) < 0 || check_runs(b, &runs, &check, err) < 0)
		return -1;
	*ret_check = check;
	check = (struct backup_check){0};
	return 0;
}
