// SPDX-License-Identifier: Apache-2.0
/*
 * Operators for TCP listeners (2.7) and default ulimits (2.8).
 */
#include "harden/resource/daemon.h"

#include "harden/host/host.h"
#include "harden/host/look_listeners.h"

#include <string.h>

/* dockerd does not start when TLS is on and one of its files cannot be read. */
static int check_files(struct host *host, struct daemon_seen *seen, const struct daemon_tls *tls,
		       struct error *err)
{
	const struct {
		const char *key, *path;
	} files[] = {{"tlscacert", tls->cacert}, {"tlscert", tls->cert}, {"tlskey", tls->key}};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		AUTO(look) struct look look = {0};

		if (!files[i].path) {
			if (daemon_violate(seen, files[i].key, value_text("a file"), value_null(),
					   err, "TLS is on (%s), but %s is not set", tls->source,
					   files[i].key) < 0)
				return -1;
			continue;
		}
		if (look_file(host, files[i].path, 0, &look, err) < 0)
			return -1;
		if (daemon_evidence(seen, value_text(files[i].path), err, "%s", files[i].key) < 0)
			return -1;
		if (look.state.kind != FILE_REGULAR &&
		    daemon_violate(seen, files[i].path, value_text("a file"),
				   value_text(file_kind_name(look.state.kind)), err,
				   "%s %s is no readable file: dockerd does not start",
				   files[i].key, files[i].path) < 0)
			return -1;
	}
	return 0;
}

static int look_listener(struct daemon_seen *seen, const struct listener *l,
			 const struct daemon_tls *tls, struct error *err)
{
	if (daemon_evidence(seen, value_text(l->text), err, "%s", l->source) < 0)
		return -1;
	if (tls->verify)
		return 0;
	return daemon_violate(
		seen, l->text, value_text("tlsverify"),
		value_text(tls->on ? "TLS without client certificates" : "no TLS"), err,
		"the API listens on %s (%s) %s: whoever reaches it is root on this host", l->text,
		l->source, tls->on ? "without asking for a client certificate" : "without TLS");
}

int daemon_look_tcp(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		    struct daemon_seen *seen, struct error *err)
{
	AUTO(listeners) struct listeners list = {0};
	AUTO(daemon_tls) struct daemon_tls tls = {0};
	size_t tcp = 0;

	(void)spec;
	if (look_listeners(d, &list, err) < 0 || look_tls(d, &tls, err) < 0)
		return -1;
	for (size_t i = 0; i < list.len; i++) {
		if (list.items[i].kind != LISTENER_TCP) {
			if (daemon_evidence(seen, value_text(list.items[i].address), err, "%s",
					    list.items[i].source) < 0)
				return -1;
			continue;
		}
		tcp++;
		if (look_listener(seen, &list.items[i], &tls, err) < 0)
			return -1;
	}
	if (!tcp) {
		seen->not_applicable = strdup("the API does not listen on TCP");
		return seen->not_applicable ? 0 : error_nomem(err);
	}
	return tls.on ? check_files(host, seen, &tls, err) : 0;
}

static bool is_ulimit(const char *name)
{
	static const char *const names[] = {
		"as",	"core",	  "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue",
		"nice", "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_equal(names[i], name))
			return true;
	return false;
}

const char *daemon_ulimit_fault(const char *key, const struct value *v)
{
	const char *name = value_get_text(v, "Name");
	const struct value *soft = value_get(v, "Soft"), *hard = value_get(v, "Hard");

	if (!is_ulimit(key))
		return "there is no ulimit of that name";
	if (!name || !is_ulimit(name) || !str_equal(name, key))
		return "\"Name\" inside it must be the same name: it is what the runtime uses";
	if (!soft || !hard || soft->kind != VALUE_INTEGER || hard->kind != VALUE_INTEGER)
		return "it needs numbers in \"Soft\" and \"Hard\"";
	if (soft->integer == -1 && hard->integer == -1)
		return NULL;
	if (hard->integer == -1 && soft->integer >= 0)
		return NULL;
	if (soft->integer < 0 || soft->integer > hard->integer)
		return "the soft limit must be between 0 and the hard limit: every container "
		       "fails to start";
	return NULL;
}

int daemon_look_ulimits(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
			struct daemon_seen *seen, struct error *err)
{
	const struct value *v = seen->now.value;

	(void)host;
	if (!value_len(v))
		return daemon_violate(
			seen, daemon_resource(d, &seen->now),
			spec->fix_value ? value_copy(spec->fix_value) : value_text("ulimits"),
			value_copy(v), err, "default-ulimits is empty (%s)", seen->now.source);
	for (size_t i = 0; v->kind == VALUE_MAP && i < v->len; i++) {
		const char *fault = daemon_ulimit_fault(v->members[i].key, v->members[i].value);

		if (fault && daemon_violate(seen, daemon_resource(d, &seen->now), NULL,
					    value_copy(v->members[i].value), err,
					    "default-ulimits %s (%s): %s", v->members[i].key,
					    seen->now.source, fault) < 0)
			return -1;
	}
	if (seen->len || !spec->fix_value || value_equal(v, spec->fix_value))
		return 0;
	return daemon_violate(
		seen, daemon_resource(d, &seen->now), value_copy(spec->fix_value), value_copy(v),
		err, "default-ulimits (%s) is not what the recipe wants", seen->now.source);
}
