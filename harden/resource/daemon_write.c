// SPDX-License-Identifier: Apache-2.0
/*
 * Where a key is written: a flag is changed or taken away where it stands, and only what no flag
 * can say goes to daemon.json, after the flag is gone in the staged view (dockerd refuses both).
 */
#include "harden/resource/daemon_write.h"

#include "harden/host/host.h"
#include "harden/resource/daemon.h"
#include "harden/resource/parents.h"

#include <string.h>

/* Bridge settings are not applied to a bridge with running containers (moby
 * daemon/daemon_unix.go: "updated network configuration will not take affect"); others are
 * copied into a container when it is created. */
static const struct {
	const char *key;
	enum promise promise;
} late[] = {
	{"icc", PROMISE_RESTART_STOPPED},	   {"iptables", PROMISE_RESTART_STOPPED},
	{"log-driver", PROMISE_RECREATE},	   {"log-opts", PROMISE_RECREATE},
	{"no-new-privileges", PROMISE_RECREATE},   {"userland-proxy", PROMISE_RESTART_STOPPED},
	{"userns-remap", PROMISE_RESTART_STOPPED},
};

struct stage_how daemon_how(const struct dockerd *d, const struct daemon_key *key, bool flag)
{
	struct stage_how how = {
		.phase = flag ? PHASE_FLAG : PHASE_CONFIG,
		.promise = PROMISE_RESTART,
		.actions = ACTION_RESTART_DOCKER,
	};

	for (size_t i = 0; i < ARRAY_SIZE(late); i++)
		if (str_equal(late[i].key, key->name))
			how.promise = late[i].promise;
	/* a reload would drop plugins that were given by flag (controls by plugin vanish) */
	if (!flag && key->reload != RELOAD_NO && !dockerd_has_flag(d, "authorization-plugins")) {
		how.promise = PROMISE_RELOAD;
		how.actions = ACTION_RELOAD_DOCKER;
	}
	if (flag && d->start == START_SYSTEMD)
		how.actions |= ACTION_DAEMON_RELOAD;
	return how;
}

int daemon_stage_content(struct host *host, const char *path, struct blob *content,
			 struct stage_how how, struct error *err)
{
	AUTO(look) struct look look = {0};
	AUTO(file_state) struct file_state after = {0};

	if (parents_stage(host, path, err) < 0 ||
	    look_file(host, path, LOOK_CONTENT, &look, err) < 0)
		return -1;
	if (look.state.kind == FILE_ABSENT)
		after = (struct file_state){.kind = FILE_REGULAR, .mode = 0644};
	else if (file_state_copy(&after, &look.state, err) < 0)
		return -1;
	blob_free(after.content);
	after.content = blob_ref(content);
	return look_stage(host, &look, &after, how, err);
}

int daemon_write(struct host *host, const char *path, const struct daemon_want *want,
		 struct error *err)
{
	AUTO_FREE char *name = strndup(path, strcspn(path, "."));
	const struct daemon_key *key = name ? daemon_key_find(name) : NULL;
	const struct dockerd *d;
	bool to_file = true;

	if (!key)
		return error_nomem(err);
	if (look_dockerd(host, &d, err) < 0)
		return -1;
	if (dockerd_has_flag(d, name)) {
		if (daemon_write_flags(host, d, key, want, &to_file, err) < 0 ||
		    look_dockerd(host, &d, err) < 0)
			return -1;
		if (dockerd_has_flag(d, name))
			return 0; /* changed in place, or blocked: never both */
	}
	return to_file ? daemon_write_file(host, d, key, path, want, err) : 0;
}
