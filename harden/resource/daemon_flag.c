// SPDX-License-Identifier: Apache-2.0
/*
 * Flags, where they stand. Units, drop-ins and environment files below /etc are edited in place; a
 * unit of a package is never edited (an update brings the old one back), a drop-in of ours says its
 * line anew instead. Our drop-in sorts behind the file whose line it replaces.
 */
#include "harden/resource/daemon.h"

#include "harden/host/host.h"
#include "harden/resource/daemon_write.h"
#include "harden/text/unit_edit.h"

#include <string.h>

#define DROPIN_DIR "/etc/systemd/system/docker.service.d"
#define DROPIN_NAME "50-harden.conf"

struct arg_edit {
	bool set;
	const char *text; /* new text of the argument, NULL removes it */
};

struct flag_edits {
	struct arg_edit *args; /* one per argument */
	size_t len;
	struct strv texts; /* owns those of args */
};

static void flag_edits_done(struct flag_edits *e)
{
	free(e->args);
	strv_done(&e->texts);
}

static void remove_arg(struct flag_edits *e, size_t arg)
{
	e->args[arg] = (struct arg_edit){.set = true};
}

/* Takes text; NULL is out of memory. */
static int replace_arg(struct flag_edits *e, size_t arg, char *text, struct error *err)
{
	if (strv_take(&e->texts, text, err) < 0)
		return -1;
	e->args[arg] = (struct arg_edit){true, e->texts.items[e->texts.len - 1]};
	return 0;
}

static bool in_list(const struct value *list, const char *text)
{
	for (size_t i = 0; list->kind == VALUE_LIST && i < list->len; i++)
		if (str_equal(value_as_text(list->members[i].value), text))
			return true;
	return false;
}

/* A word of bundled shorthands without those of key: "-Ds" to "-s". */
static int edit_bundle(const struct dockerd *d, struct flag_edits *e, const struct pflag *gone,
		       struct error *err)
{
	AUTO(strbuf) struct strbuf word = {0};
	char *text = NULL;
	bool drop_value = false;

	strbuf_append_char(&word, '-');
	for (size_t i = 0; i < d->flags.len; i++) {
		const struct pflag *f = &d->flags.items[i];

		if (f->word != gone->word)
			continue;
		if (f->key == gone->key) {
			drop_value |= f->words > 1;
			continue;
		}
		strbuf_append(&word, f->name);
		if (f->words == 1 && (f->explicit_value || (f->key && f->key->type != DAEMON_BOOL)))
			strbuf_appendf(&word, "=%s", f->value ? f->value : "");
	}
	if (drop_value)
		remove_arg(e, gone->word + 1);
	if (word.len == 1) {
		remove_arg(e, gone->word);
		return 0;
	}
	if (strbuf_take(&word, &text, err) < 0)
		return -1;
	return replace_arg(e, gone->word, text, err);
}

static int remove_flag(const struct dockerd *d, struct flag_edits *e, const struct pflag *f,
		       struct error *err)
{
	if (f->bundle_len > 1)
		return edit_bundle(d, e, f, err);
	for (size_t i = 0; i < f->words; i++)
		remove_arg(e, f->word + i);
	return 0;
}

static char *plain_text(const struct value *v)
{
	if (v->kind == VALUE_BOOL)
		return strdup(v->boolean ? "true" : "false");
	if (v->kind == VALUE_INTEGER)
		return str_format("%lld", (long long)v->integer);
	return strdup(value_as_text(v) ? value_as_text(v) : "");
}

/* The last flag of a scalar key gets the value; returns 1 when it cannot be said there. */
static int replace_flag(const struct dockerd *d, struct flag_edits *e, const struct daemon_key *key,
			const struct value *v, struct error *err)
{
	AUTO_FREE char *value = plain_text(v);
	const struct pflag *f = NULL;
	const char *dashes;
	char *text;

	for (size_t i = 0; i < d->flags.len; i++)
		if (d->flags.items[i].key == key && d->flags.items[i].value)
			f = &d->flags.items[i];
	if (!value)
		return error_nomem(err);
	if (!f || f->bundle_len > 1 || !unit_word_is_plain(value))
		return 1;
	dashes = d->line.args[f->word].text[1] != '-' ? "-" : "--";
	text = f->words == 2 ? strdup(value) : str_format("%s%s=%s", dashes, f->name, value);
	return replace_arg(e, f->word + f->words - 1, text, err);
}

static bool flags_can_shrink(const struct dockerd *d, const struct daemon_key *key,
			     const struct value *v)
{
	AUTO_PTR(value) struct value *have = value_list();

	if (key->type != DAEMON_TEXT_LIST || !have)
		return false;
	for (size_t i = 0; i < d->flags.len; i++)
		if (d->flags.items[i].key == key && d->flags.items[i].value &&
		    value_add(have, value_text(d->flags.items[i].value), NULL) < 0)
			return false;
	for (size_t i = 0; i < v->len; i++)
		if (!in_list(have, value_as_text(v->members[i].value)))
			return false;
	return true;
}

static int collect(const struct dockerd *d, const struct daemon_key *key,
		   const struct daemon_want *want, struct flag_edits *e, bool *ret_to_file,
		   struct error *err)
{
	AUTO_PTR(value) struct value *fallback = daemon_key_default(key, d->version);
	bool gone = want->kind == WANT_ABSENT, shrink = false;

	if (!fallback)
		return error_nomem(err);
	*ret_to_file = false;
	if (!gone && daemon_equal(key, want->value, fallback))
		gone = true;
	if (!gone && !key->repeatable) {
		int result = replace_flag(d, e, key, want->value, err);

		if (result <= 0)
			return result;
	}
	if (!gone && key->repeatable)
		shrink = flags_can_shrink(d, key, want->value);
	*ret_to_file = !gone && !shrink;
	for (size_t i = 0; i < d->flags.len; i++) {
		const struct pflag *f = &d->flags.items[i];

		if (f->key != key || (shrink && f->value && in_list(want->value, f->value)))
			continue;
		if (remove_flag(d, e, f, err) < 0)
			return -1;
	}
	return 0;
}

/* The edits that concern one source, as spans; *ret_count of them. */
static int source_edits(const struct dockerd *d, const struct flag_edits *e, unsigned source,
			struct text_edit **ret_edits, size_t *ret_count, struct error *err)
{
	struct text_edit *edits = calloc(e->len + 1, sizeof(*edits));
	size_t n = 0;

	if (!edits)
		return error_nomem(err);
	for (size_t i = 0; i < e->len; i++)
		if (e->args[i].set && d->line.args[i].source == source)
			edits[n++] = (struct text_edit){d->line.args[i].span, e->args[i].text};
	*ret_edits = edits;
	*ret_count = n;
	return 0;
}

/* The assignment of a unit file that holds the byte. */
static const struct unit_entry *entry_at(const struct unit_file *file, size_t offset)
{
	for (size_t i = 0; i < file->unit->len; i++) {
		const struct unit_entry *entry = &file->unit->entries[i];

		if (offset >= entry->lines.start && offset < entry->lines.end)
			return entry;
	}
	return NULL;
}

/* Where our drop-in goes: behind the file whose line it replaces. */
static char *dropin_path(const struct unit_file *file)
{
	if (!file->dropin || strcmp(file->name, DROPIN_NAME) < 0)
		return strdup(DROPIN_DIR "/" DROPIN_NAME);
	return str_format("%s/%.*s.harden.conf", DROPIN_DIR, (int)(strlen(file->name) - 5),
			  file->name);
}

static int write_dropin(struct host *host, const struct unit_file *file,
			const struct unit_entry *entry, const char *line, struct stage_how how,
			struct error *err)
{
	AUTO_FREE char *path = dropin_path(file);
	AUTO(strbuf) struct strbuf text = {0};
	AUTO_PTR(blob) struct blob *content = NULL;
	AUTO(look) struct look look = {0};

	if (!path)
		return error_nomem(err);
	if (look_file(host, path, LOOK_CONTENT, &look, err) < 0)
		return -1;
	if (look.state.content) {
		strbuf_append_bytes(&text, look.state.content->data, look.state.content->len);
		if (text.len && text.data[text.len - 1] != '\n')
			strbuf_append_char(&text, '\n');
	} else {
		strbuf_appendf(&text, "# Written by harden: a line of %s, changed.\n", file->path);
	}
	strbuf_append(&text, "[Service]\n");
	if (str_equal(entry->key, "ExecStart"))
		strbuf_append(&text, "ExecStart=\n");
	strbuf_appendf(&text, "%s=%s\n", entry->key, line);
	content = blob_from_strbuf(&text);
	if (!content)
		return error_nomem(err);
	return daemon_stage_content(host, path, content, how, err);
}

/* The lines of a package's unit that hold one of the edits, each said anew. */
static int write_vendor(struct host *host, const struct unit_file *file, struct text_edit *edits,
			size_t count, struct stage_how how, struct error *err)
{
	const struct unit_entry *last = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct unit_entry *entry = entry_at(file, edits[i].span.start);
		AUTO_FREE char *line = NULL;

		if (!entry || entry == last)
			continue;
		last = entry;
		if (unit_edit_value(&entry->value, edits, count, &line, err) < 0 ||
		    write_dropin(host, file, entry, line, how, err) < 0)
			return -1;
	}
	return 0;
}

static int write_in_place(struct host *host, const char *path, const struct blob *content,
			  struct text_edit *edits, size_t count, struct stage_how how,
			  struct error *err)
{
	AUTO_PTR(blob) struct blob *out = NULL;

	if (unit_edit_words(content, edits, count, &out, err) < 0)
		return -1;
	return daemon_stage_content(host, path, out, how, err);
}

static int write_source(struct host *host, const struct dockerd *d, const struct daemon_key *key,
			const struct flag_edits *e, unsigned source, struct error *err)
{
	const struct unit_file *unit = dockerd_source_unit(d, source);
	const struct blob *content = dockerd_source_content(d, source);
	const char *path = dockerd_source_path(d, source);
	struct stage_how how = daemon_how(d, key, true);
	AUTO_FREE struct text_edit *edits = NULL;
	size_t count;

	if (source_edits(d, e, source, &edits, &count, err) < 0)
		return -1;
	if (!count)
		return 0;
	if (!unit)
		how.actions &= ~(unsigned)ACTION_DAEMON_RELOAD;
	if (str_starts(path, "/etc/"))
		return write_in_place(host, path, content, edits, count, how, err);
	if (unit)
		return write_vendor(host, unit, edits, count, how, err);
	return stage_block(host->stage, path, err, "change what writes that file",
			   "the flag --%s stands in an environment file outside /etc, which "
			   "something else writes",
			   key->flag);
}

int daemon_write_flags(struct host *host, const struct dockerd *d, const struct daemon_key *key,
		       const struct daemon_want *want, bool *ret_to_file, struct error *err)
{
	AUTO(flag_edits)
	struct flag_edits e = {.args = calloc(d->line.len + 1, sizeof(*e.args)),
			       .len = d->line.len};

	if (!e.args)
		return error_nomem(err);
	if (collect(d, key, want, &e, ret_to_file, err) < 0)
		return -1;
	for (unsigned source = 0; source < d->service.len + d->env_len; source++)
		if (write_source(host, d, key, &e, source, err) < 0)
			return -1;
	return 0;
}
