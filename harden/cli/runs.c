// SPDX-License-Identifier: Apache-2.0
/*
 * The shared part of rollback and recover: what came back, what stands in the way, what still
 * waits. Exit codes: 0 undone or nothing to undo, 2 a restart waits, 3 conflict or not complete.
 */
#include "config.h"

#include "harden/cli/runs.h"

#include "harden/cli/inputs.h"
#include "harden/recipe/problem.h"
#include "harden/recipe/site.h"
#include "harden/report/json.h"
#include "harden/report/paint.h"
#include "harden/resource/daemon_start.h"
#include "harden/text/diff.h"
#include "harden/text/mask.h"

int run_access_open(const struct context *context, enum backup_access access, struct run_access *a,
		    struct error *err)
{
	const struct options *o = &context->options;

	if (host_open(o->root, o->live, &a->stage, &a->host, err) < 0)
		return -1;
	a->info = (struct run_info){
		.verb = o->verb->name,
		.version = PACKAGE_VERSION,
		.root = a->host.root,
		.live = a->host.live,
		.host = &a->host,
	};
	return backup_open(a->host.root_fd, a->host.root, o->state_dir, access, &a->backup, err);
}

static int read_restart(const struct options *o, struct strv *restart, struct error *err)
{
	AUTO(inputs) struct inputs in = {0};
	AUTO(problems) struct problems problems = {0};
	AUTO(site) struct site site = {0};
	struct recipe_text text;

	if (inputs_read_site(o, &in, err) < 0)
		return -1;
	if (!in.site.bytes)
		return 0;
	text = (struct recipe_text){in.site.name, in.site.bytes->data, in.site.bytes->len};
	return site_load(&text, &site, &problems, err) < 0 ? -1 : site_restart(&site, restart, err);
}

int run_access_settle(const struct context *context, struct run_access *a, struct error *err)
{
	const struct settle_request request = {
		.backup = a->backup,
		.info = &a->info,
		.policy = (enum settle_policy)context->options.restart,
		.restart = &a->restart,
		.refuses = daemon_start_problems,
	};
	AUTO(error) struct error why = {0};

	if (!a->host.live || context->options.dry_run)
		return 0;
	if (read_restart(&context->options, &a->restart, &why) < 0)
		context_warn("the site file is left out of account: %s", error_message(&why));
	return settle_open(&request, &a->settle, err);
}

int run_access_finish(struct run_access *a, struct backup_result *result, struct strv *pending,
		      struct error *err)
{
	AUTO(error) struct error why = {0};
	unsigned actions = 0;

	if (!a->settle || result->outcome != BACKUP_DONE)
		return 0;
	for (size_t i = 0; i < result->items_len; i++)
		actions |= result->items[i].actions;
	if (settle_run(a->settle, actions, pending, &why) == 0)
		return 0;
	(void)error_wrap(&why, "the files are as before, but");
	error_move(&result->error, &why);
	if (settle_undo(a->settle, pending, &why) == 0)
		return 0; /* it runs after all; what waits is said */
	result->outcome = BACKUP_INCOMPLETE;
	return strv_addf(pending, err, "docker.service needs a person: %s",
			 error_message(why.code ? &why : &result->error));
}

void run_access_done(struct run_access *a)
{
	settle_free(a->settle);
	strv_done(&a->restart);
	backup_free(a->backup);
	host_done(&a->host);
	stage_done(&a->stage);
}

static const char *outcome_name(enum backup_outcome outcome)
{
	static const char *const names[] = {
		[BACKUP_NOTHING] = "nothing",	    [BACKUP_DONE] = "undone",
		[BACKUP_UNDONE] = "undone",	    [BACKUP_CONFLICT] = "conflict",
		[BACKUP_INCOMPLETE] = "incomplete",
	};

	return names[outcome];
}

/* The masked diff of what a rollback brings back, "" for metadata alone. */
static int item_diff(const struct backup_item *item, struct strbuf *out, struct error *err)
{
	AUTO(strbuf) struct strbuf raw = {0};

	if (!item->present_content && !item->restored_content)
		return 0;
	if (diff_unified(item->present_content, item->restored_content, item->path, DIFF_CONTEXT,
			 &raw, err) < 0)
		return -1;
	return raw.len ? mask_text(raw.data, raw.len, out, err) : 0;
}

static void append_attributes(struct strbuf *out, const char *sign, const struct file_record *r)
{
	if (r->kind != FILE_ABSENT)
		strbuf_appendf(out, "    %s%u:%u %04o\n", sign, (unsigned)r->uid, (unsigned)r->gid,
			       (unsigned)r->mode);
}

static int text_items(const struct context *context, const struct backup_result *r,
		      struct strbuf *out, struct error *err)
{
	for (size_t i = 0; i < r->items_len; i++) {
		const struct backup_item *item = &r->items[i];
		AUTO(strbuf) struct strbuf diff = {0};

		if (item_diff(item, &diff, err) < 0)
			return -1;
		strbuf_appendf(out, "%s ", item->action);
		paint(out, context->style.color, PAINT_BOLD, item->path);
		strbuf_append_char(out, '\n');
		if (diff.len)
			paint_lines(out, diff.data, diff.len);
		if (item->present.mode != item->restored.mode ||
		    item->present.uid != item->restored.uid ||
		    item->present.gid != item->restored.gid) {
			append_attributes(out, "-", &item->present);
			append_attributes(out, "+", &item->restored);
		}
	}
	return 0;
}

static void text_objects(const struct context *context, const struct backup_result *r,
			 struct strbuf *out)
{
	for (size_t i = 0; i < r->objects_len; i++) {
		strbuf_append(out, "update ");
		paint(out, context->style.color, PAINT_BOLD, r->objects[i].resource);
		strbuf_append_char(out, '\n');
		paint_lines(out, r->objects[i].diff, strlen(r->objects[i].diff));
	}
}

static void text_notes(struct strbuf *out, const char *word, const struct backup_notes *notes)
{
	for (size_t i = 0; i < notes->len; i++) {
		strbuf_appendf(out, "%s: ", word);
		paint_safe(out, notes->items[i].path, strlen(notes->items[i].path));
		strbuf_append(out, ": ");
		paint_safe(out, notes->items[i].text, strlen(notes->items[i].text));
		strbuf_append_char(out, '\n');
	}
}

static void text_outcome(const struct context *context, const struct backup_result *r,
			 struct strbuf *out)
{
	switch (r->outcome) {
	case BACKUP_NOTHING:
		strbuf_append(out, "nothing to undo\n");
		break;
	case BACKUP_CONFLICT:
		strbuf_append(out,
			      "nothing was undone: --force stores the present bytes and goes on\n");
		break;
	case BACKUP_DONE:
	case BACKUP_UNDONE:
	case BACKUP_INCOMPLETE:
		for (size_t i = 0; i < r->runs.len; i++)
			strbuf_appendf(out, "run %s: %s\n", r->runs.items[i],
				       context->options.dry_run ? "would be undone"
								: outcome_name(r->outcome));
		break;
	}
}

static int text_report(const struct context *context, const struct backup_result *r,
		       const struct strv *pending, struct strbuf *out, struct error *err)
{
	if (!context->style.quiet && text_items(context, r, out, err) < 0)
		return -1;
	if (!context->style.quiet)
		text_objects(context, r, out);
	text_notes(out, "conflict", &r->conflicts);
	text_notes(out, "not undone", &r->stands);
	text_notes(out, "kept", &r->kept);
	text_notes(out, "note", &r->notes);
	for (size_t i = 0; i < r->warnings.len; i++)
		strbuf_appendf(out, "warning: %s\n", r->warnings.items[i]);
	text_outcome(context, r, out);
	for (size_t i = 0; i < pending->len; i++)
		strbuf_appendf(out, "pending: %s\n", pending->items[i]);
	return 0;
}

static struct value *notes_value(const struct backup_notes *notes)
{
	struct value *list = value_list();

	for (size_t i = 0; i < notes->len; i++) {
		struct value *map = value_map();

		json_put(&map, "resource", value_text(notes->items[i].path));
		json_put(&map, "reason", value_text(notes->items[i].text));
		json_push(&list, map);
	}
	return list;
}

static int json_items(const struct backup_result *r, struct value **list, struct error *err)
{
	for (size_t i = 0; i < r->items_len; i++) {
		AUTO(strbuf) struct strbuf diff = {0};
		struct value *map;

		if (item_diff(&r->items[i], &diff, err) < 0)
			return -1;
		map = value_map();
		json_put(&map, "resource", value_text(r->items[i].path));
		json_put(&map, "action", value_text(r->items[i].action));
		json_put(&map, "diff", value_text(diff.len ? diff.data : ""));
		json_push(list, map);
	}
	for (size_t i = 0; i < r->objects_len; i++) {
		struct value *map = value_map();

		json_put(&map, "resource", value_text(r->objects[i].resource));
		json_put(&map, "kind", value_text(r->objects[i].kind));
		json_put(&map, "action", value_text("update"));
		json_put(&map, "diff", value_text(r->objects[i].diff));
		json_push(list, map);
	}
	return 0;
}

static int json_report(const struct context *context, const struct backup_result *r,
		       const struct strv *pending, struct strbuf *out, struct error *err)
{
	struct value *doc = json_document("harden.undo/1"), *items = value_list();

	if (json_items(r, &items, err) < 0) {
		value_free(items);
		value_free(doc);
		return -1;
	}
	json_put(&doc, "dry_run", value_bool(context->options.dry_run));
	json_put(&doc, "result", value_text(outcome_name(r->outcome)));
	json_put(&doc, "runs", value_from_strv(&r->runs));
	json_put(&doc, "changes", items);
	json_put(&doc, "conflicts", notes_value(&r->conflicts));
	json_put(&doc, "stands", notes_value(&r->stands));
	json_put(&doc, "kept", notes_value(&r->kept));
	json_put(&doc, "notes", notes_value(&r->notes));
	json_put(&doc, "warnings", value_from_strv(&r->warnings));
	json_put(&doc, "pending", value_from_strv(pending));
	return json_emit(doc, out, err);
}

int runs_report(const struct context *context, const struct backup_result *result,
		const struct strv *pending, struct error *err)
{
	AUTO(strbuf) struct strbuf out = {0};
	int r = context->options.format == FORMAT_JSON
			? json_report(context, result, pending, &out, err)
			: text_report(context, result, pending, &out, err);

	return r < 0 ? -1 : context_emit(context, &out, err);
}

static int runs_exit(const struct backup_result *result, const struct strv *pending)
{
	if (result->outcome == BACKUP_CONFLICT || result->outcome == BACKUP_INCOMPLETE)
		return EXIT_INCOMPLETE;
	return pending->len ? EXIT_ATTENTION : EXIT_DONE;
}

int runs_finish(const struct context *context, const struct backup_result *result,
		const struct strv *pending)
{
	AUTO(error) struct error err = {0};

	if (result->error.code)
		context_warn("%s", error_message(&result->error));
	if (runs_report(context, result, pending, &err) == 0)
		return runs_exit(result, pending);
	if (context->options.dry_run || result->outcome == BACKUP_NOTHING)
		return context_fail(context, &err);
	context_warn("the result was: %s, but its report could not be written: %s",
		     outcome_name(result->outcome), error_message(&err));
	return EXIT_INCOMPLETE;
}
