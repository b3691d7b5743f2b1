// SPDX-License-Identifier: Apache-2.0
/*
 * One pass over the engine's objects for all questions that have no answer yet: everything that
 * was asked is compiled into one program, each kind is fetched once, and each object is judged by
 * all questions about its kind in one run of the interpreter.
 */
#include "harden/host/look_pass.h"

#include <stdlib.h>

static bool fatal(const struct error *problem)
{
	return problem->code == ERROR_NOMEM || problem->code == ERROR_INTERNAL ||
	       problem->code == ERROR_RECIPE;
}

void pass_fail(struct pass *p, const struct question *only, const struct error *problem)
{
	for (size_t i = 0; i < p->len; i++)
		if ((!only || p->questions[i] == only) &&
		    p->questions[i]->result.problem.code == ERROR_NONE)
			error_copy(&p->questions[i]->result.problem, problem);
}

static bool is_asked(const struct question *q)
{
	return q->result.problem.code == ERROR_NONE && !q->result.not_applicable;
}

bool pass_wants(const struct question *q, const char *kind)
{
	if (!is_asked(q))
		return false;
	if (q->each)
		return strcmp(q->each, kind) == 0;
	for (size_t i = 0; i < GATHER_MAX && q->gather[i].kind; i++)
		if (strcmp(q->gather[i].kind, kind) == 0)
			return true;
	return false;
}

static bool anyone_wants(const struct pass *p, const char *kind)
{
	for (size_t i = 0; i < p->len; i++)
		if (pass_wants(p->questions[i], kind))
			return true;
	return false;
}

/* /info is the first answer: `when` and many expressions need it. */
static int get_info(struct pass *p, struct error *err)
{
	AUTO_PTR(blob) struct blob *body = NULL;
	AUTO_PTR(value) struct value *info = NULL;
	const struct object_source *s = &p->all->source;
	const char *root_dir;

	if (s->get(s->cookie, "/info", &body, err) != 0)
		return err && err->code != ERROR_NONE
			       ? -1
			       : error_set(err, ERROR_REMOTE, 0, "the engine has no /info");
	if (jq_data_parse(body->data, body->len, "GET /info", &p->info, err) < 0)
		return -1;
	if (!jq_data_is_object(p->info)) /* what is not there would be taken for what is not so */
		return error_set(err, ERROR_FORMAT, 0, "GET /info: expected an object");
	if (pass_run_one(p, p->root_dir_slot, p->info, &info, err) < 0)
		return -1;
	root_dir = value_len(info) ? value_as_text(info->members[0].value) : NULL;
	p->root_dir = strdup(root_dir ? root_dir : "/var/lib/docker");
	if (!p->root_dir)
		return error_nomem(err);
	return jq_data_set(p->env, "info", p->info, err);
}

static int set_daemon(struct pass *p, struct error *err)
{
	const struct object_source *s = &p->all->source;
	AUTO_PTR(value) struct value *daemon = NULL;

	if (s->daemon && s->daemon(s->cookie, p->root_dir, &daemon, err) < 0)
		return -1;
	if (!daemon)
		return 0; /* stays null */
	if (jq_data_from(daemon, &p->daemon, err) < 0)
		return -1;
	return jq_data_set(p->env, "daemon", p->daemon, err);
}

static int ask_when(struct pass *p, size_t i, struct error *err)
{
	struct question *q = p->questions[i];
	AUTO_PTR(value) struct value *answer = NULL;
	const struct value *v;

	if (!q->when)
		return 0;
	if (pass_run_one(p, p->slots_of[i].when, p->info, &answer, err) < 0)
		return -1;
	if (answer->kind == VALUE_TEXT) {
		(void)error_set(&q->result.problem, ERROR_FORMAT, 0, "%s", answer->text);
		return 0;
	}
	v = value_len(answer) ? answer->members[0].value : NULL;
	q->result.not_applicable =
		!v || v->kind == VALUE_NULL || (v->kind == VALUE_BOOL && !v->boolean);
	return 0;
}

/* Keeps NAME: DEVICE of volumes that bind a path of the host. */
static int keep_device(void *cookie, const struct engine_object *object, struct error *err)
{
	struct pass *p = cookie;
	const struct engine_answer *a = &object->answers[0];
	AUTO_PTR(jq_data) struct jq_data *data = NULL;
	AUTO_PTR(value) struct value *device = NULL;

	if (!a->body)
		return 0;
	if (jq_data_parse(a->body->data, a->body->len, a->path, &data, err) < 0 ||
	    pass_run_one(p, p->device_slot, data, &device, err) < 0)
		return -1;
	if (!value_len(device))
		return 0;
	return value_set(p->devices, object->name, take_ptr(&device->members[0].value), err);
}

static int look_at_devices(struct pass *p, struct error *err)
{
	const struct object_source *s = &p->all->source;
	const struct engine_fetch fetch = {.kind = engine_kind_find("volume")};
	AUTO_PTR(jq_data) struct jq_data *data = NULL;
	AUTO(error) struct error problem = {0};

	if (!(p->also & ALSO_SOURCES))
		return 0;
	if (s->fetch(s->cookie, &fetch, keep_device, p, &problem) < 0) {
		if (fatal(&problem)) {
			error_move(err, &problem);
			return -1;
		}
		for (size_t i = 0; i < p->len; i++)
			if (p->questions[i]->also & ALSO_SOURCES)
				pass_fail(p, p->questions[i], &problem);
		return 0;
	}
	if (jq_data_from(p->devices, &data, err) < 0)
		return -1;
	return jq_data_set(p->env, "devices", data, err);
}

/* The optional parts of a kind that somebody asks for. */
static unsigned parts_of(const struct pass *p, const struct engine_kind *kind)
{
	unsigned parts = 0;

	for (size_t i = 0; i < ENGINE_PARTS && kind->parts[i].name; i++)
		for (size_t k = 0; also_names[k]; k++)
			if (kind->parts[i].optional && (p->also & 1U << k) &&
			    strcmp(kind->parts[i].name, also_names[k]) == 0)
				parts |= 1U << i;
	return parts;
}

static bool can_judge(void *cookie)
{
	const struct pass *p = cookie;

	return pass_can_judge(p, p->fetching);
}

static int fetch_kind(struct pass *p, const struct engine_kind *kind, struct error *err)
{
	const struct object_source *s = &p->all->source;
	struct engine_fetch fetch = {
		.kind = kind, .parts = parts_of(p, kind), .is_ready = can_judge};
	AUTO(error) struct error problem = {0};
	int r;

	fetch.one_by_one = (p->also & ALSO_CONTENT) && strcmp(kind->name, "image") == 0;
	if (!kind->list && kind->id) /* an exec: its id stands in its container */
		fetch.ids = &p->execs;
	p->fetching = kind->name;
	r = s->fetch(s->cookie, &fetch, pass_object, p, &problem);
	for (size_t i = 0; i < p->len && r == ENGINE_NO_SWARM; i++)
		if (pass_wants(p->questions[i], kind->name))
			p->questions[i]->result.not_applicable = true;
	if (r >= 0)
		return 0;
	if (fatal(&problem)) {
		error_move(err, &problem);
		return -1;
	}
	for (size_t i = 0; i < p->len; i++)
		if (pass_wants(p->questions[i], kind->name))
			pass_fail(p, p->questions[i], &problem);
	return 0;
}

static int no_daemon(struct pass *p)
{
	AUTO(error) struct error problem = {0};

	(void)error_set(&problem, ERROR_REMOTE, 0,
			"the engine is not this host's own: its files cannot be looked at");
	error_next(&problem, "run harden on the engine's own host");
	for (size_t i = 0; i < p->len; i++)
		if (pass_wants(p->questions[i], "daemon"))
			pass_fail(p, p->questions[i], &problem);
	return 0;
}

static int look_at_build(struct pass *p, struct error *err)
{
	const struct object_source *s = &p->all->source;
	AUTO_PTR(value) struct value *build = NULL;
	AUTO_PTR(jq_data) struct jq_data *data = NULL;
	const char *name;

	if (!s->build)
		return error_set(err, ERROR_INTERNAL, 0, "there is no Dockerfile to look at");
	if (s->build(s->cookie, &name, &build, err) < 0 || jq_data_from(build, &data, err) < 0)
		return -1;
	return pass_judge(p, "dockerfile", name, data, NULL, err);
}

/* Containers before execs, whose ids they hold; otherwise in the order of the table. */
static int look_at_kinds(struct pass *p, struct error *err)
{
	bool execs = anyone_wants(p, "exec");

	for (const struct engine_kind *kind = engine_kinds; kind->name; kind++) {
		bool wanted = anyone_wants(p, kind->name) ||
			      (execs && strcmp(kind->name, "container") == 0);

		if (!wanted)
			continue;
		if ((strcmp(kind->name, "info") == 0
			     ? pass_judge(p, "info", "info", p->info, NULL, err)
			     : fetch_kind(p, kind, err)) < 0)
			return -1;
	}
	if (anyone_wants(p, "dockerfile") && look_at_build(p, err) < 0)
		return -1;
	if (!anyone_wants(p, "daemon"))
		return 0;
	return p->daemon ? pass_judge(p, "daemon", "daemon", p->daemon, NULL, err) : no_daemon(p);
}

static int look(struct pass *p, struct error *err)
{
	if (get_info(p, err) < 0 || set_daemon(p, err) < 0)
		return -1;
	for (size_t i = 0; i < p->len; i++) {
		if (ask_when(p, i, err) < 0)
			return -1;
		if (is_asked(p->questions[i]))
			p->also |= p->questions[i]->also;
	}
	if (look_at_devices(p, err) < 0 || look_at_kinds(p, err) < 0)
		return -1;
	for (size_t i = 0; i < p->len; i++)
		if (!p->questions[i]->each && is_asked(p->questions[i]) &&
		    pass_judge_gathered(p, i, err) < 0)
			return -1;
	return 0;
}

int questions_pass(struct host *host, struct questions *all, struct error *err)
{
	AUTO(pass) struct pass p = {.host = host, .all = all};
	AUTO(error) struct error problem = {0}, whole = {0};
	int r = pass_begin(&p, &problem);

	if (r == 0)
		r = questions_source(host, all, &problem);
	if (r == 0 && all->problem.code == ERROR_NONE)
		r = look(&p, &problem);
	if (p.queries && queries_wait(p.queries, &whole) < 0) /* what was not needed, too */
		return whole.code == ERROR_RECIPE ? pass_mistake(&p, &whole, err)
						  : error_nomem(err);
	if (r < 0 && fatal(&problem)) {
		error_move(err, &problem);
		return -1;
	}
	if (r < 0 || all->problem.code != ERROR_NONE)
		pass_fail(&p, NULL, r < 0 ? &problem : &all->problem);
	for (size_t i = 0; i < p.len; i++)
		p.questions[i]->answered = true;
	return 0;
}
