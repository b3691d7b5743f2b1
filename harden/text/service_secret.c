// SPDX-License-Identifier: Apache-2.0
/*
 * What looks like a secret leaves a service. mask.h decides what does: whatever it would change is
 * replaced. The container that still exists has the values, so a command that reads them from there
 * makes the result usable without showing one.
 */
#include "harden/text/service.h"

#include "harden/text/json.h"
#include "harden/text/mask.h"
#include "harden/text/shell_word.h"

#include <ctype.h>

/* Where else than in the environment they are, and what docker inspect calls that. */
static const struct place {
	const char *key, *below, *path;
} places[] = {
	{"labels", NULL, ".Config.Labels"},
	{"logging", "options", ".HostConfig.LogConfig.Config"},
	{"entrypoint", NULL, ".Config.Entrypoint"},
	{"command", NULL, ".Config.Cmd"},
	{"healthcheck", "test", ".Config.Healthcheck.Test"},
};

struct hiding {
	const char *name;
	struct strv *commands;
	struct error *err;
};

/* BEFORE"$(docker inspect --format TEMPLATE NAME)"AFTER */
static int add_command(struct hiding *h, const char *before, const char *template,
		       const char *after)
{
	AUTO(strbuf) struct strbuf line = {0};

	strbuf_appendf(&line, "%s\"$(docker inspect --format ", before);
	shell_word(template, &line);
	strbuf_append_char(&line, ' ');
	shell_word(h->name, &line);
	strbuf_appendf(&line, ")\"%s", after);
	return strbuf_text(&line) ? strv_add(h->commands, line.data, h->err) : error_nomem(h->err);
}

/* "WEB_COMMAND_3" */
static char *variable_name(const struct hiding *h, const char *key, size_t i)
{
	char *name = str_format("%s%s_%s_%zu", isdigit((unsigned char)*h->name) ? "_" : "", h->name,
				key, i);

	for (char *c = name; c && *c; c++)
		*c = (char)(isalnum((unsigned char)*c) ? toupper((unsigned char)*c) : '_');
	return name;
}

/* *slot becomes the variable that the command fills. */
static int replace(struct hiding *h, struct value **slot, const char *key, size_t i,
		   const char *template)
{
	AUTO_FREE char *name = variable_name(h, key, i);
	AUTO_FREE char *before = name ? str_format("%s=", name) : NULL;
	AUTO_FREE char *after = name ? str_format(" && export %s", name) : NULL;
	AUTO_PTR(value) struct value *secret = value_map();

	if (!before || !after || !secret)
		return error_nomem(h->err);
	if (value_set(secret, SERVICE_SECRET, value_text(name), h->err) < 0 ||
	    add_command(h, before, template, after) < 0)
		return -1;
	value_free(*slot);
	*slot = take_ptr(&secret);
	return 0;
}

/* A Go template that prints "NAME=VALUE" of the environment. */
static int variable_template(const char *name, char **ret, struct error *err)
{
	AUTO(strbuf) struct strbuf text = {0};

	strbuf_append(&text, "{{range .Config.Env}}{{if eq (index (split . \"=\") 0) ");
	if (json_write_text(name, &text, err) < 0)
		return -1;
	strbuf_append(&text, "}}{{.}}{{end}}{{end}}");
	return strbuf_take(&text, ret, err);
}

static int hide_variable(struct hiding *h, struct value **slot, size_t i)
{
	const char *text = (*slot)->text;
	AUTO_FREE char *name = strndup(text, strcspn(text, "="));
	AUTO_FREE char *template = NULL;

	if (!name)
		return error_nomem(h->err);
	if (variable_template(name, &template, h->err) < 0)
		return -1;
	if (!is_shell_name(name))
		return replace(h, slot, "environment", i, template);
	if (add_command(h, "export ", template, "") < 0)
		return -1;
	value_free(*slot);
	*slot = value_text(name);
	return *slot ? 0 : error_nomem(h->err);
}

static int hide_member(struct hiding *h, const struct place *place, struct value *v, size_t i)
{
	AUTO(strbuf) struct strbuf template = {0};

	strbuf_appendf(&template, "{{index %s ", place->path);
	if (!v->members[i].key)
		strbuf_appendf(&template, "%zu", i);
	else if (json_write_text(v->members[i].key, &template, h->err) < 0)
		return -1;
	strbuf_append(&template, "}}");
	if (!strbuf_text(&template))
		return error_nomem(h->err);
	return replace(h, &v->members[i].value, place->key, i, template.data);
}

static bool differs(const struct value *v, const struct value *masked)
{
	return !value_equal(v, masked);
}

static int hide_environment(struct hiding *h, struct value *v, const struct value *masked)
{
	for (size_t i = 0; i < value_len(v); i++)
		if (differs(v->members[i].value, masked->members[i].value) &&
		    hide_variable(h, &v->members[i].value, i) < 0)
			return -1;
	return 0;
}

static int hide_place(struct hiding *h, const struct place *place, struct value *v,
		      const struct value *masked)
{
	for (size_t i = 0; i < value_len(v); i++)
		if (differs(v->members[i].value, masked->members[i].value) &&
		    hide_member(h, place, v, i) < 0)
			return -1;
	return 0;
}

/* Nothing reads these back: they stay masked, and a person has to know. */
static int hide_rest(struct hiding *h, struct value_member *m, const struct value *masked)
{
	struct value *copy = value_copy(masked);

	if (!copy)
		return error_nomem(h->err);
	value_free(m->value);
	m->value = copy;
	return strv_addf(h->commands, h->err, "# %s is masked here: fill it in", m->key);
}

static const struct place *find_place(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (strcmp(places[i].key, key) == 0)
			return &places[i];
	return NULL;
}

static int hide_key(struct hiding *h, struct value_member *m, const struct value *masked)
{
	const struct place *place = find_place(m->key);
	struct value *v = m->value;

	if (strcmp(m->key, "environment") == 0)
		return hide_environment(h, v, masked);
	if (!place)
		return hide_rest(h, m, masked);
	if (place->below) {
		v = value_get(v, place->below);
		masked = value_get(masked, place->below);
	}
	return v ? hide_place(h, place, v, masked) : 0;
}

int service_hide(struct value *service, const char *name, struct strv *commands, struct error *err)
{
	struct hiding h = {.name = name, .commands = commands, .err = err};
	AUTO_PTR(value) struct value *masked = value_copy(service);

	if (!masked)
		return error_nomem(err);
	if (mask_value(masked, err) < 0)
		return -1;
	for (size_t i = 0; i < value_len(service); i++)
		if (differs(service->members[i].value, masked->members[i].value) &&
		    hide_key(&h, &service->members[i], masked->members[i].value) < 0)
			return -1;
	return 0;
}
