// SPDX-License-Identifier: Apache-2.0
/*
 * The view of dockerd's configuration: put together once, kept while nothing that it was made
 * from is staged anew. Many controls stage other files in between, so the cache compares the
 * staged files that matter instead of the stage's generation alone.
 */
#include "harden/host/look_dockerd.h"

#include "harden/host/host.h"
#include "harden/host/look_dockerd_parts.h"
#include "harden/host/look_packages.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *package;
	const char *const names[2];
} packages[] = {
	{"docker-ce", {"docker-ce", NULL}},
	{"docker.io", {"docker.io", NULL}},
	{"moby-engine", {"moby-engine", NULL}},
	{"docker-engine", {"docker-engine", NULL}},
};

/* A staged file the view was made from; content is held so that its address stays its own. */
struct dockerd_input {
	char *path;
	enum file_kind kind;
	struct blob *content;
};

struct dockerd_view {
	struct dockerd d; /* first: a struct dockerd is one of these */
	struct dockerd_input *inputs;
	size_t len, cap;
};

int dockerd_problem(struct dockerd *d, const char *resource, const char *next, struct error *err,
		    const char *format, ...)
{
	AUTO_FREE char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0) {
		text = NULL;
		return error_nomem(err);
	}
	if (d->problem.code != ERROR_NONE)
		return strv_add(&d->notes, text, err);
	(void)error_set(&d->problem, ERROR_FORMAT, 0, "%s", text);
	if (resource)
		error_resource(&d->problem, resource);
	if (next)
		error_next(&d->problem, "%s", next);
	return 0;
}

const struct unit_file *dockerd_source_unit(const struct dockerd *d, unsigned source)
{
	return source < d->service.len ? &d->service.files[source] : NULL;
}

const char *dockerd_source_path(const struct dockerd *d, unsigned source)
{
	if (source < d->service.len)
		return d->service.files[source].path;
	return d->env[source - d->service.len].path;
}

const struct blob *dockerd_source_content(const struct dockerd *d, unsigned source)
{
	if (source < d->service.len)
		return d->service.files[source].content;
	return d->env[source - d->service.len].content;
}

void dockerd_arg_place(const struct dockerd *d, size_t arg, unsigned *ret_line,
		       unsigned *ret_column)
{
	const struct exec_arg *a = &d->line.args[arg];
	const struct blob *content = dockerd_source_content(d, a->source);

	text_position(content->data, content->len, a->span.start, ret_line, ret_column);
}

unsigned dockerd_arg_line(const struct dockerd *d, size_t arg)
{
	unsigned line, column;

	dockerd_arg_place(d, arg, &line, &column);
	return line;
}

/* "5:26.1.5-1~debian.12" and "20.10.24+dfsg1-1" to the engine's own version. */
static char *engine_version(const char *package_version)
{
	const char *colon = strchr(package_version, ':');
	const char *s = colon ? colon + 1 : package_version;
	size_t n = strspn(s, "0123456789.");

	return n && isdigit((unsigned char)s[0]) ? strndup(s, n) : strdup(package_version);
}

static int look_version(struct host *host, struct dockerd *d, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(packages) && !d->version; i++) {
		AUTO_FREE char *version = NULL;
		AUTO(error) struct error why = {0};

		if (look_package_version(host, packages[i].names, &version, &why) < 0) {
			if (why.code == ERROR_FORMAT) /* another package manager's database */
				return strv_addf(&d->notes, err, "engine version unknown: %s",
						 error_message(&why));
			error_move(err, &why);
			return -1;
		}
		if (!version)
			continue;
		d->version = engine_version(version);
		d->package = strdup(packages[i].package);
		if (!d->version || !d->package)
			return error_nomem(err);
	}
	return 0;
}

static int look_binary_at(struct host *host, struct dockerd *d, const char *path, struct error *err)
{
	AUTO(look) struct look look = {0};

	if (look_file(host, path, 0, &look, err) < 0)
		return -1;
	if (look.state.kind != FILE_REGULAR)
		return 0;
	d->binary = strdup(look.path);
	return d->binary ? 0 : error_nomem(err);
}

static int look_binary(struct host *host, struct dockerd *d, struct error *err)
{
	static const char *const dirs[] = {
		"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
	};

	if (d->line.binary && d->line.binary[0] == '/' &&
	    look_binary_at(host, d, d->line.binary, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(dirs) && !d->binary; i++) {
		AUTO_FREE char *path = str_format("%s/dockerd", dirs[i]);

		if (!path)
			return error_nomem(err);
		if (look_binary_at(host, d, path, err) < 0)
			return -1;
	}
	return 0;
}

/* Whether a staged file can be one that the view is made from. */
static bool is_input(const struct dockerd *d, const struct staged_file *f)
{
	static const char *const prefixes[] = {
		"/etc/systemd/",       "/run/systemd/",		  "/usr/lib/systemd/",
		"/lib/systemd/",       "/usr/local/lib/systemd/", "/etc/docker",
		"/etc/default/docker", "/etc/init.d/docker",	  "/etc/conf.d/docker",
	};

	if (!f->after.content && f->before.kind == f->after.kind)
		return d->config_unsafe && f->after.kind == FILE_DIRECTORY; /* may secure the way */
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_starts(f->path, prefixes[i]))
			return true;
	for (size_t i = 0; i < d->env_len; i++)
		if (str_equal(f->path, d->env[i].path))
			return true;
	return str_equal(f->path, d->config_path);
}

static void inputs_done(struct dockerd_view *view)
{
	for (size_t i = 0; i < view->len; i++) {
		free(view->inputs[i].path);
		blob_free(view->inputs[i].content);
	}
	free(view->inputs);
}

static int remember_inputs(struct dockerd_view *view, const struct stage *stage, struct error *err)
{
	for (size_t i = 0; i < stage->len; i++) {
		const struct staged_file *f = &stage->files[i];
		struct dockerd_input *input;

		if (!is_input(&view->d, f))
			continue;
		if (vec_reserve((void **)&view->inputs, &view->cap, view->len, sizeof(*input),
				err) < 0)
			return -1;
		input = &view->inputs[view->len++];
		*input = (struct dockerd_input){strdup(f->path), f->after.kind,
						blob_ref(f->after.content)};
		if (!input->path)
			return error_nomem(err);
	}
	return 0;
}

static bool is_current(const struct dockerd_view *view, const struct stage *stage)
{
	size_t n = 0;

	for (size_t i = 0; i < stage->len; i++) {
		const struct staged_file *f = &stage->files[i];
		const struct dockerd_input *input;

		if (!is_input(&view->d, f))
			continue;
		if (n == view->len)
			return false;
		input = &view->inputs[n++];
		if (input->kind != f->after.kind || input->content != f->after.content ||
		    !str_equal(input->path, f->path))
			return false;
	}
	return n == view->len;
}

static int fill(struct host *host, struct dockerd_view *view, struct error *err)
{
	struct dockerd *d = &view->d;

	if (look_version(host, d, err) < 0 || dockerd_look_start(host, d, err) < 0 ||
	    look_binary(host, d, err) < 0 || dockerd_look_config(host, d, err) < 0)
		return -1;
	d->installed = d->binary || d->package || d->start != START_NONE;
	return remember_inputs(view, host->stage, err);
}

int look_dockerd(struct host *host, const struct dockerd **ret, struct error *err)
{
	struct dockerd_view *view = (struct dockerd_view *)host->dockerd;

	if (view && host->dockerd_generation != host->stage->generation) {
		if (!is_current(view, host->stage)) {
			dockerd_free(host->dockerd);
			host->dockerd = NULL;
			view = NULL;
		}
	}
	if (!view) {
		view = calloc(1, sizeof(*view));
		if (!view)
			return error_nomem(err);
		if (fill(host, view, err) < 0) {
			dockerd_free(&view->d);
			return -1;
		}
		host->dockerd = &view->d;
	}
	host->dockerd_generation = host->stage->generation;
	*ret = &view->d;
	return 0;
}

struct dockerd *dockerd_new(void)
{
	struct dockerd_view *view = calloc(1, sizeof(*view));

	return view ? &view->d : NULL;
}

static void env_done(struct dockerd *d)
{
	for (size_t i = 0; i < d->env_len; i++) {
		free(d->env[i].path);
		blob_free(d->env[i].content);
		shell_env_done(&d->env[i].env);
	}
	free(d->env);
}

void dockerd_free(struct dockerd *d)
{
	if (!d)
		return;
	free(d->package);
	free(d->version);
	free(d->binary);
	unit_set_done(&d->service);
	unit_set_done(&d->socket);
	env_done(d);
	exec_line_done(&d->line);
	pflags_done(&d->flags);
	free(d->config_path);
	free(d->config_written);
	blob_free(d->config_content);
	value_free(d->config);
	error_done(&d->problem);
	strv_done(&d->notes);
	inputs_done((struct dockerd_view *)d);
	free(d);
}
