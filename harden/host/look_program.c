// SPDX-License-Identifier: Apache-2.0
/*
 * Questions to one jq program. Each text of it is a slot; with is a list, so that every question
 * has a $with of its own.
 */
#include "harden/host/look_pass.h"

#include <stdlib.h>

static const char *const names[] = {"__with", "info", "daemon", "devices", NULL};

/* So few that one program is compiled sooner than the first of several. */
#define FEW_TEXTS 20

/* What is needed before anything is fetched, then the kind that is most often there, then the rest. */
enum { PROGRAM_FIRST, PROGRAM_CONTAINER, PROGRAM_REST };

static unsigned program_of(const char *kind)
{
	return str_equal(kind, "container") ? PROGRAM_CONTAINER : PROGRAM_REST;
}

/* Takes text; NULL is out of memory. */
static int add_slot(struct pass *p, unsigned program, char *text, size_t *ret_slot,
		    struct error *err)
{
	if (vec_reserve((void **)&p->program_of, &p->program_cap, p->texts.len,
			sizeof(*p->program_of), err) < 0) {
		free(text);
		return -1;
	}
	p->program_of[p->texts.len] = program;
	*ret_slot = p->texts.len;
	return strv_take(&p->texts, text, err);
}

static int add_one(struct pass *p, size_t i, unsigned program, const char *text, size_t *ret_slot,
		   struct error *err)
{
	*ret_slot = NO_SLOT;
	if (!text)
		return 0;
	return add_slot(p, program, str_format("$__with[%zu] as $with | (\n%s\n)", i, text),
			ret_slot, err);
}

static void append_results(struct strbuf *text, const char *member, const char *expression,
			   bool first)
{
	if (!expression)
		strbuf_appendf(text, "%s: []", member);
	else
		strbuf_appendf(text, "%s: results(%s(\n%s\n))", member, first ? "first" : "",
			       expression);
}

static int add_verdict(struct pass *p, size_t i, struct error *err)
{
	const struct question *q = p->questions[i];
	AUTO(strbuf) struct strbuf text = {0};
	char *taken = NULL;

	strbuf_appendf(&text, "$__with[%zu] as $with | ", i);
	if (q->select)
		strbuf_appendf(&text, "if ([(\n%s\n)] | any) then ", q->select);
	strbuf_append_char(&text, '{');
	append_results(&text, "v", q->violation, false);
	append_results(&text, ", r", q->review, false);
	append_results(&text, ", e", q->evidence, true);
	strbuf_append(&text, q->select ? "} else null end" : "}");
	if (strbuf_take(&text, &taken, err) < 0)
		return -1;
	return add_slot(p, program_of(q->each), taken, &p->slots_of[i].verdict, err);
}

static int add_question(struct pass *p, size_t i, struct error *err)
{
	const struct question *q = p->questions[i];
	struct question_slots *slots = &p->slots_of[i];

	if (add_one(p, i, PROGRAM_FIRST, q->when, &slots->when, err) < 0)
		return -1;
	for (size_t k = 0; k < GATHER_MAX; k++)
		if (add_one(p, i, program_of(q->gather[k].kind), q->gather[k].text,
			    &slots->gather[k], err) < 0)
			return -1;
	return add_verdict(p, i, err);
}

static int add_own(struct pass *p, struct error *err)
{
	if (add_slot(p, PROGRAM_FIRST, strdup(".DockerRootDir | strings"), &p->root_dir_slot, err) <
		    0 ||
	    add_slot(p, PROGRAM_FIRST,
		     strdup(".Options.device? | strings | select(startswith(\"/\"))"),
		     &p->device_slot, err) < 0)
		return -1;
	return add_slot(p, PROGRAM_FIRST, strdup(object_facts_text), &p->facts_slot, err);
}

struct mistake {
	const struct question *question;
	const struct value *const *places;
	struct error *err;
};

static void keep_first(void *cookie, size_t index, unsigned line, unsigned column,
		       const char *message)
{
	const struct mistake *m = cookie;
	const struct value *v = m->places[index];
	unsigned at = v->line + (strchr(v->text, '\n') ? line : 0);

	if (!m->err->code)
		error_set_impl(m->err, ERROR_RECIPE, 0, "%s:%u:%u: jq: %s", m->question->file, at,
			       at == v->line ? v->column
			       : column	     ? column
					     : 1,
			       message);
}

#define JQ_MAX (5 + GATHER_MAX)

/* The expressions of a question as the recipe has them. */
static size_t expressions(const struct question *q, const struct value *places[JQ_MAX],
			  const char *texts[JQ_MAX])
{
	static const char *const keys[] = {"when", "select", "violation", "review", "evidence"};
	const struct value *gather = value_get(q->entry, "gather");
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (value_get_text(q->entry, keys[i]))
			places[n++] = value_get(q->entry, keys[i]);
	for (size_t i = 0; i < value_len(gather) && n < JQ_MAX; i++)
		if (value_as_text(gather->members[i].value))
			places[n++] = gather->members[i].value;
	for (size_t i = 0; i < n; i++)
		texts[i] = places[i]->text;
	return n;
}

int pass_mistake(struct pass *p, struct error *whole, struct error *err)
{
	for (size_t i = 0; i < p->len; i++) {
		const struct value *places[JQ_MAX];
		const char *texts[JQ_MAX];
		struct mistake m = {p->questions[i], places, err};
		size_t n = expressions(p->questions[i], places, texts);

		if (queries_check(p->all->access.library, question_names, texts, n, keep_first, &m,
				  err) != 0) {
			error_next(err, "harden lint lists every mistake of a recipe");
			return -1;
		}
	}
	error_move(err, whole);
	return -1;
}

static int make_env(struct pass *p, struct error *err)
{
	AUTO_PTR(value) struct value *env = value_map(), *nothing = value_map();
	struct value *with = value_list();

	if (!env || !nothing || value_set(env, names[0], with, err) < 0)
		return error_nomem(err);
	for (size_t i = 1; names[i]; i++)
		if (value_set(env, names[i], value_null(), err) < 0)
			return -1;
	if (value_set(env, "devices", value_map(), err) < 0)
		return -1;
	for (size_t i = 0; i < p->len; i++)
		if (value_add(with,
			      value_copy(p->questions[i]->with ? p->questions[i]->with : nothing),
			      err) < 0)
			return -1;
	return jq_data_from(env, &p->env, err);
}

static int allocate(struct pass *p, struct error *err)
{
	size_t n = p->all->len + 1;

	p->questions = calloc(n, sizeof(struct question *));
	p->slots_of = calloc(n, sizeof(*p->slots_of));
	p->gathered = calloc(n, sizeof(*p->gathered));
	p->allowed = calloc(n, sizeof(*p->allowed));
	p->devices = value_map();
	return p->questions && p->slots_of && p->gathered && p->allowed && p->devices
		       ? 0
		       : error_nomem(err);
}

int pass_begin(struct pass *p, struct error *err)
{
	if (allocate(p, err) < 0)
		return -1;
	for (size_t i = 0; i < p->all->len; i++)
		if (!p->all->items[i]->answered)
			p->questions[p->len++] = p->all->items[i];
	for (size_t i = 0; i < p->len; i++)
		if (add_question(p, i, err) < 0)
			return -1;
	if (add_own(p, err) < 0)
		return -1;
	p->wanted = calloc(p->texts.len, sizeof(*p->wanted));
	if (!p->wanted || make_env(p, err) < 0)
		return p->wanted ? -1 : error_nomem(err);
	if (p->texts.len <= FEW_TEXTS)
		memset(p->program_of, 0, p->texts.len * sizeof(*p->program_of));
	return queries_start(p->all->access.library, names, (const char *const *)p->texts.items,
			     p->program_of, p->texts.len, &p->queries, err);
}

bool pass_can_judge(const struct pass *p, const char *kind)
{
	for (size_t i = 0; i < p->texts.len; i++)
		if (p->program_of[i] == program_of(kind))
			return queries_are_ready(p->queries, i);
	return true;
}

void pass_done(struct pass *p)
{
	for (size_t i = 0; i < p->len; i++) {
		for (size_t k = 0; k < GATHER_MAX; k++)
			strbuf_done(&p->gathered[i][k]);
		strv_done(&p->allowed[i]);
	}
	free(p->gathered);
	free(p->allowed);
	free(p->questions);
	free(p->slots_of);
	strv_done(&p->texts);
	free(p->wanted);
	free(p->program_of);
	jq_data_free(p->env);
	jq_data_free(p->info);
	jq_data_free(p->daemon);
	queries_free(p->queries);
	free(p->root_dir);
	value_free(p->devices);
	strv_done(&p->execs);
	for (size_t i = 0; i < ENGINE_PARTS; i++)
		error_done(&p->part_problems[i]);
}

int pass_run_one(struct pass *p, size_t slot, const struct jq_data *input, struct value **ret,
		 struct error *err)
{
	AUTO_PTR(value) struct value *all = NULL;
	int r;

	p->wanted[slot] = true;
	r = queries_run(p->queries, p->env, p->wanted, input, &all, err);
	p->wanted[slot] = false;
	if (r < 0)
		return -1;
	*ret = take_ptr(&all->members[slot].value);
	return 0;
}
