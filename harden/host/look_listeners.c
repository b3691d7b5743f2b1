// SPDX-License-Identifier: Apache-2.0
/*
 * Listeners and TLS of the effective configuration. Pure: everything was read by look_dockerd().
 */
#include "harden/host/look_listeners.h"

#include <string.h>

#define DEFAULT_SOCKET "/var/run/docker.sock"

static void listener_done(struct listener *l)
{
	free(l->text);
	free(l->address);
	free(l->source);
}

static int add(struct listeners *list, enum listener_kind kind, const char *text,
	       const char *address, bool activated, const char *source, struct error *err)
{
	struct listener l = {
		.kind = kind,
		.text = strdup(text),
		.address = strdup(address),
		.activated = activated,
		.source = strdup(source),
	};

	if (!l.text || !l.address || !l.source ||
	    vec_reserve((void **)&list->items, &list->cap, list->len, sizeof(l), err) < 0) {
		listener_done(&l);
		return error_nomem(err);
	}
	list->items[list->len++] = l;
	return 0;
}

bool host_is_tcp(const char *text)
{
	return str_starts(text, "tcp://") || (*text && !strstr(text, "://"));
}

/* The sockets of docker.socket: a path, a port, or an address with a port. */
static int add_activated(const struct dockerd *d, struct listeners *list, struct error *err)
{
	AUTO_FREE struct unit_setting *items = NULL;
	size_t len;

	if (unit_set_settings(&d->socket, "Socket", "ListenStream", &items, &len, err) < 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		const char *text = items[i].entry->value.text;
		bool runtime = str_starts(text, "%t/");
		AUTO_FREE char *address =
			str_format("%s%s", runtime ? "/run" : "", runtime ? text + 2 : text);
		AUTO_FREE char *source =
			str_format("docker.socket ListenStream (%s:%u)",
				   d->socket.files[items[i].file].path, items[i].entry->line);
		enum listener_kind kind = LISTENER_TCP;

		if (!address || !source)
			return error_nomem(err);
		if (address[0] == '/')
			kind = LISTENER_UNIX;
		else if (address[0] == '@' || str_starts(address, "vsock:"))
			kind = LISTENER_OTHER;
		if (add(list, kind, text, address, true, source, err) < 0)
			return -1;
	}
	return 0;
}

static int add_host(const struct dockerd *d, struct listeners *list, const char *text,
		    const char *source, struct error *err)
{
	if (str_starts(text, "fd://"))
		return add_activated(d, list, err);
	if (str_starts(text, "unix://"))
		return add(list, LISTENER_UNIX, text, text[7] ? text + 7 : DEFAULT_SOCKET, false,
			   source, err);
	if (str_starts(text, "tcp://"))
		return add(list, LISTENER_TCP, text, text + 6, false, source, err);
	return add(list, host_is_tcp(text) ? LISTENER_TCP : LISTENER_OTHER, text, text, false,
		   source, err);
}

/* Where element i of hosts stands: its own flag, or its place in the file. */
static char *host_source(const struct dockerd *d, const struct setting *s, size_t i)
{
	size_t seen = 0;

	for (size_t f = 0; s->from == FROM_FLAG && f < d->flags.len; f++) {
		const struct pflag *flag = &d->flags.items[f];
		size_t arg = flag->word + flag->words - 1;

		if (flag->key == s->key && flag->value && seen++ == i)
			return str_format("%s -H %s (%s:%u)", dockerd_flags_of(d), flag->value,
					  dockerd_source_path(d, d->line.args[arg].source),
					  dockerd_arg_line(d, arg));
	}
	if (s->from == FROM_FILE)
		return str_format("%s:%u:%u", d->config_path, s->value->members[i].value->line,
				  s->value->members[i].value->column);
	return strdup(s->source);
}

static int fill(const struct dockerd *d, struct listeners *list, struct error *err)
{
	AUTO(setting) struct setting s = {0};
	AUTO(daemon_tls) struct daemon_tls tls = {0};

	if (dockerd_setting(d, "hosts", &s, err) < 0 || look_tls(d, &tls, err) < 0)
		return -1;
	if (!value_len(s.value))
		return tls.on ? add(list, LISTENER_TCP, "tcp://localhost:2376", "localhost:2376",
				    false, tls.source, err)
			      : add(list, LISTENER_UNIX, "unix://" DEFAULT_SOCKET, DEFAULT_SOCKET,
				    false, s.source, err);
	for (size_t i = 0; i < s.value->len; i++) {
		const char *text = value_as_text(s.value->members[i].value);
		AUTO_FREE char *source = host_source(d, &s, i);

		if (!source)
			return error_nomem(err);
		if (text && add_host(d, list, text, source, err) < 0)
			return -1;
	}
	return 0;
}

int look_listeners(const struct dockerd *d, struct listeners *ret_listeners, struct error *err)
{
	struct listeners list = {0};

	if (fill(d, &list, err) < 0) {
		listeners_done(&list);
		return -1;
	}
	*ret_listeners = list;
	return 0;
}

void listeners_done(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->len; i++)
		listener_done(&listeners->items[i]);
	free(listeners->items);
	*listeners = (struct listeners){0};
}

/* The directory of default certificates: DOCKER_CERT_PATH of the service, else root's. */
static char *cert_dir(const struct dockerd *d)
{
	for (size_t i = d->env_len; i-- > 0;) {
		const struct shell_env_entry *e =
			shell_env_find(&d->env[i].env, "DOCKER_CERT_PATH");

		if (e && e->value.len)
			return strdup(e->value.text);
	}
	return strdup("/root/.docker");
}

static int tls_path(const struct dockerd *d, const char *key, const char *name, bool defaults,
		    char **ret_path, struct error *err)
{
	AUTO_FREE char *dir = NULL, *text = NULL;

	if (dockerd_text(d, key, &text, err) < 0)
		return -1;
	if (text) {
		/* a relative path is taken from dockerd's directory, which is / */
		*ret_path = str_format("%s%s", text[0] == '/' ? "" : "/", text);
		return *ret_path ? 0 : error_nomem(err);
	}
	if (!defaults)
		return 0;
	dir = cert_dir(d);
	*ret_path = dir ? str_format("%s/%s", dir, name) : NULL;
	return *ret_path ? 0 : error_nomem(err);
}

static int tls_fill(const struct dockerd *d, struct daemon_tls *tls, struct error *err)
{
	AUTO(setting) struct setting on = {0}, verify = {0};
	bool defaults;

	if (dockerd_setting(d, "tls", &on, err) < 0 ||
	    dockerd_setting(d, "tlsverify", &verify, err) < 0)
		return -1;
	tls->on =
		verify.from != FROM_DEFAULT || (on.value->kind == VALUE_BOOL && on.value->boolean);
	tls->verify = tls->on && (verify.from == FROM_DEFAULT || verify.value->boolean);
	tls->source = strdup(verify.from != FROM_DEFAULT ? verify.source : on.source);
	if (!tls->source)
		return error_nomem(err);
	if (!tls->on)
		return 0;
	defaults = dockerd_has_flag(d, "tls") || dockerd_has_flag(d, "tlsverify");
	if (tls_path(d, "tlscacert", "ca.pem", defaults && tls->verify, &tls->cacert, err) < 0 ||
	    tls_path(d, "tlscert", "cert.pem", defaults, &tls->cert, err) < 0)
		return -1;
	return tls_path(d, "tlskey", "key.pem", defaults, &tls->key, err);
}

int look_tls(const struct dockerd *d, struct daemon_tls *ret_tls, struct error *err)
{
	struct daemon_tls tls = {0};

	if (tls_fill(d, &tls, err) < 0) {
		daemon_tls_done(&tls);
		return -1;
	}
	*ret_tls = tls;
	return 0;
}

void daemon_tls_done(struct daemon_tls *tls)
{
	free(tls->cacert);
	free(tls->cert);
	free(tls->key);
	free(tls->source);
	*tls = (struct daemon_tls){0};
}
