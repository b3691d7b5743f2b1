// SPDX-License-Identifier: Apache-2.0
/*
 * Reading journals. A table maps each record to what it means for the run; records that a later
 * version adds are an error, as ignoring one could undo too little.
 */
#include "backup/journal.h"

#include "backup/record.h"
#include "backup/record_update.h"
#include "harden/host/change_state.h"
#include "harden/text/json.h"

#define JOURNAL_MAX (256u << 20) /* bytes */

/* What has been read so far. */
struct reading {
	struct run *run;
	int64_t announced; /* intents that begin announces; -1 before begin */
	bool committed, updated, undo_begun, undone;
};

static int optional_text(const struct value *map, const char *key, char **ret_text,
			 struct error *err)
{
	const struct value *v = value_get(map, key);

	return !v || v->kind == VALUE_NULL ? 0 : text_from_member(map, key, ret_text, err);
}

static uint32_t login_of(const struct value *map)
{
	const struct value *v = value_get(map, "login_uid");

	return v && v->kind == VALUE_INTEGER ? (uint32_t)v->integer : (uint32_t)-1;
}

static int read_begin(struct reading *r, const struct value *v, struct error *err)
{
	const struct value *uid = value_get(v, "uid"), *intents = value_get(v, "intents");
	struct run *run = r->run;

	if (!str_equal(value_get_text(v, "schema"), "harden.journal/1"))
		return error_set(err, ERROR_FORMAT, 0, "\"schema\" is not harden.journal/1");
	if (!uid || uid->kind != VALUE_INTEGER || !intents || intents->kind != VALUE_INTEGER)
		return error_set(err, ERROR_FORMAT, 0, "\"uid\" or \"intents\" is missing");
	run->uid = (uid_t)uid->integer;
	run->login_uid = login_of(v);
	r->announced = intents->integer;
	if (text_from_member(v, "time", &run->time, err) < 0 ||
	    text_from_member(v, "verb", &run->verb, err) < 0 ||
	    text_from_member(v, "version", &run->version, err) < 0 ||
	    text_from_member(v, "root", &run->root, err) < 0)
		return -1;
	return optional_text(v, "recipe_sha256", &run->recipe_sha256, err);
}

static int read_intent(struct reading *r, const struct value *v, struct error *err)
{
	struct run *run = r->run;

	if (vec_reserve((void **)&run->intents, &run->cap, run->len, sizeof(*run->intents), err) <
		    0 ||
	    intent_from_value(v, &run->intents[run->len], err) < 0)
		return -1;
	run->len++;
	return 0;
}

static int read_ready(struct reading *r, const struct value *v, struct error *err)
{
	(void)v; /* says no more than that it is there */
	if ((int64_t)r->run->len != r->announced)
		return error_set(err, ERROR_FORMAT, 0, "%zu intents where begin announced %lld",
				 r->run->len, (long long)r->announced);
	r->run->ready = true;
	return 0;
}

static int read_secured(struct reading *r, const struct value *v, struct error *err)
{
	(void)v; /* as above */
	(void)err;
	r->run->secured = true;
	return 0;
}

static int64_t milliseconds(const struct value *v)
{
	const struct value *ms = value_get(v, "ms");

	return ms && ms->kind == VALUE_INTEGER ? ms->integer : 0;
}

static int read_commit(struct reading *r, const struct value *v, struct error *err)
{
	(void)err;
	r->committed = true;
	r->run->committed_ms = milliseconds(v);
	return 0;
}

static int read_update(struct reading *r, const struct value *v, struct error *err)
{
	struct run *run = r->run;

	if (!r->committed)
		return error_set(err, ERROR_FORMAT, 0, "an update before the commit");
	if (vec_reserve((void **)&run->updates, &run->updates_cap, run->updates_len,
			sizeof(*run->updates), err) < 0 ||
	    update_intent_from_value(v, &run->updates[run->updates_len], err) < 0)
		return -1;
	run->updates_len++;
	return 0;
}

static int read_updated(struct reading *r, const struct value *v, struct error *err)
{
	(void)v; /* as above */
	(void)err;
	r->updated = true;
	return 0;
}

static int read_forced(struct reading *r, const struct value *v, struct error *err)
{
	AUTO_FREE char *path = NULL, *sha256 = NULL;

	if (text_from_member(v, "path", &path, err) < 0 ||
	    text_from_member(v, "sha256", &sha256, err) < 0)
		return -1;
	return strv_addf(&r->run->forced, err, "%s %s", path, sha256);
}

static int read_undo_begin(struct reading *r, const struct value *v, struct error *err)
{
	r->undo_begun = true;
	free(take_ptr(&r->run->undone_why)); /* a second attempt says why anew */
	return text_from_member(v, "why", &r->run->undone_why, err);
}

static int read_undo_updates(struct reading *r, const struct value *v, struct error *err)
{
	(void)v; /* as above */
	(void)err;
	r->run->undo_updates = true;
	return 0;
}

static int read_undo_inside(struct reading *r, const struct value *v, struct error *err)
{
	(void)v; /* as above */
	(void)err;
	r->run->undo_inside = true;
	return 0;
}

static int read_undo_done(struct reading *r, const struct value *v, struct error *err)
{
	r->undone = true;
	r->run->undone_ms = milliseconds(v);
	free(take_ptr(&r->run->undone_time));
	return text_from_member(v, "time", &r->run->undone_time, err);
}

static const struct {
	const char *name;
	int (*read)(struct reading *r, const struct value *v, struct error *err);
} records[] = {
	{"begin", read_begin},
	{"intent", read_intent},
	{"ready", read_ready},
	{"secured", read_secured},
	{"commit", read_commit},
	{"update", read_update},
	{"updated", read_updated},
	{"forced", read_forced},
	{"undo-begin", read_undo_begin},
	{"undo-updates", read_undo_updates},
	{"undo-inside", read_undo_inside},
	{"undo-done", read_undo_done},
};

static int read_record(struct reading *r, const struct value *v, struct error *err)
{
	const char *name = value_get_text(v, "record");
	bool first = r->announced < 0;

	if (first != str_equal(name, "begin"))
		return error_set(err, ERROR_FORMAT, 0, "a journal has one begin, at its start");
	for (size_t i = 0; i < ARRAY_SIZE(records); i++)
		if (str_equal(records[i].name, name))
			return records[i].read(r, v, err);
	return error_set(err, ERROR_FORMAT, 0, "unknown record \"%s\"", name ? name : "");
}

/* Whether a whole, good record stands anywhere in the text. */
static bool has_good_line(const char *text, size_t len)
{
	const char *end;

	for (; (end = memchr(text, '\n', len)); len -= (size_t)(end + 1 - text), text = end + 1) {
		AUTO_PTR(value) struct value *v = NULL;
		AUTO(error) struct error err = {0};

		if (json_read(text, (size_t)(end - text), "", &v, &err) < 0) {
			if (err.code == ERROR_NOMEM)
				return true; /* in doubt the careful answer */
		} else if (value_get_text(v, "record")) {
			return true;
		}
	}
	return false;
}

/*
 * Written out again a record must be the same bytes: jansson (2.14, lex_save) drops a character of a
 * text without a word when memory gives out, and a wrong path or digest would be undone.
 */
static int check_faithful(const struct value *v, const char *line, size_t len, struct error *err)
{
	AUTO(strbuf) struct strbuf again = {0};

	if (json_write(v, 0, &again, err) < 0)
		return -1;
	if (!strbuf_text(&again))
		return error_nomem(err);
	if (again.len != len || memcmp(again.data, line, len) != 0)
		return error_set(err, ERROR_FORMAT, 0, "the record is not as it was written");
	return 0;
}

/*
 * Returns 1 for a good record, and 0 for blocks that never reached the disk: they read as zeros,
 * and no good record is behind them. Everything else that is no record is damage.
 */
static int read_line(struct reading *r, const char *line, size_t len, size_t behind,
		     struct error *err)
{
	AUTO_PTR(value) struct value *v = NULL;

	if (memchr(line, '\0', len) && !has_good_line(line + len + 1, behind))
		return 0;
	if (json_read(line, len, "journal", &v, err) < 0 || check_faithful(v, line, len, err) < 0)
		return -1;
	return read_record(r, v, err) < 0 ? -1 : 1;
}

/* Damage is noted in the run; -1: out of memory. */
static int read_lines(struct reading *r, const struct blob *text, struct error *err)
{
	const char *at = text->data, *end = at + text->len, *stop;

	for (unsigned line = 1; (stop = memchr(at, '\n', (size_t)(end - at))); line++) {
		AUTO(error) struct error bad = {0};
		int got = read_line(r, at, (size_t)(stop - at), (size_t)(end - stop - 1), &bad);

		if (got < 0 && bad.code == ERROR_NOMEM)
			return error_nomem(err);
		if (got < 0) {
			(void)error_wrap(&bad, "runs/%s/journal line %u", r->run->id, line);
			error_move(&r->run->problem, &bad);
		}
		if (got <= 0)
			break;
		at = stop + 1;
	}
	r->run->end = at - text->data;
	return 0;
}

static enum run_state state_of(const struct reading *r)
{
	bool stood = r->committed && (r->updated || !r->run->updates_len);

	if (r->run->problem.code != ERROR_NONE)
		return RUN_BROKEN;
	if (r->undone)
		return stood ? RUN_UNDONE : RUN_FAILED;
	if (r->undo_begun)
		return RUN_UNDOING;
	return stood ? RUN_STANDING : RUN_OPEN;
}

static int read_text(const char *id, const struct blob *text, struct run *run, struct error *err)
{
	struct reading r = {.run = run, .announced = -1};

	run->id = strdup(id);
	if (!run->id)
		return error_nomem(err);
	if (read_lines(&r, text, err) < 0)
		return -1;
	run->state = state_of(&r);
	return run->state == RUN_BROKEN || r.announced >= 0;
}

int journal_read(int runs_fd, const char *id, struct run *ret_run, struct error *err)
{
	AUTO_PTR(blob) struct blob *text = NULL;
	AUTO_CLOSE int dir = -1;
	struct run run = {0};
	int r = state_subdir(runs_fd, id, false, &dir, err);

	if (r > 0)
		r = state_read(dir, "journal", JOURNAL_MAX, &text, err);
	if (r <= 0)
		return r;
	r = read_text(id, text, &run, err);
	if (r > 0)
		*ret_run = run;
	else
		run_done(&run);
	return r;
}
