// SPDX-License-Identifier: Apache-2.0
/*
 * Operators that look behind a value: subordinate ids (2.9), authorization plugins (2.12) and
 * seccomp profiles (2.17).
 */
#include "harden/resource/daemon.h"

#include "harden/host/host.h"
#include "harden/host/look_plugin.h"
#include "harden/text/json.h"

#include <string.h>

/* Whether a line of name:...:... files has text in field number field (from 0). */
static bool has_record(const struct blob *content, size_t field, const char *text)
{
	const char *p = content ? content->data : NULL;
	const char *end = content ? p + content->len : NULL;
	size_t len = strlen(text);

	while (p && p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *stop = newline ? newline : end, *f = p;

		for (size_t i = 0; i < field && f; i++) {
			f = memchr(f, ':', (size_t)(stop - f));
			f = f ? f + 1 : NULL;
		}
		if (f && (size_t)(stop - f) >= len && memcmp(f, text, len) == 0 &&
		    (f + len == stop || f[len] == ':'))
			return true;
		p = newline ? newline + 1 : end;
	}
	return false;
}

static int check_ids(struct host *host, const char *file, const char *user, char **ret_why,
		     struct error *err)
{
	AUTO(look) struct look look = {0};

	if (look_file(host, file, LOOK_CONTENT, &look, err) < 0)
		return -1;
	if (has_record(look.state.content, 0, user))
		return 0;
	*ret_why = str_format("%s has no range for the user %s", file, user);
	return *ret_why ? 0 : error_nomem(err);
}

int daemon_check_mapping(struct host *host, const char *remap, char **ret_why, struct error *err)
{
	AUTO_FREE char *user = strndup(remap, strcspn(remap, ":"));
	AUTO(look) struct look passwd = {0};

	*ret_why = NULL;
	if (!user)
		return error_nomem(err);
	if (look_file(host, "/etc/passwd", LOOK_CONTENT, &passwd, err) < 0)
		return -1;
	if (str_equal(user, "default")) {
		/* dockerd makes the user and its ranges at the first start */
		if (!has_record(passwd.state.content, 0, "dockremap"))
			return 0;
		free(user);
		user = strdup("dockremap");
		if (!user)
			return error_nomem(err);
	} else if (!has_record(passwd.state.content, 0, user) &&
		   !has_record(passwd.state.content, 2, user)) {
		*ret_why = str_format("/etc/passwd has no user %s", user);
		return *ret_why ? 0 : error_nomem(err);
	}
	if (check_ids(host, "/etc/subuid", user, ret_why, err) < 0)
		return -1;
	return *ret_why ? 0 : check_ids(host, "/etc/subgid", user, ret_why, err);
}

int daemon_look_mapped(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		       struct daemon_seen *seen, struct error *err)
{
	const char *remap = value_as_text(seen->now.value);
	AUTO_FREE char *why = NULL;

	(void)spec;
	if (dockerd_true(d, "rootless"))
		return strv_add(&seen->notes, "rootless: dockerd is in a user namespace already",
				err);
	if (!remap || !*remap)
		return daemon_violate(
			seen, daemon_resource(d, &seen->now), value_text("a user"), value_text(""),
			err,
			"userns-remap is not set (%s): root in a container is root on "
			"the host",
			seen->now.source);
	if (str_equal(remap, "root") || str_equal(remap, "0") || str_starts(remap, "root:") ||
	    str_starts(remap, "0:"))
		return daemon_violate(seen, daemon_resource(d, &seen->now),
				      value_text("a user that is not root"), value_text(remap), err,
				      "userns-remap is \"%s\" (%s): dockerd only warns and maps "
				      "nothing",
				      remap, seen->now.source);
	if (daemon_check_mapping(host, remap, &why, err) < 0)
		return -1;
	if (why)
		return daemon_violate(seen, daemon_resource(d, &seen->now),
				      value_text("subordinate ids for that user"),
				      value_text(remap), err, "userns-remap is \"%s\" (%s), but %s",
				      remap, seen->now.source, why);
	return 0;
}

/* CVE-2024-41110: a request without body was not shown to the plugin. */
static bool bypass_is_fixed(const char *version)
{
	static const struct {
		const char *line, *fixed;
	} fixes[] = {
		{"27.0", "27.1.1"}, {"26.0", "26.1.5"}, {"25.0", "25.0.6"}, {"24.0", "25.0.6"}};

	for (size_t i = 0; i < ARRAY_SIZE(fixes); i++)
		if (engine_at_least(version, fixes[i].line))
			return engine_at_least(version, fixes[i].fixed);
	return engine_at_least(version, "23.0.15");
}

static int look_one_plugin(struct host *host, const struct dockerd *d, struct daemon_seen *seen,
			   const char *name, struct error *err)
{
	AUTO(plugin) struct plugin plugin = {0};

	if (look_plugin(host, d, name, &plugin, err) < 0)
		return -1;
	if (plugin.path && !plugin.why)
		return daemon_evidence(seen, value_text(name), err, "%s", plugin.path);
	if (plugin.path)
		return daemon_violate(
			seen, daemon_resource(d, &seen->now), value_null(), value_text(name), err,
			"the authorization plugin %s (%s) decides nothing, and dockerd does not "
			"start with it: %s",
			name, seen->now.source, plugin.why);
	if (!host->live) /* a plugin's socket exists only while it runs */
		return strv_addf(
			&seen->notes, err,
			"the authorization plugin %s was not found; dockerd does not start "
			"without it",
			name);
	return daemon_violate(seen, daemon_resource(d, &seen->now), value_null(), value_text(name),
			      err,
			      "the authorization plugin %s (%s) cannot be found: dockerd does not "
			      "start without it",
			      name, seen->now.source);
}

int daemon_look_plugin(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		       struct daemon_seen *seen, struct error *err)
{
	const struct value *v = seen->now.value;

	(void)spec;
	if (!value_len(v))
		return daemon_violate(seen, daemon_resource(d, &seen->now),
				      value_text("at least one plugin"), value_copy(v), err,
				      "authorization-plugins is empty (%s): whoever reaches the "
				      "socket may do everything",
				      seen->now.source);
	for (size_t i = 0; i < v->len; i++)
		if (value_as_text(v->members[i].value) &&
		    look_one_plugin(host, d, seen, v->members[i].value->text, err) < 0)
			return -1;
	if (d->version && !bypass_is_fixed(d->version))
		return strv_addf(&seen->notes, err,
				 "dockerd %s lets requests past authorization plugins "
				 "(CVE-2024-41110): update it",
				 d->version);
	return 0;
}

/* Why a profile of the site's own is no protection, NULL: it is one. */
static int check_profile(struct host *host, const char *name, char **ret_why, struct error *err)
{
	AUTO_FREE char *path = str_format("%s%s", name[0] == '/' ? "" : "/", name);
	AUTO(look) struct look look = {0};
	AUTO_PTR(value) struct value *profile = NULL;
	AUTO(error) struct error why = {0};
	const char *action;

	if (!path)
		return error_nomem(err);
	if (look_file(host, path, LOOK_CONTENT, &look, err) < 0)
		return -1;
	if (look.state.kind != FILE_REGULAR || !look.state.content) {
		*ret_why = strdup("the file is missing: dockerd does not start");
	} else if (look.state.uid != 0 || look.state.mode & 022) {
		*ret_why = strdup("others than root can change the file");
	} else if (json_read(look.state.content->data, look.state.content->len, look.path, &profile,
			     &why) < 0) {
		*ret_why = strdup(error_message(&why));
	} else {
		action = value_get_text(profile, "defaultAction");
		if (action && !str_equal(action, "SCMP_ACT_ALLOW") &&
		    !str_equal(action, "SCMP_ACT_LOG"))
			return 0;
		*ret_why = str_format("its defaultAction is %s", action ? action : "missing");
	}
	return *ret_why ? 0 : error_nomem(err);
}

int daemon_look_confined(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
			 struct daemon_seen *seen, struct error *err)
{
	const char *profile = value_as_text(seen->now.value);
	AUTO_FREE char *why = NULL;

	if (!profile || !*profile ||
	    (str_equal(profile, "builtin") && engine_at_least(d->version, "23.0")))
		return 0;
	if (str_equal(profile, "unconfined"))
		return daemon_violate(seen, daemon_resource(d, &seen->now), value_text("builtin"),
				      value_text(profile), err,
				      "seccomp-profile is \"unconfined\" (%s): containers may make "
				      "every system call",
				      seen->now.source);
	if (check_profile(host, profile, &why, err) < 0)
		return -1;
	if (why)
		return daemon_violate(seen, daemon_resource(d, &seen->now),
				      value_text("a profile that confines"), value_text(profile),
				      err, "seccomp-profile is \"%s\" (%s): %s", profile,
				      seen->now.source, why);
	if (strv_has(&spec->allow, profile))
		return 0;
	seen->manual = true;
	return strv_addf(&seen->notes, err,
			 "the site has its own seccomp profile %s: review it, then name it in "
			 "seccomp_profile",
			 profile);
}
