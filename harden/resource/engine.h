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
};

int engine_judge_result(const void *spec, const void *seen, struct judgement *judgement,
			struct error *err);
