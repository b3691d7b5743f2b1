// SPDX-License-Identifier: Apache-2.0
/*
 * Prints a JSON Schema while building: `gen_schema recipe` makes recipes/recipe.schema.json from
 * the key tables of the recipe floor and of all registered resource types, `gen_schema site` that
 * of site files. Not installed.
 */
#include "harden/recipe/json_schema.h"
#include "harden/resource/type.h"
#include "harden/text/json.h"

#include <stdio.h>
#include <string.h>

static int print_schema(const char *which, struct error *err)
{
	const struct type_schema *types[64] = {NULL};
	AUTO_PTR(value) struct value *schema = NULL;
	AUTO(strbuf) struct strbuf text = {0};
	int r;

	for (size_t i = 0; resource_types[i] && i + 1 < ARRAY_SIZE(types); i++)
		types[i] = &resource_types[i]->schema;
	if (strcmp(which, "site") == 0)
		r = site_json_schema(&schema, err);
	else
		r = recipe_json_schema(types, &schema, err);
	if (r < 0 || json_write(schema, JSON_INDENT, &text, err) < 0)
		return -1;
	if (!strbuf_text(&text))
		return error_nomem(err);
	if (puts(strbuf_text(&text)) < 0 || fflush(stdout) != 0)
		return error_set(err, ERROR_SYS, 0, "cannot write the schema");
	return 0;
}

int main(int argc, char **argv)
{
	AUTO(error) struct error err = {0};

	if (argc != 2 || (strcmp(argv[1], "recipe") != 0 && strcmp(argv[1], "site") != 0)) {
		(void)fputs("usage: gen_schema recipe|site\n", stderr);
		return 64;
	}
	if (print_schema(argv[1], &err) < 0) {
		(void)fprintf(stderr, "gen_schema: %s\n", error_message(&err));
		return 1;
	}
	return 0;
}
