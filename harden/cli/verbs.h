// SPDX-License-Identifier: Apache-2.0
/*
 * The verbs' run functions, one file each. Each prints its report and errors and returns the exit
 * code.
 */
#pragma once

struct context;

int verb_plan(struct context *context);
int verb_apply(struct context *context);
int verb_audit(struct context *context);
int verb_rollback(struct context *context);
int verb_history(struct context *context);
int verb_recover(struct context *context);
int verb_backup(struct context *context);
int verb_explain(struct context *context);
int verb_facts(struct context *context);
int verb_lint(struct context *context);
int verb_suggest(struct context *context);
