// SPDX-License-Identifier: Apache-2.0
/*
 * A run (one apply) as its journal tells it: who, when, with which recipe, and one intent per
 * change. Plain data; backup/journal.h reads and writes it.
 */
#pragma once

#include "harden/model/record.h"

#include <stdint.h>

enum run_state {
	RUN_OPEN,     /* cut off before it was committed, or among its updates: recover undoes it */
	RUN_STANDING, /* committed, may be rolled back */
	RUN_UNDOING,  /* its undo was cut off or could not finish: recover goes on */
	RUN_UNDONE,   /* rolled back */
	RUN_FAILED,   /* never committed, undone */
	RUN_BROKEN,   /* the journal cannot be read: see problem */
};

struct intent {
	char *path;
	struct file_record before, after;
	char *temp; /* name of the sibling that replaces, beside path; "" if none is needed */
	struct strv controls;
	enum stage_phase phase;
	enum promise promise;
	unsigned actions; /* service_action bits */
	uint64_t inode;	  /* of a guard: undo must not meet another directory in its place */
	bool begun;	  /* not in the journal: this process began the change */
};

/* An update of an object of the engine that was asked for, or was about to be. */
struct update_intent {
	struct update update;
	char *engine; /* its ID, as /info says; NULL: it had none */
	struct strv controls;
};

struct run {
	char *id;   /* "20261124T034455Z-3f2a"; ids sort by age */
	char *time; /* RFC 3339, UTC */
	uid_t uid;
	uint32_t login_uid; /* (uint32_t)-1: nobody logged in */
	char *verb, *version, *recipe_sha256, *root;
	int64_t committed_ms, undone_ms; /* since the epoch; 0: not, or not known */
	enum run_state state;
	char *undone_time, *undone_why; /* "rollback", "recover", "failure"; NULL while it stands */
	struct strv forced;		/* "PATH SHA256" of contents that --force put aside */
	struct intent *intents;		/* in order of commit */
	size_t len, cap;
	struct update_intent *updates; /* in order of time */
	size_t updates_len, updates_cap;
	struct error problem; /* of a RUN_BROKEN */

	/* how far it got, for recover */
	bool ready;	   /* all intents and originals are on disk */
	bool secured;	   /* directories on the way are; other changes may have begun */
	bool undo_inside;  /* everything but directories on the way is undone */
	bool undo_updates; /* so are the updates */
	off_t end;	   /* where the journal's last whole record ends */
};

struct runs {
	struct run *items; /* newest first */
	size_t len, cap;
};

const char *run_state_name(enum run_state state); /* "open", "standing", "undone", ... */
/* "create", "modify", "metadata", "delete". */
const char *intent_action(const struct intent *intent);
/* The bytes change too, or the link's target; else owner, mode and attributes only. */
bool intent_changes_content(const struct intent *intent);
/* Owner, mode or ACL of a directory that exists: done first, undone last, as it guards what lies
 * inside. */
bool intent_is_guard(const struct intent *intent);
bool run_has_guard(const struct run *run);
struct intent *run_intent(const struct run *run, const char *path);
struct update_intent *run_update(const struct run *run, const struct update *like);
/* How many things it changed. */
size_t run_change_count(const struct run *run);
void update_intent_done(struct update_intent *intent);
void intent_done(struct intent *intent);
void run_done(struct run *run);
void runs_done(struct runs *runs);
struct run *runs_find(const struct runs *runs, const char *id);
