// SPDX-License-Identifier: Apache-2.0
/*
 * One function for each word of `suggest`.
 */
#include "harden/text/container_edit.h"

#include <ctype.h>
#include <stdlib.h>

const char *const container_edit_names[] = {
	"set",	 "remove-options", "add-options", "capabilities", "mounts", "devices",
	"ports", "address",	   "network",	  "tmpfs",	  "ask",    NULL,
};

struct editing {
	struct value *container, *host; /* host: its HostConfig */
	const struct container_edit *edit;
	struct strv *notes;
	struct error *err;
};

typedef int edit_function(struct editing *e, const struct value *with);

static int wrong(const struct editing *e, const char *word)
{
	return error_set(e->err, ERROR_RECIPE, 0, "suggest: %s has no use for this value", word);
}

/* The literals of a recipe are texts; the API wants true and 5. */
static struct value *typed(const struct value *v)
{
	const char *text = value_as_text(v);
	char *end;
	long long n;

	if (!text)
		return value_copy(v);
	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		return value_bool(*text == 't');
	n = strtoll(text, &end, 10);
	return *text && !*end && (isdigit((unsigned char)*text) || *text == '-') ? value_integer(n)
										 : value_text(text);
}

/* A number of 0 is a variable that nobody has set: it stays as it was. */
static int edit_set_in(struct editing *e, struct value *map, const struct value *with)
{
	for (size_t i = 0; i < value_len(with); i++) {
		const struct value_member *m = &with->members[i];
		AUTO_PTR(value) struct value *v = NULL;
		struct value *below = value_get(map, m->key);

		if (m->value->kind == VALUE_MAP && below && below->kind == VALUE_MAP) {
			if (edit_set_in(e, below, m->value) < 0)
				return -1;
			continue;
		}
		v = typed(m->value);
		if (!v)
			return error_nomem(e->err);
		if (v->kind == VALUE_INTEGER && !v->integer)
			continue;
		if (value_set(map, m->key, take_ptr(&v), e->err) < 0)
			return -1;
	}
	return 0;
}

static int edit_set(struct editing *e, const struct value *with)
{
	return with->kind == VALUE_MAP ? edit_set_in(e, e->host, with) : wrong(e, "set");
}

/* Whether an option is the word, or is of that name: "seccomp" is "seccomp=x" and "seccomp:x" too. */
static bool is_option(const char *option, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < len; i++)
		if (option[i] != word[i] && !(word[i] == '=' && option[i] == ':'))
			return false;
	return !option[len] || (!strchr(word, '=') && (option[len] == '=' || option[len] == ':'));
}

static bool is_any_option(const char *option, const struct value *words)
{
	if (value_as_text(words))
		return is_option(option, words->text);
	for (size_t i = 0; i < value_len(words); i++)
		if (value_as_text(words->members[i].value) &&
		    is_option(option, words->members[i].value->text))
			return true;
	return false;
}

/* The list of that name in HostConfig, made if there is none. */
static struct value *host_list(struct editing *e, const char *name)
{
	struct value *list = value_get(e->host, name);

	if (list && list->kind == VALUE_LIST)
		return list;
	return value_set(e->host, name, value_list(), e->err) < 0 ? NULL : value_get(e->host, name);
}

static void remove_item(struct value *list, size_t i)
{
	value_free(list->members[i].value);
	memmove(&list->members[i], &list->members[i + 1],
		(--list->len - i) * sizeof(*list->members));
}

static int edit_remove_options(struct editing *e, const struct value *with)
{
	struct value *list = host_list(e, "SecurityOpt");

	if (!list)
		return -1;
	for (size_t i = list->len; i-- > 0;)
		if (value_as_text(list->members[i].value) &&
		    is_any_option(list->members[i].value->text, with))
			remove_item(list, i);
	return 0;
}

static bool is_privileged(const struct value *host)
{
	const struct value *v = value_get(host, "Privileged");

	return v && v->kind == VALUE_BOOL && v->boolean;
}

int container_forget_implied(struct value *container, struct error *err)
{
	const struct value *host = value_get(container, "HostConfig");
	const char *network = value_get_text(host, "NetworkMode");
	struct value *list = value_get(host, "SecurityOpt");
	bool unlabelled = is_privileged(host) ||
			  str_equal(value_get_text(host, "PidMode"), "host") ||
			  str_equal(value_get_text(host, "IpcMode"), "host");

	for (size_t i = value_len(list); unlabelled && i-- > 0;)
		if (str_equal(value_as_text(list->members[i].value), "label=disable"))
			remove_item(list, i);
	if (!str_equal(network, "host") && !(network && str_starts(network, "container:")) &&
	    !str_equal(value_get_text(host, "UTSMode"), "host"))
		return 0;
	return value_get(container, "Config")
		       ? value_set(value_get(container, "Config"), "Hostname", value_text(""), err)
		       : 0;
}

static int edit_add_options(struct editing *e, const struct value *with)
{
	struct value *list = host_list(e, "SecurityOpt");

	if (!list)
		return -1;
	if (value_as_text(with))
		return value_add(list, value_copy(with), e->err);
	for (size_t i = 0; i < value_len(with); i++)
		if (value_add(list, value_copy(with->members[i].value), e->err) < 0)
			return -1;
	return 0;
}

static const char *const default_capabilities[] = {
	"CHOWN",   "DAC_OVERRIDE", "FSETID",	       "FOWNER",
	"MKNOD",   "NET_RAW",	   "SETGID",	       "SETUID",
	"SETFCAP", "SETPCAP",	   "NET_BIND_SERVICE", "SYS_CHROOT",
	"KILL",	   "AUDIT_WRITE",
};

/* Of a text value; "cap_chown", "CAP_CHOWN" and "CHOWN" are one. */
static bool is_capability(const struct value *v, const char *name)
{
	const char *text = value_as_text(v);

	if (text && strncasecmp(text, "CAP_", 4) == 0)
		text += 4;
	return text && strcasecmp(text, name) == 0;
}

static bool has_capability(const struct value *list, const char *name)
{
	if (value_as_text(list))
		return is_capability(list, name);
	for (size_t i = 0; i < value_len(list); i++)
		if (is_capability(list->members[i].value, name))
			return true;
	return false;
}

static bool is_default(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(default_capabilities); i++)
		if (strcmp(default_capabilities[i], name) == 0)
			return true;
	return false;
}

/* As the engine counts: what is added wins over what is dropped. */
static bool is_effective(const struct value *host, const char *name)
{
	const struct value *add = value_get(host, "CapAdd"), *drop = value_get(host, "CapDrop");

	if (is_privileged(host) || has_capability(add, "ALL") || has_capability(add, name))
		return true;
	return is_default(name) && !has_capability(drop, "ALL") && !has_capability(drop, name);
}

/* Names what was added and is gone: only the owner knows whether it is needed. */
static int note_lost(struct editing *e, const struct value *keep)
{
	const struct value *add = value_get(e->host, "CapAdd");
	AUTO(strbuf) struct strbuf lost = {0};

	for (size_t i = 0; i < value_len(add); i++) {
		const char *name = value_as_text(add->members[i].value);

		if (name && strncasecmp(name, "CAP_", 4) == 0)
			name += 4;
		if (name && !has_capability(keep, name))
			strbuf_appendf(&lost, "%s%s", lost.len ? ", " : "", name);
	}
	if (!strbuf_text(&lost))
		return error_nomem(e->err);
	return lost.len ? strv_addf(e->notes, e->err, "it loses the capability %s", lost.data) : 0;
}

/* All dropped, then what it has of those that may be kept. */
static int edit_capabilities(struct editing *e, const struct value *with)
{
	AUTO_PTR(value) struct value *add = value_list();
	struct value *drop = value_list();

	if (!add || value_add(drop, value_text("ALL"), e->err) < 0) {
		value_free(drop);
		return error_nomem(e->err);
	}
	for (size_t i = 0; i < value_len(with); i++) {
		const char *name = value_as_text(with->members[i].value);

		if (name && is_effective(e->host, name) &&
		    value_add(add, value_text(name), e->err) < 0) {
			value_free(drop);
			return -1;
		}
	}
	if (note_lost(e, with) < 0) {
		value_free(drop);
		return -1;
	}
	if (value_set(e->host, "CapDrop", drop, e->err) < 0)
		return -1;
	return value_set(e->host, "CapAdd", take_ptr(&add), e->err);
}

static bool was_found(const struct editing *e, const char *key, const char *text)
{
	for (size_t i = 0; text && i < value_len(e->edit->found); i++)
		if (str_equal(value_get_text(e->edit->found->members[i].value, key), text))
			return true;
	return false;
}

static int edit_mount(struct editing *e, struct value *mount, bool read_only)
{
	if (read_only && was_found(e, "source", value_get_text(mount, "Source")))
		return value_set(mount, "RW", value_bool(false), e->err);
	if (!read_only && was_found(e, "target", value_get_text(mount, "Destination")))
		return value_set(mount, "Propagation", value_text("rprivate"), e->err);
	return 0;
}

/* A volume that binds a path of the host is found by that path, which is not its source: by hand. */
static int edit_mounts(struct editing *e, const struct value *with)
{
	struct value *mounts = value_get(e->container, "Mounts");
	bool read_only = str_equal(value_as_text(with), "read-only");

	if (!read_only && !str_equal(value_as_text(with), "private"))
		return wrong(e, "mounts");
	for (size_t i = 0; i < value_len(mounts); i++)
		if (edit_mount(e, mounts->members[i].value, read_only) < 0)
			return -1;
	return 0;
}

static int edit_devices(struct editing *e, const struct value *with)
{
	struct value *list = value_get(e->host, "Devices");

	if (!str_equal(value_as_text(with), "remove"))
		return wrong(e, "devices");
	for (size_t i = value_len(list); i-- > 0;) {
		const char *path = value_get_text(list->members[i].value, "PathOnHost");

		if (!was_found(e, "device", path))
			continue;
		if (strv_addf(e->notes, e->err, "it loses the device %s", path) < 0)
			return -1;
		remove_item(list, i);
	}
	return 0;
}

/* What -P published, one by one. */
static int edit_ports(struct editing *e, const struct value *with)
{
	const struct value *ports = value_get(value_get(e->container, "NetworkSettings"), "Ports");

	if (!str_equal(value_as_text(with), "bound"))
		return wrong(e, "ports");
	if (value_set(e->host, "PublishAllPorts", value_bool(false), e->err) < 0)
		return -1;
	return value_len(ports) ? value_set(e->host, "PortBindings", value_copy(ports), e->err) : 0;
}

/* "", "0.0.0.0" and "::": nothing but zeros. */
static bool is_any_address(const char *ip)
{
	return !ip || !ip[strspn(ip, "0:.[]")];
}

static int edit_address(struct editing *e, const struct value *with)
{
	struct value *bound = value_get(e->host, "PortBindings");

	if (!value_as_text(with) || !*with->text)
		return wrong(e, "address");
	for (size_t i = 0; i < value_len(bound); i++) {
		struct value *bindings = bound->members[i].value;

		for (size_t k = 0; k < value_len(bindings); k++) {
			struct value *b = bindings->members[k].value;

			if (is_any_address(value_get_text(b, "HostIp")) &&
			    value_set(b, "HostIp", value_copy(with), e->err) < 0)
				return -1;
		}
	}
	return 0;
}

/* Away from the host's network or the default bridge; other networks stay. */
static int edit_network(struct editing *e, const struct value *with)
{
	struct value *settings = value_get(e->container, "NetworkSettings");
	struct value *networks = value_get(settings, "Networks");
	const char *mode = value_get_text(e->host, "NetworkMode");

	if (!str_equal(value_as_text(with), "own"))
		return wrong(e, "network");
	if (!networks || networks->kind != VALUE_MAP) {
		if (!settings || value_set(settings, "Networks", value_map(), e->err) < 0)
			return error_nomem(e->err);
		networks = value_get(settings, "Networks");
	}
	if (str_equal(mode, "host") &&
	    strv_add(e->notes, "what was reached on the host's own addresses has to be published",
		     e->err) < 0)
		return -1;
	(void)value_unset(networks, "host"); /* whichever was there */
	(void)value_unset(networks, "bridge");
	if (value_set(networks, e->edit->network, value_map(), e->err) < 0)
		return -1;
	return value_set(e->host, "NetworkMode", value_text(e->edit->network), e->err);
}

static bool has_tmpfs(const struct editing *e, const char *path)
{
	return value_get(value_get(e->host, "Tmpfs"), path) != NULL;
}

static int edit_tmpfs(struct editing *e, const struct value *with)
{
	AUTO(strv) struct strv paths = {0};
	struct value *tmpfs = value_get(e->host, "Tmpfs");

	if (!value_as_text(with))
		return wrong(e, "tmpfs");
	if (!e->edit->changes)
		return strv_add(e->notes, "what it writes is not known: docker diff lists it",
				e->err);
	if (changes_tmpfs(e->edit->changes, value_get(e->container, "Mounts"), &paths, e->notes,
			  e->err) < 0)
		return -1;
	if (!value_len(e->edit->changes) &&
	    strv_add(e->notes, "it wrote nothing there until now", e->err) < 0)
		return -1;
	if (paths.len && (!tmpfs || tmpfs->kind != VALUE_MAP)) {
		if (value_set(e->host, "Tmpfs", value_map(), e->err) < 0)
			return -1;
		tmpfs = value_get(e->host, "Tmpfs");
	}
	for (size_t i = 0; i < paths.len; i++)
		if (!has_tmpfs(e, paths.items[i]) &&
		    value_set(tmpfs, paths.items[i], value_copy(with), e->err) < 0)
			return -1;
	return 0;
}

static int edit_nothing(struct editing *e, const struct value *with)
{
	(void)e;
	(void)with;
	return 0;
}

/* As container_edit_names. */
static edit_function *const functions[] = {
	edit_set,     edit_remove_options, edit_add_options, edit_capabilities,
	edit_mounts,  edit_devices,	   edit_ports,	     edit_address,
	edit_network, edit_tmpfs,	   edit_nothing,
};

int container_edit(struct value *container, const struct container_edit *edit, struct strv *notes,
		   struct error *err)
{
	struct editing e = {.container = container,
			    .host = value_get(container, "HostConfig"),
			    .edit = edit,
			    .notes = notes,
			    .err = err};

	if (!e.host)
		return error_set(err, ERROR_FORMAT, 0, "the container has no HostConfig");
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		const struct value *with = value_get(edit->edits, container_edit_names[i]);

		if (with && functions[i](&e, with) < 0)
			return -1;
	}
	return 0;
}
