// SPDX-License-Identifier: Apache-2.0
/*
 * Users and groups. The tree's files are read once per session, through the stage; the machine's
 * own are asked of NSS, name by name.
 */
#include "harden/host/look_users.h"

#include "harden/host/look_file.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>

struct entry {
	char *name;
	unsigned long id, primary; /* primary: a user's group */
	char *members;		   /* a group's */
};

struct table {
	struct entry *items;
	size_t len, cap;
};

struct users {
	struct table users, groups;
};

static void table_done(struct table *t)
{
	for (size_t i = 0; i < t->len; i++) {
		free(t->items[i].name);
		free(t->items[i].members);
	}
	free(t->items);
}

void users_free(struct users *users)
{
	if (!users)
		return;
	table_done(&users->users);
	table_done(&users->groups);
	free(users);
}

static bool parse_number(const char *text, unsigned long *ret)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoul(text, &end, 10);
	return !errno && !*end && *ret < 0xffffffffUL;
}

/* Splits a line at colons in place; empty fields count. Returns how many. */
static size_t split_fields(char *line, char **fields, size_t max)
{
	size_t n = 0;

	while (n < max) {
		fields[n++] = line;
		line = strchr(line, ':');
		if (!line)
			break;
		*line++ = '\0';
	}
	return n;
}

/* name:x:uid:gid:... or name:x:gid:members */
static int parse_line(struct table *t, char *line, bool group, struct error *err)
{
	char *fields[5];
	size_t n = split_fields(line, fields, ARRAY_SIZE(fields));
	struct entry e = {0};

	if (n < 4 || !*fields[0] || !parse_number(fields[2], &e.id))
		return 0;
	if (!group && !parse_number(fields[3], &e.primary))
		return 0;
	if (vec_reserve((void **)&t->items, &t->cap, t->len, sizeof(e), err) < 0)
		return -1;
	e.name = strdup(fields[0]);
	e.members = group ? strdup(fields[3]) : NULL;
	if (!e.name || (group && !e.members)) {
		free(e.name);
		free(e.members);
		return error_nomem(err);
	}
	t->items[t->len++] = e;
	return 0;
}

static int read_table(struct host *host, const char *path, bool group, struct table *t,
		      struct error *err)
{
	AUTO(look) struct look look = {0};
	const char *at;

	if (look_file(host, path, LOOK_CONTENT, &look, err) < 0)
		return -1;
	if (!look.state.content)
		return 0;
	for (at = look.state.content->data; *at;) {
		size_t n = strcspn(at, "\n");
		AUTO_FREE char *line = strndup(at, n);

		if (!line)
			return error_nomem(err);
		if (parse_line(t, line, group, err) < 0)
			return -1;
		at += n + (at[n] == '\n');
	}
	return 0;
}

static int load(struct host *host, struct error *err)
{
	struct users *users;

	if (host->users)
		return 0;
	users = calloc(1, sizeof(*users));
	if (!users)
		return error_nomem(err);
	if (read_table(host, "/etc/passwd", false, &users->users, err) < 0 ||
	    read_table(host, "/etc/group", true, &users->groups, err) < 0) {
		users_free(users);
		return -1;
	}
	host->users = users;
	return 0;
}

static const struct entry *by_name(const struct table *t, const char *name)
{
	for (size_t i = 0; i < t->len; i++)
		if (strcmp(t->items[i].name, name) == 0)
			return &t->items[i];
	return NULL;
}

static const struct entry *by_id(const struct table *t, unsigned long id)
{
	for (size_t i = 0; i < t->len; i++)
		if (t->items[i].id == id)
			return &t->items[i];
	return NULL;
}

static int unknown(const char *what, const char *name, const char *file, struct error *err)
{
	(void)error_set(err, ERROR_FORMAT, 0, "%s: there is no %s %s", file, what, name);
	error_resource(err, file);
	error_next(err, "create it, or name another one");
	return -1;
}

int look_uid(struct host *host, const char *name, uid_t *ret_uid, struct error *err)
{
	const struct entry *e;
	const struct passwd *pw;
	unsigned long id;

	if (strcmp(name, "root") == 0) {
		*ret_uid = 0; /* whatever else bears the name: 0 is root to the kernel */
		return 0;
	}
	if (parse_number(name, &id)) {
		*ret_uid = (uid_t)id;
		return 0;
	}
	if (!host->offline) {
		pw = getpwnam(name);
		if (!pw)
			return unknown("user", name, "/etc/passwd", err);
		*ret_uid = pw->pw_uid;
		return 0;
	}
	if (load(host, err) < 0)
		return -1;
	e = by_name(&host->users->users, name);
	if (!e)
		return unknown("user", name, "/etc/passwd", err);
	*ret_uid = (uid_t)e->id;
	return 0;
}

int look_gid(struct host *host, const char *name, gid_t *ret_gid, struct error *err)
{
	const struct entry *e;
	const struct group *gr;
	unsigned long id;

	if (strcmp(name, "root") == 0) {
		*ret_gid = 0;
		return 0;
	}
	if (parse_number(name, &id)) {
		*ret_gid = (gid_t)id;
		return 0;
	}
	if (!host->offline) {
		gr = getgrnam(name);
		if (!gr)
			return unknown("group", name, "/etc/group", err);
		*ret_gid = gr->gr_gid;
		return 0;
	}
	if (load(host, err) < 0)
		return -1;
	e = by_name(&host->users->groups, name);
	if (!e)
		return unknown("group", name, "/etc/group", err);
	*ret_gid = (gid_t)e->id;
	return 0;
}

static int take_name(const char *name, unsigned long id, char **ret_name, struct error *err)
{
	*ret_name = name ? strdup(name) : str_format("%lu", id);
	return *ret_name ? 0 : error_nomem(err);
}

int look_user_name(struct host *host, uid_t uid, char **ret_name, struct error *err)
{
	const struct passwd *pw;
	const struct entry *e;

	if (uid == 0)
		return take_name("root", 0, ret_name, err);
	if (!host->offline) {
		pw = getpwuid(uid);
		return take_name(pw ? pw->pw_name : NULL, uid, ret_name, err);
	}
	if (load(host, err) < 0)
		return -1;
	e = by_id(&host->users->users, uid);
	return take_name(e ? e->name : NULL, uid, ret_name, err);
}

int look_group_name(struct host *host, gid_t gid, char **ret_name, struct error *err)
{
	const struct group *gr;
	const struct entry *e;

	if (gid == 0)
		return take_name("root", 0, ret_name, err);
	if (!host->offline) {
		gr = getgrgid(gid);
		return take_name(gr ? gr->gr_name : NULL, gid, ret_name, err);
	}
	if (load(host, err) < 0)
		return -1;
	e = by_id(&host->users->groups, gid);
	return take_name(e ? e->name : NULL, gid, ret_name, err);
}

static int keep_group(struct group_members *m, const char *name, gid_t gid, struct error *err)
{
	m->exists = true;
	m->gid = gid;
	m->name = strdup(name);
	return m->name ? 0 : error_nomem(err);
}

static int offline_members(struct host *host, const char *name, struct group_members *m,
			   struct error *err)
{
	const struct entry *group;
	unsigned long id;

	if (load(host, err) < 0)
		return -1;
	group = parse_number(name, &id) ? by_id(&host->users->groups, id)
					: by_name(&host->users->groups, name);
	if (!group)
		return 0;
	if (keep_group(m, group->name, (gid_t)group->id, err) < 0 ||
	    strv_split(&m->listed, group->members, ",", err) < 0)
		return -1;
	for (size_t i = 0; i < host->users->users.len; i++) {
		const struct entry *u = &host->users->users.items[i];

		if (u->primary == group->id && strv_add(&m->primary, u->name, err) < 0)
			return -1;
	}
	return 0;
}

static int machine_members(const char *name, struct group_members *m, struct error *err)
{
	unsigned long id;
	const struct group *group = parse_number(name, &id) ? getgrgid((gid_t)id) : getgrnam(name);
	const struct passwd *pw;

	if (!group)
		return 0;
	if (keep_group(m, group->gr_name, group->gr_gid, err) < 0)
		return -1;
	for (char **member = group->gr_mem; *member; member++)
		if (strv_add(&m->listed, *member, err) < 0)
			return -1;
	setpwent();
	while ((pw = getpwent()))
		if (pw->pw_gid == m->gid && strv_add(&m->primary, pw->pw_name, err) < 0)
			break;
	endpwent();
	return pw ? -1 : 0; /* out of memory in the middle */
}

/* name:password:admins:members */
static int find_admins(const char *text, struct group_members *m, struct error *err)
{
	size_t n = strlen(m->name);

	for (const char *line = text; line && *line;) {
		AUTO_FREE char *copy = strndup(line, strcspn(line, "\n"));
		char *fields[4];

		if (!copy)
			return error_nomem(err);
		if (strncmp(copy, m->name, n) == 0 && copy[n] == ':' &&
		    split_fields(copy, fields, ARRAY_SIZE(fields)) == ARRAY_SIZE(fields))
			return strv_split(&m->admins, fields[2], ",", err);
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return 0;
}

static int look_admins(struct host *host, struct group_members *m, struct error *err)
{
	AUTO(look) struct look look = {0};
	AUTO(error) struct error why = {0};

	if (look_file(host, "/etc/gshadow", LOOK_CONTENT, &look, &why) < 0) {
		m->admins_unknown = why.sys == EACCES;
		if (m->admins_unknown)
			return 0;
		error_move(err, &why);
		return -1;
	}
	return look.state.content ? find_admins(look.state.content->data, m, err) : 0;
}

int look_group_members(struct host *host, const char *name, struct group_members *ret_members,
		       struct error *err)
{
	AUTO(group_members) struct group_members m = {0};
	int r = host->offline ? offline_members(host, name, &m, err)
			      : machine_members(name, &m, err);

	if (r < 0 || (m.exists && look_admins(host, &m, err) < 0))
		return -1;
	*ret_members = m;
	m = (struct group_members){0};
	return 0;
}

void group_members_done(struct group_members *m)
{
	free(m->name);
	strv_done(&m->listed);
	strv_done(&m->primary);
	strv_done(&m->admins);
	*m = (struct group_members){0};
}
