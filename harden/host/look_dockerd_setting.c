// SPDX-License-Identifier: Apache-2.0
/*
 * The effective value of one key. A flag excludes the file (dockerd refuses both), lists and maps
 * accumulate over the flags, of plain flags the last counts.
 */
#include "harden/host/look_dockerd_parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void setting_done(struct setting *setting)
{
	value_free(setting->value);
	free(setting->source);
	*setting = (struct setting){0};
}

static const struct pflag *last_flag(const struct dockerd *d, const struct daemon_key *key)
{
	for (size_t i = d->flags.len; i-- > 0;)
		if (d->flags.items[i].key == key && d->flags.items[i].value)
			return &d->flags.items[i];
	return NULL;
}

bool dockerd_has_flag(const struct dockerd *d, const char *name)
{
	const struct daemon_key *key = daemon_key_find(name);

	return key && last_flag(d, key);
}

/* nofile=1024:2048 as the file would say it; one number is both limits. */
static struct value *ulimit_value(const char *name, size_t name_len, const char *limits)
{
	AUTO_FREE char *text = strndup(name, name_len);
	AUTO_PTR(value) struct value *map = value_map();
	char *end;
	int64_t soft = strtoll(limits, &end, 10);
	int64_t hard = *end == ':' ? strtoll(end + 1, NULL, 10) : soft;

	if (!text || !map || value_set(map, "Name", value_text(text), NULL) < 0 ||
	    value_set(map, "Hard", value_integer(hard), NULL) < 0 ||
	    value_set(map, "Soft", value_integer(soft), NULL) < 0)
		return NULL;
	return take_ptr(&map);
}

/* One NAME=VALUE flag into the map. */
static int add_pair(struct value *map, const struct daemon_key *key, const char *text,
		    struct error *err)
{
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : strlen(text);
	const char *rest = equals ? equals + 1 : "";
	AUTO_FREE char *name = strndup(text, len);
	struct value *v = str_equal(key->name, "default-ulimits") ? ulimit_value(text, len, rest)
								  : value_text(rest);

	if (!name) {
		value_free(v);
		return error_nomem(err);
	}
	return value_set(map, name, v, err);
}

static struct value *scalar(const struct daemon_key *key, const char *text)
{
	bool b = false;

	if (key->type == DAEMON_BOOL)
		return value_bool(daemon_parse_bool(text, &b) && b);
	if (key->type == DAEMON_INTEGER)
		return value_integer(strtoll(text, NULL, 0));
	return value_text(text);
}

static int flag_value(const struct dockerd *d, const struct pflag *last, struct value **ret_value,
		      struct error *err)
{
	const struct daemon_key *key = last->key;
	bool is_map = key->type == DAEMON_TEXT_MAP || key->type == DAEMON_MAP;
	AUTO_PTR(value) struct value *v = NULL;

	if (!key->repeatable) {
		*ret_value = scalar(key, last->value);
		return *ret_value ? 0 : error_nomem(err);
	}
	v = is_map ? value_map() : value_list();
	if (!v)
		return error_nomem(err);
	for (size_t i = 0; i < d->flags.len; i++) {
		const struct pflag *f = &d->flags.items[i];

		if (f->key != key || !f->value)
			continue;
		if ((is_map ? add_pair(v, key, f->value, err)
			    : value_add(v, value_text(f->value), err)) < 0)
			return -1;
	}
	*ret_value = take_ptr(&v);
	return 0;
}

const char *dockerd_flags_of(const struct dockerd *d)
{
	if (d->start == START_PROCESS)
		return "running dockerd";
	return d->start == START_SYSTEMD ? "docker.service ExecStart" : "/etc/init.d/docker";
}

static char *flag_source(const struct dockerd *d, const struct pflag *f)
{
	const char *path = dockerd_source_path(d, d->line.args[f->word].source);
	const char *first = d->line.args[f->word].text;
	const char *second = f->words > 1 ? d->line.args[f->word + 1].text : NULL;

	return str_format("%s %s%s%s (%s:%u)", dockerd_flags_of(d), first, second ? " " : "",
			  second ? second : "", path, dockerd_arg_line(d, f->word));
}

static int from_flag(const struct dockerd *d, const struct pflag *f, struct setting *s,
		     struct error *err)
{
	s->from = FROM_FLAG;
	s->source = flag_source(d, f);
	if (!s->source)
		return error_nomem(err);
	return flag_value(d, f, &s->value, err);
}

static int from_file(const struct dockerd *d, const struct value *v, struct setting *s,
		     struct error *err)
{
	s->from = FROM_FILE;
	s->value = value_copy(v);
	s->source = str_format("%s:%u:%u", d->config_path, v->line, v->column);
	return s->value && s->source ? 0 : error_nomem(err);
}

static int from_default(const struct dockerd *d, struct setting *s, struct error *err)
{
	s->from = FROM_DEFAULT;
	s->value = daemon_key_default(s->key, d->version);
	s->source = d->version ? str_format("default of %s", d->version)
			       : strdup("default (engine version unknown)");
	return s->value && s->source ? 0 : error_nomem(err);
}

static int whole(const struct dockerd *d, const struct daemon_key *key, struct setting *s,
		 struct error *err)
{
	const struct pflag *f = last_flag(d, key);
	const struct value *v = key->placement == FILE_KEY ? value_get(d->config, key->name) : NULL;

	s->key = key;
	if (f)
		return from_flag(d, f, s, err);
	if (v && v->kind == VALUE_NULL && key->type == DAEMON_BOOL) {
		/* dockerd hands "<nil>" to the flag's parser, which stores false */
		if (from_file(d, v, s, err) < 0)
			return -1;
		s->value->kind = VALUE_BOOL;
		s->value->boolean = false;
		return 0;
	}
	if (v && v->kind != VALUE_NULL)
		return from_file(d, v, s, err);
	return from_default(d, s, err);
}

/* Goes down into a map for the rest of a dotted path; what is not there is a null value. */
static int go_down(struct setting *s, const char *rest, struct error *err)
{
	AUTO_PTR(value) struct value *outer = take_ptr(&s->value);
	const struct value *v = outer;

	for (const char *p = rest; p;) {
		const char *dot = strchr(p, '.');
		AUTO_FREE char *name = dot ? strndup(p, (size_t)(dot - p)) : strdup(p);
		const struct value *inner;

		if (!name)
			return error_nomem(err);
		/* a member may have dots in its own name */
		inner = value_get(v, p);
		if (inner)
			dot = NULL;
		else
			inner = value_get(v, name);
		v = inner;
		p = dot && v ? dot + 1 : NULL;
	}
	s->value = v ? value_copy(v) : value_null();
	return s->value ? 0 : error_nomem(err);
}

static int copy_problem(const struct error *from, struct error *err)
{
	(void)error_set(err, from->code, from->sys, "%s", from->message ? from->message : "");
	if (from->resource)
		error_resource(err, from->resource);
	if (from->next)
		error_next(err, "%s", from->next);
	return -1;
}

int dockerd_setting(const struct dockerd *d, const char *path, struct setting *ret_setting,
		    struct error *err)
{
	AUTO(setting) struct setting s = {0};
	const char *dot = strchr(path, '.');
	AUTO_FREE char *name = dot ? strndup(path, (size_t)(dot - path)) : strdup(path);
	const struct daemon_key *key;

	if (!name)
		return error_nomem(err);
	key = daemon_key_find(name);
	if (!key)
		return error_set(err, ERROR_INTERNAL, 0, "dockerd has no key \"%s\"", name);
	if (d->problem.code != ERROR_NONE)
		return copy_problem(&d->problem, err);
	if (whole(d, key, &s, err) < 0 || (dot && go_down(&s, dot + 1, err) < 0))
		return -1;
	*ret_setting = s;
	s = (struct setting){0};
	return 0;
}

int dockerd_text(const struct dockerd *d, const char *key, char **ret_text, struct error *err)
{
	AUTO(setting) struct setting s = {0};
	const char *text;

	if (dockerd_setting(d, key, &s, err) < 0)
		return -1;
	text = value_as_text(s.value);
	*ret_text = text && *text ? strdup(text) : NULL;
	return text && *text && !*ret_text ? error_nomem(err) : 0;
}

bool dockerd_true(const struct dockerd *d, const char *key)
{
	AUTO(setting) struct setting s = {0};

	return dockerd_setting(d, key, &s, NULL) == 0 && s.value->kind == VALUE_BOOL &&
	       s.value->boolean;
}
