// SPDX-License-Identifier: Apache-2.0
/*
 * $daemon: what this host's own files say of its daemon beyond the API's answers: settings in
 * effect as written, the swarm state that no answer shows, where its socket is, and whether users
 * of the docker command check signatures.
 *
 * Facts: moby daemon/cluster/cluster.go (docker-state.json), docker/cli cli/command/trust.go:
 * DOCKER_CONTENT_TRUST is read by strconv.ParseBool, and anything that it does not know counts as
 * false.
 */
#include "harden/host/look_dockerd.h"
#include "harden/host/look_file.h"
#include "harden/host/look_question_parts.h"
#include "harden/text/json.h"

static const char *const settings[] = {
	"cgroup-parent", "default-ulimits", "ip", "no-new-privileges", "seccomp-profile",
	"userns-remap",	 "selinux-enabled",
};

static int add_settings(struct host *host, struct value *daemon, struct error *err)
{
	struct value *map = value_map();
	const struct dockerd *d;

	if (value_set(daemon, "Settings", map, err) < 0 || look_dockerd(host, &d, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		AUTO(setting) struct setting setting = {0};
		AUTO(error) struct error unknown = {0};

		if (dockerd_setting(d, settings[i], &setting, &unknown) < 0)
			continue; /* a broken daemon.json is section 2's finding */
		if (value_set(map, settings[i], value_copy(setting.value), err) < 0)
			return -1;
	}
	return 0;
}

/* State: what swarm/docker-state.json holds, null when there is none. */
static int add_state(struct host *host, const char *root_dir, struct value *daemon,
		     struct error *err)
{
	AUTO_FREE char *path = str_format("%s/swarm/docker-state.json", root_dir);
	AUTO(look) struct look look = {0};
	AUTO(error) struct error why = {0};
	struct value *state = NULL;

	if (!path)
		return error_nomem(err);
	if (look_file(host, path, LOOK_CONTENT, &look, &why) < 0)
		return value_set(daemon, "StateProblem", value_text(error_message(&why)), err);
	if (!look.state.content || !look.state.content->len)
		return 0;
	if (json_read(look.state.content->data, look.state.content->len, path, &state, &why) < 0)
		return value_set(daemon, "StateProblem", value_text(error_message(&why)), err);
	return value_set(daemon, "State", state, err);
}

#define TRUST "DOCKER_CONTENT_TRUST"

/* "export DOCKER_CONTENT_TRUST=1" to "1", quotes off; NULL: the line does not set it. */
static char *trust_of_line(const char *line, size_t len)
{
	const char *end = line + len;

	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	if (end - line > 7 && strncmp(line, "export ", 7) == 0)
		line += 7;
	while (line < end && *line == ' ')
		line++;
	if (end - line <= (ptrdiff_t)strlen(TRUST "=") ||
	    strncmp(line, TRUST "=", strlen(TRUST "=")) != 0)
		return NULL;
	line += strlen(TRUST "=");
	if (*line == '"' || *line == '\'')
		line++;
	return strndup(line, strcspn(line, "\"' \t;#\n"));
}

static int add_trust_of(const char *path, const struct blob *content, struct value *list,
			struct error *err)
{
	const char *line = content->data;

	for (unsigned number = 1; *line; number++) {
		size_t len = strcspn(line, "\n");
		AUTO_FREE char *value = trust_of_line(line, len);
		struct value *one = value ? value_map() : NULL;

		if (value &&
		    (value_add(list, one, err) < 0 ||
		     value_set(one, "Place", value_textf("%s:%u", path, number), err) < 0 ||
		     value_set(one, "Value", value_text(value), err) < 0))
			return -1;
		line += len + (line[len] == '\n');
	}
	return 0;
}

/* ContentTrust: where the environment of users sets it, in the order that a login reads them. */
static int add_trust(struct host *host, struct value *daemon, struct error *err)
{
	struct value *list = value_list();
	AUTO(strv) struct strv paths = {0}, scripts = {0};

	if (value_set(daemon, "ContentTrust", list, err) < 0 ||
	    strv_add(&paths, "/etc/environment", err) < 0 ||
	    strv_add(&paths, "/etc/profile", err) < 0 ||
	    look_glob(host, "/etc/profile.d/*.sh", &scripts, err) < 0)
		return -1;
	for (size_t i = 0; i < scripts.len; i++)
		if (strv_add(&paths, scripts.items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < paths.len; i++) {
		AUTO(look) struct look look = {0};
		AUTO(error) struct error why = {0};

		if (look_file(host, paths.items[i], LOOK_CONTENT, &look, &why) < 0) {
			if (value_set(daemon, "ContentTrustProblem",
				      value_text(error_message(&why)), err) < 0)
				return -1;
		} else if (look.state.content &&
			   add_trust_of(paths.items[i], look.state.content, list, err) < 0) {
			return -1;
		}
	}
	return 0;
}

int look_daemon_object(struct host *host, const char *root_dir, const char *socket,
		       struct value **ret, struct error *err)
{
	AUTO_PTR(value) struct value *daemon = value_map();

	if (!daemon)
		return error_nomem(err);
	if (add_settings(host, daemon, err) < 0 || add_state(host, root_dir, daemon, err) < 0 ||
	    add_trust(host, daemon, err) < 0 ||
	    value_set(daemon, "Socket", value_text(socket), err) < 0)
		return -1;
	*ret = take_ptr(&daemon);
	return 0;
}
