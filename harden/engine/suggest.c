// SPDX-License-Identifier: Apache-2.0
/*
 * Which containers, which of their controls fail, and one service for each: the replicas of a Compose
 * service are one, with the findings and changes of all.
 */
#include "harden/engine/suggest.h"

#include "harden/engine/audit.h"
#include "harden/engine/suggest_service.h"
#include "harden/host/look_engine.h"
#include "harden/host/look_question.h"
#include "harden/recipe/entry.h"

#define LABEL "com.docker.compose."
#define SHORT_ID 12

struct suggesting {
	struct session *session;
	const struct suggest_request *request;
	struct audit audit;
	struct suggest_target *targets;
	size_t len, cap;
	struct suggestions all;
};

static void suggesting_done(struct suggesting *s)
{
	for (size_t i = 0; i < s->len; i++)
		suggest_target_done(&s->targets[i]);
	free(s->targets);
	audit_done(&s->audit);
	suggestions_done(&s->all);
}

static bool is_about_containers(const struct control *c)
{
	for (size_t i = 0; i < value_len(c->ensure); i++) {
		const struct value_member *m = entry_type(c->ensure->members[i].value);

		if (m && (str_equal(value_get_text(m->value, "each"), "container") ||
			  value_get(value_get(m->value, "gather"), "container")))
			return true;
	}
	return false;
}

static int ask(struct suggesting *s, const char *path, struct value **ret, struct error *err)
{
	return question_object(&s->session->host, path, ret, err);
}

/* The name that is not a link's: "/web", not "/web/db". */
static const char *listed_name(const struct value *element)
{
	const struct value *names = value_get(element, "Names");

	for (size_t i = 0; i < value_len(names); i++) {
		const char *name = value_as_text(names->members[i].value);

		if (name && *name == '/' && !strchr(name + 1, '/'))
			return name + 1;
	}
	return value_get_text(element, "Id");
}

static bool is_named(const char *word, const struct value *element)
{
	const char *id = value_get_text(element, "Id");

	return str_equal(word, listed_name(element)) ||
	       (id && strlen(word) >= 4 && str_starts(id, word));
}

static bool is_wanted(const struct suggesting *s, const struct value *element)
{
	const struct strv *words = s->request->containers;

	for (size_t i = 0; i < words->len; i++)
		if (is_named(words->items[i], element))
			return true;
	return !words->len;
}

static int check_words(const struct suggesting *s, const struct value *list, struct error *err)
{
	const struct strv *words = s->request->containers;

	for (size_t i = 0; i < words->len; i++) {
		bool found = false;

		for (size_t k = 0; k < value_len(list) && !found; k++)
			found = is_named(words->items[i], list->members[k].value);
		if (found)
			continue;
		(void)error_set(err, ERROR_REMOTE, 0, "the engine has no container %s",
				words->items[i]);
		error_next(err, "docker ps --all lists them");
		return -1;
	}
	return 0;
}

static bool fails_something(const struct suggesting *s, const char *resource)
{
	for (size_t i = 0; i < s->audit.len; i++)
		if (judgement_names(&s->audit.verdicts[i].judgement, resource))
			return true;
	return false;
}

/* Why a container that fails is none that a person starts; NULL: it is. */
static const char *not_ours(const struct value *labels, bool compose)
{
	if (value_get(labels, "com.docker.swarm.service.id"))
		return "is a task of a swarm's service: docker service update changes that";
	if (value_get(labels, "io.kubernetes.pod.name"))
		return "is Kubernetes': its pod specification has to change";
	if (compose && str_equal(value_get_text(labels, LABEL "oneoff"), "True"))
		return "was started once by docker compose run: the next one takes the override";
	return NULL;
}

/* The target of a service of a project; another one for every other container. */
static struct suggest_target *find_target(struct suggesting *s, const struct value *labels)
{
	const char *project = value_get_text(labels, LABEL "project");
	const char *service = value_get_text(labels, LABEL "service");

	for (size_t i = 0; s->request->compose && project && service && i < s->len; i++) {
		const struct value *theirs = suggest_target_labels(&s->targets[i]);

		if (str_equal(value_get_text(theirs, LABEL "project"), project) &&
		    str_equal(value_get_text(theirs, LABEL "service"), service))
			return &s->targets[i];
	}
	return NULL;
}

static struct suggest_target *add_target(struct suggesting *s, struct value **container,
					 struct error *err)
{
	if (vec_reserve((void **)&s->targets, &s->cap, s->len, sizeof(*s->targets), err) < 0)
		return NULL;
	s->targets[s->len] = (struct suggest_target){.container = take_ptr(container)};
	return &s->targets[s->len++];
}

/* What it changed; not told by every engine, nor of every container. */
static int add_changes(struct suggesting *s, struct suggest_target *t, const char *id,
		       struct error *err)
{
	AUTO_FREE char *path = engine_path("/containers/%s/changes", id);
	AUTO_PTR(value) struct value *changes = NULL;
	AUTO(error) struct error problem = {0};

	if (!path)
		return error_nomem(err);
	if (ask(s, path, &changes, &problem) != 0)
		return problem.code == ERROR_NOMEM ? error_nomem(err) : 0;
	if (!t->changes && !(t->changes = value_list()))
		return error_nomem(err);
	for (size_t i = 0; i < value_len(changes); i++)
		if (value_add(t->changes, take_ptr(&changes->members[i].value), err) < 0)
			return -1;
	return 0;
}

static int add_image(struct suggesting *s, struct suggest_target *t, struct error *err)
{
	const char *id = value_get_text(t->container, "Image");
	AUTO_FREE char *path = engine_path("/images/%s/json", id ? id : "");
	int r;

	if (!path)
		return error_nomem(err);
	r = id ? ask(s, path, &t->image, err) : ENGINE_GONE;
	if (r != ENGINE_GONE)
		return r;
	return strv_add(&t->notes, "its image is gone: pull or build it again first", err);
}

static int add_container(struct suggesting *s, const char *id, const char *resource,
			 struct error *err)
{
	AUTO_FREE char *path = engine_path("/containers/%s/json", id);
	AUTO_PTR(value) struct value *container = NULL;
	const struct value *labels;
	struct suggest_target *t;
	const char *why;
	int r = path ? ask(s, path, &container, err) : error_nomem(err);

	if (r)
		return r == ENGINE_GONE ? 0 : -1;
	labels = value_get(value_get(container, "Config"), "Labels");
	why = not_ours(labels, s->request->compose);
	if (why)
		return strv_addf(&s->all.left_out, err, "%s %s", resource, why);
	t = find_target(s, labels);
	if (!t && (!(t = add_target(s, &container, err)) || add_image(s, t, err) < 0))
		return -1;
	if (add_changes(s, t, id, err) < 0)
		return -1;
	return suggest_target_findings(t, &s->audit, resource, err);
}

static int add_listed(struct suggesting *s, const struct value *list, struct error *err)
{
	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *element = list->members[i].value;
		const char *id = value_get_text(element, "Id");
		AUTO_FREE char *resource = NULL;

		if (!id || !is_wanted(s, element))
			continue;
		resource = str_format("container %s", listed_name(element));
		if (!resource)
			return error_nomem(err);
		if (fails_something(s, resource)) {
			if (add_container(s, id, resource, err) < 0)
				return -1;
		} else if (s->request->containers->len &&
			   strv_addf(&s->all.left_out, err, "%s fails nothing", resource) < 0) {
			return -1;
		}
	}
	return 0;
}

static int compare_targets(const void *a, const void *b)
{
	return strcmp(suggest_target_name(a), suggest_target_name(b));
}

static int fill_group(struct suggestion_group *g, const struct value *labels, struct error *err)
{
	const char *directory = value_get_text(labels, LABEL "project.working_dir");
	const char *files = value_get_text(labels, LABEL "project.config_files");
	const char *environment = value_get_text(labels, LABEL "project.environment_file");

	if (!g->project || g->len)
		return 0;
	if ((directory && !(g->directory = strdup(directory))) ||
	    (environment && *environment && !(g->environment_file = strdup(environment))))
		return error_nomem(err);
	return files ? strv_split(&g->config_files, files, ",", err) : 0;
}

static int make_suggestion(struct suggesting *s, const struct suggest_target *t,
			   const struct value *info, struct error *err)
{
	const struct value *labels = suggest_target_labels(t);
	const char *project = s->request->compose ? value_get_text(labels, LABEL "project") : NULL;
	struct suggestion_group *g = suggestions_group(&s->all, project, err);
	struct suggestion *one;

	if (!g || fill_group(g, labels, err) < 0)
		return -1;
	one = suggestion_group_add(g, err);
	if (!one)
		return -1;
	if (project && !(one->service = strdup(value_get_text(labels, LABEL "service")
						       ? value_get_text(labels, LABEL "service")
						       : suggest_target_name(t))))
		return error_nomem(err);
	return suggest_service(s->session, t, info, s->request->compose, one, err);
}

static int make_suggestions(struct suggesting *s, struct error *err)
{
	AUTO_PTR(value) struct value *info = NULL;

	if (s->len)
		qsort(s->targets, s->len, sizeof(*s->targets), compare_targets);
	if (ask(s, "/info", &info, err) != 0)
		return -1;
	for (size_t i = 0; i < s->len; i++)
		if (make_suggestion(s, &s->targets[i], info, err) < 0)
			return error_wrap(err, "container %s", suggest_target_name(&s->targets[i]));
	return 0;
}

static int no_engine(struct error *err)
{
	(void)error_set(err, ERROR_USAGE, 0,
			"suggest looks at containers, and no engine may be asked");
	error_next(err, "name the engine with --engine URL");
	return -1;
}

int suggest_run(struct session *session, const struct suggest_request *request,
		struct suggestions *ret_suggestions, struct error *err)
{
	AUTO(suggesting) struct suggesting s = {.session = session, .request = request};
	AUTO_PTR(value) struct value *list = NULL;

	if (!questions_are_open(&session->host))
		return no_engine(err);
	for (size_t i = 0; i < session->recipe.len; i++)
		if (!is_about_containers(&session->recipe.controls[i]))
			session->recipe.controls[i].selected = false;
	s.all.compose = request->compose;
	if (ask(&s, "/containers/json?all=1", &list, err) != 0 || check_words(&s, list, err) < 0 ||
	    audit_run(session, false, &s.audit, NULL, err) < 0 || add_listed(&s, list, err) < 0 ||
	    make_suggestions(&s, err) < 0)
		return -1;
	*ret_suggestions = s.all;
	s.all = (struct suggestions){0};
	return 0;
}
