// SPDX-License-Identifier: Apache-2.0
/*
 * One control on one host: expand its entries, look, judge, and stage what mends it.
 */
#pragma once

#include "harden/engine/session.h"
#include "harden/model/verdict.h"

enum evaluate_mode {
	EVALUATE_JUDGE,	  /* look and judge; what cannot be looked at is an error verdict */
	EVALUATE_STAGE,	  /* stage too; entries that wait for consent only judge */
	EVALUATE_CONSENT, /* stage only what waits for consent */
};

/*
 * In EVALUATE_JUDGE a look that fails becomes STATUS_ERROR with the message as a note; only lack of
 * memory and mistakes of ours or of the recipe return -1. In the staging modes a look that fails
 * because of bad input or missing rights returns -1 (a plan on it would be a guess); what cannot
 * be looked at for another reason is listed as blocked.
 */
int evaluate_control(struct session *s, const struct control *control, enum evaluate_mode mode,
		     struct judgement *ret_judgement, struct error *err);
/* Tells resource types of all entries of selected controls, so that dear looks are made together. */
int evaluate_announce(struct session *s, struct error *err);
/* Whether anything of this control waits for consent that was not given. */
bool control_waits(const struct control *control);
