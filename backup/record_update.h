// SPDX-License-Identifier: Apache-2.0
/*
 * Updates as values of the journal, and back:
 *	{"record":"update","kind":"container","id":"...","name":"web","engine":"...","controls":["5.29"],
 *	 "fields":[{"path":"HostConfig.PidsLimit","before":null,"after":100}]}
 * A field has "back" where before cannot be set again, and "stays" where nothing undoes it.
 */
#pragma once

#include "backup/run.h"
#include "harden/model/value.h"

/* NULL when out of memory. */
struct value *update_intent_to_value(const struct update_intent *intent);
/* Errors: FORMAT naming the member that is missing or wrong, NOMEM. */
int update_intent_from_value(const struct value *v, struct update_intent *ret_intent,
			     struct error *err);
