// SPDX-License-Identifier: Apache-2.0
/*
 * Which objects there are and how each is asked for. Lists of services, nodes, tasks, secrets,
 * configs and volumes hold whole objects; containers, images and networks need a second question
 * (the list of networks leaves out Containers, Podman's names the default network differently).
 * Images are asked for without all=1, which would add intermediate layers.
 */
#include "harden/host/look_engine.h"

#include <ctype.h>

#define TOP_COLUMNS "pid,uid,comm,args" /* without pid the daemon answers 500 */

const struct engine_kind engine_kinds[] = {
	{
		.name = "container",
		.list = "/containers/json?all=1",
		.id = "Id",
		.title = "Names",
		.parts = {{"inspect", "/containers/%s/json", false, 0},
			  {"top", "/containers/%s/top?ps_args=-o%20" TOP_COLUMNS, true, 409},
			  {"changes", "/containers/%s/changes", true, 0}},
	},
	{
		.name = "image",
		.list = "/images/json",
		.id = "Id",
		.title = "RepoTags",
		.parts = {{"inspect", "/images/%s/json", false, 0},
			  {"history", "/images/%s/history", true, 0}},
	},
	{
		.name = "network",
		.list = "/networks",
		.id = "Id",
		.title = "Name",
		.parts = {{"inspect", "/networks/%s", false, 0}},
	},
	{
		.name = "volume",
		.list = "/volumes",
		.members = "Volumes",
		.id = "Name",
		.title = "Name",
		.parts = {{"inspect", NULL, false, 0}},
	},
	{
		.name = "service",
		.list = "/services",
		.id = "ID",
		.title = "Spec.Name",
		.swarm = true,
		.parts = {{"inspect", NULL, false, 0}},
	},
	{
		.name = "node",
		.list = "/nodes",
		.id = "ID",
		.title = "Description.Hostname",
		.swarm = true,
		.parts = {{"inspect", NULL, false, 0}},
	},
	{
		.name = "task",
		.list = "/tasks",
		.id = "ID",
		.title = "ID",
		.swarm = true,
		.parts = {{"inspect", NULL, false, 0}},
	},
	{
		.name = "secret",
		.list = "/secrets",
		.id = "ID",
		.title = "Spec.Name",
		.swarm = true,
		.parts = {{"inspect", NULL, false, 0}},
	},
	{
		.name = "config",
		.list = "/configs",
		.id = "ID",
		.title = "Spec.Name",
		.swarm = true,
		.parts = {{"inspect", NULL, false, 0}},
	},
	{
		.name = "swarm",
		.swarm = true,
		.parts = {{"inspect", "/swarm", false, 0}},
	},
	{.name = "info", .parts = {{"inspect", "/info", false, 0}}},
	{.name = "version", .parts = {{"inspect", "/version", false, 0}}},
	{.name = "exec", .id = "ID", .parts = {{"inspect", "/exec/%s/json", false, 0}}},
	{.name = NULL},
};

const struct engine_kind *engine_kind_find(const char *name)
{
	for (const struct engine_kind *kind = engine_kinds; kind->name; kind++)
		if (str_equal(kind->name, name))
			return kind;
	return NULL;
}

const char *engine_kind_nearest(const char *name)
{
	const char *names[ARRAY_SIZE(engine_kinds)];
	size_t len = 0;

	while (engine_kinds[len].name) {
		names[len] = engine_kinds[len].name;
		len++;
	}
	return str_nearest(name, names, len);
}

char *engine_path(const char *format, const char *id)
{
	AUTO(strbuf) struct strbuf path = {0};
	const char *hole = strstr(format, "%s");
	char *text;

	if (!hole)
		return strdup(format);
	strbuf_append_bytes(&path, format, (size_t)(hole - format));
	for (; *id; id++) {
		if (isalnum((unsigned char)*id) || strchr("-_.~:", *id)) {
			strbuf_append_char(&path, *id);
		} else {
			strbuf_append_char(&path, '%');
			strbuf_append_hex(&path, id, 1);
		}
	}
	strbuf_append(&path, hole + 2);
	return strbuf_take(&path, &text, NULL) < 0 ? NULL : text;
}
