// SPDX-License-Identifier: Apache-2.0
/*
 * The flag parser. An unknown flag takes no value: pflag stops there anyway.
 */
#include "harden/text/pflag.h"

#include <string.h>

struct parser {
	const char *const *args;
	size_t count, pos;
	struct pflags *flags;
};

static void pflag_done(struct pflag *f)
{
	free(f->name);
	free(f->value);
	free(f->problem);
}

/* Takes the strings of f in every case. */
static int add(struct parser *p, struct pflag *f, struct error *err)
{
	if (!f->name || vec_reserve((void **)&p->flags->items, &p->flags->cap, p->flags->len,
				    sizeof(*f), err) < 0) {
		pflag_done(f);
		return error_nomem(err);
	}
	p->flags->items[p->flags->len++] = *f;
	return 0;
}

/* Fills value and problem from the text behind =, or from the next word; inline may be NULL. */
static int take_value(struct parser *p, struct pflag *f, const char *inline_value,
		      struct error *err)
{
	bool b;

	if (!f->key) {
		f->problem = str_format("dockerd knows no flag %s%s",
					f->name && f->name[0] && !f->name[1] ? "-" : "--", f->name);
	} else if (inline_value) {
		f->value = strdup(inline_value);
		f->explicit_value = f->key->type == DAEMON_BOOL;
		if (f->explicit_value && !daemon_parse_bool(inline_value, &b))
			f->problem = str_format("--%s takes true or false, not \"%s\"",
						f->key->flag, inline_value);
		if (!f->value ||
		    (f->explicit_value && !daemon_parse_bool(inline_value, &b) && !f->problem))
			return error_nomem(err);
		return 0;
	} else if (f->key->type == DAEMON_BOOL) {
		f->value = strdup("true");
		return f->value ? 0 : error_nomem(err);
	} else if (p->pos < p->count) {
		f->value = strdup(p->args[p->pos++]);
		f->words = 2;
		return f->value ? 0 : error_nomem(err);
	} else {
		f->problem = str_format("--%s needs a value", f->key->flag);
	}
	return f->problem ? 0 : error_nomem(err);
}

static int parse_long(struct parser *p, const char *arg, struct error *err)
{
	const char *name = arg + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	struct pflag f = {
		.key = daemon_key_by_flag(name, len),
		.name = strndup(name, len),
		.word = p->pos - 1,
		.words = 1,
		.bundle_len = 1,
	};

	if (take_value(p, &f, equals ? equals + 1 : NULL, err) < 0) {
		pflag_done(&f);
		return -1;
	}
	return add(p, &f, err);
}

/* How many letters of a word of shorthands are flags: bools, up to and with the first other. */
static size_t bundle_length(const char *letters)
{
	size_t n = 0;

	while (letters[n]) {
		const struct daemon_key *key = daemon_key_by_shorthand(letters[n++]);

		if (letters[n] == '=' || !key || key->type != DAEMON_BOOL)
			break;
	}
	return n;
}

static int parse_short(struct parser *p, const char *arg, struct error *err)
{
	size_t len = bundle_length(arg + 1), word = p->pos - 1;

	for (size_t i = 0; i < len; i++) {
		const char *rest = arg + 2 + i, *value = NULL;
		struct pflag f = {
			.key = daemon_key_by_shorthand(arg[1 + i]),
			.name = strndup(arg + 1 + i, 1),
			.word = word,
			.words = 1,
			.bundle = i,
			.bundle_len = len,
		};

		if (*rest == '=')
			value = rest + 1;
		else if (*rest && f.key && f.key->type != DAEMON_BOOL)
			value = rest;
		if (take_value(p, &f, value, err) < 0) {
			pflag_done(&f);
			return -1;
		}
		if (add(p, &f, err) < 0)
			return -1;
	}
	return 0;
}

static int parse_all(struct parser *p, struct error *err)
{
	while (p->pos < p->count) {
		const char *arg = p->args[p->pos++];
		int result;

		if (str_equal(arg, "--")) {
			while (p->pos < p->count)
				if (strv_add(&p->flags->positional, p->args[p->pos++], err) < 0)
					return -1;
			return 0;
		}
		if (arg[0] != '-' || !arg[1])
			result = strv_add(&p->flags->positional, arg, err);
		else if (arg[1] == '-')
			result = parse_long(p, arg, err);
		else
			result = parse_short(p, arg, err);
		if (result < 0)
			return -1;
	}
	return 0;
}

int pflag_parse(const char *const *args, size_t count, struct pflags *ret_flags, struct error *err)
{
	struct pflags flags = {0};
	struct parser p = {.args = args, .count = count, .flags = &flags};

	if (parse_all(&p, err) < 0) {
		pflags_done(&flags);
		return -1;
	}
	*ret_flags = flags;
	return 0;
}

void pflags_done(struct pflags *flags)
{
	for (size_t i = 0; i < flags->len; i++)
		pflag_done(&flags->items[i]);
	free(flags->items);
	strv_done(&flags->positional);
	*flags = (struct pflags){0};
}
