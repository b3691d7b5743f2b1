// SPDX-License-Identifier: Apache-2.0
/*
 * Compose files. Of a project's service only what differs is said, with the control above each key;
 * containers of no project become a file of their own. libyaml writes every key and value; the lines
 * between them are comments.
 */
#include "harden/report/suggest.h"

#include "harden/report/paint.h"
#include "harden/text/service.h"
#include "harden/text/yaml_write.h"

#define FILE_NAME "compose.harden.yaml"
#define KEY_INDENT 4

static const char *const tags[] = {
	[SERVICE_PLAIN] = NULL, [SERVICE_OVERRIDE] = "!override", [SERVICE_RESET] = "!reset"};

/* Compose puts variables in wherever it sees a dollar. NULL when out of memory. */
static struct value *compose_text(const char *text)
{
	AUTO(strbuf) struct strbuf b = {0};

	for (const char *c = text; *c; c++)
		strbuf_append(&b, *c == '$' ? "$$" : (const char[]){*c, '\0'});
	return strbuf_text(&b) ? value_text(strbuf_text(&b)) : NULL;
}

static struct value *compose_value(const struct value *v)
{
	AUTO_PTR(value) struct value *copy = NULL;
	const char *secret = value_get_text(v, SERVICE_SECRET);

	if (secret)
		return value_textf("${%s}", secret);
	if (v->kind == VALUE_TEXT)
		return compose_text(v->text);
	if (v->kind != VALUE_LIST && v->kind != VALUE_MAP)
		return value_copy(v);
	copy = v->kind == VALUE_LIST ? value_list() : value_map();
	for (size_t i = 0; copy && i < v->len; i++) {
		struct value *one = compose_value(v->members[i].value);

		if ((v->kind == VALUE_LIST ? value_add(copy, one, NULL)
					   : value_set(copy, v->members[i].key, one, NULL)) < 0)
			return NULL;
	}
	return take_ptr(&copy);
}

static int member(struct strbuf *out, const char *key, const char *tag, const struct value *v,
		  unsigned indent, struct error *err)
{
	AUTO_PTR(value) struct value *shown = v ? compose_value(v) : NULL;

	if (v && !shown)
		return error_nomem(err);
	return yaml_write_member(key, tag, shown, indent, out, err);
}

/* The controls that a key is there for, each told in full once. */
static void reasons(const struct suggestion *s, const char *key, bool *told, struct strbuf *out)
{
	for (size_t i = 0; i < s->len; i++) {
		if (!strv_has(&s->steps[i].keys, key))
			continue;
		if (told[i])
			suggest_comment(out, KEY_INDENT, s->steps[i].control, "as above");
		else
			suggest_step(out, KEY_INDENT, &s->steps[i], NULL);
		told[i] = true;
	}
}

/* What is left to a person, and what only docker run could have said. */
static void rest(const struct suggestion *s, const bool *told, struct strbuf *out)
{
	for (size_t i = 0; i < s->len; i++)
		if (!told[i])
			suggest_step(out, KEY_INDENT, &s->steps[i], "by hand");
}

static bool is_default_network(const struct value *networks)
{
	return value_len(networks) == 1 && strcmp(networks->members[0].key, "default") == 0;
}

static int override(const struct suggestion *s, const struct service_changes *changes, bool *told,
		    struct strbuf *out, struct error *err)
{
	for (size_t i = 0; i < changes->len; i++) {
		const struct service_change *c = &changes->items[i];

		if (service_is_run_only(c->key))
			continue;
		if (strcmp(c->key, "deploy") == 0)
			suggest_comment(out, KEY_INDENT, "",
					"the same again, in case that the project's own file says "
					"it here");
		else
			reasons(s, c->key, told, out);
		if (member(out, c->key, tags[c->merge], c->value, KEY_INDENT, err) < 0)
			return -1;
	}
	return 0;
}

static bool says_something(const struct service_changes *changes)
{
	for (size_t i = 0; i < changes->len; i++)
		if (!service_is_run_only(changes->items[i].key))
			return true;
	return false;
}

static int service_of_project(const struct suggestion *s, struct strbuf *out, struct error *err)
{
	AUTO(service_changes) struct service_changes changes = {0};
	AUTO_FREE bool *told = calloc(s->len + 1, sizeof(*told));

	if (!told)
		return error_nomem(err);
	if (service_override(s->before, s->after, &changes, err) < 0)
		return -1;
	if (!says_something(&changes)) {
		AUTO_PTR(value) struct value *empty = value_map();

		if (!empty || member(out, s->service, NULL, empty, 2, err) < 0)
			return error_nomem(err);
	} else if (member(out, s->service, NULL, NULL, 2, err) < 0) {
		return -1;
	}
	if (override(s, &changes, told, out, err) < 0)
		return -1;
	rest(s, told, out);
	return 0;
}

/* Everything that the container was started with; keys that Compose has not are told. */
static int service_of_none(const struct suggestion *s, struct strbuf *out, struct error *err)
{
	AUTO_FREE bool *told = calloc(s->len + 1, sizeof(*told));
	AUTO_PTR(value)
	struct value *image = value_text(s->image), *name = value_text(s->container);

	if (!told || !image || !name)
		return error_nomem(err);
	if (member(out, s->container, NULL, NULL, 2, err) < 0 ||
	    member(out, "container_name", NULL, name, KEY_INDENT, err) < 0 ||
	    member(out, "image", NULL, image, KEY_INDENT, err) < 0)
		return -1;
	for (size_t i = 0; i < value_len(s->after); i++) {
		const struct value_member *m = &s->after->members[i];

		if (service_is_run_only(m->key)) {
			suggest_comment(out, KEY_INDENT, service_flag(m->key),
					"is docker run's: Compose has no key for it");
			continue;
		}
		reasons(s, m->key, told, out);
		if (member(out, m->key, NULL, m->value, KEY_INDENT, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < s->notes.len; i++)
		suggest_comment(out, KEY_INDENT, "", s->notes.items[i]);
	/* a key that is gone has no line to stand above */
	for (size_t i = 0; i < s->len; i++)
		if (!told[i] && s->steps[i].keys.len) {
			suggest_step(out, KEY_INDENT, &s->steps[i], "left out here");
			told[i] = true;
		}
	rest(s, told, out);
	return 0;
}

static int add_external(struct value *map, const char *name, struct error *err)
{
	struct value *one = value_map();

	if (value_set(one, "external", value_bool(true), err) < 0) {
		value_free(one);
		return -1;
	}
	return value_set(map, name, one, err);
}

/* Volumes and networks that are there already, and stay. */
static int external(const struct suggestion_group *g, struct strbuf *out, struct error *err)
{
	AUTO_PTR(value) struct value *volumes = value_map(), *networks = value_map();

	if (!volumes || !networks)
		return error_nomem(err);
	for (size_t i = 0; i < g->len; i++) {
		const struct value *v = value_get(g->items[i].after, "volumes");
		const struct value *n = value_get(g->items[i].after, "networks");

		for (size_t k = 0; k < value_len(v); k++)
			if (str_equal(value_get_text(v->members[k].value, "type"), "volume") &&
			    add_external(volumes, value_get_text(v->members[k].value, "source"),
					 err) < 0)
				return -1;
		for (size_t k = 0; !is_default_network(n) && k < value_len(n); k++)
			if (strcmp(n->members[k].key, "default") != 0 &&
			    add_external(networks, n->members[k].key, err) < 0)
				return -1;
	}
	if ((volumes->len && member(out, "volumes", NULL, volumes, 0, err) < 0) ||
	    (networks->len && member(out, "networks", NULL, networks, 0, err) < 0))
		return -1;
	return 0;
}

/* "docker compose ... -f compose.harden.yaml" */
static void compose_command(const struct suggestion_group *g, const char *what, struct strbuf *out)
{
	strbuf_append(out, "#   docker compose --project-name ");
	suggest_comment_word(out, g->project);
	if (g->directory) {
		strbuf_append(out, " --project-directory ");
		suggest_comment_word(out, g->directory);
	}
	if (g->environment_file) {
		strbuf_append(out, " --env-file ");
		suggest_comment_word(out, g->environment_file);
	}
	for (size_t i = 0; i < g->config_files.len; i++) {
		strbuf_append(out, " --file ");
		suggest_comment_word(out, g->config_files.items[i]);
	}
	strbuf_appendf(out, " --file " FILE_NAME " %s\n", what);
}

static void head_of_project(const struct suggestion_group *g, struct strbuf *out)
{
	suggest_comment(out, 0, "Project", g->project);
	suggest_comment(
		out, 0, "",
		"What its services need to pass the controls they fail. Keep it as " FILE_NAME
		" beside the project's own files, with Compose 2.24.4 or newer. Look first, "
		"then start:");
	compose_command(g, "config", out);
	compose_command(g, "up --detach", out);
}

static void head_of_none(const struct suggestion_group *g, struct strbuf *out)
{
	suggest_comment(
		out, 0, "",
		"Containers of no Compose project, as services. Each takes the place of the "
		"container of its name: stop that one and rename it first, to have a way back.");
	for (size_t i = 0; i < g->len; i++)
		for (size_t k = 0; k < g->items[i].commands.len; k++) {
			const char *command = g->items[i].commands.items[k];

			strbuf_append(out, *command == '#' ? "" : "#   ");
			paint_safe(out, command, strlen(command));
			strbuf_append_char(out, '\n');
		}
}

int suggest_compose(const struct suggestion_group *g, struct strbuf *out, struct error *err)
{
	if (g->project)
		head_of_project(g, out);
	else
		head_of_none(g, out);
	strbuf_append(out, "services:\n");
	for (size_t i = 0; i < g->len; i++)
		if ((g->project ? service_of_project(&g->items[i], out, err)
				: service_of_none(&g->items[i], out, err)) < 0)
			return -1;
	if (!g->project && external(g, out, err) < 0)
		return -1;
	return strbuf_text(out) ? 0 : error_nomem(err);
}
