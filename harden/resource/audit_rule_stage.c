// SPDX-License-Identifier: Apache-2.0
/*
 * The file of ours and the tmpfiles.d line. Each rule is written as the plain watch it is, without
 * depending on what is there when it loads:
 *
 *	-a always,exit -S all -F path=P -F perm=wa -k docker
 *
 * The first byte is a newline, because a file that sorts before ours and lacks its last newline
 * would be glued to our first line. -S all, since auditctl 4 makes a short list of its own where
 * an arch is given without -S. A line is written only if its directory exists when rules load:
 * auditctl stops at the first rule that the kernel refuses.
 */
#include "harden/resource/audit_rule.h"

#include "harden/resource/parents.h"

#define TMPFILES_HEADER                                                                            \
	"# Written by harden: audit rules load before these directories are made otherwise.\n"

enum rule_kind audit_object_kind(const struct audit_seen *seen, const struct audit_seen_object *o)
{
	bool in_time = o->place.exists || (o->runtime_dir && seen->tmpfiles_work);

	return o->is_dir && in_time ? RULE_DIR : RULE_PATH;
}

static bool same_line(const struct audit_line *a, const struct audit_line *b)
{
	return a->kind == LINE_RULE && b->kind == LINE_RULE &&
	       audit_rule_same(&a->rule, audit_line_decided(a), &b->rule, audit_line_decided(b));
}

/* The same rule in a file that is not `own`, NULL: none. */
static const struct audit_line *find_twin(const struct audit_files *files,
					  const struct audit_file *own,
					  const struct audit_line *line, const char **ret_file)
{
	for (size_t i = 0; i < files->len; i++) {
		const struct audit_text *text = &files->files[i]->text;

		for (size_t k = 0; files->files[i] != own && k < text->len; k++)
			if (same_line(line, &text->lines[k])) {
				*ret_file = text->file;
				return &text->lines[k];
			}
	}
	return NULL;
}

bool audit_own_line_is_bad(const struct audit_files *files, const struct audit_file *own,
			   size_t index)
{
	const struct audit_line *line = &own->text.lines[index];
	const char *file;

	if (line->kind == LINE_WRONG)
		return true;
	if (line->kind != LINE_RULE)
		return false;
	if (line->placed && audit_line_refused(line))
		return true;
	for (size_t i = 0; i < index; i++)
		if (same_line(line, &own->text.lines[i]))
			return true;
	return find_twin(files, own, line, &file) != NULL;
}

/* What the new file is made of. */
struct draft {
	struct strv others; /* comments and controls of the old one */
	struct strv rules;
	bool changed;
};

static void draft_done(struct draft *d)
{
	strv_done(&d->others);
	strv_done(&d->rules);
}

/* A line of ours for the same object and fewer permissions, once a wider one is written. */
static bool is_superseded(const struct audit_line *old, const struct audit_line *line)
{
	const struct audit_rule *a = &old->rule, *b = &line->rule;

	return old->kind == LINE_RULE && !a->never && !a->extra && a->list == LIST_EXIT &&
	       a->arch == ARCH_ANY && a->has_perms && a->kind == b->kind &&
	       str_equal(a->path, b->path) && a->perms != b->perms && !(a->perms & ~b->perms);
}

static int keep_old(const struct audit_seen *seen, const struct audit_text *added, struct draft *d,
		    struct error *err)
{
	const struct audit_file *own = seen->own_rules;

	for (size_t i = 0; own && i < own->text.len; i++) {
		const struct audit_line *line = &own->text.lines[i];
		bool drop = audit_own_line_is_bad(seen->files, own, i);
		struct strv *to = line->kind == LINE_RULE ? &d->rules : &d->others;

		for (size_t k = 0; !drop && k < added->len; k++)
			drop = is_superseded(line, &added->lines[k]);
		if (drop) {
			d->changed = true;
			continue;
		}
		if (line->text && strcmp(line->text, AUDIT_OWN_HEADER) != 0 &&
		    strv_add(to, line->text, err) < 0)
			return -1;
	}
	return 0;
}

static int block_twin(const struct audit_seen_object *o, const char *file,
		      const struct audit_line *twin, struct host *host, struct error *err)
{
	return stage_block(host->stage, o->path, err,
			   "look at that file: the rule is given there but does not stay loaded",
			   "%s:%u gives the rule for %s already, a second one would stop the load",
			   file, twin->line, o->path);
}

/* The line for one object, behind `text`; blocked where no line can help. */
static int add_object(const struct audit_spec *spec, const struct audit_seen *seen,
		      const struct audit_seen_object *o, struct host *host, struct strbuf *text,
		      struct error *err)
{
	AUTO(error) struct error problem = {0};
	AUTO(audit_line) struct audit_line line = {0};
	AUTO_FREE char *made = NULL;
	const struct audit_line *twin;
	const char *file;

	if (!o->place.parent_exists && !(o->runtime_dir && seen->tmpfiles_work))
		return stage_block(host->stage, o->path, err,
				   "create the directory first, or leave the control out",
				   "the directory of %s does not exist when rules are loaded: a "
				   "rule would stop the load",
				   o->path);
	if (audit_rule_line(audit_object_kind(seen, o), o->path, spec->perms, spec->key, &made,
			    &problem) < 0) {
		if (problem.code == ERROR_NOMEM)
			return error_nomem(err);
		return stage_block(host->stage, o->path, err, "give it another name", "%s",
				   error_message(&problem));
	}
	if (audit_line_parse(made, strlen(made), 1, &line, err) < 0)
		return -1;
	twin = find_twin(seen->files, seen->own_rules, &line, &file);
	if (twin)
		return block_twin(o, file, twin, host, err);
	strbuf_appendf(text, "%s\n", made);
	return 0;
}

static int collect_new(const struct audit_spec *spec, const struct audit_seen *seen,
		       struct host *host, struct audit_text *ret_added, struct error *err)
{
	AUTO(strbuf) struct strbuf text = {0};

	for (size_t i = 0; i < seen->len; i++) {
		const struct audit_seen_object *o = &seen->items[i];

		if ((o->present || spec->always) && o->cover.written != spec->perms &&
		    add_object(spec, seen, o, host, &text, err) < 0)
			return -1;
	}
	if (!strbuf_text(&text))
		return error_nomem(err);
	return audit_text_parse(spec->file, strbuf_text(&text), text.len, ret_added, err);
}

static struct blob *compose(struct draft *d)
{
	AUTO(strbuf) struct strbuf b = {0};

	strv_sort(&d->rules);
	strbuf_append(&b, "\n" AUDIT_OWN_HEADER "\n");
	for (size_t i = 0; i < d->others.len; i++)
		strbuf_appendf(&b, "%s\n", d->others.items[i]);
	for (size_t i = 0; i < d->rules.len; i++)
		strbuf_appendf(&b, "%s\n", d->rules.items[i]);
	return blob_from_strbuf(&b);
}

static int stage_rules(const struct audit_spec *spec, const struct audit_seen *seen,
		       struct host *host, struct error *err)
{
	static const struct stage_how how = {PHASE_CREATE, PROMISE_LOAD_RULES, ACTION_LOAD_RULES};
	AUTO(audit_text) struct audit_text added = {0};
	AUTO(file_state) struct file_state after = {0};
	AUTO(look) struct look own = {0};
	AUTO(draft) struct draft d = {0};

	if (collect_new(spec, seen, host, &added, err) < 0 || keep_old(seen, &added, &d, err) < 0)
		return -1;
	for (size_t i = 0; i < added.len; i++)
		if (strv_add_once(&d.rules, added.lines[i].text, err) < 0)
			return -1;
	if (!added.len && !d.changed && seen->own.state.kind == FILE_ABSENT)
		return 0;
	if (look_file(host, spec->file, LOOK_CONTENT, &own, err) < 0 ||
	    file_state_copy(&after, &own.state, err) < 0)
		return -1;
	after.mode = own.state.kind == FILE_ABSENT ? 0640 : own.state.mode & 0640;
	after.kind = FILE_REGULAR;
	after.uid = after.gid = 0;
	if (added.len || d.changed) {
		blob_free(take_ptr(&after.content));
		after.content = compose(&d);
		if (!after.content)
			return error_nomem(err);
	}
	return look_stage(host, &own, &after, how, err);
}

/* What containerd itself makes, never wider than what is there now. */
static mode_t runtime_mode(const struct audit_seen_object *o)
{
	bool there = o->is_dir && o->state.kind == FILE_DIRECTORY;

	return there ? o->state.mode & 0711 : 0711;
}

static int stage_tmpfile(const struct audit_seen_object *o, struct host *host, struct error *err)
{
	static const struct stage_how how = {.phase = PHASE_CREATE, .promise = PROMISE_NOW};
	AUTO(look) struct look look = {0};
	AUTO(file_state) struct file_state after = {0};
	AUTO(strbuf) struct strbuf b = {0};
	AUTO_FREE char *line =
		str_format("d %s %04o root root -\n", o->runtime_dir, (unsigned)runtime_mode(o));

	if (!line)
		return error_nomem(err);
	if (parents_stage(host, AUDIT_TMPFILES_CONF, err) < 0 ||
	    look_file(host, AUDIT_TMPFILES_CONF, LOOK_CONTENT, &look, err) < 0 ||
	    file_state_copy(&after, &look.state, err) < 0)
		return -1;
	if (!look.parent_exists) /* blocked by parents_stage() */
		return 0;
	if (after.content)
		strbuf_append_bytes(&b, after.content->data, after.content->len);
	else
		strbuf_append(&b, TMPFILES_HEADER);
	if (b.len && b.data && b.data[b.len - 1] != '\n')
		strbuf_append_char(&b, '\n');
	if (!strbuf_text(&b) || !strstr(strbuf_text(&b), line))
		strbuf_append(&b, line);
	blob_free(take_ptr(&after.content));
	after.content = blob_from_strbuf(&b);
	if (!after.content)
		return error_nomem(err);
	after.mode = after.kind == FILE_ABSENT ? 0644 : after.mode & 0644;
	after.kind = FILE_REGULAR;
	after.uid = after.gid = 0;
	return look_stage(host, &look, &after, how, err);
}

static int stage_tmpfiles(const struct audit_seen *seen, struct host *host, struct error *err)
{
	for (size_t i = 0; i < seen->len; i++) {
		const struct audit_seen_object *o = &seen->items[i];

		if (audit_runtime_dir_matters(o) && !o->tmpfile && seen->tmpfiles_work &&
		    stage_tmpfile(o, host, err) < 0)
			return -1;
	}
	return 0;
}

/* Somebody else's line: named, and left to its owner. */
static int block_line(struct host *host, const struct audit_where *w, const char *text,
		      const char *why, const char *next, struct error *err)
{
	return stage_block(host->stage, w->file, err, next, "%s:%u:%u: %s: %s", w->file, w->line,
			   w->column ? w->column : 1, why, text);
}

static int block_loaded(struct host *host, const struct audit_loaded *l, const char *why,
			const char *next, struct error *err)
{
	return l ? block_line(host, &l->where, l->line->text, why, next, err) : 0;
}

static int block_others(const struct audit_spec *spec, const struct audit_seen *seen,
			struct host *host, struct error *err)
{
	const struct audit_rules *r = &seen->files->rules;

	if (audit_stop_is_before_ours(spec, r) &&
	    block_line(host, &r->stop, r->stop_text,
		       "auditctl stops here, later rules are not loaded",
		       "mend or remove that line, then run again", err) < 0)
		return -1;
	if (block_loaded(host, r->no_task, "no system call of any process is recorded",
			 "remove that rule if its owner agrees: it was set to save time",
			 err) < 0 ||
	    block_loaded(host, r->excluded, "the records of system calls or paths are dropped",
			 "remove that rule if its owner agrees", err) < 0)
		return -1;
	if (r->disabled && block_line(host, &r->disabled_at, "-e 0", "this switches auditing off",
				      "make it -e 1, or remove the line", err) < 0)
		return -1;
	for (size_t i = 0; i < seen->len; i++)
		if (block_loaded(host, seen->items[i].cover.shadow,
				 "this rule comes first and hides changes",
				 "remove it, narrow it, or let its file sort behind ours", err) < 0)
			return -1;
	return 0;
}

/* 1: rules can be written; 0: blocked. */
static int stage_place(const struct audit_spec *spec, const struct audit_seen *seen,
		       struct host *host, struct error *err)
{
	static const struct stage_how how = {.phase = PHASE_CREATE, .promise = PROMISE_NOW};
	const struct audit_files *f = seen->files;
	AUTO(look) struct look dir = {0};

	(void)spec;
	if (f->has_dir)
		return 1;
	if (!f->has_plain && !f->has_tools)
		return stage_block(host->stage, AUDIT_RULES_DIR, err, "install auditd",
				   "auditd is not installed, so no audit rule would be loaded");
	if (f->has_plain || !f->has_augenrules)
		return stage_block(host->stage, AUDIT_RULES_FILE, err,
				   "add the rules to it by hand, or move it to " AUDIT_RULES_DIR
				   " and run augenrules --load",
				   "%s does not exist: this host loads %s, which is the site's own",
				   AUDIT_RULES_DIR, AUDIT_RULES_FILE);
	if (parents_stage(host, AUDIT_RULES_DIR, err) < 0 ||
	    look_file(host, AUDIT_RULES_DIR, 0, &dir, err) < 0)
		return -1;
	if (!dir.parent_exists)
		return 0; /* blocked by parents_stage() */
	return look_stage(host, &dir, &(struct file_state){.kind = FILE_DIRECTORY, .mode = 0750},
			  how, err) < 0
		       ? -1
		       : 1;
}

/* Loading rules, which settle does, would not be enough. Said once, whichever control is first. */
static int leave_kernel(const struct audit_seen *seen, struct host *host, struct error *err)
{
	static const char reason[] = "auditing is switched off in the kernel";
	const struct audit_kernel *k = seen->kernel;

	if (!k || k->problem || k->state.enabled)
		return 0;
	for (size_t i = 0; i < host->stage->by_hand_len; i++)
		if (strcmp(host->stage->by_hand[i].reason, reason) == 0)
			return 0;
	return stage_by_hand(host->stage, reason,
			     k->boot_off ? audit_kernel_waits(k)
					 : "start auditd, or switch it on: auditctl -e 1",
			     err);
}

int audit_rule_stage(const void *spec_ptr, const void *seen_ptr, struct host *host,
		     struct error *err)
{
	const struct audit_spec *spec = spec_ptr;
	const struct audit_seen *seen = seen_ptr;
	int r = leave_kernel(seen, host, err);

	if (r == 0)
		r = stage_place(spec, seen, host, err);
	if (r <= 0)
		return r;
	if (stage_tmpfiles(seen, host, err) < 0 || stage_rules(spec, seen, host, err) < 0)
		return -1;
	return block_others(spec, seen, host, err);
}
