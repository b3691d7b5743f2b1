// SPDX-License-Identifier: Apache-2.0
/*
 * What the verbs about runs share: opening host and backup, and showing what is restored.
 */
#pragma once

#include "backup/backup.h"
#include "harden/cli/context.h"
#include "harden/host/host.h"

/* The host and its backup, without any recipe. */
struct run_access {
	struct stage stage; /* empty: these verbs look at the journal, not at controls */
	struct host host;
	struct backup *backup;
	struct run_info info;
};

int run_access_open(const struct context *context, enum backup_access access,
		    struct run_access *ret_access, struct error *err);
void run_access_done(struct run_access *a);

/* What a rollback or recover restored, would restore, or was kept from: as text or JSON. */
int runs_report(const struct context *context, const struct backup_result *result,
		const struct strv *pending, struct error *err);
/* Reports the result of a real call and returns the exit code. */
int runs_finish(const struct context *context, const struct backup_result *result,
		const struct strv *pending);
