// SPDX-License-Identifier: Apache-2.0
/*
 * One container, control by control: the recipe's edits on a copy of what the engine says of it, and
 * after each the service that comes of it, so that every changed key has its control.
 */
#include "harden/engine/suggest_service.h"

#include "harden/recipe/entry.h"
#include "harden/recipe/expand.h"
#include "harden/text/container_edit.h"
#include "harden/text/service.h"

struct shaping {
	struct session *session;
	const struct suggest_target *target;
	const struct value *info;
	struct value *container; /* a copy, edited */
	struct suggestion *s;
	char *network; /* of its own, if one is needed */
	struct error *err;
};

static void shaping_done(struct shaping *w)
{
	value_free(w->container);
	free(w->network);
}

const char *suggest_target_name(const struct suggest_target *t)
{
	const char *name = value_get_text(t->container, "Name");

	return name ? name + (*name == '/') : "container";
}

const struct value *suggest_target_labels(const struct suggest_target *t)
{
	return value_get(value_get(t->container, "Config"), "Labels");
}

bool judgement_names(const struct judgement *j, const char *resource)
{
	for (size_t i = 0; i < j->findings_len; i++)
		if (strcmp(j->findings[i].resource, resource) == 0)
			return true;
	return false;
}

static int add_finding(struct suggest_target *t, const char *control, const struct finding *f,
		       struct error *err)
{
	const char *message = f->message;
	struct value *list = value_get(t->found, control), *one = value_map();

	if (str_starts(message, f->resource) && message[strlen(f->resource)] == ':')
		message += strlen(f->resource) + 2;
	if (value_set(one, "message", value_text(message), err) < 0 ||
	    value_set(one, "actual", f->actual ? value_copy(f->actual) : value_null(), err) < 0) {
		value_free(one);
		return -1;
	}
	if (!list) {
		list = value_list();
		if (value_set(t->found, control, list, err) < 0) {
			value_free(one);
			return -1;
		}
	}
	for (size_t i = 0; i < list->len; i++)
		if (value_equal(list->members[i].value, one)) {
			value_free(one);
			return 0;
		}
	return value_add(list, one, err);
}

int suggest_target_findings(struct suggest_target *t, const struct audit *audit,
			    const char *resource, struct error *err)
{
	if (!t->found && !(t->found = value_map()))
		return error_nomem(err);
	for (size_t i = 0; i < audit->len; i++) {
		const struct verdict *v = &audit->verdicts[i];

		for (size_t k = 0; k < v->judgement.findings_len; k++)
			if (strcmp(v->judgement.findings[k].resource, resource) == 0 &&
			    add_finding(t, v->control->id, &v->judgement.findings[k], err) < 0)
				return -1;
	}
	return 0;
}

/* The expanded `suggest` of the control's first entry that has one. 1: there is none that applies. */
static int find_edits(struct shaping *w, const struct control *c, struct value **ret)
{
	for (size_t i = 0; i < value_len(c->ensure); i++) {
		const struct value *entry = c->ensure->members[i].value;
		const struct value_member *type = entry_type(entry);
		AUTO_PTR(value) struct value *expanded = NULL;
		int r;

		if (!type || !value_get(type->value, "suggest"))
			continue;
		r = recipe_expand(entry, &w->session->recipe, &w->session->facts, &expanded,
				  w->err);
		if (r < 0)
			return -1;
		type = r ? NULL : entry_type(expanded);
		if (!type)
			continue;
		*ret = value_copy(value_get(type->value, "suggest"));
		return *ret ? 0 : error_nomem(w->err);
	}
	return 1;
}

static struct value *actuals(const struct value *found)
{
	AUTO_PTR(value) struct value *list = value_list();

	for (size_t i = 0; list && i < value_len(found); i++)
		if (value_add(list, value_copy(value_get(found->members[i].value, "actual")),
			      NULL) < 0)
			return NULL;
	return take_ptr(&list);
}

static char *messages(const struct value *found, struct error *err)
{
	AUTO(strbuf) struct strbuf text = {0};
	char *ret = NULL;

	for (size_t i = 0; i < value_len(found); i++)
		strbuf_appendf(&text, "%s%s", i ? "; " : "",
			       value_get_text(found->members[i].value, "message"));
	return strbuf_take(&text, &ret, err) < 0 ? NULL : ret;
}

static int make(struct shaping *w, struct value **ret, struct strv *notes)
{
	return service_make(w->container, w->target->image, w->info, ret, notes, w->err);
}

static int add_keys(struct strv *keys, const struct value *before, const struct value *after,
		    struct error *err)
{
	AUTO(service_changes) struct service_changes changes = {0};

	if (service_override(before, after, &changes, err) < 0)
		return -1;
	for (size_t i = 0; i < changes.len; i++)
		if (strcmp(changes.items[i].key, "deploy") != 0 &&
		    strv_add(keys, changes.items[i].key, err) < 0)
			return -1;
	return 0;
}

/* The service after this control's edits takes the place of the one before. */
static int edit(struct shaping *w, struct suggestion_step *step, const struct value *edits,
		const struct value *found)
{
	AUTO_PTR(value) struct value *list = actuals(found);
	AUTO_PTR(value) struct value *after = NULL;
	AUTO(strv) struct strv ignored = {0};
	const struct container_edit how = {.edits = edits,
					   .found = list,
					   .changes = w->target->changes,
					   .network = w->network};

	if (!list)
		return error_nomem(w->err);
	if (container_edit(w->container, &how, &step->notes, w->err) < 0 ||
	    make(w, &after, &ignored) < 0 || add_keys(&step->keys, w->s->after, after, w->err) < 0)
		return -1;
	value_free(w->s->after);
	w->s->after = take_ptr(&after);
	return 0;
}

static int add_step(struct shaping *w, const struct control *c, const struct value *found)
{
	AUTO_PTR(value) struct value *edits = NULL;
	AUTO_FREE char *message = messages(found, w->err);
	struct suggestion_step *step;
	const char *advice;
	int r;

	if (!message)
		return -1;
	step = suggestion_add_step(w->s, c->id, message, w->err);
	r = step ? find_edits(w, c, &edits) : -1;
	if (r < 0 || (r == 0 && edit(w, step, edits, found) < 0))
		return error_wrap(w->err, "control %s", c->id);
	advice = value_get_text(edits, "ask");
	if (!advice && !step->keys.len && !step->notes.len)
		advice = c->remedy;
	return advice ? strv_add(&step->notes, advice, w->err) : 0;
}

/* In a Compose file a network of its own is the project's. */
static int name_network(struct shaping *w, bool compose)
{
	const struct value *networks = value_get(w->s->after, "networks");

	for (size_t i = 0; i < value_len(networks); i++) {
		struct value_member *m = &networks->members[i];
		char *name;

		if (strcmp(m->key, w->network) != 0)
			continue;
		if (!compose) {
			w->s->first_network = take_ptr(&w->network);
			return 0;
		}
		name = strdup("default");
		if (!name)
			return error_nomem(w->err);
		free(m->key);
		m->key = name;
		return 0;
	}
	return 0;
}

static int describe(struct shaping *w)
{
	const struct value *c = w->target->container, *host = value_get(c, "HostConfig");
	const struct value *running = value_get(value_get(c, "State"), "Running");
	const struct value *removes = value_get(host, "AutoRemove");
	const char *image = value_get_text(value_get(c, "Config"), "Image");
	const char *restart = value_get_text(value_get(host, "RestartPolicy"), "Name");

	w->s->container = strdup(suggest_target_name(w->target));
	w->s->image = strdup(image ? image : "");
	w->s->running = running && running->kind == VALUE_BOOL && running->boolean;
	w->s->removes_itself = removes && removes->kind == VALUE_BOOL && removes->boolean;
	w->s->always_restarts = str_equal(restart, "always");
	w->network = str_format("%s-net", suggest_target_name(w->target));
	w->container = value_copy(c);
	if (!w->s->container || !w->s->image || !w->network || !w->container)
		return error_nomem(w->err);
	if (container_forget_implied(w->container, w->err) < 0)
		return -1;
	return strv_copy(&w->s->notes, &w->target->notes, w->err);
}

int suggest_service(struct session *session, const struct suggest_target *target,
		    const struct value *info, bool compose, struct suggestion *s, struct error *err)
{
	AUTO_PTR(value) struct value *last = NULL; /* for its notes alone */
	AUTO(strv) struct strv ignored = {0};
	AUTO(shaping)
	struct shaping w = {.session = session, .target = target, .info = info, .s = s, .err = err};

	if (describe(&w) < 0 || make(&w, &s->before, &ignored) < 0)
		return -1;
	s->after = value_copy(s->before);
	if (!s->after)
		return error_nomem(err);
	for (size_t i = 0; i < session->recipe.len; i++) {
		const struct control *c = &session->recipe.controls[i];
		const struct value *found = value_get(target->found, c->id);

		if (found && add_step(&w, c, found) < 0)
			return -1;
	}
	if (make(&w, &last, &s->notes) < 0 || name_network(&w, compose) < 0)
		return -1;
	/* both, so that what only looks like a secret is no difference */
	if (service_hide(s->before, s->container, &ignored, err) < 0)
		return -1;
	return service_hide(s->after, s->container, &s->commands, err);
}

void suggest_target_done(struct suggest_target *t)
{
	value_free(t->container);
	value_free(t->image);
	value_free(t->changes);
	value_free(t->found);
	strv_done(&t->notes);
}
