// SPDX-License-Identifier: Apache-2.0
/*
 * Facts that only a running engine can tell, for people: no recipe needs them, so that whoever only
 * plans asks nobody.
 */
#include "harden/host/look_engine.h"

#include "harden/model/fact.h"
#include "harden/model/value.h"

static const char *const names[] = {"engine.version", "engine.api", "engine.os", "engine.product"};

static int all_unknown(struct facts *facts, const struct error *why, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO(error) struct error copy = {0};

		error_copy(&copy, why);
		if (facts_unknown(facts, names[i], &copy, err) < 0)
			return -1;
	}
	return 0;
}

/* A member of /version that is a text, else null. */
static struct value *text_of(const struct value *version, const char *member)
{
	return value_text(value_get_text(version, member));
}

static int ask(struct host *host, const struct engine_address *address, struct engine **ret_engine,
	       struct value **ret_version, char **ret_source, struct error *err)
{
	struct engine_address own = *address;
	AUTO_FREE char *url = NULL, *source = NULL;
	int r;

	if (!address->url) {
		if (engine_own_url(host, &url, &source, err) < 0)
			return -1;
		if (!url)
			return error_set(err, ERROR_REMOTE, 0, "%s", source);
		own.url = url;
	}
	if (engine_open(&own, ret_engine, err) < 0)
		return -1;
	r = engine_get_value(*ret_engine, "/version", ret_version, err);
	if (r == ENGINE_GONE)
		return error_set(err, ERROR_REMOTE, 0, "GET /version of %s: HTTP 404", own.url);
	if (r < 0)
		return -1;
	*ret_source = str_format("%s%s%s%s", own.url, source ? " (" : "", source ? source : "",
				 source ? ")" : "");
	return *ret_source ? 0 : error_nomem(err);
}

int look_engine_facts(struct host *host, const struct engine_address *address, struct facts *facts,
		      struct error *err)
{
	AUTO(error) struct error why = {0};
	AUTO_PTR(engine) struct engine *engine = NULL;
	AUTO_PTR(value) struct value *version = NULL;
	AUTO_FREE char *source = NULL;

	if (ask(host, address, &engine, &version, &source, &why) < 0) {
		if (why.code != ERROR_NOMEM)
			return all_unknown(facts, &why, err);
		error_move(err, &why);
		return -1;
	}
	if (facts_set(facts, names[0], text_of(version, "Version"), err, "GET /version of %s",
		      source) < 0 ||
	    facts_set(facts, names[1],
		      value_textf("%s of %s", engine_api(engine), engine_api_max(engine)), err,
		      "GET /_ping of %s", source) < 0 ||
	    facts_set(facts, names[2], text_of(version, "Os"), err, "GET /version of %s", source) <
		    0)
		return -1;
	return facts_set(facts, names[3],
			 value_text(engine_is_podman(engine) ? "podman" : "docker"), err,
			 "GET /_ping of %s", source);
}
