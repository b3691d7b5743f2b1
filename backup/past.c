// SPDX-License-Identifier: Apache-2.0
/*
 * The runs since then kept what they found, each with its time of change: the youngest that was
 * already so at the moment is the answer. Journals count whole seconds: a run of the same second may
 * have come first (an apply that ends with a restart), so it is no witness.
 */
#include "backup/past.h"

#include "backup/state.h"

/* RFC 3339 in UTC, as the journal writes it; 0 when it is none. */
static time_t parse_time(const char *text)
{
	struct tm tm = {0};

	return text && strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) ? timegm(&tm) : 0;
}

static bool is_after(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

/* Live-restore written for the moment of a restart; what it found came back, but for that key. */
static bool is_hold(const struct run *run)
{
	return str_equal(run->verb, "settle");
}

struct past {
	const struct file_record *before; /* NULL: none yet */
	bool unsure;
};

static void consider(struct past *past, const struct run *run, const struct intent *intent,
		     struct timespec when)
{
	const struct file_record *before = &intent->before;
	time_t begun = parse_time(run->time), undone = parse_time(run->undone_time);

	if (is_hold(run) && (!undone || begun > when.tv_sec || undone < when.tv_sec))
		return;
	if (!is_hold(run) && undone && undone >= when.tv_sec) {
		/* what it had written is not kept, and what came back has an old time */
		past->unsure = true;
		return;
	}
	if ((!is_hold(run) && begun <= when.tv_sec) || is_after(before->mtime, when))
		return;
	if (!past->before || is_after(before->mtime, past->before->mtime))
		past->before = before;
}

int backup_past_content(struct backup *b, const char *path, struct timespec when,
			struct blob **ret_content, struct error *err)
{
	AUTO(runs) struct runs runs = {0};
	struct past past = {0};

	if (backup_history(b, &runs, err) < 0)
		return -1;
	for (size_t i = 0; i < runs.len; i++) {
		const struct intent *intent = run_intent(&runs.items[i], path);

		if (intent && intent_changes_content(intent))
			consider(&past, &runs.items[i], intent, when);
	}
	if (!past.before || past.unsure)
		return 0;
	*ret_content = NULL;
	if (past.before->kind == FILE_ABSENT)
		return 1;
	if (past.before->kind != FILE_REGULAR)
		return 0;
	return store_get(&b->store, past.before->sha256, ret_content, err) < 0 ? -1 : 1;
}
