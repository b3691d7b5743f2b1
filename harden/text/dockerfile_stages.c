// SPDX-License-Identifier: Apache-2.0
/*
 * Stages, and what the variables of each are. ENV reaches stages that build on its own, ARG does
 * not; an ARG in front of the first FROM is for FROM lines, and a default for an ARG of that name
 * in a stage.
 */
#include "harden/text/dockerfile_parts.h"

#include <strings.h>

#define EXPANDED_MAX (4 * DOCKERFILE_MAX) /* bytes of all values: A=$A$A doubles on each line */

struct variable {
	char *name, *value; /* value NULL: decided by the build */
	bool is_env;
};

struct scope {
	struct variable *items;
	size_t len, cap;
};

/* scopes[0] is in front of the first FROM, scopes[n + 1] that of stage n. */
struct scopes {
	const struct dockerfile_source *source;
	struct dockerfile *d;
	struct scope *items;
	size_t len, cap;
	size_t spent; /* bytes of values so far */
	size_t variables;
};

static void scopes_done(struct scopes *s)
{
	for (size_t i = 0; i < s->len; i++) {
		for (size_t k = 0; k < s->items[i].len; k++) {
			free(s->items[i].items[k].name);
			free(s->items[i].items[k].value);
		}
		free(s->items[i].items);
	}
	free(s->items);
}

static const struct variable *scope_find(const struct scope *scope, const char *name, bool env)
{
	for (size_t i = scope->len; i > 0; i--)
		if (scope->items[i - 1].is_env == env &&
		    strcmp(scope->items[i - 1].name, name) == 0)
			return &scope->items[i - 1];
	return NULL;
}

/* An environment variable of the stage or one below it, else an argument of the stage. */
static const char *look_up(const void *cookie, const char *name)
{
	const struct scopes *s = cookie;
	size_t at = s->len - 1;
	const struct variable *v;

	while (at > 0) {
		v = scope_find(&s->items[at], name, true);
		if (v)
			return v->value;
		at = s->d->stages[at - 1].base_stage == DOCKERFILE_NO_STAGE
			     ? 0
			     : s->d->stages[at - 1].base_stage + 1;
	}
	v = scope_find(&s->items[s->len - 1], name, false);
	return v ? v->value : NULL;
}

static const char *look_up_global(const void *cookie, const char *name)
{
	const struct scopes *s = cookie;
	const struct variable *v = scope_find(&s->items[0], name, false);

	return v ? v->value : NULL;
}

static int define(struct scopes *s, const char *pair, const char *value, bool is_env,
		  struct error *err)
{
	struct scope *scope = &s->items[s->len - 1];
	struct variable v = {.is_env = is_env};

	if (vec_reserve((void **)&scope->items, &scope->cap, scope->len, sizeof(v), err) < 0)
		return -1;
	v.name = strndup(pair, strcspn(pair, "="));
	v.value = value ? strdup(value) : NULL;
	scope->items[scope->len++] = v;
	return v.name && (!value || v.value) ? 0 : error_nomem(err);
}

static bool is_expanded(const struct dockerfile_instruction *i)
{
	static const enum dockerfile_word words[] = {
		DOCKERFILE_ADD,	   DOCKERFILE_ARG,    DOCKERFILE_COPY,	     DOCKERFILE_ENV,
		DOCKERFILE_EXPOSE, DOCKERFILE_FROM,   DOCKERFILE_STOPSIGNAL, DOCKERFILE_LABEL,
		DOCKERFILE_USER,   DOCKERFILE_VOLUME, DOCKERFILE_WORKDIR,
	};

	for (size_t k = 0; k < ARRAY_SIZE(words); k++)
		if (i->word == words[k])
			return true;
	return false;
}

/* Sets *ret_value, or leaves it NULL when it is not known. */
static int expand_arg(struct scopes *s, struct dockerfile_instruction *i, const char *arg,
		      char **ret_value, struct error *err)
{
	dockerfile_lookup *lookup = i->word == DOCKERFILE_FROM ? look_up_global : look_up;

	if (!is_expanded(i))
		return 0;
	if (dockerfile_expand(arg, s->d->escape, lookup, s, &i->unknown, ret_value, err) < 0)
		return -1;
	s->spent += *ret_value ? strlen(*ret_value) : 0;
	if (s->spent > EXPANDED_MAX) {
		free(*ret_value);
		*ret_value = NULL;
	}
	return *ret_value || i->unknown.len
		       ? 0
		       : strv_add(&i->unknown, "a value that is too long", err);
}

static int expand_args(struct scopes *s, struct dockerfile_instruction *i, struct error *err)
{
	AUTO(strbuf) struct strbuf all = {0};
	bool known = i->args.len > 0;

	for (size_t k = 0; k < i->args.len; k++) {
		AUTO_FREE char *value = NULL;

		if (expand_arg(s, i, i->args.items[k], &value, err) < 0 ||
		    strv_add(&i->values, value ? value : i->args.items[k], err) < 0)
			return -1;
		known &= value != NULL;
		strbuf_appendf(&all, "%s%s", k ? " " : "", i->values.items[k]);
	}
	return known ? strbuf_take(&all, &i->expanded, err) : 0;
}

/* What an ENV or ARG gives to those that follow. */
static int keep_variables(struct scopes *s, const struct dockerfile_instruction *i,
			  struct error *err)
{
	if (i->onbuild || (i->word != DOCKERFILE_ENV && i->word != DOCKERFILE_ARG))
		return 0;
	for (size_t k = 0; k < i->args.len; k++) {
		const char *pair = i->values.items[k], *equals = strchr(pair, '=');
		const char *value = equals && !i->unknown.len ? equals + 1 : NULL;

		if (++s->variables > DOCKERFILE_VARIABLES)
			return dockerfile_wrong(s->source, i->start, err,
						"more than %d variables in one file",
						DOCKERFILE_VARIABLES);
		if (!equals && s->len > 1)
			value = look_up_global(s, pair);
		if (define(s, pair, value, i->word == DOCKERFILE_ENV, err) < 0)
			return -1;
	}
	return 0;
}

static int add_scope(struct scopes *s, struct error *err)
{
	if (vec_reserve((void **)&s->items, &s->cap, s->len, sizeof(*s->items), err) < 0)
		return -1;
	s->items[s->len++] = (struct scope){0};
	return 0;
}

static int add_stage(struct scopes *s, size_t at, struct error *err)
{
	struct dockerfile *d = s->d;
	struct dockerfile_instruction *i = &d->instructions[at];
	struct dockerfile_stage stage = {.from = at, .base_stage = DOCKERFILE_NO_STAGE};

	if (i->args.len != 1 && (i->args.len != 3 || strcasecmp(i->args.items[1], "AS") != 0))
		return dockerfile_wrong(s->source, i->start, err,
					"FROM takes IMAGE or IMAGE AS NAME");
	if (expand_args(s, i, err) < 0 ||
	    vec_reserve((void **)&d->stages, &d->stages_cap, d->stages_len, sizeof(stage), err) < 0)
		return -1;
	stage.base_known = i->unknown.len == 0;
	stage.base_stage = dockerfile_stage_find(d, i->values.items[0], false, d->stages_len);
	stage.base = strdup(i->values.items[0]);
	stage.name = i->args.len == 3 ? strdup(i->args.items[2]) : NULL;
	d->stages[d->stages_len++] = stage;
	if (!stage.base || (i->args.len == 3 && !stage.name))
		return error_nomem(err);
	i->stage = d->stages_len - 1;
	return add_scope(s, err);
}

static int read_stage_line(struct scopes *s, size_t at, struct error *err)
{
	struct dockerfile_instruction *i = &s->d->instructions[at];

	if (i->word == DOCKERFILE_FROM)
		return add_stage(s, at, err);
	if (!s->d->stages_len && i->word != DOCKERFILE_ARG)
		return dockerfile_wrong(s->source, i->start, err,
					"%s in front of the first FROM: only ARG may stand there",
					dockerfile_word_name(i->word));
	i->stage = s->d->stages_len ? s->d->stages_len - 1 : DOCKERFILE_NO_STAGE;
	return expand_args(s, i, err) < 0 ? -1 : keep_variables(s, i, err);
}

static void mark_final(struct dockerfile *d)
{
	size_t at = d->stages_len - 1;

	while (at != DOCKERFILE_NO_STAGE) {
		d->stages[at].final = true;
		at = d->stages[at].base_stage;
	}
}

int dockerfile_read_stages(const struct dockerfile_source *source, struct dockerfile *d,
			   struct error *err)
{
	AUTO(scopes) struct scopes s = {.source = source, .d = d};

	if (add_scope(&s, err) < 0)
		return -1;
	for (size_t i = 0; i < d->len; i++)
		if (read_stage_line(&s, i, err) < 0)
			return -1;
	if (!d->stages_len)
		return dockerfile_wrong(source, source->len, err, "there is no FROM");
	mark_final(d);
	return 0;
}
