// SPDX-License-Identifier: Apache-2.0
/*
 * What the verbs report, as plain data: the engine fills it, harden/report prints it as text or
 * JSON. Every document begins with the same head.
 *
 * Times and run ids are the only parts that differ between two runs on the same host and recipe.
 */
#pragma once

#include "harden/model/control.h"
#include "harden/model/stage.h"
#include "harden/model/verdict.h"

#include <time.h>

struct document_head {
	char *benchmark, *benchmark_version;
	char *recipe_sha256;
	struct value *host;	 /* map: name, os, os_version, kernel, docker, root, live */
	struct timespec started; /* CLOCK_REALTIME */
	int64_t elapsed_ms;
	size_t left_out;       /* controls that need an engine */
	const char *no_engine; /* why there is none, constant; NULL: nothing is left out */
};

/* A control's verdict. control is borrowed from the recipe. */
struct verdict {
	const struct control *control;
	struct judgement judgement;
	bool fixable;
	char *remedy; /* what mends it: a command or a step for a person; NULL when nothing is to do */
	bool running; /* the running part was looked at too (scope written+running) */
};

struct audit {
	struct document_head head;
	struct verdict *verdicts;
	size_t len, cap;
	struct strv not_selected;
	size_t counts[STATUS_COUNT];
};

/* One side of a change; exists false prints null. */
struct change_side {
	bool exists;
	char *owner, *group;
	mode_t mode;
	char *sha256; /* NULL for anything but a regular file whose bytes were read */
};

struct change {
	struct strv controls;
	char *resource;		   /* path inside ROOT, links resolved; "container web" */
	const char *kind, *action; /* the words of the JSON contract */
	char *diff; /* unified diff, or one line per changed attribute; secrets masked */
	struct change_side before, after;
	struct value *fields_before,
		*fields_after; /* of an object of the engine, in place of sides */
	struct strv impact;
	bool consent; /* waits for consent: shown, not applied */
};

struct service_step {
	char *unit;
	const char *action;  /* daemon-reload, load-rules, reload, restart */
	struct strv because; /* paths */
};

struct plan {
	struct document_head head;
	struct change *changes; /* by path; those that wait for consent behind the others */
	size_t len, cap;
	struct blocked *blocked;
	size_t blocked_len, blocked_cap;
	struct by_hand *by_hand;
	size_t by_hand_len, by_hand_cap;
	struct service_step *services;
	size_t services_len, services_cap;
	struct by_hand *consent; /* what waits for consent: control, why, what to do */
	size_t consent_len, consent_cap;
	struct strv waived_controls;

	/* of an apply only */
	const char *result; /* "applied", "nothing", "undone", "incomplete"; NULL: a plan */
	char *run;
	struct strv pending;
};

/* Whether the control waits for consent. */
bool plan_waits_for(const struct plan *plan, const char *control);
/* How many changes would be applied now (without those that wait for consent). */
size_t plan_changes(const struct plan *plan);
/* Whether anything is listed that --strict counts: consent, blocked, by hand, waived. */
bool plan_lists_anything(const struct plan *plan);

void document_head_done(struct document_head *head);
void audit_done(struct audit *audit);
void change_done(struct change *change);
void plan_done(struct plan *plan);
