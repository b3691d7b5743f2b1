// SPDX-License-Identifier: Apache-2.0
/*
 * The plan: every selected control staged to a fixed point, then what consent would add.
 */
#pragma once

#include "harden/engine/session.h"
#include "harden/model/document.h"

/*
 * Stages all selected controls on s->stage, in order of their ids, until a pass stages nothing
 * more (four passes at most). tolerant: a control that cannot be looked at is left out instead of
 * failing the whole (for audit, which has said so already). Errors: FORMAT, SYS, RECIPE,
 * INTERNAL (resources that fight, named).
 */
int plan_stage(struct session *s, bool tolerant, struct error *err);
/* Stages, then fills the document. digests: SHA-256 of what is before and after (JSON has them). */
int plan_build(struct session *s, bool digests, struct plan *ret_plan, struct error *err);
/* The part of plan_build() behind plan_stage(). */
int plan_document(struct session *s, bool digests, bool tolerant, struct plan *ret_plan,
		  struct error *err);
