// SPDX-License-Identifier: Apache-2.0
/*
 * What a plugin implements, asked through libcurl.
 */
#include "config.h"

#include "harden/base/str.h"
#include "harden/host/look_curl.h"
#include "harden/host/look_plugin.h"
#include "harden/text/json.h"

#include <string.h>

#define CONNECT_MS 2000L
#define ANSWER_MS 5000L
#define ANSWER_MAX 65536u

static size_t on_body(char *data, size_t one, size_t size, void *cookie)
{
	struct strbuf *body = cookie;

	(void)one; /* always 1 */
	strbuf_append_bytes(body, data, size);
	return body->failed || body->len > ANSWER_MAX ? 0 : size;
}

static bool set_up(const struct curl_library *curl, CURL *easy, const char *socket,
		   struct strbuf *body)
{
	__typeof__(curl->easy_setopt) set = curl->easy_setopt;
	CURLcode bad = CURLE_OK;

	bad |= set(easy, CURLOPT_UNIX_SOCKET_PATH, socket);
	bad |= set(easy, CURLOPT_URL, "http://localhost/Plugin.Activate");
	bad |= set(easy, CURLOPT_POSTFIELDS, "");
	bad |= set(easy, CURLOPT_WRITEFUNCTION, on_body);
	bad |= set(easy, CURLOPT_WRITEDATA, body);
	bad |= set(easy, CURLOPT_USERAGENT, "harden/" PACKAGE_VERSION);
	bad |= set(easy, CURLOPT_FAILONERROR, 1L);
	bad |= set(easy, CURLOPT_NOSIGNAL, 1L);
	bad |= set(easy, CURLOPT_PROXY, "");
	bad |= set(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	bad |= set(easy, CURLOPT_TIMEOUT_MS, ANSWER_MS);
	return bad == CURLE_OK;
}

static int because(char **ret_why, struct error *err, char *why)
{
	*ret_why = why;
	return why ? 0 : error_nomem(err);
}

static int judge(const char *socket, const struct strbuf *body, char **ret_why, struct error *err)
{
	AUTO_PTR(value) struct value *tree = NULL;
	const struct value *kinds;

	if (body->len && json_read(strbuf_text(body), body->len, socket, &tree, NULL) == 0) {
		kinds = value_get(tree, "Implements");
		for (size_t i = 0; i < value_len(kinds); i++)
			if (str_equal(value_as_text(kinds->members[i].value), "authz"))
				return 0;
	}
	return because(ret_why, err,
		       str_format("%s answers /Plugin.Activate without \"authz\"", socket));
}

int plugin_activate(const char *socket, char **ret_why, struct error *err)
{
	const struct curl_library *curl;
	AUTO(error) struct error missing = {0};
	AUTO(strbuf) struct strbuf body = {0};
	CURLcode code = CURLE_FAILED_INIT;
	CURL *easy;

	if (curl_library_open(&curl, &missing) < 0)
		return 0; /* dockerd will ask it */
	easy = curl->easy_init();
	if (!easy)
		return error_nomem(err);
	if (set_up(curl, easy, socket, &body))
		code = curl->easy_perform(easy);
	curl->easy_cleanup(easy);
	if (body.failed)
		return error_nomem(err);
	if (code != CURLE_OK)
		return because(ret_why, err,
			       str_format("%s does not answer /Plugin.Activate: %s", socket,
					  curl->easy_strerror(code)));
	return judge(socket, &body, ret_why, err);
}
