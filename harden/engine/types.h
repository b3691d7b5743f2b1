// SPDX-License-Identifier: Apache-2.0
/*
 * The resource types' key tables in the form that the recipe floor takes: the recipe floor checks
 * entries by them without knowing any type.
 */
#pragma once

#include "harden/model/schema.h"

/* NULL-ended; made from the registry on first use. */
const struct type_schema *const *recipe_types(void);
