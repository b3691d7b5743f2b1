// SPDX-License-Identifier: Apache-2.0
/*
 * Each option is a row of the table and a function; they run in the order of the words, since
 * auditctl wants a list before a field and a path before a key (v3.0.9 src/auditctl.c setopt()).
 */
#include "harden/text/audit_option.h"

#include "harden/text/audit_field.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#define KEY_MAX_BYTES 256 /* AUDIT_MAX_KEY_LEN */
#define FIELDS_MAX 63	  /* AUDIT_MAX_FIELDS - 1 */

int audit_option_refuse(struct audit_parser *p, unsigned column, struct error *err,
			const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&p->out->problem, format, args);
	va_end(args);
	if (n < 0) {
		p->out->problem = NULL;
		return error_nomem(err);
	}
	p->out->column = column;
	return 1;
}

int audit_option_control(struct audit_parser *p, char letter, const char *argument,
			 struct error *err)
{
	p->out->control = letter;
	free(p->out->argument);
	p->out->argument = argument ? strdup(argument) : NULL;
	return !argument || p->out->argument ? 0 : error_nomem(err);
}

/* "always,exit" in either order. 0 found, 1 bad, 2 the deprecated "possible". */
static int read_list(const char *arg, struct audit_rule *rule)
{
	static const struct {
		const char *name;
		enum rule_list list;
	} lists[] = {{"exit", LIST_EXIT},
		     {"task", LIST_TASK},
		     {"user", LIST_USER},
		     {"exclude", LIST_EXCLUDE},
		     {"filesystem", LIST_FILESYSTEM}};
	const char *comma = strchr(arg, ',');
	size_t n = comma ? (size_t)(comma - arg) : 0;
	bool action = false, possible = false;

	if (!comma || strchr(comma + 1, ','))
		return 1;
	for (int i = 0; i < 2; i++) {
		const char *word = i ? comma + 1 : arg;
		size_t len = i ? strlen(word) : n;

		for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
			if (len == strlen(lists[k].name) && strncmp(word, lists[k].name, len) == 0)
				rule->list = lists[k].list;
		if (len == 6 && strncmp(word, "always", len) == 0)
			action = true;
		if (len == 5 && strncmp(word, "never", len) == 0)
			action = rule->never = true;
		if (len == 8 && strncmp(word, "possible", len) == 0)
			possible = true;
	}
	if (possible && rule->list)
		return 2;
	return action && rule->list ? 0 : 1;
}

static int run_list(struct audit_parser *p, const char *arg, unsigned column, bool *side,
		    struct error *err)
{
	int r;

	if (p->add || p->del || p->operations++)
		return audit_option_refuse(p, column, err,
					   "only one of -a, -A, -d, -w may stand in a line");
	if (p->syscalls && strstr(arg, "task"))
		return audit_option_refuse(p, column, err, "the task list takes no -S");
	r = read_list(arg, &p->out->rule);
	if (r == 1)
		return audit_option_refuse(
			p, column, err, "expected ACTION,LIST such as always,exit, found %s", arg);
	if (r == 2) { /* auditctl drops such a rule without an error */
		p->stop = true;
		p->next = p->words->len;
		return audit_option_control(p, 'p', NULL, err);
	}
	*side = true;
	return 0;
}

static int run_append(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	return run_list(p, arg, column, &p->add, err);
}

static int run_prepend(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	p->out->rule.prepend = true;
	return run_list(p, arg, column, &p->add, err);
}

static int run_delete(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	return run_list(p, arg, column, &p->del, err);
}

static int run_syscall(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	struct audit_rule *rule = &p->out->rule;
	AUTO(strv) struct strv names = {0};

	if ((p->add || p->del) && rule->list != LIST_EXIT)
		return audit_option_refuse(p, column, err, "only the exit list takes -S");
	if (strv_split(&names, arg, ",", err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++) {
		const char *name = names.items[i];

		for (const char *c = name; *c; c++)
			if (!isalnum((unsigned char)*c) && *c != '_')
				return audit_option_refuse(p, column, err, "unknown system call %s",
							   name);
		if (strcmp(name, "all") == 0)
			rule->all_syscalls = true;
		else if (strv_add(&rule->syscalls, name, err) < 0)
			return -1;
	}
	if (!names.len)
		return audit_option_refuse(p, column, err, "unknown system call %s", arg);
	p->syscalls = true;
	return 0;
}

static int add_field(struct audit_parser *p, const struct field_text *f, unsigned column,
		     struct error *err)
{
	struct audit_rule *rule = &p->out->rule;
	bool path = strcmp(f->name, "path") == 0 || strcmp(f->name, "dir") == 0;

	if (rule->len >= FIELDS_MAX)
		return audit_option_refuse(p, column, err, "too many fields in one rule");
	if (path && rule->path)
		return audit_option_refuse(p, column, err, "a rule takes one path or dir");
	if (path)
		p->out->path_column = column;
	p->perms |= path || strcmp(f->name, "perm") == 0;
	p->exe |= strcmp(f->name, "exe") == 0;
	p->fstype |= strcmp(f->name, "fstype") == 0;
	return audit_rule_add_field(rule, f->name, f->op, f->value, err);
}

static int add_key(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	struct audit_rule *rule = &p->out->rule;

	p->key_bytes += strlen(arg) + (rule->keys.len ? 1 : 0);
	if (p->key_bytes > KEY_MAX_BYTES)
		return audit_option_refuse(p, column, err, "keys are longer than %d bytes",
					   KEY_MAX_BYTES);
	return strv_add(&rule->keys, arg, err);
}

static int run_field(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	AUTO(field_text) struct field_text f = {0};
	int r;

	if (!p->add && !p->del)
		return audit_option_refuse(p, column, err,
					   "a list (-a ACTION,LIST) must come before -F");
	if (strncmp(arg, "key=", 4) == 0)
		return add_key(p, arg + 4, column, err);
	r = audit_field_parse(arg, p->out->rule.list, &f, &p->out->problem, err);
	if (r > 0)
		p->out->column = column;
	if (r)
		return r;
	if (strcmp(f.name, "arch") == 0 && p->syscalls)
		return audit_option_refuse(p, column, err, "arch must come before -S");
	return add_field(p, &f, column, err);
}

static int run_compare(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	AUTO(field_text) struct field_text f = {0};
	int r = audit_compare_parse(arg, p->out->rule.list, &f, &p->out->problem, err);

	if (r > 0)
		p->out->column = column;
	return r ? r : add_field(p, &f, column, err);
}

/* Of -w and -W. Slashes at the end go, as in audit_setup_watch_name(). */
static int run_watch_path(struct audit_parser *p, const char *arg, unsigned column,
			  struct error *err)
{
	AUTO_FREE char *path = strdup(arg);
	size_t len = strlen(arg);
	const char *base = strrchr(arg, '/');

	if (!path)
		return error_nomem(err);
	if (arg[0] != '/')
		return audit_option_refuse(
			p, column, err, "the path must start with '/'%s",
			arg[0] == '"' || arg[0] == '\'' ? ": quotes are not understood" : "");
	if (len >= 4096 || strlen(base + 1) > 255)
		return audit_option_refuse(p, column, err, "the path is too long");
	if (len > 2)
		while (len > 1 && path[len - 1] == '/')
			path[--len] = '\0';
	p->out->rule.list = LIST_EXIT;
	p->out->rule.all_syscalls = true;
	p->out->path_column = column;
	p->syscalls = p->perms = true;
	if (strpbrk(path, "*?"))
		p->out->remark = "wildcards are not understood: the name is taken as it stands";
	if (audit_rule_add_field(&p->out->rule, "watch", "=", path, err) < 0)
		return -1;
	return audit_rule_add_field(&p->out->rule, "perm", "=", "rwxa", err);
}

static int run_watch(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	if (p->add || p->del)
		return audit_option_refuse(p, column, err,
					   "-w cannot be given with a list or a second watch");
	p->add = true;
	return run_watch_path(p, arg, column, err);
}

static int run_unwatch(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	if (p->add || p->del)
		return audit_option_refuse(p, column, err,
					   "-W cannot be given with a list or a watch");
	p->del = true;
	return run_watch_path(p, arg, column, err);
}

static int run_perms(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	struct audit_rule *rule = &p->out->rule;
	unsigned perms;
	char bad;

	if (!p->add && !p->del)
		return audit_option_refuse(p, column, err, "-p needs a watch before it");
	if (audit_perms_parse(arg, &perms, &bad) < 0)
		return audit_option_refuse(p, column, err,
					   "permission %s is not made of r, w, x, a",
					   bad == '\r' ? "with a carriage return" : arg);
	if (!rule->len)
		return audit_option_refuse(p, column, err,
					   "-p needs a watch or another field before it");
	p->perms = true;
	if (!rule->has_perms)
		return audit_rule_add_field(rule, "perm", "=", arg, err);
	rule->perms = perms;
	for (size_t i = 0; i < rule->len; i++) {
		char *value;

		if (strcmp(rule->fields[i].name, "perm") != 0)
			continue;
		value = strdup(arg);
		if (!value)
			return error_nomem(err);
		free(rule->fields[i].value);
		rule->fields[i].value = value;
	}
	return 0;
}

static int run_key(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	if ((!p->add && !p->del) || !(p->syscalls || p->perms || p->exe || p->fstype))
		return audit_option_refuse(p, column, err,
					   "-k needs a watch or a system call before it");
	return add_key(p, arg, column, err);
}

static int run_delete_all(struct audit_parser *p, const char *arg, unsigned column,
			  struct error *err)
{
	const struct audit_words *w = p->words;

	(void)arg;
	if (w->len == 3 && strcmp(w->items[1].text, "-k") == 0) {
		p->next = p->words->len;
		return audit_option_control(p, 'D', w->items[2].text, err);
	}
	if (w->len != 1)
		return audit_option_refuse(
			p, w->items[w->len - 1].column > column ? w->items[1].column : column, err,
			"-D stands alone or with -k KEY");
	p->stop = true;
	return audit_option_control(p, 'D', NULL, err);
}

static int run_012(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	if (strlen(arg) != 1 || arg[0] < '0' || arg[0] > '2')
		return audit_option_refuse(p, column, err, "expected 0, 1 or 2, found %s",
					   strchr(arg, '\r') ? "a carriage return behind the number"
							     : arg);
	return audit_option_control(p, 'f', arg, err);
}

static int run_enable(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	int r = run_012(p, arg, column, err);

	return r ? r : audit_option_control(p, 'e', arg, err);
}

static int run_number(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	if (!isdigit((unsigned char)arg[0]))
		return audit_option_refuse(p, column, err, "expected a number, found %s", arg);
	return audit_option_control(p, 'b', arg, err);
}

static int run_ignore(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	(void)arg;
	(void)column;
	p->stop = true;
	return audit_option_control(p, 'i', NULL, err);
}

/* Reports, and what acts at once: nothing that rules depend on. */
static int run_other(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	(void)column;
	p->stop = true;
	p->next = p->words->len;
	return audit_option_control(p, 'l', arg, err);
}

static int run_bad(struct audit_parser *p, const char *arg, unsigned column, struct error *err)
{
	(void)arg;
	return audit_option_refuse(p, column, err, "this option cannot stand in a rules file");
}

static const struct audit_option options[] = {
	{'a', true, run_append},  {'A', true, run_prepend},	{'d', true, run_delete},
	{'S', true, run_syscall}, {'F', true, run_field},	{'C', true, run_compare},
	{'w', true, run_watch},	  {'W', true, run_unwatch},	{'p', true, run_perms},
	{'k', true, run_key},	  {'D', false, run_delete_all}, {'e', true, run_enable},
	{'f', true, run_012},	  {'r', true, run_number},	{'b', true, run_number},
	{'i', false, run_ignore}, {'c', false, run_ignore},	{'s', false, run_other},
	{'l', false, run_other},  {'t', false, run_other},	{'v', false, run_other},
	{'m', true, run_other},	  {'q', true, run_other},	{'R', true, run_bad},
	{'h', false, run_bad},
};

const struct audit_option *audit_option_find(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}
