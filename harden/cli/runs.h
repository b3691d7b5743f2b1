// SPDX-License-Identifier: Apache-2.0
/*
 * What the verbs about runs share: opening host and backup, and showing what is restored.
 */
#pragma once

#include "backup/settle_live.h"
#include "harden/cli/context.h"
#include "harden/host/host.h"

/* The host and its backup, without any recipe. */
struct run_access {
	struct stage stage; /* empty: these verbs look at the journal, not at controls */
	struct host host;
	struct backup *backup;
	struct run_info info;
	struct strv restart;   /* the site's restart command */
	struct settle *settle; /* NULL: not live */
};

int run_access_open(const struct context *context, enum backup_access access,
		    struct run_access *ret_access, struct error *err);
void run_access_done(struct run_access *a);

/*
 * Before files go back: what runs now. On a host that is not live nothing. A site file that cannot
 * be read is a warning, as it must not keep anybody from going back: it only names how dockerd is
 * restarted.
 */
int run_access_settle(const struct context *context, struct run_access *a, struct error *err);
/*
 * After they are back: brings into force what is written now. A daemon that does not come up makes
 * the result incomplete.
 */
int run_access_finish(struct run_access *a, struct backup_result *result, struct strv *pending,
		      struct error *err);

/* What a rollback or recover restored, would restore, or was kept from: as text or JSON. */
int runs_report(const struct context *context, const struct backup_result *result,
		const struct strv *pending, struct error *err);
/* Reports the result of a real call and returns the exit code. */
int runs_finish(const struct context *context, const struct backup_result *result,
		const struct strv *pending);
