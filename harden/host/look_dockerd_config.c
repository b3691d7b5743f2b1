// SPDX-License-Identifier: Apache-2.0
/*
 * The daemon.json that dockerd reads: which one it is, whether that version can read it, and what
 * it would say to it.
 */
#include "harden/host/look_dockerd_parts.h"

#include "harden/host/host.h"
#include "harden/text/daemon_json.h"
#include "harden/text/json.h"

#include <string.h>

#define DEFAULT_CONFIG "/etc/docker/daemon.json"
static const char repair[] = "mend the file; dockerd would not start on it either";

static int find_path(struct dockerd *d, struct error *err)
{
	const char *path = DEFAULT_CONFIG;

	for (size_t i = 0; i < d->flags.len; i++) {
		const struct pflag *f = &d->flags.items[i];

		if (f->key && f->value && str_equal(f->key->name, "config-file")) {
			path = f->value;
			d->config_named = true;
		}
	}
	/* a relative name is taken from the service's working directory, which is / */
	d->config_written = str_format("%s%s", path[0] == '/' ? "" : "/", path);
	return d->config_written ? 0 : error_nomem(err);
}

/* A file that cannot be what dockerd wants is its problem, not a failure of ours. */
static int look_content(struct host *host, struct dockerd *d, struct error *err)
{
	AUTO(look) struct look look = {0};
	AUTO(error) struct error why = {0};

	if (look_file(host, d->config_written, LOOK_CONTENT, &look, &why) < 0) {
		if (why.code != ERROR_FORMAT) {
			error_move(err, &why);
			return -1;
		}
		d->config_path = strdup(d->config_written);
		return d->config_path ? dockerd_problem(d, d->config_written, repair, err, "%s",
							error_message(&why))
				      : error_nomem(err);
	}
	/* a link that a stranger can turn must stay in sight: resolved, its target looks safe */
	d->config_unsafe = look.through_link && look.unsafe;
	d->config_path = strdup(d->config_unsafe ? d->config_written : look.path);
	if (!d->config_path)
		return error_nomem(err);
	if (look.state.kind == FILE_ABSENT) {
		d->config = value_map();
		if (!d->config)
			return error_nomem(err);
		return d->config_named
			       ? dockerd_problem(d, d->config_path, "create it, with {} in it", err,
						 "%s: --config-file names it, but it is missing: "
						 "dockerd does not start",
						 d->config_path)
			       : 0;
	}
	if (look.state.kind != FILE_REGULAR)
		return dockerd_problem(d, d->config_path, "put a regular file there", err,
				       "%s: is a %s, expected a file", d->config_path,
				       file_kind_name(look.state.kind));
	d->config_content = blob_ref(look.state.content);
	return 0;
}

static int parse(struct dockerd *d, struct error *err)
{
	const struct blob *b = d->config_content;
	const char *unreadable = daemon_json_unreadable(b->data, b->len, d->version);
	AUTO(error) struct error why = {0};

	if (unreadable)
		return dockerd_problem(d, d->config_path,
				       "write {} into it, without a byte order mark", err,
				       "%s:1:1: %s", d->config_path, unreadable);
	if (json_read_flags(b->data, b->len, d->config_path, JSON_ALLOW_BOM | JSON_ALLOW_EMPTY,
			    &d->config, &why) == 0)
		return 0;
	if (why.code != ERROR_FORMAT) {
		error_move(err, &why);
		return -1;
	}
	return dockerd_problem(d, d->config_path, why.next ? why.next : repair, err, "%s",
			       error_message(&why));
}

static int check(struct dockerd *d, struct error *err)
{
	struct daemon_json_check with = {d->config_path, d->version, &d->flags};
	AUTO(strv) struct strv problems = {0};

	if (daemon_json_check(&with, d->config, &problems, &d->notes, err) < 0)
		return -1;
	for (size_t i = 0; i < problems.len; i++)
		if (dockerd_problem(d, d->config_path, repair, err, "%s", problems.items[i]) < 0)
			return -1;
	return 0;
}

int dockerd_look_config(struct host *host, struct dockerd *d, struct error *err)
{
	if (find_path(d, err) < 0 || look_content(host, d, err) < 0)
		return -1;
	if (d->config_content && parse(d, err) < 0)
		return -1;
	return d->config ? check(d, err) : 0;
}
