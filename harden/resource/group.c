// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `group`: who is in a group, by its own line or as their primary group. Users
 * are compared whole, never as substrings. Members beyond the allowed ones are taken out of
 * /etc/group and /etc/gshadow; a primary group is a person's to change, since every file of that
 * user may depend on it. A session that began before keeps the group: on a live host the processes
 * of users who are not in it any more are the running part, and a person's to end.
 */
#include "harden/host/look_file.h"
#include "harden/host/look_process.h"
#include "harden/host/look_users.h"
#include "harden/resource/type.h"
#include "harden/text/group_line.h"

#include <stdlib.h>

static const struct key keys[] = {
	{.key = "name", .kind = KEY_TEXT, .required = true, .summary = "the group, name or number"},
	{.key = "members",
	 .kind = KEY_TEXT_LIST,
	 .summary = "users that may be in it; empty: any member is for a person to judge"},
	{.key = NULL},
};

struct group_spec {
	char *name;
	struct strv allowed;
};

struct group_seen {
	struct group_members members;
	struct strv extra, extra_primary, extra_admins;
	bool live;
	struct strv sessions; /* "bob (pid 12)": has the group, and is neither in it nor trusted */
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
	strv_done(&seen->extra_admins);
	strv_done(&seen->sessions);
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

static int find_sessions(const struct group_spec *spec, struct host *host, struct group_seen *seen,
			 struct error *err)
{
	const struct group_members *m = &seen->members;
	AUTO_FREE struct group_process *items = NULL;
	size_t len = 0;

	seen->live = host->live;
	if (!host->live || !m->exists)
		return 0;
	if (look_group_processes(host, m->gid, &items, &len, err) < 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		AUTO_FREE char *name = NULL;

		if (look_user_name(host, items[i].uid, &name, err) < 0)
			return -1;
		if (!strv_has(&spec->allowed, name) && !strv_has(&m->listed, name) &&
		    !strv_has(&m->primary, name) &&
		    strv_addf(&seen->sessions, err, "%s (pid %ld)", name, (long)items[i].pid) < 0)
			return -1;
	}
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
	    find_extra(&seen->members.primary, &spec->allowed, &seen->extra_primary, err) < 0 ||
	    find_extra(&seen->members.admins, &spec->allowed, &seen->extra_admins, err) < 0 ||
	    find_sessions(spec, host, seen, err) < 0) {
		group_seen_free(seen);
		return -1;
	}
	*ret_seen = seen;
	return 0;
}

/* verb: "is in", "administers"; how: what follows the group's name. */
static int judge_extra(const struct group_spec *spec, const struct group_seen *seen,
		       const struct strv *extra, const char *file, const char *verb,
		       const char *how, struct judgement *j, struct error *err)
{
	for (size_t i = 0; i < extra->len; i++)
		if (judgement_find(j, file, PART_WRITTEN, value_from_strv(&spec->allowed),
				   value_text(extra->items[i]), err,
				   "user %s %s group %s%s and is not among the trusted ones",
				   extra->items[i], verb, seen->members.name, how) < 0)
			return -1;
	return 0;
}

static int list_members(const struct group_seen *seen, struct judgement *j, struct error *err)
{
	const struct group_members *m = &seen->members;

	if (judgement_evidence(j, value_from_strv(&m->listed), err, "/etc/group: members of %s",
			       m->name) < 0)
		return -1;
	if (m->primary.len &&
	    judgement_evidence(j, value_from_strv(&m->primary), err,
			       "/etc/passwd: users whose primary group is %s", m->name) < 0)
		return -1;
	if (m->admins.len && judgement_evidence(j, value_from_strv(&m->admins), err,
						"/etc/gshadow: who administers %s", m->name) < 0)
		return -1;
	if (m->admins_unknown)
		return judgement_note(j, err,
				      "/etc/gshadow could not be read: run as root to see who may "
				      "put users into %s",
				      m->name);
	return 0;
}

static int list_sessions(const struct group_seen *seen, struct judgement *j, struct error *err)
{
	if (!seen->sessions.len)
		return 0;
	return judgement_evidence(j, value_from_strv(&seen->sessions), err,
				  "running processes with group %s of users who are not in it",
				  seen->members.name);
}

static int judge_sessions(const struct group_spec *spec, const struct group_seen *seen,
			  struct judgement *j, struct error *err)
{
	for (size_t i = 0; i < seen->sessions.len; i++)
		if (judgement_find(j, "/proc", PART_RUNNING, value_from_strv(&spec->allowed),
				   value_text(seen->sessions.items[i]), err,
				   "%s still has group %s: end that process, or the user's session",
				   seen->sessions.items[i], seen->members.name) < 0)
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
	j->running |= seen->live;
	if (list_members(seen, j, err) < 0 || list_sessions(seen, j, err) < 0)
		return -1;
	if (!seen->extra.len && !seen->extra_primary.len && !seen->extra_admins.len &&
	    !seen->sessions.len)
		return 0;
	if (!spec->allowed.len) {
		judgement_raise(j, STATUS_MANUAL);
		return judgement_note(j, err,
				      "no user was named as trusted, so who of these is, a "
				      "person has to say");
	}
	if (judge_extra(spec, seen, &seen->extra, "/etc/group", "is in", "", j, err) < 0 ||
	    judge_extra(spec, seen, &seen->extra_primary, "/etc/passwd", "has", " as primary group",
			j, err) < 0 ||
	    judge_sessions(spec, seen, j, err) < 0)
		return -1;
	return judge_extra(spec, seen, &seen->extra_admins, "/etc/gshadow", "administers", "", j,
			   err);
}

/* Sets *ret_changed when the file named one of them. */
static int stage_members(struct host *host, const char *path, const char *group,
			 const struct strv *drop, bool admins, bool *ret_changed, struct error *err)
{
	AUTO(look) struct look look = {0};
	AUTO(file_state) struct file_state after = {0};
	AUTO_PTR(blob) struct blob *text = NULL;

	*ret_changed = false;
	if (look_file(host, path, LOOK_CONTENT, &look, err) < 0)
		return -1;
	if (!look.state.content)
		return 0;
	if (group_drop_members(look.state.content, group, drop, admins, &text, err) < 0 ||
	    file_state_copy(&after, &look.state, err) < 0)
		return -1;
	*ret_changed = !blob_equal(text, look.host.content);
	blob_free(after.content);
	after.content = take_ptr(&text);
	return look_stage(host, &look, &after,
			  (struct stage_how){.phase = PHASE_CREATE, .promise = PROMISE_NOW}, err);
}

static int leave_primary(const struct group_seen *seen, struct host *host, struct error *err)
{
	for (size_t i = 0; i < seen->extra_primary.len; i++) {
		AUTO_FREE char *reason =
			str_format("user %s has %s as primary group", seen->extra_primary.items[i],
				   seen->members.name);

		if (!reason)
			return error_nomem(err);
		if (stage_by_hand(host->stage, reason,
				  "give that user another primary group with usermod -g", err) < 0)
			return -1;
	}
	return 0;
}

static int leave_sessions(const struct group_seen *seen, struct host *host, struct error *err)
{
	for (size_t i = 0; i < seen->sessions.len; i++) {
		AUTO_FREE char *reason = str_format("%s still has group %s",
						    seen->sessions.items[i], seen->members.name);

		if (!reason)
			return error_nomem(err);
		if (stage_by_hand(host->stage, reason,
				  "end that process, or the user's session (loginctl "
				  "terminate-user)",
				  err) < 0)
			return -1;
	}
	return 0;
}

static int group_stage(const void *p, const void *q, struct host *host, struct error *err)
{
	const struct group_seen *seen = q;
	const char *name = seen->members.name;
	AUTO(strv) struct strv drop = {0};
	bool in_group, in_gshadow;

	(void)p;
	if (leave_primary(seen, host, err) < 0 || leave_sessions(seen, host, err) < 0)
		return -1;
	if (!seen->extra.len && !seen->extra_admins.len)
		return 0;
	if (strv_copy(&drop, &seen->extra, err) < 0)
		return -1;
	for (size_t i = 0; i < seen->extra_admins.len; i++)
		if (strv_add_once(&drop, seen->extra_admins.items[i], err) < 0)
			return -1;
	if (stage_members(host, "/etc/group", name, &drop, false, &in_group, err) < 0 ||
	    stage_members(host, "/etc/gshadow", name, &drop, true, &in_gshadow, err) < 0)
		return -1;
	if (in_group || in_gshadow)
		return 0;
	return stage_by_hand(host->stage, "members of the group come from outside of /etc/group",
			     "take them out where they are kept (LDAP, SSSD)", err);
}

const struct resource_type resource_group = {
	.schema =
		{
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
