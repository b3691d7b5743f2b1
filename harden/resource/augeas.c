// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `augeas`: one value in a file that a lens reads (sysctl, sshd_config, unit
 * drop-ins, /etc/default/docker). Every node that matches must have the value; every byte outside
 * the value stays.
 */
#include "harden/text/augeas.h"

#include "harden/host/look_file.h"
#include "harden/resource/type.h"

#include <inttypes.h>

static const char *const whens[] = {"exists", "always", NULL};

static const struct key keys[] = {
	{.key = "path", .kind = KEY_PATH, .required = true, .summary = "the file"},
	{.key = "lens",
	 .kind = KEY_TEXT,
	 .required = true,
	 .summary = "the lens that reads it, such as Sysctl.lns"},
	{.key = "node",
	 .kind = KEY_TEXT,
	 .required = true,
	 .summary = "the node below the file's tree, such as kernel.kptr_restrict"},
	{.key = "value",
	 .kind = KEY_TEXT,
	 .summary = "the value it must have; without one the node must not be there"},
	{.key = "when",
	 .kind = KEY_CHOICE,
	 .choices = whens,
	 .default_text = "always",
	 .summary = "whether an absent file is made (always) or does not apply (exists)"},
	{.key = NULL},
};

struct augeas_spec {
	char *path, *lens, *node;
	char *value; /* NULL: the node must not be there */
	bool only_existing;
};

struct augeas_seen {
	struct look look;
	bool edited; /* result is filled */
	struct augeas_result result;
};

static void augeas_spec_free(void *p)
{
	struct augeas_spec *spec = p;

	free(spec->path);
	free(spec->lens);
	free(spec->node);
	free(spec->value);
	free(spec);
}

static int copy_text(char **slot, const struct value *v, struct error *err)
{
	if (!v || v->kind == VALUE_NULL)
		return 0;
	if (v->kind == VALUE_INTEGER)
		*slot = str_format("%" PRId64, v->integer);
	else if (v->kind == VALUE_BOOL)
		*slot = strdup(v->boolean ? "true" : "false");
	else
		*slot = strdup(value_as_text(v) ? v->text : "");
	return *slot ? 0 : error_nomem(err);
}

static int load_spec(const struct value *entry, const char *file, struct augeas_spec *spec,
		     struct error *err)
{
	if (copy_text(&spec->path, value_get(entry, "path"), err) < 0 ||
	    copy_text(&spec->lens, value_get(entry, "lens"), err) < 0 ||
	    copy_text(&spec->node, value_get(entry, "node"), err) < 0 ||
	    copy_text(&spec->value, value_get(entry, "value"), err) < 0)
		return -1;
	spec->only_existing = str_equal(value_get_text(entry, "when"), "exists");
	if (!spec->path || !spec->lens || !spec->node)
		return error_set(err, ERROR_RECIPE, 0, "%s:%u:%u: augeas needs path, lens and node",
				 file, entry->line, entry->column);
	return 0;
}

static int augeas_load(const struct value *entry, const char *file, void **ret_spec,
		       struct error *err)
{
	struct augeas_spec *spec = calloc(1, sizeof(*spec));

	if (!spec)
		return error_nomem(err);
	if (load_spec(entry, file, spec, err) < 0) {
		augeas_spec_free(spec);
		return -1;
	}
	*ret_spec = spec;
	return 0;
}

static void augeas_seen_free(void *p)
{
	struct augeas_seen *seen = p;

	look_done(&seen->look);
	augeas_result_done(&seen->result);
	free(seen);
}

static int inspect(const struct augeas_spec *spec, struct host *host, struct augeas_seen *seen,
		   struct error *err)
{
	struct augeas_edit edit = {.lens = spec->lens, .node = spec->node, .value = spec->value};
	enum file_kind kind;

	if (look_file(host, spec->path, LOOK_CONTENT, &seen->look, err) < 0)
		return -1;
	kind = seen->look.state.kind;
	/* an absent file and an edit of nothing need no library */
	if (kind == FILE_ABSENT && (spec->only_existing || !spec->value))
		return 0;
	if (kind != FILE_ABSENT && kind != FILE_REGULAR)
		return 0;
	edit.file = seen->look.path;
	seen->edited = true;
	return augeas_edit(seen->look.state.content, &edit, &seen->result, err);
}

static int augeas_inspect(const void *spec, struct host *host, void **ret_seen, struct error *err)
{
	struct augeas_seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return error_nomem(err);
	if (inspect(spec, host, seen, err) < 0) {
		augeas_seen_free(seen);
		return -1;
	}
	*ret_seen = seen;
	return 0;
}

/* What stands there now: null, one value, or all of them. */
static struct value *found_value(const struct strv *found)
{
	if (!found->len)
		return value_null();
	return found->len == 1 ? value_text(found->items[0]) : value_from_strv(found);
}

static int judge_found(const struct augeas_spec *spec, const struct augeas_seen *seen,
		       struct judgement *j, struct error *err)
{
	const struct strv *found = &seen->result.found;
	const char *path = seen->look.path, *wrong = NULL;

	for (size_t i = 0; i < found->len && !wrong; i++)
		if (!str_equal(found->items[i], spec->value))
			wrong = found->items[i];
	if (!spec->value && found->len)
		return judgement_find(j, path, PART_WRITTEN, value_null(), found_value(found), err,
				      "%s sets %s, which should not be there", path, spec->node);
	if (wrong)
		return judgement_find(j, path, PART_WRITTEN, value_text(spec->value),
				      found_value(found), err, "%s sets %s to \"%s\", not \"%s\"",
				      path, spec->node, wrong, spec->value);
	if (spec->value && !found->len)
		return judgement_find(j, path, PART_WRITTEN, value_text(spec->value), value_null(),
				      err, "%s does not set %s to \"%s\"", path, spec->node,
				      spec->value);
	return 0;
}

static int augeas_judge(const void *p, const void *q, struct judgement *j, struct error *err)
{
	const struct augeas_spec *spec = p;
	const struct augeas_seen *seen = q;
	const char *path = seen->look.path;
	enum file_kind kind = seen->look.state.kind;

	if (kind == FILE_ABSENT) {
		if (spec->only_existing)
			return judgement_evidence(j, value_text("absent"), err, "%s", path);
		judgement_raise(j, STATUS_PASS);
		if (judgement_evidence(j, value_text("absent"), err, "%s", path) < 0)
			return -1;
		return judge_found(spec, seen, j, err);
	}
	judgement_raise(j, STATUS_PASS);
	if (!seen->edited)
		return judgement_evidence(j, value_text(file_kind_name(kind)), err, "%s", path) < 0
			       ? -1
			       : judgement_find(j, path, PART_WRITTEN, value_text("file"),
						value_text(file_kind_name(kind)), err,
						"%s is a %s, not a file", path,
						file_kind_name(kind));
	if (judgement_evidence(j, found_value(&seen->result.found), err, "%s %s", path,
			       spec->node) < 0)
		return -1;
	return judge_found(spec, seen, j, err);
}

static int augeas_stage(const void *p, const void *q, struct host *host, struct error *err)
{
	const struct augeas_seen *seen = q;
	AUTO(file_state) struct file_state after = {0};

	(void)p;
	if (!seen->edited)
		return stage_block(host->stage, seen->look.path, err,
				   "find out what made it and remove it", "%s is a %s, not a file",
				   seen->look.path, file_kind_name(seen->look.state.kind));
	if (seen->result.refused)
		return stage_block(host->stage, seen->look.path, err, "edit the file by hand", "%s",
				   seen->result.refused);
	if (!seen->look.parent_exists)
		return stage_block(host->stage, seen->look.path, err,
				   "make the directory first, or leave the control out",
				   "the directory of %s does not exist", seen->look.path);
	if (file_state_copy(&after, &seen->look.state, err) < 0)
		return -1;
	if (after.kind == FILE_ABSENT)
		after = (struct file_state){.kind = FILE_REGULAR, .mode = 0644};
	blob_free(after.content);
	after.content = blob_ref(seen->result.after);
	return look_stage(host, &seen->look, &after,
			  (struct stage_how){.phase = PHASE_CREATE, .promise = PROMISE_NOW}, err);
}

const struct resource_type resource_augeas = {
	.schema =
		{
			.name = "augeas",
			.summary = "a value in a file that an augeas lens reads",
			.keys = keys,
			.traits = TYPE_OFFLINE,
		},
	.load = augeas_load,
	.spec_free = augeas_spec_free,
	.inspect = augeas_inspect,
	.seen_free = augeas_seen_free,
	.judge = augeas_judge,
	.stage = augeas_stage,
};
