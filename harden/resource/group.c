// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `group`: who is in a group, by its own line or as their primary group. Users
 * are compared whole, never as substrings. Members beyond the allowed ones are taken out of
 * /etc/group and /etc/gshadow; a primary group is a person's to change, since every file of that
 * user may depend on it.
 */
#include "harden/host/look_file.h"
#include "harden/host/look_users.h"
#include "harden/resource/type.h"
#include "harden/text/group_line.h"

#include <stdlib.h>

static const struct key keys[] = {
	{.key = "name", .kind = KEY_TEXT, .required = true, .summary = "the group, name or number"},
	{.key = "members", .kind = KEY_TEXT_LIST,
	 .summary = "users that may be in it; empty: any member is for a person to judge"},
	{.key = NULL},
};

struct group_spec {
	char *name;
	struct strv allowed;
};

struct group_seen {
	struct group_members members;
	struct strv extra, extra_primary;
};

static void group_spec_free(void *p)
{
	struct group_spec *spec = p;

	free(spec->name);
	strv_done(&spec->allowed);
	free(spec);
}

static int load_names(const struct value *v, struct strv *names, struct error *err)
{
	if (value_as_text(v))
		return *v->text ? strv_add(names, v->text, err) : 0;
	for (size_t i = 0; i < value_len(v); i++)
		if (value_as_text(v->members[i].value) &&
		    strv_add(names, v->members[i].value->text, err) < 0)
			return -1;
	return 0;
}

static int group_load(const struct value *entry, const char *file, void **ret_spec,
		      struct error *err)
{
	struct group_spec *spec = calloc(1, sizeof(*spec));
	const char *name = value_get_text(entry, "name");

	(void)file; /* every mistake was found by the key table */
	if (!spec)
		return error_nomem(err);
	spec->name = strdup(name ? name : "");
	if (!spec->name || load_names(value_get(entry, "members"), &spec->allowed, err) < 0) {
		group_spec_free(spec);
		return error_nomem(err);
	}
	*ret_spec = spec;
	return 0;
}

static void group_seen_free(void *p)
{
	struct group_seen *seen = p;

	group_members_done(&seen->members);
	strv_done(&seen->extra);
	strv_done(&seen->extra_primary);
	free(seen);
}

/* root controls everything anyway. */
static int find_extra(const struct strv *users, const struct strv *allowed, struct strv *extra,
		      struct error *err)
{
	for (size_t i = 0; i < users->len; i++)
		if (strcmp(users->items[i], "root") != 0 && !strv_has(allowed, users->items[i]) &&
		    strv_add_once(extra, users->items[i], err) < 0)
			return -1;
	return 0;
}

static int group_inspect(const void *p, struct host *host, void **ret_seen, struct error *err)
{
	const struct group_spec *spec = p;
	struct group_seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return error_nomem(err);
	if (look_group_members(host, spec->name, &seen->members, err) < 0 ||
	    find_extra(&seen->members.listed, &spec->allowed, &seen->extra, err) < 0 ||
	    find_extra(&seen->members.primary, &spec->allowed, &seen->extra_primary, err) < 0) {
		group_seen_free(seen);
		return -1;
	}
	*ret_seen = seen;
	return 0;
}

static int judge_extra(const struct group_spec *spec, const struct strv *extra, const char *how,
		       struct judgement *j, struct error *err)
{
	for (size_t i = 0; i < extra->len; i++)
		if (judgement_find(j, "/etc/group", PART_WRITTEN, value_from_strv(&spec->allowed),
				   value_text(extra->items[i]), err,
				   "user %s is in group %s%s and not among the trusted ones",
				   extra->items[i], spec->name, how) < 0)
			return -1;
	return 0;
}

static int group_judge(const void *p, const void *q, struct judgement *j, struct error *err)
{
	const struct group_spec *spec = p;
	const struct group_seen *seen = q;

	if (!seen->members.exists)
		return judgement_evidence(j, value_text("absent"), err, "group %s", spec->name);
	judgement_raise(j, STATUS_PASS);
	if (judgement_evidence(j, value_from_strv(&seen->members.listed), err,
			       "/etc/group: members of %s", spec->name) < 0 ||
	    (seen->members.primary.len &&
	     judgement_evidence(j, value_from_strv(&seen->members.primary), err,
				"/etc/passwd: users whose primary group is %s", spec->name) < 0))
		return -1;
	if (!seen->extra.len && !seen->extra_primary.len)
		return 0;
	if (!spec->allowed.len) {
		judgement_raise(j, STATUS_MANUAL);
		return judgement_note(j, err, "no user was named as trusted, so who of these is, a "
					      "person has to say");
	}
	return judge_extra(spec, &seen->extra, "", j, err) < 0
		       ? -1
		       : judge_extra(spec, &seen->extra_primary, " as their primary group", j, err);
}

static int stage_members(struct host *host, const char *path, const struct group_spec *spec,
			 const struct strv *drop, bool admins, struct error *err)
{
	AUTO(look) struct look look = {0};
	AUTO(file_state) struct file_state after = {0};
	AUTO_PTR(blob) struct blob *text = NULL;

	if (look_file(host, path, LOOK_CONTENT, &look, err) < 0)
		return -1;
	if (!look.state.content)
		return 0;
	if (group_drop_members(look.state.content, spec->name, drop, admins, &text, err) < 0 ||
	    file_state_copy(&after, &look.state, err) < 0)
		return -1;
	blob_free(after.content);
	after.content = take_ptr(&text);
	return look_stage(host, &look, &after,
			  (struct stage_how){.phase = PHASE_CREATE, .promise = PROMISE_NOW}, err);
}

static int group_stage(const void *p, const void *q, struct host *host, struct error *err)
{
	const struct group_spec *spec = p;
	const struct group_seen *seen = q;

	for (size_t i = 0; i < seen->extra_primary.len; i++)
		if (stage_by_hand(host->stage, "a user has this group as primary group",
				  "give that user another primary group with usermod -g", err) < 0)
			return -1;
	if (!seen->extra.len)
		return 0;
	if (stage_members(host, "/etc/group", spec, &seen->extra, false, err) < 0)
		return -1;
	return stage_members(host, "/etc/gshadow", spec, &seen->extra, true, err);
}

const struct resource_type resource_group = {
	.schema = {
		.name = "group",
		.summary = "who may be in a group",
		.keys = keys,
		.traits = TYPE_OFFLINE,
	},
	.load = group_load,
	.spec_free = group_spec_free,
	.inspect = group_inspect,
	.seen_free = group_seen_free,
	.judge = group_judge,
	.stage = group_stage,
};
