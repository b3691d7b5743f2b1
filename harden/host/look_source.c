// SPDX-License-Identifier: Apache-2.0
/*
 * The engine as a source of objects.
 */
#include "harden/host/look_image.h"
#include "harden/host/look_question_parts.h"

#include <stdlib.h>

struct live {
	struct host *host;
	struct engine *engine;
	struct image_looker looker;
	const char *image; /* the only one; NULL: all there is */
};

static int live_get(void *cookie, const char *path, struct blob **ret_body, struct error *err)
{
	const struct live *live = cookie;

	return engine_get(live->engine, path, ret_body, err);
}

static int live_fetch(void *cookie, const struct engine_fetch *fetch, object_judge *judge,
		      void *judge_cookie, struct error *err)
{
	const struct live *live = cookie;

	return live->image ? image_engine_fetch(live->engine, live->image, fetch, judge,
						judge_cookie, err)
			   : engine_fetch(live->engine, fetch, judge, judge_cookie, err);
}

static const char *socket_of(const struct live *live)
{
	const char *url = engine_url(live->engine);

	return str_starts(url, "unix://") ? url + strlen("unix://") : NULL;
}

static int live_container(void *cookie, const char *id, const char *root_dir, unsigned also,
			  const struct object_facts *facts, struct value *harden, struct error *err)
{
	return look_container(id, root_dir, also, facts, socket_of(cookie), harden, err);
}

static int live_daemon(void *cookie, const char *root_dir, struct value **ret, struct error *err)
{
	const struct live *live = cookie;

	return look_daemon_object(live->host, root_dir, socket_of(live), ret, err);
}

static int live_content(void *cookie, const char *id, const char *root_dir,
			const struct object_facts *facts, struct value **ret, struct error *err)
{
	struct live *live = cookie;

	return look_image(&live->looker, id, root_dir, facts, ret, err);
}

static void live_free(void *cookie)
{
	struct live *live = cookie;

	image_cache_done(&live->looker.cache);
	engine_free(live->engine);
	free(live);
}

static int no_listener(const char *source, struct error *err)
{
	(void)error_set(err, ERROR_REMOTE, 0,
			"this host's engine has no unix socket to ask it by: %s", source);
	error_next(err, "name the engine with --engine URL, or leave sections 4-7 out with "
			"--engine none");
	return -1;
}

static const char *unchangeable(const struct engine *engine, bool is_own)
{
	if (!is_own)
		return "it is not this host's own engine (run harden there, without --engine)";
	return engine_is_podman(engine) ? "it is Podman, which keeps what containers have" : NULL;
}

static int open_live(struct host *host, struct questions *all, struct error *err)
{
	struct engine_address address = {.tls = all->access.tls,
					 .cert_path = all->access.cert_path};
	AUTO_FREE char *own = NULL, *source = NULL;
	AUTO_FREE struct live *live = calloc(1, sizeof(*live));
	bool is_own;

	if (!live)
		return error_nomem(err);
	if (!host->offline && engine_own_url(host, &own, &source, err) < 0)
		return -1;
	if (!all->access.url && !own)
		return no_listener(source ? source : "it was not looked for", err);
	address.url = all->access.url ? all->access.url : own;
	if (engine_open(&address, &live->engine, err) < 0) {
		error_next(err, "start the engine, name another one with --engine URL, or leave "
				"sections 4-7 out with --engine none");
		return error_wrap(err, "no engine answers on %s", address.url);
	}
	if (all->access.image && image_engine_check(live->engine, all->access.image, err) < 0) {
		engine_free(live->engine);
		return -1;
	}
	live->host = host;
	live->image = all->access.image;
	live->looker.engine = live->engine;
	live->looker.named = live->image != NULL;
	is_own = host->live && str_equal(own, address.url);
	live->looker.own = is_own;
	all->source = (struct object_source){
		.get = live_get,
		.fetch = live_fetch,
		.container = is_own ? live_container : NULL,
		.daemon = is_own ? live_daemon : NULL,
		.content = live_content,
		.unchangeable = unchangeable(live->engine, is_own),
		.free = live_free,
		.cookie = take_ptr(&live),
	};
	return 0;
}

int questions_source(struct host *host, struct questions *all, struct error *err)
{
	if (all->opened)
		return 0;
	all->opened = true;
	if ((all->access.image && image_is_file(all->access.image)
		     ? image_file_source(all->access.image, &all->source, &all->problem)
		     : open_live(host, all, &all->problem)) < 0 &&
	    all->problem.code == ERROR_NOMEM)
		return error_nomem(err);
	return 0;
}
