// SPDX-License-Identifier: Apache-2.0
/*
 * What engine.c reads and engine_judge.c judges.
 */
#pragma once

#include "harden/host/look_question.h"
#include "harden/resource/engine_fix.h"
#include "harden/resource/type.h"

struct engine_spec {
	struct question *question;
	char *ask;	 /* NULL: none */
	struct fix *fix; /* NULL: none */
	enum part part;	 /* what its findings are about */
};

/* The expressions and values of an entry, for a question that has its kind. Errors: RECIPE, NOMEM. */
int engine_load_texts(struct question *question, const struct value *entry, const char *file,
		      struct error *err);
/* A text of an entry; one of blanks is none. */
int engine_copy_text(char **slot, const struct value *entry, const char *key, struct error *err);

int engine_judge_result(const void *spec, const void *seen, struct judgement *judgement,
			struct error *err);
