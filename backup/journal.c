// SPDX-License-Identifier: Apache-2.0
/*
 * Writing journals. Reading them is in journal_read.c.
 */
#include "backup/journal.h"

#include "backup/record.h"
#include "backup/record_update.h"
#include "harden/host/change_state.h"
#include "harden/text/json.h"

#define ID_TIME "%Y%m%dT%H%M%SZ"
#define ID_TIME_LEN 16 /* 20261124T034455Z */
#define ID_LEN (ID_TIME_LEN + 5)

void journal_done(struct journal *j)
{
	if (j->fd >= 0)
		(void)close(j->fd); /* every record was synced */
	j->fd = -1;
}

bool journal_is_id(const char *name)
{
	if (strlen(name) != ID_LEN || name[ID_TIME_LEN] != '-')
		return false;
	return strspn(name, "0123456789TZ") == ID_TIME_LEN &&
	       strspn(name + ID_TIME_LEN + 1, "0123456789abcdef") == 4;
}

time_t journal_id_time(const char *id)
{
	struct tm tm = {0};

	return strptime(id, ID_TIME, &tm) ? timegm(&tm) : 0;
}

int journal_new_id(const struct strv *ids, char **ret_id, struct error *err)
{
	time_t now = time(NULL);
	char text[ID_TIME_LEN + 1], random[5];
	struct tm tm;

	for (size_t i = 0; i < ids->len; i++) {
		time_t other = journal_is_id(ids->items[i]) ? journal_id_time(ids->items[i]) : 0;

		if (now <= other)
			now = other + 1;
	}
	if (state_random(random, 2, err) < 0)
		return -1;
	if (!gmtime_r(&now, &tm) || strftime(text, sizeof(text), ID_TIME, &tm) != ID_TIME_LEN)
		return error_set(err, ERROR_INTERNAL, 0, "the clock shows no year of four digits");
	*ret_id = str_format("%s-%s", text, random);
	return *ret_id ? 0 : error_nomem(err);
}

static struct value *time_to_value(void)
{
	char text[sizeof("2026-11-24T03:44:55Z")];
	time_t now = time(NULL);
	struct tm tm;

	if (!gmtime_r(&now, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return value_text("unknown");
	return value_text(text);
}

/* For the order of what happened within one second. */
static int64_t now_ms(void)
{
	struct timespec t = {0};

	(void)clock_gettime(CLOCK_REALTIME, &t); /* cannot fail with this clock */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int append_line(const struct value *v, struct strbuf *lines, struct error *err)
{
	if (!v)
		return error_nomem(err);
	if (json_write(v, 0, lines, err) < 0)
		return -1;
	strbuf_append_char(lines, '\n');
	return 0;
}

/* {"record": name, "time": ..., "ms": ..., "uid": ..., "login_uid": ...} */
static struct value *new_record(const char *name)
{
	AUTO_PTR(value) struct value *map = value_map();
	uint32_t login = state_login_uid();

	if (!map || value_set(map, "record", value_text(name), NULL) < 0 ||
	    value_set(map, "time", time_to_value(), NULL) < 0 ||
	    value_set(map, "ms", value_integer(now_ms()), NULL) < 0 ||
	    value_set(map, "uid", value_integer(getuid()), NULL) < 0 ||
	    value_set(map, "login_uid", login == (uint32_t)-1 ? value_null() : value_integer(login),
		      NULL) < 0)
		return NULL;
	return take_ptr(&map);
}

static struct value *begin_record(const struct run *run)
{
	AUTO_PTR(value) struct value *map = new_record("begin");

	if (!map || value_set(map, "schema", value_text("harden.journal/1"), NULL) < 0 ||
	    value_set(map, "run", value_text(run->id), NULL) < 0 ||
	    value_set(map, "verb", text_to_value(run->verb), NULL) < 0 ||
	    value_set(map, "version", text_to_value(run->version), NULL) < 0 ||
	    value_set(map, "recipe_sha256", text_to_value(run->recipe_sha256), NULL) < 0 ||
	    value_set(map, "root", text_to_value(run->root), NULL) < 0 ||
	    value_set(map, "intents", value_integer((int64_t)run->len), NULL) < 0)
		return NULL;
	return take_ptr(&map);
}

static int first_lines(const struct run *run, struct strbuf *lines, struct error *err)
{
	AUTO_PTR(value) struct value *begin = begin_record(run);

	if (append_line(begin, lines, err) < 0)
		return -1;
	for (size_t i = 0; i < run->len; i++) {
		AUTO_PTR(value) struct value *v = intent_to_value(&run->intents[i]);

		if (append_line(v, lines, err) < 0)
			return -1;
	}
	return 0;
}

static int append(struct journal *j, const struct strbuf *lines, struct error *err)
{
	if (!strbuf_text(lines))
		return error_nomem(err);
	if (state_append(j->fd, &j->end, lines->data, lines->len, true, err) < 0)
		return error_wrap(err, "write the journal");
	return 0;
}

int journal_create(int runs_fd, const struct run *run, struct journal *ret_journal,
		   struct error *err)
{
	AUTO_CLOSE int dir = -1;
	AUTO(strbuf) struct strbuf lines = {0};
	AUTO(journal) struct journal j = {.fd = -1};

	if (first_lines(run, &lines, err) < 0 ||
	    state_subdir(runs_fd, run->id, true, &dir, err) < 0 ||
	    state_append_open(dir, "journal", true, &j.fd, err) < 0 ||
	    append(&j, &lines, err) < 0 || state_sync(dir, err) < 0 || state_sync(runs_fd, err) < 0)
		return -1;
	*ret_journal = j;
	j.fd = -1;
	return 0;
}

int journal_reopen(int runs_fd, const struct run *run, struct journal *ret_journal,
		   struct error *err)
{
	AUTO_CLOSE int dir = -1, fd = -1;
	int r = state_subdir(runs_fd, run->id, false, &dir, err);

	if (r == 0)
		return error_set(err, ERROR_CONFLICT, 0, "the journal of run %s is gone", run->id);
	if (r < 0 || state_append_open(dir, "journal", false, &fd, err) < 0)
		return -1;
	/* always: a torn line that a failed stat hides would be glued to the next record */
	if (state_cut(fd, run->end, err) < 0)
		return -1;
	*ret_journal = (struct journal){.fd = take_fd(&fd), .end = run->end};
	return 0;
}

int journal_remove(int runs_fd, const char *id, struct error *err)
{
	AUTO_CLOSE int dir = -1;
	int r = state_subdir(runs_fd, id, false, &dir, err);

	if (r <= 0)
		return r;
	if (state_remove(dir, "journal", false, err) < 0 ||
	    state_remove(runs_fd, id, true, err) < 0)
		return -1;
	return state_sync(runs_fd, err);
}

int journal_mark(struct journal *j, const char *name, const char *why, struct error *err)
{
	AUTO_PTR(value) struct value *map = new_record(name);
	AUTO(strbuf) struct strbuf line = {0};

	if (map && why && value_set(map, "why", value_text(why), err) < 0)
		return -1;
	return append_line(map, &line, err) < 0 ? -1 : append(j, &line, err);
}

int journal_update(struct journal *j, const struct update_intent *intent, struct error *err)
{
	AUTO_PTR(value) struct value *map = update_intent_to_value(intent);
	AUTO(strbuf) struct strbuf line = {0};

	return append_line(map, &line, err) < 0 ? -1 : append(j, &line, err);
}

int journal_forced(struct journal *j, const char *path, const char *sha256, struct error *err)
{
	AUTO_PTR(value) struct value *map = new_record("forced");
	AUTO(strbuf) struct strbuf line = {0};

	if (map && (value_set(map, "path", text_to_value(path), err) < 0 ||
		    value_set(map, "sha256", value_text(sha256), err) < 0))
		return -1;
	return append_line(map, &line, err) < 0 ? -1 : append(j, &line, err);
}
