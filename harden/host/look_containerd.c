// SPDX-License-Identifier: Apache-2.0
/*
 * Reading containerd's unit and configuration. Imports are followed breadth first, each file once,
 * at most IMPORTS_MAX of them.
 */
#include "harden/host/look_containerd.h"

#include "harden/host/look_file.h"
#include "harden/host/look_unit.h"
#include "harden/text/exec_line.h"
#include "harden/text/toml.h"

#include <string.h>

#define IMPORTS_MAX 64

static const char *const wanted[] = {
	"grpc.address", "grpc.gid", "grpc.uid", "imports", "state", NULL,
};

static int set_text(char **field, const char *text, struct error *err)
{
	char *copy = strdup(text);

	if (!copy)
		return error_nomem(err);
	free(*field);
	*field = copy;
	return 0;
}

static int set_sourced(char **field, char **source, const char *text, const char *file,
		       unsigned line, struct error *err)
{
	char *where = str_format("%s:%u", file, line);

	if (!where)
		return error_nomem(err);
	free(*source);
	*source = where;
	return set_text(field, text, err);
}

static int add_imports(struct host *host, const char *from, const struct value *imports,
		       struct strv *queue, struct error *err)
{
	const char *slash = strrchr(from, '/');

	for (size_t i = 0; imports && imports->kind == VALUE_LIST && i < imports->len; i++) {
		const char *text = value_as_text(imports->members[i].value);
		AUTO(strv) struct strv paths = {0};
		AUTO_FREE char *pattern = NULL;

		if (!text)
			continue;
		pattern = text[0] == '/' ? strdup(text)
					 : str_format("%.*s/%s", (int)(slash - from), from, text);
		if (!pattern)
			return error_nomem(err);
		if (look_glob(host, pattern, &paths, err) < 0)
			return -1;
		for (size_t j = 0; j < paths.len && queue->len < IMPORTS_MAX; j++)
			if (strv_add_once(queue, paths.items[j], err) < 0)
				return -1;
	}
	return 0;
}

static int apply(struct containerd *c, const char *file, const struct value *map, struct error *err)
{
	const struct value *address = value_get(map, "grpc.address");
	const struct value *state = value_get(map, "state");
	const struct value *uid = value_get(map, "grpc.uid"), *gid = value_get(map, "grpc.gid");

	if (uid && uid->kind == VALUE_INTEGER && uid->integer)
		c->uid = (uid_t)uid->integer;
	if (gid && gid->kind == VALUE_INTEGER && gid->integer)
		c->gid = (gid_t)gid->integer;
	if (value_as_text(address) && *value_as_text(address) &&
	    set_sourced(&c->address, &c->address_source, address->text, file, address->line, err) <
		    0)
		return -1;
	if (value_as_text(state) && *value_as_text(state))
		return set_sourced(&c->state, &c->state_source, state->text, file, state->line,
				   err);
	return 0;
}

static int read_files(struct host *host, struct containerd *c, const char *config,
		      struct error *err)
{
	AUTO(strv) struct strv queue = {0};

	if (strv_add(&queue, config, err) < 0)
		return -1;
	for (size_t i = 0; i < queue.len; i++) {
		AUTO(look) struct look look = {0};
		AUTO_PTR(value) struct value *map = NULL;

		if (look_file(host, queue.items[i], LOOK_CONTENT, &look, err) < 0)
			return -1;
		if (look.state.kind != FILE_REGULAR || !look.state.content)
			continue;
		if (strv_add_once(&c->files, look.path, err) < 0 ||
		    (i == 0 && set_text(&c->config, look.path, err) < 0) ||
		    toml_read(look.state.content->data, look.state.content->len, look.path, wanted,
			      &map, err) < 0 ||
		    apply(c, look.path, map, err) < 0 ||
		    add_imports(host, look.path, value_get(map, "imports"), &queue, err) < 0)
			return -1;
	}
	return 0;
}

/* The value of --NAME VALUE, --NAME=VALUE or -X VALUE, NULL if it is not there. */
static const char *option(const struct exec_line *line, const char *name, const char *letter)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < line->len; i++) {
		const char *arg = line->args[i].text, *next = NULL;

		if (i + 1 < line->len)
			next = line->args[i + 1].text;
		if (strncmp(arg, name, n) == 0 && arg[n] == '=')
			return arg + n + 1;
		if (next && (str_equal(arg, name) || str_equal(arg, letter)))
			return next;
	}
	return NULL;
}

static int look_line(struct host *host, struct containerd *c, struct exec_line *line,
		     char **ret_place, struct error *err)
{
	AUTO(unit_set) struct unit_set set = {0};
	AUTO_FREE struct unit_setting *exec = NULL;
	AUTO(error) struct error why = {0};
	size_t len;

	if (look_unit(host, "containerd.service", &set, err) < 0 ||
	    unit_set_settings(&set, "Service", "ExecStart", &exec, &len, err) < 0)
		return -1;
	c->unit = set.exists && !set.masked;
	if (!len)
		return 0;
	if (exec_line_parse(&exec[len - 1].entry->value, exec[len - 1].file, NULL, 0, line, &why) <
		    0 &&
	    why.code != ERROR_FORMAT) {
		error_move(err, &why);
		return -1;
	}
	*ret_place =
		str_format("%s:%u", set.files[exec[len - 1].file].path, exec[len - 1].entry->line);
	return *ret_place ? 0 : error_nomem(err);
}

static int override(const char *text, const char *place, char **field, char **source,
		    struct error *err)
{
	if (!text || !place)
		return 0;
	return set_text(source, place, err) < 0 || set_text(field, text, err) < 0 ? -1 : 0;
}

static int fill(struct host *host, struct containerd *c, struct error *err)
{
	AUTO(exec_line) struct exec_line line = {0};
	AUTO_FREE char *place = NULL;
	const char *config;

	if (set_text(&c->address, "/run/containerd/containerd.sock", err) < 0 ||
	    set_text(&c->address_source, "default", err) < 0 ||
	    set_text(&c->state, "/run/containerd", err) < 0 ||
	    set_text(&c->state_source, "default", err) < 0 ||
	    look_line(host, c, &line, &place, err) < 0)
		return -1;
	config = option(&line, "--config", "-c");
	if (read_files(host, c, config ? config : "/etc/containerd/config.toml", err) < 0)
		return -1;
	if (override(option(&line, "--address", "-a"), place, &c->address, &c->address_source,
		     err) < 0)
		return -1;
	return override(option(&line, "--state", "--state"), place, &c->state, &c->state_source,
			err);
}

int look_containerd(struct host *host, struct containerd *ret, struct error *err)
{
	struct containerd c = {0};

	if (fill(host, &c, err) < 0) {
		containerd_done(&c);
		return -1;
	}
	*ret = c;
	return 0;
}

void containerd_done(struct containerd *c)
{
	free(c->config);
	strv_done(&c->files);
	free(c->address);
	free(c->address_source);
	free(c->state);
	free(c->state_source);
	*c = (struct containerd){0};
}
