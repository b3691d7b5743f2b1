// SPDX-License-Identifier: Apache-2.0
/*
 * The door to everything that changes the host. The order for apply:
 *
 *	backup_open(WRITE) -> backup_recover() -> (plan) -> backup_commit() -> backup_free()
 *
 * Below the state directory (0700, made only when an apply has something to change):
 *
 *	runs/RUN/journal	what a run intended and how far it got, append only, JSON lines
 *	store/ab/cdef...	bytes of originals by their SHA-256
 *
 * Nothing is printed here: results are data. A function that returns -1 has changed nothing, with
 * the reason in err; after 0 the outcome says what happened. One process at a time holds the lock
 * (flock on the state directory); readers need none.
 */
#pragma once

#include "backup/run.h"
#include "harden/base/error.h"
#include "harden/model/stage.h"

struct backup;
struct host;

enum backup_access { BACKUP_READ, BACKUP_WRITE };

/*
 * root_fd is borrowed (O_PATH will do). state_dir NULL: ROOT/var/lib/harden, reached without
 * following links; else a path as the user gave it. A state directory that does not exist is no
 * error: there is no run, and the first commit makes it.
 * Errors: UNSAFE (a link, not ours, or wider than 0700), BUSY (locked), SYS.
 */
int backup_open(int root_fd, const char *root, const char *state_dir, enum backup_access access,
		struct backup **ret_backup, struct error *err);
void backup_free(struct backup *b);
DEFINE_AUTO_PTR(backup)
/* As messages name it. */
const char *backup_state_dir(const struct backup *b);

struct run_info {
	const char *verb;	   /* "apply" */
	const char *version;	   /* of the program */
	const char *recipe_sha256; /* NULL: none */
	const char *root;	   /* as the user wrote it */
	bool live;		   /* note it in the system log */
	/* Where this host's own engine is found, to change its objects back; NULL: it is not asked. */
	struct host *host;
};

enum backup_outcome {
	BACKUP_NOTHING,	   /* there was nothing to do; no run is recorded */
	BACKUP_DONE,	   /* committed; or undone as asked */
	BACKUP_UNDONE,	   /* commit failed (error), everything it did was undone */
	BACKUP_CONFLICT,   /* rollback: changed since (conflicts), nothing was done */
	BACKUP_INCOMPLETE, /* undoing was not complete: stands says what is not as before */
};

/* One file whose present and restored states differ, for a rollback's plan. */
struct backup_item {
	char *path;
	const char
		*action; /* "delete" (we made it), "modify", "metadata", "create" (we removed it) */
	struct file_record present, restored;
	struct blob *present_content, *restored_content; /* of regular files whose bytes change */
	enum promise promise;
	unsigned actions; /* service_action bits, for settle */
};

/* What an object of the engine has now and would have, for a rollback's plan. */
struct backup_object {
	char *resource; /* "container web" */
	const char *kind;
	char *diff; /* as text/update_diff.h */
};

/* Something to say of one file. */
struct backup_note {
	char *path, *text; /* text: "its content was changed since run ..." */
};

struct backup_notes {
	struct backup_note *items;
	size_t len, cap;
};

struct backup_result {
	enum backup_outcome outcome;
	struct strv runs;   /* the run recorded, or those undone, newest first */
	struct error error; /* UNDONE, INCOMPLETE, CONFLICT: the first thing that went wrong */
	struct backup_notes conflicts;
	struct backup_notes stands; /* what is not as before the run */
	struct backup_notes kept;   /* directories we made that hold something foreign */
	struct backup_notes notes;  /* objects that are gone, and what does not come back */
	struct strv warnings; /* done, but: the journal's last word could not be written, ... */
	struct backup_item *items; /* rollback, recover: what is or would be restored, by path */
	size_t items_len, items_cap;
	struct backup_object *objects; /* rollback: of the engine, newest change first */
	size_t objects_len, objects_cap;
};

void backup_result_done(struct backup_result *r);

/*
 * Makes the stage so, all or nothing. Every file must be what the stage's before says (device,
 * inode, size, times, owner, mode, content), else CONFLICT. A stage without changes is NOTHING; one
 * of updates alone records a run for backup_update().
 * Errors (-1, nothing changed): CONFLICT, UNSAFE, BUSY, SYS, INTERNAL (a run is open: recover
 * first). Outcomes: NOTHING, DONE, UNDONE, INCOMPLETE.
 */
int backup_commit(struct backup *b, const struct stage *stage, const struct run_info *info,
		  struct backup_result *ret_result, struct error *err);

/*
 * Makes the updates of the stage so, in the run that backup_commit() recorded for it: once its files
 * are in force, as the engine may have been restarted for them. Before each request the object is
 * read again and must have the values before, and the intent goes into the journal; after it the
 * object is read back and compared. After an error what was asked for stands: roll the run back.
 * Errors: CONFLICT (a value moved, the object is gone, the engine ignored it), REMOTE, SYS, ...
 */
int backup_update(struct backup *b, const char *run, const struct stage *stage,
		  const struct run_info *info, struct error *err);

/*
 * Makes the stage so, calls during, and undoes all of it again, whatever during says. It is a run
 * that never commits: if we are cut off, recover undoes it. Outcomes: DONE, UNDONE (it failed, see
 * error), INCOMPLETE (something stands). Errors as backup_commit().
 */
typedef int backup_during(void *cookie, struct error *err);
int backup_hold(struct backup *b, const struct stage *stage, const struct run_info *info,
		backup_during *during, void *cookie, struct backup_result *ret_result,
		struct error *err);

/*
 * Finishes undoing every run that was cut off. Outcomes: NOTHING, DONE, INCOMPLETE (a file was
 * changed by somebody else meanwhile, or cannot be written). May be cut off and called again.
 */
int backup_recover(struct backup *b, const struct run_info *info, struct backup_result *ret_result,
		   struct error *err);

struct rollback_options {
	const char *run; /* NULL: the newest that stands */
	bool all;	 /* every run that stands, newest first */
	bool force;	 /* put present bytes aside in the store and go on */
	bool dry_run;	 /* only items and conflicts */
};

/*
 * Outcomes: NOTHING, DONE, CONFLICT (files changed since, or a newer standing run touched them),
 * INCOMPLETE. Runs that were cut off are recovered first.
 * Errors: USAGE (no such run, or it is undone already), SYS.
 */
int backup_rollback(struct backup *b, const struct rollback_options *options,
		    const struct run_info *info, struct backup_result *ret_result,
		    struct error *err);

/* All runs with their changes, newest first. */
int backup_history(struct backup *b, struct runs *ret_runs, struct error *err);

struct backup_check {
	size_t runs, objects; /* looked at */
	struct strv broken;   /* "run R: /etc/x: object ... is missing" */
};

/* Whether everything that standing and open runs need to be undone is there and whole. */
int backup_verify(struct backup *b, struct backup_check *ret_check, struct error *err);
void backup_check_done(struct backup_check *c);

struct prune_options {
	unsigned keep_days;	 /* keep what is younger */
	const struct strv *runs; /* these, also if they stand; NULL or empty: all that are undone */
	bool dry_run;
};

struct prune_result {
	struct strv runs; /* whose record goes */
	size_t objects;
	uint64_t bytes;
};

/*
 * Forgets undone runs, and originals that no remaining run needs. A run that was cut off is never
 * forgotten. Errors: USAGE (no such run), SYS.
 */
int backup_prune(struct backup *b, const struct prune_options *options,
		 struct prune_result *ret_result, struct error *err);
void prune_result_done(struct prune_result *r);
