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

static bool is_later(struct timespec a, struct timespec b)
{
	return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

/* RFC 3339 in UTC, as the journal writes it; 0 when it is none. */
static time_t parse_time(const char *text)
{
	struct tm tm = {0};

	return text && strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) ? timegm(&tm) : 0;
}

/* What the file was before the first change of a run, or of its undo, that came after the start. */
struct found {
	time_t time; /* 0: none */
	const struct file_record *before;
};

static void consider(struct found *f, time_t time, const struct file_record *before, time_t since)
{
	if (time >= since && (!f->time || time <= f->time))
		*f = (struct found){time, before};
}

static bool is_hold(const struct run *run)
{
	return str_equal(run->verb,
			 "settle"); /* live-restore for the moment, which the engine shows */
}

/*
 * The journal counts whole seconds. A daemon started by us while live-restore was held was started
 * after what the run changed, though in the same second perhaps.
 */
static time_t first_second(const struct runs *runs, time_t began)
{
	for (size_t i = 0; i < runs->len; i++) {
		const struct run *run = &runs->items[i];

		if (is_hold(run) && parse_time(run->time) <= began &&
		    parse_time(run->undone_time) >= began)
			return began + 1;
	}
	return began;
}

/* Newest first, so that of one second the oldest is found last. */
static struct found first_change(const struct runs *runs, const char *path, time_t since)
{
	struct found f = {0};

	for (size_t i = 0; i < runs->len; i++) {
		const struct run *run = &runs->items[i];
		const struct intent *intent = is_hold(run) ? NULL : run_intent(run, path);

		if (!intent || !intent_changes_content(intent))
			continue;
		consider(&f, parse_time(run->undone_time), &intent->after, since);
		consider(&f, parse_time(run->time), &intent->before, since);
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
	if (is_later(record->mtime, now->running.process.began) && record->mtime.tv_sec)
		return 0; /* somebody else changed it after the start, before the run */
	if (str_equal(record->sha256, current_sha))
		return use_current(now, err);
	if (store_get(&b->store, record->sha256, &content, NULL) < 0)
		return 0; /* what a run leaves is not kept, only what it finds */
	if (parse_config(now->written, content, &now->origin.config, NULL) == 0)
		now->origin.known = true; /* broken: it cannot have started with it */
	return 0;
}

int settle_look_origin(struct backup *b, struct settle_now *now, struct error *err)
{
	AUTO(runs) struct runs runs = {0};
	AUTO(look) struct look look = {0};
	AUTO(file_record) struct file_record current = {0};
	struct timespec began = now->running.process.began;
	struct found f;

	if (look_file(&now->host, now->written->config_path, 0, &look, err) < 0)
		return -1;
	if (look.state.kind == FILE_REGULAR && !is_later(look.state.ctime, began))
		return use_current(now, err);
	if (b && backup_history(b, &runs, err) < 0)
		return -1;
	f = first_change(&runs, look.path, first_second(&runs, began.tv_sec));
	if (!f.time && (look.state.kind == FILE_ABSENT || !is_later(look.state.mtime, began)))
		return use_current(now, err); /* its owner or mode changed, no more */
	if (!f.time || !b)
		return 0;
	if (look.state.kind == FILE_REGULAR &&
	    file_observe(b->root_fd, look.path, OBSERVE_DIGEST, &current, NULL, err) < 0)
		return -1;
	return use_record(b, now, f.before, current.sha256, err);
}
