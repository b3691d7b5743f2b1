// SPDX-License-Identifier: Apache-2.0
/*
 * Recipe texts to a struct recipe. Everything that can be known without a host is checked here:
 * keys, kinds, ids, resource types, names in ${...}. Text with references is kept as it stands;
 * expand.h replaces them when the facts are known.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/model/control.h"
#include "harden/model/schema.h"
#include "harden/recipe/problem.h"

struct recipe_text {
	const char *file; /* as messages name it */
	const char *data;
	size_t len;
};

/*
 * Loads one or several recipe documents as one recipe, whose benchmark and version are the first
 * one's. types is a NULL-ended list of resource types. On failure -1 with err as
 * problems_error() fills it, and every mistake of every text in problems.
 */
int recipe_load(const struct recipe_text *texts, size_t count,
		const struct type_schema *const *types, struct recipe *ret_recipe,
		struct problems *problems, struct error *err);
/* Fills recipe->sha256: SHA-256 over the texts one behind the other. */
int recipe_digest(struct recipe *recipe, const struct recipe_text *texts, size_t count,
		  struct error *err);
