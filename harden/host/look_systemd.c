// SPDX-License-Identifier: Apache-2.0
/*
 * Properties as systemctl(1) prints them: NAME=VALUE lines, an empty line between units and
 * each unit told by its Id, since systemd prints properties in an order of its own.
 */
#include "harden/host/look_systemd.h"

#include "harden/host/host.h"
#include "harden/host/look_command.h"
#include "harden/host/look_facts_parts.h"
#include "harden/host/look_file.h"

#include <limits.h>

#define TIME_LIMIT 30000 /* ms; a busy systemd answers late */

static const char *const systemctls[] = {"/usr/bin/systemctl", "/bin/systemctl", NULL};

static void known_unit_done(struct systemd_unit *u)
{
	free(u->state);
	free(u->fragment);
	strv_done(&u->drop_ins);
}

void systemd_done(struct systemd *systemd)
{
	known_unit_done(&systemd->service);
	known_unit_done(&systemd->socket);
	*systemd = (struct systemd){0};
}

/* The value of a property in the lines of one unit, NULL if it is not there; owned. */
static char *property(const char *block, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = block; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, name, len) == 0 && line[len] == '=')
			return strndup(line + len + 1, strcspn(line + len + 1, "\n"));
	return NULL;
}

static bool property_is(const char *block, const char *name, const char *value)
{
	AUTO_FREE char *text = property(block, name);

	return str_equal(text, value);
}

static pid_t property_pid(const char *block, const char *name)
{
	AUTO_FREE char *text = property(block, name);
	long pid = text ? strtol(text, NULL, 10) : 0;

	return pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

static int fill_unit(const char *block, struct systemd_unit *u, struct error *err)
{
	AUTO_FREE char *active = property(block, "ActiveState");
	AUTO_FREE char *sub = property(block, "SubState");
	AUTO_FREE char *fragment = property(block, "FragmentPath");
	AUTO_FREE char *drop_ins = property(block, "DropInPaths");

	u->loaded = property_is(block, "LoadState", "loaded");
	u->active = str_equal(active, "active") || str_equal(active, "reloading");
	u->needs_reload = property_is(block, "NeedDaemonReload", "yes");
	u->main_pid = property_pid(block, "MainPID");
	u->state = str_format("%s/%s", active ? active : "unknown", sub ? sub : "unknown");
	if (fragment && *fragment)
		u->fragment = take_ptr(&fragment);
	if (drop_ins && strv_split(&u->drop_ins, drop_ins, " ", err) < 0)
		return -1;
	return u->state ? 0 : error_nomem(err);
}

int systemd_parse(const char *text, struct systemd *systemd, struct error *err)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t len = end ? (size_t)(end - text) + 1 : strlen(text);
		AUTO_FREE char *block = strndup(text, len);

		if (!block)
			return error_nomem(err);
		if (property_is(block, "Id", "docker.service") && !systemd->service.state &&
		    fill_unit(block, &systemd->service, err) < 0)
			return -1;
		if (property_is(block, "Id", "docker.socket") && !systemd->socket.state &&
		    fill_unit(block, &systemd->socket, err) < 0)
			return -1;
		text += len;
		text += strspn(text, "\n");
	}
	return 0;
}

/* systemctl is run by root, so it has to be root's. */
static int find_systemctl(struct host *host, char **ret_path, struct error *err)
{
	AUTO(look) struct look look = {0};

	if (look_first(host, systemctls, ret_path, err) < 0)
		return -1;
	if (!*ret_path)
		return error_set(err, ERROR_SYS, 0, "systemd is the init, but there is no %s",
				 systemctls[0]);
	if (look_file(host, *ret_path, 0, &look, err) < 0)
		return -1;
	if (look.unsafe || look.state.kind != FILE_REGULAR || look.state.uid != 0 ||
	    look.state.mode & 022)
		return error_set(err, ERROR_SYS, 0, "%s is not root's alone: it is not run",
				 *ret_path);
	return 0;
}

#define PROPERTIES                                                                                 \
	"Id,LoadState,ActiveState,SubState,MainPID,NeedDaemonReload,FragmentPath,DropInPaths"

int look_systemd(struct host *host, struct systemd *ret_systemd, struct error *err)
{
	AUTO(systemd) struct systemd systemd = {0};
	AUTO(look) struct look run = {0};
	AUTO(strbuf) struct strbuf text = {0};
	AUTO_FREE char *systemctl = NULL;
	const char *argv[] = {NULL,	  "show",	    "--no-pager",    "-p",
			      PROPERTIES, "docker.service", "docker.socket", NULL};

	if (!host->live)
		return error_set(err, ERROR_INTERNAL, 0, "systemd of a host that is not live");
	if (look_file(host, "/run/systemd/system", 0, &run, err) < 0)
		return -1;
	systemd.init = run.state.kind == FILE_DIRECTORY; /* as sd_booted(3) */
	if (systemd.init) {
		if (find_systemctl(host, &systemctl, err) < 0)
			return -1;
		argv[0] = systemctl;
		if (look_command(argv, TIME_LIMIT, &text, err) < 0 ||
		    systemd_parse(strbuf_text(&text), &systemd, err) < 0)
			return error_wrap(err, "ask systemd about docker.service");
	}
	*ret_systemd = systemd;
	systemd = (struct systemd){0};
	return 0;
}
