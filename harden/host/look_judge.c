// SPDX-License-Identifier: Apache-2.0
/*
 * An object, its extra members, and what every question about its kind finds there.
 */
#include "harden/host/look_pass.h"

#include "harden/text/json.h"
#include "harden/text/json_pick.h"

/*
 * The optional parts of an answer, and what lies on this host, as .Harden. A part that is not to be had
 * is a problem of those alone who look at it.
 */
static int add_parts(struct pass *p, const struct engine_object *object, struct jq_data *harden,
		     struct error *err)
{
	for (size_t i = 1; i < ENGINE_PARTS && object->kind->parts[i].name; i++) {
		const struct engine_answer *a = &object->answers[i];
		AUTO_PTR(jq_data) struct jq_data *part = NULL;

		if (a->problem.code != ERROR_NONE)
			error_copy(&p->part_problems[i], &a->problem);
		else if (a->body)
			(void)jq_data_parse(a->body->data, a->body->len, a->path, &part,
					    &p->part_problems[i]); /* told there */
		p->part_failed |= p->part_problems[i].code != ERROR_NONE;
		if (!part)
			continue;
		if (jq_data_set(harden, object->kind->parts[i].name, part, err) < 0)
			return -1;
	}
	return 0;
}

/* Why a part that this question looks at is not there; NULL: it is. */
static const struct error *part_problem(const struct pass *p, const struct question *q,
					const char *kind)
{
	const struct engine_kind *k = p->part_failed ? engine_kind_find(kind) : NULL;

	for (size_t i = 1; k && i < ENGINE_PARTS && k->parts[i].name; i++)
		for (size_t w = 0; also_names[w]; w++)
			if (p->part_problems[i].code != ERROR_NONE && (q->also & 1U << w) &&
			    strcmp(also_names[w], k->parts[i].name) == 0)
				return &p->part_problems[i];
	return NULL;
}

static int far_away(struct value *harden, struct error *err)
{
	static const char why[] = "the engine is another machine's";
	struct value *problems = value_map();

	if (value_set(harden, "Problems", problems, err) < 0)
		return -1;
	for (size_t i = 0; also_names[i]; i++)
		if ((1U << i) >= ALSO_SOURCES && (1U << i) < ALSO_CONTENT &&
		    value_set(problems, also_names[i], value_text(why), err) < 0)
			return -1;
	return 0;
}

/* .Content, or why there is none. Without the time for it there is neither: see harden-recipe(5). */
static int add_content(struct pass *p, const struct engine_object *object,
		       const struct object_facts *facts, struct value *harden, struct error *err)
{
	const struct object_source *s = &p->all->source;
	AUTO(error) struct error problem = {0};
	struct value *content = NULL, *problems;

	if (!p->all->access.content)
		return 0;
	if (!s->content)
		(void)error_set(&problem, ERROR_REMOTE, 0, "nobody can look into it");
	else if (s->content(s->cookie, object->id, p->root_dir, facts, &content, &problem) == 0)
		return value_set(harden, "Content", content, err);
	if (problem.code == ERROR_NOMEM || problem.code == ERROR_INTERNAL) {
		error_move(err, &problem);
		return -1;
	}
	problems = value_map();
	if (value_set(harden, "Problems", problems, err) < 0)
		return -1;
	return value_set(problems, "content",
			 value_textf("%s%s%s", error_message(&problem), problem.next ? "; " : "",
				     problem.next ? problem.next : ""),
			 err);
}

static int add_harden(struct pass *p, const struct engine_object *object,
		      const struct object_facts *facts, struct jq_data *data, struct error *err)
{
	const struct object_source *s = &p->all->source;
	bool container = strcmp(object->kind->name, "container") == 0;
	AUTO_PTR(value) struct value *map = value_map();
	AUTO_PTR(jq_data) struct jq_data *harden = NULL;

	if (!map)
		return error_nomem(err);
	if (container && s->container &&
	    s->container(s->cookie, object->id, p->root_dir, p->also, facts, map, err) < 0)
		return -1;
	if (container && !s->container && far_away(map, err) < 0)
		return -1;
	if ((p->also & ALSO_CONTENT) && strcmp(object->kind->name, "image") == 0 &&
	    add_content(p, object, facts, map, err) < 0)
		return -1;
	if (jq_data_from(map, &harden, err) < 0 || add_parts(p, object, harden, err) < 0)
		return -1;
	return jq_data_set(data, "Harden", harden, err);
}

/* What findings call it: "container web", and what is the only one of its kind by that alone. */
static struct blob *resource_of(const char *kind, const char *name)
{
	AUTO(strbuf) struct strbuf text = {0};

	strbuf_append(&text, kind);
	if (strcmp(kind, name) != 0)
		strbuf_appendf(&text, " %s", name);
	return blob_from_strbuf(&text);
}

/* The object cannot be judged: for everybody who wants it. */
static int object_error(struct pass *p, const struct engine_object *object,
			const struct error *problem, struct error *err)
{
	AUTO_PTR(blob) struct blob *resource = resource_of(object->kind->name, object->name);

	if (problem->code == ERROR_NOMEM || !resource)
		return error_nomem(err);
	for (size_t i = 0; i < p->len; i++) {
		if (!pass_wants(p->questions[i], object->kind->name))
			continue;
		p->questions[i]->result.objects++;
		if (result_find(&p->questions[i]->result, FINDING_ERROR, resource,
				error_message(problem), NULL, false, err) < 0)
			return -1;
	}
	return 0;
}

static int prepare(struct pass *p, const struct engine_object *object, struct value **ret_facts,
		   struct object_facts *facts, struct jq_data **ret_data, struct error *err)
{
	const struct engine_answer *a = &object->answers[0];
	AUTO_PTR(value) struct value *list = NULL;

	if (a->problem.code != ERROR_NONE) {
		error_copy(err, &a->problem);
		return -1;
	}
	if (!a->body)
		return error_set(err, ERROR_REMOTE, 0, "%s: there is no answer", a->path);
	if (jq_data_parse(a->body->data, a->body->len, a->path, ret_data, err) < 0)
		return -1;
	if (!jq_data_is_object(*ret_data))
		return error_set(err, ERROR_FORMAT, 0, "%s: expected an object", a->path);
	if (pass_run_one(p, p->facts_slot, *ret_data, &list, err) < 0)
		return -1;
	if (list->kind != VALUE_LIST || !list->len)
		return error_set(err, ERROR_FORMAT, 0,
				 "%s: its members are not what they should "
				 "be: %s",
				 a->path, value_as_text(list) ? list->text : "");
	*ret_facts = take_ptr(&list->members[0].value);
	if (object_facts_read(*ret_facts, facts, err) < 0)
		return -1;
	return add_harden(p, object, facts, *ret_data, err);
}

int pass_object(void *cookie, const struct engine_object *object, struct error *err)
{
	struct pass *p = cookie;
	AUTO_PTR(value) struct value *kept = NULL;
	AUTO(object_facts) struct object_facts facts = {0};
	AUTO_PTR(jq_data) struct jq_data *data = NULL;
	AUTO(error) struct error problem = {0};
	int r;

	p->part_failed = false;
	for (size_t i = 0; i < ENGINE_PARTS; i++)
		error_done(&p->part_problems[i]);
	if (prepare(p, object, &kept, &facts, &data, &problem) < 0)
		return object_error(p, object, &problem, err);
	for (size_t i = 0; i < facts.execs.len; i++)
		if (strv_add(&p->execs, facts.execs.items[i], err) < 0)
			return -1;
	p->at = object;
	r = pass_judge(p, object->kind->name, object->name, data, &facts, err);
	p->at = NULL;
	value_free(take_ptr(&p->kept));
	blob_free(take_ptr(&p->id));
	blob_free(take_ptr(&p->name));
	return r;
}

static struct value *first_of(const struct value *list)
{
	return list && list->kind == VALUE_LIST && list->len ? list->members[0].value : NULL;
}

/* What a map says a person does about the finding that was just added. */
static int keep_next(struct question_result *r, const struct value *item, struct error *err)
{
	const char *next = value_get_text(item, "next");
	char **slot = &r->findings[r->len - 1].next;

	*slot = next ? strdup(next) : NULL;
	return next && !*slot ? error_nomem(err) : 0;
}

/* One violation or matter for a person: a text, or a map that says which resource it is about. */
static int take_finding(struct question *q, const struct strv *allowed, struct blob *resource,
			bool is_allowed, enum finding_kind kind, const struct value *item,
			struct value *evidence, struct error *err)
{
	const char *about = value_get_text(item, "resource");
	const char *message = value_as_text(item) ? item->text : value_get_text(item, "message");
	struct value *actual = value_get(item, "actual");
	AUTO_PTR(blob)
	struct blob *named = about ? blob_new(about, strlen(about)) : blob_ref(resource);

	if (!named)
		return error_nomem(err);
	if (!message)
		return result_find(&q->result, FINDING_ERROR, resource,
				   "an expression gave neither a text nor a map with a message",
				   NULL, false, err);
	if (result_find(&q->result, kind, named, message, actual ? actual : evidence,
			is_allowed || (about && strv_has(allowed, about)), err) < 0)
		return -1;
	return keep_next(&q->result, item, err);
}

static int take_findings(struct question *q, const struct strv *allowed, struct blob *resource,
			 bool is_allowed, enum finding_kind kind, const struct value *items,
			 struct value *evidence, struct error *err)
{
	if (value_as_text(items))
		return result_find(&q->result, FINDING_ERROR, resource, items->text, NULL, false,
				   err);
	for (size_t i = 0; i < value_len(items); i++)
		if (take_finding(q, allowed, resource, is_allowed, kind, items->members[i].value,
				 evidence, err) < 0)
			return -1;
	return 0;
}

static int take_verdict(struct question *q, const struct strv *allowed, struct blob *resource,
			const char *name, bool is_allowed, const struct value *result,
			struct error *err)
{
	const struct value *verdict = first_of(result);
	struct value *evidence, *same = NULL, *actual;

	if (value_as_text(result))
		return result_find(&q->result, FINDING_ERROR, resource, result->text, NULL, false,
				   err);
	if (!verdict || verdict->kind != VALUE_MAP)
		return 0; /* not selected */
	q->result.selected++;
	evidence = first_of(value_get(verdict, "e"));
	if (evidence && result_see(&q->result, name, evidence, &same, err) < 0)
		return -1;
	actual = !q->each ? NULL /* of all that was gathered: no single finding's */
		 : same	  ? same
			  : evidence;
	if (take_findings(q, allowed, resource, is_allowed, FINDING_VIOLATION,
			  value_get(verdict, "v"), actual, err) < 0 ||
	    take_findings(q, allowed, resource, is_allowed, FINDING_REVIEW, value_get(verdict, "r"),
			  actual, err) < 0)
		return -1;
	if (value_as_text(value_get(verdict, "e")))
		return result_find(&q->result, FINDING_ERROR, resource,
				   value_get_text(verdict, "e"), NULL, false, err);
	return 0;
}

static int keep_gathered(struct pass *p, size_t i, const char *kind, struct blob *resource,
			 const struct value *result, struct error *err)
{
	struct question *q = p->questions[i];
	struct strbuf *items = p->gathered[i];

	if (value_as_text(result))
		return result_find(&q->result, FINDING_ERROR, resource, result->text, NULL, false,
				   err);
	for (size_t k = 0; !str_equal(q->gather[k].kind, kind); k++)
		items++;
	for (size_t k = 0; k < value_len(result); k++) {
		strbuf_append_char(items, ',');
		if (json_write(result->members[k].value, 0, items, err) < 0)
			return -1;
	}
	return 0;
}

/* The slot of question i that is about this kind. */
static size_t slot_for(const struct pass *p, size_t i, const char *kind)
{
	const struct question *q = p->questions[i];

	if (!pass_wants(q, kind))
		return NO_SLOT;
	if (q->each)
		return p->slots_of[i].verdict;
	for (size_t k = 0; k < GATHER_MAX && q->gather[k].kind; k++)
		if (strcmp(q->gather[k].kind, kind) == 0)
			return p->slots_of[i].gather[k];
	return NO_SLOT;
}

/* What any question keeps of the object. jq's numbers are doubles, so the text itself is read. */
static int pick_fields(struct pass *p, struct error *err)
{
	const struct engine_answer *a = &p->at->answers[0];
	AUTO(strv) struct strv all = {0};

	if (p->kept)
		return 0;
	p->id = blob_new(p->at->id, strlen(p->at->id));
	p->name = blob_new(p->at->name, strlen(p->at->name));
	if (!p->id || !p->name)
		return error_nomem(err);
	for (size_t i = 0; i < p->len; i++)
		for (size_t k = 0; k < p->questions[i]->keep.len; k++)
			if (strv_add_once(&all, p->questions[i]->keep.items[k], err) < 0)
				return -1;
	return json_pick(a->body->data, a->body->len, a->path, &all, &p->kept, err);
}

static int copy_fields(const struct pass *p, const struct strv *paths, struct value **ret,
		       struct error *err)
{
	*ret = value_map();
	if (!*ret)
		return error_nomem(err);
	for (size_t i = 0; i < paths->len; i++) {
		const struct value *v = value_get(p->kept, paths->items[i]);

		if (v && value_append(*ret, paths->items[i], value_copy(v), err) < 0)
			return -1;
	}
	return 0;
}

/* The same fields as those of the finding before, or of this object's other finding. */
static struct value *share_fields(const struct question_result *r, size_t i, struct value *fields)
{
	struct value *last = i ? r->findings[i - 1].kept : NULL;

	if (!last || !value_equal(last, fields))
		return fields;
	value_free(fields);
	return value_share(last);
}

static int keep_fields(struct pass *p, struct question *q, size_t first,
		       const struct blob *resource, struct error *err)
{
	for (size_t i = first; i < q->result.len; i++) {
		struct question_finding *f = &q->result.findings[i];

		if (f->kind == FINDING_ERROR || f->allowed || !blob_equal(f->resource, resource))
			continue;
		if (pick_fields(p, err) < 0 || copy_fields(p, &q->keep, &f->kept, err) < 0)
			return -1;
		f->kept = share_fields(&q->result, i, f->kept);
		f->id = blob_ref(p->id);
		f->name = blob_ref(p->name);
	}
	return 0;
}

static int judge_one(struct pass *p, size_t i, const char *kind, const char *name,
		     struct blob *resource, const struct object_facts *facts, struct value *result,
		     struct error *err)
{
	struct question *q = p->questions[i];
	bool allowed = facts && allowlist_has(&q->allow, name, facts);
	const struct error *problem = part_problem(p, q, kind);
	size_t first = q->result.len;

	q->result.objects++;
	if (problem)
		return result_find(&q->result, FINDING_ERROR, resource, error_message(problem),
				   NULL, false, err);
	if (q->each) {
		if (take_verdict(q, &p->allowed[i], resource, name, allowed, result, err) < 0)
			return -1;
		return p->at && q->keep.len ? keep_fields(p, q, first, resource, err) : 0;
	}
	if (allowed && strv_add(&p->allowed[i], resource->data, err) < 0)
		return -1;
	return keep_gathered(p, i, kind, resource, result, err);
}

int pass_judge(struct pass *p, const char *kind, const char *name, const struct jq_data *object,
	       const struct object_facts *facts, struct error *err)
{
	AUTO_PTR(blob) struct blob *resource = resource_of(kind, name);
	AUTO_PTR(value) struct value *results = NULL;
	int r;

	if (!resource)
		return error_nomem(err);
	for (size_t i = 0; i < p->len; i++)
		if (slot_for(p, i, kind) != NO_SLOT && !part_problem(p, p->questions[i], kind))
			p->wanted[slot_for(p, i, kind)] = true;
	r = queries_run(p->queries, p->env, p->wanted, object, &results, err);
	memset(p->wanted, 0, p->texts.len * sizeof(*p->wanted));
	for (size_t i = 0; i < p->len && r == 0; i++) {
		size_t slot = slot_for(p, i, kind);

		if (slot != NO_SLOT)
			r = judge_one(p, i, kind, name, resource, facts,
				      results->members[slot].value, err);
	}
	return r;
}

/* A map of kind to list. What was gathered is gone then: it stands in memory once. */
static int take_gathered(struct pass *p, size_t i, struct jq_data **ret, struct error *err)
{
	const struct question *q = p->questions[i];
	AUTO(strbuf) struct strbuf text = {0};

	for (size_t k = 0; k < GATHER_MAX && q->gather[k].kind; k++) {
		struct strbuf *items = &p->gathered[i][k];

		strbuf_appendf(&text, "%s\"%s\":[", k ? "," : "{", q->gather[k].kind);
		if (!strbuf_text(items))
			return error_nomem(err);
		if (items->len)
			strbuf_append_bytes(&text, items->data + 1, items->len - 1);
		strbuf_append_char(&text, ']');
		strbuf_done(items);
	}
	strbuf_append_char(&text, '}');
	if (!strbuf_text(&text))
		return error_nomem(err);
	return jq_data_parse(text.data, text.len, "what was gathered", ret, err);
}

int pass_judge_gathered(struct pass *p, size_t i, struct error *err)
{
	struct question *q = p->questions[i];
	AUTO_PTR(jq_data) struct jq_data *data = NULL;
	AUTO_PTR(value) struct value *result = NULL;
	AUTO_PTR(blob) struct blob *resource = NULL;
	AUTO(error) struct error problem = {0};

	if (!p->gathered[i][0].len && !p->gathered[i][0].failed)
		return 0; /* none of what the entry is about */
	if (take_gathered(p, i, &data, &problem) < 0) {
		if (problem.code == ERROR_FORMAT) {
			error_copy(&q->result.problem, &problem);
			return 0;
		}
		error_move(err, &problem);
		return -1;
	}
	if (pass_run_one(p, p->slots_of[i].verdict, data, &result, err) < 0)
		return -1;
	resource = resource_of("engine", "engine");
	if (!resource)
		return error_nomem(err);
	return take_verdict(q, &p->allowed[i], resource, "engine", false, result, err);
}
