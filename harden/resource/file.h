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
	mode_t mode; /* the bits a file may have at most */
	enum file_kind kind; /* FILE_ABSENT: any */
	bool always;	     /* an absent object is a finding */
};

/* One object that was looked at. */
struct file_object {
	char *written; /* the path as the recipe has it */
	struct look look;
	struct socket_origin origin; /* of a socket: who makes it */
	char *user_name, *group_name;	       /* of the object, for messages */
	char *origin_user, *origin_group;
};

struct file_seen {
	struct file_object *items;
	size_t len, cap;
	uid_t uid; /* of spec->owner */
	gid_t *gids; /* of spec->groups, those that exist */
	char **gid_names; /* borrowed from the spec */
	size_t gids_len;
	bool tree; /* paths held a pattern: no match is compliant */
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

/* Judging and mending what the creator of a socket has written (file_socket.c). */
int file_socket_judge(const struct file_spec *spec, const struct file_seen *seen,
		      const struct file_object *object, struct judgement *j, struct error *err);
int file_socket_stage(const struct file_spec *spec, const struct file_seen *seen,
		      const struct file_object *object, struct host *host, struct error *err);
