// SPDX-License-Identifier: Apache-2.0
/*
 * Owner, group and mode. Ownership is compared by number; a mode violates by its bits
 * (mode & 07777 & ~limit), so setuid, setgid and sticky count, and a stricter mode passes. With an
 * ACL the group bits are its mask (acl(5)), so for all limits but that of a socket the mode test
 * bounds the named entries too.
 */
#include "harden/resource/file.h"

#include "harden/host/look_users.h"
#include "harden/text/acl.h"

#include <fnmatch.h>
#include <stdlib.h>

static const char *const kinds[] = {"any", "file", "directory", "socket", NULL};
static const enum file_kind kind_values[] = {FILE_ABSENT, FILE_REGULAR, FILE_DIRECTORY, FILE_SOCKET};
static const char *const whens[] = {"exists", "always", NULL};

static const struct key keys[] = {
	{.key = "path", .kind = KEY_PATH_LIST, .required = true,
	 .summary = "what to look at; globs, and a tree as DIR/**"},
	{.key = "owner", .kind = KEY_TEXT, .summary = "user it must belong to, name or number"},
	{.key = "group", .kind = KEY_TEXT_LIST,
	 .summary = "groups it may belong to; the first is the fix, the rest pass"},
	{.key = "mode-at-most", .kind = KEY_MODE,
	 .summary = "mode bits it may have; the fix clears the others and sets none"},
	{.key = "kind", .kind = KEY_CHOICE, .choices = kinds, .default_text = "any",
	 .summary = "what it must be"},
	{.key = "when", .kind = KEY_CHOICE, .choices = whens, .default_text = "exists",
	 .summary = "whether an absent object is a violation (always) or does not apply (exists)"},
	{.key = "except", .kind = KEY_TEXT_LIST,
	 .summary = "file name patterns of a tree that are left out"},
	{.key = NULL},
};

static void file_spec_free(void *p)
{
	struct file_spec *spec = p;

	strv_done(&spec->paths);
	strv_done(&spec->except);
	strv_done(&spec->groups);
	free(spec->owner);
	free(spec);
}

static size_t choice(const char *const *words, const char *word)
{
	size_t i = 0;

	while (word && words[i] && strcmp(words[i], word) != 0)
		i++;
	return word && words[i] ? i : 0;
}

/* One text or a list of them. */
static int load_list(const struct value *v, struct strv *list, struct error *err)
{
	if (value_as_text(v))
		return strv_add(list, v->text, err);
	for (size_t i = 0; i < value_len(v); i++)
		if (value_as_text(v->members[i].value) &&
		    strv_add_once(list, v->members[i].value->text, err) < 0)
			return -1;
	return 0;
}

static int load_spec(const struct value *entry, struct file_spec *spec, struct error *err)
{
	const char *owner = value_get_text(entry, "owner");
	const char *mode = value_get_text(entry, "mode-at-most");

	spec->kind = kind_values[choice(kinds, value_get_text(entry, "kind"))];
	spec->always = choice(whens, value_get_text(entry, "when")) == 1;
	if (mode) {
		spec->has_mode = true;
		spec->mode = (mode_t)strtoul(mode, NULL, 8);
	}
	if (owner && !(spec->owner = strdup(owner)))
		return error_nomem(err);
	if (load_list(value_get(entry, "path"), &spec->paths, err) < 0 ||
	    load_list(value_get(entry, "group"), &spec->groups, err) < 0 ||
	    load_list(value_get(entry, "except"), &spec->except, err) < 0)
		return -1;
	return 0;
}

static int file_load(const struct value *entry, const char *file, void **ret_spec,
		     struct error *err)
{
	struct file_spec *spec = calloc(1, sizeof(*spec));

	if (!spec)
		return error_nomem(err);
	if (load_spec(entry, spec, err) < 0) {
		file_spec_free(spec);
		return -1;
	}
	if (!spec->owner && !spec->groups.len && !spec->has_mode) {
		file_spec_free(spec);
		return error_set(err, ERROR_RECIPE, 0,
				 "%s:%u:%u: file asks for nothing: give owner, group or mode-at-most",
				 file, entry->line, entry->column);
	}
	*ret_spec = spec;
	return 0;
}

static void object_done(struct file_object *o)
{
	free(o->written);
	look_done(&o->look);
	socket_origin_done(&o->origin);
	free(o->user_name);
	free(o->group_name);
	free(o->origin_user);
	free(o->origin_group);
	*o = (struct file_object){0};
}

static void file_object_done(struct file_object *o)
{
	object_done(o);
}

static void file_seen_free(void *p)
{
	struct file_seen *seen = p;

	for (size_t i = 0; i < seen->len; i++)
		object_done(&seen->items[i]);
	free(seen->items);
	free(seen->gids);
	free(seen->gid_names);
	free(seen);
}

/* The first group is needed; others that do not exist here simply cannot match. */
static int resolve_groups(const struct file_spec *spec, struct host *host, struct file_seen *seen,
			  struct error *err)
{
	AUTO(error) struct error problem = {0};

	seen->gids = calloc(spec->groups.len + 1, sizeof(*seen->gids));
	seen->gid_names = calloc(spec->groups.len + 1, sizeof(*seen->gid_names));
	if (!seen->gids || !seen->gid_names)
		return error_nomem(err);
	for (size_t i = 0; i < spec->groups.len; i++) {
		gid_t gid;

		if (look_gid(host, spec->groups.items[i], &gid, &problem) < 0) {
			if (problem.code != ERROR_FORMAT)
				break;
			continue;
		}
		seen->gids[seen->gids_len] = gid;
		seen->gid_names[seen->gids_len++] = spec->groups.items[i];
	}
	if (spec->groups.len && !seen->gids_len) {
		error_move(err, &problem);
		return -1;
	}
	return 0;
}

static int name_owners(struct host *host, struct file_object *o, struct error *err)
{
	const struct file_state *s = &o->look.state;

	if (look_user_name(host, s->uid, &o->user_name, err) < 0 ||
	    look_group_name(host, s->gid, &o->group_name, err) < 0)
		return -1;
	if (!o->origin.creator)
		return 0;
	if (look_user_name(host, o->origin.uid, &o->origin_user, err) < 0)
		return -1;
	return look_group_name(host, o->origin.gid, &o->origin_group, err);
}

static int look_object(const struct file_spec *spec, struct host *host, const char *path,
		       struct file_seen *seen, struct error *err)
{
	AUTO(file_object) struct file_object o = {0};

	o.written = strdup(path);
	if (!o.written)
		return error_nomem(err);
	if (look_file(host, path, 0, &o.look, err) < 0)
		return -1;
	if (spec->kind == FILE_SOCKET &&
	    look_socket_origin(host, o.look.path, &o.origin, err) < 0)
		return -1;
	if (name_owners(host, &o, err) < 0 ||
	    vec_reserve((void **)&seen->items, &seen->cap, seen->len, sizeof(o), err) < 0)
		return -1;
	seen->items[seen->len++] = o;
	o = (struct file_object){0};
	return 0;
}

static bool is_excepted(const struct file_spec *spec, const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	for (size_t i = 0; i < spec->except.len; i++)
		if (fnmatch(spec->except.items[i], name, 0) == 0)
			return true;
	return false;
}

static int look_pattern(const struct file_spec *spec, struct host *host, const char *pattern,
			struct file_seen *seen, struct error *err)
{
	AUTO(strv) struct strv paths = {0};

	seen->tree = true;
	if (look_glob(host, pattern, &paths, err) < 0)
		return -1;
	for (size_t i = 0; i < paths.len; i++)
		if (!is_excepted(spec, paths.items[i]) &&
		    look_object(spec, host, paths.items[i], seen, err) < 0)
			return -1;
	return 0;
}

static int inspect_all(const struct file_spec *spec, struct host *host, struct file_seen *seen,
		       struct error *err)
{
	if (spec->owner && look_uid(host, spec->owner, &seen->uid, err) < 0)
		return -1;
	if (resolve_groups(spec, host, seen, err) < 0)
		return -1;
	for (size_t i = 0; i < spec->paths.len; i++) {
		const char *path = spec->paths.items[i];
		int r = strpbrk(path, "*?[") ? look_pattern(spec, host, path, seen, err)
					     : look_object(spec, host, path, seen, err);

		if (r < 0)
			return -1;
	}
	return 0;
}

static int file_inspect(const void *p, struct host *host, void **ret_seen, struct error *err)
{
	struct file_seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return error_nomem(err);
	if (inspect_all(p, host, seen, err) < 0) {
		file_seen_free(seen);
		return -1;
	}
	*ret_seen = seen;
	return 0;
}

bool file_owner_wrong(const struct file_spec *spec, const struct file_seen *seen, uid_t uid)
{
	return spec->owner && uid != seen->uid;
}

bool file_group_wrong(const struct file_spec *spec, const struct file_seen *seen, gid_t gid)
{
	if (!spec->groups.len)
		return false;
	for (size_t i = 0; i < seen->gids_len; i++)
		if (seen->gids[i] == gid)
			return false;
	return true;
}

mode_t file_mode_excess(const struct file_spec *spec, mode_t mode)
{
	return spec->has_mode ? mode & 07777 & ~spec->mode : 0;
}

struct ownership file_wanted(const struct file_spec *spec, const struct file_seen *seen,
			     struct ownership now)
{
	return (struct ownership){
		.uid = file_owner_wrong(spec, seen, now.uid) ? seen->uid : now.uid,
		.gid = file_group_wrong(spec, seen, now.gid) ? seen->gids[0] : now.gid,
		.mode = now.mode & ~file_mode_excess(spec, now.mode),
	};
}

/* "may be written by group, others" in place of octal arithmetic at night. */
static const char *excess_text(mode_t excess)
{
	if (excess & 0002)
		return "everybody may write it";
	if (excess & 0020)
		return "its group may write it";
	if (excess & 06000)
		return "it has setuid or setgid";
	if (excess & 0004)
		return "everybody may read it";
	if (excess & 0044)
		return "its group may read it";
	return "it has more bits than it should";
}

static struct value *octal(mode_t mode)
{
	return value_textf("%04o", (unsigned)mode);
}

/* A named entry on a socket is access that the mode's limit does not speak of. */
static bool acl_widens(const struct file_spec *spec, const struct file_state *s)
{
	return spec->has_mode && s->kind == FILE_SOCKET && acl_grants_named(s->acl);
}

static int judge_state(const struct file_spec *spec, const struct file_seen *seen,
		       const struct file_object *o, enum part part, struct judgement *j,
		       struct error *err)
{
	const struct file_state *s = &o->look.state;
	const char *path = o->look.path;
	mode_t excess = file_mode_excess(spec, s->mode);

	if (file_owner_wrong(spec, seen, s->uid) &&
	    judgement_find(j, path, part, value_text(spec->owner), value_text(o->user_name), err,
			   "%s belongs to user %s, not %s", path, o->user_name, spec->owner) < 0)
		return -1;
	if (file_group_wrong(spec, seen, s->gid) &&
	    judgement_find(j, path, part, value_text(seen->gid_names[0]), value_text(o->group_name),
			   err, "%s belongs to group %s, not %s", path, o->group_name,
			   seen->gid_names[0]) < 0)
		return -1;
	if (excess && judgement_find(j, path, part, octal(spec->mode), octal(s->mode), err,
				     "%s is %04o, at most %04o is allowed: %s", path,
				     (unsigned)s->mode, (unsigned)spec->mode,
				     excess_text(excess)) < 0)
		return -1;
	if (acl_widens(spec, s) &&
	    judgement_find(j, path, part, value_null(), value_text("named entries"), err,
			   "%s has an ACL that lets other users or groups in", path) < 0)
		return -1;
	return 0;
}

static int object_notes(const struct file_object *o, struct judgement *j, struct error *err)
{
	if (o->look.through_link && strcmp(o->written, o->look.path) != 0 &&
	    judgement_note(j, err, "%s is reached through a link: %s", o->written, o->look.path) < 0)
		return -1;
	if (o->look.state.default_acl &&
	    judgement_note(j, err, "%s has a default ACL: new files in it get wider modes",
			   o->look.path) < 0)
		return -1;
	if (o->look.unsafe && judgement_note(j, err, "%s on the way to %s %s", o->look.unsafe,
					     o->look.path, o->look.unsafe_why) < 0)
		return -1;
	return 0;
}

static int judge_object(const struct file_spec *spec, const struct file_seen *seen,
			const struct file_object *o, struct judgement *j, struct error *err)
{
	const struct file_state *s = &o->look.state;

	if (o->origin.creator) {
		judgement_raise(j, STATUS_PASS);
		if (file_socket_judge(spec, seen, o, j, err) < 0)
			return -1;
	}
	if (s->kind == FILE_ABSENT) {
		if (o->origin.creator || (!spec->always))
			return o->origin.creator ? 0
						 : judgement_evidence(j, value_text("absent"), err,
								      "%s", o->written);
		return judgement_find(j, o->look.path, PART_WRITTEN, value_text("present"),
				      value_text("absent"), err, "%s does not exist", o->written);
	}
	judgement_raise(j, STATUS_PASS);
	if (judgement_evidence(j,
			       value_textf("%s %s:%s %04o", file_kind_name(s->kind), o->user_name,
					   o->group_name, (unsigned)s->mode),
			       err, "%s", o->look.path) < 0 ||
	    object_notes(o, j, err) < 0)
		return -1;
	if (spec->kind != FILE_ABSENT && s->kind != spec->kind)
		return judgement_find(j, o->look.path, PART_WRITTEN,
				      value_text(file_kind_name(spec->kind)),
				      value_text(file_kind_name(s->kind)), err, "%s is a %s, not a %s",
				      o->look.path, file_kind_name(s->kind),
				      file_kind_name(spec->kind));
	return judge_state(spec, seen, o, o->origin.creator ? PART_RUNNING : PART_WRITTEN, j, err);
}

static int file_judge(const void *p, const void *q, struct judgement *j, struct error *err)
{
	const struct file_spec *spec = p;
	const struct file_seen *seen = q;

	for (size_t i = 0; i < seen->len; i++)
		if (judge_object(spec, seen, &seen->items[i], j, err) < 0)
			return -1;
	if (seen->tree && !seen->len)
		return judgement_evidence(j, value_text("no file matches"), err, "%s",
					  spec->paths.items[0]);
	return 0;
}

/* A directory's own mode is in force before anything in it is touched. */
static enum stage_phase phase_of(const struct file_state *s)
{
	return s->kind == FILE_DIRECTORY ? PHASE_SECURE : PHASE_METADATA;
}

/*
 * A link's target outside of what the recipe names is somebody else's file (RHEL's
 * certs.d/.../redhat-ca.crt points to /etc/rhsm): said, not changed.
 */
static bool leads_away(const struct file_object *o)
{
	const char *slash = strrchr(o->written, '/');
	size_t n = (size_t)(slash - o->written);

	return o->look.through_link && strstr(o->written, "certs.d") &&
	       strncmp(o->look.path, o->written, n) != 0;
}

static int stage_object(const struct file_spec *spec, const struct file_seen *seen,
			const struct file_object *o, struct host *host, struct error *err)
{
	const struct file_state *s = &o->look.state;
	struct ownership want = file_wanted(spec, seen, (struct ownership){s->uid, s->gid, s->mode});
	struct stage_how how = {.phase = phase_of(s), .promise = PROMISE_NOW};
	struct file_state after;
	int r;

	if (s->kind == FILE_ABSENT)
		return spec->always && !o->origin.creator
			       ? stage_by_hand(host->stage, "it does not exist", NULL, err)
			       : 0;
	if (spec->kind != FILE_ABSENT && s->kind != spec->kind)
		return stage_block(host->stage, o->look.path, err,
				   "find out what made it and remove it", "%s is a %s, not a %s",
				   o->look.path, file_kind_name(s->kind),
				   file_kind_name(spec->kind));
	if (leads_away(o) && (want.uid != s->uid || want.gid != s->gid || want.mode != s->mode))
		return stage_block(host->stage, o->look.path, err,
				   "change it there if it is yours, or put a copy in its place",
				   "%s is a link to a file of another place", o->written);
	if (file_state_copy(&after, s, err) < 0)
		return -1;
	after.uid = want.uid;
	after.gid = want.gid;
	after.mode = want.mode;
	if (acl_widens(spec, s)) {
		/* the group bits were the ACL's mask: without it they are what the group itself had */
		after.mode &= ~(mode_t)070 | acl_group_bits(s->acl) << 3;
		blob_free(take_ptr(&after.acl));
	}
	r = look_stage(host, &o->look, &after, how, err);
	file_state_done(&after);
	return r;
}

static int file_stage(const void *p, const void *q, struct host *host, struct error *err)
{
	const struct file_spec *spec = p;
	const struct file_seen *seen = q;

	for (size_t i = 0; i < seen->len; i++) {
		const struct file_object *o = &seen->items[i];

		if (o->origin.creator && file_socket_stage(spec, seen, o, host, err) < 0)
			return -1;
		if (stage_object(spec, seen, o, host, err) < 0)
			return -1;
	}
	return 0;
}

const struct resource_type resource_file = {
	.schema = {
		.name = "file",
		.summary = "owner, group and mode of files, directories and sockets",
		.keys = keys,
		.traits = TYPE_OFFLINE,
	},
	.load = file_load,
	.spec_free = file_spec_free,
	.inspect = file_inspect,
	.seen_free = file_seen_free,
	.judge = file_judge,
	.stage = file_stage,
};
