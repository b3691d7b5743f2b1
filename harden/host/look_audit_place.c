// SPDX-License-Identifier: Apache-2.0
/*
 * Paths as they are when rules are loaded. auditd 3.x and audit-rules.service are ordered behind
 * systemd-tmpfiles-setup.service and before docker and containerd: below /run only what tmpfiles.d
 * makes can be counted on, and what those two services make there is not there yet.
 */
#include "harden/host/look_audit.h"

#include "harden/host/look_file.h"

bool audit_is_volatile(const char *path)
{
	return str_starts(path, "/run/");
}

void audit_place_done(struct audit_place *place)
{
	free(place->path);
	*place = (struct audit_place){0};
}

static int add_tmpfile(struct audit_files *files, const struct tmpfiles_directory *d,
		       const char *file, struct error *err)
{
	struct audit_tmpfile line = {
		.path = strdup(d->path), .file = strdup(file), .line = d->line};

	if (!line.path || !line.file ||
	    vec_reserve((void **)&files->tmpfiles, &files->tmpfiles_cap, files->tmpfiles_len,
			sizeof(*files->tmpfiles), err) < 0) {
		free(line.path);
		free(line.file);
		return error_nomem(err);
	}
	files->tmpfiles[files->tmpfiles_len++] = line;
	return 0;
}

static int read_tmpfile(struct host *host, struct audit_files *files, const char *path,
			struct error *err)
{
	AUTO(look) struct look look = {0};
	AUTO(tmpfiles) struct tmpfiles parsed = {0};

	if (look_file(host, path, LOOK_CONTENT, &look, err) < 0)
		return -1;
	if (!look.state.content) /* a link to /dev/null takes a file of that name out */
		return 0;
	if (tmpfiles_parse(look.state.content->data, look.state.content->len, &parsed, err) < 0)
		return -1;
	for (size_t i = 0; i < parsed.len; i++)
		if (add_tmpfile(files, &parsed.items[i], path, err) < 0)
			return -1;
	return 0;
}

static bool is_masked(const struct audit_files *files, const char *name)
{
	for (size_t i = 0; i < files->tmpfiles_read.len; i++)
		if (strcmp(strrchr(files->tmpfiles_read.items[i], '/') + 1, name) == 0)
			return true;
	return false;
}

/* tmpfiles.d(5): of files of one name the first directory's counts. */
static int read_tmpfiles(struct host *host, struct audit_files *files, struct error *err)
{
	static const char *const dirs[] = {"/etc/tmpfiles.d", "/usr/local/lib/tmpfiles.d",
					   "/usr/lib/tmpfiles.d"};

	files->tmpfiles_looked = true;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		AUTO(strv) struct strv names = {0};

		if (look_directory(host, dirs[i], &names, err) < 0)
			return -1;
		for (size_t k = 0; k < names.len; k++) {
			AUTO_FREE char *path = str_format("%s/%s", dirs[i], names.items[k]);

			if (!path)
				return error_nomem(err);
			if (!str_ends(path, ".conf") || is_masked(files, names.items[k]))
				continue;
			if (strv_add(&files->tmpfiles_read, path, err) < 0 ||
			    read_tmpfile(host, files, path, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* tmpfiles.d(5) advises /run, older files say /var/run. */
static const char *without_var(const char *path)
{
	return str_starts(path, "/var/run/") ? path + strlen("/var") : path;
}

int look_audit_tmpfile(struct host *host, struct audit_files *files, const char *path,
		       const struct audit_tmpfile **ret_line, struct error *err)
{
	size_t n = strlen(path);

	if (!files->tmpfiles_looked && read_tmpfiles(host, files, err) < 0)
		return -1;
	*ret_line = NULL;
	for (size_t i = 0; i < files->tmpfiles_len && !*ret_line; i++) {
		const char *made = without_var(files->tmpfiles[i].path);

		if (strncmp(made, path, n) == 0 && (!made[n] || made[n] == '/'))
			*ret_line = &files->tmpfiles[i];
	}
	return 0;
}

/* Directories that docker and containerd make when they start, and what is in them. */
static bool is_late(const char *path)
{
	static const char *const dirs[] = {"/run/docker", "/run/containerd"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		size_t n = strlen(dirs[i]);

		if (strncmp(path, dirs[i], n) == 0 && (!path[n] || path[n] == '/'))
			return true;
	}
	return false;
}

/* Of a canonical path below /run. */
static int at_boot(struct host *host, struct audit_files *files, struct audit_place *p,
		   struct error *err)
{
	const struct audit_tmpfile *line;
	const char *slash = strrchr(p->path, '/');
	AUTO_FREE char *parent = strndup(p->path, (size_t)(slash - p->path));

	if (!parent)
		return error_nomem(err);
	if (is_late(p->path))
		p->exists = p->is_directory = false;
	if (strcmp(parent, "/run") == 0)
		p->parent_exists = true;
	else if (is_late(parent))
		p->parent_exists = false;
	if (!p->exists) {
		if (look_audit_tmpfile(host, files, p->path, &line, err) < 0)
			return -1;
		p->exists = p->is_directory = line != NULL;
	}
	if (!p->parent_exists) {
		if (look_audit_tmpfile(host, files, parent, &line, err) < 0)
			return -1;
		p->parent_exists = line != NULL;
	}
	return 0;
}

static int look_path(struct host *host, const char *path, struct audit_place *p, struct error *err)
{
	AUTO(error) struct error problem = {0};
	AUTO(look) struct look look = {0};
	AUTO(look) struct look target = {0};

	if (look_file(host, path, LOOK_NOFOLLOW, &look, &problem) < 0 ||
	    (look.state.kind == FILE_LINK && look_file(host, path, 0, &target, &problem) < 0)) {
		if (problem.code != ERROR_UNSAFE) {
			error_move(err, &problem);
			return -1;
		}
		p->path = strdup(path); /* links in a circle: nothing is there */
		return p->path ? 0 : error_nomem(err);
	}
	p->exists = look.state.kind != FILE_ABSENT;
	p->parent_exists = look.parent_exists;
	p->is_directory = (look.state.kind == FILE_LINK ? target.state.kind : look.state.kind) ==
			  FILE_DIRECTORY;
	p->path = take_ptr(&look.path);
	return 0;
}

static int place_of(struct host *host, struct audit_files *files, const char *path,
		    struct audit_place *ret_place, struct error *err)
{
	AUTO(audit_place) struct audit_place p = {0};
	AUTO_FREE char *trimmed = strdup(path);

	if (!trimmed)
		return error_nomem(err);
	for (size_t n = strlen(trimmed); n > 1 && trimmed[n - 1] == '/'; n--)
		trimmed[n - 1] = '\0';
	if (look_path(host, trimmed, &p, err) < 0)
		return -1;
	if (files && audit_is_volatile(p.path) && at_boot(host, files, &p, err) < 0)
		return -1;
	if (strcmp(p.path, "/run") == 0 || strcmp(p.path, "/") == 0)
		p.exists = p.is_directory = p.parent_exists = true;
	*ret_place = p;
	p = (struct audit_place){0};
	return 0;
}

int look_audit_place(struct host *host, struct audit_files *files, const char *path,
		     struct audit_place *ret_place, struct error *err)
{
	return place_of(host, files, path, ret_place, err);
}

int look_audit_place_now(struct host *host, const char *path, struct audit_place *ret_place,
			 struct error *err)
{
	return place_of(host, NULL, path, ret_place, err);
}
