// SPDX-License-Identifier: Apache-2.0
/*
 * Verdicts of audit rules as loaded. Coverage and shadow are those of written rules; the findings
 * differ in what is to be done: load, switch on, reboot.
 */
#include "harden/resource/audit_rule.h"

#define KERNEL "kernel audit"

static bool is_written(const struct audit_spec *spec, const struct audit_seen_object *o)
{
	return o->cover.have == spec->perms;
}

/* What is missing until a rule of the object is loaded. */
static const char *loading_step(const struct audit_spec *spec, const struct audit_seen *seen,
				const struct audit_seen_object *o)
{
	const char *waits = audit_kernel_waits(seen->kernel);

	if (waits)
		return waits;
	if (!is_written(spec, o))
		return "it has to be written, then loaded (harden apply)";
	if (!seen->kernel->state.enabled)
		return "load the rules (augenrules --load) and start auditd, auditing is off";
	return "load the rules (augenrules --load)";
}

static int find_not_loaded(const struct audit_spec *spec, const struct audit_seen *seen,
			   const struct audit_seen_object *o, struct judgement *j,
			   struct error *err)
{
	const struct audit_cover *c = &o->loaded;
	AUTO_FREE char *line = NULL;
	AUTO_FREE char *near = NULL;
	char words[16];

	if (audit_rule_line(audit_object_kind(seen, o), o->path, spec->perms, spec->key, &line,
			    NULL) < 0)
		line = NULL; /* no line can name it: stage says so */
	if (c->near)
		near = str_format(" (%s:%u %s)", c->near->where.file, c->near->where.line,
				  c->near_why);
	if (c->near && !near)
		return error_nomem(err);
	return judgement_find(j, o->path, PART_LOADED, value_text(line),
			      c->near ? value_text(c->near->line->text) : value_null(), err,
			      "no loaded audit rule covers %s for %s%s: %s", o->path,
			      audit_perms_words(spec->perms & ~c->have, words), near ? near : "",
			      loading_step(spec, seen, o));
}

static int find_loaded_shadow(const struct audit_spec *spec, const struct audit_seen *seen,
			      const struct audit_seen_object *o, struct judgement *j,
			      struct error *err)
{
	const struct audit_loaded *l = o->loaded.shadow;
	char words[16];

	return judgement_find(
		j, o->path, PART_LOADED, value_null(), value_text(l->line->text), err,
		"%s:%u: this loaded rule comes first, so %s of %s is not recorded: %s",
		l->where.file, l->where.line,
		audit_perms_words(spec->perms & ~o->loaded.have, words), o->path,
		is_written(spec, o) ? loading_step(spec, seen, o)
				    : "the file that gives it has to be mended first");
}

static int find_off(const struct audit_seen *seen, const struct audit_seen_object *o,
		    struct judgement *j, struct error *err)
{
	return judgement_find(
		j, o->path, PART_LOADED, value_text("auditing is on"), value_text("off"), err,
		"no change of %s is recorded: %s", o->path,
		seen->kernel->boot_off
			? audit_kernel_waits(seen->kernel)
			: "auditing is switched off, start auditd (or auditctl -e 1)");
}

static int show_loaded(const struct audit_spec *spec, const struct audit_seen_object *o,
		       struct judgement *j, struct error *err)
{
	const struct audit_cover *c = &o->loaded;

	for (size_t i = 0; i < c->len; i++)
		if (judgement_evidence(j, value_text(c->by[i]->line->text), err, "%s:%u",
				       c->by[i]->where.file, c->by[i]->where.line) < 0)
			return -1;
	if (c->maybe_shadow &&
	    judgement_note(j, err, "%s:%u: this never rule may hide some changes of %s: %s",
			   c->maybe_shadow->where.file, c->maybe_shadow->where.line, o->path,
			   c->maybe_shadow->line->text) < 0)
		return -1;
	if (c->shallow && !o->cover.shallow &&
	    judgement_note(j, err,
			   "as loaded, only %s itself is watched, not what is in it: the rule was "
			   "loaded before the directory was made",
			   o->path) < 0)
		return -1;
	if (c->subset && !o->cover.subset && c->have == spec->perms)
		return judgement_note(j, err,
				      "as loaded, the rule for %s records only some system calls: "
				      "auditctl 4 chooses them where a line has arch= and no -S",
				      o->path);
	return 0;
}

static int judge_loaded(const struct audit_spec *spec, const struct audit_seen *seen,
			const struct audit_seen_object *o, struct judgement *j, struct error *err)
{
	const struct audit_cover *c = &o->loaded;

	if (!o->present && !spec->always)
		return 0;
	if (show_loaded(spec, o, j, err) < 0)
		return -1;
	if (seen->kernel->boot_off)
		return find_off(seen, o, j, err);
	if (c->written != spec->perms)
		return find_not_loaded(spec, seen, o, j, err);
	if (c->have != spec->perms && find_loaded_shadow(spec, seen, o, j, err) < 0)
		return -1;
	return seen->kernel->state.enabled ? 0 : find_off(seen, o, j, err);
}

static int show_state(const struct audit_kernel *k, struct judgement *j, struct error *err)
{
	const struct audit_state *s = &k->state;

	if (k->boot_off)
		return judgement_evidence(j, value_text("audit=0"), err, "/proc/cmdline");
	if (judgement_evidence(
		    j,
		    value_textf("enabled %u, failure %u, backlog_limit %u, %zu rules, %s",
				s->enabled, s->failure, s->backlog_limit, k->loaded.len,
				s->pid ? "auditd runs" : "auditd does not run"),
		    err, KERNEL) < 0)
		return -1;
	if (s->lost && judgement_note(j, err, "audit has lost %u records since boot", s->lost) < 0)
		return -1;
	if (s->enabled && !s->pid)
		return judgement_note(j, err,
				      "auditd does not run: records go to the kernel's log only");
	return 0;
}

int audit_judge_kernel(const struct audit_spec *spec, const struct audit_seen *seen,
		       struct judgement *j, struct error *err)
{
	const struct audit_kernel *k = seen->kernel;

	if (!k)
		return 0;
	if (k->problem) {
		judgement_raise(j, STATUS_ERROR);
		return judgement_evidence(j, value_textf("could not be looked at: %s", k->problem),
					  err, KERNEL);
	}
	j->running = true;
	if (show_state(k, j, err) < 0)
		return -1;
	for (size_t i = 0; i < seen->len; i++)
		if (judge_loaded(spec, seen, &seen->items[i], j, err) < 0)
			return -1;
	return audit_judge_switches(&k->loaded.rules, PART_LOADED, j, err);
}
