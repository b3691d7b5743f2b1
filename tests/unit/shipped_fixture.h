// SPDX-License-Identifier: Apache-2.0
/*
 * What a user gets: the shipped recipe of all sections with its jq library; and the recorded answers
 * of the Engine API that tests give to it (tests/data/engine).
 */
#pragma once

#include "tests/unit/engine_fixture.h"
#include "tests/unit/recipe_fixture.h"

#define SAMPLES "engine/"

static const char *const recipes[] = {"cis-docker-1.6.0.yaml", "cis-docker-1.6.0-engine.yaml"};
static struct blob *recipe_bytes[2], *library;

static inline struct blob *read_blob(const char *path)
{
	size_t len;
	AUTO_FREE char *data = fixture_read(path, &len);

	return blob_new(data, len);
}

static inline int read_shipped(void **state)
{
	(void)state;
	recipe_bytes[0] = read_blob("../../recipes/cis-docker-1.6.0.yaml");
	recipe_bytes[1] = read_blob("../../recipes/cis-docker-1.6.0-engine.yaml");
	library = read_blob("../../templates/engine.jq");
	return 0;
}

static inline int free_shipped(void **state)
{
	(void)state;
	blob_free(recipe_bytes[0]);
	blob_free(recipe_bytes[1]);
	blob_free(library);
	return 0;
}

static inline struct value *read_sample(const char *name)
{
	AUTO_FREE char *path = str_format(SAMPLES "%s", name);
	size_t len;
	AUTO_FREE char *data = fixture_read(path, &len);
	AUTO(error) struct error err = {0};
	struct value *v = NULL;

	if (json_read(data, len, name, &v, &err) < 0)
		fail_msg("%s", error_message(&err));
	return v;
}

static inline char *to_json(const struct value *v)
{
	AUTO(error) struct error err = {0};
	char *text = NULL;

	assert_int_equal(json_to_text(v, &text, &err), 0);
	return text;
}
