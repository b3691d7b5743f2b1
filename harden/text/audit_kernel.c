// SPDX-License-Identifier: Apache-2.0
/*
 * One row per field: its number, its name in a line, how its value reads.
 */
#include "harden/text/audit_kernel.h"

#include <ctype.h>
#include <linux/audit.h>
#include <stdio.h>
#include <sys/stat.h>

#define UNSET 4294967295u
#define KEY_SEPARATOR "\x01" /* AUDIT_KEY_SEPARATOR of libaudit.h */

enum form {
	FORM_NUMBER,
	FORM_SIGNED,
	FORM_USER,
	FORM_GROUP,
	FORM_MSGTYPE,
	FORM_TEXT, /* in the buffer, its length is the value */
	FORM_PERMS,
	FORM_ARCH,
	FORM_FILETYPE,
	FORM_FSTYPE,
	FORM_COMPARE,
	FORM_KEY,
};

static const struct field_row {
	unsigned id;
	const char *name;
	enum form form;
} rows[] = {
	{AUDIT_PID, "pid", FORM_NUMBER},
	{AUDIT_UID, "uid", FORM_USER},
	{AUDIT_EUID, "euid", FORM_USER},
	{AUDIT_SUID, "suid", FORM_USER},
	{AUDIT_FSUID, "fsuid", FORM_USER},
	{AUDIT_GID, "gid", FORM_GROUP},
	{AUDIT_EGID, "egid", FORM_GROUP},
	{AUDIT_SGID, "sgid", FORM_GROUP},
	{AUDIT_FSGID, "fsgid", FORM_GROUP},
	{AUDIT_LOGINUID, "auid", FORM_USER},
	{AUDIT_LOGINUID, "loginuid", FORM_USER},
	{AUDIT_PERS, "pers", FORM_NUMBER},
	{AUDIT_ARCH, "arch", FORM_ARCH},
	{AUDIT_MSGTYPE, "msgtype", FORM_MSGTYPE},
	{AUDIT_SUBJ_USER, "subj_user", FORM_TEXT},
	{AUDIT_SUBJ_ROLE, "subj_role", FORM_TEXT},
	{AUDIT_SUBJ_TYPE, "subj_type", FORM_TEXT},
	{AUDIT_SUBJ_SEN, "subj_sen", FORM_TEXT},
	{AUDIT_SUBJ_CLR, "subj_clr", FORM_TEXT},
	{AUDIT_PPID, "ppid", FORM_NUMBER},
	{AUDIT_OBJ_USER, "obj_user", FORM_TEXT},
	{AUDIT_OBJ_ROLE, "obj_role", FORM_TEXT},
	{AUDIT_OBJ_TYPE, "obj_type", FORM_TEXT},
	{AUDIT_OBJ_LEV_LOW, "obj_lev_low", FORM_TEXT},
	{AUDIT_OBJ_LEV_HIGH, "obj_lev_high", FORM_TEXT},
	{AUDIT_LOGINUID_SET, "loginuid_set", FORM_NUMBER},
	{AUDIT_SESSIONID, "sessionid", FORM_NUMBER},
	{AUDIT_FSTYPE, "fstype", FORM_FSTYPE},
	{AUDIT_DEVMAJOR, "devmajor", FORM_NUMBER},
	{AUDIT_DEVMINOR, "devminor", FORM_NUMBER},
	{AUDIT_INODE, "inode", FORM_NUMBER},
	{AUDIT_EXIT, "exit", FORM_SIGNED},
	{AUDIT_SUCCESS, "success", FORM_NUMBER},
	{AUDIT_WATCH, "path", FORM_TEXT},
	{AUDIT_PERM, "perm", FORM_PERMS},
	{AUDIT_DIR, "dir", FORM_TEXT},
	{AUDIT_FILETYPE, "filetype", FORM_FILETYPE},
	{AUDIT_OBJ_UID, "obj_uid", FORM_USER},
	{AUDIT_OBJ_GID, "obj_gid", FORM_GROUP},
	{AUDIT_FIELD_COMPARE, "compare", FORM_COMPARE},
	{AUDIT_EXE, "exe", FORM_TEXT},
	{AUDIT_SADDR_FAM, "saddr_fam", FORM_NUMBER},
	{AUDIT_ARG0, "a0", FORM_NUMBER},
	{AUDIT_ARG1, "a1", FORM_NUMBER},
	{AUDIT_ARG2, "a2", FORM_NUMBER},
	{AUDIT_ARG3, "a3", FORM_NUMBER},
	{AUDIT_FILTERKEY, "key", FORM_KEY},
};

static const struct {
	unsigned bits;
	const char *text;
} operators[] = {
	{AUDIT_EQUAL, "="},	   {AUDIT_NOT_EQUAL, "!="},
	{AUDIT_LESS_THAN, "<"},	   {AUDIT_LESS_THAN_OR_EQUAL, "<="},
	{AUDIT_GREATER_THAN, ">"}, {AUDIT_GREATER_THAN_OR_EQUAL, ">="},
	{AUDIT_BIT_MASK, "&"},	   {AUDIT_BIT_TEST, "&="},
};

static const struct comparison {
	unsigned value;
	const char *left, *right;
} comparisons[] = {
	{AUDIT_COMPARE_UID_TO_OBJ_UID, "uid", "obj_uid"},
	{AUDIT_COMPARE_GID_TO_OBJ_GID, "gid", "obj_gid"},
	{AUDIT_COMPARE_EUID_TO_OBJ_UID, "euid", "obj_uid"},
	{AUDIT_COMPARE_EGID_TO_OBJ_GID, "egid", "obj_gid"},
	{AUDIT_COMPARE_AUID_TO_OBJ_UID, "auid", "obj_uid"},
	{AUDIT_COMPARE_SUID_TO_OBJ_UID, "suid", "obj_uid"},
	{AUDIT_COMPARE_SGID_TO_OBJ_GID, "sgid", "obj_gid"},
	{AUDIT_COMPARE_FSUID_TO_OBJ_UID, "fsuid", "obj_uid"},
	{AUDIT_COMPARE_FSGID_TO_OBJ_GID, "fsgid", "obj_gid"},
	{AUDIT_COMPARE_UID_TO_AUID, "uid", "auid"},
	{AUDIT_COMPARE_UID_TO_EUID, "uid", "euid"},
	{AUDIT_COMPARE_UID_TO_FSUID, "uid", "fsuid"},
	{AUDIT_COMPARE_UID_TO_SUID, "uid", "suid"},
	{AUDIT_COMPARE_AUID_TO_FSUID, "auid", "fsuid"},
	{AUDIT_COMPARE_AUID_TO_SUID, "auid", "suid"},
	{AUDIT_COMPARE_AUID_TO_EUID, "auid", "euid"},
	{AUDIT_COMPARE_EUID_TO_SUID, "euid", "suid"},
	{AUDIT_COMPARE_EUID_TO_FSUID, "euid", "fsuid"},
	{AUDIT_COMPARE_SUID_TO_FSUID, "suid", "fsuid"},
	{AUDIT_COMPARE_GID_TO_EGID, "gid", "egid"},
	{AUDIT_COMPARE_GID_TO_FSGID, "gid", "fsgid"},
	{AUDIT_COMPARE_GID_TO_SGID, "gid", "sgid"},
	{AUDIT_COMPARE_EGID_TO_FSGID, "egid", "fsgid"},
	{AUDIT_COMPARE_EGID_TO_SGID, "egid", "sgid"},
	{AUDIT_COMPARE_SGID_TO_FSGID, "sgid", "fsgid"},
};

static const struct {
	const char *name;
	uint32_t number;
} filetypes[] = {{"socket", S_IFSOCK}, {"link", S_IFLNK}, {"file", S_IFREG},	 {"block", S_IFBLK},
		 {"dir", S_IFDIR},     {"fifo", S_IFIFO}, {"character", S_IFCHR}},
  fstypes[] = {{"tracefs", 0x74726163}, {"debugfs", 0x64626720}}; /* linux/magic.h */

static const struct {
	unsigned filter;
	enum rule_list list;
} lists[] = {
	{AUDIT_FILTER_TASK, LIST_TASK},	    {AUDIT_FILTER_EXIT, LIST_EXIT},
	{AUDIT_FILTER_USER, LIST_USER},	    {AUDIT_FILTER_EXCLUDE, LIST_EXCLUDE},
	{AUDIT_FILTER_FS, LIST_FILESYSTEM},
};

static const struct field_row *row_of_id(unsigned id)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].id == id)
			return &rows[i];
	return NULL;
}

/* The first row of its number: "loginuid" is auid. */
static const struct field_row *row_of_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return row_of_id(rows[i].id);
	return NULL;
}

static const char *operator_text(uint32_t flags)
{
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
		if (operators[i].bits == (flags & AUDIT_OPERATORS))
			return operators[i].text;
	return "?"; /* no line has it, so nothing equals it */
}

static char *comparison_text(uint32_t value, const char *op)
{
	for (size_t i = 0; i < ARRAY_SIZE(comparisons); i++)
		if (comparisons[i].value == value)
			return str_format("%s%s%s", comparisons[i].left, op, comparisons[i].right);
	return str_format("%u", value);
}

static char *value_of(const struct field_row *row, uint32_t value, const char *op)
{
	char perms[5];

	switch (row ? row->form : FORM_NUMBER) {
	case FORM_SIGNED:
		return str_format("%d", (int32_t)value);
	case FORM_PERMS:
		return strdup(audit_perms_text(value, perms));
	case FORM_ARCH:
		return strdup(value & __AUDIT_ARCH_64BIT ? "b64" : "b32");
	case FORM_COMPARE:
		return comparison_text(value, op);
	default:
		return str_format("%u", value);
	}
}

/* The kernel's bytes, lengths checked. */
struct raw {
	const char *buf;
	size_t left; /* of buf */
	struct audit_rule_data head;
};

static int read_raw(const void *data, size_t len, struct raw *raw, struct error *err)
{
	if (len < sizeof(raw->head))
		return error_set(err, ERROR_FORMAT, 0, "a loaded audit rule of %zu bytes", len);
	memcpy(&raw->head, data, sizeof(raw->head));
	raw->buf = (const char *)data + sizeof(raw->head);
	raw->left = raw->head.buflen;
	if (raw->head.field_count > AUDIT_MAX_FIELDS || raw->left > len - sizeof(raw->head))
		return error_set(err, ERROR_FORMAT, 0,
				 "a loaded audit rule of %u fields and %u bytes of text",
				 raw->head.field_count, raw->head.buflen);
	return 0;
}

/* Strings lie back to back. */
static int take_text(struct raw *raw, size_t n, char **ret_text, struct error *err)
{
	if (n > raw->left)
		return error_set(err, ERROR_FORMAT, 0, "a loaded audit rule whose text is cut");
	*ret_text = strndup(raw->buf, n);
	raw->buf += n;
	raw->left -= n;
	return *ret_text ? 0 : error_nomem(err);
}

static int decode_field(struct raw *raw, size_t i, struct audit_rule *rule, struct error *err)
{
	const struct field_row *row = row_of_id(raw->head.fields[i]);
	const char *op = operator_text(raw->head.fieldflags[i]);
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *name = NULL;

	if (row && (row->form == FORM_TEXT || row->form == FORM_KEY)) {
		if (take_text(raw, raw->head.values[i], &text, err) < 0)
			return -1;
	} else {
		text = value_of(row, raw->head.values[i], op);
	}
	name = row ? strdup(row->name) : str_format("field%u", raw->head.fields[i]);
	if (!text || !name)
		return error_nomem(err);
	if (row && row->form == FORM_KEY)
		return strv_split(&rule->keys, text, KEY_SEPARATOR, err);
	return audit_rule_add_field(rule, name, op, text, err);
}

/* The last word holds no system calls that exist, and differs from tool to tool. */
static bool is_all(const uint32_t *mask)
{
	for (size_t i = 0; i + 1 < AUDIT_BITMASK_SIZE; i++)
		if (mask[i] != UINT32_MAX)
			return false;
	return true;
}

static int decode_calls(const uint32_t *mask, const struct audit_names *names,
			struct audit_rule *rule, struct error *err)
{
	rule->all_syscalls = is_all(mask);
	for (unsigned n = 0; !rule->all_syscalls && n < (AUDIT_BITMASK_SIZE - 1) * 32; n++) {
		const char *name;

		if (!(mask[n / 32] & (1u << n % 32)))
			continue;
		name = names->syscall(names->cookie, n, rule->arch);
		if ((name ? strv_add(&rule->syscalls, name, err)
			  : strv_addf(&rule->syscalls, err, "%u", n)) < 0)
			return -1;
	}
	return 0;
}

int audit_kernel_decode(const void *data, size_t len, const struct audit_names *names,
			struct audit_rule *ret_rule, struct error *err)
{
	AUTO(audit_rule) struct audit_rule rule = {0};
	struct raw raw = {0};

	if (read_raw(data, len, &raw, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (lists[i].filter == (raw.head.flags & ~(uint32_t)AUDIT_FILTER_PREPEND))
			rule.list = lists[i].list;
	rule.never = raw.head.action == AUDIT_NEVER;
	for (size_t i = 0; i < raw.head.field_count; i++)
		if (decode_field(&raw, i, &rule, err) < 0)
			return -1;
	if (rule.list == LIST_EXIT && decode_calls(raw.head.mask, names, &rule, err) < 0)
		return -1;
	audit_rule_finish(&rule);
	*ret_rule = rule;
	rule = (struct audit_rule){0};
	return 0;
}

/* A number as auditctl reads it: decimal, octal or hexadecimal, also negative. */
static bool read_number(const char *text, uint32_t *ret_number)
{
	char *end;
	long long n = strtoll(text, &end, 0);

	if (end == text || *end)
		return false;
	*ret_number = (uint32_t)n;
	return true;
}

/* 0 and *ret_number, -1: unknown. */
static int number_of(enum form form, const char *text, const struct audit_names *names,
		     uint32_t *ret_number)
{
	bool minus = text[0] == '-';

	if (read_number(text, ret_number))
		return 0;
	if (strcmp(text, "unset") == 0) {
		*ret_number = UNSET;
		return 0;
	}
	for (size_t i = 0; form == FORM_FILETYPE && i < ARRAY_SIZE(filetypes); i++)
		if (strcmp(filetypes[i].name, text) == 0)
			return *ret_number = filetypes[i].number, 0;
	for (size_t i = 0; form == FORM_FSTYPE && i < ARRAY_SIZE(fstypes); i++)
		if (strcmp(fstypes[i].name, text) == 0)
			return *ret_number = fstypes[i].number, 0;
	if (form == FORM_USER)
		return names->user(names->cookie, text, ret_number);
	if (form == FORM_GROUP)
		return names->group(names->cookie, text, ret_number);
	if (form == FORM_MSGTYPE)
		return names->message_type(names->cookie, text, ret_number);
	if (form != FORM_SIGNED || names->error_number(names->cookie, text + minus, ret_number) < 0)
		return -1;
	*ret_number = minus ? -*ret_number : *ret_number;
	return 0;
}

/* "obj_uid=auid" and "auid=obj_uid" are one comparison. */
static char *comparison_form(const char *text, const char *op)
{
	for (size_t i = 0; i < ARRAY_SIZE(comparisons); i++) {
		const struct comparison *c = &comparisons[i];
		AUTO_FREE char *there = str_format("%s%s%s", c->left, op, c->right);
		AUTO_FREE char *back = str_format("%s%s%s", c->right, op, c->left);

		if (there && (str_equal(there, text) || str_equal(back, text)))
			return take_ptr(&there);
	}
	return strdup(text);
}

/* 1: a name is not known. */
static int form_field(const struct rule_field *f, enum rule_kind kind,
		      const struct audit_names *names, struct audit_rule *rule, struct error *err)
{
	bool watch = strcmp(f->name, "watch") == 0;
	const char *name = watch ? kind == RULE_DIR ? "dir" : "path" : f->name;
	const struct field_row *row = row_of_name(name);
	AUTO_FREE char *value = NULL;
	uint32_t number = 0;

	if (!row)
		return 1;
	if (row->form == FORM_TEXT || row->form == FORM_PERMS || row->form == FORM_ARCH)
		return audit_rule_add_field(rule, row->name, f->op, f->value, err);
	if (row->form == FORM_COMPARE)
		value = comparison_form(f->value, f->op);
	else if (number_of(row->form, f->value, names, &number) < 0)
		return 1;
	else
		value = value_of(row, number, f->op);
	return value ? audit_rule_add_field(rule, row->name, f->op, value, err) : error_nomem(err);
}

static int form_calls(const struct audit_rule *written, const struct audit_names *names,
		      struct audit_rule *rule, struct error *err)
{
	rule->all_syscalls = written->all_syscalls;
	for (size_t i = 0; i < written->syscalls.len; i++) {
		const char *name = written->syscalls.items[i], *known = NULL;
		uint32_t number;

		if (isdigit((unsigned char)name[0]) && read_number(name, &number))
			known = names->syscall(names->cookie, number, written->arch);
		if (strv_add(&rule->syscalls, known ? known : name, err) < 0)
			return -1;
	}
	return 0;
}

int audit_kernel_form(const struct audit_rule *written, enum rule_kind kind,
		      const struct audit_names *names, struct audit_rule *ret_rule,
		      struct error *err)
{
	AUTO(audit_rule)
	struct audit_rule rule = {.list = written->list, .never = written->never};

	for (size_t i = 0; i < written->len; i++) {
		int r = form_field(&written->fields[i], kind, names, &rule, err);

		if (r)
			return r;
	}
	if (strv_copy(&rule.keys, &written->keys, err) < 0 ||
	    (rule.list == LIST_EXIT && form_calls(written, names, &rule, err) < 0))
		return -1;
	audit_rule_finish(&rule);
	*ret_rule = rule;
	rule = (struct audit_rule){0};
	return 0;
}

/* Room for the path, the keys and their separators. */
static struct audit_rule_data *new_data(const struct audit_rule *rule, size_t *ret_size,
					struct error *err)
{
	size_t size = sizeof(struct audit_rule_data) + strlen(rule->path);
	struct audit_rule_data *data;

	for (size_t i = 0; i < rule->keys.len; i++)
		size += strlen(rule->keys.items[i]) + (i ? strlen(KEY_SEPARATOR) : 0);
	data = calloc(1, size);
	if (!data)
		(void)error_nomem(err);
	*ret_size = size;
	return data;
}

static void put_field(struct audit_rule_data *data, unsigned id, uint32_t value)
{
	data->fields[data->field_count] = id;
	data->fieldflags[data->field_count] = AUDIT_EQUAL;
	data->values[data->field_count++] = value;
}

/* Returns how many bytes. */
static uint32_t put_text(struct audit_rule_data *data, const char *text)
{
	size_t n = strlen(text);

	memcpy(data->buf + data->buflen, text, n);
	data->buflen += (uint32_t)n;
	return (uint32_t)n;
}

static void put_keys(struct audit_rule_data *data, const struct strv *keys)
{
	uint32_t n = 0;

	for (size_t i = 0; i < keys->len; i++) {
		n += i ? put_text(data, KEY_SEPARATOR) : 0;
		n += put_text(data, keys->items[i]);
	}
	if (keys->len)
		put_field(data, AUDIT_FILTERKEY, n);
}

int audit_kernel_encode(const struct audit_rule *rule, enum rule_kind kind, struct blob **ret_bytes,
			struct error *err)
{
	AUTO_FREE struct audit_rule_data *data = NULL;
	size_t size;

	if (rule->list != LIST_EXIT || !rule->path || rule->extra || rule->arch != ARCH_ANY ||
	    !rule->all_syscalls || rule->len != 1u + rule->has_perms)
		return 1;
	data = new_data(rule, &size, err);
	if (!data)
		return -1;
	data->flags = AUDIT_FILTER_EXIT | (rule->prepend ? AUDIT_FILTER_PREPEND : 0);
	data->action = rule->never ? AUDIT_NEVER : AUDIT_ALWAYS;
	memset(data->mask, 0xff, sizeof(data->mask) - sizeof(data->mask[0]));
	data->mask[AUDIT_BITMASK_SIZE - 1] = 0xffff; /* as libaudit does */
	for (size_t i = 0; i < rule->len; i++) {
		if (strcmp(rule->fields[i].name, "perm") == 0)
			put_field(data, AUDIT_PERM, rule->perms);
		else
			put_field(data, kind == RULE_DIR ? AUDIT_DIR : AUDIT_WATCH,
				  put_text(data, rule->path));
	}
	put_keys(data, &rule->keys);
	*ret_bytes = blob_new(data, size);
	return *ret_bytes ? 0 : error_nomem(err);
}
