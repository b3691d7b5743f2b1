// SPDX-License-Identifier: Apache-2.0
/*
 * Loading and mending. A fix only clears mode bits, so a stricter file stays stricter; owner and
 * group change only where they are wrong.
 */
#include "harden/resource/file.h"

#include "harden/text/acl.h"

#include <stdlib.h>

static const char *const kinds[] = {"any", "file", "directory", "socket", NULL};
static const enum file_kind kind_values[] = {FILE_ABSENT, FILE_REGULAR, FILE_DIRECTORY,
					     FILE_SOCKET};
static const char *const whens[] = {"exists", "always", NULL};

static const struct key keys[] = {
	{.key = "path",
	 .kind = KEY_PATH_LIST,
	 .required = true,
	 .summary = "what to look at; globs, and a tree as DIR/**"},
	{.key = "owner", .kind = KEY_TEXT, .summary = "user it must belong to, name or number"},
	{.key = "group",
	 .kind = KEY_TEXT_LIST,
	 .summary = "groups it may belong to; the first is the fix, the rest pass"},
	{.key = "mode-at-most",
	 .kind = KEY_MODE,
	 .summary = "mode bits it may have; the fix clears the others and sets none"},
	{.key = "kind",
	 .kind = KEY_CHOICE,
	 .choices = kinds,
	 .default_text = "any",
	 .summary = "what it must be"},
	{.key = "when",
	 .kind = KEY_CHOICE,
	 .choices = whens,
	 .default_text = "exists",
	 .summary = "whether an absent object is a violation (always) or does not apply (exists)"},
	{.key = "except",
	 .kind = KEY_TEXT_LIST,
	 .summary = "file name patterns of a tree that are left out"},
	{.key = "unless-shared",
	 .kind = KEY_BOOL,
	 .default_text = "false",
	 .summary = "whether a file that another group may read is left for a person to change"},
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
	const struct value *shared = value_get(entry, "unless-shared");

	spec->unless_shared =
		shared && (shared->kind == VALUE_BOOL ? shared->boolean
						      : str_equal(value_as_text(shared), "true"));
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
		return error_set(
			err, ERROR_RECIPE, 0,
			"%s:%u:%u: file asks for nothing: give owner, group or mode-at-most", file,
			entry->line, entry->column);
	}
	*ret_spec = spec;
	return 0;
}

/* A directory's own mode is in force before anything in it is touched. */
static enum stage_phase phase_of(const struct file_state *s)
{
	return s->kind == FILE_DIRECTORY ? PHASE_SECURE : PHASE_METADATA;
}

/*
 * What a pattern finds outside of its own directory, through a link, is somebody else's file (RHEL's
 * certs.d/.../redhat-ca.crt points to /etc/rhsm): said, not changed.
 */
static bool leads_away(const struct file_object *o)
{
	size_t n = o->base ? strlen(o->base) : 0;

	return n > 1 && (strncmp(o->look.path, o->base, n) != 0 || o->look.path[n] != '/');
}

/* As chown(2) does: a program of somebody else does not become a set-id program of root. */
static void drop_set_id(const struct file_state *before, struct file_state *after)
{
	if (after->kind == FILE_REGULAR && (after->uid != before->uid || after->gid != before->gid))
		after->mode &= ~(mode_t)06000;
}

static int stage_missing(const struct file_object *o, struct host *host, struct error *err)
{
	AUTO_FREE char *reason = str_format("%s does not exist", o->written);

	return reason ? stage_by_hand(host->stage, reason, NULL, err) : error_nomem(err);
}

/* Returns 1 when the object is not changed, and says why on the stage. */
static int refuse(const struct file_spec *spec, const struct file_object *o, struct host *host,
		  struct error *err)
{
	const struct file_state *s = &o->look.state;
	const char *path = o->look.path;
	int r;

	if (spec->kind != FILE_ABSENT && s->kind != spec->kind)
		r = stage_block(host->stage, path, err, "find out what made it and remove it",
				"%s is a %s, not a %s", path, file_kind_name(s->kind),
				file_kind_name(spec->kind));
	else if (leads_away(o))
		r = stage_block(host->stage, path, err,
				"change it there if it is yours, or put a copy in its place",
				"%s is a link to a file of another place", o->written);
	else if (file_is_shared(spec, s))
		r = stage_block(host->stage, path, err,
				"give each service a key of its own, or change it by hand",
				"group %s may read %s: another service seems to use it",
				o->group_name, path);
	else
		return 0;
	return r < 0 ? -1 : 1;
}

static int wanted_state(const struct file_spec *spec, const struct file_seen *seen,
			const struct file_state *now, struct file_state *ret_after,
			struct error *err)
{
	struct ownership want =
		file_wanted(spec, seen, (struct ownership){now->uid, now->gid, now->mode});

	if (file_state_copy(ret_after, now, err) < 0)
		return -1;
	ret_after->uid = want.uid;
	ret_after->gid = want.gid;
	ret_after->mode = want.mode;
	drop_set_id(now, ret_after);
	if (file_acl_widens(spec, now)) {
		/* the group bits were the ACL's mask: without it they are what the group itself had */
		ret_after->mode &= ~(mode_t)070 | acl_group_bits(now->acl) << 3;
		blob_free(take_ptr(&ret_after->acl));
	}
	return 0;
}

static int stage_object(const struct file_spec *spec, const struct file_seen *seen,
			const struct file_object *o, struct host *host, struct error *err)
{
	const struct file_state *s = &o->look.state;
	struct stage_how how = {.phase = phase_of(s), .promise = PROMISE_NOW};
	AUTO(file_state) struct file_state after = {0};
	int r;

	if (s->kind == FILE_ABSENT)
		return spec->always && !o->origin.creator ? stage_missing(o, host, err) : 0;
	if (file_is_device(spec, s))
		return 0;
	if (wanted_state(spec, seen, s, &after, err) < 0)
		return -1;
	if (file_state_same(s, &after) && (spec->kind == FILE_ABSENT || s->kind == spec->kind))
		return 0;
	r = refuse(spec, o, host, err);
	return r ? (r < 0 ? -1 : 0) : look_stage(host, &o->look, &after, how, err);
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
	.schema =
		{
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
