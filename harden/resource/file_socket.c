// SPDX-License-Identifier: Apache-2.0
/*
 * Sockets by their creator. A chmod of the socket lasts until it is made anew, so what counts is
 * what the creator has written: SocketMode= and its siblings of a socket unit, mended in a drop-in
 * of ours or where they stand below /etc; dockerd's own sockets follow its `group` key; containerd
 * takes the ids from its configuration, which stays a person's to edit.
 */
#include "harden/resource/file.h"

#include "harden/host/look_dockerd.h"
#include "harden/host/look_unit.h"
#include "harden/resource/parents.h"
#include "harden/text/unit.h"

#include <stdio.h>

#define ETC_UNITS "/etc/systemd/system/"

static struct value *origin_value(const struct file_object *o)
{
	return value_textf("%s:%s %04o", o->origin_user, o->origin_group, (unsigned)o->origin.mode);
}

int file_socket_judge(const struct file_spec *spec, const struct file_seen *seen,
		      const struct file_object *o, struct judgement *j, struct error *err)
{
	mode_t excess = file_mode_excess(spec, o->origin.mode);
	const char *path = o->origin.source;

	if (judgement_evidence(j, origin_value(o), err, "%s is made by %s with", o->look.path,
			       path) < 0)
		return -1;
	if (file_owner_wrong(spec, seen, o->origin.uid) &&
	    judgement_find(j, path, PART_WRITTEN, value_text(spec->owner),
			   value_text(o->origin_user), err, "%s makes %s user %s's, not %s's", path,
			   o->look.path, o->origin_user, spec->owner) < 0)
		return -1;
	if (file_group_wrong(spec, seen, o->origin.gid) &&
	    judgement_find(j, path, PART_WRITTEN, value_text(seen->gid_names[0]),
			   value_text(o->origin_group), err, "%s makes %s group %s's, not %s's",
			   path, o->look.path, o->origin_group, seen->gid_names[0]) < 0)
		return -1;
	if (excess &&
	    judgement_find(j, path, PART_WRITTEN, value_textf("%04o", (unsigned)spec->mode),
			   value_textf("%04o", (unsigned)o->origin.mode), err,
			   "%s makes %s with mode %04o, at most %04o is allowed", path,
			   o->look.path, (unsigned)o->origin.mode, (unsigned)spec->mode) < 0)
		return -1;
	return 0;
}

/* The text of a unit file with one assignment set: in place where it stands, else at the end. */
static int set_assignment(const struct blob *in, const char *key, const char *value,
			  struct blob **ret_out, struct error *err)
{
	AUTO(unit) struct unit unit = {0};
	AUTO(strbuf) struct strbuf out = {0};
	const struct unit_entry *found = NULL;

	if (in && unit_parse(in->data, in->len, &unit, err) < 0)
		return -1;
	for (size_t i = 0; i < unit.len; i++)
		if (strcmp(unit.entries[i].section, "Socket") == 0 &&
		    strcmp(unit.entries[i].key, key) == 0)
			found = &unit.entries[i];
	if (found) {
		strbuf_append_bytes(&out, in->data, found->lines.start);
		strbuf_appendf(&out, "%s=%s\n", key, value);
		strbuf_append_bytes(&out, in->data + found->lines.end, in->len - found->lines.end);
	} else {
		if (in)
			strbuf_append_bytes(&out, in->data, in->len);
		if (out.len && out.data[out.len - 1] != '\n')
			strbuf_append_char(&out, '\n');
		if (!unit.len || strcmp(unit.entries[unit.len - 1].section, "Socket") != 0)
			strbuf_append(&out, "[Socket]\n");
		strbuf_appendf(&out, "%s=%s\n", key, value);
	}
	*ret_out = blob_from_strbuf(&out);
	return *ret_out ? 0 : error_nomem(err);
}

/* The file that has the last word about an assignment; NULL: none says it. */
static const struct unit_file *deciding(const struct unit_set *set, const char *key)
{
	for (size_t i = set->len; i-- > 0;) {
		const struct unit_file *f = &set->files[i];

		for (size_t k = 0; k < f->unit->len; k++)
			if (strcmp(f->unit->entries[k].section, "Socket") == 0 &&
			    strcmp(f->unit->entries[k].key, key) == 0)
				return f;
	}
	return NULL;
}

/*
 * Where an assignment is to be written: the administrator's file that has the last word, else a
 * drop-in of ours whose name comes after that of the package's drop-in.
 */
static char *target_of(const struct unit_set *set, const char *key)
{
	const struct unit_file *f = deciding(set, key);
	bool late = f && f->dropin && strcmp(f->name, "50-harden.conf") > 0;

	if (f && str_starts(f->path, ETC_UNITS))
		return strdup(f->path);
	return str_format(ETC_UNITS "%s.d/%s", set->name,
			  late ? "zz-harden.conf" : "50-harden.conf");
}

/* The socket that is there is mended too, so nothing has to be started again for this. */
static const struct stage_how drop_in_how = {
	.phase = PHASE_FLAG,
	.promise = PROMISE_NOW,
	.actions = ACTION_DAEMON_RELOAD,
};

static int stage_assignment(struct host *host, const char *path, const char *key, const char *value,
			    struct error *err)
{
	AUTO(look) struct look look = {0};
	AUTO(file_state) struct file_state after = {0};
	AUTO_PTR(blob) struct blob *text = NULL;

	if (look_file(host, path, LOOK_CONTENT, &look, err) < 0 ||
	    set_assignment(look.state.content, key, value, &text, err) < 0 ||
	    file_state_copy(&after, &look.state, err) < 0)
		return -1;
	if (after.kind == FILE_ABSENT)
		after = (struct file_state){.kind = FILE_REGULAR, .mode = 0644};
	blob_free(after.content);
	after.content = take_ptr(&text);
	return look_stage(host, &look, &after, drop_in_how, err);
}

static int stage_unit(struct host *host, const char *key, const char *value, struct error *err)
{
	AUTO_FREE char *target = NULL;
	const struct dockerd *d;

	if (look_dockerd(host, &d, err) < 0)
		return -1;
	target = target_of(&d->socket, key);
	if (!target)
		return error_nomem(err);
	if (parents_stage(host, target, err) < 0)
		return -1;
	return stage_assignment(host, target, key, value, err);
}

static int by_creator(struct host *host, const struct file_object *o, struct ownership want,
		      struct error *err)
{
	if (want.mode != o->origin.mode)
		return stage_block(host->stage, o->origin.source, err,
				   "let a docker.socket unit make it, with SocketMode= as wanted",
				   "a daemon that makes its socket itself gives it mode %04o",
				   (unsigned)o->origin.mode);
	if (o->origin.creator == CREATOR_CONTAINERD)
		return stage_block(host->stage, o->origin.source, err,
				   "set uid and gid below [grpc] to 0 there; it counts from "
				   "containerd's next start",
				   "containerd gives its socket to %s:%s", o->origin_user,
				   o->origin_group);
	return stage_block(host->stage, o->origin.source, err,
			   "set the group that shall use the API as \"group\" in daemon.json",
			   "dockerd gives its socket to group %s", o->origin_group);
}

int file_socket_stage(const struct file_spec *spec, const struct file_seen *seen,
		      const struct file_object *o, struct host *host, struct error *err)
{
	struct ownership now = {o->origin.uid, o->origin.gid, o->origin.mode};
	struct ownership want = file_wanted(spec, seen, now);
	char mode[8];

	if (want.uid == now.uid && want.gid == now.gid && want.mode == now.mode)
		return 0;
	if (o->origin.creator != CREATOR_UNIT)
		return by_creator(host, o, want, err);
	(void)snprintf(mode, sizeof(mode), "%04o", (unsigned)want.mode);
	if (want.mode != now.mode && stage_unit(host, "SocketMode", mode, err) < 0)
		return -1;
	if (want.uid != now.uid && stage_unit(host, "SocketUser", spec->owner, err) < 0)
		return -1;
	if (want.gid != now.gid && stage_unit(host, "SocketGroup", seen->gid_names[0], err) < 0)
		return -1;
	return 0;
}
