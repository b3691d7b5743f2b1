// SPDX-License-Identifier: Apache-2.0
/*
 * harden backup list|verify|prune: the stored originals. list and verify change nothing; prune
 * forgets undone runs and what no run needs any more, and asks first.
 */
#include "harden/cli/runs.h"
#include "harden/cli/verbs.h"
#include "harden/report/json.h"

#include <inttypes.h>

#define KEEP_DAYS_DEFAULT 30

static int backup_list(struct context *context, struct run_access *a, struct error *err)
{
	AUTO(runs) struct runs runs = {0};
	AUTO(strbuf) struct strbuf out = {0};
	struct value *doc = json_document("harden.backup/1"), *list = value_list();
	bool json = context->options.format == FORMAT_JSON;

	if (backup_history(a->backup, &runs, err) < 0) {
		value_free(list);
		value_free(doc);
		return -1;
	}
	if (!runs.len && !json)
		strbuf_append(&out, "no originals are stored\n");
	for (size_t i = 0; i < runs.len; i++)
		for (size_t k = 0; k < runs.items[i].len; k++) {
			const struct intent *in = &runs.items[i].intents[k];
			struct value *map = value_map();

			json_put(&map, "run", value_text(runs.items[i].id));
			json_put(&map, "state", value_text(run_state_name(runs.items[i].state)));
			json_put(&map, "resource", value_text(in->path));
			json_put(&map, "sha256",
				 intent_changes_content(in) && *in->before.sha256
					 ? value_text(in->before.sha256)
					 : value_null());
			json_push(&list, map);
			if (!json)
				strbuf_appendf(&out, "%s  %-8s  %-9s %s\n", runs.items[i].id,
					       run_state_name(runs.items[i].state),
					       intent_action(in), in->path);
		}
	json_put(&doc, "originals", list);
	if (!json)
		value_free(doc);
	else if (json_emit(doc, &out, err) < 0)
		return -1;
	return context_emit(context, &out, err) < 0 ? -1 : EXIT_DONE;
}

static int backup_verify_verb(struct context *context, struct run_access *a, struct error *err)
{
	AUTO(backup_check) struct backup_check check = {0};
	AUTO(strbuf) struct strbuf out = {0};
	struct value *doc;

	if (backup_verify(a->backup, &check, err) < 0)
		return -1;
	if (context->options.format == FORMAT_JSON) {
		doc = json_document("harden.verify/1");
		json_put(&doc, "runs", value_integer((int64_t)check.runs));
		json_put(&doc, "objects", value_integer((int64_t)check.objects));
		json_put(&doc, "broken", value_from_strv(&check.broken));
		if (json_emit(doc, &out, err) < 0)
			return -1;
	} else {
		for (size_t i = 0; i < check.broken.len; i++)
			strbuf_appendf(&out, "broken: %s\n", check.broken.items[i]);
		strbuf_appendf(&out, "%zu runs, %zu originals: %s\n", check.runs, check.objects,
			       check.broken.len ? "not all is whole" : "all whole");
	}
	if (context_emit(context, &out, err) < 0)
		return -1;
	return check.broken.len ? EXIT_ERROR : EXIT_DONE;
}

static int print_prune(const struct context *context, const struct prune_result *pruned, bool dry,
		       struct error *err)
{
	AUTO(strbuf) struct strbuf out = {0};
	struct value *doc;

	if (context->options.format == FORMAT_JSON) {
		doc = json_document("harden.prune/1");
		json_put(&doc, "dry_run", value_bool(dry));
		json_put(&doc, "runs", value_from_strv(&pruned->runs));
		json_put(&doc, "objects", value_integer((int64_t)pruned->objects));
		json_put(&doc, "bytes", value_integer((int64_t)pruned->bytes));
		if (json_emit(doc, &out, err) < 0)
			return -1;
	} else {
		for (size_t i = 0; i < pruned->runs.len; i++)
			strbuf_appendf(&out, "run %s\n", pruned->runs.items[i]);
		strbuf_appendf(&out, "%s %zu runs, %zu originals, %" PRIu64 " bytes\n",
			       dry ? "would forget" : "forgot", pruned->runs.len, pruned->objects,
			       pruned->bytes);
	}
	return context_emit(context, &out, err);
}

static int backup_prune_verb(struct context *context, struct run_access *a, struct error *err)
{
	AUTO(prune_result) struct prune_result pruned = {0};
	const struct options *o = &context->options;
	struct prune_options request = {
		.keep_days = o->keep_days < 0 ? KEEP_DAYS_DEFAULT : (unsigned)o->keep_days,
		.dry_run = true,
	};
	int go;

	if (backup_prune(a->backup, &request, &pruned, err) < 0)
		return -1;
	if (o->dry_run || (!pruned.runs.len && !pruned.objects))
		return print_prune(context, &pruned, o->dry_run, err);
	go = context_ask(context, "Forget these runs and their originals?", err);
	if (go < 0)
		return -1;
	if (!go) {
		context_warn("nothing was changed");
		return EXIT_ERROR;
	}
	request.dry_run = false;
	prune_result_done(&pruned);
	if (backup_prune(a->backup, &request, &pruned, err) < 0)
		return -1;
	return print_prune(context, &pruned, false, err);
}

static const struct {
	const char *name;
	bool changes;
	int (*run)(struct context *context, struct run_access *a, struct error *err);
} parts[] = {
	{"list", false, backup_list},
	{"verify", false, backup_verify_verb},
	{"prune", true, backup_prune_verb},
};

static int backup_part(struct context *context, struct run_access *a, struct error *err)
{
	const struct options *o = &context->options;
	const char *names[ARRAY_SIZE(parts)], *nearest;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		bool writes = parts[i].changes && !o->dry_run;

		names[i] = parts[i].name;
		if (strcmp(o->args.items[0], parts[i].name) != 0)
			continue;
		if (writes && context_can_ask(context, err) < 0)
			return -1;
		if (run_access_open(context, writes ? BACKUP_WRITE : BACKUP_READ, a, err) < 0)
			return -1;
		return parts[i].run(context, a, err);
	}
	nearest = str_nearest(o->args.items[0], names, ARRAY_SIZE(names));
	(void)error_set(err, ERROR_USAGE, 0, "backup takes list, verify or prune, not '%s'%s%s%s",
			o->args.items[0], nearest ? " (did you mean " : "", nearest ? nearest : "",
			nearest ? "?)" : "");
	return -1;
}

int verb_backup(struct context *context)
{
	AUTO(run_access) struct run_access access = {.host = {.root_fd = -1}};
	AUTO(error) struct error err = {0};
	int code = backup_part(context, &access, &err);

	return code < 0 ? context_fail(context, &err) : code;
}
