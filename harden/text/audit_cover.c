// SPDX-License-Identifier: Apache-2.0
/*
 * One walk over the rules in match order: `never` rules take permissions away from what follows,
 * `always` rules add what is left.
 */
#include "harden/text/audit_cover.h"

#include "harden/text/audit_syscall.h"

#include <ctype.h>

/* How a rule's path lies to the object. */
enum relation { APART, EXACT, ABOVE, SHALLOW, BELOW };

enum match { NO, MAYBE, YES };

/* Permissions by the calls they are recorded for; b64 and b32 count only together. */
struct tally {
	unsigned any, b64, b32;
};

struct walk {
	const struct audit_object *object;
	struct audit_cover *cover;
	unsigned taken; /* by `never` rules so far */
	const struct audit_loaded *taker;
	struct tally deep, all;			/* loaded */
	struct tally written_deep, written_all; /* as if all were loaded */
};

bool audit_path_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (strcmp(dir, "/") == 0)
		return true;
	return strncmp(path, dir, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static enum relation relate(const struct audit_loaded *l, const struct audit_object *o)
{
	const char *path = l->path;

	if (!path)
		return APART;
	if (strcmp(path, o->path) == 0)
		return l->kind == RULE_DIR || !o->is_dir ? EXACT : SHALLOW;
	if (l->kind == RULE_DIR && audit_path_below(o->path, path))
		return ABOVE;
	return o->is_dir && audit_path_below(path, o->path) ? BELOW : APART;
}

static bool compare(const char *op, unsigned long a, unsigned long b)
{
	if (strcmp(op, "=") == 0)
		return a == b;
	if (strcmp(op, "!=") == 0)
		return a != b;
	if (op[0] == '<')
		return op[1] ? a <= b : a < b;
	if (op[0] == '>')
		return op[1] ? a >= b : a > b;
	return (a & b) != 0;
}

/* Whether a process of root that nobody logged in for satisfies the field. */
static enum match match_field(const struct rule_field *f)
{
	static const char *const ids[] = {"uid", "euid", "suid", "fsuid",
					  "gid", "egid", "sgid", "fsgid"};
	bool number = isdigit((unsigned char)f->value[0]) != 0;

	if (strcmp(f->name, "auid") == 0 || strcmp(f->name, "loginuid") == 0) {
		bool unset = strcmp(f->value, "unset") == 0 || strcmp(f->value, "-1") == 0 ||
			     strcmp(f->value, "4294967295") == 0;

		return unset && strcmp(f->op, "=") == 0 ? YES : MAYBE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		if (strcmp(f->name, ids[i]) != 0)
			continue;
		if (!number && strcmp(f->value, "root") != 0) /* somebody else */
			return strcmp(f->op, "!=") == 0 ? YES : NO;
		return compare(f->op, 0, number ? strtoul(f->value, NULL, 0) : 0) ? YES : NO;
	}
	return MAYBE;
}

static bool is_own_field(const char *name)
{
	return strcmp(name, "path") == 0 || strcmp(name, "dir") == 0 ||
	       strcmp(name, "watch") == 0 || strcmp(name, "perm") == 0 || strcmp(name, "arch") == 0;
}

/* Whether a `never` rule takes events of the object, and of which permissions. */
static enum match match_never(const struct audit_loaded *l, enum relation relation,
			      unsigned *ret_perms)
{
	const struct audit_rule *rule = &l->line->rule;
	enum match match = YES;
	bool unsure = false;

	if (rule->path && relation == APART)
		return NO;
	*ret_perms = rule->all_syscalls ? RULE_ALL_PERMS
					: audit_syscalls_touch(&rule->syscalls, &unsure);
	if (rule->has_perms)
		*ret_perms &= rule->perms;
	if (unsure || (rule->path && (relation == SHALLOW || relation == BELOW)) ||
	    rule->arch == ARCH_B32 || rule->arch == ARCH_OTHER)
		match = MAYBE;
	for (size_t i = 0; i < rule->len; i++) {
		enum match field =
			is_own_field(rule->fields[i].name) ? YES : match_field(&rule->fields[i]);

		match = field < match ? field : match;
	}
	return *ret_perms ? match : NO;
}

static void note_never(struct walk *w, const struct audit_loaded *l, enum relation relation)
{
	unsigned perms = 0;
	enum match match = match_never(l, relation, &perms);

	perms &= w->object->perms;
	if (match == NO || !perms || !l->reached)
		return;
	if (match == MAYBE) {
		if (!w->cover->maybe_shadow)
			w->cover->maybe_shadow = l;
		return;
	}
	w->taken |= perms;
	if (!w->taker)
		w->taker = l;
}

static void add(struct tally *t, enum rule_arch arch, unsigned perms)
{
	if (arch == ARCH_B64)
		t->b64 |= perms;
	else if (arch == ARCH_B32)
		t->b32 |= perms;
	else
		t->any |= perms;
}

static unsigned total(const struct tally *t)
{
	return t->any | (t->b64 & t->b32);
}

static void note_near(struct walk *w, const struct audit_loaded *l, const char *why)
{
	if (w->cover->near)
		return;
	w->cover->near = l;
	w->cover->near_why = why;
}

/* Which permissions an `always` rule records of every change; 0 and a near miss if it does not. */
static unsigned recorded(struct walk *w, const struct audit_loaded *l)
{
	const struct audit_rule *rule = &l->line->rule;
	unsigned perms = rule->has_perms ? rule->perms : RULE_ALL_PERMS;

	if (rule->extra || rule->arch == ARCH_OTHER) {
		note_near(w, l, "has further conditions, so it records only some changes");
		return 0;
	}
	if (!rule->all_syscalls)
		perms &= audit_syscalls_serve(&rule->syscalls);
	if ((perms & w->object->perms) != w->object->perms)
		note_near(w, l,
			  rule->all_syscalls ? "lacks a permission" : "lists too few system calls");
	return perms & w->object->perms;
}

static int note_always(struct walk *w, const struct audit_loaded *l, enum relation relation,
		       struct error *err)
{
	struct audit_cover *c = w->cover;
	unsigned perms = recorded(w, l), left;
	enum rule_arch arch = l->line->rule.arch;

	if (!perms)
		return 0;
	add(&w->written_all, arch, perms);
	if (relation != SHALLOW)
		add(&w->written_deep, arch, perms);
	left = l->reached ? perms & ~w->taken : 0;
	if (l->reached && left != perms && !c->shadow)
		c->shadow = w->taker;
	add(&w->all, arch, left);
	if (relation != SHALLOW)
		add(&w->deep, arch, left);
	if (vec_reserve((void **)&c->by, &c->cap, c->len, sizeof(const struct audit_loaded *),
			err) < 0)
		return -1;
	c->by[c->len++] = l;
	c->subset |= !l->line->rule.all_syscalls;
	return 0;
}

static void conclude(struct walk *w)
{
	struct audit_cover *c = w->cover;
	unsigned need = w->object->perms;

	c->have = total(&w->all);
	c->written = total(&w->written_all);
	c->shallow = c->written == need && total(&w->written_deep) != need;
	if (c->written == need)
		return;
	if (c->len &&
	    (total(&(struct tally){.any = w->written_all.any | w->written_all.b64}) == need)) {
		c->near = c->by[0];
		c->near_why = "records only 64-bit system calls";
	}
}

int audit_cover_find(const struct audit_rules *rules, const struct audit_object *object,
		     struct audit_cover *ret_cover, struct error *err)
{
	AUTO(audit_cover) struct audit_cover cover = {0};
	struct walk w = {.object = object, .cover = &cover};

	for (size_t i = 0; i < rules->len; i++) {
		const struct audit_loaded *l = &rules->items[i];
		enum relation relation;

		if (l->line->rule.list != LIST_EXIT)
			continue;
		relation = relate(l, object);
		if (l->line->rule.never)
			note_never(&w, l, relation);
		else if (relation == EXACT || relation == ABOVE || relation == SHALLOW) {
			if (note_always(&w, l, relation, err) < 0)
				return -1;
		}
	}
	conclude(&w);
	*ret_cover = cover;
	cover = (struct audit_cover){0};
	return 0;
}

void audit_cover_done(struct audit_cover *cover)
{
	free(cover->by);
	*cover = (struct audit_cover){0};
}
