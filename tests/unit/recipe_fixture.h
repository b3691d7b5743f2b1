// SPDX-License-Identifier: Apache-2.0
/*
 * What the tests of the recipe floor share: resource types of their own, so that they do not
 * change with the program's, and reading of files below tests/data, which are found by the
 * environment's top_srcdir (make check sets it; by hand run a test in the top folder).
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harden/base/str.h"
#include "harden/model/schema.h"
#include "harden/recipe/load.h"

#include <stdio.h>

static const char *const fixture_when[] = {"exists", "always", NULL};

static const struct key fixture_file_keys[] = {
	{.key = "path", .kind = KEY_PATH_LIST, .required = true, .summary = "what to look at"},
	{.key = "owner", .kind = KEY_TEXT, .summary = "user"},
	{.key = "group", .kind = KEY_TEXT_LIST, .summary = "groups"},
	{.key = "mode-at-most", .kind = KEY_MODE, .summary = "mode bits"},
	{.key = "when", .kind = KEY_CHOICE, .choices = fixture_when, .summary = "condition"},
	{.key = NULL},
};
static const struct key fixture_daemon_keys[] = {
	{.key = "key", .kind = KEY_TEXT, .required = true, .summary = "name in daemon.json"},
	{.key = "equals", .kind = KEY_ANY, .summary = "value"},
	{.key = "when", .kind = KEY_MAP, .summary = "conditions"},
	{.key = NULL},
};
static const struct key fixture_mount_keys[] = {
	{.key = "path", .kind = KEY_PATH, .required = true, .summary = "mount point"},
	{.key = "own", .kind = KEY_BOOL, .required = true, .summary = "on its own"},
	{.key = NULL},
};
static const struct key fixture_leaves[] = {
	{.key = "set.count", .kind = KEY_INTEGER, .summary = "a number"},
	{.key = "set.policy.when", .kind = KEY_CHOICE, .choices = fixture_when, .summary = "when"},
	{.key = NULL},
};
static const struct key fixture_group_keys[] = {
	{.key = "name", .kind = KEY_TEXT, .required = true, .summary = "group"},
	{.key = "members", .kind = KEY_TEXT_LIST, .required = true, .summary = "users"},
	{.key = "fix", .kind = KEY_TREE, .leaves = fixture_leaves, .summary = "what mends it"},
	{.key = NULL},
};
static const struct key fixture_augeas_keys[] = {
	{.key = "path", .kind = KEY_PATH, .required = true, .summary = "file"},
	{.key = "lens", .kind = KEY_TEXT, .required = true, .summary = "lens"},
	{.key = "node", .kind = KEY_TEXT, .required = true, .summary = "node"},
	{.key = "value", .kind = KEY_TEXT, .summary = "its value"},
	{.key = "count", .kind = KEY_INTEGER, .summary = "a number"},
	{.key = NULL},
};
static const struct key fixture_template_keys[] = {
	{.key = "path", .kind = KEY_PATH, .required = true, .summary = "file"},
	{.key = "source", .kind = KEY_TEMPLATE, .required = true, .summary = "template"},
	{.key = "mode", .kind = KEY_MODE, .summary = "mode"},
	{.key = NULL},
};
static const struct key fixture_manual_keys[] = {
	{.key = "ask", .kind = KEY_TEXT, .required = true, .summary = "question"},
	{.key = "evidence", .kind = KEY_TEXT_LIST, .summary = "facts"},
	{.key = "since", .kind = KEY_DATE, .summary = "day"},
	{.key = NULL},
};

static const struct type_schema fixture_file = {"file", "a file", fixture_file_keys, 0};
static const struct type_schema fixture_daemon = {"daemon", "a setting", fixture_daemon_keys, 0};
static const struct type_schema fixture_mount = {"mount", "a mount", fixture_mount_keys, 0};
static const struct type_schema fixture_group = {"group", "a group", fixture_group_keys, 0};
static const struct type_schema fixture_augeas = {"augeas", "a value", fixture_augeas_keys, 0};
static const struct type_schema fixture_template = {"template", "a file of ours",
						    fixture_template_keys, 0};
static const struct type_schema fixture_manual = {"manual", "a question", fixture_manual_keys, 0};

static const struct type_schema *const fixture_types[] = {
	&fixture_file,	 &fixture_daemon,   &fixture_mount,  &fixture_group,
	&fixture_augeas, &fixture_template, &fixture_manual, NULL,
};

/* tests/data/NAME in the source tree; the caller frees it. */
static inline char *fixture_path(const char *name)
{
	const char *top = getenv("top_srcdir");

	return str_format("%s/tests/data/%s", top ? top : ".", name);
}

/* The bytes of tests/data/NAME; fails the test when it cannot be read. */
static inline char *fixture_read(const char *name, size_t *ret_len)
{
	AUTO_FREE char *path = fixture_path(name);
	struct strbuf text = {0};
	char buffer[4096];
	FILE *file = fopen(path, "re");
	size_t n;

	if (!file)
		fail_msg("cannot open %s", path);
	while ((n = fread(buffer, 1, sizeof(buffer), file)) > 0)
		strbuf_append_bytes(&text, buffer, n);
	(void)fclose(file);
	strbuf_append(&text, "");
	*ret_len = text.len;
	return text.data;
}

/* Loads one recipe text that must be good. */
static inline void fixture_load(const char *data, struct recipe *ret)
{
	const struct recipe_text text = {.file = "test.yaml", .data = data, .len = strlen(data)};
	AUTO(problems) struct problems problems = {0};
	AUTO(error) struct error err = {0};

	if (recipe_load(&text, 1, fixture_types, ret, &problems, &err) < 0)
		fail_msg("%s", error_message(&err));
}
