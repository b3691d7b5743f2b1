// SPDX-License-Identifier: Apache-2.0
/*
 * The normal form: filling it in, comparing two as the kernel does, printing one.
 */
#include "harden/text/audit_rule.h"

#include <ctype.h>
#include <stdio.h>

static const struct {
	char letter;
	unsigned bit;
} letters[] = {{'r', RULE_READ}, {'w', RULE_WRITE}, {'x', RULE_EXEC}, {'a', RULE_ATTR}};

const char *audit_perms_text(unsigned perms, char buffer[5])
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (perms & letters[i].bit)
			buffer[n++] = letters[i].letter;
	buffer[n] = '\0';
	return buffer;
}

int audit_perms_parse(const char *text, unsigned *ret_perms, char *ret_bad)
{
	unsigned perms = 0;

	*ret_bad = '\0';
	if (!*text || strlen(text) > ARRAY_SIZE(letters))
		return -1;
	for (const char *p = text; *p; p++) {
		unsigned bit = 0;

		for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
			if (tolower((unsigned char)*p) == letters[i].letter)
				bit = letters[i].bit;
		if (!bit) {
			*ret_bad = *p;
			return -1;
		}
		perms |= bit;
	}
	*ret_perms = perms;
	return 0;
}

/* Numbers carry the bit __AUDIT_ARCH_64BIT of linux/audit.h. */
static enum rule_arch arch_of(const char *value)
{
	static const char *const b64[] = {"b64",   "x86_64",  "aarch64", "armv8l",
					  "ppc64", "ppc64le", "s390x"};

	if (isdigit((unsigned char)value[0]))
		return strtoul(value, NULL, 0) & 0x80000000u ? ARCH_B64 : ARCH_B32;
	for (size_t i = 0; i < ARRAY_SIZE(b64); i++)
		if (strcmp(value, b64[i]) == 0)
			return ARCH_B64;
	return ARCH_B32;
}

static int note_path(struct audit_rule *rule, enum rule_kind kind, const char *path,
		     struct error *err)
{
	rule->kind = kind;
	free(rule->path);
	rule->path = strdup(path);
	return rule->path ? 0 : error_nomem(err);
}

static int note_field(struct audit_rule *rule, const struct rule_field *f, struct error *err)
{
	bool equal = strcmp(f->op, "=") == 0;
	unsigned perms;
	char bad;

	if (equal && strcmp(f->name, "path") == 0)
		return note_path(rule, RULE_PATH, f->value, err);
	if (equal && strcmp(f->name, "dir") == 0)
		return note_path(rule, RULE_DIR, f->value, err);
	if (equal && strcmp(f->name, "watch") == 0)
		return note_path(rule, RULE_WATCH, f->value, err);
	if (strcmp(f->name, "perm") == 0 && audit_perms_parse(f->value, &perms, &bad) == 0) {
		rule->perms = rule->has_perms ? rule->perms & perms : perms; /* all must fit */
		rule->has_perms = true;
		return 0;
	}
	if (strcmp(f->name, "arch") == 0) {
		rule->arch = equal && rule->arch == ARCH_ANY ? arch_of(f->value) : ARCH_OTHER;
		return 0;
	}
	rule->extra++;
	return 0;
}

int audit_rule_add_field(struct audit_rule *rule, const char *name, const char *op,
			 const char *value, struct error *err)
{
	struct rule_field f = {.name = strdup(name), .value = strdup(value)};

	(void)snprintf(f.op, sizeof(f.op), "%s", op); /* at most two characters */
	if (!f.name || !f.value ||
	    vec_reserve((void **)&rule->fields, &rule->cap, rule->len, sizeof(f), err) < 0) {
		free(f.name);
		free(f.value);
		return error_nomem(err);
	}
	rule->fields[rule->len++] = f;
	return note_field(rule, &f, err);
}

/* FNV-1a; a separator behind each word keeps "a","b" apart from "ab". */
static uint64_t hash_word(uint64_t hash, const char *word)
{
	for (const char *p = word; p && *p; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211u;
	return (hash ^ 0xff) * 1099511628211u;
}

void audit_rule_finish(struct audit_rule *rule)
{
	struct strv *names = &rule->syscalls;
	size_t kept = 0;

	strv_sort(names);
	for (size_t i = 0; i < names->len; i++) {
		if (kept && strcmp(names->items[kept - 1], names->items[i]) == 0)
			free(names->items[i]);
		else
			names->items[kept++] = names->items[i];
	}
	names->len = kept;
	rule->hash = hash_word(14695981039346656037u, rule->path);
	for (size_t i = 0; i < names->len; i++)
		rule->hash = hash_word(rule->hash, names->items[i]);
	for (size_t i = 0; i < rule->keys.len; i++)
		rule->hash = hash_word(rule->hash, rule->keys.items[i]);
	rule->hash = (rule->hash ^ rule->perms ^ rule->len << 8) * 1099511628211u;
}

static bool same_list(const struct strv *a, const struct strv *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static bool is_path_field(const struct rule_field *f)
{
	return strcmp(f->name, "path") == 0 || strcmp(f->name, "dir") == 0 ||
	       strcmp(f->name, "watch") == 0;
}

static bool same_perms(const char *a, const char *b)
{
	unsigned x = 0, y = 0;
	char bad;

	return audit_perms_parse(a, &x, &bad) == 0 && audit_perms_parse(b, &y, &bad) == 0 && x == y;
}

static bool same_field(const struct rule_field *a, const struct rule_field *b)
{
	if (is_path_field(a) || is_path_field(b))
		return is_path_field(a) && is_path_field(b) && strcmp(a->value, b->value) == 0;
	if (strcmp(a->name, b->name) != 0 || strcmp(a->op, b->op) != 0)
		return false;
	if (strcmp(a->name, "perm") == 0)
		return same_perms(a->value, b->value);
	if (strcmp(a->name, "arch") == 0)
		return arch_of(a->value) == arch_of(b->value);
	return strcmp(a->value, b->value) == 0;
}

bool audit_rule_same_but_calls(const struct audit_rule *a, enum rule_kind kind_a,
			       const struct audit_rule *b, enum rule_kind kind_b)
{
	if (a->list != b->list || a->never != b->never || kind_a != kind_b || a->len != b->len ||
	    !same_list(&a->keys, &b->keys))
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (!same_field(&a->fields[i], &b->fields[i]))
			return false;
	return true;
}

bool audit_rule_same(const struct audit_rule *a, enum rule_kind kind_a, const struct audit_rule *b,
		     enum rule_kind kind_b)
{
	return a->hash == b->hash && a->all_syscalls == b->all_syscalls &&
	       same_list(&a->syscalls, &b->syscalls) &&
	       audit_rule_same_but_calls(a, kind_a, b, kind_b);
}

bool audit_rule_has_key(const struct audit_rule *rule, const char *key)
{
	return strv_has(&rule->keys, key);
}

/* auditctl splits at blanks only, and knows "\ " and "\\" (v3.0.9 preprocess()). */
static void append_escaped(struct strbuf *b, const char *text)
{
	for (const char *p = text; *p; p++) {
		if (*p == ' ' || *p == '\\')
			strbuf_append_char(b, '\\');
		strbuf_append_char(b, *p);
	}
}

static void print_field(struct strbuf *b, const struct rule_field *f)
{
	char perms[5];
	unsigned bits;
	char bad;

	if (strcmp(f->name, "compare") == 0) {
		strbuf_append(b, " -C ");
		append_escaped(b, f->value);
		return;
	}
	strbuf_appendf(b, " -F %s%s", f->name, f->op);
	if (strcmp(f->name, "perm") == 0 && audit_perms_parse(f->value, &bits, &bad) == 0)
		strbuf_append(b, audit_perms_text(bits, perms));
	else
		append_escaped(b, f->value);
}

static void print_keys(struct strbuf *b, const struct audit_rule *rule)
{
	for (size_t i = 0; i < rule->keys.len; i++) {
		strbuf_append(b, " -k ");
		append_escaped(b, rule->keys.items[i]);
	}
}

/* Its first two fields are the path and the permissions. */
static void print_watch(struct strbuf *b, const struct audit_rule *rule)
{
	unsigned perms = 0;
	char text[5], bad;

	strbuf_append(b, "-w ");
	append_escaped(b, rule->path);
	(void)audit_perms_parse(rule->fields[1].value, &perms, &bad); /* was parsed before */
	strbuf_appendf(b, " -p %s", audit_perms_text(perms, text));
	for (size_t i = 2; i < rule->len; i++)
		print_field(b, &rule->fields[i]);
	print_keys(b, rule);
}

static void print_syscalls(struct strbuf *b, const struct audit_rule *rule)
{
	if (rule->all_syscalls) {
		strbuf_append(b, " -S all");
		return;
	}
	for (size_t i = 0; i < rule->syscalls.len; i++)
		strbuf_appendf(b, "%s%s", i ? "," : " -S ", rule->syscalls.items[i]);
}

/* arch has to stand before -S, everything else may follow. */
static void print_rule(struct strbuf *b, const struct audit_rule *rule)
{
	static const char *const lists[] = {"", "task", "exit", "user", "exclude", "filesystem"};

	strbuf_appendf(b, "-%c %s,%s", rule->prepend ? 'A' : 'a', rule->never ? "never" : "always",
		       lists[rule->list]);
	for (size_t i = 0; i < rule->len; i++)
		if (strcmp(rule->fields[i].name, "arch") == 0)
			print_field(b, &rule->fields[i]);
	print_syscalls(b, rule);
	for (size_t i = 0; i < rule->len; i++)
		if (strcmp(rule->fields[i].name, "arch") != 0)
			print_field(b, &rule->fields[i]);
	print_keys(b, rule);
}

int audit_rule_print(const struct audit_rule *rule, char **ret_line, struct error *err)
{
	AUTO(strbuf) struct strbuf b = {0};

	if (rule->kind == RULE_WATCH)
		print_watch(&b, rule);
	else
		print_rule(&b, rule);
	return strbuf_take(&b, ret_line, err);
}

int audit_rule_line(enum rule_kind kind, const char *path, unsigned perms, const char *key,
		    char **ret_line, struct error *err)
{
	AUTO(strbuf) struct strbuf b = {0};
	char text[5];

	for (const char *p = path; *p; p++)
		if (iscntrl((unsigned char)*p))
			return error_set(err, ERROR_FORMAT, 0,
					 "no audit rule can name a path with a control character");
	strbuf_appendf(&b, "-a always,exit -S all -F %s=", kind == RULE_DIR ? "dir" : "path");
	append_escaped(&b, path);
	strbuf_appendf(&b, " -F perm=%s", audit_perms_text(perms, text));
	if (key) {
		strbuf_append(&b, " -k ");
		append_escaped(&b, key);
	}
	return strbuf_take(&b, ret_line, err);
}

void audit_rule_done(struct audit_rule *rule)
{
	free(rule->path);
	strv_done(&rule->syscalls);
	strv_done(&rule->keys);
	for (size_t i = 0; i < rule->len; i++) {
		free(rule->fields[i].name);
		free(rule->fields[i].value);
	}
	free(rule->fields);
	*rule = (struct audit_rule){0};
}
