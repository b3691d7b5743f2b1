// SPDX-License-Identifier: Apache-2.0
/*
 * One rule for each trap. All were seen to keep dockerd 20.10.24 or 26.1.5 from starting, or every
 * container from running, after the validator had found nothing.
 */
#include "harden/resource/daemon_start.h"

#include "harden/host/host.h"
#include "harden/host/look_listeners.h"
#include "harden/host/look_plugin.h"
#include "harden/host/look_swarm.h"
#include "harden/host/look_users.h"
#include "harden/resource/daemon.h"

#include <arpa/inet.h>
#include <string.h>

struct start {
	struct host *host;
	const struct dockerd *d;
	struct strv *reasons;
};

static int has_file(const struct start *s, const char *path, bool *ret_there, struct error *err)
{
	AUTO(look) struct look look = {0};

	if (look_file(s->host, path, 0, &look, err) < 0)
		return -1;
	*ret_there = look.state.kind != FILE_ABSENT;
	return 0;
}

static int check_bridge(const struct start *s, struct error *err)
{
	AUTO(setting) struct setting icc = {0};

	if (dockerd_setting(s->d, "icc", &icc, err) < 0)
		return -1;
	if (dockerd_true(s->d, "icc"))
		return 0;
	if (!dockerd_true(s->d, "iptables"))
		return strv_addf(s->reasons, err, "icc=false (%s) needs iptables, which is false",
				 icc.source);
	if (s->d->version && engine_at_least(s->d->version, "27.0") && dockerd_true(s->d, "ipv6") &&
	    !dockerd_true(s->d, "ip6tables"))
		return strv_addf(s->reasons, err,
				 "icc=false (%s) with ipv6 needs ip6tables, which is false",
				 icc.source);
	return 0;
}

/* ADDRESS/BITS, as Go's net.ParseCIDR takes it. */
static bool is_network(const char *text)
{
	size_t len = strcspn(text, "/");
	AUTO_FREE char *address = strndup(text, len);
	unsigned char bytes[16];
	char *end = NULL;
	long bits;
	bool v6 = address && strchr(address, ':');

	if (!address || text[len] != '/' || text[len + 1] < '0' || text[len + 1] > '9')
		return false;
	bits = strtol(text + len + 1, &end, 10);
	return !*end && bits <= (v6 ? 128 : 32) &&
	       inet_pton(v6 ? AF_INET6 : AF_INET, address, bytes) == 1;
}

static int check_networks(const struct start *s, struct error *err)
{
	static const char *const keys[] = {"bip", "bip6", "fixed-cidr", "fixed-cidr-v6"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		AUTO(setting) struct setting net = {0};
		const char *text;

		if (dockerd_setting(s->d, keys[i], &net, err) < 0)
			return -1;
		text = value_as_text(net.value);
		if (text && *text && !is_network(text) &&
		    strv_addf(s->reasons, err, "%s \"%s\" (%s) is no network", keys[i], text,
			      net.source) < 0)
			return -1;
	}
	return 0;
}

static int check_seccomp(const struct start *s, struct error *err)
{
	AUTO(setting) struct setting profile = {0};
	const char *path;
	bool there;

	if (dockerd_setting(s->d, "seccomp-profile", &profile, err) < 0)
		return -1;
	path = value_as_text(profile.value);
	if (!path || !*path || profile.from == FROM_DEFAULT)
		return 0;
	if ((str_equal(path, "builtin") || str_equal(path, "unconfined")) &&
	    engine_at_least(s->d->version, "23.0"))
		return 0;
	if (has_file(s, path[0] == '/' ? path : "/nonexistent", &there, err) < 0)
		return -1;
	return there ? 0
		     : strv_addf(s->reasons, err, "the seccomp profile \"%s\" (%s) is no file",
				 path, profile.source);
}

static int check_logging(const struct start *s, struct error *err)
{
	AUTO(setting) struct setting driver = {0}, opts = {0};
	const char *name;

	if (dockerd_setting(s->d, "log-driver", &driver, err) < 0 ||
	    dockerd_setting(s->d, "log-opts", &opts, err) < 0)
		return -1;
	name = value_as_text(driver.value);
	if (!name || !*name)
		return 0;
	/* a plugin's name has a tag or an author */
	if (!daemon_log_is_builtin(name) && !str_equal(name, "none") && !strpbrk(name, ":/"))
		return strv_addf(s->reasons, err, "there is no log driver \"%s\" (%s)", name,
				 driver.source);
	for (size_t i = 0; i < value_len(opts.value); i++)
		if (!daemon_log_opt_known(name, opts.value->members[i].key))
			return strv_addf(s->reasons, err,
					 "the log driver %s has no option \"%s\" (%s)", name,
					 opts.value->members[i].key, opts.source);
	return 0;
}

/* docker, the default, may be missing; any other may not. Sockets of systemd have their own. */
static int check_group(const struct start *s, struct error *err)
{
	AUTO(setting) struct setting group = {0};
	AUTO(listeners) struct listeners list = {0};
	AUTO(error) struct error why = {0};
	const char *name;
	bool unix_socket = false;
	gid_t gid;

	if (dockerd_setting(s->d, "group", &group, err) < 0 || look_listeners(s->d, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.len; i++)
		unix_socket |= list.items[i].kind == LISTENER_UNIX && !list.items[i].activated;
	name = value_as_text(group.value);
	if (!name || !*name || str_equal(name, "docker") || !unix_socket)
		return 0;
	if (look_gid(s->host, name, &gid, &why) == 0)
		return 0;
	if (why.code != ERROR_FORMAT) {
		error_move(err, &why);
		return -1;
	}
	return strv_addf(s->reasons, err, "there is no group \"%s\" (%s)", name, group.source);
}

static int check_plugins(const struct start *s, struct error *err)
{
	AUTO(setting) struct setting plugins = {0};

	if (dockerd_setting(s->d, "authorization-plugins", &plugins, err) < 0)
		return -1;
	for (size_t i = 0; i < value_len(plugins.value); i++) {
		const char *name = value_as_text(plugins.value->members[i].value);
		AUTO(plugin) struct plugin plugin = {0};

		if (!name)
			continue;
		if (look_plugin(s->host, s->d, name, &plugin, err) < 0)
			return -1;
		if (!plugin.path || plugin.why)
			return strv_addf(s->reasons, err,
					 "the authorization plugin %s (%s) cannot be %s%s", name,
					 plugins.source, plugin.path ? "used: " : "found",
					 plugin.path ? plugin.why : "");
	}
	return 0;
}

/* aufs went with 24.0, and hardly a kernel has it; it is asked for only by name. */
static int check_aufs(const struct start *s, const struct setting *driver, struct error *err)
{
	AUTO(look) struct look look = {0};

	if (look_file(s->host, "/proc/filesystems", LOOK_CONTENT, &look, err) < 0)
		return -1;
	if (look.state.content && strstr(look.state.content->data, "aufs") &&
	    !engine_at_least(s->d->version, "24.0"))
		return 0;
	return strv_addf(s->reasons, err, "the storage driver aufs (%s) is not there",
			 driver->source);
}

static int check_storage(const struct start *s, struct error *err)
{
	AUTO(setting) struct setting driver = {0}, opts = {0};
	const char *name;

	if (dockerd_setting(s->d, "storage-driver", &driver, err) < 0 ||
	    dockerd_setting(s->d, "storage-opts", &opts, err) < 0)
		return -1;
	name = value_as_text(driver.value);
	if (str_equal(name, "aufs"))
		return check_aufs(s, &driver, err);
	for (size_t i = 0; str_equal(name, "overlay2") && i < value_len(opts.value); i++) {
		const char *opt = value_as_text(opts.value->members[i].value);

		if (opt && strncasecmp(opt, "dm.", 3) == 0)
			return strv_addf(s->reasons, err,
					 "the storage driver overlay2 has no option \"%s\" (%s)",
					 opt, opts.source);
	}
	return 0;
}

static int check_ulimits(const struct start *s, struct error *err)
{
	AUTO(setting) struct setting limits = {0};

	if (dockerd_setting(s->d, "default-ulimits", &limits, err) < 0)
		return -1;
	for (size_t i = 0; i < value_len(limits.value); i++) {
		const struct value_member *m = &limits.value->members[i];
		const char *fault = daemon_ulimit_fault(m->key, m->value);

		if (fault)
			return strv_addf(s->reasons, err, "default-ulimits %s (%s): %s", m->key,
					 limits.source, fault);
	}
	return 0;
}

static int check_live_restore(const struct start *s, struct error *err)
{
	AUTO_FREE char *state = NULL;

	if (!dockerd_true(s->d, "live-restore"))
		return 0;
	if (look_swarm(s->host, s->d, &state, err) < 0)
		return -1;
	return state ? strv_addf(s->reasons, err,
				 "this host is a swarm node (%s), where live-restore "
				 "cannot be on",
				 state)
		     : 0;
}

/* Whether slices are asked for: said so, or cgroup v2 under systemd. */
static int uses_slices(const struct start *s, bool *ret_slices, struct error *err)
{
	AUTO(setting) struct setting opts = {0};
	bool v2, systemd;

	if (dockerd_setting(s->d, "exec-opts", &opts, err) < 0 ||
	    has_file(s, "/sys/fs/cgroup/cgroup.controllers", &v2, err) < 0 ||
	    has_file(s, "/run/systemd/system", &systemd, err) < 0)
		return -1;
	*ret_slices = v2 && systemd;
	for (size_t i = 0; i < value_len(opts.value); i++) {
		const char *opt = value_as_text(opts.value->members[i].value);

		if (opt && str_starts(opt, "native.cgroupdriver="))
			*ret_slices = str_ends(opt, "=systemd");
	}
	return 0;
}

static int check_cgroup(const struct start *s, struct error *err)
{
	AUTO(setting) struct setting parent = {0};
	const char *name;
	bool slices;

	if (dockerd_setting(s->d, "cgroup-parent", &parent, err) < 0)
		return -1;
	name = value_as_text(parent.value);
	if (!name || !*name)
		return 0;
	if (uses_slices(s, &slices, err) < 0)
		return -1;
	if (!slices || (str_ends(name, ".slice") && strlen(name) > strlen(".slice")))
		return 0;
	return strv_addf(
		s->reasons, err,
		"cgroup-parent \"%s\" (%s) is no slice, as the systemd cgroup driver wants", name,
		parent.source);
}

static int check_mapping(const struct start *s, struct error *err)
{
	AUTO_FREE char *remap = NULL, *why = NULL;

	if (dockerd_text(s->d, "userns-remap", &remap, err) < 0)
		return -1;
	if (!remap)
		return 0;
	if (daemon_check_mapping(s->host, remap, &why, err) < 0)
		return -1;
	return why ? strv_addf(s->reasons, err, "userns-remap \"%s\": %s", remap, why) : 0;
}

static int check_tls(const struct start *s, struct error *err)
{
	AUTO(daemon_tls) struct daemon_tls tls = {0};
	const char *files[3];
	bool there;

	if (look_tls(s->d, &tls, err) < 0)
		return -1;
	files[0] = tls.cert;
	files[1] = tls.key;
	files[2] = tls.verify ? tls.cacert : NULL;
	for (size_t i = 0; tls.on && i < ARRAY_SIZE(files); i++) {
		if (!files[i] || files[i][0] != '/')
			continue;
		if (has_file(s, files[i], &there, err) < 0)
			return -1;
		if (!there)
			return strv_addf(s->reasons, err, "the TLS file %s (%s) is missing",
					 files[i], tls.source);
	}
	return 0;
}

int daemon_start_problems(struct host *host, const struct dockerd *d, struct strv *reasons,
			  struct error *err)
{
	static int (*const rules[])(const struct start *s, struct error *err) = {
		check_bridge,  check_seccomp, check_logging,	  check_group,
		check_plugins, check_storage, check_ulimits,	  check_cgroup,
		check_mapping, check_tls,     check_live_restore, check_networks,
	};
	const struct start s = {host, d, reasons};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i](&s, err) < 0)
			return -1;
	return 0;
}
