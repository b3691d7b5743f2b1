// SPDX-License-Identifier: Apache-2.0
/*
 * The Dockerfile as the stage leaves it, and as a source of one object for questions.
 */
#include "harden/host/look_build.h"

#include "harden/host/look_file.h"

#include <stdlib.h>

static void drop_parsed(struct build *b)
{
	for (size_t i = 0; i < b->dockerfile.len && b->sources; i++) {
		for (size_t k = 0; k < b->sources[i].len; k++) {
			free(b->sources[i].items[k].text);
			free(b->sources[i].items[k].pattern);
		}
		free(b->sources[i].items);
	}
	free(b->sources);
	b->sources = NULL;
	dockerfile_done(&b->dockerfile);
	blob_free(b->content);
	b->content = NULL;
}

void build_free(struct build *b)
{
	if (!b)
		return;
	drop_parsed(b);
	host_done(&b->inside);
	stage_done(&b->stage);
	strv_done(&b->files);
	error_done(&b->problem);
	free(b->file);
	free(b->path);
	free(b->context);
	free(b);
}

int build_open(struct host *host, const char *file, const char *path, const char *context,
	       struct error *err)
{
	struct build *b = calloc(1, sizeof(*b));
	AUTO(error) struct error problem = {0};

	if (!b)
		return error_nomem(err);
	b->inside.root_fd = -1;
	build_free(host->build);
	host->build = b; /* released with the host, whole or not */
	b->file = strdup(file);
	b->path = strdup(path);
	b->context = context ? strdup(context) : NULL;
	if (!b->file || !b->path || (context && !b->context))
		return error_nomem(err);
	if (context && host_open(context, false, &b->stage, &b->inside, &problem) < 0) {
		(void)error_set(err, ERROR_SYS, problem.sys, "open the context %s", context);
		error_next(err, "--context takes the directory that docker build is given");
		return -1;
	}
	return 0;
}

static int check_file(const struct build *b, const struct look *look, struct error *err)
{
	if (look->state.kind == FILE_REGULAR && look->state.content)
		return 0;
	(void)error_set(err, ERROR_FORMAT, 0, "%s is %s", b->file,
			look->state.kind == FILE_ABSENT ? "not there" : "no regular file");
	error_resource(err, b->file);
	error_next(err, "--dockerfile takes the path of a Dockerfile");
	return -1;
}

int look_build(struct host *host, const struct build **ret_build, struct error *err)
{
	AUTO(look) struct look look = {0};
	struct build *b = host->build;

	if (!b)
		return error_set(err, ERROR_INTERNAL, 0, "there is no Dockerfile to look at");
	if (look_file(host, b->path, LOOK_NOFOLLOW | LOOK_CONTENT, &look, err) < 0 ||
	    check_file(b, &look, err) < 0)
		return -1;
	*ret_build = b;
	if (b->content && blob_equal(b->content, look.state.content))
		return 0;
	drop_parsed(b);
	questions_forget(host);
	if (dockerfile_parse(look.state.content->data, look.state.content->len, b->file,
			     &b->dockerfile, err) < 0)
		return -1;
	b->sources = calloc(b->dockerfile.len, sizeof(*b->sources));
	if (!b->sources)
		return error_nomem(err);
	if (look_build_context(host, b, err) < 0)
		return -1;
	b->content = blob_ref(look.state.content); /* whole only now */
	return 0;
}

/* No engine is asked; `when` and library definitions see an empty one. */
static int no_info(void *cookie, const char *path, struct blob **ret_body, struct error *err)
{
	(void)cookie;
	(void)path;
	*ret_body = blob_new("{}", 2);
	return *ret_body ? 0 : error_nomem(err);
}

static int no_objects(void *cookie, const struct engine_fetch *fetch, object_judge *judge,
		      void *judge_cookie, struct error *err)
{
	(void)cookie;
	(void)fetch;
	(void)judge;
	(void)judge_cookie;
	(void)err;
	return 0;
}

static int the_build(void *cookie, const char **ret_name, struct value **ret_value,
		     struct error *err)
{
	const struct build *b;

	if (look_build(cookie, &b, err) < 0)
		return -1;
	*ret_name = b->file;
	return look_build_value(b, ret_value, err);
}

int build_questions(struct host *host, struct blob *library, struct error *err)
{
	const struct object_source source = {
		.get = no_info, .fetch = no_objects, .build = the_build, .cookie = host};
	const struct engine_access access = {.source = &source, .library = library};

	return questions_open(host, &access, err);
}
