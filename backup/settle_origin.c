// SPDX-License-Identifier: Apache-2.0
/*
 * Which daemon.json a daemon read that was started before the file's last change. Nothing is
 * recorded for this: the file's change time says whether the question comes up at all, and then the
 * first run after the start tells, as it kept what it found.
 *
 * A change of somebody else between the two is seen by the time of what the run found. What cannot
 * be told is unknown, and then only a restart makes it sure.
 */
#include "backup/settle_look.h"

#include "backup/journal.h"
#include "backup/state.h"
#include "harden/host/change_walk.h"
#include "harden/text/json.h"

#include <string.h>

/*
 * A start is known to 10 ms, rounded down; what was written or noted just before must not count as
 * later. Nobody starts a daemon and has a run done within that time.
 */
#define SLACK_MS 50

static int64_t to_ms(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool is_later(struct timespec t, int64_t began_ms)
{
	return to_ms(t) > began_ms + SLACK_MS;
}

/* What the file was before the first change of a run, or of its undo, that came after the start. */
struct found {
	int64_t ms; /* 0: none */
	const struct file_record *before;
	bool undo;
};

static void consider(struct found *f, struct found one, int64_t began_ms)
{
	if (one.ms > began_ms + SLACK_MS && (!f->ms || one.ms <= f->ms))
		*f = one;
}

static bool is_hold(const struct run *run)
{
	return str_equal(run->verb, "settle"); /* for a moment only, and the engine shows it */
}

static struct found first_change(const struct runs *runs, const char *path, int64_t began_ms)
{
	struct found f = {0};

	for (size_t i = 0; i < runs->len; i++) {
		const struct run *run = &runs->items[i];
		const struct intent *intent = is_hold(run) ? NULL : run_intent(run, path);

		if (!intent || !intent_changes_content(intent))
			continue;
		consider(&f, (struct found){run->undone_ms, &intent->after, true}, began_ms);
		consider(&f, (struct found){run->committed_ms, &intent->before, false}, began_ms);
	}
	return f;
}

static int parse_config(const struct dockerd *d, const struct blob *content, struct value **ret,
			struct error *err)
{
	if (!content)
		return 0;
	return json_read_flags(content->data, content->len, d->config_path,
			       JSON_ALLOW_BOM | JSON_ALLOW_EMPTY, ret, err);
}

static int use_current(struct settle_now *now, struct error *err)
{
	const struct dockerd *d = now->written;

	now->origin.config = d->config ? value_copy(d->config) : NULL;
	if (d->config && !now->origin.config)
		return error_nomem(err);
	now->origin.known = true;
	return 0;
}

static int use_record(struct backup *b, struct settle_now *now, const struct file_record *record,
		      const char *current_sha, struct error *err)
{
	AUTO_PTR(blob) struct blob *content = NULL;

	if (record->kind != FILE_REGULAR) {
		now->origin.known = record->kind == FILE_ABSENT;
		return 0;
	}
	if (is_later(record->mtime, to_ms(now->running.process.began)))
		return 0; /* somebody else changed it after the start, before the run */
	if (str_equal(record->sha256, current_sha))
		return use_current(now, err);
	if (store_get(&b->store, record->sha256, &content, NULL) < 0)
		return 0; /* only what a run finds is kept, not what it leaves */
	if (parse_config(now->written, content, &now->origin.config, NULL) == 0)
		now->origin.known = true; /* broken: it cannot have started with it */
	return 0;
}

int settle_look_origin(struct backup *b, struct settle_now *now, struct error *err)
{
	AUTO(runs) struct runs runs = {0};
	AUTO(look) struct look look = {0};
	AUTO(file_record) struct file_record current = {0};
	int64_t began = to_ms(now->running.process.began);
	struct found f;

	if (look_file(&now->host, now->written->config_path, 0, &look, err) < 0)
		return -1;
	if (look.state.kind == FILE_REGULAR && !is_later(look.state.ctime, began))
		return use_current(now, err);
	if (b && backup_history(b, &runs, err) < 0)
		return -1;
	f = first_change(&runs, look.path, began);
	if (!f.ms && (look.state.kind == FILE_ABSENT || !is_later(look.state.mtime, began)))
		return use_current(now, err); /* its owner or mode changed, no more */
	if (!f.ms || !b)
		return 0;
	if (look.state.kind == FILE_REGULAR &&
	    file_observe(b->root_fd, look.path, OBSERVE_DIGEST, &current, NULL, err) < 0)
		return -1;
	if (use_record(b, now, f.before, current.sha256, err) < 0)
		return -1;
	/* the file of before a run that is undone: a dockerd ran with it then */
	now->origin.ours = !now->origin.known && f.undo &&
			   (look.state.kind == FILE_ABSENT || !is_later(look.state.mtime, began));
	return 0;
}
