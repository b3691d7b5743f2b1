// SPDX-License-Identifier: Apache-2.0
/*
 * All resource types. A new one is a file and a line here.
 */
#include "harden/resource/type.h"

extern const struct resource_type resource_audit_rule, resource_augeas, resource_daemon,
	resource_dockerfile, resource_engine, resource_file, resource_group, resource_manual,
	resource_mount, resource_template;

const struct resource_type *const resource_types[] = {
	&resource_audit_rule,
	&resource_augeas,
	&resource_daemon,
	&resource_dockerfile,
	&resource_engine,
	&resource_file,
	&resource_group,
	&resource_manual,
	&resource_mount,
	&resource_template,
	NULL,
};

const struct resource_type *resource_type_find(const char *name)
{
	for (size_t i = 0; resource_types[i]; i++)
		if (strcmp(resource_types[i]->schema.name, name) == 0)
			return resource_types[i];
	return NULL;
}
