// SPDX-License-Identifier: Apache-2.0
/*
 * A service as options of docker run. A line is an option with its word.
 */
#include "harden/text/service_parts.h"

#include "harden/text/shell_word.h"

#include <inttypes.h>

/* Takes word. */
static int say(struct value *lines, const char *flag, struct value *word, struct error *err)
{
	struct value *line = value_list();

	if (value_add(lines, line, err) < 0) {
		value_free(word);
		return -1;
	}
	if (value_add(line, value_text(flag), err) < 0) {
		value_free(word);
		return -1;
	}
	return word ? value_add(line, word, err) : 0;
}

static int say_text(struct value *lines, const char *flag, struct value *word, struct error *err)
{
	return word ? say(lines, flag, word, err) : error_nomem(err);
}

static bool is_secret(const struct value *v)
{
	return value_get(v, SERVICE_SECRET) != NULL;
}

/* KEY= before a secret. */
static struct value *secret_pair(const char *key, const struct value *v)
{
	AUTO_PTR(value) struct value *word = value_copy(v);

	if (!word || value_set(word, SERVICE_BEFORE, value_textf("%s=", key), NULL) < 0)
		return NULL;
	return take_ptr(&word);
}

static struct value *pair(const char *key, const struct value *v)
{
	if (is_secret(v))
		return secret_pair(key, v);
	if (v->kind == VALUE_INTEGER)
		return value_textf("%s=%" PRId64, key, v->integer);
	return value_textf("%s=%s", key, value_as_text(v) ? v->text : "");
}

static struct value *scalar(const struct value *v)
{
	return v->kind == VALUE_INTEGER ? value_textf("%" PRId64, v->integer) : value_copy(v);
}

/* By the value's own kind: a flag, an option, or one for each member. */
static int say_plain(const char *flag, const struct value *v, struct value *lines,
		     struct error *err)
{
	if (v->kind == VALUE_BOOL) {
		AUTO_FREE char *off = str_format("%s=false", flag);

		if (!off)
			return error_nomem(err);
		return say(lines, v->boolean ? flag : off, NULL, err);
	}
	if ((v->kind != VALUE_LIST && v->kind != VALUE_MAP) || is_secret(v))
		return say_text(lines, flag, scalar(v), err);
	for (size_t i = 0; i < v->len; i++) {
		const struct value_member *m = &v->members[i];

		if (say_text(lines, flag, m->key ? pair(m->key, m->value) : scalar(m->value), err) <
		    0)
			return -1;
	}
	return 0;
}

int say_nothing(const struct value *v, struct value *lines, struct error *err)
{
	(void)v;
	(void)lines;
	(void)err;
	return 0; /* the end of the line has it */
}

int say_network_mode(const struct value *v, struct value *lines, struct error *err)
{
	if (strcmp(v->text, "bridge") == 0)
		return 0;
	return say_text(lines, "--network", value_copy(v), err);
}

static int add_words(struct value *words, const char *flag, const char *text, struct error *err)
{
	if (!text)
		return 0;
	return value_add(words, value_text(flag), err) < 0 ||
			       value_add(words, value_text(text), err) < 0
		       ? -1
		       : 0;
}

int service_network_words(const struct value *network, struct value *words, const char *alias_flag,
			  struct error *err)
{
	const struct value *aliases = value_get(network, "aliases");

	for (size_t i = 0; i < value_len(aliases); i++)
		if (add_words(words, alias_flag, value_as_text(aliases->members[i].value), err) < 0)
			return -1;
	if (add_words(words, "--ip", value_get_text(network, "ipv4_address"), err) < 0)
		return -1;
	return add_words(words, "--ip6", value_get_text(network, "ipv6_address"), err);
}

/* The first network; where the default bridge is the first, none. */
int say_networks(const struct value *v, struct value *lines, struct error *err)
{
	AUTO_PTR(value) struct value *words = value_list();

	if (!words)
		return error_nomem(err);
	if (say_text(lines, "--network", value_text(v->members[0].key), err) < 0 ||
	    service_network_words(v->members[0].value, words, "--network-alias", err) < 0)
		return -1;
	for (size_t i = 0; i + 1 < words->len; i += 2)
		if (say_text(lines, words->members[i].value->text,
			     value_copy(words->members[i + 1].value), err) < 0)
			return -1;
	return 0;
}

/* A field of --mount, whose value is a line of CSV. */
static void append_field(struct strbuf *b, const char *key, const char *text)
{
	bool quote = strpbrk(text, ",\"\n") != NULL;

	strbuf_append(b, b->len ? "," : "");
	if (quote)
		strbuf_append_char(b, '"');
	strbuf_appendf(b, "%s=", key);
	for (const char *c = text; *c; c++) {
		if (*c == '"')
			strbuf_append_char(b, '"');
		strbuf_append_char(b, *c);
	}
	if (quote)
		strbuf_append_char(b, '"');
}

static void append_groups(struct strbuf *b, const struct value *v)
{
	const struct value *bind = value_get(v, "bind"), *tmpfs = value_get(v, "tmpfs");
	const char *propagation = value_get_text(bind, "propagation");

	if (is_true(v, "read_only"))
		strbuf_append(b, ",readonly");
	if (propagation)
		append_field(b, "bind-propagation", propagation);
	if (value_get(bind, "recursive"))
		strbuf_append(b, ",bind-nonrecursive=true");
	if (is_true(value_get(v, "volume"), "nocopy"))
		strbuf_append(b, ",volume-nocopy");
	if (integer_of(tmpfs, "size"))
		strbuf_appendf(b, ",tmpfs-size=%" PRId64, integer_of(tmpfs, "size"));
	if (integer_of(tmpfs, "mode"))
		strbuf_appendf(b, ",tmpfs-mode=%" PRIo64, (uint64_t)integer_of(tmpfs, "mode"));
}

/* Only --volume can ask for new labels. */
static int say_relabelled(const struct value *v, struct value *lines, struct error *err)
{
	const struct value *bind = value_get(v, "bind");
	const char *propagation = value_get_text(bind, "propagation");

	return say_text(lines, "--volume",
			value_textf("%s:%s:%s%s%s%s", value_get_text(v, "source"),
				    value_get_text(v, "target"),
				    is_true(v, "read_only") ? "ro," : "",
				    value_get_text(bind, "selinux"), propagation ? "," : "",
				    propagation ? propagation : ""),
			err);
}

static int say_volume(const struct value *v, struct value *lines, struct error *err)
{
	const char *source = value_get_text(v, "source"), *target = value_get_text(v, "target");
	AUTO(strbuf) struct strbuf text = {0};

	if (source && value_get(value_get(v, "bind"), "selinux"))
		return say_relabelled(v, lines, err);
	append_field(&text, "type", value_get_text(v, "type"));
	if (source)
		append_field(&text, "source", source);
	append_field(&text, "target", target);
	append_groups(&text, v);
	return strbuf_text(&text) ? say_text(lines, "--mount", value_text(text.data), err)
				  : error_nomem(err);
}

int say_volumes(const struct value *v, struct value *lines, struct error *err)
{
	for (size_t i = 0; i < value_len(v); i++)
		if (say_volume(v->members[i].value, lines, err) < 0)
			return -1;
	return 0;
}

int say_ulimits(const struct value *v, struct value *lines, struct error *err)
{
	for (size_t i = 0; i < value_len(v); i++) {
		const struct value *u = v->members[i].value;

		if (say_text(lines, "--ulimit",
			     value_textf("%s=%" PRId64 ":%" PRId64, v->members[i].key,
					 integer_of(u, "soft"), integer_of(u, "hard")),
			     err) < 0)
			return -1;
	}
	return 0;
}

int say_blkio(const struct value *v, struct value *lines, struct error *err)
{
	return say_text(lines, "--blkio-weight", scalar(value_get(v, "weight")), err);
}

int say_logging(const struct value *v, struct value *lines, struct error *err)
{
	const struct value *options = value_get(v, "options");

	if (say_text(lines, "--log-driver", value_copy(value_get(v, "driver")), err) < 0)
		return -1;
	return options ? say_plain("--log-opt", options, lines, err) : 0;
}

int say_grace(const struct value *v, struct value *lines, struct error *err)
{
	return say_text(lines, "--stop-timeout",
			value_textf("%.*s", (int)strlen(v->text) - 1, v->text), err);
}

/* The command of --health-cmd is a shell's, so one of words is quoted for it. */
static struct value *health_command(const struct value *test)
{
	AUTO(strbuf) struct strbuf text = {0};

	if (value_len(test) == 2 && is_secret(test->members[1].value))
		return value_copy(test->members[1].value);
	for (size_t i = 1; i < value_len(test); i++) {
		const char *word = value_as_text(test->members[i].value);

		if (!word)
			word = "********"; /* a secret among words: named by a note */
		strbuf_append(&text, i > 1 ? " " : "");
		if (str_equal(value_as_text(test->members[0].value), "CMD"))
			shell_word(word, &text);
		else
			strbuf_append(&text, word);
	}
	return strbuf_text(&text) ? value_text(strbuf_text(&text)) : NULL;
}

int say_healthcheck(const struct value *v, struct value *lines, struct error *err)
{
	static const char *const options[][2] = {{"interval", "--health-interval"},
						 {"timeout", "--health-timeout"},
						 {"start_period", "--health-start-period"},
						 {"start_interval", "--health-start-interval"},
						 {"retries", "--health-retries"}};
	const struct value *test = value_get(v, "test");

	if (is_true(v, "disable"))
		return say(lines, "--no-healthcheck", NULL, err);
	if (test && say_text(lines, "--health-cmd", health_command(test), err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct value *o = value_get(v, options[i][0]);

		if (o && say_text(lines, options[i][1], scalar(o), err) < 0)
			return -1;
	}
	return 0;
}

/* --entrypoint takes one word; the others stand before the command's. */
static int say_end(const struct value *service, struct value *lines, struct value *command,
		   struct error *err)
{
	const struct value *entry = value_get(service, "entrypoint");
	const struct value *words = value_get(service, "command");

	if (entry &&
	    say_text(lines, "--entrypoint",
		     entry->len ? value_copy(entry->members[0].value) : value_text(""), err) < 0)
		return -1;
	for (size_t i = 1; i < value_len(entry); i++)
		if (value_add(command, value_copy(entry->members[i].value), err) < 0)
			return -1;
	for (size_t i = 0; i < value_len(words); i++)
		if (value_add(command, value_copy(words->members[i].value), err) < 0)
			return -1;
	return 0;
}

int service_run_lines(const struct value *service, struct value **ret_lines,
		      struct value **ret_command, struct error *err)
{
	AUTO_PTR(value) struct value *lines = value_list(), *command = value_list();

	if (!lines || !command)
		return error_nomem(err);
	for (const struct service_row *row = service_rows; row->key; row++) {
		const struct value *v = value_get(service, row->key);

		/* with the default bridge as first network the others are connected later */
		if (!v || (strcmp(row->key, "networks") == 0 && value_get(service, "network_mode")))
			continue;
		if ((row->say ? row->say(v, lines, err) : say_plain(row->flag, v, lines, err)) < 0)
			return -1;
	}
	if (say_end(service, lines, command, err) < 0)
		return -1;
	*ret_lines = take_ptr(&lines);
	*ret_command = take_ptr(&command);
	return 0;
}
