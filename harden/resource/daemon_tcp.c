// SPDX-License-Identifier: Apache-2.0
/*
 * The fixes of 2.7. Nothing is done by default: a TCP listener is how somebody manages this host.
 * With certificates given, TLS with client verification is switched on; with remove-tcp the TCP
 * hosts go. A TCP socket of docker.socket is a person's: its port may be known elsewhere.
 */
#include "harden/host/host.h"
#include "harden/host/look_listeners.h"
#include "harden/resource/daemon.h"
#include "harden/text/certificate.h"

#include <string.h>

static int write_text(struct host *host, const char *key, const char *text, struct error *err)
{
	AUTO(daemon_want) struct daemon_want want = {.kind = WANT_VALUE, .value = value_text(text)};

	return want.value ? daemon_write(host, key, &want, err) : error_nomem(err);
}

enum { TLS_CA, TLS_CERT, TLS_KEY, TLS_FILES };

struct looks {
	struct look of[TLS_FILES];
};

static void looks_done(struct looks *l)
{
	for (size_t i = 0; i < TLS_FILES; i++)
		look_done(&l->of[i]);
}

/* 1: listed as blocked. */
static int block(struct host *host, const struct dockerd *d, const char *next, const char *why,
		 struct error *err)
{
	return stage_block(host->stage, d->config_path, err, next,
			   "dockerd would not serve TLS: %s", why) < 0
		       ? -1
		       : 1;
}

/* Returns 1 when one of the files is not there, or dockerd would not start with them. */
static int refuse_files(struct host *host, const struct dockerd *d,
			const char *const paths[TLS_FILES], struct error *err)
{
	AUTO(looks) struct looks looks = {0};
	struct pem_file files[TLS_FILES];
	AUTO_FREE char *why = NULL;
	int r;

	for (size_t i = 0; i < TLS_FILES; i++) {
		if (look_file(host, paths[i], LOOK_CONTENT, &looks.of[i], err) < 0)
			return -1;
		files[i] = (struct pem_file){paths[i], looks.of[i].state.content};
		if (looks.of[i].state.kind == FILE_REGULAR)
			continue;
		why = str_format("%s is missing", paths[i]);
		return why ? block(host, d, "put the file there first", why, err)
			   : error_nomem(err);
	}
	r = certificate_check(&files[TLS_CA], &files[TLS_CERT], &files[TLS_KEY], time(NULL), &why,
			      err);
	return r == 1 ? block(host, d, "name files that belong together", why, err) : r;
}

static int stage_tls(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		     struct error *err)
{
	const char *const paths[TLS_FILES] = {spec->tlscacert, spec->tlscert, spec->tlskey};
	AUTO(daemon_want)
	struct daemon_want verify = {.kind = WANT_VALUE, .value = value_bool(true)};
	int refused = refuse_files(host, d, paths, err);

	if (refused)
		return refused < 0 ? -1 : 0;
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
