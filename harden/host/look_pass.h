// SPDX-License-Identifier: Apache-2.0
/*
 * The state of a pass over the engine's objects: look_pass.c decides what to fetch, look_judge.c
 * what an object means to each question.
 */
#pragma once

#include "harden/host/look_question_parts.h"

#define NO_SLOT SIZE_MAX

/* Which texts of the program belong to a question. */
struct question_slots {
	size_t when;		   /* over /info */
	size_t verdict;		   /* over an object, or over what was gathered */
	size_t gather[GATHER_MAX]; /* over an object of that kind */
};

struct pass {
	struct host *host;
	struct questions *all;
	struct question **questions; /* those without an answer, borrowed */
	struct question_slots *slots_of;
	size_t len;

	struct strv texts;
	unsigned *program_of; /* by text: which program it is compiled with */
	size_t program_cap;
	size_t root_dir_slot, device_slot, facts_slot;
	struct queries *queries;
	bool *wanted; /* by text, all false between runs */

	struct jq_data *env, *info, *daemon; /* daemon NULL: another machine's engine */
	char *root_dir;
	struct value *devices; /* volume to the path it binds */
	/*
	 * By question and kind: what was gathered, as JSON with a comma before each item. Text
	 * takes a quarter of what the same costs as a tree, and each container is in many lists.
	 */
	struct strbuf (*gathered)[GATHER_MAX];
	struct strv *allowed;		/* by question: resources that its allowlist names */
	unsigned also;			/* what somebody asks for */
	const char *fetching;		/* a kind */
	struct strv execs;		/* ids found in containers */
	const struct engine_object *at; /* the object that is judged; NULL: it is none */
	struct error part_problems[ENGINE_PARTS]; /* of the object that is judged */
	bool part_failed;			  /* one of them is set */
	struct value *kept;	/* its fields that somebody keeps; NULL: not needed so far */
	struct blob *id, *name; /* its own, for who keeps fields */
};

/* Begins to compile what is asked. */
int pass_begin(struct pass *p, struct error *err);
/* Whether the expressions for objects of this kind are compiled. */
bool pass_can_judge(const struct pass *p, const char *kind);
/* A program does not compile: -1 with the expression it is, or with whole. */
int pass_mistake(struct pass *p, struct error *whole, struct error *err);
void pass_done(struct pass *p);

/* Runs one text: its results as a list, or why it failed as a text. */
int pass_run_one(struct pass *p, size_t slot, const struct jq_data *input, struct value **ret,
		 struct error *err);
/* Nothing could be looked at for this question (NULL: for all). */
void pass_fail(struct pass *p, const struct question *only, const struct error *problem);
/* Whether a question is still open and about this kind. */
bool pass_wants(const struct question *q, const char *kind);

/* An engine_judge: all questions about the object's kind. */
int pass_object(void *pass, const struct engine_object *object, struct error *err);
/* facts may be NULL. */
int pass_judge(struct pass *p, const char *kind, const char *name, const struct jq_data *object,
	       const struct object_facts *facts, struct error *err);
int pass_judge_gathered(struct pass *p, size_t question, struct error *err);
