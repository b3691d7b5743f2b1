// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `template`: a whole file of ours, bytes, owner and mode. The engine reads the
 * template and puts its text beside the other keys as `content`; nothing in it is expanded, so what
 * stands in templates/ is what will stand on the host.
 */
#include "harden/host/look_file.h"
#include "harden/host/look_users.h"
#include "harden/resource/type.h"

#include <stdlib.h>

static const struct key keys[] = {
	{.key = "path", .kind = KEY_PATH, .required = true, .summary = "the file"},
	{.key = "source",
	 .kind = KEY_TEMPLATE,
	 .required = true,
	 .summary = "name of the text in templates/, or an absolute path"},
	{.key = "owner", .kind = KEY_TEXT, .default_text = "root", .summary = "user it belongs to"},
	{.key = "group",
	 .kind = KEY_TEXT,
	 .default_text = "root",
	 .summary = "group it belongs to"},
	{.key = "mode", .kind = KEY_MODE, .default_text = "0644", .summary = "its mode bits"},
	{.key = NULL},
};

struct template_spec {
	char *path, *source, *owner, *group;
	mode_t mode;
	struct blob *content;
};

struct template_seen {
	struct look look;
	uid_t uid;
	gid_t gid;
	char *user_name, *group_name;
};

static void template_spec_free(void *p)
{
	struct template_spec *spec = p;

	free(spec->path);
	free(spec->source);
	free(spec->owner);
	free(spec->group);
	blob_free(spec->content);
	free(spec);
}

static char *text_or(const struct value *entry, const char *key, const char *otherwise)
{
	const char *text = value_get_text(entry, key);

	return strdup(text ? text : otherwise);
}

static int template_load(const struct value *entry, const char *file, void **ret_spec,
			 struct error *err)
{
	struct template_spec *spec = calloc(1, sizeof(*spec));
	const char *mode = value_get_text(entry, "mode");
	const char *content = value_get_text(entry, "content");

	if (!spec)
		return error_nomem(err);
	spec->path = text_or(entry, "path", "");
	spec->source = text_or(entry, "source", "");
	spec->owner = text_or(entry, "owner", "root");
	spec->group = text_or(entry, "group", "root");
	spec->mode = mode ? (mode_t)strtoul(mode, NULL, 8) : 0644;
	spec->content = content ? blob_new(content, strlen(content)) : NULL;
	if (!spec->path || !spec->source || !spec->owner || !spec->group ||
	    (content && !spec->content)) {
		template_spec_free(spec);
		return error_nomem(err);
	}
	if (!content) {
		template_spec_free(spec);
		return error_set(err, ERROR_INTERNAL, 0, "%s:%u: the template was not read", file,
				 entry->line);
	}
	*ret_spec = spec;
	return 0;
}

static void template_seen_free(void *p)
{
	struct template_seen *seen = p;

	look_done(&seen->look);
	free(seen->user_name);
	free(seen->group_name);
	free(seen);
}

static int inspect(const struct template_spec *spec, struct host *host, struct template_seen *seen,
		   struct error *err)
{
	if (look_file(host, spec->path, LOOK_CONTENT, &seen->look, err) < 0 ||
	    look_uid(host, spec->owner, &seen->uid, err) < 0 ||
	    look_gid(host, spec->group, &seen->gid, err) < 0 ||
	    look_user_name(host, seen->look.state.uid, &seen->user_name, err) < 0)
		return -1;
	return look_group_name(host, seen->look.state.gid, &seen->group_name, err);
}

static int template_inspect(const void *spec, struct host *host, void **ret_seen, struct error *err)
{
	struct template_seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return error_nomem(err);
	if (inspect(spec, host, seen, err) < 0) {
		template_seen_free(seen);
		return -1;
	}
	*ret_seen = seen;
	return 0;
}

/* Our file is exactly this: unlike at-most, a stricter mode of it is a difference too. */
static bool metadata_differs(const struct template_spec *spec, const struct template_seen *seen)
{
	const struct file_state *s = &seen->look.state;

	return s->uid != seen->uid || s->gid != seen->gid || (s->mode & ~spec->mode);
}

static int template_judge(const void *p, const void *q, struct judgement *j, struct error *err)
{
	const struct template_spec *spec = p;
	const struct template_seen *seen = q;
	const struct file_state *s = &seen->look.state;
	const char *path = seen->look.path;

	judgement_raise(j, STATUS_PASS);
	if (s->kind == FILE_ABSENT)
		return judgement_evidence(j, value_text("absent"), err, "%s", path) < 0
			       ? -1
			       : judgement_find(j, path, PART_WRITTEN, value_text(spec->source),
						value_text("absent"), err, "%s does not exist",
						path);
	if (judgement_evidence(j,
			       value_textf("%s %s:%s %04o, %zu bytes", file_kind_name(s->kind),
					   seen->user_name, seen->group_name, (unsigned)s->mode,
					   s->content ? s->content->len : 0),
			       err, "%s", path) < 0)
		return -1;
	if (!blob_equal(s->content, spec->content) &&
	    judgement_find(j, path, PART_WRITTEN, value_text(spec->source), value_null(), err,
			   "%s is not what the template %s says", path, spec->source) < 0)
		return -1;
	if (metadata_differs(spec, seen) &&
	    judgement_find(
		    j, path, PART_WRITTEN,
		    value_textf("%s:%s %04o", spec->owner, spec->group, (unsigned)spec->mode),
		    value_textf("%s:%s %04o", seen->user_name, seen->group_name, (unsigned)s->mode),
		    err, "%s is %s:%s %04o, not %s:%s %04o", path, seen->user_name,
		    seen->group_name, (unsigned)s->mode, spec->owner, spec->group,
		    (unsigned)spec->mode) < 0)
		return -1;
	return 0;
}

static int template_stage(const void *p, const void *q, struct host *host, struct error *err)
{
	const struct template_spec *spec = p;
	const struct template_seen *seen = q;
	AUTO(file_state) struct file_state after = {0};

	if (!seen->look.parent_exists)
		return stage_block(host->stage, seen->look.path, err,
				   "make the directory first, or leave the control out",
				   "the directory of %s does not exist", seen->look.path);
	if (file_state_copy(&after, &seen->look.state, err) < 0)
		return -1;
	after.mode = after.kind == FILE_ABSENT ? spec->mode : after.mode & spec->mode;
	after.kind = FILE_REGULAR;
	after.uid = seen->uid;
	after.gid = seen->gid;
	blob_free(after.content);
	after.content = blob_ref(spec->content);
	return look_stage(host, &seen->look, &after,
			  (struct stage_how){.phase = PHASE_CREATE, .promise = PROMISE_NOW}, err);
}

const struct resource_type resource_template = {
	.schema =
		{
			.name = "template",
			.summary = "a whole file made from a text in templates/",
			.keys = keys,
			.traits = TYPE_OFFLINE,
		},
	.load = template_load,
	.spec_free = template_spec_free,
	.inspect = template_inspect,
	.seen_free = template_seen_free,
	.judge = template_judge,
	.stage = template_stage,
};
