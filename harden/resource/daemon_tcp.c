// SPDX-License-Identifier: Apache-2.0
/*
 * The fixes of 2.7. Nothing is done by default: a TCP listener is how somebody manages this host.
 * With certificates given, TLS with client verification is switched on; with remove-tcp the TCP
 * hosts go. A TCP socket of docker.socket is a person's: its port may be known elsewhere.
 */
#include "harden/host/host.h"
#include "harden/host/look_listeners.h"
#include "harden/resource/daemon.h"

#include <string.h>

static int write_text(struct host *host, const char *key, const char *text, struct error *err)
{
	AUTO(daemon_want) struct daemon_want want = {.kind = WANT_VALUE, .value = value_text(text)};

	return want.value ? daemon_write(host, key, &want, err) : error_nomem(err);
}

/* Returns 1 when one of the files is not there. */
static int refuse_missing(struct host *host, const struct dockerd *d, const char *const *paths,
			  struct error *err)
{
	for (size_t i = 0; i < 3; i++) {
		AUTO(look) struct look look = {0};

		if (look_file(host, paths[i], 0, &look, err) < 0)
			return -1;
		if (look.state.kind == FILE_REGULAR)
			continue;
		if (stage_block(host->stage, d->config_path, err, "put the file there first",
				"%s is missing: dockerd would not start with TLS", paths[i]) < 0)
			return -1;
		return 1;
	}
	return 0;
}

static int stage_tls(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		     struct error *err)
{
	const char *const paths[] = {spec->tlscacert, spec->tlscert, spec->tlskey};
	AUTO(daemon_want)
	struct daemon_want verify = {.kind = WANT_VALUE, .value = value_bool(true)};
	int missing = refuse_missing(host, d, paths, err);

	if (missing)
		return missing < 0 ? -1 : 0;
	if (!verify.value)
		return error_nomem(err);
	if (write_text(host, "tlscacert", paths[0], err) < 0 ||
	    write_text(host, "tlscert", paths[1], err) < 0 ||
	    write_text(host, "tlskey", paths[2], err) < 0)
		return -1;
	return daemon_write(host, "tlsverify", &verify, err);
}

static int stage_removal(struct host *host, const struct dockerd *d, struct error *err)
{
	AUTO(daemon_want) struct daemon_want want = {.kind = WANT_VALUE, .value = value_list()};
	AUTO(setting) struct setting now = {0};

	if (!want.value)
		return error_nomem(err);
	if (dockerd_setting(d, "hosts", &now, err) < 0)
		return -1;
	for (size_t i = 0; i < value_len(now.value); i++) {
		const char *text = value_as_text(now.value->members[i].value);

		if (text && !host_is_tcp(text) && value_add(want.value, value_text(text), err) < 0)
			return -1;
	}
	if (want.value->len == value_len(now.value))
		return 0;
	return daemon_write(host, "hosts", &want, err);
}

int daemon_stage_tcp(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		     struct error *err)
{
	AUTO(listeners) struct listeners list = {0};

	if (spec->tlscacert && spec->tlscert && spec->tlskey)
		return stage_tls(spec, host, d, err);
	if (!spec->remove_tcp)
		return stage_by_hand(host->stage,
				     "the API listens on TCP without client "
				     "certificates",
				     "set remove_tcp, or the three TLS files, in the site file",
				     err);
	if (look_listeners(d, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.len; i++)
		if (list.items[i].kind == LISTENER_TCP && list.items[i].activated &&
		    stage_by_hand(host->stage, list.items[i].source,
				  "remove this ListenStream from docker.socket", err) < 0)
			return -1;
	return stage_removal(host, d, err);
}
