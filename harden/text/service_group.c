// SPDX-License-Identifier: Apache-2.0
/*
 * Keys whose values are maps: mounts, networks, logging, health checks.
 */
#include "harden/text/service_parts.h"

#include <inttypes.h>

/* What was asked for when the mount was made; it knows options that the effective list does not. */
static const struct value *asked_mount(const struct making *m, const char *target)
{
	const struct value *asked = value_get(m->host, "Mounts");

	for (size_t i = 0; i < value_len(asked); i++)
		if (str_equal(value_get_text(asked->members[i].value, "Target"), target))
			return asked->members[i].value;
	return NULL;
}

static int set_text(struct value *map, const char *key, const char *text, struct error *err)
{
	return text && *text ? value_set(map, key, value_text(text), err) : 0;
}

/* Adds map below key unless it is empty; takes it. */
static int set_group(struct value *map, const char *key, struct value *group, struct error *err)
{
	if (group && !group->len) {
		value_free(group);
		return 0;
	}
	return value_set(map, key, group, err);
}

/* "z" and "Z" of a mode such as "ro,Z". */
static const char *relabel_of(const struct value *mount)
{
	const char *mode = value_get_text(mount, "Mode");

	if (mode && strchr(mode, 'Z'))
		return "Z";
	return mode && strchr(mode, 'z') ? "z" : NULL;
}

static struct value *bind_group(const struct value *mount, const struct value *asked,
				struct error *err)
{
	AUTO_PTR(value) struct value *bind = value_map();
	const char *propagation = value_get_text(mount, "Propagation");

	if (propagation && strcmp(propagation, "rprivate") == 0)
		propagation = NULL;
	if (!bind || set_text(bind, "propagation", propagation, err) < 0 ||
	    set_text(bind, "selinux", relabel_of(mount), err) < 0)
		return NULL;
	if (is_true(value_get(asked, "BindOptions"), "NonRecursive") &&
	    set_text(bind, "recursive", "disabled", err) < 0)
		return NULL;
	return take_ptr(&bind);
}

static struct value *volume_group(const struct value *asked, struct error *err)
{
	AUTO_PTR(value) struct value *volume = value_map();

	if (volume && is_true(value_get(asked, "VolumeOptions"), "NoCopy") &&
	    value_set(volume, "nocopy", value_bool(true), err) < 0)
		return NULL;
	return take_ptr(&volume);
}

static struct value *tmpfs_group(const struct value *asked, struct error *err)
{
	const struct value *options = value_get(asked, "TmpfsOptions");
	AUTO_PTR(value) struct value *tmpfs = value_map();
	int64_t size = integer_of(options, "SizeBytes"), mode = integer_of(options, "Mode");

	if (!tmpfs || (size > 0 && value_set(tmpfs, "size", value_integer(size), err) < 0) ||
	    (mode > 0 && value_set(tmpfs, "mode", value_integer(mode), err) < 0))
		return NULL;
	return take_ptr(&tmpfs);
}

static int make_volume(const struct making *m, const struct value *mount, struct value *list)
{
	const char *type = value_get_text(mount, "Type");
	const char *target = value_get_text(mount, "Destination");
	const struct value *asked = target ? asked_mount(m, target) : NULL;
	AUTO_PTR(value) struct value *v = value_map();
	struct value *group;

	if (!type || !target)
		return 0;
	if (!v || value_set(v, "type", value_text(type), m->err) < 0 ||
	    set_text(v, "source",
		     value_get_text(mount, strcmp(type, "volume") == 0 ? "Name" : "Source"),
		     m->err) < 0 ||
	    value_set(v, "target", value_text(target), m->err) < 0 ||
	    (!is_true(mount, "RW") && value_set(v, "read_only", value_bool(true), m->err) < 0))
		return error_nomem(m->err);
	group = strcmp(type, "bind") == 0    ? bind_group(mount, asked, m->err)
		: strcmp(type, "tmpfs") == 0 ? tmpfs_group(asked, m->err)
					     : volume_group(asked, m->err);
	if (set_group(v, type, group, m->err) < 0)
		return -1;
	return value_add(list, take_ptr(&v), m->err);
}

/*
 * From the effective mounts, which hold those of --volumes-from and the image too. Anonymous volumes
 * are named, or what is in them would be lost.
 */
int make_volumes(const struct making *m, struct value **ret)
{
	const struct value *mounts = value_get(m->container, "Mounts");
	AUTO_PTR(value) struct value *list = value_list();

	if (!list)
		return error_nomem(m->err);
	for (size_t i = 0; i < value_len(mounts); i++)
		if (make_volume(m, mounts->members[i].value, list) < 0)
			return -1;
	if (list->len)
		*ret = take_ptr(&list);
	return 0;
}

static bool is_default_bridge(const char *mode)
{
	return !mode || !*mode || strcmp(mode, "default") == 0 || strcmp(mode, "bridge") == 0;
}

int make_network_mode(const struct making *m, struct value **ret)
{
	const char *mode = value_get_text(m->host, "NetworkMode");

	if (is_default_bridge(mode))
		mode = "bridge";
	else if (!has_foreign_network(m->host))
		return 0;
	*ret = value_text(mode);
	return *ret ? 0 : error_nomem(m->err);
}

/* Names that people gave; the engine itself adds the short id. */
static struct value *alias_list(const struct making *m, const struct value *endpoint,
				struct error *err)
{
	const struct value *aliases = value_get(endpoint, "Aliases");
	const char *id = value_get_text(m->container, "Id");
	AUTO_PTR(value) struct value *list = value_list();

	for (size_t i = 0; i < value_len(aliases); i++) {
		const char *alias = value_as_text(aliases->members[i].value);

		if (!alias || (id && strlen(alias) >= 12 && str_starts(id, alias)))
			continue;
		if (value_add(list, value_text(alias), err) < 0)
			return NULL;
	}
	return take_ptr(&list);
}

static struct value *network_value(const struct making *m, const struct value *endpoint)
{
	static const char *const addresses[][2] = {{"ipv4_address", "IPv4Address"},
						   {"ipv6_address", "IPv6Address"}};
	const struct value *asked = value_get(endpoint, "IPAMConfig");
	AUTO_PTR(value) struct value *network = value_map();

	if (!network || set_group(network, "aliases", alias_list(m, endpoint, m->err), m->err) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		if (set_text(network, addresses[i][0], value_get_text(asked, addresses[i][1]),
			     m->err) < 0)
			return NULL;
	return take_ptr(&network);
}

/* The network that it was started in, by its name: Compose asks for it by id. */
static const char *first_network(const struct value *networks, const char *mode)
{
	if (value_get(networks, mode))
		return mode;
	for (size_t i = 0; i < value_len(networks); i++) {
		const char *id = value_get_text(networks->members[i].value, "NetworkID");

		if (id && *id && str_starts(id, mode))
			return networks->members[i].key;
	}
	/* before its first start only the names are known */
	return strlen(mode) == 64 && value_len(networks) ? networks->members[0].key : mode;
}

/* The default bridge is a network_mode; the network that it was started in comes first. */
int make_networks(const struct making *m, struct value **ret)
{
	const struct value *networks =
		value_get(value_get(m->container, "NetworkSettings"), "Networks");
	const char *mode = value_get_text(m->host, "NetworkMode");
	AUTO_PTR(value) struct value *map = value_map();

	if (has_foreign_network(m->host))
		return 0;
	if (!map)
		return error_nomem(m->err);
	if (!is_default_bridge(mode))
		mode = first_network(networks, mode);
	if (!is_default_bridge(mode) &&
	    value_set(map, mode, network_value(m, value_get(networks, mode)), m->err) < 0)
		return -1;
	for (size_t i = 0; i < value_len(networks); i++) {
		const char *name = networks->members[i].key;

		if (is_default_bridge(name) || str_equal(name, mode))
			continue;
		if (value_set(map, name, network_value(m, networks->members[i].value), m->err) < 0)
			return -1;
	}
	if (map->len)
		*ret = take_ptr(&map);
	return 0;
}

/* What the daemon chose by itself: its driver without options. */
int make_logging(const struct making *m, struct value **ret)
{
	const struct value *log = value_get(m->host, "LogConfig");
	const struct value *options = value_get(log, "Config");
	const char *type = value_get_text(log, "Type");
	const char *usual = value_get_text(m->info, "LoggingDriver");
	AUTO_PTR(value) struct value *map = NULL;

	if (!type || !*type ||
	    (!value_len(options) && strcmp(type, usual ? usual : "json-file") == 0))
		return 0;
	map = value_map();
	if (value_set(map, "driver", value_text(type), m->err) < 0 ||
	    (value_len(options) && value_set(map, "options", value_copy(options), m->err) < 0))
		return -1;
	*ret = take_ptr(&map);
	return 0;
}

int make_restart(const struct making *m, struct value **ret)
{
	const struct value *policy = value_get(m->host, "RestartPolicy");
	const char *name = value_get_text(policy, "Name");
	int64_t count = integer_of(policy, "MaximumRetryCount");

	if (!name || !*name || strcmp(name, "no") == 0)
		return 0;
	*ret = count > 0 ? value_textf("%s:%" PRId64, name, count) : value_text(name);
	return *ret ? 0 : error_nomem(m->err);
}

int make_grace(const struct making *m, struct value **ret)
{
	const struct value *v = value_get(m->config, "StopTimeout");

	if (!v || v->kind != VALUE_INTEGER)
		return 0;
	*ret = value_textf("%" PRId64 "s", v->integer);
	return *ret ? 0 : error_nomem(m->err);
}

/* Nanoseconds as Go writes a duration, in whole seconds where they are. */
static struct value *duration(int64_t ns)
{
	if (ns % 1000000000 == 0)
		return value_textf("%" PRId64 "s", ns / 1000000000);
	return value_textf("%" PRId64 "ns", ns);
}

int make_healthcheck(const struct making *m, struct value **ret)
{
	static const char *const times[][2] = {{"interval", "Interval"},
					       {"timeout", "Timeout"},
					       {"start_period", "StartPeriod"},
					       {"start_interval", "StartInterval"}};
	const struct value *ours = value_get(m->config, "Healthcheck");
	const struct value *test = value_get(ours, "Test");
	AUTO_PTR(value) struct value *map = NULL;

	if (!value_len(ours) || value_equal(ours, value_get(m->image, "Healthcheck")))
		return 0;
	map = value_map();
	if (value_len(test) && str_equal(value_as_text(test->members[0].value), "NONE")) {
		if (value_set(map, "disable", value_bool(true), m->err) < 0)
			return -1;
		*ret = take_ptr(&map);
		return 0;
	}
	if (value_len(test) && value_set(map, "test", value_copy(test), m->err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		int64_t ns = integer_of(ours, times[i][1]);

		if (ns > 0 && value_set(map, times[i][0], duration(ns), m->err) < 0)
			return -1;
	}
	if (integer_of(ours, "Retries") > 0 &&
	    value_set(map, "retries", value_integer(integer_of(ours, "Retries")), m->err) < 0)
		return -1;
	*ret = take_ptr(&map);
	return 0;
}
