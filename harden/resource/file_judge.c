// SPDX-License-Identifier: Apache-2.0
/*
 * Owner, group and mode. Ownership is compared by number; a mode violates by its bits
 * (mode & 07777 & ~limit), so setuid, setgid and sticky count, and a stricter mode passes. With an
 * ACL the group bits are its mask (acl(5)), so for all limits but that of a socket the mode test
 * bounds the named entries too.
 */
#include "harden/resource/file.h"
#include "harden/text/acl.h"

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

bool file_acl_widens(const struct file_spec *spec, const struct file_state *s)
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
	if (excess &&
	    judgement_find(j, path, part, octal(spec->mode), octal(s->mode), err,
			   "%s is %04o, at most %04o is allowed: %s", path, (unsigned)s->mode,
			   (unsigned)spec->mode, excess_text(excess)) < 0)
		return -1;
	if (file_acl_widens(spec, s) &&
	    judgement_find(j, path, part, value_null(), value_text("named entries"), err,
			   "%s has an ACL that lets other users or groups in", path) < 0)
		return -1;
	return 0;
}

static int object_notes(const struct file_object *o, struct judgement *j, struct error *err)
{
	if (o->look.through_link && strcmp(o->written, o->look.path) != 0 &&
	    judgement_note(j, err, "%s is reached through a link: %s", o->written, o->look.path) <
		    0)
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

bool file_is_shared(const struct file_spec *spec, const struct file_state *s)
{
	return spec->unless_shared && s->kind == FILE_REGULAR && s->gid != 0 &&
	       (s->mode & 0047) == 0040;
}

bool file_is_device(const struct file_spec *spec, const struct file_state *s)
{
	return s->kind == FILE_OTHER && spec->kind == FILE_ABSENT;
}

static int judge_absent(const struct file_spec *spec, const struct file_object *o,
			struct judgement *j, struct error *err)
{
	if (judgement_evidence(j, value_text("absent"), err, "%s", o->written) < 0)
		return -1;
	if (!spec->always)
		return 0;
	return judgement_find(j, o->look.path, PART_WRITTEN, value_text("present"),
			      value_text("absent"), err, "%s does not exist", o->written);
}

static int judge_object(const struct file_spec *spec, const struct file_seen *seen,
			const struct file_object *o, struct judgement *j, struct error *err)
{
	const struct file_state *s = &o->look.state;
	enum part part;

	if (o->origin.creator) {
		judgement_raise(j, STATUS_PASS);
		if (file_socket_judge(spec, seen, o, j, err) < 0)
			return -1;
	}
	if (s->kind == FILE_ABSENT)
		return o->origin.creator ? 0 : judge_absent(spec, o, j, err);
	if (file_is_device(spec, s))
		return judgement_evidence(j, value_text("device"), err, "%s", o->look.path);
	j->running |= seen->live && s->kind == FILE_SOCKET;
	judgement_raise(j, STATUS_PASS);
	if (judgement_evidence(j,
			       value_textf("%s %s:%s %04o", file_kind_name(s->kind), o->user_name,
					   o->group_name, (unsigned)s->mode),
			       err, "%s", o->look.path) < 0 ||
	    object_notes(o, j, err) < 0)
		return -1;
	if (spec->kind != FILE_ABSENT && s->kind != spec->kind)
		return judgement_find(
			j, o->look.path, PART_WRITTEN, value_text(file_kind_name(spec->kind)),
			value_text(file_kind_name(s->kind)), err, "%s is a %s, not a %s",
			o->look.path, file_kind_name(s->kind), file_kind_name(spec->kind));
	part = o->origin.creator && !seen->offline ? PART_RUNNING : PART_WRITTEN;
	return judge_state(spec, seen, o, part, j, err);
}

int file_judge(const void *p, const void *q, struct judgement *j, struct error *err)
{
	const struct file_spec *spec = p;
	const struct file_seen *seen = q;

	for (size_t i = 0; i < seen->len; i++)
		if (judge_object(spec, seen, &seen->items[i], j, err) < 0)
			return -1;
	if (seen->len)
		return 0;
	judgement_raise(j, seen->tree ? STATUS_PASS : STATUS_NOT_APPLICABLE);
	return judgement_evidence(j, value_text(seen->tree ? "no file matches" : "absent"), err,
				  "%s",
				  spec->paths.len ? spec->paths.items[0] : "no such object here");
}
