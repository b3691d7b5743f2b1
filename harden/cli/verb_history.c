// SPDX-License-Identifier: Apache-2.0
/*
 * harden history [RUN]: runs, newest first, with who ran them; or one run's changes.
 */
#include "harden/cli/runs.h"
#include "harden/cli/verbs.h"
#include "harden/host/look_users.h"
#include "harden/report/json.h"
#include "harden/report/paint.h"

#include <stdint.h>

static char *with_login(struct host *host, const char *user, uid_t login_uid)
{
	AUTO_FREE char *login = NULL;

	if (look_user_name(host, login_uid, &login, NULL) < 0)
		return NULL;
	return str_format("%s (logged in as %s)", user, login);
}

/* "root", or "root (logged in as alice)". NULL when out of memory. */
static char *who(struct host *host, const struct run *run)
{
	AUTO_FREE char *user = NULL;

	if (look_user_name(host, run->uid, &user, NULL) < 0)
		return NULL;
	if (run->login_uid == UINT32_MAX || run->login_uid == run->uid)
		return take_ptr(&user);
	return with_login(host, user, run->login_uid);
}

static const char *update_action(const struct update_intent *u)
{
	return u->update.removes ? "delete" : "update";
}

/* Takes resource; NULL is out of memory. */
static struct value *change_value(char *resource, const char *action, const struct strv *controls)
{
	AUTO_FREE char *owned = resource;
	struct value *map = owned ? value_map() : NULL;

	json_put(&map, "resource", value_text(owned));
	json_put(&map, "action", value_text(action));
	json_put(&map, "controls", value_from_strv(controls));
	return map;
}

static struct value *intents_value(const struct run *run)
{
	struct value *list = value_list();

	for (size_t i = 0; i < run->len; i++)
		json_push(&list,
			  change_value(strdup(run->intents[i].path),
				       intent_action(&run->intents[i]), &run->intents[i].controls));
	for (size_t i = 0; i < run->updates_len; i++)
		json_push(&list,
			  change_value(update_resource(&run->updates[i].update),
				       update_action(&run->updates[i]), &run->updates[i].controls));
	return list;
}

static struct value *run_value(struct host *host, const struct run *run)
{
	AUTO_FREE char *by = who(host, run);
	struct value *map = value_map();

	json_put(&map, "run", value_text(run->id));
	json_put(&map, "time", value_text(run->time));
	json_put(&map, "verb", value_text(run->verb));
	json_put(&map, "by", value_text(by));
	json_put(&map, "uid", value_integer(run->uid));
	json_put(&map, "login_uid",
		 run->login_uid == UINT32_MAX ? value_null() : value_integer(run->login_uid));
	json_put(&map, "version", value_text(run->version));
	json_put(&map, "recipe_sha256", value_text(run->recipe_sha256));
	json_put(&map, "state", value_text(run_state_name(run->state)));
	json_put(&map, "undone", value_text(run->undone_time));
	json_put(&map, "problem",
		 run->problem.code ? value_text(error_message(&run->problem)) : value_null());
	json_put(&map, "changes", intents_value(run));
	return map;
}

static void run_line(struct host *host, const struct run *run, struct text_style style,
		     struct strbuf *out)
{
	AUTO_FREE char *by = who(host, run);

	paint(out, style.color, PAINT_BOLD, run->id);
	strbuf_appendf(out, "  %-8s  %s  by %s, %zu change%s", run_state_name(run->state),
		       run->time ? run->time : "", by ? by : "?", run_change_count(run),
		       run_change_count(run) == 1 ? "" : "s");
	if (run->undone_time)
		strbuf_appendf(out, ", undone %s", run->undone_time);
	strbuf_append_char(out, '\n');
	if (run->problem.code) {
		strbuf_append(out, "    ");
		paint_safe(out, error_message(&run->problem), strlen(error_message(&run->problem)));
		strbuf_append_char(out, '\n');
	}
}

static void change_line(const char *resource, const char *action, const struct strv *controls,
			struct strbuf *out)
{
	strbuf_appendf(out, "  %-9s ", action);
	paint_safe(out, resource, strlen(resource));
	strbuf_append(out, "  [");
	paint_list(out, controls);
	strbuf_append(out, "]\n");
}

static void run_changes(const struct run *run, struct strbuf *out)
{
	for (size_t i = 0; i < run->len; i++)
		change_line(run->intents[i].path, intent_action(&run->intents[i]),
			    &run->intents[i].controls, out);
	for (size_t i = 0; i < run->updates_len; i++) {
		AUTO_FREE char *resource = update_resource(&run->updates[i].update);

		change_line(resource ? resource : run->updates[i].update.id,
			    update_action(&run->updates[i]), &run->updates[i].controls, out);
	}
}

static int print_runs(const struct context *context, struct host *host, const struct run *items,
		      size_t len, bool changes, struct error *err)
{
	AUTO(strbuf) struct strbuf out = {0};
	struct value *doc = NULL, *list = NULL;

	if (context->options.format == FORMAT_JSON) {
		doc = json_document("harden.history/1");
		list = value_list();
		for (size_t i = 0; i < len; i++)
			json_push(&list, run_value(host, &items[i]));
		json_put(&doc, "runs", list);
		if (json_emit(doc, &out, err) < 0)
			return -1;
	} else {
		if (!len)
			strbuf_append(&out, "no runs\n");
		for (size_t i = 0; i < len; i++) {
			run_line(host, &items[i], context->style, &out);
			if (changes)
				run_changes(&items[i], &out);
		}
	}
	return context_emit(context, &out, err);
}

static int history(struct context *context, struct run_access *a, struct error *err)
{
	AUTO(runs) struct runs runs = {0};
	const struct options *o = &context->options;
	const struct run *one;

	if (run_access_open(context, BACKUP_READ, a, err) < 0 ||
	    backup_history(a->backup, &runs, err) < 0)
		return -1;
	if (!o->args.len)
		return print_runs(context, &a->host, runs.items, runs.len, o->verbose, err);
	one = runs_find(&runs, o->args.items[0]);
	if (!one) {
		(void)error_set(err, ERROR_SYS, 0, "there is no run %s in %s", o->args.items[0],
				backup_state_dir(a->backup));
		error_next(err, "harden history lists the runs");
		return -1;
	}
	return print_runs(context, &a->host, one, 1, true, err);
}

int verb_history(struct context *context)
{
	AUTO(run_access) struct run_access access = {.host = {.root_fd = -1}};
	AUTO(error) struct error err = {0};

	return history(context, &access, &err) < 0 ? context_fail(context, &err) : EXIT_DONE;
}
