// SPDX-License-Identifier: Apache-2.0
/*
 * One image instead of all objects of an engine: from an archive, which needs no engine, or of the
 * engine, where everything but this image is left out.
 */
#include "harden/host/look_image.h"

#include "harden/model/value.h"
#include "harden/text/image_api.h"
#include "harden/text/image_archive.h"
#include "harden/text/image_content.h"
#include "harden/text/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define CHUNK 65536

bool image_is_file(const char *name)
{
	static const char *const ends[] = {".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz"};

	if (name[0] == '/' || str_starts(name, "./") || str_starts(name, "../"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (str_ends(name, ends[i]))
			return true;
	return false;
}

struct reader {
	int fd;
	const char *path;
	char chunk[CHUNK];
};

static int read_chunk(void *cookie, const void **ret_data, size_t *ret_len, struct error *err)
{
	struct reader *r = cookie;
	ssize_t n;

	do
		n = read(r->fd, r->chunk, sizeof(r->chunk));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_set(err, ERROR_SYS, errno, "read %s", r->path);
	*ret_data = r->chunk;
	*ret_len = (size_t)n;
	return 0;
}

static int open_regular(const char *path, struct reader *r, struct error *err)
{
	struct stat st;

	r->path = path;
	r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (r->fd < 0 || fstat(r->fd, &st) < 0) {
		(void)error_set(err, ERROR_SYS, errno, "open %s", path);
		error_next(err,
			   "name an archive of docker save or podman save, or an image without "
			   ".tar at its end");
		return -1;
	}
	return S_ISREG(st.st_mode) ? 0
				   : error_set(err, ERROR_FORMAT, 0, "%s is no regular file", path);
}

static int read_file(const char *path, struct image_archive **ret_archive, struct error *err)
{
	AUTO_FREE struct reader *r = calloc(1, sizeof(*r));
	struct archive_budget budget = {
		.bytes_max = IMAGE_BYTES_MAX,
		.entries_max = IMAGE_FILES_MAX,
		.deadline_ms = archive_deadline(IMAGE_NAMED_MS),
	};
	int status;

	if (!r)
		return error_nomem(err);
	status = open_regular(path, r, err);
	if (status == 0)
		status = image_archive_read(path,
					    (struct byte_source){.read = read_chunk, .cookie = r},
					    &budget, ret_archive, err);
	if (r->fd >= 0)
		(void)close(r->fd); /* read only */
	if (status < 0)
		error_resource(err, path);
	return status;
}

/* There is no engine: what expressions need of it is the time. */
static int file_get(void *cookie, const char *path, struct blob **ret_body, struct error *err)
{
	AUTO_FREE char *json = NULL;
	char now[32];
	time_t t = time(NULL);
	struct tm tm;

	(void)cookie;
	if (strcmp(path, "/info") != 0)
		return error_set(err, ERROR_INTERNAL, 0, "an archive is asked for %s", path);
	if (!gmtime_r(&t, &tm) || !strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return error_set(err, ERROR_SYS, errno, "tell the time");
	json = str_format("{\"SystemTime\":\"%s\",\"SecurityOptions\":[]}", now);
	*ret_body = json ? blob_new(json, strlen(json)) : NULL;
	return *ret_body ? 0 : error_nomem(err);
}

typedef int image_answer(const struct archive_image *image, struct value **ret, struct error *err);

static int answer_with(const struct archive_image *image, image_answer *make,
		       struct engine_answer *answer, struct error *err)
{
	AUTO_PTR(value) struct value *v = NULL;
	AUTO_FREE char *json = NULL;

	answer->path = image->name;
	if (make(image, &v, err) < 0 || json_to_text(v, &json, err) < 0)
		return -1;
	answer->body = blob_new(json, strlen(json));
	return answer->body ? 0 : error_nomem(err);
}

/* Index and parts of the table in look_engine_kind.c: inspect, then history. */
static int judge_image(const struct archive_image *image, const struct engine_fetch *fetch,
		       size_t index, object_judge *judge, void *cookie, struct error *err)
{
	AUTO_FREE char *id = str_format("%zu", index);
	struct engine_object object = {.kind = fetch->kind, .index = index, .name = image->name};
	int r = id ? answer_with(image, image_api_inspect, &object.answers[0], err)
		   : error_nomem(err);

	object.id = id;
	if (r == 0 && (fetch->parts & 1U << 1))
		r = answer_with(image, image_api_history, &object.answers[1], err);
	if (r == 0)
		r = judge(cookie, &object, err);
	blob_free(object.answers[0].body);
	blob_free(object.answers[1].body);
	return r;
}

static int file_fetch(void *cookie, const struct engine_fetch *fetch, object_judge *judge,
		      void *judge_cookie, struct error *err)
{
	const struct image_archive *a = cookie;

	for (size_t i = 0; i < a->len && strcmp(fetch->kind->name, "image") == 0; i++)
		if (judge_image(&a->images[i], fetch, i, judge, judge_cookie, err) < 0)
			return -1;
	return 0;
}

static int file_content(void *cookie, const char *id, const char *root_dir,
			const struct object_facts *facts, struct value **ret, struct error *err)
{
	const struct image_archive *a = cookie;
	size_t i = strtoul(id, NULL, 10); /* ours, of judge_image() */

	(void)root_dir;
	(void)facts;
	return image_content(a->images[i].layers, a->images[i].len, "file", ret, err);
}

static void file_free(void *cookie)
{
	image_archive_free(cookie);
}

int image_file_source(const char *path, struct object_source *ret_source, struct error *err)
{
	AUTO_PTR(image_archive) struct image_archive *archive = NULL;

	if (read_file(path, &archive, err) < 0)
		return -1;
	*ret_source = (struct object_source){
		.get = file_get,
		.fetch = file_fetch,
		.content = file_content,
		.free = file_free,
		.cookie = take_ptr(&archive),
	};
	return 0;
}

int image_engine_fetch(struct engine *engine, const char *name, const struct engine_fetch *fetch,
		       object_judge *judge, void *cookie, struct error *err)
{
	AUTO(strv) struct strv ids = {0};
	struct engine_fetch one = *fetch;

	if (strcmp(fetch->kind->name, "image") != 0)
		return 0;
	one.ids = &ids;
	return strv_add(&ids, name, err) < 0 ? -1 : engine_fetch(engine, &one, judge, cookie, err);
}

int image_engine_check(struct engine *engine, const char *name, struct error *err)
{
	AUTO_FREE char *path = engine_path("/images/%s/json", name);
	AUTO_PTR(blob) struct blob *body = NULL;
	int r = path ? engine_get(engine, path, &body, err) : error_nomem(err);

	if (r != ENGINE_GONE)
		return r;
	(void)error_set(err, ERROR_REMOTE, 0, "the engine at %s has no image %s",
			engine_url(engine), name);
	error_next(err, "docker images lists those it has; an archive ends in .tar or begins with "
			"/ or ./");
	return -1;
}
