// SPDX-License-Identifier: Apache-2.0
/*
 * The stage: an in-memory overlay of the host. Resources never change the host, they stage
 * changes here; every look goes through it (harden/host/look_file.h), plan prints it, and
 * backup/commit.c makes it so. One entry per path holds the file as it was and as it will be, one
 * entry per object of the engine the fields that change (update.h).
 *
 * Paths are canonical: absolute inside ROOT, links resolved, no "." or ".." or double slashes.
 */
#pragma once

#include "harden/base/str.h"
#include "harden/model/update.h"

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum file_kind {
	FILE_ABSENT,
	FILE_REGULAR,
	FILE_DIRECTORY,
	FILE_LINK,
	FILE_SOCKET,
	FILE_OTHER, /* device, fifo */
};

/*
 * A file as it is or will be. content is read on demand (look_content) and NULL for anything that
 * was not read: NULL content on both sides of a change means metadata only. acl and default_acl
 * are the raw values of system.posix_acl_access and system.posix_acl_default (acl(5), version 2),
 * NULL without. Identity fields are those of fstat(2), all 0 for what does not exist yet.
 */
struct file_state {
	enum file_kind kind;
	mode_t mode; /* 07777 bits */
	uid_t uid;
	gid_t gid;
	struct blob *content;
	char *link; /* target text of a FILE_LINK */
	struct blob *acl, *default_acl;

	dev_t dev;
	ino_t ino;
	nlink_t nlink;
	off_t size;
	struct timespec mtime, ctime;
};

int file_state_copy(struct file_state *to, const struct file_state *from, struct error *err);
void file_state_done(struct file_state *s);
/* Same kind, mode, owner, group, ACLs, link target, and content where both have it. */
bool file_state_same(const struct file_state *a, const struct file_state *b);
const char *file_kind_name(enum file_kind kind); /* "file", "directory", "link", "socket", ... */

/*
 * The order of commit: every prefix of the written changes must be a configuration dockerd starts
 * on, so what secures a directory comes first, and a flag leaves a unit or environment file
 * before its key enters daemon.json (moby daemon/config/config.go:580 refuses both).
 */
enum stage_phase {
	PHASE_SECURE,	/* owner and mode of a directory on the way to later changes */
	PHASE_METADATA, /* owner, mode, ACL */
	PHASE_CREATE,	/* directories and files of ours */
	PHASE_FLAG,	/* units, drop-ins, environment files */
	PHASE_CONFIG,	/* daemon.json */
};

/* When the promised end state is in force; the latest of several counts. */
enum promise {
	PROMISE_NOW,
	PROMISE_LOAD_RULES,	 /* augenrules --load */
	PROMISE_RELOAD,		 /* docker reload */
	PROMISE_RESTART,	 /* docker restart */
	PROMISE_RESTART_STOPPED, /* docker restart with no container running */
	PROMISE_RECREATE,	 /* named containers are created anew */
	PROMISE_REBOOT,
};

/* Service actions a change makes necessary on a live host; settle derives and orders them. */
enum service_action {
	ACTION_DAEMON_RELOAD = 1 << 0, /* systemctl daemon-reload */
	ACTION_LOAD_RULES = 1 << 1,
	ACTION_RELOAD_DOCKER = 1 << 2,
	ACTION_RESTART_DOCKER = 1 << 3,
};

struct staged_file {
	char *path;
	struct file_state before, after;
	struct strv controls; /* ids that asked for it, sorted by control_id_compare */
	struct strv impact;   /* what may break, for the plan */
	enum stage_phase phase;
	enum promise promise;
	unsigned actions;    /* service_action bits */
	unsigned generation; /* the stage's when after was last altered */
};

/* What changes of an object of the engine. */
struct staged_update {
	struct update update;
	struct strv controls; /* as above */
	struct strv impact;
	unsigned generation;
};

/* What cannot be changed, found while planning. */
struct blocked {
	struct strv controls;
	char *resource, *reason, *next;
};

/* What only a person can do or decide: a value to choose, a step no program should take. */
struct by_hand {
	char *control, *reason, *next;
};

struct stage {
	struct staged_file *files; /* sorted by path */
	size_t len, cap;
	struct staged_update *updates; /* by kind, then name, then id */
	size_t updates_len, updates_cap;
	struct blocked *blocked;
	size_t blocked_len, blocked_cap;
	struct by_hand *by_hand;
	size_t by_hand_len, by_hand_cap;

	const char *control;	     /* who stages now: set by the engine around each control */
	const char *impact;	     /* its impact text, noted on what it changes; NULL: none */
	const struct waiver *waiver; /* its waiver that still counts; NULL: none */
	unsigned generation;	     /* grows with every change that alters the overlay */
};

/* How a change is to be made; part of stage_put(). */
struct stage_how {
	enum stage_phase phase;
	enum promise promise;
	unsigned actions;
};

struct staged_file *stage_find(const struct stage *stage, const char *path);
/*
 * The file at path shall be as after says. before is what the host has (used the first time path
 * is staged; later calls keep the first one). after is copied. A put that changes nothing of the
 * overlay only adds the control's id, and a put that leads back to before removes the entry.
 */
int stage_put(struct stage *stage, const char *path, const struct file_state *before,
	      const struct file_state *after, struct stage_how how, struct error *err);
/* Whether nothing at all would change. */
bool stage_is_empty(const struct stage *stage);

/* One edit of an object; of object count kind, id, name, and whether it goes. */
struct stage_edit {
	const struct update *object;
	/* Of an object that goes: what it must still be then. */
	const struct field_edit *field;
	const char *impact; /* beside the control's own; NULL: none */
};

/* The one of the same object: kind, name and id. */
struct staged_update *stage_find_update(const struct stage *stage, const struct update *object);
/*
 * Stages the edit. An object that the control's waiver names stays as it is, and a field that is so
 * already too. All is copied.
 */
int stage_edit_object(struct stage *stage, const struct stage_edit *edit, struct error *err);

/* Lists the current control as blocked on resource; once per (control, resource, reason). */
int stage_block(struct stage *stage, const char *resource, struct error *err, const char *next,
		const char *reason_format, ...) __attribute__((format(printf, 5, 6)));
int stage_by_hand(struct stage *stage, const char *reason, const char *next, struct error *err);
/* Before a new pass: forgets blocked and by_hand, keeps the overlay. */
void stage_new_pass(struct stage *stage);
int stage_copy(struct stage *to, const struct stage *from, struct error *err);
void stage_done(struct stage *stage);

/* The files in order of commit: by phase, parents before children, then by path. Borrowed pointers. */
int stage_ordered(const struct stage *stage, struct staged_file ***ret_files, struct error *err);
