// SPDX-License-Identifier: Apache-2.0
/*
 * The URLs of an engine, as Docker's own client reads them (docker/cli opts/hosts.go, moby
 * client/options.go): a scheme is needed, tcp:// has the ports 2375 and with TLS 2376.
 */
#include "config.h"

#include "harden/host/look_engine_parts.h"

#include <ctype.h>

static int refuse(const char *url, const char *why, struct error *err)
{
	(void)error_set(err, ERROR_USAGE, 0, "the engine's URL %s %s", url, why);
	error_resource(err, url);
	error_next(err, "give unix:///run/docker.sock, tcp://HOST:PORT or https://HOST:PORT");
	return -1;
}

/* Characters that end or bend an authority. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (!isgraph((unsigned char)*text) || strchr("@?#\\\"<>{}|^`%", *text))
			return false;
	return true;
}

static bool has_port(const char *authority)
{
	const char *colon = strrchr(authority, ':'), *bracket = strrchr(authority, ']');

	return colon && (!bracket || colon > bracket) && colon[1];
}

/* HOST[:PORT][/PATH] of tcp, http and https. */
static int parse_tcp(const struct engine_address *address, const char *rest, bool tcp,
		     struct engine_target *target, struct error *err)
{
	size_t len = strcspn(rest, "/");
	AUTO_FREE char *authority = strndup(rest, len), *path = strdup(rest + len);

	if (!authority || !path)
		return error_nomem(err);
	if (!len || authority[0] == ':' || !is_plain(rest))
		return refuse(address->url, "names no host", err);
	for (len = strlen(path); len && path[len - 1] == '/';)
		path[--len] = '\0';
	target->base = str_format("%s://%s%s%s", target->tls ? "https" : "http", authority,
				  !tcp || has_port(authority) ? ""
				  : target->tls		      ? ":2376"
							      : ":2375",
				  path);
	return target->base ? 0 : error_nomem(err);
}

static int parse_unix(const struct engine_address *address, const char *path,
		      struct engine_target *target, struct error *err)
{
	if (path[0] != '/')
		return refuse(address->url, "names no absolute path", err);
	target->socket = strdup(path);
	target->base = strdup("http://localhost");
	return target->socket && target->base ? 0 : error_nomem(err);
}

int engine_target_parse(const struct engine_address *address, struct engine_target *ret_target,
			struct error *err)
{
	static const struct {
		const char *scheme;
		bool tcp, tls;
	} schemes[] = {
		{"tcp://", true, false}, {"http://", false, false}, {"https://", false, true}};
	struct engine_target target = {0};
	const char *url = address->url;
	int r = 1;

	if (str_starts(url, "unix://"))
		r = parse_unix(address, url + strlen("unix://"), &target, err);
	for (size_t i = 0; i < ARRAY_SIZE(schemes) && r > 0; i++) {
		if (!str_starts(url, schemes[i].scheme))
			continue;
		target.tls = schemes[i].tls || (schemes[i].tcp && address->tls);
		r = parse_tcp(address, url + strlen(schemes[i].scheme), schemes[i].tcp, &target,
			      err);
	}
	if (r > 0)
		r = refuse(url,
			   str_starts(url, "ssh://") ? "needs ssh, which is not started from here"
						     : "has a scheme that is not known",
			   err);
	if (r < 0) {
		engine_target_done(&target);
		return -1;
	}
	*ret_target = target;
	return 0;
}

void engine_target_done(struct engine_target *target)
{
	free(target->socket);
	free(target->base);
	*target = (struct engine_target){0};
}
