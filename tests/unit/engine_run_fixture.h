// SPDX-License-Identifier: Apache-2.0
/*
 * The engine type on a small made engine, with a host and a stage around it.
 */
#pragma once

#include "tests/unit/engine_fixture.h"
#include "tests/unit/resource_fixture.h"

extern const struct resource_type resource_engine;

#define INFO                                                                                       \
	"{\"DockerRootDir\":\"/"                                                                   \
	"d\",\"SecurityOptions\":[\"name=seccomp,profile=default\"],\"MemTotal\":9}"

static const char library_text[] = "def named: .Name | ltrimstr(\"/\");";

struct run {
	struct fake_engine engine;
	struct host host;
	struct stage stage;
	struct blob *library;
};

static inline void run_begin(struct run *r)
{
	*r = (struct run){.host = {.root_fd = -1, .stage = &r->stage}};
	r->engine.info = strdup(INFO);
	r->library = blob_new(library_text, strlen(library_text));
	fake_open(&r->engine, &r->host, r->library);
}

static inline void run_end(struct run *r)
{
	host_done(&r->host);
	stage_done(&r->stage);
	fake_done(&r->engine);
	blob_free(r->library);
}
