// SPDX-License-Identifier: Apache-2.0
/*
 * Parsing of the command line by table. Options may stand before or behind the verb, as --name
 * VALUE or --name=VALUE; names are never abbreviated, since scripts outlive new options. "--" ends
 * options.
 */
#include "harden/cli/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PLANNING (VERB_PLAN | VERB_APPLY | VERB_AUDIT | VERB_EXPLAIN | VERB_FACTS)
#define UNDOING (VERB_ROLLBACK | VERB_HISTORY | VERB_RECOVER | VERB_BACKUP)
#define BUILDING ((PLANNING & ~VERB_FACTS) | UNDOING)
#define JUDGING (PLANNING | VERB_SUGGEST)
#define EVERY_VERB (JUDGING | UNDOING | VERB_LINT)

enum option_kind {
	OPTION_FLAG,
	OPTION_TEXT,
	OPTION_ITEM,
	OPTION_ITEMS,
	OPTION_CHOICE,
	OPTION_NUMBER
};

struct option {
	const char *name;
	enum option_kind kind;
	size_t offset;
	unsigned verbs;
	const char *argument; /* for the help; of a choice: the words, "a|b" */
	const char *help;
	int low, high; /* of a number */
};

#define AT(member) offsetof(struct options, member)

/* A choice's words are in the order of the enum behind it. */
static const struct option option_table[] = {
	{"root", OPTION_TEXT, AT(root), JUDGING | UNDOING, "DIR",
	 "look at (and change) the host tree in DIR; implies --engine none", 0, 0},
	{"recipe", OPTION_ITEM, AT(recipes), JUDGING, "FILE",
	 "use this recipe instead of cis-docker-1.6.0; may be given again", 0, 0},
	{"config", OPTION_TEXT, AT(config), JUDGING, "FILE",
	 "site file (default ROOT/etc/harden/harden.yaml if it exists)", 0, 0},
	{"only", OPTION_ITEMS, AT(only), JUDGING, "LIST",
	 "only these controls or sections, as in 2.2,3 or daemon.icc", 0, 0},
	{"skip", OPTION_ITEMS, AT(skip), JUDGING, "LIST", "all but these controls or sections", 0,
	 0},
	{"level", OPTION_NUMBER, AT(level), JUDGING, "1|2",
	 "level 1 alone, or 2 with 1 (default 2)", 1, 2},
	{"set", OPTION_ITEM, AT(set), JUDGING, "NAME=VALUE", "give a recipe's variable a value", 0,
	 0},
	{"accept", OPTION_ITEMS, AT(accept), PLANNING, "ID",
	 "consent to what this control may break; may be given again", 0, 0},
	{"format", OPTION_CHOICE, AT(format), EVERY_VERB, "text|json",
	 "how to print (default text)", 0, 0},
	{"output", OPTION_TEXT, AT(output), EVERY_VERB, "FILE",
	 "write the report to FILE instead of standard output", 0, 0},
	{"state-dir", OPTION_TEXT, AT(state_dir), JUDGING | UNDOING, "DIR",
	 "lock, journal and backups (default ROOT/var/lib/harden)", 0, 0},
	{"engine", OPTION_TEXT, AT(engine), JUDGING, "URL|none",
	 "the Engine API for sections 4-7; none leaves them out", 0, 0},
	{"as", OPTION_CHOICE, AT(as), VERB_SUGGEST, "run|compose",
	 "docker run lines (default), or Compose files and overrides", 0, 0},
	{"image", OPTION_TEXT, AT(image), VERB_AUDIT, "NAME|FILE.tar",
	 "only this image, of the engine or of a saved archive", 0, 0},
	{"restart", OPTION_CHOICE, AT(restart),
	 VERB_PLAN | VERB_APPLY | VERB_ROLLBACK | VERB_RECOVER, "never|safe|always",
	 "when Docker may be restarted (default safe)", 0, 0},
	{"dockerfile", OPTION_TEXT, AT(dockerfile), BUILDING, "FILE",
	 "look at (and change) this Dockerfile, not a host", 0, 0},
	{"context", OPTION_TEXT, AT(context), PLANNING &BUILDING, "DIR",
	 "the directory it is built in: what ADD and COPY find", 0, 0},
	{"live", OPTION_FLAG, AT(live), JUDGING | UNDOING, NULL,
	 "this is the running host, though our root does not look like it", 0, 0},
	{"yes", OPTION_FLAG, AT(yes), VERB_APPLY | UNDOING, NULL, "do not ask", 0, 0},
	{"dry-run", OPTION_FLAG, AT(dry_run), VERB_APPLY | VERB_ROLLBACK | VERB_BACKUP, NULL,
	 "show what would be done, change nothing", 0, 0},
	{"all", OPTION_FLAG, AT(all), VERB_ROLLBACK, NULL,
	 "undo every run that stands: back to before the first", 0, 0},
	{"force", OPTION_FLAG, AT(force), VERB_ROLLBACK, NULL,
	 "undo files changed since, too; their present bytes are stored first", 0, 0},
	{"keep-days", OPTION_NUMBER, AT(keep_days), VERB_BACKUP, "N",
	 "prune: keep undone runs of the last N days (default 30)", 0, 36500},
	{"strict", OPTION_FLAG, AT(strict), VERB_PLAN | VERB_APPLY, NULL,
	 "exit 2 when anything is listed: consent, blocked, waived, by hand", 0, 0},
	{"color", OPTION_CHOICE, AT(color), EVERY_VERB, "auto|always|never",
	 "colour the text (default auto: on a terminal)", 0, 0},
	{"quiet", OPTION_FLAG, AT(quiet), EVERY_VERB, NULL, "print only what needs attention", 0,
	 0},
	{"verbose", OPTION_FLAG, AT(verbose), EVERY_VERB, NULL, "print more of what was seen", 0,
	 0},
	{"help", OPTION_FLAG, AT(help), EVERY_VERB, NULL, "print this help", 0, 0},
	{"version", OPTION_FLAG, AT(version), EVERY_VERB, NULL, "print the version", 0, 0},
};

static int usage(struct error *err)
{
	error_next(err, "harden --help lists verbs and options");
	return -1;
}

static const struct option *find_option(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(option_table); i++)
		if (strlen(option_table[i].name) == len &&
		    strncmp(option_table[i].name, name, len) == 0)
			return &option_table[i];
	return NULL;
}

static int unknown_option(const char *name, size_t len, struct error *err)
{
	const char *names[ARRAY_SIZE(option_table)];
	AUTO_FREE char *given = strndup(name, len);
	const char *nearest;

	for (size_t i = 0; i < ARRAY_SIZE(option_table); i++)
		names[i] = option_table[i].name;
	if (!given)
		return error_nomem(err);
	nearest = str_nearest(given, names, ARRAY_SIZE(names));
	(void)error_set(err, ERROR_USAGE, 0, "unknown option --%s%s%s%s", given,
			nearest ? " (did you mean --" : "", nearest ? nearest : "",
			nearest ? "?)" : "");
	return usage(err);
}

static int set_text(char **slot, const char *name, const char *value, struct error *err)
{
	if (*slot) {
		(void)error_set(err, ERROR_USAGE, 0, "--%s was given twice", name);
		return usage(err);
	}
	if (!*value) {
		(void)error_set(err, ERROR_USAGE, 0, "--%s has an empty value", name);
		return usage(err);
	}
	*slot = strdup(value);
	return *slot ? 0 : error_nomem(err);
}

static int set_choice(int *slot, const struct option *o, const char *value, struct error *err)
{
	AUTO(strv) struct strv words = {0};

	if (strv_split(&words, o->argument, "|", err) < 0)
		return -1;
	for (size_t i = 0; i < words.len; i++)
		if (strcmp(words.items[i], value) == 0) {
			*slot = (int)i;
			return 0;
		}
	(void)error_set(err, ERROR_USAGE, 0, "--%s takes %s, not '%s'", o->name, o->argument,
			value);
	return usage(err);
}

static int set_number(int *slot, const struct option *o, const char *value, struct error *err)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (errno || end == value || *end || n < o->low || n > o->high) {
		(void)error_set(err, ERROR_USAGE, 0, "--%s takes a number from %d to %d, not '%s'",
				o->name, o->low, o->high, value);
		return usage(err);
	}
	*slot = (int)n;
	return 0;
}

static int set_option(struct options *ret, const struct option *o, const char *value,
		      struct error *err)
{
	void *slot = (char *)ret + o->offset;

	if (!value)
		value = ""; /* of a flag */
	switch (o->kind) {
	case OPTION_FLAG:
		*(bool *)slot = true;
		return 0;
	case OPTION_TEXT:
		return set_text(slot, o->name, value, err);
	case OPTION_ITEM:
		return strv_add(slot, value, err);
	case OPTION_ITEMS:
		if (!value[strspn(value, ", ")]) {
			(void)error_set(err, ERROR_USAGE, 0, "--%s has an empty list", o->name);
			return usage(err);
		}
		return strv_split(slot, value, ", ", err);
	case OPTION_CHOICE:
		return set_choice(slot, o, value, err);
	case OPTION_NUMBER:
		return set_number(slot, o, value, err);
	}
	return error_set(err, ERROR_INTERNAL, 0, "option --%s has no kind", o->name);
}

/* One "--name" word at argv[*i]; a separate value moves *i on. given collects the table's bits. */
static int parse_option(int argc, char **argv, int *i, struct options *ret, uint64_t *given,
			struct error *err)
{
	const char *name = argv[*i] + 2, *equals = strchr(name, '='), *value = NULL;
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct option *o = find_option(name, len);

	if (!o)
		return unknown_option(name, len, err);
	if (o->kind == OPTION_FLAG) {
		if (equals) {
			(void)error_set(err, ERROR_USAGE, 0, "--%s takes no value", o->name);
			return usage(err);
		}
	} else if (equals) {
		value = equals + 1;
	} else if (*i + 1 < argc) {
		value = argv[++*i];
	} else {
		(void)error_set(err, ERROR_USAGE, 0, "--%s needs a value: --%s %s", o->name,
				o->name, o->argument);
		return usage(err);
	}
	*given |= (uint64_t)1 << (o - option_table);
	return set_option(ret, o, value, err);
}

static const struct verb *find_verb(const char *name)
{
	for (const struct verb *v = verbs; v->name; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

static int unknown_verb(const char *name, struct error *err)
{
	const char *names[32], *nearest;
	size_t n = 0;

	for (const struct verb *v = verbs; v->name && n < ARRAY_SIZE(names); v++)
		names[n++] = v->name;
	nearest = str_nearest(name, names, n);
	(void)error_set(err, ERROR_USAGE, 0, "unknown verb '%s'%s%s%s", name,
			nearest ? " (did you mean " : "", nearest ? nearest : "",
			nearest ? "?)" : "");
	return usage(err);
}

static int check_verb(const struct options *o, uint64_t given, struct error *err)
{
	const struct verb *v = o->verb;

	if (o->help || o->version)
		return 0;
	if (!v) {
		(void)error_set(err, ERROR_USAGE, 0, "no verb was given");
		return usage(err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(option_table); i++)
		if ((given >> i & 1) && !(option_table[i].verbs & v->bit)) {
			(void)error_set(err, ERROR_USAGE, 0, "--%s does not go with %s",
					option_table[i].name, v->name);
			return usage(err);
		}
	if ((int)o->args.len < v->min_args) {
		(void)error_set(err, ERROR_USAGE, 0, "%s needs an argument: harden %s %s", v->name,
				v->name, v->arguments);
		return usage(err);
	}
	if (v->max_args >= 0 && (int)o->args.len > v->max_args) {
		(void)error_set(err, ERROR_USAGE, 0, "%s does not take '%s': harden %s %s", v->name,
				o->args.items[v->max_args], v->name, v->arguments);
		return usage(err);
	}
	return 0;
}

static int parse_word(char *word, struct options *o, struct error *err)
{
	if (!o->verb) {
		o->verb = find_verb(word);
		return o->verb ? 0 : unknown_verb(word, err);
	}
	return strv_add(&o->args, word, err);
}

int options_parse(int argc, char **argv, struct options *ret_options, struct error *err)
{
	AUTO(options) struct options o = {.keep_days = -1, .restart = RESTART_SAFE};
	uint64_t given = 0;
	bool options_end = false;

	for (int i = 1; i < argc; i++) {
		int r;

		if (!options_end && strcmp(argv[i], "--") == 0) {
			options_end = true;
			continue;
		}
		if (!options_end && str_starts(argv[i], "--")) {
			r = parse_option(argc, argv, &i, &o, &given, err);
		} else if (!options_end && argv[i][0] == '-' && argv[i][1]) {
			(void)error_set(err, ERROR_USAGE, 0, "unknown option %s", argv[i]);
			r = usage(err);
		} else {
			r = parse_word(argv[i], &o, err);
		}
		if (r < 0)
			return -1;
	}
	if (check_verb(&o, given, err) < 0)
		return -1;
	*ret_options = o;
	o = (struct options){0};
	return 0;
}

static void help_options(unsigned bits, struct strbuf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(option_table); i++) {
		const struct option *o = &option_table[i];
		AUTO_FREE char *left = NULL;

		if (!(o->verbs & bits))
			continue;
		left = str_format("--%s%s%s", o->name, o->argument ? " " : "",
				  o->argument ? o->argument : "");
		strbuf_appendf(out, "  %-26s %s\n", left ? left : "", o->help);
	}
}

void options_help(const struct verb *verb, struct strbuf *out)
{
	if (verb) {
		strbuf_appendf(out, "usage: harden %s [options]%s%s\n\n%s.\n\n", verb->name,
			       *verb->arguments ? " " : "", verb->arguments, verb->summary);
		help_options(verb->bit, out);
	} else {
		strbuf_append(
			out,
			"usage: harden VERB [options]\n\n"
			"Brings a Docker host to the CIS Docker Benchmark and keeps it there.\n\n");
		for (const struct verb *v = verbs; v->name; v++)
			strbuf_appendf(out, "  %-10s %-22s %s\n", v->name, v->arguments,
				       v->summary);
		strbuf_append(out, "\nharden VERB --help lists the options of a verb; harden(8) is "
				   "the manual.\n");
	}
}

void options_done(struct options *o)
{
	strv_done(&o->args);
	free(o->root);
	free(o->config);
	free(o->output);
	free(o->state_dir);
	free(o->engine);
	free(o->image);
	free(o->dockerfile);
	free(o->context);
	free(o->build_path);
	strv_done(&o->recipes);
	strv_done(&o->only);
	strv_done(&o->skip);
	strv_done(&o->set);
	strv_done(&o->accept);
	*o = (struct options){0};
}
