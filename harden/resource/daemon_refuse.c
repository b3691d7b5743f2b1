// SPDX-License-Identifier: Apache-2.0
/*
 * Pairs that keep dockerd from starting, or containers from running, although `dockerd --validate`
 * says nothing to them (checked with 20.10.24 and 26.1.5). Each rule lists the control as blocked
 * with the reason and the next step. Rules look at the staged view: a conflict that an earlier
 * control of the same run resolves is gone in the next pass.
 */
#include "harden/host/host.h"
#include "harden/host/look_plugin.h"
#include "harden/host/look_swarm.h"
#include "harden/resource/daemon.h"

#include <string.h>

struct refusal {
	const struct daemon_spec *spec;
	struct host *host;
	const struct dockerd *d;
	const struct daemon_want *want;
};

static bool wants_bool(const struct refusal *r, const char *key, bool b)
{
	const struct daemon_want *want = r->want;

	return str_equal(r->spec->path, key) && want->kind == WANT_VALUE &&
	       want->value->kind == VALUE_BOOL && want->value->boolean == b;
}

static const char *wants_text(const struct refusal *r, const char *key)
{
	if (!str_equal(r->spec->path, key) || r->want->kind != WANT_VALUE)
		return NULL;
	return value_as_text(r->want->value);
}

#define BLOCK(r, err, next, ...)                                                                   \
	(stage_block((r)->host->stage, (r)->d->config_path, err, next, __VA_ARGS__) < 0 ? -1 : 1)

static int refuse_icc(const struct refusal *r, struct error *err)
{
	if (!wants_bool(r, "icc", false))
		return 0;
	if (!dockerd_true(r->d, "iptables"))
		return BLOCK(r, err, "let Docker manage iptables again (2.4), then this can be set",
			     "icc=false with iptables=false keeps dockerd from starting");
	if (r->d->version && engine_at_least(r->d->version, "27.0") && dockerd_true(r->d, "ipv6") &&
	    !dockerd_true(r->d, "ip6tables"))
		return BLOCK(r, err, "remove \"ip6tables\": false, then this can be set",
			     "icc=false with ipv6 and ip6tables=false keeps dockerd from starting");
	return 0;
}

static int refuse_iptables(const struct refusal *r, struct error *err)
{
	AUTO(setting) struct setting icc = {0};

	if (!wants_bool(r, "iptables", false))
		return 0;
	if (dockerd_setting(r->d, "icc", &icc, err) < 0)
		return -1;
	if (icc.value->kind != VALUE_BOOL || icc.value->boolean)
		return 0;
	return BLOCK(r, err, "decide for one of the two",
		     "iptables=false with icc=false keeps dockerd from starting");
}

static int refuse_live_restore(const struct refusal *r, struct error *err)
{
	AUTO_FREE char *state = NULL;

	if (!wants_bool(r, "live-restore", true))
		return 0;
	if (look_swarm(r->host, r->d, &state, err) < 0)
		return -1;
	if (!state)
		return 0;
	return BLOCK(r, err, "nothing: swarm moves the containers to other nodes by itself",
		     "this host is a swarm node (%s): dockerd does not start with live-restore",
		     state);
}

static int refuse_proxy(const struct refusal *r, struct error *err)
{
	AUTO_FREE char *path = NULL;

	if (!wants_bool(r, "userland-proxy", true) || !engine_at_least(r->d->version, "26.0"))
		return 0;
	if (dockerd_text(r->d, "userland-proxy-path", &path, err) < 0)
		return -1;
	if (path)
		return 0;
	return BLOCK(
		r, err, "remove the key instead, true is the default",
		"userland-proxy=true without userland-proxy-path makes every reload fail since "
		"26.0");
}

/* cgroupfs only when somebody says so: systemd is the default on cgroup v2. */
static int is_cgroupfs(const struct dockerd *d, bool *ret_cgroupfs, struct error *err)
{
	AUTO(setting) struct setting s = {0};

	*ret_cgroupfs = false;
	if (dockerd_setting(d, "exec-opts", &s, err) < 0)
		return -1;
	for (size_t i = 0; i < value_len(s.value); i++)
		if (str_equal(value_as_text(s.value->members[i].value),
			      "native.cgroupdriver=cgroupfs"))
			*ret_cgroupfs = true;
	return 0;
}

static int refuse_cgroup_parent(const struct refusal *r, struct error *err)
{
	const char *parent = wants_text(r, "cgroup-parent");
	bool cgroupfs;

	if (!parent || !*parent)
		return 0;
	if (is_cgroupfs(r->d, &cgroupfs, err) < 0)
		return -1;
	if (cgroupfs || (str_ends(parent, ".slice") && strlen(parent) > strlen(".slice")))
		return 0;
	return BLOCK(r, err, "use the name of a slice, such as docker.slice",
		     "cgroup-parent \"%s\" is no slice: dockerd does not start on it under the "
		     "systemd cgroup driver",
		     parent);
}

/* A new driver takes the options of the recipe, or those that are there. */
static int refuse_log_opts(const struct refusal *r, struct error *err)
{
	const char *driver = wants_text(r, "log-driver");
	AUTO(setting) struct setting opts = {0}, old = {0};
	const struct value *map;
	const char *why;

	if (dockerd_setting(r->d, "log-opts", &opts, err) < 0 ||
	    dockerd_setting(r->d, "log-driver", &old, err) < 0)
		return -1;
	map = r->spec->opts ? r->spec->opts : opts.value;
	if (str_equal(r->spec->path, "log-opts") && r->want->kind == WANT_VALUE) {
		driver = value_as_text(old.value);
		map = r->want->value;
	}
	if (!driver)
		return 0;
	for (size_t i = 0; i < value_len(map); i++)
		if (!daemon_log_opt_known(driver, map->members[i].key))
			return BLOCK(
				r, err,
				"give the driver's own options in log_opts, they replace the "
				"old ones",
				"the log driver %s has no option \"%s\": dockerd does not start "
				"on it",
				driver, map->members[i].key);
	if (r->spec->op->look == daemon_look_remote &&
	    !daemon_log_is_remote(driver, map, r->spec->forwarded, &why))
		return BLOCK(r, err, "give an address in log_opts",
			     "log-driver %s would not help: %s", driver, why);
	return 0;
}

static int refuse_seccomp(const struct refusal *r, struct error *err)
{
	const char *profile = wants_text(r, "seccomp-profile");
	AUTO(look) struct look look = {0};
	bool keyword;

	if (!profile || !*profile)
		return 0;
	keyword = str_equal(profile, "builtin") || str_equal(profile, "unconfined");
	if (keyword && engine_at_least(r->d->version, "23.0"))
		return 0;
	if (look_file(r->host, profile[0] == '/' ? profile : "/nonexistent", 0, &look, err) < 0)
		return -1;
	if (look.state.kind == FILE_REGULAR)
		return 0;
	return BLOCK(r, err,
		     keyword ? "remove the key: the default is the same"
			     : "put the profile there first",
		     "seccomp-profile \"%s\" is no file: dockerd does not start on it", profile);
}

static int refuse_plugin(const struct refusal *r, struct error *err)
{
	const struct value *v = r->want->value;

	if (!str_equal(r->spec->path, "authorization-plugins") || r->want->kind != WANT_VALUE)
		return 0;
	for (size_t i = 0; i < value_len(v); i++) {
		const char *name = value_as_text(v->members[i].value);
		AUTO(plugin) struct plugin plugin = {0};

		if (!name)
			continue;
		if (look_plugin(r->host, r->d, name, &plugin, err) < 0)
			return -1;
		if (plugin.why)
			return BLOCK(r, err, "start the plugin, and look into its log",
				     "the authorization plugin %s cannot be used: %s", name,
				     plugin.why);
		if (!plugin.path)
			return BLOCK(
				r, err, "install and start the plugin first",
				"the authorization plugin %s cannot be found: dockerd does not "
				"start without it",
				name);
	}
	return 0;
}

static int list_containers(const struct refusal *r, struct strv *names, struct error *err)
{
	AUTO_FREE char *root = NULL;
	char *path;
	int result;

	if (dockerd_text(r->d, "data-root", &root, err) < 0)
		return -1;
	path = str_format("%s/containers", root ? root : "/var/lib/docker");
	if (!path)
		return error_nomem(err);
	result = look_directory(r->host, path, names, err);
	free(path);
	return result;
}

/* The data directory of a user of its own begins empty: what is there vanishes from view. */
static int refuse_data_reset(const struct refusal *r, struct error *err)
{
	AUTO(setting) struct setting now = {0};
	AUTO(strv) struct strv names = {0};

	if (r->spec->accept_data_reset)
		return 0;
	if (dockerd_setting(r->d, "userns-remap", &now, err) < 0 ||
	    list_containers(r, &names, err) < 0)
		return -1;
	if (!names.len || now.from != FROM_DEFAULT)
		return 0;
	return BLOCK(r, err, "move them first, or set accept-data-reset in the recipe",
		     "%zu container%s and all images, volumes and networks would vanish from view: "
		     "dockerd keeps them in another directory under userns-remap",
		     names.len, names.len == 1 ? "" : "s");
}

static int refuse_mapping(const struct refusal *r, struct error *err)
{
	const char *remap = wants_text(r, "userns-remap");
	AUTO_FREE char *why = NULL, *swarm = NULL;

	if (!remap || !*remap)
		return 0;
	if (daemon_check_mapping(r->host, remap, &why, err) < 0 ||
	    look_swarm(r->host, r->d, &swarm, err) < 0)
		return -1;
	if (why)
		return BLOCK(r, err, "add the ranges, 65536 ids that overlap with nobody's",
			     "userns-remap \"%s\" cannot work: %s", remap, why);
	if (swarm)
		return BLOCK(r, err, "leave the swarm first",
			     "this host is a swarm node (%s): its membership would be lost", swarm);
	return refuse_data_reset(r, err);
}

static int refuse_lacking(const struct refusal *r, struct error *err)
{
	if (r->want->kind != WANT_VALUE || daemon_key_available(r->spec->key, r->d->version))
		return 0;
	return BLOCK(r, err, "choose a key that this version has",
		     "dockerd %s has no key \"%s\" and would not start on it",
		     r->d->version ? r->d->version : "of unknown version", r->spec->key->name);
}

int daemon_refuse(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		  const struct daemon_want *want, struct error *err)
{
	static int (*const rules[])(const struct refusal *r, struct error *err) = {
		refuse_lacking,	      refuse_icc,     refuse_iptables, refuse_live_restore,
		refuse_cgroup_parent, refuse_proxy,   refuse_log_opts, refuse_seccomp,
		refuse_plugin,	      refuse_mapping,
	};
	const struct refusal r = {spec, host, d, want};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		int result = rules[i](&r, err);

		if (result)
			return result;
	}
	return 0;
}
