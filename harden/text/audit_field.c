// SPDX-License-Identifier: Apache-2.0
/*
 * One table row per field: what its values look like, where it may stand.
 */
#include "harden/text/audit_field.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

enum field_value {
	VALUE_IS_USER,	/* number, unset or a user's name */
	VALUE_IS_GROUP, /* number or a group's name */
	VALUE_IS_NUMBER,
	VALUE_IS_ERRNO,	  /* number or E..., also negative */
	VALUE_IS_MSGTYPE, /* number or a record type's name */
	VALUE_IS_STRING,
	VALUE_IS_PATH,
	VALUE_IS_PERMS,
	VALUE_IS_ARCH,
	VALUE_IS_FILETYPE,
	VALUE_IS_FSTYPE,
	VALUE_IS_ANY,
};

enum {
	EXIT_ONLY = 1 << 0,
	ON_EXCLUDE = 1 << 1, /* may be used on the exclude list */
	EQUAL_ONLY = 1 << 2,
	EQUAL_OR_NOT = 1 << 3,
	COMPARES_USERS = 1 << 4,
	COMPARES_GROUPS = 1 << 5,
};

static const struct field {
	const char *name;
	enum field_value value;
	unsigned flags;
} fields[] = {
	{"pid", VALUE_IS_NUMBER, ON_EXCLUDE},
	{"uid", VALUE_IS_USER, ON_EXCLUDE | COMPARES_USERS},
	{"euid", VALUE_IS_USER, COMPARES_USERS},
	{"suid", VALUE_IS_USER, COMPARES_USERS},
	{"fsuid", VALUE_IS_USER, COMPARES_USERS},
	{"gid", VALUE_IS_GROUP, ON_EXCLUDE | COMPARES_GROUPS},
	{"egid", VALUE_IS_GROUP, COMPARES_GROUPS},
	{"sgid", VALUE_IS_GROUP, COMPARES_GROUPS},
	{"fsgid", VALUE_IS_GROUP, COMPARES_GROUPS},
	{"auid", VALUE_IS_USER, ON_EXCLUDE | COMPARES_USERS},
	{"loginuid", VALUE_IS_USER, ON_EXCLUDE | COMPARES_USERS},
	{"pers", VALUE_IS_NUMBER, 0},
	{"arch", VALUE_IS_ARCH, EQUAL_OR_NOT},
	{"msgtype", VALUE_IS_MSGTYPE, ON_EXCLUDE},
	{"subj_user", VALUE_IS_STRING, ON_EXCLUDE},
	{"subj_role", VALUE_IS_STRING, ON_EXCLUDE},
	{"subj_type", VALUE_IS_STRING, ON_EXCLUDE},
	{"subj_sen", VALUE_IS_STRING, ON_EXCLUDE},
	{"subj_clr", VALUE_IS_STRING, ON_EXCLUDE},
	{"ppid", VALUE_IS_NUMBER, EXIT_ONLY},
	{"obj_user", VALUE_IS_STRING, EXIT_ONLY},
	{"obj_role", VALUE_IS_STRING, EXIT_ONLY},
	{"obj_type", VALUE_IS_STRING, EXIT_ONLY},
	{"obj_lev_low", VALUE_IS_STRING, EXIT_ONLY},
	{"obj_lev_high", VALUE_IS_STRING, EXIT_ONLY},
	{"sessionid", VALUE_IS_ANY, 0},
	{"devmajor", VALUE_IS_NUMBER, EXIT_ONLY},
	{"devminor", VALUE_IS_NUMBER, EXIT_ONLY},
	{"inode", VALUE_IS_NUMBER, EXIT_ONLY | EQUAL_OR_NOT},
	{"exit", VALUE_IS_ERRNO, EXIT_ONLY},
	{"success", VALUE_IS_NUMBER, EXIT_ONLY},
	{"path", VALUE_IS_PATH, EXIT_ONLY | EQUAL_ONLY},
	{"perm", VALUE_IS_PERMS, EXIT_ONLY | EQUAL_ONLY},
	{"dir", VALUE_IS_PATH, EXIT_ONLY | EQUAL_ONLY},
	{"filetype", VALUE_IS_FILETYPE, EXIT_ONLY},
	{"fstype", VALUE_IS_FSTYPE, EQUAL_OR_NOT},
	{"obj_uid", VALUE_IS_USER, COMPARES_USERS},
	{"obj_gid", VALUE_IS_GROUP, COMPARES_GROUPS},
	{"field_compare", VALUE_IS_NUMBER, 0},
	{"a0", VALUE_IS_NUMBER, 0},
	{"a1", VALUE_IS_NUMBER, 0},
	{"a2", VALUE_IS_NUMBER, 0},
	{"a3", VALUE_IS_NUMBER, 0},
	{"exe", VALUE_IS_STRING, ON_EXCLUDE | EQUAL_OR_NOT},
	{"saddr_fam", VALUE_IS_NUMBER, 0},
};

void field_text_done(struct field_text *f)
{
	free(f->name);
	free(f->value);
	*f = (struct field_text){0};
}

/* 1 with *ret_problem, or -1 when out of memory. */
static int refuse(char **ret_problem, struct error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int refuse(char **ret_problem, struct error *err, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(ret_problem, format, args);
	va_end(args);
	if (n < 0) {
		*ret_problem = NULL;
		return error_nomem(err);
	}
	return 1;
}

static const struct field *find_field(const char *name)
{
	int first = tolower((unsigned char)name[0]);

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].name[0] == first && strcasecmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

/* Two-character operators first, each at its first place in the text: libaudit's own order. */
static int split(const char *text, struct field_text *f, struct error *err)
{
	static const char *const ops[] = {"!=", ">=", "<=", "&=", "=", ">", "<", "&"};

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		const char *at = strstr(text, ops[i]);

		if (!at)
			continue;
		f->name = strndup(text, (size_t)(at - text));
		f->value = strdup(at + strlen(ops[i]));
		(void)snprintf(f->op, sizeof(f->op), "%s", ops[i]);
		return f->name && f->value ? 0 : error_nomem(err);
	}
	return 1;
}

static bool is_number(const char *s)
{
	return isdigit((unsigned char)s[0]) || (s[0] == '-' && isdigit((unsigned char)s[1]));
}

static bool has_only(const char *s, const char *more)
{
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr(more, *s))
			return false;
	return true;
}

static bool is_one_of(const char *value, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(value, *words) == 0)
			return true;
	return false;
}

static bool is_arch(const char *value)
{
	static const char *const known[] = {
		"b64",	     "b32",	 "i386",   "i486",   "i586",	"i686",	  "x86_64",
		"ppc64",     "ppc64le",	 "ppc",	   "s390x",  "s390",	"armeb",  "arm",
		"armv5tejl", "armv5tel", "armv6l", "armv7l", "aarch64", "armv8l", NULL};

	return isdigit((unsigned char)value[0]) || is_one_of(value, known);
}

static int check_path(const char *value, char **ret_problem, struct error *err)
{
	size_t len = strlen(value);

	if (value[0] != '/')
		return refuse(ret_problem, err, "the path must start with '/'%s",
			      value[0] == '"' || value[0] == '\'' ? ": quotes are not understood"
								  : "");
	if (len >= 4096)
		return refuse(ret_problem, err, "the path is longer than 4095 bytes");
	return 0;
}

static int check_perms(const char *value, char **ret_problem, struct error *err)
{
	unsigned perms;
	char bad;

	if (audit_perms_parse(value, &perms, &bad) == 0)
		return 0;
	if (bad == '\r')
		return refuse(ret_problem, err, "a carriage return is no permission of r, w, x, a");
	if (bad)
		return refuse(ret_problem, err, "permission %c is none of r, w, x, a", bad);
	return refuse(ret_problem, err, "perm takes one to four of r, w, x, a");
}

static bool value_fits(const struct field *field, const char *v)
{
	static const char *const filetypes[] = {"socket", "link",      "file", "block",
						"dir",	  "character", "fifo", NULL};
	static const char *const fstypes[] = {"tracefs", "debugfs", NULL};

	switch (field->value) {
	case VALUE_IS_NUMBER:
		return isdigit((unsigned char)v[0]) || (field->name[0] == 'a' && is_number(v));
	case VALUE_IS_USER:
	case VALUE_IS_GROUP:
		return is_number(v) || has_only(v, "_.-$@\\+");
	case VALUE_IS_ERRNO:
		v += v[0] == '-';
		return isdigit((unsigned char)v[0]) || (v[0] == 'E' && has_only(v, ""));
	case VALUE_IS_MSGTYPE:
		return is_number(v) || has_only(v, "_");
	case VALUE_IS_ARCH:
		return is_arch(v);
	case VALUE_IS_FILETYPE:
		return is_one_of(v, filetypes);
	case VALUE_IS_FSTYPE:
		return isdigit((unsigned char)v[0]) || is_one_of(v, fstypes);
	default:
		return true;
	}
}

static int check_list(const struct field *field, enum rule_list list, char **ret_problem,
		      struct error *err)
{
	if (list == LIST_EXCLUDE && !(field->flags & ON_EXCLUDE))
		return refuse(ret_problem, err, "field %s cannot be used on the exclude list",
			      field->name);
	if (field->value == VALUE_IS_MSGTYPE && list != LIST_EXCLUDE && list != LIST_USER)
		return refuse(ret_problem, err, "msgtype belongs to the exclude or user list");
	if (field->value == VALUE_IS_FSTYPE && list != LIST_FILESYSTEM)
		return refuse(ret_problem, err, "fstype belongs to the filesystem list");
	if (list != LIST_EXIT && (field->flags & EXIT_ONLY))
		return refuse(ret_problem, err, "field %s belongs to the exit list", field->name);
	return 0;
}

static int check_field(const struct field *field, const struct field_text *f, enum rule_list list,
		       char **ret_problem, struct error *err)
{
	bool equal = strcmp(f->op, "=") == 0, not_equal = strcmp(f->op, "!=") == 0;
	int r = check_list(field, list, ret_problem, err);

	if (r)
		return r;
	if ((field->flags & EQUAL_ONLY) && !equal)
		return refuse(ret_problem, err, "field %s takes only =", field->name);
	if ((field->flags & EQUAL_OR_NOT) && !equal && !not_equal)
		return refuse(ret_problem, err, "field %s takes only = or !=", field->name);
	if (field->value == VALUE_IS_PATH)
		return check_path(f->value, ret_problem, err);
	if (field->value == VALUE_IS_PERMS)
		return check_perms(f->value, ret_problem, err);
	if (!value_fits(field, f->value))
		return refuse(ret_problem, err, "%s is no value for field %s", f->value,
			      field->name);
	return 0;
}

static int find_parts(const char *text, struct field_text *f, const struct field **ret_field,
		      char **ret_problem, struct error *err)
{
	int r = split(text, f, err);

	if (r < 0)
		return -1;
	if (r > 0)
		return refuse(ret_problem, err, "%s has no operator such as =", text);
	if (!*f->name)
		return refuse(ret_problem, err, "a field name is missing before %s", f->op);
	if (!*f->value)
		return refuse(ret_problem, err, "a value is missing after %s%s", f->name, f->op);
	*ret_field = find_field(f->name);
	if (!*ret_field)
		return refuse(ret_problem, err, "unknown field %s", f->name);
	for (char *p = f->name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return 0;
}

int audit_field_parse(const char *text, enum rule_list list, struct field_text *ret_field,
		      char **ret_problem, struct error *err)
{
	AUTO(field_text) struct field_text f = {0};
	const struct field *field = NULL;
	int r = find_parts(text, &f, &field, ret_problem, err);

	if (r == 0)
		r = check_field(field, &f, list, ret_problem, err);
	if (r)
		return r;
	*ret_field = f;
	f = (struct field_text){0};
	return 0;
}

/* Users with users, groups with groups. */
static bool comparable(const struct field *a, const struct field *b)
{
	return (a->flags & b->flags & (COMPARES_USERS | COMPARES_GROUPS)) != 0 && a != b;
}

int audit_compare_parse(const char *text, enum rule_list list, struct field_text *ret_field,
			char **ret_problem, struct error *err)
{
	AUTO(field_text) struct field_text f = {0};
	const struct field *left = NULL, *right;
	int r = find_parts(text, &f, &left, ret_problem, err);

	if (r)
		return r;
	if (strcmp(f.op, "=") != 0 && strcmp(f.op, "!=") != 0)
		return refuse(ret_problem, err, "-C takes only = or !=");
	right = find_field(f.value);
	if (!right)
		return refuse(ret_problem, err, "unknown field %s", f.value);
	if (list != LIST_EXIT)
		return refuse(ret_problem, err, "-C belongs to the exit list");
	if (!comparable(left, right))
		return refuse(ret_problem, err, "-C cannot compare %s with %s", left->name,
			      right->name);
	free(f.value);
	if (asprintf(&f.value, "%s%s%s", left->name, f.op, right->name) < 0) {
		f.value = NULL;
		return error_nomem(err);
	}
	free(f.name);
	f.name = strdup("compare");
	if (!f.name)
		return error_nomem(err);
	*ret_field = f;
	f = (struct field_text){0};
	return 0;
}
