// SPDX-License-Identifier: Apache-2.0
/*
 * Operators that look behind a value: subordinate ids (2.9), authorization plugins (2.12) and
 * seccomp profiles (2.17).
 */
#include "harden/resource/daemon.h"

#include "harden/host/host.h"
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

/* Where legacy plugins announce themselves (moby pkg/plugins/discovery.go). */
static const char *const plugin_places[] = {
	"/run/docker/plugins/%s.sock",	      "/run/docker/plugins/%s/%s.sock",
	"/etc/docker/plugins/%s.spec",	      "/etc/docker/plugins/%s.json",
	"/usr/lib/docker/plugins/%s.spec",    "/usr/lib/docker/plugins/%s.json",
	"/usr/lib/docker/plugins/%s/%s.spec", "/usr/lib/docker/plugins/%s/%s.json",
};

/* The place with %s replaced by name. */
static char *place_of(const char *pattern, const char *name)
{
	AUTO(strbuf) struct strbuf path = {0};
	char *text = NULL;

	for (const char *p = pattern; *p; p++) {
		if (p[0] == '%' && p[1] == 's') {
			strbuf_append(&path, name);
			p++;
		} else {
			strbuf_append_char(&path, *p);
		}
	}
	return strbuf_take(&path, &text, NULL) < 0 ? NULL : text;
}

/* Managed plugins lie in the data directory, each with its name in config.json. */
static int find_managed(struct host *host, const struct dockerd *d, const char *name,
			char **ret_path, struct error *err)
{
	AUTO_FREE char *root = NULL, *pattern = NULL, *text = NULL;
	AUTO(strv) struct strv paths = {0};

	if (dockerd_text(d, "data-root", &root, err) < 0)
		return -1;
	pattern = str_format("%s/plugins/*/config.json", root ? root : "/var/lib/docker");
	text = str_format("\"%s%s\"", name, strchr(name, ':') ? "" : ":latest");
	if (!pattern || !text)
		return error_nomem(err);
	if (look_glob(host, pattern, &paths, err) < 0)
		return -1;
	for (size_t i = 0; i < paths.len && !*ret_path; i++) {
		AUTO(look) struct look look = {0};
		const struct blob *b;

		if (look_file(host, paths.items[i], LOOK_CONTENT, &look, err) < 0)
			return -1;
		b = look.state.content;
		if (b && memmem(b->data, b->len, text, strlen(text)) &&
		    !(*ret_path = strdup(look.path)))
			return error_nomem(err);
	}
	return 0;
}

int daemon_find_plugin(struct host *host, const struct dockerd *d, const char *name,
		       char **ret_path, struct error *err)
{
	*ret_path = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(plugin_places) && !strchr(name, '/'); i++) {
		AUTO_FREE char *path = place_of(plugin_places[i], name);
		AUTO(look) struct look look = {0};

		if (!path)
			return error_nomem(err);
		if (look_file(host, path, 0, &look, err) < 0)
			return -1;
		if (look.state.kind == FILE_ABSENT)
			continue;
		*ret_path = take_ptr(&path);
		return 0;
	}
	return find_managed(host, d, name, ret_path, err);
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
	AUTO_FREE char *path = NULL;

	if (daemon_find_plugin(host, d, name, &path, err) < 0)
		return -1;
	if (path)
		return daemon_evidence(seen, value_text(name), err, "%s", path);
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
