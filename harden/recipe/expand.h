// SPDX-License-Identifier: Apache-2.0
/*
 * An ensure entry with every ${name} replaced by the var or fact of that name.
 *
 * A text that is one reference takes the value's own kind. Inside other text a scalar is written
 * out. A list inside a list is spliced. A null fact (what it names does not exist on this host)
 * inside a list is left out; anywhere else, or when nothing else is left of the list, the entry
 * does not apply. "$${" becomes "${". What is put in is not looked at for references again.
 */
#pragma once

#include "harden/model/control.h"
#include "harden/model/fact.h"

/*
 *  0: *ret is a map of one member, the resource type's name and its keys.
 *  1: the entry does not apply to this host; *ret is a text that says why.
 * -1: a fact that it needs could not be found out: err has that fact's code, problem and next
 *     step. RECIPE when a value does not fit in its place.
 */
int recipe_expand(const struct value *entry, const struct recipe *recipe, const struct facts *facts,
		  struct value **ret, struct error *err);
