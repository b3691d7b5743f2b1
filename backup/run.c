// SPDX-License-Identifier: Apache-2.0
/*
 * Runs and intents as data.
 */
#include "backup/run.h"

const char *run_state_name(enum run_state state)
{
	static const char *const names[] = {
		[RUN_OPEN] = "open",	 [RUN_STANDING] = "standing", [RUN_UNDOING] = "undoing",
		[RUN_UNDONE] = "undone", [RUN_FAILED] = "failed",     [RUN_BROKEN] = "broken",
	};

	return names[state];
}

bool intent_changes_content(const struct intent *intent)
{
	const struct file_record *b = &intent->before, *a = &intent->after;

	if (b->kind != a->kind)
		return true;
	return !str_equal(b->sha256, a->sha256) || !str_equal(b->link, a->link);
}

const char *intent_action(const struct intent *intent)
{
	if (intent->before.kind == FILE_ABSENT)
		return "create";
	if (intent->after.kind == FILE_ABSENT)
		return "delete";
	return intent_changes_content(intent) ? "modify" : "metadata";
}

bool intent_is_guard(const struct intent *intent)
{
	return intent->before.kind == FILE_DIRECTORY && intent->after.kind == FILE_DIRECTORY;
}

bool run_has_guard(const struct run *run)
{
	for (size_t i = 0; i < run->len; i++)
		if (intent_is_guard(&run->intents[i]))
			return true;
	return false;
}

struct intent *run_intent(const struct run *run, const char *path)
{
	for (size_t i = 0; i < run->len; i++)
		if (str_equal(run->intents[i].path, path))
			return &run->intents[i];
	return NULL;
}

struct update_intent *run_update(const struct run *run, const struct update *like)
{
	for (size_t i = 0; i < run->updates_len; i++)
		if (run->updates[i].update.kind == like->kind &&
		    str_equal(run->updates[i].update.id, like->id))
			return &run->updates[i];
	return NULL;
}

size_t run_change_count(const struct run *run)
{
	return run->len + run->updates_len;
}

void update_intent_done(struct update_intent *intent)
{
	update_done(&intent->update);
	free(intent->engine);
	strv_done(&intent->controls);
	*intent = (struct update_intent){0};
}

void intent_done(struct intent *intent)
{
	free(intent->path);
	free(intent->temp);
	file_record_done(&intent->before);
	file_record_done(&intent->after);
	strv_done(&intent->controls);
	*intent = (struct intent){0};
}

void run_done(struct run *run)
{
	free(run->id);
	free(run->time);
	free(run->verb);
	free(run->version);
	free(run->recipe_sha256);
	free(run->root);
	free(run->undone_time);
	free(run->undone_why);
	strv_done(&run->forced);
	for (size_t i = 0; i < run->len; i++)
		intent_done(&run->intents[i]);
	free(run->intents);
	for (size_t i = 0; i < run->updates_len; i++)
		update_intent_done(&run->updates[i]);
	free(run->updates);
	error_done(&run->problem);
	*run = (struct run){0};
}

void runs_done(struct runs *runs)
{
	for (size_t i = 0; i < runs->len; i++)
		run_done(&runs->items[i]);
	free(runs->items);
	*runs = (struct runs){0};
}

struct run *runs_find(const struct runs *runs, const char *id)
{
	for (size_t i = 0; i < runs->len; i++)
		if (str_equal(runs->items[i].id, id))
			return &runs->items[i];
	return NULL;
}
