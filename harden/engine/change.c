// SPDX-License-Identifier: Apache-2.0
/*
 * From two states of a file to what a person reads: which kind of change it is, a unified diff
 * where bytes change, one line per attribute where metadata does. Secrets are masked here, once,
 * for text and JSON alike.
 */
#include "harden/engine/change.h"

#include "harden/host/look_users.h"
#include "harden/text/diff.h"
#include "harden/text/digest.h"
#include "harden/text/mask.h"

static const char *action_word(const struct file_state *before, const struct file_state *after)
{
	if (before->kind == FILE_ABSENT)
		return "create";
	if (after->kind == FILE_ABSENT)
		return "delete";
	if (before->content && after->content && !blob_equal(before->content, after->content))
		return "modify";
	if (before->kind == FILE_LINK && !str_equal(before->link, after->link))
		return "modify";
	return "metadata";
}

static int fill_side(struct host *host, const struct file_state *state, bool digests,
		     struct change_side *side, struct error *err)
{
	char hex[65];

	side->exists = state->kind != FILE_ABSENT;
	if (!side->exists)
		return 0;
	side->mode = state->mode;
	if (look_user_name(host, state->uid, &side->owner, err) < 0 ||
	    look_group_name(host, state->gid, &side->group, err) < 0)
		return -1;
	if (!digests || !state->content)
		return 0;
	if (digest_sha256(state->content->data, state->content->len, hex, err) < 0)
		return -1;
	side->sha256 = strdup(hex);
	return side->sha256 ? 0 : error_nomem(err);
}

/* Lines that stand above the diff, where patch(1) passes over them. */
static void metadata_lines(struct strbuf *out, const struct change_side *before,
			   const struct change_side *after)
{
	if (!before->exists && after->exists) {
		strbuf_appendf(out, "new: %s:%s %04o\n", after->owner, after->group,
			       (unsigned)after->mode);
		return;
	}
	if (!after->exists)
		return;
	if (!str_equal(before->owner, after->owner) || !str_equal(before->group, after->group))
		strbuf_appendf(out, "owner: %s:%s -> %s:%s\n", before->owner, before->group,
			       after->owner, after->group);
	if (before->mode != after->mode)
		strbuf_appendf(out, "mode: %04o -> %04o\n", (unsigned)before->mode,
			       (unsigned)after->mode);
}

static int fill_diff(const struct staged_file *file, const struct file_state *before,
		     struct change *change, struct error *err)
{
	const struct file_state *after = &file->after;
	AUTO(strbuf) struct strbuf raw = {0}, shown = {0};
	bool regular = before->kind == FILE_REGULAR || after->kind == FILE_REGULAR;

	metadata_lines(&shown, &change->before, &change->after);
	if (before->acl && !after->acl)
		strbuf_append(&shown, "acl: removed\n");
	if (before->default_acl && !after->default_acl)
		strbuf_append(&shown, "default acl: removed\n");
	if (regular && !blob_equal(before->content, after->content) &&
	    diff_unified(before->content, after->content, file->path, DIFF_CONTEXT, &raw, err) < 0)
		return error_wrap(err, "compare %s", file->path);
	if (raw.len && mask_text(raw.data, raw.len, &shown, err) < 0)
		return -1;
	return strbuf_take(&shown, &change->diff, err);
}

static int fill_change(struct host *host, const struct staged_file *file,
		       const struct file_state *before, bool digests, struct change *change,
		       struct error *err)
{
	const struct file_state *kind = file->after.kind == FILE_ABSENT ? before : &file->after;

	change->resource = strdup(file->path);
	if (!change->resource)
		return error_nomem(err);
	change->kind = file_kind_name(kind->kind);
	change->action = action_word(before, &file->after);
	if (strv_copy(&change->impact, &file->impact, err) < 0 ||
	    fill_side(host, before, digests, &change->before, err) < 0 ||
	    fill_side(host, &file->after, digests, &change->after, err) < 0)
		return -1;
	return fill_diff(file, before, change, err);
}

int change_from_staged(struct host *host, const struct staged_file *file,
		       const struct file_state *before, const char *waits, bool digests,
		       struct plan *plan, struct error *err)
{
	AUTO(change) struct change change = {.consent = waits != NULL};

	if (fill_change(host, file, before, digests, &change, err) < 0 ||
	    (waits ? strv_add(&change.controls, waits, err)
		   : strv_copy(&change.controls, &file->controls, err)) < 0 ||
	    vec_reserve((void **)&plan->changes, &plan->cap, plan->len, sizeof(*plan->changes),
			err) < 0)
		return -1;
	plan->changes[plan->len++] = change;
	change = (struct change){0};
	return 0;
}
