// SPDX-License-Identifier: Apache-2.0
/*
 * The journal of a run: runs/RUN/journal, JSON lines, only ever appended to.
 *
 *	begin		who, when, with which recipe
 *	intent ...	one per change: the file before and after, the name of its sibling
 *	ready		all of the above and every original are synced; effects may follow
 *	secured		directories on the way are secured; other effects may follow
 *	commit		all effects are synced and verified: the run stands
 *	update ...	one per object of the engine that is about to be changed, with the values
 *			before; the request follows
 *	updated		all of them are read back as promised: the run stands again
 *	forced		a content that --force put aside in the store
 *	undo-begin	from here on the run is being undone, by whom and why
 *	undo-updates	the updates are undone
 *	undo-inside	all but directories on the way is undone
 *	undo-done	the run is undone
 *
 * Every record but begin and intent is synced before what it announces. A last line without its
 * end, or of zeros as a lost block reads, was never relied on and is ignored; any other bad line is
 * damage.
 */
#pragma once

#include "backup/run.h"

struct journal {
	int fd;
	off_t end; /* behind the last whole record */
};

void journal_done(struct journal *j);

/* An id later than any of the existing ones, even if the clock went back. */
int journal_new_id(const struct strv *ids, char **ret_id, struct error *err);
bool journal_is_id(const char *name);
/* When a run began, by its id. */
time_t journal_id_time(const char *id);

/* Makes the directory and the journal of run->id and writes begin and all intents, synced. */
int journal_create(int runs_fd, const struct run *run, struct journal *ret_journal,
		   struct error *err);
/*
 * Reads a run. Returns 1, or 0 when there is no journal or nothing whole in it (cut off before it
 * began). Damage makes it a RUN_BROKEN with the reason in problem. Errors: SYS, NOMEM.
 */
int journal_read(int runs_fd, const char *id, struct run *ret_run, struct error *err);
/* Opens the journal of a run that was read and is not broken, to append to its whole records. */
int journal_reopen(int runs_fd, const struct run *run, struct journal *ret_journal,
		   struct error *err);
/* Removes the journal and directory of a run. */
int journal_remove(int runs_fd, const char *id, struct error *err);

/* Appends {"record": name, "time": now, uid, login_uid} and why if not NULL; synced. */
int journal_mark(struct journal *j, const char *name, const char *why, struct error *err);
/* Appends an update that is about to be asked for; synced. */
int journal_update(struct journal *j, const struct update_intent *intent, struct error *err);
int journal_forced(struct journal *j, const char *path, const char *sha256, struct error *err);
