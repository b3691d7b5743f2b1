// SPDX-License-Identifier: Apache-2.0
/*
 * Users and groups: of a tree by its own /etc/passwd and /etc/group, of the machine by NSS
 * (getpwnam(3)), which knows LDAP users too. passwd(5), group(5); malformed lines are passed over.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/host/host.h"

#include <sys/types.h>

/* Names or decimal numbers. Errors: FORMAT when nobody has that name, SYS. */
int look_uid(struct host *host, const char *name, uid_t *ret_uid, struct error *err);
int look_gid(struct host *host, const char *name, gid_t *ret_gid, struct error *err);
/* The name for a report; the number as text when it has none. */
int look_user_name(struct host *host, uid_t uid, char **ret_name, struct error *err);
int look_group_name(struct host *host, gid_t gid, char **ret_name, struct error *err);

struct group_members {
	bool exists;
	gid_t gid;
	char *name;	     /* NULL when it does not exist */
	struct strv listed;  /* named in the group's own line */
	struct strv primary; /* users whose primary group it is */
	struct strv admins;  /* may put anybody in: third field of gshadow(5) */
	bool admins_unknown; /* gshadow could not be read: needs root */
};

/* name: a group's name or number. A missing group is no error. */
int look_group_members(struct host *host, const char *name, struct group_members *ret_members,
		       struct error *err);
void group_members_done(struct group_members *m);
void users_free(struct users *users);
