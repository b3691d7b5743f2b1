// SPDX-License-Identifier: Apache-2.0
/*
 * The merge: lines in load order go one by one into the list, as auditctl would send them.
 */
#include "harden/text/audit_rules.h"

#include "harden/text/audit_switch.h"

/* A line and where it came from, in load order. */
struct step {
	struct audit_line *line;
	const char *file;
	unsigned number;
};

struct steps {
	struct step *items;
	size_t len, cap;
};

static void steps_done(struct steps *s)
{
	free(s->items);
}

struct merge {
	struct audit_rules *rules;
	const struct audit_view *view;
	size_t *table; /* open addressing by hash: index + 1 into rules->items */
	size_t slots;
	bool ignore; /* -i or -c was seen */
	struct step enable;
};

static int add_step(struct steps *steps, struct audit_line *line, const char *file, unsigned number,
		    struct error *err)
{
	if (vec_reserve((void **)&steps->items, &steps->cap, steps->len, sizeof(*steps->items),
			err) < 0)
		return -1;
	steps->items[steps->len++] = (struct step){line, file, number};
	return 0;
}

/* The texts of two lines in one; a blank line or a comment has no text of its own here. */
static int glue(struct audit_rules *rules, const struct audit_line *first, const char *file,
		const struct audit_line *second, const char *next_file, struct steps *steps,
		struct error *err)
{
	AUTO_FREE char *text = NULL;
	struct audit_glue *g;

	if (!first)
		return error_set(err, ERROR_INTERNAL, 0, "%s is glued to nothing", next_file);
	if (vec_reserve((void **)&rules->glued, &rules->glued_cap, rules->glued_len,
			sizeof(struct audit_glue *), err) < 0)
		return -1;
	text = str_format("%s%s", first->text ? first->text : "", second->text ? second->text : "");
	g = text ? calloc(1, sizeof(*g)) : NULL;
	if (!g)
		return error_nomem(err);
	g->file = file;
	g->next_file = next_file;
	if (audit_line_parse(text, strlen(text), first->line, &g->line, err) < 0) {
		free(g);
		return -1;
	}
	rules->glued[rules->glued_len++] = g;
	return add_step(steps, &g->line, file, first->line, err);
}

/* What cat(1) makes of the files. A comment swallows what is glued to it. */
static int collect(struct audit_rules *rules, struct audit_text *const *texts, size_t len,
		   struct steps *steps, struct error *err)
{
	bool swallow = false;
	struct audit_line *open = NULL;
	const char *open_file = NULL;

	for (size_t t = 0; t < len; t++) {
		struct audit_text *text = texts[t];

		for (size_t i = 0; i < text->len; i++) {
			struct audit_line *line = &text->lines[i];
			bool last = i + 1 == text->len && text->unended && t + 1 < len;
			bool joins = i == 0 && (open || swallow);

			if (joins && swallow) {
				swallow = last;
				continue;
			}
			if (joins) {
				if (glue(rules, open, open_file, line, text->file, steps, err) < 0)
					return -1;
				open = last ? &rules->glued[rules->glued_len - 1]->line : NULL;
				if (last)
					steps->len--;
				continue;
			}
			if (last && line->kind == LINE_COMMENT)
				swallow = true;
			else if (last) {
				open = line;
				open_file = text->file;
			} else if (line->kind != LINE_BLANK && line->kind != LINE_COMMENT &&
				   add_step(steps, line, text->file, line->line, err) < 0)
				return -1;
		}
	}
	return open ? add_step(steps, open, open_file, open->line, err) : 0;
}

/* Only from column 1, and -D only with nothing behind it: mawk takes \s for an s. */
static char hoisted(const struct audit_line *line)
{
	if (!line->text || line->text[0] != '-')
		return '\0';
	if (strcmp(line->text, "-D") == 0)
		return 'D';
	return line->text[1] == 'b' || line->text[1] == 'f' || line->text[1] == 'e' ? line->text[1]
										    : '\0';
}

/* awk's END block: -D, -b, -f first, the rest in place, -e last; of each the last one. */
static int reorder(struct steps *steps, struct error *err)
{
	static const char order[] = {'D', 'b', 'f'};
	AUTO(steps) struct steps out = {0};
	struct step last[128] = {{0}};

	for (size_t i = 0; i < steps->len; i++) {
		char c = hoisted(steps->items[i].line);

		if (c)
			last[(unsigned char)c] = steps->items[i];
	}
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		const struct step *s = &last[(unsigned char)order[i]];

		if (s->line && add_step(&out, s->line, s->file, s->number, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < steps->len; i++) {
		const struct step *s = &steps->items[i];

		if (!hoisted(s->line) && add_step(&out, s->line, s->file, s->number, err) < 0)
			return -1;
	}
	if (last['e'].line &&
	    add_step(&out, last['e'].line, last['e'].file, last['e'].number, err) < 0)
		return -1;
	free(steps->items);
	*steps = out;
	out = (struct steps){0};
	return 0;
}

/* auditctl stops here; column as it stands in the line. */
static int stop_at(struct merge *m, const struct step *s, unsigned column, const char *why,
		   struct error *err)
{
	struct audit_rules *r = m->rules;

	if (m->ignore || r->stopped)
		return 0;
	r->stopped = true;
	r->stop = (struct audit_where){s->file, s->number, column ? column : 1};
	r->stop_line = s->line;
	r->stop_why = strdup(why);
	r->stop_text = strdup(s->line->text ? s->line->text : "");
	return r->stop_why && r->stop_text ? 0 : error_nomem(err);
}

/* Asked again only while something is missing: an earlier change of the same run may create it. */
static int look_at(struct merge *m, struct audit_line *line, struct error *err)
{
	struct audit_place place = {0};

	if (line->placed && line->place.exists)
		return 0;
	if (m->view->place(m->view->cookie, line->rule.path, &place, err) < 0)
		return -1;
	free(line->place.path);
	line->place = place;
	line->placed = true;
	return 0;
}

enum rule_kind audit_line_decided(const struct audit_line *line)
{
	if (line->rule.kind != RULE_WATCH)
		return line->rule.kind;
	return line->place.is_directory ? RULE_DIR : RULE_PATH;
}

const char *audit_line_refused(const struct audit_line *line)
{
	const struct audit_rule *rule = &line->rule;
	size_t len = rule->path ? strlen(rule->path) : 0;

	if (!len)
		return NULL;
	if (rule->kind == RULE_PATH && rule->path[len - 1] == '/')
		return "path= cannot end in a slash (Invalid argument)";
	if (audit_line_decided(line) == RULE_DIR && !line->place.exists)
		return "the directory does not exist when rules are loaded (No such file or "
		       "directory)";
	if (!line->place.parent_exists)
		return "the path's directory does not exist when rules are loaded (No such file or "
		       "directory)";
	return NULL;
}

static size_t *find_slot(struct merge *m, const struct audit_rule *rule, enum rule_kind kind,
			 bool reached)
{
	size_t at = rule->hash & (m->slots - 1);

	for (;; at = (at + 1) & (m->slots - 1)) {
		const struct audit_loaded *l;

		if (!m->table[at])
			return &m->table[at];
		l = &m->rules->items[m->table[at] - 1];
		if (!l->gone && l->reached == reached &&
		    audit_rule_same(&l->line->rule, l->kind, rule, kind))
			return &m->table[at];
	}
}

/* The kernel looks for an equal rule before it takes -A's flag off, so -A finds none. */
static int add_rule(struct merge *m, const struct step *s, struct error *err)
{
	struct audit_rules *r = m->rules;
	struct audit_line *line = s->line;
	const char *why;
	size_t *slot;

	if (line->rule.path && look_at(m, line, err) < 0)
		return -1;
	why = audit_line_refused(line);
	if (why)
		return stop_at(m, s, line->path_column, why, err);
	slot = find_slot(m, &line->rule, audit_line_decided(line), !r->stopped);
	if (*slot && !line->rule.prepend && !r->stopped) {
		const struct audit_where *w = &r->items[*slot - 1].where;
		AUTO_FREE char *text = str_format("the same rule is given at %s:%u (Rule exists)",
						  w->file, w->line);

		return text ? stop_at(m, s, 1, text, err) : error_nomem(err);
	}
	if (vec_reserve((void **)&r->items, &r->cap, r->len, sizeof(*r->items), err) < 0)
		return -1;
	r->items[r->len++] = (struct audit_loaded){
		.line = line,
		.where = {s->file, s->number, line->path_column},
		.kind = audit_line_decided(line),
		.path = line->rule.path ? line->place.path : NULL,
		.reached = !r->stopped,
	};
	r->unreached += r->stopped;
	*slot = r->len;
	return 0;
}

static int delete_rule(struct merge *m, const struct step *s, struct error *err)
{
	struct audit_line *line = s->line;
	const size_t *slot;

	if (m->rules->stopped)
		return 0;
	if (line->rule.path && look_at(m, line, err) < 0)
		return -1;
	slot = find_slot(m, &line->rule, audit_line_decided(line), true);
	if (!*slot)
		return stop_at(m, s, line->path_column,
			       "no such rule to delete (No such file or directory)", err);
	m->rules->items[*slot - 1].gone = true;
	return 0;
}

/* auditctl takes every rule whose key contains the text (v3.0.9 key_match()). */
static bool key_contains(const struct audit_rule *rule, const char *text)
{
	for (size_t i = 0; i < rule->keys.len; i++)
		if (strstr(rule->keys.items[i], text))
			return true;
	return false;
}

/* -D, or -D -k KEY. */
static void delete_all(struct merge *m, const char *key)
{
	struct audit_rules *r = m->rules;

	r->clears |= !key && !r->len && !r->stopped;
	for (size_t i = 0; i < r->len && !r->stopped; i++)
		if (!key || key_contains(&r->items[i].line->rule, key))
			r->items[i].gone = true;
}

static int run_step(struct merge *m, const struct step *s, struct error *err)
{
	const struct audit_line *line = s->line;

	switch (line->kind) {
	case LINE_WRONG:
		return stop_at(m, s, line->column, line->problem, err);
	case LINE_RULE:
		return add_rule(m, s, err);
	case LINE_DELETE:
		return delete_rule(m, s, err);
	case LINE_CONTROL:
		if (line->control == 'D')
			delete_all(m, line->argument);
		if (line->control == 'i' || line->control == 'c')
			m->ignore = true;
		if (line->control == 'e' && !m->rules->stopped)
			m->enable = *s;
		return 0;
	default:
		return 0;
	}
}

/* -A puts a rule at the head: those last prepended come first. */
static int put_in_order(struct audit_rules *r, struct error *err)
{
	struct audit_loaded *items = r->len ? calloc(r->len, sizeof(*items)) : NULL;
	size_t n = 0;

	if (r->len && !items)
		return error_nomem(err);
	for (size_t i = r->len; i-- > 0;)
		if (!r->items[i].gone && r->items[i].line->rule.prepend)
			items[n++] = r->items[i];
	for (size_t i = 0; i < r->len; i++)
		if (!r->items[i].gone && !r->items[i].line->rule.prepend)
			items[n++] = r->items[i];
	free(r->items);
	r->items = items;
	r->cap = r->len;
	r->len = n;
	return 0;
}

static int run_steps(struct merge *m, const struct steps *steps, struct error *err)
{
	m->slots = 16;
	while (m->slots < steps->len * 2)
		m->slots *= 2;
	m->table = calloc(m->slots, sizeof(*m->table));
	if (!m->table)
		return error_nomem(err);
	for (size_t i = 0; i < steps->len; i++)
		if (run_step(m, &steps->items[i], err) < 0)
			return -1;
	return 0;
}

int audit_rules_merge(struct audit_text *const *texts, size_t len, enum audit_merge how,
		      const struct audit_view *view, struct audit_rules *ret_rules,
		      struct error *err)
{
	AUTO(audit_rules) struct audit_rules rules = {0};
	AUTO(steps) struct steps steps = {0};
	struct merge m = {.rules = &rules, .view = view};
	int r;

	if (collect(&rules, texts, len, &steps, err) < 0)
		return -1;
	if (how == MERGE_AUGENRULES && reorder(&steps, err) < 0)
		return -1;
	r = run_steps(&m, &steps, err);
	free(m.table);
	if (r < 0 || put_in_order(&rules, err) < 0)
		return -1;
	rules.locks = m.enable.line && strcmp(m.enable.line->argument, "2") == 0;
	if (m.enable.line && strcmp(m.enable.line->argument, "0") == 0) {
		rules.disabled = true;
		rules.disabled_at = (struct audit_where){m.enable.file, m.enable.number, 1};
	}
	audit_switches_find(&rules);
	*ret_rules = rules;
	rules = (struct audit_rules){0};
	return 0;
}

void audit_rules_done(struct audit_rules *rules)
{
	for (size_t i = 0; i < rules->glued_len; i++) {
		audit_line_done(&rules->glued[i]->line);
		free(rules->glued[i]);
	}
	free(rules->glued);
	free(rules->items);
	free(rules->stop_why);
	free(rules->stop_text);
	*rules = (struct audit_rules){0};
}
