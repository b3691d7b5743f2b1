// SPDX-License-Identifier: Apache-2.0
/*
 * From the registry of resource types to the list of their key tables.
 */
#include "harden/engine/types.h"

#include "harden/resource/type.h"

#define TYPES_MAX 32

const struct type_schema *const *recipe_types(void)
{
	static const struct type_schema *schemas[TYPES_MAX + 1];

	if (!schemas[0])
		for (size_t i = 0; i < TYPES_MAX && resource_types[i]; i++)
			schemas[i] = &resource_types[i]->schema;
	return schemas;
}
