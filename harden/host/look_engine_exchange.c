// SPDX-License-Identifier: Apache-2.0
/*
 * One question to the engine and what became of it. curl speaks HTTP; here are the limits, and the
 * words for what went wrong.
 */
#include "config.h"

#include "harden/host/look_engine_parts.h"
#include "harden/model/value.h"
#include "harden/text/json.h"
#include "harden/text/utf8.h"

#include <errno.h>
#include <stdint.h>

#define MESSAGE_MAX 300 /* bytes of an engine's own message that are shown */
#define ERROR_BODY_MAX 65536u

static long status_of(const struct engine_exchange *x)
{
	long status = 0;

	(void)x->engine->curl->easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status); /* 0 then */
	return status;
}

bool exchange_was_denied(const struct engine_exchange *x)
{
	long status = status_of(x);

	return status == 401 || status == 403;
}

static bool is_good(long status)
{
	return status >= 200 && status < 300;
}

static int too_large(struct engine_exchange *x, size_t max)
{
	return error_set(&x->problem, ERROR_REMOTE, 0,
			 "%s %s of %s: the answer is larger than %zu bytes", x->method, x->path,
			 x->engine->url, max);
}

/* Bytes of the answer. Anything but size stops the transfer. */
static size_t on_body(char *data, size_t one, size_t size, void *cookie)
{
	struct engine_exchange *x = cookie;
	bool good = is_good(status_of(x));
	size_t max = !good	  ? ERROR_BODY_MAX
		     : x->streams ? SIZE_MAX
		     : x->split	  ? ENGINE_LIST_MAX
				  : ENGINE_ANSWER_MAX;

	(void)one; /* always 1 */
	x->seen += size;
	if (x->seen > max) {
		if (!good)
			return size; /* the message stands in what we have */
		(void)too_large(x, max);
		return 0;
	}
	if (good && x->split)
		return json_split_feed(x->split, data, size, &x->problem) < 0 ? 0 : size;
	strbuf_append_bytes(&x->body, data, size);
	if (x->body.failed) {
		(void)error_nomem(&x->problem);
		return 0;
	}
	return size;
}

/* "Name: value" with its line end; curl has refused absurd sizes. */
static size_t on_header(char *data, size_t one, size_t size, void *cookie)
{
	struct engine_exchange *x = cookie;
	const struct {
		const char *name;
		struct strbuf *into;
	} wanted[] = {
		{"Api-Version:", &x->api},
		{"Server:", &x->server},
		{"Libpod-Api-Version:", &x->podman},
	};

	(void)one; /* always 1 */
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		size_t len = strlen(wanted[i].name), end = size;

		if (size < len || strncasecmp(data, wanted[i].name, len) != 0)
			continue;
		while (len < end && (data[len] == ' ' || data[len] == '\t'))
			len++;
		while (end > len && strchr(" \t\r\n", data[end - 1]))
			end--;
		wanted[i].into->len = 0;
		strbuf_append_bytes(wanted[i].into, data + len, end - len);
	}
	return size;
}

static bool set_up(struct engine_exchange *x)
{
	const struct engine *e = x->engine;
	__typeof__(e->curl->easy_setopt) set = e->curl->easy_setopt;
	CURLcode bad = CURLE_OK;

	bad |= set(x->easy, CURLOPT_WRITEFUNCTION, on_body);
	bad |= set(x->easy, CURLOPT_WRITEDATA, x);
	bad |= set(x->easy, CURLOPT_PRIVATE, x);
	bad |= set(x->easy, CURLOPT_ERRORBUFFER, x->detail);
	bad |= set(x->easy, CURLOPT_USERAGENT, "harden/" PACKAGE_VERSION);
	bad |= set(x->easy, CURLOPT_HTTPGET, 1L);
	bad |= set(x->easy, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= set(x->easy, CURLOPT_NOSIGNAL, 1L);
	bad |= set(x->easy, CURLOPT_PROXY, "");
	bad |= set(x->easy, CURLOPT_PATH_AS_IS, 1L);
	bad |= set(x->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	bad |= set(x->easy, CURLOPT_CONNECTTIMEOUT_MS, e->connect_ms);
	if (e->target.socket)
		bad |= set(x->easy, CURLOPT_UNIX_SOCKET_PATH, e->target.socket);
	if (e->target.tls && e->cacert) {
		bad |= set(x->easy, CURLOPT_CAINFO, e->cacert);
		bad |= set(x->easy, CURLOPT_SSLCERT, e->cert);
		bad |= set(x->easy, CURLOPT_SSLKEY, e->key);
	}
	return bad == CURLE_OK;
}

int exchange_new(const struct engine *engine, struct engine_exchange **ret_exchange,
		 struct error *err)
{
	struct engine_exchange *x = calloc(1, sizeof(*x));

	if (!x)
		return error_nomem(err);
	x->engine = engine;
	x->method = "GET";
	x->easy = engine->curl->easy_init();
	if (!x->easy || !set_up(x)) {
		exchange_free(x);
		return error_set(err, ERROR_SYS, 0, "set up libcurl for %s", engine->url);
	}
	*ret_exchange = x;
	return 0;
}

void exchange_free(struct engine_exchange *x)
{
	if (!x)
		return;
	if (x->easy)
		x->engine->curl->easy_cleanup(x->easy);
	free(x->path);
	strbuf_done(&x->body);
	strbuf_done(&x->api);
	strbuf_done(&x->server);
	strbuf_done(&x->podman);
	error_done(&x->problem);
	free(x);
}

int exchange_aim(struct engine_exchange *x, char *path, unsigned absent, long limit_ms,
		 struct error *err)
{
	const struct engine *e = x->engine;
	__typeof__(e->curl->easy_setopt) set = e->curl->easy_setopt;
	AUTO_FREE char *url = NULL;

	free(x->path);
	x->path = path;
	x->absent = absent;
	x->seen = 0;
	x->detail[0] = '\0';
	strbuf_done(&x->body);
	error_done(&x->problem);
	url = path ? str_format("%s%s%s", e->target.base, e->prefix, path) : NULL;
	if (!url || set(x->easy, CURLOPT_URL, url) != CURLE_OK ||
	    set(x->easy, CURLOPT_TIMEOUT_MS, limit_ms) != CURLE_OK ||
	    set(x->easy, CURLOPT_HEADERFUNCTION, x->is_ping ? on_header : NULL) != CURLE_OK ||
	    set(x->easy, CURLOPT_HEADERDATA, x->is_ping ? x : NULL) != CURLE_OK)
		return error_nomem(err);
	return 0;
}

/* The engine's own words in a body: {"message": ...}, else its first line; "" for none. */
static char *engine_message(const struct engine_exchange *x)
{
	const char *text = strbuf_text(&x->body);
	AUTO_PTR(value) struct value *tree = NULL;
	size_t len;

	if (!text)
		return NULL;
	if (json_read(text, x->body.len, "", &tree, NULL) == 0 && value_get_text(tree, "message"))
		text = value_get_text(tree, "message");
	len = strcspn(text, "\r\n");
	if (len > MESSAGE_MAX)
		len = MESSAGE_MAX;
	return strndup(text, utf8_valid_length(text, len));
}

static enum exchange_outcome judge_status(struct engine_exchange *x, struct error *err)
{
	long status = status_of(x);
	AUTO_FREE char *message = NULL;

	if (is_good(status)) {
		if (!x->split || json_split_end(x->split, err) == 0)
			return EXCHANGE_OK;
		return EXCHANGE_FAILED;
	}
	if (status == 404)
		return EXCHANGE_GONE;
	if (x->absent && status == (long)x->absent)
		return EXCHANGE_ABSENT;
	message = engine_message(x);
	(void)error_set(err, ERROR_REMOTE, 0, "%s %s of %s: HTTP %ld%s%s", x->method, x->path,
			x->engine->url, status, message && *message ? ": " : "",
			message ? message : "");
	error_resource(err, x->engine->url);
	if (status >= 300 && status < 400)
		error_next(err, "give the URL of the engine itself: redirects are not followed");
	if (exchange_was_denied(x))
		error_next(err, "ask as somebody whom the engine's authorisation lets read");
	return EXCHANGE_FAILED;
}

static int os_error(const struct engine_exchange *x)
{
	long sys = 0;

	(void)x->engine->curl->easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &sys); /* 0 then */
	return (int)sys;
}

static enum exchange_outcome no_connection(struct engine_exchange *x, struct error *err)
{
	int sys = os_error(x);
	bool permission = sys == EACCES || sys == EPERM;

	(void)error_set(err, permission ? ERROR_SYS : ERROR_REMOTE, sys,
			"connect to the engine at %s%s%s", x->engine->url,
			sys || !x->detail[0] ? "" : ": ", sys ? "" : x->detail);
	error_resource(err, x->engine->url);
	if (permission)
		error_next(err, "run as root, or as a member of the socket's group");
	else
		error_next(err, "start it, or name another one with --engine URL; --engine none "
				"leaves out the controls that need it");
	return EXCHANGE_LOST;
}

/* TLS: the files, the certificate, the handshake. */
static enum exchange_outcome no_trust(struct engine_exchange *x, const char *why, struct error *err)
{
	(void)error_set(err, ERROR_UNSAFE, 0, "connect to the engine at %s: %s", x->engine->url,
			why);
	error_resource(err, x->engine->url);
	error_next(err, "check ca.pem, cert.pem and key.pem in the directory that DOCKER_CERT_PATH "
			"names, and the host's name in the engine's certificate");
	return EXCHANGE_LOST;
}

enum exchange_outcome exchange_end(struct engine_exchange *x, CURLcode code, struct error *err)
{
	const char *why = x->detail[0] ? x->detail : x->engine->curl->easy_strerror(code);

	switch (code) {
	case CURLE_OK:
		return judge_status(x, err);
	case CURLE_WRITE_ERROR:
		if (x->problem.code == ERROR_NONE)
			break;
		error_move(err, &x->problem);
		return EXCHANGE_FAILED;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
		return no_connection(x, err);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
		return no_trust(x, why, err);
	default:
		break;
	}
	(void)error_set(err, ERROR_REMOTE, 0, "%s %s of %s: %s", x->method, x->path, x->engine->url,
			why);
	error_resource(err, x->engine->url);
	error_next(err, "look at the engine's log");
	return EXCHANGE_FAILED;
}

enum exchange_outcome exchange_run(struct engine_exchange *x, char *path, struct error *err)
{
	if (exchange_aim(x, path, 0, x->engine->answer_ms, err) < 0)
		return EXCHANGE_LOST;
	return exchange_end(x, x->engine->curl->easy_perform(x->easy), err);
}
