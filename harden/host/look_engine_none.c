// SPDX-License-Identifier: Apache-2.0
/*
 * A build without libcurl: every engine fails to open, so that nothing behind it is reached.
 */
#include "harden/host/look_engine.h"
#include "harden/host/look_plugin.h"

#define UNREACHED "an engine of a build without libcurl"

int engine_open(const struct engine_address *address, struct engine **ret_engine, struct error *err)
{
	(void)ret_engine; /* never set */
	(void)error_set(err, ERROR_SYS, 0,
			"ask the engine at %s: this harden was built without "
			"libcurl",
			address->url);
	error_resource(err, address->url);
	error_next(err, "use a build with it, or leave out the controls that need it with "
			"--engine none");
	return -1;
}

int engine_ping(const struct engine_address *address, bool *ret_denied, struct error *err)
{
	struct engine *none;

	*ret_denied = false;
	return engine_open(address, &none, err);
}

void engine_free(struct engine *engine)
{
	(void)engine; /* there is none */
}

const char *engine_url(const struct engine *engine)
{
	(void)engine;
	return "";
}

const char *engine_api(const struct engine *engine)
{
	(void)engine;
	return "";
}

const char *engine_api_max(const struct engine *engine)
{
	(void)engine;
	return "";
}

const char *engine_server(const struct engine *engine)
{
	(void)engine;
	return "";
}

bool engine_is_podman(const struct engine *engine)
{
	(void)engine;
	return false;
}

bool engine_api_at_least(const struct engine *engine, const char *version)
{
	(void)engine;
	(void)version;
	return false;
}

int engine_get(struct engine *engine, const char *path, struct blob **ret_body, struct error *err)
{
	(void)engine;
	(void)path;
	(void)ret_body;
	return error_set(err, ERROR_INTERNAL, 0, UNREACHED);
}

int engine_get_value(struct engine *engine, const char *path, struct value **ret_value,
		     struct error *err)
{
	(void)engine;
	(void)path;
	(void)ret_value;
	return error_set(err, ERROR_INTERNAL, 0, UNREACHED);
}

int engine_parse(const struct engine *engine, const char *path, const struct blob *body,
		 struct value **ret_value, struct error *err)
{
	(void)engine;
	(void)path;
	(void)body;
	(void)ret_value;
	return error_set(err, ERROR_INTERNAL, 0, UNREACHED);
}

int engine_swarm(struct engine *engine, enum engine_swarm *ret_swarm, struct error *err)
{
	(void)engine;
	*ret_swarm = (enum engine_swarm){0};
	return error_set(err, ERROR_INTERNAL, 0, UNREACHED);
}

int engine_fetch(struct engine *engine, const struct engine_fetch *fetch, engine_judge *judge,
		 void *cookie, struct error *err)
{
	(void)engine;
	(void)fetch;
	(void)judge;
	(void)cookie;
	return error_set(err, ERROR_INTERNAL, 0, UNREACHED);
}

int engine_stream_open(struct engine *engine, const char *path, long limit_ms,
		       struct engine_stream **ret_stream, struct error *err)
{
	(void)engine;
	(void)path;
	(void)limit_ms;
	(void)ret_stream;
	return error_set(err, ERROR_INTERNAL, 0, UNREACHED);
}

int engine_stream_read(void *stream, const void **ret_data, size_t *ret_len, struct error *err)
{
	(void)stream;
	*ret_data = NULL;
	*ret_len = 0;
	return error_set(err, ERROR_INTERNAL, 0, UNREACHED);
}

void engine_stream_free(struct engine_stream *stream)
{
	(void)stream; /* there is none */
}

int plugin_activate(const char *socket, char **ret_why, struct error *err)
{
	(void)socket;
	(void)ret_why; /* it is not asked */
	(void)err;
	return 0;
}
