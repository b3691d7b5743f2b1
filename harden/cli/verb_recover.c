// SPDX-License-Identifier: Apache-2.0
/*
 * harden recover: finish undoing a run that was cut off. Never asks: it runs at boot, and the host
 * is in between until it has.
 */
#include "harden/cli/runs.h"
#include "harden/cli/verbs.h"

static int recover(struct context *context, struct run_access *a, struct error *err)
{
	AUTO(backup_result) struct backup_result result = {0};
	AUTO(strv) struct strv pending = {0};

	int r;

	if (run_access_open(context, BACKUP_WRITE, a, err) < 0 ||
	    run_access_settle(context, a, err) < 0)
		return -1;
	context_hold_signals(true);
	r = backup_recover(a->backup, &a->info, &result, err);
	if (r == 0)
		r = run_access_finish(a, &result, &pending, err);
	context_hold_signals(false);
	if (r < 0)
		return -1;
	return runs_finish(context, &result, &pending);
}

int verb_recover(struct context *context)
{
	AUTO(run_access) struct run_access access = {.host = {.root_fd = -1}};
	AUTO(error) struct error err = {0};
	int code = recover(context, &access, &err);

	return code < 0 ? context_fail(context, &err) : code;
}
