// SPDX-License-Identifier: Apache-2.0
/*
 * Verdicts of audit rules as written. A rule counts when it would be loaded and nothing before it
 * takes its events; what other files do to that is named with FILE:LINE:COLUMN.
 */
#include "harden/resource/audit_rule.h"

#define PLACE "%s:%u:%u"

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* augenrules puts -D, -b and -f before all files and -e behind them. */
bool audit_stop_is_before_ours(const struct audit_spec *spec, const struct audit_rules *rules)
{
	const char *text = rules->stop_text;

	if (!rules->stopped || strcmp(rules->stop.file, spec->file) == 0)
		return false;
	if (text[0] == '-' && text[1] && strchr("bf", text[1]))
		return true;
	if (text[0] == '-' && text[1] == 'e')
		return false;
	return audit_order(file_name(rules->stop.file), file_name(spec->file)) < 0;
}

const char *audit_perms_words(unsigned perms, char buffer[16])
{
	char letters[5];
	size_t n = strlen(audit_perms_text(perms, letters)), at = 0;

	for (size_t i = 0; i < n; i++) {
		const char *between = i == 0 ? "" : i + 1 == n ? " and " : ", ";

		memcpy(buffer + at, between, strlen(between));
		at += strlen(between);
		buffer[at++] = letters[i];
	}
	buffer[at] = '\0';
	return buffer;
}

/* Everything up to the part that would make the rule cover the object is the same in all messages. */
static int find_uncovered(const struct audit_spec *spec, const struct audit_seen *seen,
			  const struct audit_seen_object *o, struct judgement *j, struct error *err)
{
	const struct audit_cover *c = &o->cover;
	AUTO_FREE char *line = NULL;
	AUTO_FREE char *near = NULL;
	char words[16];

	if (audit_rule_line(audit_object_kind(seen, o), o->path, spec->perms, spec->key, &line,
			    NULL) < 0)
		line = NULL; /* no line can name it: stage says so */
	if (c->near) {
		near = str_format("; " PLACE " %s: %s", c->near->where.file, c->near->where.line,
				  c->near->where.column, c->near_why, c->near->line->text);
		if (!near)
			return error_nomem(err);
	}
	return judgement_find(j, o->path, PART_WRITTEN, value_text(line),
			      c->near ? value_text(c->near->line->text) : value_null(), err,
			      "no audit rule covers %s for %s%s", o->path,
			      audit_perms_words(spec->perms & ~c->written, words),
			      near ? near : "");
}

static int find_stop(const struct audit_seen *seen, struct judgement *j, struct error *err)
{
	const struct audit_rules *r = &seen->files->rules;

	return judgement_find(j, r->stop.file, PART_WRITTEN, value_null(), value_text(r->stop_text),
			      err, PLACE ": auditctl stops here, later rules are not loaded: %s",
			      r->stop.file, r->stop.line, r->stop.column, r->stop_why);
}

static int find_shadow(const struct audit_spec *spec, const struct audit_seen_object *o,
		       struct judgement *j, struct error *err)
{
	const struct audit_loaded *l = o->cover.shadow;
	char words[16];

	return judgement_find(j, o->path, PART_WRITTEN, value_null(), value_text(l->line->text),
			      err, PLACE ": this rule comes first, so %s of %s is not recorded",
			      l->where.file, l->where.line, l->where.column,
			      audit_perms_words(spec->perms & ~o->cover.have, words), o->path);
}

static int show_rules(const struct audit_seen_object *o, struct judgement *j, struct error *err)
{
	for (size_t i = 0; i < o->cover.len; i++) {
		const struct audit_loaded *l = o->cover.by[i];

		if (judgement_evidence(j, value_text(l->line->text), err, "%s:%u", l->where.file,
				       l->where.line) < 0)
			return -1;
	}
	return 0;
}

static int show_search(const struct audit_seen *seen, const struct audit_seen_object *o,
		       struct judgement *j, struct error *err)
{
	const struct audit_files *f = seen->files;

	if (!f->has_dir && !f->has_plain)
		return judgement_evidence(j, value_text("absent"), err, "%s", AUDIT_RULES_DIR);
	return judgement_evidence(j,
				  value_textf("%zu rules in %zu files, none that covers %s",
					      f->rules.len, f->len, o->path),
				  err, "%s", f->has_dir ? AUDIT_RULES_DIR : AUDIT_RULES_FILE);
}

static int note_cover(const struct audit_spec *spec, const struct audit_seen_object *o,
		      struct judgement *j, struct error *err)
{
	const struct audit_cover *c = &o->cover;
	const struct audit_loaded *first = c->len ? c->by[0] : NULL;

	if (first && c->shallow &&
	    judgement_note(j, err,
			   "%s:%u names %s by path=: only the directory itself is "
			   "watched, not what is in it",
			   first->where.file, first->where.line, o->path) < 0)
		return -1;
	if (first && c->subset &&
	    judgement_note(j, err, "%s:%u records only the system calls it lists",
			   first->where.file, first->where.line) < 0)
		return -1;
	if (first && first->path && strcmp(first->path, o->path) != 0 &&
	    judgement_note(j, err, "%s is covered by dir=%s at %s:%u", o->path, first->path,
			   first->where.file, first->where.line) < 0)
		return -1;
	if (first && c->have == spec->perms && first->line->rule.keys.len &&
	    !audit_rule_has_key(&first->line->rule, spec->key) &&
	    judgement_note(j, err, "changes of %s are recorded under the key %s", o->path,
			   first->line->rule.keys.items[0]) < 0)
		return -1;
	if (c->maybe_shadow &&
	    judgement_note(j, err, PLACE ": this never rule may hide some changes of %s: %s",
			   c->maybe_shadow->where.file, c->maybe_shadow->where.line,
			   c->maybe_shadow->where.column, o->path, c->maybe_shadow->line->text) < 0)
		return -1;
	return 0;
}

/*
 * A path= rule, or a watch, on the directory itself loads without it: only the directory above has
 * to be there (audit-userspace, kernel audit_add_watch()).
 */
bool audit_runtime_dir_matters(const struct audit_seen_object *o)
{
	if (!o->runtime_dir)
		return false;
	for (size_t i = 0; i < o->cover.len; i++) {
		const struct audit_rule *rule = &o->cover.by[i]->line->rule;

		if (rule->kind == RULE_DIR || !str_equal(rule->path, o->runtime_dir))
			return true;
	}
	return !o->cover.len;
}

/* At boot rules load before containerd makes its directory (audit-rules.service, auditd.service). */
static int judge_runtime_dir(const struct audit_seen *seen, const struct audit_seen_object *o,
			     struct judgement *j, struct error *err)
{
	if (!audit_runtime_dir_matters(o))
		return 0;
	if (o->tmpfile)
		return judgement_evidence(j, value_textf("makes %s at boot", o->tmpfile->path), err,
					  "%s:%u", o->tmpfile->file, o->tmpfile->line);
	if (!seen->tmpfiles_work)
		return judgement_note(j, err,
				      "no systemd here: %s does not exist when rules load at boot",
				      o->runtime_dir);
	return judgement_find(j, AUDIT_TMPFILES_CONF, PART_WRITTEN,
			      value_textf("d %s", o->runtime_dir), value_null(), err,
			      "nothing creates %s at boot before audit rules are loaded: a rule "
			      "for %s would stop the load",
			      o->runtime_dir, o->path);
}

static int judge_object(const struct audit_spec *spec, const struct audit_seen *seen,
			const struct audit_seen_object *o, struct judgement *j, struct error *err)
{
	const struct audit_cover *c = &o->cover;
	int r;

	if (!o->present && !spec->always)
		return judgement_evidence(j, value_text("absent"), err, "%s", o->path);
	judgement_raise(j, STATUS_PASS);
	if (c->len ? show_rules(o, j, err) < 0 : show_search(seen, o, j, err) < 0)
		return -1;
	if (c->written != spec->perms)
		r = find_uncovered(spec, seen, o, j, err);
	else if (c->shadow && c->have != spec->perms)
		r = find_shadow(spec, o, j, err);
	else if (c->have != spec->perms)
		r = find_stop(seen, j, err);
	else
		r = 0;
	if (r < 0 || judge_runtime_dir(seen, o, j, err) < 0)
		return -1;
	return note_cover(spec, o, j, err);
}

static int find_off(const struct audit_loaded *l, enum part part, const char *what,
		    struct judgement *j, struct error *err)
{
	return judgement_find(j, l->where.file, part, value_null(), value_text(l->line->text), err,
			      "%s:%u:1: %s", l->where.file, l->where.line, what);
}

static int note_maybe_off(const struct audit_loaded *l, const char *what, struct judgement *j,
			  struct error *err)
{
	return judgement_note(j, err, "%s:%u: %s: %s", l->where.file, l->where.line, what,
			      l->line->text);
}

int audit_judge_switches(const struct audit_rules *r, enum part part, struct judgement *j,
			 struct error *err)
{
	if (r->no_task &&
	    find_off(r->no_task, part, "no system call of any process is recorded", j, err) < 0)
		return -1;
	if (r->excluded && find_off(r->excluded, part,
				    "the records of system calls or paths are dropped", j, err) < 0)
		return -1;
	if (r->disabled &&
	    judgement_find(j, r->disabled_at.file, part, value_null(), value_text("-e 0"), err,
			   "%s:%u:1: this switches auditing off", r->disabled_at.file,
			   r->disabled_at.line) < 0)
		return -1;
	if (r->maybe_no_task &&
	    note_maybe_off(r->maybe_no_task, "some processes are not recorded at all", j, err) < 0)
		return -1;
	return r->maybe_excluded
		       ? note_maybe_off(r->maybe_excluded, "some records are dropped", j, err)
		       : 0;
}

static bool names_stop(const struct judgement *j)
{
	for (size_t i = 0; i < j->findings_len; i++)
		if (strstr(j->findings[i].message, "auditctl stops here"))
			return true;
	return false;
}

static int judge_stop(const struct audit_spec *spec, const struct audit_seen *seen,
		      struct judgement *j, struct error *err)
{
	const struct audit_rules *r = &seen->files->rules;

	if (seen->own_bad &&
	    judgement_find(j, spec->file, PART_WRITTEN, value_null(), value_null(), err,
			   "%s has %zu rules that would stop the load of rules behind them",
			   spec->file, seen->own_bad) < 0)
		return -1;
	if (!r->stopped || names_stop(j))
		return 0;
	if (j->status == STATUS_FAIL && audit_stop_is_before_ours(spec, r))
		return find_stop(seen, j, err);
	return judgement_note(j, err, PLACE ": auditctl stops here, %zu rules are not loaded: %s",
			      r->stop.file, r->stop.line, r->stop.column, r->unreached,
			      r->stop_why);
}

static int judge_own_file(const struct audit_seen *seen, struct judgement *j, struct error *err)
{
	const struct file_state *s = &seen->own.state;

	if (s->kind != FILE_REGULAR || !(s->uid || s->gid || (s->mode & 07777 & ~0640u)))
		return 0;
	return judgement_find(
		j, seen->own.path, PART_WRITTEN, value_text("root:root 0640"),
		value_textf("%u:%u %04o", (unsigned)s->uid, (unsigned)s->gid, (unsigned)s->mode),
		err, "%s is not root's alone", seen->own.path);
}

static int judge_host(const struct audit_spec *spec, const struct audit_seen *seen,
		      struct judgement *j, struct error *err)
{
	const struct audit_files *f = seen->files;

	if (!f->has_dir && !f->has_plain && !f->has_tools)
		return judgement_find(j, AUDIT_RULES_DIR, PART_WRITTEN, value_text("auditd"),
				      value_null(), err, "auditd is not installed");
	if (f->refused &&
	    judgement_find(j, AUDIT_RULES_FILE, PART_WRITTEN, value_null(), value_null(), err,
			   "%s %s, so auditctl does not read it", AUDIT_RULES_FILE, f->refused) < 0)
		return -1;
	if (audit_judge_switches(&f->rules, PART_WRITTEN, j, err) < 0 ||
	    judge_stop(spec, seen, j, err) < 0)
		return -1;
	return judge_own_file(seen, j, err);
}

int audit_rule_judge(const void *spec_ptr, const void *seen_ptr, struct judgement *j,
		     struct error *err)
{
	const struct audit_spec *spec = spec_ptr;
	const struct audit_seen *seen = seen_ptr;

	for (size_t i = 0; i < seen->len; i++)
		if (judge_object(spec, seen, &seen->items[i], j, err) < 0)
			return -1;
	if (!seen->len)
		return judgement_evidence(
			j, value_text("nothing to watch: there is no such path here"), err,
			"audit-rule");
	if (j->status == STATUS_NOT_APPLICABLE)
		return 0;
	return judge_host(spec, seen, j, err) < 0 ? -1 : audit_judge_kernel(spec, seen, j, err);
}
