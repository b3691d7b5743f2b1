// SPDX-License-Identifier: Apache-2.0
/*
 * Files and intents as values of the journal, and back. Text that is not plain ASCII (a path, a
 * link's target, an attribute's name) is written as "hex:..." so that every byte survives JSON.
 */
#pragma once

#include "backup/run.h"
#include "harden/model/value.h"

/* NULL when out of memory. */
struct value *intent_to_value(const struct intent *intent);
/* Errors: FORMAT naming the member that is missing or wrong, NOMEM. */
int intent_from_value(const struct value *v, struct intent *ret_intent, struct error *err);

struct value *text_to_value(const char *text);
/* A copy of a text member. Errors: FORMAT when it is missing, NOMEM. */
int text_from_member(const struct value *map, const char *key, char **ret_text, struct error *err);
