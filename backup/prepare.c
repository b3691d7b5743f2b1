// SPDX-License-Identifier: Apache-2.0
/*
 * The digest of a regular file is recorded also when only its mode changes: rollback has to tell
 * whether somebody else changed it. Its bytes are copied only if they will be lost, so that keys
 * do not come to lie in the store.
 */
#include "backup/prepare.h"

#include "harden/host/change_state.h"
#include "harden/host/change_walk.h"
#include "harden/text/digest.h"

static int check_content(const struct staged_file *file, const struct file_record *record,
			 struct error *err)
{
	char sha256[DIGEST_HEX_SIZE];

	if (!file->before.content || !record->sha256[0])
		return 0;
	if (digest_sha256(file->before.content->data, file->before.content->len, sha256, err) < 0)
		return -1;
	if (!str_equal(sha256, record->sha256))
		return error_set(err, ERROR_CONFLICT, 0, "%s has other bytes than the plan saw",
				 file->path);
	return 0;
}

static int check_seen(const struct staged_file *file, const struct file_record *record,
		      const struct stat *seen, struct error *err)
{
	if (record->kind == FILE_ABSENT && file->before.kind == FILE_ABSENT)
		return 0;
	if (record->kind == FILE_ABSENT)
		return error_set(err, ERROR_CONFLICT, 0, "%s was removed since the plan was made",
				 file->path);
	if (file->before.kind == FILE_ABSENT)
		return error_set(err, ERROR_CONFLICT, 0, "%s was created since the plan was made",
				 file->path);
	if (!seen_matches(seen, &file->before))
		return error_set(err, ERROR_CONFLICT, 0, "%s changed since the plan was made",
				 file->path);
	if (record->kind == FILE_REGULAR && seen->st_nlink > 1)
		return error_set(err, ERROR_UNSAFE, 0, "%s has %lu links", file->path,
				 (unsigned long)seen->st_nlink);
	return check_content(file, record, err);
}

int prepare_check(const struct backup *b, const struct staged_file *file, unsigned observe_flags,
		  struct file_record *ret_record, struct stat *ret_seen, struct error *err)
{
	struct file_record record;
	struct stat seen;

	if (file_observe(b->root_fd, file->path, observe_flags, &record, &seen, err) < 0)
		return -1;
	if (check_seen(file, &record, &seen, err) < 0) {
		file_record_done(&record);
		error_next(err, "look at it, then run the plan again");
		return -1;
	}
	*ret_record = record;
	*ret_seen = seen;
	return 0;
}

static bool is_plain(enum file_kind kind)
{
	return kind == FILE_ABSENT || kind == FILE_REGULAR || kind == FILE_LINK;
}

static int check_kinds(const struct staged_file *file, struct error *err)
{
	enum file_kind before = file->before.kind, after = file->after.kind;

	if (before == after || (is_plain(before) && is_plain(after)))
		return 0;
	if ((before == FILE_ABSENT && after == FILE_DIRECTORY) ||
	    (before == FILE_DIRECTORY && after == FILE_ABSENT))
		return 0;
	return error_set(err, ERROR_UNSAFE, 0, "%s is a %s and does not become a %s", file->path,
			 file_kind_name(before), file_kind_name(after));
}

/* The digest of the bytes the file will have. */
static int promise_digest(const struct staged_file *file, struct file_record *after,
			  struct error *err)
{
	const struct blob *content = file->after.content;

	if (after->kind != FILE_REGULAR) {
		after->sha256[0] = '\0';
		return 0;
	}
	if (file->before.kind == FILE_REGULAR && !content)
		return 0; /* as before */
	return digest_sha256(content ? content->data : "", content ? content->len : 0,
			     after->sha256, err);
}

static int name_temp(struct intent *intent, struct error *err)
{
	char random[17];
	bool needed = intent_changes_content(intent) && intent->before.kind != FILE_DIRECTORY &&
		      intent->after.kind != FILE_DIRECTORY;

	if (needed && state_random(random, 8, err) < 0)
		return -1;
	intent->temp = needed ? str_format(".harden-%s", random) : strdup("");
	return intent->temp ? 0 : error_nomem(err);
}

/* Fills intent, which the caller releases also on failure. */
static int fill_intent(const struct backup *b, const struct staged_file *file,
		       struct intent *intent, struct error *err)
{
	struct stat seen;

	if (check_kinds(file, err) < 0 ||
	    prepare_check(b, file, OBSERVE_DIGEST, &intent->before, &seen, err) < 0 ||
	    file_record_promise(&intent->before, &file->after, &intent->after, err) < 0 ||
	    promise_digest(file, &intent->after, err) < 0 || name_temp(intent, err) < 0 ||
	    strv_copy(&intent->controls, &file->controls, err) < 0)
		return -1;
	intent->path = strdup(file->path);
	if (!intent->path)
		return error_nomem(err);
	intent->phase = file->phase;
	intent->promise = file->promise;
	intent->actions = file->actions;
	intent->inode = intent_is_guard(intent) ? seen.st_ino & INT64_MAX : 0; /* as JSON has it */
	return 0;
}

int prepare_intents(const struct backup *b, struct staged_file *const *files, size_t len,
		    struct run *run, struct error *err)
{
	for (size_t i = 0; i < len; i++) {
		struct intent intent = {0};

		if (fill_intent(b, files[i], &intent, err) < 0 ||
		    vec_reserve((void **)&run->intents, &run->cap, run->len, sizeof(intent), err) <
			    0) {
			intent_done(&intent);
			error_resource(err, files[i]->path);
			return -1;
		}
		run->intents[run->len++] = intent;
	}
	return 0;
}

static int keep_original(struct backup *b, const struct staged_file *file,
			 const struct intent *intent, struct error *err)
{
	AUTO_PTR(blob) struct blob *content = blob_ref(file->before.content);
	struct file_record record;
	char sha256[65];
	struct stat seen;

	if (!content) { /* it goes, and nobody had to read it for that */
		if (prepare_check(b, file, 0, &record, &seen, err) < 0)
			return -1;
		file_record_done(&record);
		if (file_content(b->root_fd, file->path, &seen, &content, err) < 0)
			return -1;
	}
	if (store_put(&b->store, content, sha256, err) < 0)
		return -1;
	if (!str_equal(sha256, intent->before.sha256))
		return error_set(err, ERROR_CONFLICT, 0, "%s changes while it is read", file->path);
	return 0;
}

int prepare_originals(struct backup *b, struct staged_file *const *files, const struct run *run,
		      struct error *err)
{
	for (size_t i = 0; i < run->len; i++) {
		const struct intent *intent = &run->intents[i];

		if (intent->before.kind != FILE_REGULAR || !intent_changes_content(intent))
			continue;
		if (keep_original(b, files[i], intent, err) < 0) {
			error_resource(err, intent->path);
			return error_wrap(err, "back up %s", intent->path);
		}
	}
	return store_sync(&b->store, err);
}
