// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `file`, for its own files only: owner, group and mode of files, directories and
 * sockets. A fix only ever clears mode bits; it never sets one (CIS's literal "chmod 644" would
 * open a 0600 file).
 */
#pragma once

#include "harden/host/look_file.h"
#include "harden/host/look_sockets.h"
#include "harden/resource/type.h"

struct file_spec {
	struct strv paths, except;
	char *owner;	    /* NULL: any */
	struct strv groups; /* empty: any; the first is the fix, the rest pass */
	bool has_mode;
	mode_t mode;	     /* the bits a file may have at most */
	enum file_kind kind; /* FILE_ABSENT: any */
	bool always;	     /* an absent object is a finding */
	bool unless_shared;  /* a file that another group may read is not changed */
};

/* One object that was looked at. */
struct file_object {
	char *written; /* the path as the recipe has it */
	char *base;    /* the directory that its pattern begins with, links resolved; NULL: none */
	struct look look;
	struct socket_origin origin;  /* of a socket: who makes it */
	char *user_name, *group_name; /* of the object, for messages */
	char *origin_user, *origin_group;
};

struct file_seen {
	struct file_object *items;
	size_t len, cap;
	uid_t uid;	  /* of spec->owner */
	gid_t *gids;	  /* of spec->groups, those that exist */
	char **gid_names; /* borrowed from the spec */
	size_t gids_len;
	bool tree;    /* the directory of a pattern exists: no match is compliant */
	bool offline; /* nothing runs: what is found is as written */
	bool live;    /* a socket that is there is the one in use */
};

/* Owner, group and mode as one side of a comparison. */
struct ownership {
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

bool file_owner_wrong(const struct file_spec *spec, const struct file_seen *seen, uid_t uid);
bool file_group_wrong(const struct file_spec *spec, const struct file_seen *seen, gid_t gid);
/* Bits that are too many; 0 when compliant. */
mode_t file_mode_excess(const struct file_spec *spec, mode_t mode);
/* What it should be: bits only cleared, owner and group changed only where wrong. */
struct ownership file_wanted(const struct file_spec *spec, const struct file_seen *seen,
			     struct ownership now);

/* A named entry on a socket is access that the mode's limit does not speak of. */
bool file_acl_widens(const struct file_spec *spec, const struct file_state *s);
/* A key that root's group does not own but its group, and nobody else, may read: made so by hand. */
bool file_is_shared(const struct file_spec *spec, const struct file_state *s);
/* A file switched off by a link to /dev/null has no mode of its own to judge. */
bool file_is_device(const struct file_spec *spec, const struct file_state *s);

/* The members of resource_type: file_look.c, file_judge.c. */
int file_inspect(const void *spec, struct host *host, void **ret_seen, struct error *err);
void file_seen_free(void *seen);
int file_judge(const void *spec, const void *seen, struct judgement *j, struct error *err);

/* Judging and mending what the creator of a socket has written (file_socket.c). */
int file_socket_judge(const struct file_spec *spec, const struct file_seen *seen,
		      const struct file_object *object, struct judgement *j, struct error *err);
int file_socket_stage(const struct file_spec *spec, const struct file_seen *seen,
		      const struct file_object *object, struct host *host, struct error *err);
