// SPDX-License-Identifier: Apache-2.0
/*
 * Keys that are not one member of the container: texts and lists that the engine spells another way
 * than docker run and Compose do, or that have to be told from what the image says.
 */
#include "harden/text/service_parts.h"

#define SHORT_ID 12

static int done(struct value *made, struct value **ret, struct error *err)
{
	if (!made)
		return error_nomem(err);
	*ret = made;
	return 0;
}

/* Hands over a list that has something in it. */
static int done_list(struct value **list, struct value **ret)
{
	if (value_len(*list))
		*ret = take_ptr(list);
	return 0;
}

bool has_foreign_network(const struct value *host)
{
	const char *mode = value_get_text(host, "NetworkMode");

	return mode && (strcmp(mode, "host") == 0 || strcmp(mode, "none") == 0 ||
			str_starts(mode, "container:"));
}

/* The engine's own choice is the short id; in another's network or UTS namespace it is theirs. */
int make_hostname(const struct making *m, struct value **ret)
{
	const char *name = value_get_text(m->config, "Hostname");
	const char *id = value_get_text(m->container, "Id");
	const char *mode = value_get_text(m->host, "NetworkMode");

	if (!name || !*name || (id && strlen(name) == SHORT_ID && str_starts(id, name)) ||
	    str_equal(value_get_text(m->host, "UTSMode"), "host") ||
	    (mode && (strcmp(mode, "host") == 0 || str_starts(mode, "container:"))))
		return 0;
	return done(value_text(name), ret, m->err);
}

static bool list_has(const struct value *list, const char *text)
{
	for (size_t i = 0; i < value_len(list); i++)
		if (str_equal(value_as_text(list->members[i].value), text))
			return true;
	return false;
}

int make_environment(const struct making *m, struct value **ret)
{
	const struct value *env = value_get(m->config, "Env");
	const struct value *theirs = value_get(m->image, "Env");
	AUTO_PTR(value) struct value *list = value_list();

	for (size_t i = 0; i < value_len(env); i++) {
		const char *text = value_as_text(env->members[i].value);

		if (text && !list_has(theirs, text) &&
		    value_add(list, value_text(text), m->err) < 0)
			return -1;
	}
	return list ? done_list(&list, ret) : error_nomem(m->err);
}

int make_labels(const struct making *m, struct value **ret)
{
	const struct value *labels = value_get(m->config, "Labels");
	const struct value *theirs = value_get(m->image, "Labels");
	AUTO_PTR(value) struct value *map = value_map();

	for (size_t i = 0; i < value_len(labels); i++) {
		const struct value_member *l = &labels->members[i];
		const char *text = value_as_text(l->value);

		if (text && !str_equal(value_get_text(theirs, l->key), text) &&
		    value_set(map, l->key, value_text(text), m->err) < 0)
			return -1;
	}
	return map ? done_list(&map, ret) : error_nomem(m->err);
}

int make_expose(const struct making *m, struct value **ret)
{
	const struct value *exposed = value_get(m->config, "ExposedPorts");
	const struct value *theirs = value_get(m->image, "ExposedPorts");
	const struct value *bound = value_get(m->host, "PortBindings");
	AUTO_PTR(value) struct value *list = value_list();

	for (size_t i = 0; i < value_len(exposed); i++) {
		const char *port = exposed->members[i].key;

		if (port && !value_get(theirs, port) && !value_get(bound, port) &&
		    value_add(list, value_text(port), m->err) < 0)
			return -1;
	}
	return list ? done_list(&list, ret) : error_nomem(m->err);
}

/* "[::1]:8080:80/udp"; an empty or zero port of the host is one that the engine picks. */
static struct value *port_text(const char *port, const struct value *binding)
{
	const char *ip = value_get_text(binding, "HostIp");
	const char *from = value_get_text(binding, "HostPort");
	bool has_ip = ip && *ip, v6 = has_ip && strchr(ip, ':');
	int len = (int)(str_ends(port, "/tcp") ? strlen(port) - 4 : strlen(port));

	if (from && strcmp(from, "0") == 0)
		from = NULL;
	return value_textf("%s%s%s%s%s%s%.*s", v6 ? "[" : "", has_ip ? ip : "", v6 ? "]" : "",
			   has_ip ? ":" : "", from ? from : "",
			   has_ip || (from && *from) ? ":" : "", len, port);
}

int make_ports(const struct making *m, struct value **ret)
{
	const struct value *bound = value_get(m->host, "PortBindings");
	AUTO_PTR(value) struct value *list = value_list();

	if (has_foreign_network(m->host))
		return 0; /* kept by the engine, and void */
	for (size_t i = 0; i < value_len(bound); i++) {
		const struct value_member *port = &bound->members[i];

		for (size_t k = 0; k < value_len(port->value); k++) {
			struct value *text = port_text(port->key, port->value->members[k].value);

			if (text && list_has(list, text->text))
				value_free(text);
			else if (value_add(list, text, m->err) < 0)
				return -1;
		}
	}
	return list ? done_list(&list, ret) : error_nomem(m->err);
}

/* "/db:/web/alias" is --link db:alias. */
int make_links(const struct making *m, struct value **ret)
{
	const struct value *links = value_get(m->host, "Links");
	AUTO_PTR(value) struct value *list = value_list();

	for (size_t i = 0; i < value_len(links); i++) {
		const char *text = value_as_text(links->members[i].value);
		const char *colon = text ? strchr(text, ':') : NULL;
		const char *slash = colon ? strrchr(colon, '/') : NULL;

		if (!colon)
			continue;
		text += *text == '/';
		if (value_add(list,
			      value_textf("%.*s:%s", (int)(colon - text), text,
					  slash ? slash + 1 : colon + 1),
			      m->err) < 0)
			return -1;
	}
	return list ? done_list(&list, ret) : error_nomem(m->err);
}

int make_tmpfs(const struct making *m, struct value **ret)
{
	const struct value *tmpfs = value_get(m->host, "Tmpfs");
	AUTO_PTR(value) struct value *list = value_list();

	for (size_t i = 0; i < value_len(tmpfs); i++) {
		const char *path = tmpfs->members[i].key;
		const char *options = value_as_text(tmpfs->members[i].value);

		if (value_add(list,
			      options && *options ? value_textf("%s:%s", path, options)
						  : value_text(path),
			      m->err) < 0)
			return -1;
	}
	return list ? done_list(&list, ret) : error_nomem(m->err);
}

int make_devices(const struct making *m, struct value **ret)
{
	const struct value *devices = value_get(m->host, "Devices");
	AUTO_PTR(value) struct value *list = value_list();

	for (size_t i = 0; i < value_len(devices); i++) {
		const struct value *d = devices->members[i].value;
		const char *from = value_get_text(d, "PathOnHost");
		const char *to = value_get_text(d, "PathInContainer");
		const char *may = value_get_text(d, "CgroupPermissions");

		if (!from)
			continue;
		if (value_add(list,
			      value_textf("%s:%s:%s", from, to && *to ? to : from,
					  may && *may ? may : "rwm"),
			      m->err) < 0)
			return -1;
	}
	return list ? done_list(&list, ret) : error_nomem(m->err);
}

static const char *only_capability(const struct value *request)
{
	const struct value *sets = value_get(request, "Capabilities");
	const struct value *set = value_len(sets) == 1 ? sets->members[0].value : NULL;

	return value_len(set) == 1 ? value_as_text(set->members[0].value) : NULL;
}

/* The one form that --gpus has a short word for; anything else is told. */
int make_gpus(const struct making *m, struct value **ret)
{
	const struct value *requests = value_get(m->host, "DeviceRequests");
	const struct value *r = value_len(requests) ? requests->members[0].value : NULL;

	if (!r)
		return 0;
	if (value_len(requests) == 1 && str_equal(only_capability(r), "gpu") &&
	    !value_len(value_get(r, "DeviceIDs")) && !value_len(value_get(r, "Options")))
		return done(integer_of(r, "Count") < 0
				    ? value_text("all")
				    : value_textf("%lld", (long long)integer_of(r, "Count")),
			    ret, m->err);
	return strv_add(m->notes,
			"HostConfig.DeviceRequests is not carried over: give them by --gpus",
			m->err);
}

/*
 * docker run reads a seccomp profile from a file and sends its content, which is what inspect shows:
 * the way back is by a file again.
 */
static struct value *option_text(const struct making *m, const char *option)
{
	const char *name = value_get_text(m->container, "Name");

	if (!str_starts(option, "seccomp={") && !str_starts(option, "seccomp:{"))
		return value_text(option);
	name = name ? name + (*name == '/') : "container";
	if (strv_addf(m->notes, m->err,
		      "its seccomp profile has to be a file again: docker inspect --format "
		      "'{{range .HostConfig.SecurityOpt}}{{println .}}{{end}}' %s | sed -n "
		      "'s/^seccomp=//p' >%s.seccomp.json",
		      name, name) < 0)
		return NULL;
	return value_textf("seccomp=%s.seccomp.json", name);
}

int make_security_opt(const struct making *m, struct value **ret)
{
	const struct value *options = value_get(m->host, "SecurityOpt");
	const struct value *masked = value_get(m->host, "MaskedPaths");
	AUTO_PTR(value) struct value *list = value_list();

	for (size_t i = 0; i < value_len(options); i++) {
		const char *option = value_as_text(options->members[i].value);

		if (option && value_add(list, option_text(m, option), m->err) < 0)
			return -1;
	}
	/* the option itself is not kept, only what it does */
	if (masked && masked->kind == VALUE_LIST && !masked->len &&
	    !is_true(m->host, "Privileged") &&
	    value_add(list, value_text("systempaths=unconfined"), m->err) < 0)
		return -1;
	return list ? done_list(&list, ret) : error_nomem(m->err);
}

int make_ulimits(const struct making *m, struct value **ret)
{
	const struct value *ulimits = value_get(m->host, "Ulimits");
	AUTO_PTR(value) struct value *map = value_map();

	for (size_t i = 0; i < value_len(ulimits); i++) {
		const struct value *u = ulimits->members[i].value;
		const char *name = value_get_text(u, "Name");
		struct value *one = value_map();

		if (!name) {
			value_free(one);
			continue;
		}
		if (value_set(map, name, one, m->err) < 0 ||
		    value_set(one, "soft", value_integer(integer_of(u, "Soft")), m->err) < 0 ||
		    value_set(one, "hard", value_integer(integer_of(u, "Hard")), m->err) < 0)
			return -1;
	}
	return map ? done_list(&map, ret) : error_nomem(m->err);
}

/* The default is "host" with the first version of cgroups, "private" with the second. */
int make_cgroup(const struct making *m, struct value **ret)
{
	const char *mode = value_get_text(m->host, "CgroupnsMode");
	const char *version = value_get_text(m->info, "CgroupVersion");
	const char *usual = str_equal(version, "2") ? "private" : "host";

	if (!mode || !*mode || strcmp(mode, usual) == 0)
		return 0;
	return done(value_text(mode), ret, m->err);
}

/* Billionths of a CPU as a decimal number without needless zeros. */
int make_cpus(const struct making *m, struct value **ret)
{
	int64_t nano = integer_of(m->host, "NanoCpus");
	AUTO_FREE char *text = NULL;
	size_t len;

	if (nano <= 0)
		return 0;
	text = str_format("%lld.%09lld", (long long)(nano / 1000000000),
			  (long long)(nano % 1000000000));
	if (!text)
		return error_nomem(m->err);
	len = strlen(text);
	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	text[len] = '\0';
	return done(value_text(text), ret, m->err);
}

/* 0 means something here; what was not said is null or -1. */
int make_swappiness(const struct making *m, struct value **ret)
{
	const struct value *v = value_get(m->host, "MemorySwappiness");

	if (!v || v->kind != VALUE_INTEGER || v->integer < 0)
		return 0;
	return done(value_integer(v->integer), ret, m->err);
}

int make_blkio(const struct making *m, struct value **ret)
{
	AUTO_PTR(value) struct value *map = NULL;
	int64_t weight = integer_of(m->host, "BlkioWeight");

	if (!weight)
		return 0;
	map = value_map();
	if (value_set(map, "weight", value_integer(weight), m->err) < 0)
		return -1;
	return done(take_ptr(&map), ret, m->err);
}

static bool same_words(const struct value *a, const struct value *b)
{
	return (!value_len(a) && !value_len(b)) || value_equal(a, b);
}

/* Without one where the image has one: an empty list. */
int make_entrypoint(const struct making *m, struct value **ret)
{
	const struct value *ours = value_get(m->config, "Entrypoint");

	if (same_words(ours, value_get(m->image, "Entrypoint")))
		return 0;
	return done(value_len(ours) ? value_copy(ours) : value_list(), ret, m->err);
}

/* An entry point of its own drops the image's command, so then it is said in every case. */
int make_command(const struct making *m, struct value **ret)
{
	const struct value *ours = value_get(m->config, "Cmd");

	if (!value_len(ours) ||
	    (same_words(ours, value_get(m->image, "Cmd")) &&
	     same_words(value_get(m->config, "Entrypoint"), value_get(m->image, "Entrypoint"))))
		return 0;
	return done(value_copy(ours), ret, m->err);
}
