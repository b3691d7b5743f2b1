// SPDX-License-Identifier: Apache-2.0
/*
 * Two tables: what a change of a key costs beside the restart, and where the engine shows a key.
 */
#include "backup/settle_diff.h"

#include <string.h>

enum cost {
	COST_STOPPED = 1 << 0,
	COST_EMPTY = 1 << 1,
	COST_START = 1 << 2,
	COST_RECREATE = 1 << 3,
};

/*
 * moby daemon/daemon_unix.go ("there are running containers, updated network configuration will
 * not take affect"), daemon/create.go (what is copied into a container), and the documentation of
 * live-restore: not over another data directory, storage driver or containerd.
 */
static const struct {
	const char *key;
	unsigned cost;
} costs[] = {
	{"bip", COST_STOPPED},
	{"bip6", COST_STOPPED},
	{"bridge", COST_STOPPED},
	{"cgroup-parent", COST_START},
	{"containerd", COST_EMPTY},
	{"containerd-namespace", COST_EMPTY},
	{"data-root", COST_EMPTY},
	{"default-gateway", COST_STOPPED},
	{"default-gateway-v6", COST_STOPPED},
	{"default-ulimits", COST_START},
	{"exec-root", COST_EMPTY},
	{"firewall-backend", COST_STOPPED},
	{"fixed-cidr", COST_STOPPED},
	{"fixed-cidr-v6", COST_STOPPED},
	{"graph", COST_EMPTY},
	{"icc", COST_STOPPED},
	{"ip", COST_STOPPED},
	{"ip-forward", COST_STOPPED},
	{"ip-masq", COST_STOPPED},
	{"ip6tables", COST_STOPPED},
	{"iptables", COST_STOPPED},
	{"ipv6", COST_STOPPED},
	{"log-driver", COST_RECREATE},
	{"log-opts", COST_RECREATE},
	{"mtu", COST_STOPPED},
	{"no-new-privileges", COST_RECREATE},
	{"seccomp-profile", COST_START},
	{"storage-driver", COST_EMPTY},
	{"userland-proxy", COST_STOPPED},
	{"userns-remap", COST_EMPTY},
};

static unsigned cost_of(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(costs); i++)
		if (str_equal(costs[i].key, key))
			return costs[i].cost;
	return 0;
}

static int add_restart(struct settle_diff *diff, const char *key, struct error *err)
{
	unsigned cost = cost_of(key);

	if (strv_add_once(&diff->restart, key, err) < 0 ||
	    ((cost & COST_STOPPED) && strv_add_once(&diff->stopped, key, err) < 0) ||
	    ((cost & COST_EMPTY) && strv_add_once(&diff->empty, key, err) < 0) ||
	    ((cost & COST_START) && strv_add_once(&diff->start, key, err) < 0) ||
	    ((cost & COST_RECREATE) && strv_add_once(&diff->recreate, key, err) < 0))
		return -1;
	return 0;
}

/* "" and an empty list say the same as nothing. */
static bool is_nothing(const struct value *v)
{
	return v->kind == VALUE_NULL || (v->kind == VALUE_TEXT && !*v->text) ||
	       ((v->kind == VALUE_LIST || v->kind == VALUE_MAP) && !v->len);
}

static bool same_value(const struct value *a, const struct value *b)
{
	if (is_nothing(a) && is_nothing(b))
		return true;
	if (a->kind == VALUE_TEXT && b->kind == VALUE_TEXT)
		return strcasecmp(a->text, b->text) == 0; /* log levels; nothing else is near */
	return value_equal(a, b);
}

int settle_diff_views(const struct dockerd *running, const struct dockerd *written,
		      struct settle_diff *diff, struct error *err)
{
	for (size_t i = 0; i < daemon_keys_len; i++) {
		const struct daemon_key *key = &daemon_keys[i];
		AUTO(setting) struct setting now = {0}, then = {0};

		if (dockerd_setting(running, key->name, &now, err) < 0 ||
		    dockerd_setting(written, key->name, &then, err) < 0)
			return -1;
		if (key->reload != RELOAD_NO && now.from != FROM_FLAG && then.from != FROM_FLAG)
			continue;
		if (!same_value(now.value, then.value) && add_restart(diff, key->name, err) < 0)
			return -1;
	}
	return 0;
}

/* Where the engine shows a key, and how it compares: 1 the same, 0 different, -1 not shown. */
struct shown {
	const char *key, *member;
	int (*compare)(const struct shown *s, const struct value *info, const struct dockerd *d,
		       const struct value *written);
};

static int compare_member(const struct shown *s, const struct value *info, const struct dockerd *d,
			  const struct value *written)
{
	const struct value *v = value_get(info, s->member);

	(void)d;
	if (!v || v->kind != written->kind)
		return -1;
	return value_equal(v, written);
}

static bool has_option(const struct value *options, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < value_len(options); i++) {
		const char *text = value_as_text(options->members[i].value);

		if (text && strncmp(text, name, len) == 0 && (!text[len] || text[len] == ','))
			return true;
	}
	return false;
}

/* A security option is there or not; no-new-privileges is shown since 24.0. */
static int compare_option(const struct shown *s, const struct value *info, const struct dockerd *d,
			  const struct value *written)
{
	const struct value *options = value_get(info, "SecurityOptions");
	bool on = written->kind == VALUE_BOOL ? written->boolean : !is_nothing(written);

	if (!options || (str_equal(s->key, "no-new-privileges") &&
			 (!d->version || !engine_at_least(d->version, "24.0"))))
		return -1;
	return has_option(options, s->member) == on;
}

/* How many entries are networks, and whether all others are shown as insecure registries. */
static int compare_registries(const struct shown *s, const struct value *info,
			      const struct dockerd *d, const struct value *written)
{
	const struct value *config = value_get(info, "RegistryConfig");
	const struct value *nets = value_get(config, "InsecureRegistryCIDRs");
	const struct value *hosts = value_get(config, "IndexConfigs");
	size_t shown = 0, local = 0, wanted = value_len(written);

	(void)s;
	(void)d;
	if (!config)
		return -1;
	for (size_t i = 0; i < value_len(nets); i++) {
		const char *net = value_as_text(nets->members[i].value);

		if (str_equal(net, "127.0.0.0/8") || str_equal(net, "::1/128"))
			local++;
	}
	for (size_t i = 0; i < value_len(hosts); i++) {
		const struct value *secure = value_get(hosts->members[i].value, "Secure");

		shown += secure && secure->kind == VALUE_BOOL && !secure->boolean;
	}
	return shown + value_len(nets) - local == wanted;
}

static bool has_text(const struct value *list, const char *text, size_t len)
{
	for (size_t i = 0; i < value_len(list); i++) {
		const char *t = value_as_text(list->members[i].value);

		if (t && strncmp(t, text, len) == 0 && (!t[len] || str_equal(t + len, "/")))
			return true;
	}
	return false;
}

static bool has_all(const struct value *list, const struct value *of, bool urls)
{
	for (size_t i = 0; i < value_len(of); i++) {
		const char *text = value_as_text(of->members[i].value);
		size_t len = text ? strlen(text) : 0;

		if (text && !has_text(list, text, len - (len && urls && text[len - 1] == '/')))
			return false;
	}
	return true;
}

/* Lists that it may put in order and leaves doubles out of, and URLs that it ends with a slash. */
static int compare_list(const struct shown *s, const struct value *info, const struct dockerd *d,
			const struct value *written)
{
	bool mirrors = str_equal(s->key, "registry-mirrors");
	const struct value *list =
		value_get(mirrors ? value_get(info, "RegistryConfig") : info, s->member);

	(void)d;
	if (!list || (list->kind != VALUE_LIST && list->kind != VALUE_NULL))
		return -1;
	return has_all(list, written, mirrors) && has_all(written, list, mirrors);
}

static const struct shown shown_by_info[] = {
	{"debug", "Debug", compare_member},
	{"default-runtime", "DefaultRuntime", compare_member},
	{"experimental", "ExperimentalBuild", compare_member},
	{"insecure-registries", "RegistryConfig", compare_registries},
	{"labels", "Labels", compare_list},
	{"live-restore", "LiveRestoreEnabled", compare_member},
	{"log-driver", "LoggingDriver", compare_member},
	{"no-new-privileges", "name=no-new-privileges", compare_option},
	{"registry-mirrors", "Mirrors", compare_list},
	{"userns-remap", "name=userns", compare_option},
};

static int add_shown(const struct setting *s, struct settle_diff *diff, struct error *err)
{
	if (s->key->reload != RELOAD_NO && s->from != FROM_FLAG)
		return strv_add_once(&diff->reload, s->key->name, err);
	return add_restart(diff, s->key->name, err);
}

/* icc stands in the options of the network that the bridge is. */
static int add_bridge(const struct value *bridge, const struct dockerd *written, bool known,
		      struct settle_diff *diff, struct error *err)
{
	const char *icc = value_get_text(value_get(bridge, "Options"),
					 "com.docker.network.bridge.enable_icc");

	if (!icc || str_equal(icc, "true") == dockerd_true(written, "icc"))
		return 0;
	if (known && !strv_has(&diff->restart, "icc"))
		return strv_add_once(&diff->ignored, "icc", err);
	return add_restart(diff, "icc", err);
}

int settle_diff_shown(const struct value *info, const struct value *bridge,
		      const struct dockerd *written, bool known, struct settle_diff *diff,
		      struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(shown_by_info); i++) {
		const struct shown *s = &shown_by_info[i];
		AUTO(setting) struct setting then = {0};

		if (dockerd_setting(written, s->key, &then, err) < 0)
			return -1;
		if (s->compare(s, info, written, then.value) == 0 &&
		    add_shown(&then, diff, err) < 0)
			return -1;
	}
	return add_bridge(bridge, written, known, diff, err);
}

int settle_gone_default(const struct dockerd *written, const char *name, struct value **ret_value,
			struct error *err)
{
	const struct daemon_key *key = daemon_key_find(name);
	AUTO(setting) struct setting s = {0};

	*ret_value = NULL;
	if (!key)
		return error_set(err, ERROR_INTERNAL, 0, "dockerd has no key %s", name);
	if (dockerd_setting(written, name, &s, err) < 0)
		return -1;
	if (!is_nothing(s.value))
		*ret_value = value_copy(s.value);
	else if (key->type == DAEMON_TEXT_LIST || key->type == DAEMON_MAP_LIST)
		*ret_value = value_list();
	else if (key->type == DAEMON_TEXT_MAP || key->type == DAEMON_MAP)
		*ret_value = value_map();
	else
		return 0;
	return *ret_value ? 0 : error_nomem(err);
}

static int add_gone(const char *key, const struct dockerd *written, struct settle_diff *diff,
		    struct error *err)
{
	AUTO_PTR(value) struct value *value = NULL;

	if (settle_gone_default(written, key, &value, err) < 0)
		return -1;
	return value ? strv_add_once(&diff->gone, key, err) : add_restart(diff, key, err);
}

int settle_diff_gone(const struct value *earlier, const struct dockerd *written,
		     struct settle_diff *diff, struct error *err)
{
	for (size_t i = 0; i < daemon_keys_len; i++) {
		const struct daemon_key *key = &daemon_keys[i];
		AUTO(setting) struct setting then = {0};

		if (key->reload != RELOAD_IF_PRESENT ||
		    (!strv_has(&diff->reload, key->name) && !value_get(earlier, key->name)))
			continue;
		if (dockerd_setting(written, key->name, &then, err) < 0)
			return -1;
		if (then.from == FROM_DEFAULT && add_gone(key->name, written, diff, err) < 0)
			return -1;
	}
	return 0;
}

void settle_diff_done(struct settle_diff *diff)
{
	strv_done(&diff->gone);
	strv_done(&diff->restart);
	strv_done(&diff->stopped);
	strv_done(&diff->empty);
	strv_done(&diff->start);
	strv_done(&diff->recreate);
	strv_done(&diff->ignored);
	strv_done(&diff->reload);
	*diff = (struct settle_diff){0};
}
