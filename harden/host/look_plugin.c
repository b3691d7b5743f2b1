// SPDX-License-Identifier: Apache-2.0
#include "harden/host/look_plugin.h"

#include "harden/host/host.h"
#include "harden/text/json.h"

#include <string.h>

#define UNIX "unix://"

/* Where a legacy plugin announces itself; N is its name. */
static const char *const places[] = {
	"/run/docker/plugins/N.sock",	    "/run/docker/plugins/N/N.sock",
	"/etc/docker/plugins/N.spec",	    "/etc/docker/plugins/N.json",
	"/usr/lib/docker/plugins/N.spec",   "/usr/lib/docker/plugins/N.json",
	"/usr/lib/docker/plugins/N/N.spec", "/usr/lib/docker/plugins/N/N.json",
};

void plugin_done(struct plugin *plugin)
{
	free(plugin->path);
	free(plugin->why);
	*plugin = (struct plugin){0};
}

static char *place_of(const char *pattern, const char *name)
{
	AUTO(strbuf) struct strbuf path = {0};
	char *text = NULL;

	for (const char *p = pattern; *p; p++) {
		if (*p == 'N')
			strbuf_append(&path, name);
		else
			strbuf_append_char(&path, *p);
	}
	return strbuf_take(&path, &text, NULL) < 0 ? NULL : text;
}

/* The unix socket that a place stands for; NULL: another machine's, or nothing that we understand. */
static int socket_of(const struct look *look, char **ret_socket, struct error *err)
{
	const struct blob *b = look->state.content;
	AUTO_PTR(value) struct value *tree = NULL;
	const char *url = b ? b->data : NULL;

	if (look->state.kind == FILE_SOCKET)
		return (*ret_socket = strdup(look->path)) ? 0 : error_nomem(err);
	if (url && str_ends(look->path, ".json"))
		url = json_read(b->data, b->len, look->path, &tree, NULL) < 0
			      ? NULL
			      : value_get_text(tree, "Addr");
	while (url && (*url == ' ' || *url == '\t' || *url == '\n'))
		url++;
	if (!url || !str_starts(url, UNIX))
		return 0;
	url += strlen(UNIX);
	return (*ret_socket = strndup(url, strcspn(url, " \t\r\n"))) ? 0 : error_nomem(err);
}

static int find_legacy(struct host *host, const char *name, struct plugin *plugin,
		       struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(places) && !strchr(name, '/'); i++) {
		AUTO_FREE char *path = place_of(places[i], name), *socket = NULL;
		AUTO(look) struct look look = {0};

		if (!path)
			return error_nomem(err);
		if (look_file(host, path, LOOK_CONTENT, &look, err) < 0)
			return -1;
		if (look.state.kind == FILE_ABSENT)
			continue;
		plugin->path = take_ptr(&path);
		if (!host->live)
			return 0;
		if (socket_of(&look, &socket, err) < 0)
			return -1;
		return socket ? plugin_activate(socket, &plugin->why, err) : 0;
	}
	return 0;
}

static bool decides(const struct value *plugin)
{
	const struct value *types =
		value_get(value_get(value_get(plugin, "Config"), "Interface"), "Types");

	for (size_t i = 0; i < value_len(types); i++) {
		const char *type = value_as_text(types->members[i].value);

		if (type && str_starts(type, "docker.authz/"))
			return true;
	}
	return false;
}

/* Whether that file describes the managed plugin name; plugin is filled then. */
static int read_managed(struct host *host, const char *path, const char *name,
			struct plugin *plugin, struct error *err)
{
	AUTO(look) struct look look = {0};
	AUTO_PTR(value) struct value *tree = NULL;
	const struct value *found, *enabled;
	const char *full;
	size_t len = strlen(name);

	if (look_file(host, path, LOOK_CONTENT, &look, err) < 0)
		return -1;
	if (!look.state.content || json_read(look.state.content->data, look.state.content->len,
					     look.path, &tree, NULL) < 0)
		return 0; /* dockerd skips it too */
	found = value_get(tree, "plugin");
	full = value_get_text(found, "Name");
	if (!full || !str_starts(full, name) ||
	    (full[len] && (strchr(name, ':') || !str_equal(full + len, ":latest"))))
		return 0;
	plugin->path = strdup(look.path);
	if (!plugin->path)
		return error_nomem(err);
	enabled = value_get(found, "Enabled");
	if (!enabled || enabled->kind != VALUE_BOOL || !enabled->boolean)
		plugin->why = strdup("it is installed and not enabled");
	else if (!decides(found))
		plugin->why = strdup("it is no authorization plugin (docker.authz)");
	else
		return 0;
	return plugin->why ? 0 : error_nomem(err);
}

static int find_managed(struct host *host, const struct dockerd *d, const char *name,
			struct plugin *plugin, struct error *err)
{
	AUTO_FREE char *root = NULL, *pattern = NULL;
	AUTO(strv) struct strv paths = {0};

	if (dockerd_text(d, "data-root", &root, err) < 0)
		return -1;
	pattern = str_format("%s/plugins/*/config.json", root ? root : "/var/lib/docker");
	if (!pattern)
		return error_nomem(err);
	if (look_glob(host, pattern, &paths, err) < 0)
		return -1;
	for (size_t i = 0; i < paths.len && !plugin->path; i++)
		if (read_managed(host, paths.items[i], name, plugin, err) < 0)
			return -1;
	return 0;
}

int look_plugin(struct host *host, const struct dockerd *d, const char *name,
		struct plugin *ret_plugin, struct error *err)
{
	*ret_plugin = (struct plugin){0};
	if (find_legacy(host, name, ret_plugin, err) < 0 ||
	    (!ret_plugin->path && find_managed(host, d, name, ret_plugin, err) < 0)) {
		plugin_done(ret_plugin);
		return -1;
	}
	return 0;
}
